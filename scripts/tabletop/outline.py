"""Outlines of bodies in the picture, and the boxes around their visible parts."""

from __future__ import annotations

import cv2
import numpy as np

from tabletop.camera import Camera


def boundary(points: np.ndarray) -> np.ndarray:
    """Convex hull (M, 2) float32 of points (N, 2)."""
    return cv2.convexHull(points.astype(np.float32))[:, 0]


def outlines(camera: Camera, parts_cm: list[np.ndarray]) -> list[np.ndarray]:
    """Convex outlines (M, 2) float32 of a body's parts, edge-based pixels."""
    return [boundary(camera.project(part)) for part in parts_cm]


def clipped(polygon: np.ndarray, width: float, height: float) -> np.ndarray:
    """The part of a polygon (M, 2) inside 0..width, 0..height (Sutherland and Hodgman 1974)."""
    for axis, limit, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        if not len(polygon):
            break
        inside = sign * (polygon[:, axis] - limit)
        kept = []
        for here, there, a, b in zip(
            polygon, np.roll(polygon, -1, 0), inside, np.roll(inside, -1), strict=True
        ):
            if a >= 0:
                kept.append(here)
            if (a < 0) != (b < 0):
                kept.append(here + (there - here) * (a / (a - b)))
        polygon = np.array(kept).reshape(-1, 2)
    return polygon


def box_in_picture(camera: Camera, parts_cm: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner (2,), unit square, of a body's outline inside the picture."""
    size = np.array([camera.width_px, camera.height_px], float)
    pieces = [clipped(o.astype(float), *size) for o in outlines(camera, parts_cm)]
    points = np.concatenate(pieces) / size
    return points.min(axis=0), points.max(axis=0)


def shown_part(camera: Camera, parts_cm: list[np.ndarray]) -> float:
    """The part of a body's convex outline that is inside the picture, 0..1."""
    hull = boundary(camera.project(np.concatenate(parts_cm)))
    inside = clipped(hull.astype(float), camera.width_px, camera.height_px)
    if len(inside) < 3:
        return 0.0
    return cv2.contourArea(inside.astype(np.float32)) / cv2.contourArea(hull)

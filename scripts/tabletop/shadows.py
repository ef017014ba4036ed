"""Soft shadows on the table, from outlines thrown along many directions of a round lamp."""

from __future__ import annotations

import cv2
import numpy as np

from tabletop.camera import Camera
from tabletop.lettering import SUB
from tabletop.light import Light
from tabletop.outline import boundary

LAMP_POINTS = 14
COARSE = 2  # shadows are drawn this many times smaller than the frame
CONTACT_CM = 0.7  # parts lower than this darken the table they stand on


def lamp_directions(light: Light) -> np.ndarray:
    """Directions (LAMP_POINTS, 3) over the lamp's disc, on a sunflower spiral."""
    i = np.arange(LAMP_POINTS)
    radius, turn = light.spread * np.sqrt((i + 0.5) / LAMP_POINTS), i * np.pi * (3 - 5**0.5)
    side = np.cross(light.towards, (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side)
    up = np.cross(side, light.towards)
    spread = radius[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up)
    return light.towards + spread


def cast(camera: Camera, light: Light, parts_cm: list[np.ndarray], floor_cm: float) -> np.ndarray:
    """How much of the lamp a body hides from the plane z = floor, (H / COARSE, W / COARSE) 0..1."""
    shape = (camera.height_px // COARSE, camera.width_px // COARSE)
    hidden = np.zeros(shape, np.float32)
    for direction in lamp_directions(light):
        mask = np.zeros(shape, np.uint8)
        for part in parts_cm:
            rise = np.maximum(part[:, 2:] - floor_cm, 0)
            landed = part - rise * direction / direction[2]
            _fill(mask, camera.project(landed) / COARSE)
        hidden += mask
    return cv2.GaussianBlur(hidden / (255 * LAMP_POINTS), (0, 0), 1.2)


def contact(camera: Camera, parts_cm: list[np.ndarray], floor_cm: float) -> np.ndarray:
    """How much of the sky a body hides around its foot, (H / COARSE, W / COARSE) 0..1."""
    shape = (camera.height_px // COARSE, camera.width_px // COARSE)
    points = np.concatenate(parts_cm)
    low = points[points[:, 2] < floor_cm + CONTACT_CM].copy()
    tall = min(points[:, 2].max() - floor_cm, 2.5)
    low[:, 2] = floor_cm
    mask = np.zeros(shape, np.uint8)
    _fill(mask, camera.project(low) / COARSE)
    # wide blurs are smooth, so they are made on a quarter of the size
    small = cv2.resize(mask, None, fx=1 / 4, fy=1 / 4, interpolation=cv2.INTER_AREA)
    per_cm = camera.focal_px / np.linalg.norm(camera.place_cm) / COARSE / 4
    near, far = (cv2.GaussianBlur(small, (0, 0), max(tall * per_cm * k, 0.4)) for k in (0.12, 0.45))
    hidden = (0.5 * near.astype(np.float32) + 0.45 * far) / 255
    return cv2.resize(hidden, shape[::-1], interpolation=cv2.INTER_LINEAR)


def _fill(mask: np.ndarray, points_px: np.ndarray) -> None:
    """Draw the hull of edge-based points (N, 2) into a uint8 mask."""
    hull = np.round((boundary(points_px) - 0.5) * 2**SUB).astype(np.int32)
    cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_AA, SUB)

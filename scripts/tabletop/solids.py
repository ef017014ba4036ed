"""Solid bodies: where a ray meets them, which way the surface faces, what outline they have."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np

from tabletop.sampling import lookup

MARCH_STEPS = 48
TOUCH = 0.004  # cm; a fifth of an oversampled pixel at usual distances
PROBE = 0.01  # cm; step of the numeric surface gradient


class Solid:
    """A body given by its signed distance; origin in the middle of its foot, z up."""

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Signed distance (N,) of points (3, N), negative inside."""
        raise NotImplementedError

    def parts(self) -> list[np.ndarray]:
        """Point sets (M, 3); the body is the union of their convex hulls."""
        raise NotImplementedError

    def hit(self, origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
        """Ray lengths (N,) to the surface by sphere tracing, inf where a ray misses."""
        points = np.concatenate(self.parts())
        middle = points.mean(axis=0)
        reach = np.linalg.norm(points - middle, axis=1).max()
        length = np.maximum((middle - origin) @ rays - reach, 0).astype(np.float32)
        farthest = length + 2 * reach
        result = np.full(length.shape, np.inf, np.float32)
        active = np.arange(length.size)
        start = origin.astype(np.float32)[:, None]
        for _ in range(MARCH_STEPS):
            gap = self.distance(start + rays[:, active] * length[active])
            touched = gap < TOUCH
            result[active[touched]] = length[active[touched]]
            length[active] += gap
            active = active[~touched & (length[active] < farthest[active])]
            if not active.size:
                break
        return result

    def normals(self, points: np.ndarray) -> np.ndarray:
        """Unit outward normals (3, N) at surface points."""
        slopes = []
        for axis in range(3):
            step = np.zeros((3, 1), np.float32)
            step[axis] = PROBE
            slopes.append(self.distance(points + step) - self.distance(points - step))
        gradient = np.stack(slopes)
        return gradient / np.maximum(np.linalg.norm(gradient, axis=0), 1e-9)


@dataclass(frozen=True)
class RoundedBox(Solid):
    """A box of half sides (x, y, z) whose edges are rounded with radius `edge`."""

    half: tuple[float, float, float]
    edge: float

    def distance(self, points: np.ndarray) -> np.ndarray:
        middle = np.array([[0], [0], [self.half[2]]], np.float32)
        inner = np.array(self.half, np.float32)[:, None] - self.edge
        q = np.abs(points - middle) - inner
        outside = np.sqrt((np.maximum(q, 0) ** 2).sum(axis=0))
        return outside + np.minimum(q.max(axis=0), 0) - self.edge

    def parts(self) -> list[np.ndarray]:
        angles = np.linspace(0, np.pi / 2, 7)
        lift, turn = (a.ravel() for a in np.meshgrid(angles, angles))
        octant = np.stack((np.cos(lift) * np.cos(turn), np.cos(lift) * np.sin(turn), np.sin(lift)))
        corner = np.array(self.half) - self.edge + self.edge * octant.T
        signs = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, 8).T
        points = (signs[:, None] * corner).reshape(-1, 3)
        return [points + np.array([0, 0, self.half[2]])]


@dataclass(frozen=True)
class Lathe(Solid):
    """A solid of revolution about z; `profile` (M, 2) rows (radius, z) from the foot to the top."""

    profile: np.ndarray
    table: np.ndarray = field(init=False, repr=False, compare=False)
    per_cm: float = field(init=False, repr=False, compare=False)

    GRID = 256
    MARGIN = 0.3  # cm of room around the profile in the distance table

    def __post_init__(self) -> None:
        tall, wide = self.profile[:, 1].max(), self.profile[:, 0].max()
        per_cm = self.GRID / (max(tall, 2 * wide) + 2 * self.MARGIN)
        left = self.profile * (-1, 1)
        around = np.concatenate((self.profile, left[::-1]))
        shape = (self.GRID, self.GRID)
        at = around * per_cm + (self.GRID / 2, self.MARGIN * per_cm)
        fill = cv2.fillPoly(
            np.zeros(shape, np.uint8), [np.round(at * 16).astype(np.int32)], 255, 8, 4
        )
        out = cv2.distanceTransform(255 - fill, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        inside = cv2.distanceTransform(fill, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        signed = cv2.GaussianBlur(out - inside, (0, 0), 2.5) / per_cm
        object.__setattr__(self, "table", signed.astype(np.float32))
        object.__setattr__(self, "per_cm", per_cm)

    def distance(self, points: np.ndarray) -> np.ndarray:
        x = np.hypot(points[0], points[1]) * self.per_cm + self.GRID / 2
        y = (points[2] + self.MARGIN) * self.per_cm
        cx, cy = np.clip(x, 0, self.GRID - 1), np.clip(y, 0, self.GRID - 1)
        near = lookup(self.table, cx, cy)
        return near + np.hypot(x - cx, y - cy) / self.per_cm

    def parts(self) -> list[np.ndarray]:
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        circle = np.stack((np.cos(turn), np.sin(turn)), axis=1)
        rings = [np.column_stack((circle * r, np.full(len(turn), z))) for r, z in self.profile]
        return [np.concatenate(pair) for pair in pairwise(rings)]


@dataclass(frozen=True)
class Sheet(Solid):
    """A thin card with round corners, met as one plane at its upper face."""

    half: tuple[float, float]
    corner: float
    thickness: float

    def hit(self, origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
        length = (self.thickness - origin[2]) / rays[2]
        x, y = origin[:2, None] + rays[:2] * length
        q = np.abs(np.stack((x, y))) - np.array(self.half)[:, None] + self.corner
        gap = np.hypot(*np.maximum(q, 0)) - self.corner
        return np.where(gap <= 0, length, np.inf).astype(np.float32)

    def normals(self, points: np.ndarray) -> np.ndarray:
        # the middle of a handled card bulges a little: only the shading shows it
        tilt = -0.05 * points[:2] / np.array(self.half, np.float32)[:, None]
        return np.concatenate((-tilt, np.ones((1, points.shape[1])))).astype(np.float32)

    def parts(self) -> list[np.ndarray]:
        turn = np.linspace(0, np.pi / 2, 6)
        arc = np.stack((np.cos(turn), np.sin(turn)), axis=1) * self.corner
        quarter = np.array(self.half) - self.corner + arc
        signs = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)])
        flat = (signs[:, None] * quarter).reshape(-1, 2)
        return [np.concatenate([np.insert(flat, 2, z, axis=1) for z in (0, self.thickness)])]

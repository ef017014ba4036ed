"""A pin-hole camera that looks down at the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIZES_WH = ((288, 216), (256, 256), (216, 288), (320, 208), (272, 204))
OVERSAMPLING = 2  # frames are rendered twice as large and averaged down against stair-steps


@dataclass(frozen=True)
class Camera:
    """Where the camera is and how it sees; pixels are those of the oversampled frame."""

    width_px: int
    height_px: int
    focal_px: float
    place_cm: np.ndarray  # (3,)
    axes: np.ndarray  # (3, 3), rows: picture right, picture down, forward, in table axes

    @classmethod
    def draw(cls, rng: np.random.Generator, view_cm: float) -> Camera:
        """A camera that sees about `view_cm` along the longer side of the picture."""
        w, h = (OVERSAMPLING * side for side in SIZES_WH[rng.integers(len(SIZES_WH))])
        pitch = np.radians(rng.uniform(36, 80))
        roll = np.radians(rng.normal(0, 4))
        field_of_view = np.radians(rng.uniform(28, 46))
        focal = max(w, h) / 2 / np.tan(field_of_view / 2)
        distance = view_cm * focal / max(w, h)
        forward = np.array([0, np.cos(pitch), -np.sin(pitch)])
        right = np.array([1.0, 0, 0])
        down = np.cross(forward, right)
        turned = np.cos(roll) * right + np.sin(roll) * down
        axes = np.stack((turned, np.cross(forward, turned), forward))
        return cls(w, h, float(focal), -distance * forward, axes)

    def project(self, points_cm: np.ndarray) -> np.ndarray:
        """Table points (..., 3) -> pixel coordinates (..., 2), edge-based: 0 is the left edge."""
        seen = (points_cm - self.place_cm) @ self.axes.T
        middle = np.array([self.width_px / 2, self.height_px / 2])
        return self.focal_px * seen[..., :2] / seen[..., 2:] + middle

    def rays(self, x_px: np.ndarray, y_px: np.ndarray) -> np.ndarray:
        """Unit directions (3, N) through edge-based pixel coordinates (N,)."""
        x = (x_px - self.width_px / 2) / self.focal_px
        y = (y_px - self.height_px / 2) / self.focal_px
        towards = self.axes.T @ np.stack((x, y, np.ones_like(x)))
        return towards / np.linalg.norm(towards, axis=0)

    def on_table(self, x_px: float, y_px: float) -> np.ndarray:
        """The table point (3,) seen at a pixel coordinate."""
        ray = self.rays(np.array([x_px]), np.array([y_px]))[:, 0]
        return self.place_cm - ray * self.place_cm[2] / ray[2]

    def pixels_from_table(self) -> np.ndarray:
        """Homography (3, 3) from table (x, y, 1) to index-based pixels as cv2 wants them."""
        middle = np.array(
            [[1, 0, self.width_px / 2 - 0.5], [0, 1, self.height_px / 2 - 0.5], [0, 0, 1]]
        )
        lens = np.diag([self.focal_px, self.focal_px, 1.0])
        plane = np.column_stack((self.axes[:, 0], self.axes[:, 1], -self.axes @ self.place_cm))
        return middle @ lens @ plane

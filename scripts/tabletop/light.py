"""Light over the table: a soft lamp, a sky, what the table throws back, and windows to mirror."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabletop.noise import smoothstep


@dataclass(frozen=True)
class Surface:
    """What a skin says of N surface points."""

    albedo: np.ndarray  # (3, N)
    normals: np.ndarray  # (3, N) unit
    shine: float  # 0 dull .. 1 polished
    gloss: float  # Blinn-Phong exponent
    metal: bool = False


@dataclass(frozen=True)
class Light:
    """Directions are unit vectors in table axes, pointing from the table to the light."""

    towards: np.ndarray  # (3,)
    spread: float  # radians; the lamp's radius as seen from the table
    key: np.ndarray  # (3,) lamp colour
    sky: np.ndarray  # (3,)
    bounce: np.ndarray  # (3,)
    windows: np.ndarray  # (M, 3)
    near_cm: np.ndarray  # (2,) the table point under the brightest light
    reach_cm: float  # how far from there it halves

    @classmethod
    def draw(cls, rng: np.random.Generator, view_cm: float) -> Light:
        height, turn = np.radians(rng.uniform(32, 72)), rng.uniform(0, 2 * np.pi)
        towards = np.array(
            [np.cos(height) * np.cos(turn), np.cos(height) * np.sin(turn), np.sin(height)]
        )
        warmth = rng.uniform(-0.16, 0.16)
        key = np.array([1 - warmth, 1, 1 + warmth]) * rng.uniform(0.8, 1.7)
        sky = np.array([1 + warmth / 2, 1, 1 - warmth / 2]) * rng.uniform(0.25, 0.6)
        windows = rng.normal(size=(3, 3))
        windows[:, 2] = np.abs(windows[:, 2]) + 0.3
        return cls(
            towards=towards,
            spread=float(np.radians(rng.uniform(1.5, 9))),
            key=key,
            sky=sky,
            bounce=sky * rng.uniform(0.25, 0.5),
            windows=windows / np.linalg.norm(windows, axis=1, keepdims=True),
            near_cm=rng.normal(0, view_cm / 3, 2),
            reach_cm=float(view_cm * rng.uniform(0.6, 2.5)),
        )

    def falloff(self, x_cm: np.ndarray, y_cm: np.ndarray) -> np.ndarray:
        """How much of the lamp arrives at table places (...)."""
        away = (x_cm - self.near_cm[0]) ** 2 + (y_cm - self.near_cm[1]) ** 2
        return 1 / (1 + away / self.reach_cm**2)

    def environment(self, directions: np.ndarray) -> np.ndarray:
        """What a mirror would show in the directions (3, N), as colours (3, N)."""
        up = smoothstep(-0.3, 0.8, directions[2])
        seen = self.bounce[:, None] + (self.sky - self.bounce)[:, None] * up
        for window in self.windows:
            seen = seen + 1.6 * self.sky[:, None] * smoothstep(0.75, 0.95, window @ directions)
        return seen + self.key[:, None] * 1.2 * smoothstep(0.8, 0.99, self.towards @ directions)

    def shade(
        self, surface: Surface, view: np.ndarray, lamp: np.ndarray, openness: np.ndarray
    ) -> np.ndarray:
        """Colours (3, N) of surface points.

        `view` (3, N) are unit vectors to the camera, `lamp` (N,) is the part of the lamp that
        arrives, `openness` (N,) the part of the sky.
        """
        n = surface.normals
        facing = np.maximum(self.towards @ n, 0) * lamp
        up = 0.5 + 0.5 * n[2]
        ambient = (self.bounce[:, None] + (self.sky - self.bounce)[:, None] * up) * openness
        towards_view = np.maximum((n * view).sum(axis=0), 0)
        mirrored = self.environment(2 * n * (n * view).sum(axis=0) - view) * openness
        half = self.towards[:, None] + view
        half = half / np.linalg.norm(half, axis=0)
        spark = np.maximum((n * half).sum(axis=0), 0) ** surface.gloss * lamp
        spark = self.key[:, None] * spark * (surface.gloss + 8) / 60 * surface.shine
        diffuse = surface.albedo * (ambient + self.key[:, None] * facing)
        if surface.metal:
            return 0.2 * diffuse + surface.albedo * (0.65 * mirrored + 0.5 * spark)
        fresnel = 0.04 + 0.96 * (1 - towards_view) ** 5
        return diffuse + surface.shine * (fresnel * mirrored + 0.5 * spark)

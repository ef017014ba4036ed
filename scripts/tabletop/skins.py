"""Skins: what colour, relief and polish a body's surface has at given points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabletop.light import Surface
from tabletop.noise import smoothstep
from tabletop.sampling import lookup


def _slopes(height: np.ndarray) -> np.ndarray:
    """Gradient (h, w, 2) of heights along x and y, per texture pixel."""
    along_y, along_x = np.gradient(height)
    return np.stack((along_x, along_y), axis=-1).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=0)


@dataclass(frozen=True)
class BoxSkin:
    """Six square tiles side by side, stretched over the faces -x +x -y +y -z +z of a box."""

    atlas: np.ndarray  # (T, 6T, 3)
    slopes: np.ndarray  # (T, 6T, 2) relief, cm a texture pixel
    half: tuple[float, float, float]
    shine: float

    @classmethod
    def of(
        cls,
        tiles: list[np.ndarray],
        heights: list[np.ndarray],
        half: tuple[float, float, float],
        *,
        depth: float,
        shine: float,
    ) -> BoxSkin:
        """From six pictures (T, T, 3) and six reliefs (T, T) that are `depth` cm high."""
        atlas = np.concatenate(tiles, axis=1).astype(np.float32)
        slopes = np.concatenate([_slopes(h * depth) for h in heights], axis=1)
        return cls(atlas, slopes, half, shine)

    def __call__(self, points: np.ndarray, normals: np.ndarray) -> Surface:
        tile = self.atlas.shape[0]
        half = np.array(self.half)[:, None]
        within = (points - np.array([[0], [0], [self.half[2]]])) / half
        axis = np.abs(within).argmax(axis=0)
        each = np.arange(points.shape[1])
        first, second = np.where(axis == 0, 1, 0), np.where(axis == 2, 1, 2)
        side = (within[axis, each] > 0).astype(int)
        u = np.clip((within[first, each] + 1) / 2 * tile - 0.5, 0, tile - 1)
        v = np.clip((within[second, each] + 1) / 2 * tile - 0.5, 0, tile - 1)
        x = (2 * axis + side) * tile + u
        slopes = lookup(self.slopes, x, v).T * tile / 2
        bent = normals.copy()
        bent[first, each] -= slopes[0] / half[first, 0]
        bent[second, each] -= slopes[1] / half[second, 0]
        return Surface(lookup(self.atlas, x, v).T, _unit(bent), self.shine, 60)


@dataclass(frozen=True)
class CoinSkin:
    """A struck metal disc: relief and wear on its face, reeds around its edge."""

    relief: np.ndarray  # (T, T) 0..1
    wear: np.ndarray  # (T, T) brightness factor
    outer: np.ndarray  # (3,)
    inner: np.ndarray  # (3,) differs on two-metal coins
    radius: float
    thick: float
    depth: float
    reeds: int

    def __call__(self, points: np.ndarray, normals: np.ndarray) -> Surface:
        side = self.relief.shape[0]
        x, y = ((points[i] / self.radius + 1) / 2 * side - 0.5 for i in (0, 1))
        far = np.hypot(points[0], points[1]) / self.radius
        slopes = lookup(_slopes(self.relief * self.depth), x, y).T * side / (2 * self.radius)
        on_face = points[2] > self.thick * 0.9
        bent = normals.copy()
        bent[:2] -= slopes * on_face
        around = np.arctan2(points[1], points[0])
        ripple = 0.5 * np.sin(self.reeds * around) * ~on_face
        bent[:2] += ripple * np.stack((-np.sin(around), np.cos(around)))
        worn = lookup(self.wear, x, y) * (0.72 + 0.28 * lookup(self.relief, x, y))
        core = 1 - smoothstep(0.66, 0.68, far)
        albedo = self.outer[:, None] + (self.inner - self.outer)[:, None] * core
        return Surface(albedo * worn, _unit(bent), 0.8, 28, metal=True)


@dataclass(frozen=True)
class SheetSkin:
    """A picture on the upper side of a flat card."""

    picture: np.ndarray  # (h, w, 3)
    half: tuple[float, float]
    shine: float

    def __call__(self, points: np.ndarray, normals: np.ndarray) -> Surface:
        h, w = self.picture.shape[:2]
        x = (points[0] / self.half[0] + 1) / 2 * w - 0.5
        y = (1 - points[1] / self.half[1]) / 2 * h - 0.5
        return Surface(lookup(self.picture, x, y).T, _unit(normals), self.shine, 25)


@dataclass(frozen=True)
class LatheSkin:
    """A picture wrapped around a turned body: angle along x, height along y from the foot up."""

    picture: np.ndarray  # (h, w, 3)
    tall: float
    shine: float

    def __call__(self, points: np.ndarray, normals: np.ndarray) -> Surface:
        h, w = self.picture.shape[:2]
        x = (np.arctan2(points[1], points[0]) / (2 * np.pi) + 0.5) * (w - 1)
        y = points[2] / self.tall * (h - 1)
        return Surface(lookup(self.picture, x, y).T, normals, self.shine, 70)

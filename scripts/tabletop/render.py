"""From a scene to a frame of linear light: table, shadows, then the pieces by depth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from tabletop.camera import Camera
from tabletop.clutter import Flat
from tabletop.noise import mix, smoothstep
from tabletop.outline import outlines
from tabletop.pieces import Piece
from tabletop.scene import Scene
from tabletop.shadows import COARSE, cast, contact

SHEEN_STEP = 8  # a table's mirror image is smooth, so it is computed on every eighth pixel
FLAT_CM = 0.3  # coins and cards are lower, and take shadows like the table
LEAST_SEEN = 0.5  # of a piece; one of which less is seen is taken out of the scene


@dataclass(frozen=True)
class Seen:
    """The pixels in which the camera's rays meet one piece."""

    piece: Piece
    rows: np.ndarray  # (N,)
    columns: np.ndarray  # (N,)
    length_cm: np.ndarray  # (N,)


def look_at(camera: Camera, piece: Piece) -> Seen:
    """Trace the piece's pixels, whatever may stand before it."""
    mask = np.zeros((camera.height_px, camera.width_px), np.uint8)
    for outline in outlines(camera, piece.parts_cm()):
        hull = np.round((outline - 0.5) * 16).astype(np.int32)
        cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_8, 4)
        cv2.polylines(mask, [hull], True, 255, 3, cv2.LINE_8, 4)
    rows, columns = np.nonzero(mask)
    rays = piece.turn.T @ camera.rays(columns + 0.5, rows + 0.5)
    origin = piece.turn.T @ (camera.place_cm - piece.place_cm)
    length = piece.solid.hit(origin, rays.astype(np.float32))
    met = np.isfinite(length)
    return Seen(piece, rows[met], columns[met], length[met])


def visible(camera: Camera, pieces: list[Piece]) -> tuple[list[Seen], np.ndarray]:
    """Pieces seen well enough, and whose each pixel is, (H, W) with -1 for the table."""
    shape = (camera.height_px, camera.width_px)
    everything = [look_at(camera, piece) for piece in pieces]
    while True:
        depth, owner = np.full(shape, np.inf, np.float32), np.full(shape, -1, np.int16)
        for i, seen in enumerate(everything):
            at = (seen.rows, seen.columns)
            closer = seen.length_cm < depth[at]
            at = (seen.rows[closer], seen.columns[closer])
            depth[at], owner[at] = seen.length_cm[closer], i
        shares = [
            (owner[s.rows, s.columns] == i).sum() / max(s.rows.size, 1)
            for i, s in enumerate(everything)
        ]
        if not shares or min(shares) >= LEAST_SEEN:
            return everything, owner
        del everything[int(np.argmin(shares))]


@dataclass(frozen=True)
class _Shade:
    """What one piece takes from the plane it stands on; both maps (H / COARSE, W / COARSE)."""

    piece: Piece
    floor_cm: float
    lamp: np.ndarray
    sky: np.ndarray

    @classmethod
    def of(cls, scene: Scene, piece: Piece) -> _Shade:
        parts = piece.parts_cm()
        floor = float(min(part[:, 2].min() for part in parts))
        lamp = cast(scene.camera, scene.light, parts, floor)
        return cls(piece, floor, lamp, contact(scene.camera, parts, floor))


def render(
    scene: Scene, everything: list[Seen], owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The frame (H, W, 3) in linear light and the distances (H, W) in cm."""
    camera = scene.camera
    shades = [_Shade.of(scene, seen.piece) for seen in everything]
    frame, depth = _table(scene, shades)
    for i, seen in enumerate(everything):
        piece, shown = seen.piece, owner[seen.rows, seen.columns] == i
        rows, columns = seen.rows[shown], seen.columns[shown]
        rays = camera.rays(columns + 0.5, rows + 0.5)
        points = camera.place_cm[:, None] + rays * seen.length_cm[shown]
        lamp, openness = _arriving(scene, shades, i, points)
        own = (piece.turn.T @ (points - piece.place_cm[:, None])).astype(np.float32)
        surface = piece.skin(own, piece.solid.normals(own))
        surface = replace(surface, normals=piece.turn @ surface.normals)
        frame[rows, columns] = scene.light.shade(surface, -rays, lamp, openness).T
        depth[rows, columns] = seen.length_cm[shown]
    return frame, depth


def _remaining(camera: Camera, hidden: list[np.ndarray]) -> np.ndarray:
    """What several partial covers (H / COARSE, W / COARSE) leave over, (H, W)."""
    left = np.ones((camera.height_px // COARSE, camera.width_px // COARSE), np.float32)
    for one in hidden:
        left *= 1 - one
    return cv2.resize(left, (camera.width_px, camera.height_px), interpolation=cv2.INTER_LINEAR)


def _arriving(
    scene: Scene, shades: list[_Shade], i: int, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Parts (N,) of lamp and sky that reach points (3, N) of piece i past the other pieces."""
    camera, light, here = scene.camera, scene.light, shades[i]
    landed = points - light.towards[:, None] * points[2] / light.towards[2]
    lamp, openness = light.falloff(landed[0], landed[1]), np.ones(points.shape[1])
    flat = points[2].max() - here.floor_cm < FLAT_CM
    if not flat:
        openness = 0.5 + 0.5 * smoothstep(0.0, 1.2, points[2] - here.floor_cm)
    behind = camera.project(landed.T) / COARSE - 0.5
    below = camera.project(points.T) / COARSE - 0.5
    for j, other in enumerate(shades):
        if j == i or other.floor_cm < here.floor_cm - 0.001:
            continue
        away = other.piece.place_cm - here.piece.place_cm
        if flat or away[:2] @ light.towards[:2] > 0:
            lamp = lamp * (1 - _sample(other.lamp, behind))
        if flat:
            openness = openness * (1 - _sample(other.sky, below))
    return lamp, openness


def _sample(image: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Nearest values (N,) of an image at index coordinates (N, 2), 0 outside."""
    x, y = np.round(at).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < image.shape[1]) & (y < image.shape[0])
    return np.where(inside, image[np.where(inside, y, 0), np.where(inside, x, 0)], 0)


def _table(scene: Scene, shades: list[_Shade]) -> tuple[np.ndarray, np.ndarray]:
    """The table top with flat things on it, lit; and its distance from the camera."""
    camera, light, table = scene.camera, scene.light, scene.table
    lamp = _remaining(camera, [shade.lamp for shade in shades])
    openness = _remaining(camera, [shade.sky for shade in shades])
    to_pixels = camera.pixels_from_table()
    size = (camera.width_px, camera.height_px)
    look = table.tile_from_table() @ np.linalg.inv(to_pixels)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    albedo = cv2.warpPerspective(table.tile, look, size, flags=flags, borderMode=cv2.BORDER_WRAP)
    for flat in scene.flats:
        albedo, lamp = _lay(albedo, lamp, flat, to_pixels, light.towards)
    falloff, sheen, depth = _coarse(scene)
    key = light.key.astype(np.float32) * np.float32(light.towards[2])
    arriving = (lamp * falloff)[..., None] * key + openness[..., None] * light.sky.astype(
        np.float32
    )
    return albedo * arriving + sheen * openness[..., None], depth


def _lay(
    albedo: np.ndarray,
    lamp: np.ndarray,
    flat: Flat,
    to_pixels: np.ndarray,
    towards: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Put a flat thing and its shadow on the table."""
    size = (albedo.shape[1], albedo.shape[0])
    move = to_pixels @ flat.table_from_sheet()
    cover = cv2.warpPerspective(flat.cover, move, size)
    colour = cv2.warpPerspective(flat.colour, move, size, borderMode=cv2.BORDER_REPLICATE)
    away = np.eye(3)
    away[:2, 2] = -towards[:2] / towards[2] * flat.lift_cm
    shadow = cv2.warpPerspective(flat.cover, to_pixels @ away @ flat.table_from_sheet(), size)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 2) * (1 - cover)
    return mix(albedo, colour, cover), lamp * (1 - 0.8 * shadow)


def _coarse(scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lamp falloff (H, W), mirrored light (H, W, 3), distance (H, W) over the table."""
    camera, light, table = scene.camera, scene.light, scene.table
    size = (camera.width_px, camera.height_px)
    y, x = np.mgrid[0 : size[1] : SHEEN_STEP, 0 : size[0] : SHEEN_STEP] + SHEEN_STEP / 2
    rays = camera.rays(x.ravel(), y.ravel())
    length = -camera.place_cm[2] / rays[2]
    points = camera.place_cm[:, None] + rays * length
    mirrored = rays * np.array([[1], [1], [-1]])
    fresnel = 0.04 + 0.96 * (1 + rays[2]) ** 5
    half = light.towards[:, None] - rays
    spark = np.maximum(half[2] / np.linalg.norm(half, axis=0), 0) ** table.gloss
    sheen = fresnel * light.environment(mirrored) + 0.1 * light.key[:, None] * spark
    maps = (light.falloff(*points[:2]), table.shine * sheen.T, length)
    shaped = (m.reshape(*x.shape, *m.shape[1:]).astype(np.float32) for m in maps)
    return tuple(cv2.resize(m, size, interpolation=cv2.INTER_LINEAR) for m in shaped)

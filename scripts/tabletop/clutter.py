"""Things on a table that are no game pieces: a pencil, a leaf, string, crumbs, a paper clip."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tabletop.faces import shape, speckle
from tabletop.lettering import SUB
from tabletop.noise import field, linear, mix, smoothstep
from tabletop.pieces import CLUTTER, Piece, about
from tabletop.skins import BoxSkin, LatheSkin
from tabletop.solids import Lathe, RoundedBox

PER_CM = 48  # pixels of a flat thing a centimetre


@dataclass(frozen=True)
class Flat:
    """A thing without height worth modelling, drawn from above on a square sheet."""

    colour: np.ndarray  # (s, s, 3)
    cover: np.ndarray  # (s, s) 0..1
    lift_cm: float  # how far its shadow stands off
    turn: float
    place_cm: np.ndarray  # (2,) of its middle

    def table_from_sheet(self) -> np.ndarray:
        """Homography (3, 3) from sheet pixels to table cm."""
        c, s = np.cos(self.turn) / PER_CM, np.sin(self.turn) / PER_CM
        middle = self.cover.shape[0] / 2
        turned = np.array([[c, s, 0], [s, -c, 0], [0, 0, 1]])
        turned[:2, 2] = self.place_cm
        return turned @ np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 1]])


def _sheet(size_cm: float) -> tuple[np.ndarray, np.ndarray]:
    side = int(size_cm * PER_CM)
    return np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.uint8)


def _tube(
    sheet: tuple[np.ndarray, np.ndarray], curve: np.ndarray, thick: float, colour: np.ndarray
) -> None:
    """Draw a round cord along curve (M, 2): dark at its sides, light along its middle."""
    picture, cover = sheet
    at = [np.round(curve * 2**SUB).astype(np.int32)]
    for width, tone in ((1.0, 0.35), (0.75, 0.7), (0.5, 1.0), (0.22, 1.5)):
        line = np.zeros_like(cover)
        cv2.polylines(line, at, False, 255, max(round(thick * width), 1), cv2.LINE_AA, SUB)
        picture[:] = mix(picture, colour * tone, line.astype(np.float32) / 255)
        np.maximum(cover, line, out=cover)


def leaf(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    picture, cover = _sheet(rng.uniform(3, 6))
    side = cover.shape[0]
    along = np.linspace(0, 1, 60)
    wide = rng.uniform(0.14, 0.26) * np.sin(np.pi * along**0.8) * (1 + 0.06 * np.sin(along * 60))
    bend = rng.uniform(-0.12, 0.12) * np.sin(np.pi * along)
    spine = np.stack((0.08 + 0.84 * along, 0.5 + bend), axis=1)
    edge = np.concatenate(
        (spine + np.stack((0 * wide, wide), 1), (spine - np.stack((0 * wide, wide), 1))[::-1])
    )
    shape(cover, edge * side)
    tints = ((96, 128, 48), (160, 110, 40), (150, 60, 30), (60, 96, 50), (120, 86, 50))
    picture[:] = linear(*tints[rng.integers(len(tints))])
    picture *= speckle(rng, side, 0.2)[..., None]
    veins = np.zeros_like(cover)
    cv2.polylines(veins, [np.round(spine * side).astype(np.int32)], False, 255, 3, cv2.LINE_AA)
    for i in range(8, 52, 7):
        for sign in (-1, 1):
            tip = spine[min(i + 8, 59)] + (0, sign * wide[i] * 0.85)
            ends = [tuple(np.round(p * side).astype(int).tolist()) for p in (spine[i], tip)]
            cv2.line(veins, *ends, 150, 1, cv2.LINE_AA)
    picture *= (1 + 0.5 * veins.astype(np.float32) / 255)[..., None]
    return picture, cover, rng.uniform(0.05, 0.3)


def string(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    sheet = _sheet(rng.uniform(6, 12))
    side = sheet[1].shape[0]
    t = np.linspace(0, 1, 160)
    waves = rng.normal(0, 0.13, (2, 4))
    curve = np.stack(
        [0.5 + sum(w[k] * np.sin((k + 1) * 3 * t + w[k] * 40) for k in range(4)) for w in waves], 1
    )
    tint = linear(*rng.uniform((120, 60, 40), (230, 210, 180)))
    _tube(sheet, curve * side, rng.uniform(6, 11), tint)
    return *sheet, 0.1


def paper_clip(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    sheet = _sheet(4.5)
    size = rng.uniform(0.85, 1.2)
    turns = [(0.5, 0.0, 0.0), (0.42, 2.4, np.pi), (0.34, 0.3, 0.0), (0.26, 1.9, np.pi)]
    points = [(-1.0, -0.5)]
    for radius, x, start in turns:
        middle_y = {0.5: 0.0, 0.42: -0.08, 0.34: 0.0, 0.26: -0.08}[radius]
        sweep = (
            np.linspace(-np.pi / 2, np.pi / 2, 12)
            if start
            else np.linspace(np.pi / 2, 3 * np.pi / 2, 12)
        )
        arc = [(x - 1.2 + radius * np.cos(a), middle_y + radius * np.sin(a)) for a in sweep]
        points.extend(arc)
    curve = (np.array(points[1:-4]) * size * 0.75 + 2.25) * PER_CM
    tints = ((190, 192, 196), (206, 168, 80), (200, 40, 40), (40, 90, 190))
    _tube(sheet, curve, 5, linear(*tints[rng.integers(len(tints))]))
    return *sheet, 0.08


def crumbs(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    picture, cover = _sheet(rng.uniform(4, 8))
    side = cover.shape[0]
    tint = linear(*rng.uniform((150, 100, 50), (226, 180, 120)))
    picture[:] = tint * np.clip(1 + 0.35 * field(rng, side, slope=0.8), 0.3, 2)[..., None]
    for _ in range(int(rng.integers(8, 50))):
        at = np.clip(rng.normal(0.5, 0.16, 2), 0.05, 0.95) * side
        turn = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.lognormal(1.1, 0.5) * rng.uniform(0.7, 1.2, 9)
        shape(cover, at + radius[:, None] * np.stack((np.cos(turn), np.sin(turn)), axis=1))
    return picture, cover, 0.08


def note(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    picture, cover = _sheet(rng.uniform(8, 15))
    side = cover.shape[0]
    top = side * rng.uniform(0.0, 0.25)
    shape(cover, np.array([(6, top), (side - 6, top), (side - 6, side - top), (6, side - top)]))
    tints = ((240, 238, 230), (240, 226, 130), (200, 222, 240), (232, 222, 200))
    picture[:] = linear(*tints[rng.integers(len(tints))])
    ink = linear(*((40, 50, 120), (40, 40, 44), (150, 40, 40))[rng.integers(3)])
    marks = np.zeros_like(cover)
    gap = int(rng.integers(22, 40))
    for y in range(int(top) + 2 * gap, int(side - top) - gap, gap):
        x = np.arange(side * 0.08, side * rng.uniform(0.4, 0.92), 4)
        wave = y + gap * 0.22 * np.convolve(rng.normal(0, 1, len(x)), (0.6, 0.7, 0.4), "same")
        cv2.polylines(marks, [np.stack((x, wave), 1).astype(np.int32)], False, 255, 2, cv2.LINE_AA)
    return mix(picture, ink, 0.8 * marks.astype(np.float32) / 255), cover, 0.04


def stain(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    picture, cover = _sheet(9)
    side = cover.shape[0]
    y, x = np.mgrid[0:side, 0:side] - side / 2
    ragged = field(rng, side, slope=1.8, lowest=3)
    far = np.hypot(x, y) / side + 0.006 * ragged
    ring = np.exp(-(((far - rng.uniform(0.3, 0.42)) / 0.012) ** 2)) * smoothstep(-1.4, 0.6, ragged)
    picture[:] = linear(70, 40, 20)
    cover[:] = 110 * ring
    return picture, cover, 0.0


FLATS = (leaf, string, paper_clip, crumbs, note, stain)


def draw_flat(rng: np.random.Generator, view_cm: float) -> Flat:
    """One flat thing somewhere in view."""
    colour, cover, lift = FLATS[rng.integers(len(FLATS))](rng)
    place = rng.uniform(-0.45, 0.45, 2) * view_cm
    cover = cover.astype(np.float32) / 255
    return Flat(
        colour.astype(np.float32), cover, float(lift), float(rng.uniform(0, 2 * np.pi)), place
    )


def pencil(rng: np.random.Generator) -> Piece:
    radius, long = rng.uniform(0.32, 0.42), rng.uniform(9, 15)
    profile = np.array(
        [(0.0, 0), (radius, 0.02), (radius, long - 1.6), (0.1, long - 0.15), (0, long)]
    )
    body = rng.uniform((20, 20, 20), (230, 190, 160))
    picture = np.empty((256, 8, 3), np.float32)
    picture[:] = linear(*body)
    level = np.linspace(0, long, 256)
    picture[level < 1.6] = linear(190, 190, 186)
    picture[level < 0.9] = linear(210, 120, 116)
    picture[level > long - 1.55] = linear(214, 176, 124)
    picture[level > long - 0.5] = linear(*(body * 0.6))
    turn = about(2, rng.uniform(0, 2 * np.pi)) @ about(1, np.pi / 2)
    return Piece(CLUTTER, Lathe(profile), LatheSkin(picture, long, 0.5), turn, np.zeros(3))


def eraser(rng: np.random.Generator) -> Piece:
    half = (rng.uniform(1.4, 2.2), rng.uniform(0.7, 1.0), rng.uniform(0.4, 0.6))
    sleeve, rubber = linear(*rng.uniform((20, 30, 60), (120, 140, 230))), linear(232, 230, 224)
    x = np.linspace(0, 1, 96)[None, :].repeat(96, axis=0)
    wrapped = mix(np.broadcast_to(rubber, (96, 96, 3)), sleeve, (x > 0.3).astype(np.float32))
    # the faces -y and +y also have x along the tile; each end is of one colour
    ends = [np.broadcast_to(c, (96, 96, 3)) for c in (rubber, sleeve)]
    flat = np.zeros((96, 96), np.float32)
    skin = BoxSkin.of([*ends, *[wrapped] * 4], [flat] * 6, half, depth=0.0, shine=0.15)
    turn = about(2, rng.uniform(0, 2 * np.pi))
    return Piece(CLUTTER, RoundedBox(half, 0.16), skin, turn, np.zeros(3))


def marble_ball(rng: np.random.Generator) -> Piece:
    radius = rng.uniform(0.5, 0.95)
    angles = np.linspace(-np.pi / 2, np.pi / 2, 17)
    profile = radius * np.stack((np.cos(angles), 1 + np.sin(angles)), axis=1)
    swirl = smoothstep(0.1, 0.6, field(rng, 128, slope=1.8, lowest=3))
    first, second = (linear(*rng.uniform(20, 220, 3)) for _ in range(2))
    picture = mix(np.broadcast_to(first, (128, 128, 3)), second, swirl).astype(np.float32)
    turn = about(2, rng.uniform(0, 6)) @ about(1, rng.uniform(0, np.pi))
    return Piece(CLUTTER, Lathe(profile), LatheSkin(picture, 2 * radius, 1.0), turn, np.zeros(3))


BODIES = (pencil, pencil, eraser, marble_ball)


def draw_body(rng: np.random.Generator) -> Piece:
    """One unlabelled solid thing."""
    return BODIES[rng.integers(len(BODIES))](rng)

"""The labelled pieces: die, domino, coin, card and pawn, each drawn with its own looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tabletop import faces
from tabletop.light import Surface
from tabletop.noise import linear, mix
from tabletop.skins import BoxSkin, CoinSkin, LatheSkin, SheetSkin
from tabletop.solids import Lathe, RoundedBox, Sheet, Solid

CLUTTER = -1


@dataclass(frozen=True)
class Piece:
    """One body with its looks and its pose on the table; class CLUTTER is not labelled."""

    kind: int
    solid: Solid
    skin: Callable[[np.ndarray, np.ndarray], Surface]
    turn: np.ndarray  # (3, 3) table axes from the body's axes
    place_cm: np.ndarray  # (3,) of the body's origin

    def parts_cm(self) -> list[np.ndarray]:
        """Point sets (M, 3) in table axes whose hulls make up the body."""
        return [part @ self.turn.T + self.place_cm for part in self.solid.parts()]

    def at(self, x_cm: float, y_cm: float, z_cm: float) -> Piece:
        """The same piece moved so that it rests on height `z_cm`."""
        lowest = min((part @ self.turn.T)[:, 2].min() for part in self.solid.parts())
        return replace(self, place_cm=np.array([x_cm, y_cm, z_cm - lowest]))


def about(axis: int, angle: float) -> np.ndarray:
    """Rotation (3, 3) about one axis, radians."""
    c, s = np.cos(angle), np.sin(angle)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
    return turn


BODIES = (  # body and pip colours of dice, sRGB
    ((234, 234, 230), (20, 20, 24)),
    ((234, 234, 230), (20, 20, 24)),
    ((230, 218, 190), (40, 26, 20)),
    ((230, 218, 190), (150, 20, 24)),
    ((176, 24, 30), (248, 244, 238)),
    ((26, 26, 30), (244, 244, 240)),
    ((28, 62, 150), (246, 246, 246)),
    ((22, 110, 62), (246, 244, 230)),
    ((226, 150, 30), (24, 20, 20)),
    ((176, 130, 84), (50, 30, 18)),
)


TILES = (*BODIES[:4], BODIES[5])  # dominoes: white, ivory or black


def die(rng: np.random.Generator, kind: int) -> Piece:
    half = rng.uniform(0.95, 1.3)
    body, ink = (linear(*c) for c in BODIES[rng.integers(len(BODIES))])
    spread, radius = rng.uniform(0.23, 0.27), rng.uniform(0.075, 0.105)
    low = rng.permutation((1, 2, 3))
    tiles, heights = [], []
    for number in low:
        for shown in (number, 7 - number):
            pips = faces.pip_mask(int(shown), 96, spread=spread, radius=radius)
            tiles.append(mix(body * faces.speckle(rng, 96, 0.02)[..., None], ink, pips))
            heights.append(-pips)
    skin = BoxSkin.of(tiles, heights, (half,) * 3, depth=0.05, shine=rng.uniform(0.3, 1))
    solid = RoundedBox((half,) * 3, half * rng.uniform(0.12, 0.34))
    return Piece(kind, solid, skin, about(2, rng.uniform(0, 2 * np.pi)), np.zeros(3))


def domino(rng: np.random.Generator, kind: int) -> Piece:
    long, thick = rng.uniform(1.9, 2.4), rng.uniform(0.3, 0.45)
    half = (long, long / 2, thick)
    body, ink = (linear(*c) for c in TILES[rng.integers(len(TILES))])
    ends = [faces.pip_mask(int(n), 96, spread=0.25, radius=0.085) for n in rng.integers(0, 7, 2)]
    ends[0] = ends[0].T if rng.random() < 0.5 else ends[0]
    mask = np.concatenate(ends, axis=1)
    mask[10:-10, 94:98] = 1
    mask = np.repeat(mask, 2, axis=0)  # the tile is square, the face is twice as long as wide
    plain = np.zeros_like(mask)
    shades = [body * faces.speckle(rng, 192, 0.025)[..., None] for _ in range(6)]
    marks = [plain] * 5 + [mask]  # order of BoxSkin: -x +x -y +y -z +z
    tiles = [mix(s, ink, m) for s, m in zip(shades, marks, strict=True)]
    skin = BoxSkin.of(tiles, [-m for m in marks], half, depth=0.04, shine=rng.uniform(0.15, 0.9))
    solid = RoundedBox(half, min(thick * 0.45, 0.14))
    return Piece(kind, solid, skin, about(2, rng.uniform(0, 2 * np.pi)), np.zeros(3))


METALS = (
    (222, 180, 96),
    (206, 160, 80),
    (200, 202, 204),
    (186, 188, 192),
    (190, 112, 76),
    (150, 98, 60),
)


def coin(rng: np.random.Generator, kind: int) -> Piece:
    radius, thick = rng.uniform(1.05, 1.65), rng.uniform(0.14, 0.24)
    bevel = 0.04
    profile = [
        (radius - bevel, 0),
        (radius, bevel),
        (radius, thick - bevel),
        (radius - bevel, thick),
    ]
    outer, inner = (linear(*METALS[i]) for i in rng.integers(len(METALS), size=2))
    inner = inner if rng.random() < 0.2 else outer
    skin = CoinSkin(
        relief=faces.coin_relief(rng, 192)[::-1],
        wear=faces.speckle(rng, 192, rng.uniform(0.04, 0.14)),
        outer=outer,
        inner=inner,
        radius=radius,
        thick=thick,
        depth=rng.uniform(0.03, 0.055),
        reeds=int(rng.integers(60, 120)),
    )
    solid = Lathe(np.array([*profile, (0, thick)]))
    return Piece(kind, solid, skin, about(2, rng.uniform(0, 2 * np.pi)), np.zeros(3))


def card(rng: np.random.Generator, kind: int) -> Piece:
    wide = rng.uniform(1.9, 2.4)
    tall = wide * rng.uniform(1.35, 1.5)
    draw = faces.card_front if rng.random() < 0.68 else faces.card_back
    w, h = 220, round(220 * tall / wide)
    picture = draw(rng, w, h) * rng.uniform(0.85, 1.0)
    skin = SheetSkin(picture.astype(np.float32), (wide, tall), shine=rng.uniform(0.05, 0.6))
    solid = Sheet((wide, tall), 0.25, 0.03)
    return Piece(kind, solid, skin, about(2, rng.uniform(0, 2 * np.pi)), np.zeros(3))


@dataclass(frozen=True)
class _Turned:
    """A pawn's profile: radii at heights, then a ball that grows out of the neck, all cm."""

    radii: tuple[float, ...]
    heights: tuple[float, ...]
    ball_at: float
    ball: float

    def profile(self) -> np.ndarray:
        """Rows (radius, z) from the foot to the top, (M, 2)."""
        angles = np.linspace(-np.arccos(self.radii[-1] / self.ball), np.pi / 2, 9)
        arc = np.stack((np.cos(angles), np.sin(angles)), axis=1) * self.ball + (0, self.ball_at)
        return np.concatenate((np.stack((self.radii, self.heights), axis=1), arc))


PAWNS = (
    _Turned(  # a chess pawn
        (1.05, 1.12, 1.08, 0.86, 0.82, 0.5, 0.37, 0.35, 0.64, 0.66, 0.42),
        (0.0, 0.12, 0.3, 0.42, 0.58, 0.95, 1.6, 2.1, 2.18, 2.3, 2.42),
        2.93,
        0.64,
    ),
    _Turned((1.0, 1.04, 0.98, 0.72, 0.48, 0.34), (0.0, 0.12, 0.3, 0.8, 1.5, 2.0), 2.5, 0.62),
    _Turned((0.8, 0.86, 0.86, 0.8, 0.62, 0.36), (0.0, 0.08, 1.3, 1.55, 1.75, 1.85), 2.35, 0.6),
    _Turned((1.1, 1.14, 1.1, 0.95, 0.3, 0.24), (0.0, 0.1, 0.22, 0.3, 2.4, 2.6), 2.72, 0.4),
)
PAINTS = (
    (184, 28, 32),
    (30, 70, 160),
    (24, 124, 66),
    (228, 180, 30),
    (30, 30, 34),
    (238, 236, 228),
    (206, 160, 104),
    (104, 62, 36),
    (220, 112, 30),
    (116, 54, 130),
)


def pawn(rng: np.random.Generator, kind: int) -> Piece:
    turned = PAWNS[rng.integers(len(PAWNS))]
    profile = turned.profile() * rng.uniform((0.85, 0.85), (1.1, 1.15))
    paint = linear(
        *np.clip(np.array(PAINTS[rng.integers(len(PAINTS))]) + rng.normal(0, 8, 3), 8, 245)
    )
    wooden = rng.random() < 0.4
    skin = LatheSkin(
        picture=_painted(rng, paint, 0.12 if wooden else 0.02),
        tall=profile[:, 1].max(),
        shine=rng.uniform(0.1, 0.4) if wooden else rng.uniform(0.5, 1),
    )
    turn = about(2, rng.uniform(0, 2 * np.pi))
    if rng.random() < 0.1:  # lying: foot rim and head both touch the table
        foot = profile[0, 0]
        above = profile[profile[:, 1] > 0.5]
        lean = np.arctan2(above[:, 0] - foot, above[:, 1]).max()
        turn = turn @ about(1, np.pi / 2 - lean)
    return Piece(kind, Lathe(profile), skin, turn, np.zeros(3))


def _painted(rng: np.random.Generator, paint: np.ndarray, grain: float) -> np.ndarray:
    """A wrap-around picture (64, 128, 3): angle along x, height along y, with upright grain."""
    streaks = faces.speckle(rng, 128, 1.0)[::16].repeat(8, axis=0) - 1
    return (paint * np.clip(1 + grain * streaks, 0.4, 1.6)[..., None]).astype(np.float32)


PIECES = {"die": die, "domino": domino, "coin": coin, "card": card, "pawn": pawn}
NAMES = tuple(PIECES)


def draw_piece(rng: np.random.Generator, kind: int) -> Piece:
    """A piece of the class `kind`, a position in NAMES, standing at the table's origin."""
    return PIECES[NAMES[kind]](rng, kind)

"""Table tops: seamless tiles of wood, felt, stone, cloth, concrete, cork and print."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from tabletop.lettering import write
from tabletop.noise import field, linear, mix, relief, smoothstep

SIDE = 768  # pixels of a tile


@dataclass(frozen=True)
class Table:
    """A tile and how it lies on the table."""

    tile: np.ndarray  # (S, S, 3)
    per_cm: float  # tile pixels a centimetre
    shine: float
    gloss: float
    turn: float
    shift_px: np.ndarray  # (2,)

    def tile_from_table(self) -> np.ndarray:
        """Homography (3, 3) from table (x, y, 1) cm to tile pixels."""
        c, s = self.per_cm * np.cos(self.turn), self.per_cm * np.sin(self.turn)
        return np.array([[c, s, self.shift_px[0]], [s, -c, self.shift_px[1]], [0, 0, 1]])


WOODS = (
    ((206, 166, 116), (158, 112, 66)),
    ((116, 78, 52), (64, 40, 24)),
    ((226, 192, 142), (190, 142, 88)),
    ((174, 166, 154), (118, 110, 100)),
    ((140, 68, 42), (82, 34, 22)),
    ((92, 66, 50), (44, 30, 24)),
)


def wood(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    light, dark = (linear(*c) for c in WOODS[rng.integers(len(WOODS))])
    rows = np.arange(SIDE)[:, None] / SIDE
    warp = field(rng, SIDE, slope=2.2, stretch=(5, 1), lowest=3)
    rings = np.sin(2 * np.pi * rng.integers(5, 15) * rows + rng.uniform(1.5, 4) * warp)
    streaks = field(rng, SIDE, slope=0.7, stretch=(40, 1), lowest=30)
    pores = field(rng, SIDE, slope=0.1, stretch=(22, 1), lowest=60)
    tone = 0.45 + 0.25 * rings + 0.16 * streaks + 0.35 * smoothstep(1.5, 2.6, pores)
    planks = int(rng.integers(0, 6))
    joint = np.zeros(SIDE, np.float32)
    if planks > 1:
        for low, high in _bands(planks):
            tone[low:high] = np.roll(tone[low:high], rng.integers(SIDE), axis=1) + rng.normal(
                0, 0.1
            )
            joint[low : low + 3] = 1
    tile = mix(light, dark, np.clip(tone, 0, 1.1))
    return tile * (1 - 0.75 * joint)[:, None, None], rng.uniform(0.05, 0.7)


def _bands(count: int) -> list[tuple[int, int]]:
    """Rows (first, last + 1) of each plank."""
    return list(pairwise(i * SIDE // count for i in range(count + 1)))


def felt(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    colours = (
        (24, 96, 58),
        (120, 22, 34),
        (26, 52, 110),
        (70, 70, 76),
        (58, 36, 84),
        (22, 110, 112),
    )
    fibres = field(rng, SIDE, slope=0.35, lowest=40)
    tone = 1 + 0.16 * fibres + 0.06 * field(rng, SIDE, slope=1.6, lowest=2)
    tone *= relief(fibres, lean, 0.05)
    return linear(*colours[rng.integers(len(colours))]) * np.clip(tone, 0.3, 2)[..., None], 0.0


def marble(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    stones = (
        ((238, 236, 232), (150, 150, 154)),
        ((46, 50, 52), (196, 192, 184)),
        ((206, 188, 164), (138, 104, 76)),
        ((70, 96, 84), (190, 206, 192)),
    )
    base, vein = (linear(*c) for c in stones[rng.integers(len(stones))])
    first, second = (np.abs(field(rng, SIDE, slope=1.9, lowest=3)) for _ in range(2))
    mask = field(rng, SIDE, slope=1.5, lowest=2)
    lines = np.exp(-first / 0.04) * smoothstep(-0.5, 1, mask) + 0.6 * np.exp(-second / 0.015)
    clouds = 0.12 + 0.1 * field(rng, SIDE, slope=1.5, lowest=3)
    return mix(base, vein, np.clip(0.75 * lines + clouds, 0, 1)), rng.uniform(0.4, 1)


def granite(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    stones = (
        ((168, 160, 152), (64, 60, 60), (216, 208, 200)),
        ((60, 60, 64), (22, 22, 24), (140, 138, 136)),
        ((176, 132, 112), (74, 56, 52), (214, 190, 176)),
    )
    base, dark, light = (linear(*c) for c in stones[rng.integers(len(stones))])
    grains = [field(rng, SIDE, slope=1.4, lowest=rng.uniform(40, 70)) for _ in range(2)]
    tile = mix(np.broadcast_to(base, (SIDE, SIDE, 3)), dark, smoothstep(0.4, 1.1, grains[0]))
    tile = mix(tile, light, smoothstep(0.8, 1.5, grains[1]))
    return tile * (1 + 0.08 * field(rng, SIDE, slope=1.5))[..., None], rng.uniform(0.2, 0.8)


def cloth(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    colours = (
        (200, 190, 170),
        (90, 110, 140),
        (150, 60, 56),
        (110, 124, 92),
        (60, 62, 70),
        (214, 204, 190),
    )
    base, second = (linear(*colours[i]) for i in rng.permutation(len(colours))[:2])
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    wobble = 1.1 * field(rng, SIDE, slope=1.6, lowest=6)
    threads = SIDE / int(rng.choice((96, 128, 160)))
    over = np.sin(2 * np.pi * (x + wobble) / threads) * np.sin(2 * np.pi * (y + wobble) / threads)
    tone = 1 + 0.2 * over + 0.12 * field(rng, SIDE, slope=0.3, stretch=(6, 1), lowest=60)
    tone += 0.1 * field(rng, SIDE, slope=1.8, lowest=2)
    check = int(rng.choice((0, 4, 8, 12)))
    mask = np.zeros((SIDE, SIDE), np.float32)
    if check:
        stripe = [np.sin(2 * np.pi * check * axis / SIDE) > 0 for axis in (x, y)]
        mask = 0.5 * stripe[0] + (0.5 * stripe[1] if rng.random() < 0.6 else 0.4 * stripe[0])
    tile = mix(np.broadcast_to(base, (SIDE, SIDE, 3)), second, mask.astype(np.float32))
    return tile * np.clip(tone, 0.3, 1.8)[..., None], 0.0


def concrete(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    base = linear(*(rng.uniform(110, 190) + rng.normal(0, 7, 3)))
    rough = field(rng, SIDE, slope=1.1, lowest=8)
    pits = smoothstep(1.9, 2.4, field(rng, SIDE, slope=0.8, lowest=60))
    stains = field(rng, SIDE, slope=1.8, lowest=2)
    tone = 1 + 0.09 * rough + 0.1 * stains - 0.4 * pits
    tone *= relief(rough - 2 * cv2.GaussianBlur(pits, (0, 0), 1), lean, 0.12)
    return base * np.clip(tone, 0.2, 2)[..., None], 0.05


def cork(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    grain = field(rng, SIDE, slope=0.9, lowest=45)
    bits = smoothstep(1.2, 1.7, field(rng, SIDE, slope=0.9, lowest=55))
    tone = np.clip(0.4 + 0.2 * grain + 0.6 * bits, 0, 1.1)
    tile = mix(linear(200, 156, 106), linear(112, 74, 44), tone)
    return tile * relief(grain, lean, 0.15)[..., None], 0.05


LETTERS = tuple("aaeeeiinorstlcdumh   ")


def printed(rng: np.random.Generator, lean: np.ndarray) -> tuple[np.ndarray, float]:
    paper = linear(*(np.array((214, 208, 192)) + rng.normal(0, 8)))
    ink = np.zeros((SIDE, SIDE), np.uint8)
    columns = int(rng.integers(2, 4))
    wide = SIDE // columns
    for column in range(columns):
        left, y = column * wide + 12, 20
        while y < SIDE - 6:
            if rng.random() < 0.04 and y < SIDE - 150:
                y = _photograph(rng, ink, left, y, wide - 24)
            tall, pen = (19.0, 2) if rng.random() < 0.03 else (7.0, 1)  # headlines are rare
            text = "".join(rng.choice(LETTERS, int((wide - 24) / tall)))
            write(ink, text, left, y, height=tall, pen=pen)
            y += round(tall * 1.8)
    weight = cv2.GaussianBlur(ink.astype(np.float32) / 255, (0, 0), 0.7) * 0.85
    tile = mix(np.broadcast_to(paper, (SIDE, SIDE, 3)), linear(34, 34, 38), weight)
    creases = 1 + 0.05 * field(rng, SIDE, slope=1.7, lowest=2)
    return tile * creases[..., None], 0.05


def _photograph(rng: np.random.Generator, ink: np.ndarray, left: int, y: int, wide: int) -> int:
    """A grey picture in the column; returns where the text goes on."""
    tall = int(rng.integers(70, 130))
    view = field(rng, 256, slope=1.7)[:tall, :wide]
    greys = np.clip(120 + 60 * view, 0, 255)
    ink[y : y + tall, left : left + view.shape[1]] = greys.astype(np.uint8)
    return y + tall + 16


MATERIALS = (wood, wood, wood, felt, felt, marble, granite, cloth, cloth, concrete, cork, printed)


def draw_table(rng: np.random.Generator, towards: np.ndarray) -> Table:
    """A table top of random material under a lamp in the direction `towards` (3,)."""
    turn = rng.uniform(0, 2 * np.pi)
    c, s = np.cos(turn), np.sin(turn)
    lean = np.array([c * towards[0] + s * towards[1], s * towards[0] - c * towards[1]])
    make = MATERIALS[rng.integers(len(MATERIALS))]
    tile, shine = make(rng, lean)
    return Table(
        tile=np.clip(tile, 0, 1).astype(np.float32),
        per_cm=float(rng.uniform(30, 46)),
        shine=float(shine),
        gloss=float(rng.uniform(8, 40)),
        turn=float(turn),
        shift_px=rng.uniform(0, SIDE, 2),
    )

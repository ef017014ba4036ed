"""Flat artwork that skins wrap around pieces: pips, coin reliefs, playing cards."""

from __future__ import annotations

import cv2
import numpy as np

from tabletop.lettering import SUB, width_of, write
from tabletop.noise import field, linear, mix

PIPS = {
    0: (),
    1: ((0, 0),),
    2: ((-1, -1), (1, 1)),
    3: ((-1, -1), (0, 0), (1, 1)),
    4: ((-1, -1), (-1, 1), (1, -1), (1, 1)),
    5: ((-1, -1), (-1, 1), (0, 0), (1, -1), (1, 1)),
    6: ((-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)),
}
RANKS = ("A", "2", "3", "4", "5", "6", "7", "8", "9", "10")


def spot(mask: np.ndarray, x: float, y: float, radius: float) -> None:
    """Draw a filled anti-aliased disc of 255 into a uint8 mask."""
    at = (round(x * 2**SUB), round(y * 2**SUB))
    cv2.circle(mask, at, round(radius * 2**SUB), 255, -1, cv2.LINE_AA, SUB)


def shape(mask: np.ndarray, points: np.ndarray, value: int = 255) -> None:
    """Draw a filled anti-aliased polygon (M, 2) into a uint8 mask."""
    cv2.fillPoly(mask, [np.round(points * 2**SUB).astype(np.int32)], value, cv2.LINE_AA, SUB)


def pip_mask(number: int, side: int, *, spread: float, radius: float) -> np.ndarray:
    """The pips of one die face or domino half, (side, side) float32 0..1."""
    mask = np.zeros((side, side), np.uint8)
    for x, y in PIPS[number]:
        spot(mask, side * (0.5 + spread * x), side * (0.5 + spread * y), side * radius)
    return mask.astype(np.float32) / 255


def coin_relief(rng: np.random.Generator, side: int) -> np.ndarray:
    """Stamped heights of a coin's face, (side, side) float32 0..1."""
    mask = np.zeros((side, side), np.uint8)
    middle = side / 2
    spot(mask, middle, middle, side * 0.495)
    inner = np.zeros_like(mask)
    spot(inner, middle, middle, side * rng.uniform(0.43, 0.46))
    mask[inner > 127] = 0
    _ring(rng, mask, side)
    motif = rng.integers(3)
    if motif == 0:
        text = str(rng.choice((1, 2, 5, 10, 20, 50)))
        tall = side * (0.42 if len(text) == 1 else 0.32)
        left = middle - width_of(text, tall) / 2
        write(mask, text, left, middle - tall / 2, height=tall, pen=side // 18)
    else:
        turn = np.linspace(0, 2 * np.pi, 73)
        lobes = int(rng.integers(3, 8))
        depth = rng.uniform(0.1, 0.4) if motif == 1 else 0.5
        radius = side * 0.21 * (1 + depth * np.cos(lobes * turn) + 0.12 * np.cos(turn + 1))
        shape(mask, middle + radius[:, None] * np.stack((np.sin(turn), np.cos(turn)), 1))
    return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), side / 130)


def _ring(rng: np.random.Generator, mask: np.ndarray, side: int) -> None:
    """Marks around the rim: beads or letter-like strokes."""
    count = int(rng.integers(14, 36))
    beads = rng.random() < 0.4
    for i in range(count):
        if not beads and rng.random() < 0.15:
            continue
        turn = 2 * np.pi * i / count
        out = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-out[1], out[0]])
        at = side / 2 + out * side * 0.375
        if beads:
            spot(mask, at[0], at[1], side * 0.014)
            continue
        for _ in range(2):
            a, b = (at + out * u + across * v for u, v in rng.uniform(-0.028, 0.028, (2, 2)) * side)
            ends = [tuple(int(c * 2**SUB) for c in p) for p in (a, b)]
            cv2.line(mask, *ends, 255, max(side // 90, 1), cv2.LINE_AA, SUB)


def suit_mask(suit: int, side: int) -> np.ndarray:
    """Heart, diamond, club or spade, (side, side) uint8."""
    mask = np.zeros((side, side), np.uint8)
    unit = np.array([side, side])
    foot = np.array([(0.5, 0.55), (0.64, 0.95), (0.36, 0.95)]) * unit
    if suit == 0:
        spot(mask, side * 0.3, side * 0.32, side * 0.23)
        spot(mask, side * 0.7, side * 0.32, side * 0.23)
        shape(mask, np.array([(0.1, 0.43), (0.5, 0.33), (0.9, 0.43), (0.5, 0.95)]) * unit)
    elif suit == 1:
        shape(mask, np.array([(0.5, 0.04), (0.86, 0.5), (0.5, 0.96), (0.14, 0.5)]) * unit)
    elif suit == 2:
        for x, y in ((0.5, 0.27), (0.28, 0.58), (0.72, 0.58)):
            spot(mask, side * x, side * y, side * 0.21)
        shape(mask, foot)
    else:
        spot(mask, side * 0.3, side * 0.55, side * 0.22)
        spot(mask, side * 0.7, side * 0.55, side * 0.22)
        shape(mask, np.array([(0.5, 0.04), (0.9, 0.47), (0.5, 0.62), (0.1, 0.47)]) * unit)
        shape(mask, foot)
    return mask


def _stamp(card: np.ndarray, mark: np.ndarray, x: float, y: float, ink: np.ndarray) -> None:
    """Print a mark (s, s) centred at (x, y) of a card, upside down in its lower half."""
    side = mark.shape[0]
    mark = mark[::-1] if y > card.shape[0] * 0.55 else mark
    top, left = int(y - side / 2), int(x - side / 2)
    patch = card[top : top + side, left : left + side]
    patch[:] = mix(patch, ink, mark.astype(np.float32) / 255)


def card_front(rng: np.random.Generator, w: int, h: int) -> np.ndarray:
    """The printed side of a number card, (h, w, 3)."""
    suit, number = int(rng.integers(4)), int(rng.integers(1, 11))
    ink = linear(190, 24, 30) if suit < 2 else linear(22, 22, 26)
    card = np.empty((h, w, 3), np.float32)
    card[:] = linear(*rng.uniform((236, 232, 214), (250, 249, 246)))
    index = np.zeros((h, w), np.uint8)
    tall = 0.085 * h
    text = RANKS[number - 1]
    left = w * 0.11 - width_of(text, tall) / 2
    write(index, text, max(left, w * 0.03), h * 0.04, height=tall, pen=3)
    small = suit_mask(suit, int(w * 0.13))
    index = np.maximum(index, index[::-1, ::-1])
    card[:] = mix(card, ink, index.astype(np.float32) / 255)
    _stamp(card, small, w * 0.11, h * 0.19, ink)
    _stamp(card, small, w * 0.89, h * 0.81, ink)
    big = suit_mask(suit, int(w * (0.42 if number == 1 else 0.2)))
    rows = max((number + 1) // 2, 1)
    for i in range(number):
        paired = number > 3 and not (number % 2 and i == number - 1)
        x = (0.34, 0.66)[i % 2] if paired else 0.5
        level = i // 2 if number > 3 else i
        rows_here = rows if number > 3 else number
        y = 0.5 if rows_here == 1 else 0.2 + 0.6 * level / (rows_here - 1)
        _stamp(card, big, w * x, h * y, ink)
    return card


def card_back(rng: np.random.Generator, w: int, h: int) -> np.ndarray:
    """The patterned side of a card, (h, w, 3)."""
    inks = ((170, 30, 36), (28, 58, 140), (24, 96, 62), (70, 40, 110), (40, 40, 46))
    ink = linear(*inks[rng.integers(len(inks))])
    paper = linear(*rng.uniform((232, 228, 216), (250, 248, 244)))
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    period = w / rng.uniform(7, 13)
    kind = rng.integers(3)
    if kind == 0:
        wave = np.cos(2 * np.pi * (x + y) / period) * np.cos(2 * np.pi * (x - y) / period)
    elif kind == 1:
        wave = np.cos(2 * np.pi * x / period) + np.cos(2 * np.pi * y / period) - 0.4
    else:
        wave = np.cos(2 * np.pi * np.hypot(x - w / 2, y - h / 2) / period)
    card = mix(np.broadcast_to(ink, (h, w, 3)), paper, np.clip(0.35 + 1.4 * wave, 0, 0.85))
    border = int(w * rng.uniform(0.05, 0.1))
    framed = np.empty_like(card)
    framed[:] = paper
    framed[border:-border, border:-border] = card[border:-border, border:-border]
    return framed.astype(np.float32)


def speckle(rng: np.random.Generator, side: int, strength: float) -> np.ndarray:
    """Brightness factors (side, side) around 1 for a surface that is not perfectly even."""
    return (1 + strength * np.clip(field(rng, side, slope=1.0), -2, 2)).astype(np.float32)

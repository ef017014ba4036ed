"""What lies where: a camera, a lamp, a table, pieces that do not cut into one another."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tabletop.camera import Camera
from tabletop.clutter import Flat, draw_body, draw_flat
from tabletop.light import Light
from tabletop.outline import boundary, box_in_picture, shown_part
from tabletop.pieces import CLUTTER, NAMES, Piece, draw_piece
from tabletop.tables import Table, draw_table

EMPTY_PART = 0.08  # of all pictures show no labelled piece
MOST_PIECES = 6
PLACE_TRIES = 24
LEAST_SHOWN = 0.8  # of a piece's outline must be inside the picture
WEIGHTS = np.array([1.0, 1.0, 1.0, 1.25, 1.0])  # cards find room less often


@dataclass(frozen=True)
class Scene:
    camera: Camera
    light: Light
    table: Table
    flats: list[Flat]
    pieces: list[Piece]  # labelled ones and clutter

    def label(self, piece: Piece) -> tuple[int, float, float, float, float]:
        """Class and box (cx, cy, w, h), unit square, of the part inside the picture."""
        low, high = box_in_picture(self.camera, piece.parts_cm())
        return (piece.kind, *((low + high) / 2), *(high - low))


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draw everything that a picture shows."""
    empty = rng.random() < EMPTY_PART
    count = 0 if empty else 1 + int(rng.binomial(MOST_PIECES - 1, rng.uniform(0.15, 0.75)))
    view_cm = rng.uniform(9.5, 12.5) + 0.5 * count
    camera = Camera.draw(rng, view_cm)
    light = Light.draw(rng, view_cm)
    table = draw_table(rng, light.towards)
    flats = [draw_flat(rng, view_cm) for _ in range(rng.choice(4, p=(0.45, 0.3, 0.15, 0.1)))]
    kinds = rng.choice(len(NAMES), count, p=WEIGHTS / WEIGHTS.sum())
    # cards go down first: the other pieces may stand on them
    drawn = [draw_piece(rng, int(k)) for k in sorted(kinds, key=lambda k: NAMES[k] != "card")]
    drawn += [draw_body(rng) for _ in range(rng.choice(3, p=(0.6, 0.3, 0.1)))]
    placed: list[Piece] = []
    for piece in drawn:
        found = _place(rng, camera, piece, placed)
        if found is not None:
            placed.append(found)
    return Scene(camera, light, table, flats, placed)


def _place(
    rng: np.random.Generator, camera: Camera, piece: Piece, placed: list[Piece]
) -> Piece | None:
    """Try random places; the first where the piece fits, or None."""
    near = bool(placed) and rng.random() < 0.4
    for _ in range(PLACE_TRIES):
        if near:
            x, y = placed[rng.integers(len(placed))].place_cm[:2] + rng.normal(0, 2.6, 2)
        else:
            u, v = rng.uniform(0.03, 0.97, 2)
            x, y, _ = camera.on_table(u * camera.width_px, v * camera.height_px)
        found = _rest(piece, x, y, placed)
        if found is None:
            continue
        if piece.kind == CLUTTER or shown_part(camera, found.parts_cm()) > LEAST_SHOWN:
            return found
    return None


def _is_card(piece: Piece) -> bool:
    return piece.kind != CLUTTER and NAMES[piece.kind] == "card"


def _rest(piece: Piece, x: float, y: float, placed: list[Piece]) -> Piece | None:
    """The piece at (x, y), on top of the cards below it, or None if it would cut into another."""
    here = piece.at(x, y, 0.0)
    foot = _footprint(here)
    height = 0.0
    for other in placed:
        common, _ = cv2.intersectConvexConvex(foot, _footprint(other))
        if common <= 0:
            continue
        if not _is_card(other) or (_is_card(piece) and common > 0.45 * cv2.contourArea(foot)):
            return None
        height = max(height, float(np.concatenate(other.parts_cm())[:, 2].max()))
    return piece.at(x, y, height)


def _footprint(piece: Piece) -> np.ndarray:
    """The piece seen from straight above, convex, (M, 2) float32 cm."""
    return boundary(np.concatenate(piece.parts_cm())[:, :2])

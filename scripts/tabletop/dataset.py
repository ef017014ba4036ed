"""Numbered pictures and their labels, and the files of the data set."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from tabletop.lens import Lens, grain_for, photograph
from tabletop.pieces import CLUTTER, NAMES
from tabletop.render import render, visible
from tabletop.scene import draw_scene

SEED = 20260
PICTURES = 1200
VALID_EVERY = 5  # every fifth picture is kept for validation
LARGEST_DIFFERENCE = 2.0  # grey levels that another OpenCV version may add


@dataclass(frozen=True)
class Example:
    """One finished picture."""

    pixels: np.ndarray  # (H, W, 3) uint8 BGR
    labels: str  # the text of its label file
    quality: int


def make_example(number: int, seed: int = SEED) -> Example:
    """Picture `number`, which depends on nothing but its number and the seed."""
    cv2.setNumThreads(1)  # small pictures: more threads cost more than they bring
    rng = np.random.default_rng((seed, number))
    scene = draw_scene(rng)
    lens = Lens.draw(rng)
    grain = grain_for(rng, scene.camera.width_px, scene.camera.height_px)
    everything, owner = visible(scene.camera, scene.pieces)
    scene = replace(scene, pieces=[seen.piece for seen in everything])
    frame, depth = render(scene, everything, owner)
    pixels = photograph(frame, depth, lens, grain)
    rows = [scene.label(piece) for piece in scene.pieces if piece.kind != CLUTTER]
    labels = "".join("{} {:.6f} {:.6f} {:.6f} {:.6f}\n".format(*row) for row in rows)
    return Example(pixels, labels, lens.quality)


def encoded(example: Example) -> bytes:
    """The JPEG file of a picture."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, example.quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    return cv2.imencode(".jpg", example.pixels, flags)[1].tobytes()


def name_of(number: int) -> str:
    """File name of a picture without its ending."""
    return f"tabletop_{number:04d}"


def write_dataset(folder: Path, count: int = PICTURES, seed: int = SEED) -> None:
    """Write pictures, labels, lists, names and .data file; the README is kept by hand."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    lists: dict[str, list[str]] = {"train": [], "valid": []}
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(partial(_write_example, images, seed), range(count), chunksize=8):
            pass  # exhausted so that a worker's error is raised here
    for number in range(count):
        lists[_list_of(number)].append(f"images/{name_of(number)}.jpg")
    for name, lines in lists.items():
        _write(folder / f"{name}.txt", lines)
    _write(folder / "tabletop.names", NAMES)
    rows = {"classes": len(NAMES), "train": "train.txt", "valid": "valid.txt"}
    rows |= {"names": "tabletop.names", "backup": "backup/"}
    _write(folder / "tabletop.data", [f"{key} = {value}" for key, value in rows.items()])


def _write_example(images: Path, seed: int, number: int) -> None:
    example = make_example(number, seed)
    (images / f"{name_of(number)}.jpg").write_bytes(encoded(example))
    (images / f"{name_of(number)}.txt").write_text(example.labels, encoding="ascii")


def _list_of(number: int) -> str:
    return "valid" if number % VALID_EVERY == VALID_EVERY - 1 else "train"


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")


@dataclass(frozen=True)
class Comparison:
    """A picture made again against the one in the folder."""

    number: int
    same_labels: bool
    grey_difference: float  # mean over pixels and channels, in levels of 255

    @property
    def passed(self) -> bool:
        return self.same_labels and self.grey_difference < LARGEST_DIFFERENCE


def compare(folder: Path, number: int) -> Comparison:
    """Make picture `number` again and compare it with the files in the folder."""
    example = make_example(number)
    path = folder / "images" / name_of(number)
    stored = cv2.imread(str(path.with_suffix(".jpg")), cv2.IMREAD_COLOR)
    labels = path.with_suffix(".txt").read_text(encoding="ascii")
    # through the encoder as well, so that JPEG losses do not count
    again = cv2.imdecode(np.frombuffer(encoded(example), np.uint8), cv2.IMREAD_COLOR)
    if stored is None or stored.shape != again.shape:
        return Comparison(number, labels == example.labels, float("inf"))
    difference = cv2.absdiff(stored, again).mean()
    return Comparison(number, labels == example.labels, float(difference))

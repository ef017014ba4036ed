"""A made-up film that takes memory: what a square is was shown by a flash of light before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

NAMES = ("go", "stop")
SIDE_PX, SQUARE_PX = 64, 16
EPISODE = 4  # frames: one in the light of the flash, three in the dark
_LIGHTS = ((40, 160, 40), (40, 40, 160))  # BGR: green says go, red says stop
_DARK, _GREY = (40, 40, 40), (200, 200, 200)


@dataclass(frozen=True)
class Frame:
    """A picture (H, W, 3) BGR, the number of its class, its box cxcywh, whether it is lit."""

    picture: np.ndarray
    number: int
    box: tuple[float, float, float, float]
    lit: bool


def film_of_flashes(seed: int, episodes: int) -> list[Frame]:
    """Frames in order: a grey square that jumps about. In the light of an episode's first frame it
    can be seen what it is, in the frames after it no more.
    """
    rng = np.random.default_rng(seed)
    frames = []
    for number in rng.integers(len(NAMES), size=episodes).tolist():
        for step in range(EPISODE):
            picture = np.full((SIDE_PX, SIDE_PX, 3), _DARK if step else _LIGHTS[number], np.uint8)
            left, top = rng.integers(SIDE_PX - SQUARE_PX, size=2).tolist()
            picture[top : top + SQUARE_PX, left : left + SQUARE_PX] = _GREY
            centre = ((left + SQUARE_PX / 2) / SIDE_PX, (top + SQUARE_PX / 2) / SIDE_PX)
            box = (*centre, SQUARE_PX / SIDE_PX, SQUARE_PX / SIDE_PX)
            frames.append(Frame(picture, number, box, not step))
    return frames


def write_frames(folder: Path, frames: list[Frame]) -> list[str]:
    """Each frame as a picture whose name has its class, with its label file; paths in order."""
    folder.mkdir(parents=True)
    paths = []
    for at, frame in enumerate(frames):
        path = folder / f"{at:05d}_{NAMES[frame.number]}.png"
        cv2.imwrite(str(path), frame.picture)
        row = " ".join(f"{share:.6f}" for share in frame.box)
        path.with_suffix(".txt").write_text(f"{frame.number} {row}\n")
        paths.append(str(path))
    return paths


def write_film(path: Path, frames: list[Frame]) -> None:
    """The frames as a film."""
    size_wh = SIDE_PX, SIDE_PX
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, size_wh)
    for frame in frames:
        writer.write(frame.picture)
    writer.release()

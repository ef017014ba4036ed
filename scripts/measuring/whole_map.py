"""All of `detector map` beside the passes of its network, by processor time, in turns."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from darkpy.cfg.data import read_data
from darkpy.data.listing import read_listing
from darkpy.detector.map import run
from darkpy.flags.detector import MapFlags
from darkpy.inference.detector import Detector
from darkpy.inference.lanes import Lanes
from darkpy.inference.passes import pictures_at_once
from darkpy.machine.process import prepare_process
from darkpy.model.weights import save_weights
from darkpy.session.project import open_detector
from scripts.measuring.peers import random_network


class Turn(NamedTuple):
    """Processor seconds, those of all threads, for the same number of pictures."""

    command: float
    network: float


def turns(data: str, cfg: str, weights: str, *, pictures: int, rounds: int) -> Iterator[Turn]:
    """pictures: the first so many of train= and valid=, 0 for all. weights: "" for random ones."""
    prepare_process()
    with tempfile.TemporaryDirectory() as folder:
        listed = _list_of(data, Path(folder), pictures)
        if not weights:
            weights = str(Path(folder) / "random.weights")
            save_weights(random_network(Path(cfg)), weights, seen=0)
        _, detector = open_detector(str(listed), cfg, weights, MapFlags())
        count = len(read_listing(Path(folder) / "pictures.txt", Path(folder)).pictures)
        _passes(detector, pictures_at_once(detector))  # lays out kernels
        for _ in range(rounds):
            began = time.process_time()
            for _ in run(str(listed), cfg, weights):
                pass
            took = time.process_time() - began
            yield Turn(took, _passes(detector, count))


def _list_of(data: str, folder: Path, pictures: int) -> Path:
    """A .data file whose valid= list has the pictures that are looked at."""
    own = read_data(data)
    found: list[str] = []
    for name in dict.fromkeys((own.train, own.valid)):
        found += read_listing(own.resolve(name), own.folder).pictures
    chosen = folder / "pictures.txt"
    chosen.write_text("".join(f"{Path(path).resolve()}\n" for path in found[: pictures or None]))
    names = own.resolve(own.names).resolve()
    listed = folder / "some.data"
    listed.write_text(f"valid={chosen}\nnames={names}\n")
    return listed


def _passes(detector: Detector, pictures: int) -> float:
    """Processor seconds of so many pictures in the network, its boxes above nothing included."""
    at_once, lanes = pictures_at_once(detector), Lanes(detector.network)
    ready = torch.rand(at_once, *detector.input).contiguous(memory_format=torch.channels_last)
    began = time.process_time()
    with torch.inference_mode():
        for first in range(0, pictures, at_once):
            images = ready[: pictures - first]
            lanes.run(images, lambda part, _: detector.offered(part, 1.0))
    return time.process_time() - began

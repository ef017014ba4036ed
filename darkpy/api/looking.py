"""A network that is shown pictures a batch at a time: what a detector stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from darkpy.api.found import Found, found_in
from darkpy.cfg.data import read_names
from darkpy.data.arrays import as_pixels
from darkpy.data.pictures import read_picture
from darkpy.data.video import open_camera, open_video
from darkpy.errors import DataError, UsageError
from darkpy.inference.detector import Detector as Engine
from darkpy.machine.device import pick_device
from darkpy.model.network import Network
from darkpy.model.state import remembers
from darkpy.model.weights import load_weights
from darkpy.sections.base import Shape

if TYPE_CHECKING:
    from typing_extensions import Self

Picture: TypeAlias = str | Path | np.ndarray | Any
Pictures: TypeAlias = list[Picture] | tuple[Picture, ...]


class LoadedNetwork:
    """A network with its weights, and the files that both came from."""

    engine: Any  # what shows it pictures: of darkpy.inference

    def __init__(self, cfg: str | Path, weights: str | Path) -> None:
        self.cfg, self.weights = str(cfg), str(weights)

    @classmethod
    def load(
        cls,
        cfg: str | Path,
        weights: str | Path,
        names: str | Path | Sequence[str] = (),
        *,
        gpu: int | None = None,
    ) -> Self:
        """What `darkpy.load` does, of this kind."""
        return cls.of(Network.from_cfg(cfg), cfg, weights, names, gpu)

    @classmethod
    def of(
        cls,
        network: Network,
        cfg: str | Path,
        weights: str | Path,
        names: str | Path | Sequence[str],
        gpu: int | None,
    ) -> Self:
        """The same of the cfg's network."""
        raise NotImplementedError

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self.engine.classes

    @property
    def input(self) -> Shape:
        """Channels c, height h and width w of the network's input, px."""
        return self.engine.input

    @property
    def network(self) -> Network:
        """The torch module."""
        return self.engine.network

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.engine.device


class Looking(LoadedNetwork):
    """A detector's network. Arrays are in RGB order; give `bgr[..., ::-1]`."""

    def __init__(self, engine: Engine, cfg: str | Path, weights: str | Path) -> None:
        super().__init__(cfg, weights)
        self.engine: Engine = engine

    @classmethod
    def of(
        cls,
        network: Network,
        cfg: str | Path,
        weights: str | Path,
        names: str | Path | Sequence[str],
        gpu: int | None,
    ) -> Self:
        device = pick_device(gpu or 0, nogpu=gpu is None)
        load_weights(network, weights)
        listed = listed_names(names, Engine(network, ()).classes, cfg)
        return cls(Engine(network, listed, device), cfg, weights)

    @property
    def names(self) -> tuple[str, ...]:
        """The classes' names in the order of their numbers."""
        return self.engine.names

    def pixels(self, picture: Picture, what: str) -> np.ndarray:
        """A picture as the network's channels, (H, W, C) uint8; arrays are in RGB order."""
        return pixels_of(picture, self.input.c, what)

    def looked(
        self,
        pixels: Iterable[np.ndarray],
        batch: int,
        *,
        thresh: float,
        nms: float | None,
        letter: bool,
    ) -> Iterator[tuple[np.ndarray, list[Found]]]:
        """Pictures and what is in them, `batch` at a time, or one if the network remembers."""
        refuse_no_batch(batch)
        waiting, at_once = iter(pixels), 1 if remembers(self.network) else batch
        while held := list(islice(waiting, at_once)):
            seen = self.engine.detect(held, thresh=thresh, nms=nms, letter_box=letter)
            for one, detections in zip(held, seen, strict=True):
                yield one, found_in(detections, self.names, one.shape[:2], thresh)


def listed_names(
    names: str | Path | Sequence[str], classes: int, cfg: str | Path
) -> tuple[str, ...]:
    """The classes' names, given or of a file; their numbers where none are given."""
    listed = read_names(names) if isinstance(names, str | Path) else tuple(names)
    if listed and len(listed) != classes:
        source = str(names) if isinstance(names, str | Path) else "names"
        wanted = f"{cfg} has classes={classes}"
        raise DataError(f"{source}: the number of names is {len(listed)}, but {wanted}")
    return tuple(listed) or tuple(map(str, range(classes)))


def refuse_no_batch(batch: int) -> None:
    """UsageError for fewer pictures in a pass than one."""
    if batch < 1:
        raise UsageError(f"batch={batch}: at least 1 picture goes through the network at a time")


def pixels_of(picture: Picture, channels: int, what: str) -> np.ndarray:
    """A picture in so many channels, (H, W, C) uint8; arrays are in RGB order."""
    if isinstance(picture, str | Path):
        return read_picture(picture, channels)
    return as_pixels(picture, channels, what)


def frames(source: str | int) -> Iterator[np.ndarray]:
    """The frames of a video or a camera until it ends."""
    capture = open_camera(source) if isinstance(source, int) else open_video(source)
    try:
        while (frame := capture.read()) is not None:
            yield frame
    finally:
        capture.close()

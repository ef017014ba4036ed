"""The functions of the package: load a detector, show it a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from darkpy.api.classifier import Classifier
from darkpy.api.detector import Detector
from darkpy.api.found import Found
from darkpy.api.looking import Picture, Pictures
from darkpy.flags.shared import THRESH
from darkpy.model.network import Network


def load(
    cfg: str | Path,
    weights: str | Path,
    names: str | Path | Sequence[str] = (),
    *,
    gpu: int | None = None,
) -> Detector | Any:
    """A detector ready to be shown pictures. It can be pickled, and used in forked processes.

    The cfg of a classifier gives a `Classifier`; `Classifier.load` says so to type checkers too.
    names: the classes, or the .names file that lists them; numbers stand in where it is missing.
    gpu: number of the GPU; None computes on the CPU. CfgError, DataError or WeightsError says
    what is wrong with a file.
    """
    network = Network.from_cfg(cfg)
    kind = Detector if network.detecting else Classifier
    return kind.of(network, cfg, weights, names, gpu)


@overload
def detect(
    detector: Detector, picture: Pictures, *, thresh: float = ..., letter_box: bool = ...
) -> list[list[Found]]: ...


@overload
def detect(
    detector: Detector, picture: Picture, *, thresh: float = ..., letter_box: bool = ...
) -> list[Found]: ...


def detect(
    detector: Detector,
    picture: Picture | Pictures,
    *,
    thresh: float = THRESH,
    letter_box: bool = False,
) -> list[Found] | list[list[Found]]:
    """`detector.detect(picture)`: a list of `Found`, or of a list of pictures a list for each."""
    return detector.detect(picture, thresh=thresh, letter_box=letter_box)

"""What several verbs take, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from darkpy.errors import UsageError
from darkpy.flags.declared import Flags, flag

THRESH = 0.25  # run_detector(), Darknet's src/detector.c
IOU_THRESH = 0.5  # same place
_LONGEST_SIDE_PX = 65_536  # the longest side that a JPEG can have
_MOST_THREADS = 1024
_MOST_PROCESSES = 64
_MOST_OVERLAP = 0.9  # ten times as many tiles along a side as without


def side_px(explanation: str) -> Any:
    """A side of the network's input; 0 where the cfg's counts."""
    return flag(0, explanation, minimum=0, maximum=_LONGEST_SIDE_PX)


def loading_threads() -> Any:
    """How many threads read pictures; None where the machine decides."""
    return flag(None, "threads that load pictures", minimum=0, maximum=_MOST_THREADS, rare=True)


def loading_processes() -> Any:
    """How many processes do; None where the device and the machine decide."""
    words = "processes that load pictures for a GPU in place of threads; 0: threads alone"
    return flag(None, words, minimum=0, maximum=_MOST_PROCESSES, rare=True)


def whole_seed(default: int | None, explanation: str) -> Any:
    """A seed: any whole number of 63 bits, which fits every generator and every file."""
    return flag(default, explanation, minimum=0, maximum=2**63 - 1)


def listening_port(explanation: str) -> Any:
    """A port to listen on; 0 or less: none, as in the C program."""
    return flag(0, explanation, minimum=-1, maximum=65_535)


@dataclass(frozen=True)
class OnDevice(Flags):
    """Where a verb computes."""

    i: int = flag(0, "number of the GPU", minimum=0)
    nogpu: bool = flag(False, "compute on the CPU")


@dataclass(frozen=True)
class InPrecision(Flags):
    """The numbers that a finished network computes with."""

    amp: str = flag(
        "off",
        "numbers to use; on: bfloat16 or float16, auto: if as good and faster, else float32",
        choices=("auto", "on", "off", "tf32"),
        rare=True,
    )


@dataclass(frozen=True)
class Tiling(Flags):
    """How large pictures are looked at."""

    tile: int = flag(
        0,
        "side, px, of tiles that larger pictures are looked at in too; 0: none",
        minimum=0,
        maximum=_LONGEST_SIDE_PX,
    )
    tile_overlap: float = flag(
        0.25, "least share of a tile's side that neighbours have in common", share=True, rare=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tile_overlap > _MOST_OVERLAP:
            raise UsageError(
                f"-tile_overlap {self.tile_overlap:g} is above the largest value, {_MOST_OVERLAP:g}"
            )


@dataclass(frozen=True)
class AboveThresh(OnDevice):
    """What counts as found."""

    thresh: float = flag(
        THRESH, "probability above which a detection is shown and counted", share=True
    )


@dataclass(frozen=True)
class Measuring(AboveThresh):
    """How detections are compared with objects."""

    iou_thresh: float = flag(IOU_THRESH, "overlap that makes a hit", share=True)


@dataclass(frozen=True)
class Serving(Flags):
    """Who reaches the ports that a verb opens."""

    http_host: str = flag(
        "127.0.0.1", "address to listen on; 0.0.0.0: for other machines too", rare=True
    )

"""What the command line may say to `detector train`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

_SEED_BITS = 31


@dataclass(frozen=True)
class TrainFlags:
    """The flags of `detector train`; see `darkpy detector train --help`."""

    clear: bool = False
    map: bool = False
    mAP_epochs: int = 4
    iou_thresh: float = 0.5
    thresh: float = 0.25
    show_imgs: bool = False
    chart: str = ""
    seed: int | None = None
    amp: str = "auto"
    deterministic: str = "on"
    threads: int | None = None
    cache: str = "auto"
    augment: str = "auto"
    reduced_decode: bool = False
    time_limit_sec: float | None = None
    dont_show: bool = False
    i: int = 0
    nogpu: bool = False


def drawn_seed() -> int:
    """A seed where none was given."""
    return secrets.randbits(_SEED_BITS)

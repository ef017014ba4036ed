"""The flags of the commands of one word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from darkpy.errors import UsageError
from darkpy.flags.declared import Flags, flag
from darkpy.flags.shared import OnDevice, loading_threads, side_px, whole_seed

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")  # -classes: a number in place of a file


@dataclass(frozen=True)
class NoFlags(Flags):
    """A command that takes none."""


@dataclass(frozen=True)
class CheckFlags(Flags):
    """The flags of `check`."""

    fix: bool = flag(False, "show what a corrected copy of the cfg would change")
    out: str = flag("", "file to write the corrected copy to; never the cfg itself")


@dataclass(frozen=True)
class DoctorFlags(OnDevice):
    """The flags of `doctor`."""

    quick: bool = flag(False, "do not measure the speed of loader and network")
    all: bool = flag(False, "list every place of a remark, not only the first ones")
    strict: bool = flag(False, "exit status 1 for a GO with warnings", rare=True)
    json: str = flag("", "write the report as JSON to this file; - prints it instead", rare=True)
    threads: int | None = loading_threads()


@dataclass(frozen=True)
class CompareFlags(OnDevice):
    """The flags of `compare`."""

    json: str = flag("", "file for the comparison's numbers")
    report: str = flag("", "folder for a page: differences, and the pictures that changed most")
    measure: bool = flag(False, "two trainings: measure the best weights of both")


@dataclass(frozen=True)
class RunsFlags(Flags):
    """The flags of `runs`."""

    json: bool = flag(False, "print everything as JSON")


@dataclass(frozen=True)
class NetFlags(Flags):
    """The flags of `net`."""

    width: int = side_px("width of the input in place of the cfg's")
    height: int = side_px("height of the input in place of the cfg's")
    json: bool = flag(False, "print everything as JSON")


@dataclass(frozen=True)
class InitFlags(Flags):
    """The flags of `init`."""

    cfg: str = flag("yolov4-tiny", "one of darkpy's cfgs, or a .cfg file")
    classes: str = flag("", "file of the class names, or the names (cat,dog), or their number")
    names: str = flag("", "the same as -classes", rare=True)
    size: str = flag("", "WxH of the input in place of the cfg's")
    out: str = flag(".", "folder for the files; never one of the pictures'")
    name: str = flag("", "first part of the files' names in place of the folder's", rare=True)
    valid: float = flag(0.2, "share of the pictures that mAP is measured on", share=True)
    seed: int = whole_seed(0, "seed of the choice of those")
    memory: float = flag(
        8.0, "GB of the GPU, which decides subdivisions=", minimum=0.1, maximum=10_000
    )
    force: bool = flag(False, "write over files of an earlier run", rare=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if _WHOLE.fullmatch(self.classes) and int(self.classes) < 1:
            raise UsageError(f"-classes {self.classes} is below the smallest value, 1")


@dataclass(frozen=True)
class AdaptFlags(Flags):
    """The flags of `adapt`."""

    seed: int = whole_seed(0, "seed of what begins at random")


@dataclass(frozen=True)
class ImportFlags(Flags):
    """The flags of `import`."""

    names: str = flag("", "names file: the classes to keep, in their order")
    images: str = flag("", "folder of the pictures; nothing else outside is used")
    copy: bool = flag(False, "copy the pictures in place of linking to them")
    first_pixel: int = flag(
        1, "voc: number of a picture's first pixel; 0 or 1", minimum=0, maximum=1, rare=True
    )


@dataclass(frozen=True)
class ImportTorchvisionFlags(Flags):
    """The flags of `import weights torchvision`."""

    eps: float = flag(
        1e-5,
        "eps of the file's batch norms; of torchvision's own weights of detectors that are built "
        "on frozen ones (COCO_V1) it is 0",
        minimum=0,
        maximum=1,
    )


@dataclass(frozen=True)
class ImportWeightsFlags(Flags):
    """The flags of `import weights`."""

    eps: float | None = flag(
        None,
        "eps of the file's batch norms; default: 1e-3 for YOLOv5 to v7, 1e-4 for networks made "
        "from a cfg, else 1e-5",
        minimum=0,
        maximum=1,
        rare=True,
    )

"""The flags of `darkpy export`'s verbs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from darkpy.errors import UsageError
from darkpy.flags.declared import Flags, flag

FORMS = ("ultralytics", "boxes_confs", "deepstream", "raw", "rows", "end2end")
DYNAMIC = "dynamic"
LEAST_OPSET = 12

_LARGEST_BATCH, _LONGEST_SIDE_PX = 4096, 65_536
_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")


@dataclass(frozen=True)
class Checked(Flags):
    """What the verbs share that run the file they made."""

    out: str = flag("", "file to write; default: named after the cfg, in the working folder")
    size: str = flag("", "WxH of the input in place of the cfg's; dynamic: any")
    batch: str = flag("1", "pictures at a time; dynamic: any number")
    pictures: int = flag(
        100, "pictures of valid= that the file is tried on", minimum=1, maximum=1_000_000
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch != DYNAMIC:
            right = self.batch.isdecimal() and 1 <= int(self.batch) <= _LARGEST_BATCH
            if not right:
                raise UsageError(
                    f"-batch {self.batch} is neither dynamic nor a number from 1 to "
                    f"{_LARGEST_BATCH}"
                )
        if self.size not in ("", DYNAMIC) and not all(0 < n <= _LONGEST_SIDE_PX for n in self._wh):
            raise UsageError(
                f"-size {self.size} is neither dynamic nor width x height in px, such as 416x416"
            )

    @property
    def pictures_at_once(self) -> int | None:
        """None for any number."""
        return None if self.batch == DYNAMIC else int(self.batch)

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height in place of the cfg's; 0 where its own count."""
        return (0, 0) if self.size in ("", DYNAMIC) else self._wh

    @property
    def _wh(self) -> tuple[int, int]:
        found = _SIZE.fullmatch(self.size.lower())
        return (int(found[1]), int(found[2])) if found else (0, 0)


@dataclass(frozen=True)
class OnnxFlags(Checked):
    """The flags of `export onnx`."""

    form: str = flag("ultralytics", "what the outputs are", choices=FORMS)
    opset: int = flag(
        0, "version of ONNX's operations; 0: 17 for deepstream, else 13", minimum=0, maximum=22
    )
    half: bool = flag(False, "weights and layers in float16; boxes are computed in float32")
    int8: bool = flag(False, "convolutions in 8 bits, calibrated on pictures of train=")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.half and self.int8:
            raise UsageError("-half and -int8 exclude each other")
        if self.int8 and self.opset == LEAST_OPSET:
            raise UsageError(f"-int8 needs -opset {LEAST_OPSET + 1} or more")
        if 0 < self.opset < LEAST_OPSET:
            raise UsageError(f"-opset {self.opset} is too old; {LEAST_OPSET} is the least")


@dataclass(frozen=True)
class TorchFlags(Checked):
    """The flags of `export torchscript`."""

    program: bool = flag(False, "torch.export's .pt2 in place of TorchScript")


@dataclass(frozen=True)
class WeightsFlags(Flags):
    """The flags of `export weights`."""

    out: str = flag("", "file to write; default: named after the cfg and the iteration")
    averaged: bool = flag(False, "the average of ema_alpha=, from the .state beside the weights")
    iteration: int | None = flag(
        None, "iteration that the file says; default: the one it was saved at", minimum=0
    )

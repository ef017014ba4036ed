"""What a part is asked, and the rows that it answers with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from darkpy.machine.arithmetic import arithmetic

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """One figure. good: whether it is as it should be, None where nothing says how it should be."""

    what: str
    value: float | int | str
    unit: str = ""
    good: bool | None = None
    note: str = ""

    def line(self) -> str:
        """As the table has it."""
        mark = {None: "    ", True: "ok  ", False: "PAST"}[self.good]
        value = f"{self.value:.5g}" if isinstance(self.value, float) else str(self.value)
        note = f"  [{self.note}]" if self.note else ""
        return f"{mark} {self.what:52s} {value:>12s} {self.unit}{note}"

    def facts(self) -> dict[str, object]:
        """As the JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Asked:
    """device: that is looked at. tiny: sizes for a CPU, in seconds. shared: the folder with golden
    numbers, or None. ends: time.monotonic() at which the part should be done.
    """

    device: torch.device
    tiny: bool
    shared: Path | None
    ends: float

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.ends - time.monotonic()

    def each(self, works: dict[str, Callable[[], Iterator[Row]]]) -> Iterator[Row]:
        """The rows of several pieces of work: one that fails or finds no time becomes a row."""
        for name, work in works.items():
            if self.left <= 0:
                yield Row(name, "no time left")
                continue
            try:
                with arithmetic(self.device):
                    yield from work()
            except Exception as problem:  # the others go on; the row says what it was
                first = (str(problem).splitlines() or [""])[0]
                yield Row(name, type(problem).__name__, good=False, note=first[:150])
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def settle(self) -> None:
        """Wait until the device has done what it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def seconds(self, work: Callable[[], object], times: int = 1) -> float:
        """Of one of so many runs of `work` in a row, after one that does not count."""
        work()
        self.settle()
        began = time.perf_counter()
        for _ in range(times):
            work()
        self.settle()
        return (time.perf_counter() - began) / times

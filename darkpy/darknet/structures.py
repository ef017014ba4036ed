"""The structures of the C program's Python module, laid out as there, over memory of numpy.

Scripts reach into them by ctypes (`im.data[i]`, `dets[j].prob[k]`, `POINTER(c_float)`), so they are
ctypes structures; no library is loaded. Who holds a structure or a pointer that a function of this
package gave holds its memory too.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, c_float, c_int
from typing import Any, ClassVar

import numpy as np

FloatPtr = POINTER(c_float)
IntPtr = POINTER(c_int)


class BOX(ctypes.Structure):
    """x, y of the middle, w, h: px of the picture, or of the unit square."""

    _fields_: ClassVar = [("x", c_float), ("y", c_float), ("w", c_float), ("h", c_float)]


class DETECTION(ctypes.Structure):
    """A box with the probabilities of its classes; detection, include/darknet.h."""

    _fields_: ClassVar = [
        ("bbox", BOX),
        ("classes", c_int),
        ("best_class_idx", c_int),
        ("prob", FloatPtr),
        ("mask", FloatPtr),
        ("objectness", c_float),
        ("sort_class", c_int),
        ("uc", FloatPtr),
        ("points", c_int),
        ("embeddings", FloatPtr),
        ("embedding_size", c_int),
        ("sim", c_float),
        ("track_id", c_int),
    ]


DETECTIONPtr = POINTER(DETECTION)


class DETNUMPAIR:
    """The detections of one picture of a batch: `dets[0]` to `dets[num - 1]`."""

    def __init__(self, num: int = 0, dets: Any = None) -> None:
        self.num = num
        self.dets = dets


class IMAGE(ctypes.Structure):
    """A picture as planes: w, h, c, and data: w*h*c floats 0..1, usually red, green, blue.

    data: a pointer, a ctypes array or an array of numpy.
    """

    _fields_: ClassVar = [("w", c_int), ("h", c_int), ("c", c_int), ("data", FloatPtr)]

    def __init__(self, w: int = 0, h: int = 0, c: int = 0, data: Any = None) -> None:
        self.held = data
        if isinstance(data, np.ndarray):
            self.held = np.ascontiguousarray(data, dtype=np.float32).reshape(-1)
            data = self.held.ctypes.data_as(FloatPtr)
        super().__init__(w, h, c, *(() if data is None else (data,)))


class Label(str):
    """The name of a class: text, and to scripts of 2018 the bytes that the C program gave."""

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The name as plain text."""
        return str(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, bytes | bytearray):
            return self.encode() == other
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__  # an ASCII text and its bytes have the same one in CPython


class METADATA:
    """What a .data file says: the number of classes and their names."""

    def __init__(self, classes: int = 0, names: Sequence[str] = ()) -> None:
        self.classes = classes
        self.names = [Label(name) for name in names]


def _table_type() -> np.dtype:
    """The layout of DETECTION for numpy, pointers as whole numbers."""
    formats = {c_int: "i4", c_float: "f4", BOX: "(4,)f4"}
    names = [name for name, _ in DETECTION._fields_]
    return np.dtype(
        {
            "names": names,
            "formats": [formats.get(kind, "u8") for _, kind in DETECTION._fields_],
            "offsets": [getattr(DETECTION, name).offset for name in names],
            "itemsize": ctypes.sizeof(DETECTION),
        }
    )


TABLE = _table_type()


class DetectionMemory:
    """The memory behind a pointer to detections: a row each, and the numbers that rows point to.

    probs (N, K) float32; row i of the table may point to any of its rows once they are sorted.
    uncertain (N, 4) float32: deviations of x, y, w, h, of heads that tell them.
    """

    def __init__(
        self,
        boxes: np.ndarray,
        objectness: np.ndarray,
        probs: np.ndarray,
        uncertain: np.ndarray | None = None,
    ) -> None:
        count, classes = probs.shape
        self.probs = np.ascontiguousarray(probs, dtype=np.float32)
        self.table = np.zeros(max(count, 1), TABLE)
        rows = self.table[:count]
        rows["bbox"], rows["objectness"], rows["classes"] = boxes, objectness, classes
        rows["prob"] = addresses(self.probs)
        self.uncertain = uncertain
        if uncertain is not None:
            rows["uc"] = addresses(uncertain)

    def look_like(self, parts: Sequence[np.ndarray]) -> None:
        """Point each row to its embedding. parts: (N, S) of each head, S of 0 for none."""
        start = 0
        self.embeddings = [np.ascontiguousarray(part, dtype=np.float32) for part in parts]
        for part in self.embeddings:
            rows = self.table[start : start + len(part)]
            start += len(part)
            rows["embedding_size"] = part.shape[1]
            if part.size:
                rows["embeddings"] = addresses(part)

    def numbers(self, count: int) -> np.ndarray:
        """Which row of `probs` each of the first `count` detections has, (count,) int64."""
        first, step = self.probs.ctypes.data, max(1, self.probs.strides[0])
        return ((self.table["prob"][:count] - np.uint64(first)) // np.uint64(step)).astype(np.int64)

    def pointer(self) -> Any:
        """A POINTER(DETECTION) that keeps this memory alive."""
        pointer = ctypes.cast(self.table.ctypes.data, DETECTIONPtr)
        pointer.held = self
        return pointer


def addresses(rows: np.ndarray) -> np.ndarray:
    """The address of each row of a contiguous array (N, K), (N,) uint64."""
    count, step = len(rows), max(1, rows.strides[0])
    return np.uint64(rows.ctypes.data) + np.arange(count, dtype=np.uint64) * np.uint64(step)


def held_by(dets: Any) -> DetectionMemory:
    """The memory behind a pointer that `get_network_boxes` gave. TypeError for any other."""
    held = getattr(dets, "held", None)
    if not isinstance(held, DetectionMemory):
        kind = type(dets).__name__
        raise TypeError(f"detections of type {kind}; give what get_network_boxes() gave")
    return held


def floats(data: Any, count: int) -> np.ndarray:
    """The first `count` floats that an array or a pointer holds, as a view where it can be one."""
    if isinstance(data, np.ndarray):
        return np.asarray(data, dtype=np.float32).reshape(-1)[:count]
    address = ctypes.cast(data, ctypes.c_void_p).value
    if not address:
        raise ValueError("a picture without data: make_image() or load_image() gives it some")
    return np.ctypeslib.as_array((c_float * count).from_address(address))


def float_pointer(values: np.ndarray) -> Any:
    """A POINTER(c_float) that keeps its numbers alive."""
    pointer = values.ctypes.data_as(FloatPtr)
    pointer.held = values
    return pointer

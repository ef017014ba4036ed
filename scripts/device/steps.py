"""(e) Pictures a second of training steps: on batches that lie on the device, and in the loop."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice, repeat
from pathlib import Path

import cv2
import torch

from darkpy.data.forked import ForkedLoader
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from darkpy.session.loading import compiled_if_asked
from darkpy.training.trainer import Trainer
from scripts.device import nets
from scripts.device.asked import ROOT, Asked, Row

BF16 = Precision(torch.bfloat16)
TF32 = Precision(tf32=True)
# Network, side of the input, batch, the ways to compute.
STEPS = (
    ("yolov4-tiny", 416, 16, (BF16,)),
    ("yolov4-tiny", 416, 64, (BF16, TF32)),
    ("yolov4", 416, 64, (BF16, TF32)),
    ("yolov3", 416, 64, (BF16,)),
    ("yolov7-tiny", 416, 64, (BF16, TF32)),
    ("yolov4-csp", 512, 32, (BF16, TF32)),
    ("yolov4", 416, 8, (BF16,)),
    ("yolov4", 608, 32, (BF16,)),
    ("yolov4-tiny", 416, 64, (FLOAT32,)),
)
TINY_STEPS = (("tabletop-tiny", 32, 2, (FLOAT32,)),)
LOOPS = ("yolov4-tiny", "yolov4")
# Where batches come from, -cache, -processes, -compile.
_SOURCES = (
    ("ready on the device", "", None, False),
    ("from RAM", "ram", None, False),
    ("from RAM, compiled", "ram", None, True),
    ("from RAM by threads", "ram", 0, False),
    ("from JPEG", "off", None, False),
)
_LOOP_STEPS = 48  # many more than batches that lie ready when the clock starts
GRAPHS = ("off", "on")
_WARM_UP = 16
_PASSES = 3.0  # FLOPs of a training step over those of a forward pass
_GIB = 2**30
_JPEGS = 400
_JPEG_WH = 640, 480


def run(asked: Asked) -> Iterator[Row]:
    """Steps with and without a graph, then the loops."""
    works = {}
    for name, size, batch, ways in TINY_STEPS if asked.tiny else STEPS:
        for way in ways:
            for graph in GRAPHS:
                what = f"{name} {size} b{batch}, {way.words.split()[0]}, graph {graph}"
                works[what] = partial(_steps, asked, what, name, size, batch, way, graph)
    yield from asked.each(works)


def run_loops(asked: Asked) -> Iterator[Row]:
    """The whole loop from JPEG files and from memory, over the same steps on ready batches."""
    names = ("tabletop-tiny",) if asked.tiny else LOOPS
    yield from asked.each({f"{name}, loop": partial(_loops, asked, name) for name in names})


def _steps(
    asked: Asked, what: str, name: str, size: int, batch: int, way: Precision, graph: str
) -> Iterator[Row]:
    net = _network(asked, name, size, batch)
    training = nets.trainer(asked, net, way, graph=graph == "on")
    ready = nets.on_device(asked, nets.batch(net, batch))
    count = 2 if asked.tiny else 24
    if asked.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(asked.device)
    seconds = _seconds(asked, training, repeat([ready]), count)
    per_second = batch / seconds
    flops = per_second * net.plan.bflops * _PASSES / 1e3
    note = f"{1e3 * seconds:.2f} ms a step, {flops:.1f} TFLOP/s"
    if asked.device.type == "cuda":
        note += f", peak {torch.cuda.max_memory_allocated(asked.device) / _GIB:.1f} GiB"
    yield Row(what, per_second, "pictures/s", note=note + _graph_words(training))


def _loops(asked: Asked, name: str) -> Iterator[Row]:
    size, batch = (32, 2) if asked.tiny else (416, 64)
    count = 2 if asked.tiny else _LOOP_STEPS
    bare = None
    cv2.setNumThreads(0)  # as commands do: processes that load pictures ask for it
    with tempfile.TemporaryDirectory() as folder:
        data = nets.TABLETOP if asked.tiny else _jpegs(Path(folder))
        # Without a GPU OpenCV augments, and nothing is compiled.
        for what, cache, processes, compiled in [s for s in _SOURCES if not (asked.tiny and s[3])]:
            net = _network(asked, name, size, batch)
            training = nets.trainer(asked, net, FLOAT32 if asked.tiny else BF16)
            if not cache:
                ready = nets.on_device(asked, nets.batch(net, batch))
                bare = batch / _seconds(asked, training, repeat([ready]), count)
                yield Row(f"{name} b{batch}, {what}", bare, "pictures/s")
                continue
            if asked.tiny and processes is None:
                processes = 1
            how = {"cache": cache, "processes": processes, "compiled": compiled}
            with nets.loader(asked, net, data, **how) as loader:
                said = list(compiled_if_asked(loader, asked.device, compiled))
                batches = (parts for _, parts in loader)
                if cache == "ram" and not asked.tiny:
                    for _ in islice(batches, 2 * _JPEGS // batch):
                        pass  # every picture has been read before it counts
                speed = batch / _seconds(asked, training, batches, count)
            makers = loader.processes if isinstance(loader, ForkedLoader) else 0
            note = "; ".join([f"{speed / bare:.2f} of bare steps, {makers} processes", *said])
            yield Row(f"{name} b{batch}, loop {what}", speed, "pictures/s", note=note)


def _seconds(asked: Asked, training: Trainer, batches: Iterator, count: int) -> float:
    """Of a step, over `count` of them, after some that do not count."""
    numbered = enumerate(batches, 1)
    warm_up = 2 if asked.tiny else _WARM_UP
    for _ in training.steps(islice(numbered, warm_up)):
        pass
    asked.settle()
    began = time.perf_counter()
    for _ in training.steps(islice(numbered, count)):
        pass
    asked.settle()
    return (time.perf_counter() - began) / count


def _network(asked: Asked, name: str, size: int, batch: int) -> Network:
    return nets.network(name, batch=batch, subdivisions=1, width=size, height=size)


def _graph_words(training: Trainer) -> str:
    words = training.unsteady or (training.graph and training.graph.words)
    return f"; no graph: {words}" if words else ""


def _jpegs(folder: Path) -> Path:
    """A data file of pictures as people have them, 640x480, made from the sample data set's."""
    listed = (ROOT / "data/tabletop/train.txt").read_text().split()
    names = []
    for number in range(_JPEGS):
        source = ROOT / "data/tabletop" / listed[number % len(listed)]
        name = folder / f"{number}.jpg"
        cv2.imwrite(str(name), cv2.resize(cv2.imread(str(source)), _JPEG_WH))
        name.with_suffix(".txt").write_text(source.with_suffix(".txt").read_text())
        names.append(str(name))
    (folder / "train.txt").write_text("\n".join(names))
    data = folder / "jpegs.data"
    data.write_text(f"classes=5\ntrain={folder}/train.txt\nbackup={folder}\n")
    return data

"""Forward passes of one network by darkpy and by other programs, to be timed in turns."""

from __future__ import annotations

import platform
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from darkpy.export.onnx_file import Asked, exported
from darkpy.inference.lanes import Lanes
from darkpy.machine.processors import bfloat16_instructions
from darkpy.model.fast import FastLayers
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from darkpy.model.weights import save_weights

CPU = torch.device("cpu")
_THRESH = 0.5


class Seconds(NamedTuple):
    wall: float
    processor: float


Pass = Callable[[int], Seconds]  # of so many pictures
_WORKER = Path(__file__).with_name("opencv_pass.py")


@contextmanager
def programs(cfg: Path, size: int, folder: Path, opencv: str) -> Iterator[dict[str, Pass]]:
    """The programs that are installed, by name. opencv: a Python whose OpenCV reads cfgs, or ""."""
    text = re.sub(r"(?m)^(width|height)\s*=.*$", rf"\1={size}", cfg.read_text())
    own = folder / cfg.name
    own.write_text(text)
    net = random_network(own)
    found: dict[str, Pass] = {
        "darkpy, layer by layer": _plain(net),
        "darkpy": _fast(net, FLOAT32),
    }
    if bfloat16_instructions():
        found["darkpy, bfloat16"] = _fast(net, Precision(torch.bfloat16))
    with ExitStack() as stack:
        with suppress(ImportError):
            found["onnxruntime"] = _onnxruntime(net, folder)
        if opencv:
            save_weights(net, folder / "net.weights", seen=0)
            found["OpenCV"] = stack.enter_context(_opencv(opencv, own, folder / "net.weights"))
        yield found


def timed(run: Callable[[int], object]) -> Pass:
    def clocked(count: int) -> Seconds:
        wall, processor = time.perf_counter(), time.process_time()
        run(count)
        return Seconds(time.perf_counter() - wall, time.process_time() - processor)

    return clocked


def random_network(cfg: Path) -> Network:
    """With statistics that let numbers pass through the layers."""
    torch.manual_seed(1)
    net = Network.from_cfg(cfg).to(memory_format=torch.channels_last)
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        net.train()(_images(net, 2))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return net.eval()


@cache
def _images(net: Network, count: int) -> torch.Tensor:
    images = torch.rand(count, *net.plan.input)
    return images.contiguous(memory_format=torch.channels_last)


@cache
def _pixels(net: Network, count: int) -> np.ndarray:
    return np.ascontiguousarray(_images(net, count).numpy())


def _plain(net: Network) -> Pass:
    def run(count: int) -> None:
        with torch.inference_mode():
            net(_images(net, count))

    return timed(run)


def _fast(net: Network, precision: Precision) -> Pass:
    """As a detector makes it, with the boxes above a threshold; a classifier only its layers."""
    made, lanes = FastLayers(net, precision, CPU), Lanes(net)

    def alone(images: torch.Tensor, _: int) -> None:
        with precision(CPU):
            if net.detecting:
                net.offered(images, _THRESH, made.instead)
            else:
                net(images, made.instead)

    def run(count: int) -> None:
        images = _images(net, count)
        lanes.run(images, alone)

    return timed(run)


def _onnxruntime(net: Network, folder: Path) -> Pass:
    import onnxruntime

    model = exported(net, (), Asked(form="raw", batch=None))
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(folder / "net.onnx"), options)
    (picture,) = (each.name for each in session.get_inputs())

    def run(count: int) -> None:
        session.run(None, {picture: _pixels(net, count)})

    return timed(run)


@contextmanager
def _opencv(python: str, cfg: Path, weights: Path) -> Iterator[Pass]:
    """OpenCV's own reader of Darknet's files, which OpenCV 5 no longer has, in another process."""
    words = [python, str(_WORKER), str(cfg), str(weights), str(torch.get_num_threads())]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(count: int) -> Seconds:
        worker.stdin.write(f"{count}\n")
        worker.stdin.flush()
        return Seconds(*map(float, worker.stdout.readline().split()))

    with worker:
        yield run
        worker.stdin.close()


def processor() -> str:
    """The processor's name and its widest instructions, as far as the system tells."""
    facts = _cpuinfo()
    name = facts.get("model name", platform.processor() or platform.machine())
    return ", ".join((name, torch.backends.cpu.get_cpu_capability(), *bfloat16_instructions()))


def _cpuinfo() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    return {line.split(":")[0].strip(): line.partition(":")[2].strip() for line in lines}

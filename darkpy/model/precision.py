"""The numbers that a network computes with, in training (-amp) and in inference."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.machine.arithmetic import arithmetic
from darkpy.machine.processors import bfloat16_instructions
from darkpy.model.network import Network

# Outputs of the two precisions may differ by this share of their norm: bfloat16 keeps 8 bits,
# and errors add up over some hundred layers.
CLOSE = 0.1
_JUDGED = 4  # pictures that auto is judged by: batch norm needs some to make statistics of
_TF32_SINCE = 8  # compute capability
_FASTER = 1.1  # times: less is not worth other numbers
_ROUNDS = 3  # in turns, of which the fastest counts: others compute meanwhile


@dataclass(frozen=True)
class Precision:
    """dtype: of what autocast lowers, None for plain float32. scaled: losses need a LossScale.

    tf32: whether a GPU may round the factors of float32's convolutions and products to TF32.
    """

    dtype: torch.dtype | None = None
    scaled: bool = False
    tf32: bool = False

    @contextmanager
    def __call__(self, device: torch.device) -> Iterator[None]:
        """The context of forward passes."""
        with arithmetic(device, tf32=self.tf32):
            if self.dtype is None:
                yield
                return
            # The cache of lowered weights is of no use to a pass that reads each weight once.
            with torch.autocast(device.type, self.dtype, cache_enabled=False):
                yield

    @property
    def words(self) -> str:
        if self.dtype is None:
            return "TF32 beside float32" if self.tf32 else "float32"
        name = str(self.dtype).removeprefix("torch.")
        return f"{name} beside float32" + (" with loss scaling" if self.scaled else "")


FLOAT32 = Precision()


# What is timed to choose by: called with each precision, it gives what to call again and again.
Trial = Callable[[Network, Precision, torch.device], Callable[[], object]]


def training_trial(
    network: Network, precision: Precision, device: torch.device
) -> Callable[[], object]:
    """A pass through the network and back, as a training does it; no gradient is left behind."""
    images = _noise(network, device).contiguous(memory_format=torch.channels_last)
    weights = [weight for weight in network.parameters() if weight.requires_grad]

    def run() -> None:
        with torch.enable_grad(), precision(device):
            total = sum(output.float().sum() for output in network.train()(images).values())
        torch.autograd.grad(total, weights, allow_unused=True)
        network.reset_state()

    return run


def pick_precision(
    choice: str, network: Network, device: torch.device, trial: Trial = training_trial
) -> tuple[Precision, str]:
    """The precision that -amp asks for, and the line that says so, empty for plain float32.

    auto: mixed where bfloat16 has instructions of its own and the network's outputs are the same
    with it, on a processor if the trial is faster with it too. gpu: that, but only on a GPU.
    """
    if choice == "off" or (choice == "gpu" and device.type == "cpu"):
        return FLOAT32, ""
    if choice == "tf32":
        return _tf32(device)
    lowered = _lowered(device)
    if choice == "on":
        return lowered, f"mixed precision: {lowered.words}"
    if device.type == "cpu" and not bfloat16_instructions():
        return FLOAT32, "mixed precision: off, this processor has no instructions for bfloat16"
    if lowered.scaled:
        return FLOAT32, "mixed precision: off, this GPU has no bfloat16 (-amp on: float16)"
    difference = deviation(network, lowered, device)
    if difference is None:
        return FLOAT32, "mixed precision: off, the outputs are not finite"
    if difference > CLOSE:
        return FLOAT32, f"mixed precision: off, the outputs would differ by {difference:.1%}"
    words = f"mixed precision: {lowered.words}; the outputs differ by {difference:.2%}"
    if device.type != "cpu":
        return lowered, words
    gain = times_faster(network, lowered, device, trial)
    if gain < _FASTER:
        return FLOAT32, f"mixed precision: off, bfloat16 was tried and is {gain:.2f} times as fast"
    return lowered, f"{words}; tried, it is {gain:.2f} times as fast"


def times_faster(
    network: Network, precision: Precision, device: torch.device, trial: Trial
) -> float:
    """The time of the trial in float32 in that of another precision. It leaves the network be."""
    seconds: dict[Precision, float] = {}
    with _as_it_was(network, device):
        runs = {each: trial(network, each, device) for each in (FLOAT32, precision)}
        for number in range(_ROUNDS + 1):
            for each, run in runs.items():
                began = time.perf_counter()
                run()
                if number:  # libraries set themselves up in the first round
                    took = time.perf_counter() - began
                    seconds[each] = min(took, seconds.get(each, took))
    return seconds[FLOAT32] / seconds[precision]


def deviation(network: Network, precision: Precision, device: torch.device) -> float | None:
    """Norm of the difference of the heads' outputs in both precisions over the norm of float32's.

    None where outputs are not finite. Of a few pictures of noise, as a training computes: a fresh
    network has no rolling statistics to normalize by. The network is left as it was.
    """
    images = _noise(network, device)
    with _as_it_was(network, device):
        plain = _joined(network.train(), images, FLOAT32, device)
        lowered = _joined(network, images, precision, device)
    if not (plain.isfinite().all() and lowered.isfinite().all()):
        return None
    return float((plain - lowered).norm() / plain.norm().clamp(min=torch.finfo(plain.dtype).tiny))


def _noise(network: Network, device: torch.device) -> Tensor:
    numbers = torch.Generator().manual_seed(0)
    return torch.rand((_JUDGED, *network.plan.input), generator=numbers).to(device)


@contextmanager
def _as_it_was(network: Network, device: torch.device) -> Iterator[None]:
    """Whatever is computed inside the block, statistics, mode and chance are as before it."""
    kept = [buffer.clone() for buffer in network.buffers()]
    training = network.training
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield
    network.train(training)
    for buffer, before in zip(network.buffers(), kept, strict=True):
        buffer.copy_(before)


@torch.no_grad()
def _joined(network: Network, images: Tensor, precision: Precision, device: torch.device) -> Tensor:
    """All outputs of the heads, with the same chance (dropout) each time."""
    torch.manual_seed(0)
    with precision(device):
        outputs = network(images).values()
    network.reset_state()
    return torch.cat([output.double().flatten() for output in outputs])


def _tf32(device: torch.device) -> tuple[Precision, str]:
    if device.type == "cpu":
        return FLOAT32, "-amp tf32: only GPUs have TF32; computing in float32"
    if torch.cuda.get_device_capability(device)[0] < _TF32_SINCE:
        return FLOAT32, "-amp tf32: this GPU has no TF32; computing in float32"
    precision = Precision(tf32=True)
    return precision, f"mixed precision: {precision.words}"


def _lowered(device: torch.device) -> Precision:
    # CPUs without bfloat16 instructions emulate them, so that it can be tried anywhere.
    if device.type == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False):
        return Precision(torch.bfloat16)
    return Precision(torch.float16, scaled=True)

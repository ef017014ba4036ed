"""Mixed precision: which numbers the convolutions compute with in training (-amp)."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from darkpy.model.network import Network

CHOICES = ("auto", "on", "off")
# Outputs of the two precisions may differ by this share of their norm: bfloat16 keeps 8 bits,
# and errors add up over some hundred layers.
CLOSE = 0.1


@dataclass(frozen=True)
class Precision:
    """dtype: of what autocast lowers, None for plain float32. scaled: losses need a LossScale."""

    dtype: torch.dtype | None = None
    scaled: bool = False

    def __call__(self, device: torch.device) -> AbstractContextManager:
        """The context of forward passes."""
        if self.dtype is None:
            return nullcontext()
        # The cache of lowered weights is of no use to a pass that reads each weight once.
        return torch.autocast(device.type, self.dtype, cache_enabled=False)

    @property
    def words(self) -> str:
        if self.dtype is None:
            return "float32"
        name = str(self.dtype).removeprefix("torch.")
        return f"{name} beside float32" + (" with loss scaling" if self.scaled else "")


FLOAT32 = Precision()


def pick_precision(choice: str, network: Network, device: torch.device) -> tuple[Precision, str]:
    """The precision that -amp asks for, and the line that says so, empty for plain float32.

    auto: mixed on a GPU that has bfloat16 and computes the network the same with it.
    """
    if choice == "off" or (choice == "auto" and device.type == "cpu"):
        return FLOAT32, ""
    lowered = _lowered(device)
    if choice == "on":
        return lowered, f"mixed precision: {lowered.words}"
    if lowered.scaled:
        return FLOAT32, "mixed precision: off, this GPU has no bfloat16 (-amp on: float16)"
    difference = deviation(network, lowered, device)
    if not difference <= CLOSE:  # also where it is NaN
        return FLOAT32, f"mixed precision: off, the outputs would differ by {difference:.1%}"
    return lowered, f"mixed precision: {lowered.words}; the outputs differ by {difference:.2%}"


def deviation(network: Network, precision: Precision, device: torch.device) -> float:
    """Norm of the difference of the heads' outputs in both precisions over the norm of float32's.

    Of one grey picture with noise; the network is left as it was.
    """
    plan = network.plan
    numbers = torch.Generator().manual_seed(0)
    images = torch.rand((1, *plan.input), generator=numbers).to(device)
    training = network.training
    network.eval()
    with torch.no_grad():
        plain = _joined(network, images)
        with precision(device):
            lowered = _joined(network, images)
    network.train(training)
    network.reset_state()
    return float((plain - lowered).norm() / plain.norm().clamp(min=torch.finfo(plain.dtype).tiny))


def _joined(network: Network, images: Tensor) -> Tensor:
    return torch.cat([output.float().flatten() for output in network(images).values()])


def _lowered(device: torch.device) -> Precision:
    # CPUs without bfloat16 instructions emulate them, so that it can be tried anywhere.
    if device.type == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False):
        return Precision(torch.bfloat16)
    return Precision(torch.float16, scaled=True)

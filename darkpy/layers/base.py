"""What every layer is: a torch module that knows its plan and its values in the weights file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from torch import Tensor, nn

from darkpy.registry import Registry
from darkpy.sections.base import Plan

LAYERS: Registry[type[Layer]] = Registry("layer")


class Layer(nn.Module):
    """One section of a cfg; `forward` takes the outputs of `plan.sources`, in that order.

    overwrites_input: whoever reads the layer before this one later gets this one's output, as
    Darknet's in-place layers have it. steady: whether training passes do the same in every
    iteration and ask the processor for nothing, so that they can be recorded and replayed.
    bulky: whether they keep more than their inputs for the way back, and `once_more` works.
    """

    overwrites_input = False
    steady = False
    bulky = False

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.options = plan.options

    def link(self, layers: Sequence[Layer]) -> None:
        """Take from earlier layers what this one shares with them; called once, when all exist."""

    def begin(self, iteration: int, boxes: Tensor | None = None) -> None:
        """Hear of a mini-batch of training before it comes.

        iteration: of this step, from 1. boxes: (B, M, 4) cxcywh of its objects in the unit
        square, rows of zeros where a picture has fewer; None without boxes.
        """

    def follow(self, goes_on: bool, unit: float | Tensor = 1.0) -> None:
        """Hear of a mini-batch of training before it comes, as `begin`.

        goes_on: whether its pictures follow those of the last. unit: what a delta of 1 is as a
        gradient.
        """

    def once_more(self) -> AbstractContextManager:
        """Around a pass that repeats one of this mini-batch, of which nothing is to remain."""
        return nullcontext()

    def before_step(self) -> None:
        """Change the gradients that the optimizer is about to use."""

    def after_step(self) -> None:
        """Change the weights that the optimizer has just moved."""

    def reset_state(self) -> None:
        """Forget the pictures that came before."""

    def weights_in_file_order(self) -> list[Tensor]:
        """Tensors of this layer in the order and with the sizes of `plan.arrays`."""
        return []

    def decayed(self) -> list[nn.Parameter]:
        """The parameters that weight decay applies to: Darknet spares biases and scales."""
        return []

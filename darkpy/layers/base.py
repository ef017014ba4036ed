"""What every layer is: a torch module that knows its plan and its values in the weights file."""

from __future__ import annotations

from torch import Tensor, nn

from darkpy.registry import Registry
from darkpy.sections.base import Plan

LAYERS: Registry[type[Layer]] = Registry("layer")


class Layer(nn.Module):
    """One section of a cfg; `forward` takes the outputs of `plan.sources`, in that order.

    overwrites_input: whoever reads the layer before this one later gets this one's output, as
    Darknet's in-place layers have it.
    """

    overwrites_input = False

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.options = plan.options

    def weights_in_file_order(self) -> list[Tensor]:
        """Tensors of this layer in the order and with the sizes of `plan.arrays`."""
        return []

    def decayed(self) -> list[nn.Parameter]:
        """The parameters that weight decay applies to: Darknet spares biases and scales."""
        return []

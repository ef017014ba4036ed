"""torchvision's state dicts, in the order of the layers of darkpy's cfgs of the same networks."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from darkpy.importers.state_dict import Kernel, kernels_of

USUAL_EPS = 1e-5


def torchvision_kernels(tensors: Mapping[str, Tensor], eps: float) -> list[Kernel]:
    """All convolutions in the order of the cfg; a matrix is a convolution of one pixel."""
    as_kernels = {
        name: tensor[:, :, None, None] if tensor.dim() == 2 else tensor
        for name, tensor in tensors.items()
    }
    return kernels_of(as_kernels, eps)

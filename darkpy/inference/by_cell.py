"""The order in which other programs list the candidates of a head."""

from __future__ import annotations

import torch
from torch import Tensor


def cell_by_cell(output: Tensor, count: int) -> Tensor:
    """Numbers (count,) of candidates, which darkpy has anchor by anchor, cell by cell.

    output (B, C, H, W): of the head, which tells the cells.
    """
    cells = output.shape[-2] * output.shape[-1]
    return torch.arange(count).view(-1, cells).T.reshape(-1)

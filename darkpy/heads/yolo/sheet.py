"""A head's delta, written cell by cell without asking the device how many cells there are."""

from __future__ import annotations

import torch
from torch import Tensor


class Sheet:
    """Zeros of the shape of x (B, A, F, H, W), to be filled.

    A cell has the number ((b*A + a)*H + y)*W + x and F entries. Every write takes E cells and
    says which of them it is meant for; a cell may be meant at most once in one `put`.
    """

    def __init__(self, x: Tensor) -> None:
        # The extra element takes the writes of cells that are not meant.
        self.flat = x.new_zeros(x.numel() + 1)
        self.delta = self.flat[:-1].view(x.shape)
        self.area = x.shape[-1] * x.shape[-2]
        self.entries = x.shape[2]

    def index(self, cell: Tensor, entry: Tensor | int) -> Tensor:
        """Place of an entry of cells (E,) in `flat`: (E,), or (E, G) for entries (G,)."""
        start = cell // self.area * (self.entries * self.area) + cell % self.area
        if isinstance(entry, Tensor):
            return start[:, None] + entry * self.area
        return start + entry * self.area

    def rows(self, flat: Tensor, cell: Tensor, entries: slice = slice(None)) -> Tensor:
        """Entries (E, G) of cells (E,) in a flat array laid out like the sheet."""
        return flat[self.index(cell, self._numbers(entries))]

    def put(self, cell: Tensor, entry: int | Tensor, values: Tensor, where: Tensor) -> None:
        """Write one entry, the same of all cells or (E,) one each, of the cells `where` holds."""
        if isinstance(entry, Tensor):
            index = self.index(cell, 0) + entry * self.area
        else:
            index = self.index(cell, entry)
        self.flat[torch.where(where, index, self._nowhere)] = values

    def put_rows(self, cell: Tensor, entries: slice, values: Tensor, where: Tensor) -> None:
        """Write entries (E, G) of the cells `where` holds, (E,) or entry by entry (E, G)."""
        index = self.index(cell, self._numbers(entries))
        meant = where if where.dim() == 2 else where[:, None]
        self.flat[torch.where(meant, index, self._nowhere)] = values

    def add_rows(self, cell: Tensor, entries: slice, values: Tensor, where: Tensor) -> None:
        """Add to entries (E, G) of the cells `where` holds; here a cell may be meant often."""
        index = self.index(cell, self._numbers(entries))
        values = values.masked_fill(~where[:, None], 0)
        self.flat.index_add_(0, index.flatten(), values.flatten())

    @property
    def _nowhere(self) -> int:
        return self.flat.numel() - 1

    def _numbers(self, entries: slice) -> Tensor:
        return torch.arange(self.entries, device=self.flat.device)[entries]

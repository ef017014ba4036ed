"""The stored heads of the C program (tests/oracle/heads), a network each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from darkpy.heads.base import Moment, Truths, Wanted
from darkpy.model.network import Network
from darkpy.model.weights import load_weights

FOLDER = Path(__file__).parent.parent / "oracle" / "heads"
STORED = {path.stem: np.load(path) for path in sorted(FOLDER.glob("*.npz"))}
CASES = sorted(
    (kind, name.split("/")[0])
    for kind, stored in STORED.items()
    for name in stored.files
    if name.endswith("/cfg")
)


class Case:
    """One stored network; `changed` lines of its cfg are replaced."""

    def __init__(self, kind, name, folder, changed=()):
        stored = STORED[kind]
        prefix = f"{name}/"
        self.numbers = {
            key.removeprefix(prefix): stored[key] for key in stored.files if key.startswith(prefix)
        }
        text = self.numbers["cfg"].item()
        for old, new in changed:
            text = text.replace(old, new)
        for beside in ("classes.map", "classes.tree"):
            (folder / beside).write_text((FOLDER / beside).read_text())
        (folder / "net.cfg").write_text(text)
        (folder / "net.weights").write_bytes(self.numbers["weights"].tobytes())
        self.network = Network.from_cfg(folder / "net.cfg").train()
        load_weights(self.network, folder / "net.weights")

    def steps(self):
        """(step, losses by layer) of each stored mini-batch."""
        seen, done = int(self.numbers["seen"]), int(self.numbers["iteration"])
        for step, images in enumerate(torch.from_numpy(self.numbers["input"])):
            seen += len(images)
            moment = Moment(seen, done + step + 1)
            yield step, self.network.train_on(images, self.truths(step), moment).losses

    def truths(self, step):
        rows = torch.from_numpy(self.numbers["truth"][step])
        if rows.dim() == 2:
            return Wanted(rows)
        return Truths.from_rows(rows, (rows[..., 0] != 0).long().cumprod(dim=1).sum(dim=1))

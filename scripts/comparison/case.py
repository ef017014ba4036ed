"""One network's reference numbers: forward, weights file, training.

A case is a folder with net.cfg, net.weights and golden.npz, and for training train_loss.txt and
after_train.weights; `tests/oracle/nets/README.md` describes the layout.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from darkpy.model.weights import load_weights, read_header, write_weights
from scripts.comparison import reference
from scripts.comparison.deviation import FORWARD_TOLERANCE, Deviation, Worst, largest
from scripts.comparison.training import TrainingRun

CPU = torch.device("cpu")
SHARED_PICTURES = "pictures.npz"  # beside the folders of trimmed cases


class Case:
    """One folder of reference numbers, compared with what a device computes in a precision."""

    def __init__(
        self, folder: str | Path, device: torch.device = CPU, precision: Precision = FLOAT32
    ) -> None:
        self.folder = Path(folder)
        self.device, self.precision = device, precision
        with np.load(self.folder / "golden.npz") as stored:
            self.golden = {name: stored[name] for name in stored.files}
        borrowed = {name: v.item() for name, v in self.golden.items() if v.dtype.kind == "U"}
        if borrowed:
            with np.load(self.folder.parent / SHARED_PICTURES) as pictures:
                self.golden |= {name: pictures[key] for name, key in borrowed.items()}

    def network(self) -> Network:
        """A fresh network with the case's weights."""
        network = Network.from_cfg(self.folder / "net.cfg")
        load_weights(network, self.folder / "net.weights")
        return network.to(self.device)

    def deviations(self) -> Iterator[Deviation]:
        """All comparisons that the folder has numbers for."""
        if "input" in self.golden:
            yield from self._twice(self.forward)
        yield self.round_trip()
        if "train_input" in self.golden:
            yield from self._twice(self.training)

    def _twice(self, compare) -> Iterator[Deviation]:
        """The comparisons; those that fail once more with the arithmetic of their maker."""
        plain = compare(self.network())
        if all(deviation.passed for deviation in plain):
            yield from plain
            return
        network = self.network()
        changed = reference.imitate(network)
        again = {deviation.what: deviation for deviation in compare(network)} if changed else {}
        for deviation in plain:
            if deviation.passed or deviation.what not in again:
                yield deviation
                continue
            yield replace(deviation, judged=False, note="as darkpy computes")
            yield replace(again[deviation.what], note="; ".join(changed))

    @torch.no_grad()
    def forward(self, network: Network) -> list[Deviation]:
        """Largest difference of any layer's output, one picture after the other."""
        network.eval()
        worst = Worst()
        for number, image in enumerate(torch.from_numpy(self.golden["input"]).to(self.device)):
            with self.precision(self.device):
                outputs = network.outputs(image[None])
            for index, output in enumerate(outputs):
                stored = self.golden.get(f"forward_b{number}_l{index:03d}")
                if stored is not None:
                    head = network.heads.get(index)
                    output = output if head is None else head.darknet_output(output)
                    where = f"layer {index}, picture {number}"
                    worst.note("forward", largest(output, stored), where, FORWARD_TOLERANCE)
        nothing = Deviation("forward", math.inf, "nothing to compare", FORWARD_TOLERANCE)
        return worst.deviations() or [nothing]

    def round_trip(self) -> Deviation:
        """Bytes of the weights file that change when what it holds is read and written."""
        path = self.folder / "net.weights"
        header = read_header(path)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.weights"
            held = [
                tensor
                for layer in self.network().layers
                for array, tensor in zip(
                    layer.plan.arrays, layer.weights_in_file_order(), strict=True
                )
                if layer.plan.loads(array)
            ]
            write_weights(copy, held, header.seen, version=header.version)
            before, after = path.read_bytes(), copy.read_bytes()
        changed = sum(a != b for a, b in zip(before, after, strict=False))
        changed += abs(len(before) - len(after))
        return Deviation("round trip", float(changed), f"of {len(before)} bytes", 0.0)

    def training(self, network: Network) -> list[Deviation]:
        """Deltas, costs and gradients of the first iteration, losses and final weights."""
        run = TrainingRun(self.folder, self.golden, network, self.device, self.precision)
        run.run()
        return run.worst.deviations()

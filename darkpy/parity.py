"""Comparison with numbers made by the C program: forward, deltas, gradients, losses, weights.

A case is a folder with net.cfg, net.weights and golden.npz, whose layout
`tests/oracle/README.md` describes; `scripts/parity` prints what is found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from darkpy.heads.base import Truths
from darkpy.layers.base import Layer
from darkpy.network import Network
from darkpy.solver.optimizer import build_optimizer, set_rate
from darkpy.solver.schedule import rate
from darkpy.weights import load_weights, read_header, write_weights

FORWARD_TOLERANCE = 1e-4  # largest absolute difference
RELATIVE_TOLERANCE = 1e-4  # of deltas, gradients and losses, to their norm
WEIGHTS_TOLERANCE = 1e-3  # of the weights after three iterations, to their norm
_ZERO_IN_CPU_BUILD = "relu6"  # activate() in src/activations.c forgets it; the GPU program does not
_UPDATES = {"wgrad": ("weights",), "bgrad": ("biases",), "sgrad": ("scales",)}


@dataclass(frozen=True)
class Deviation:
    """How far one kind of number is off at most, and where."""

    what: str
    value: float
    where: str
    tolerance: float

    @property
    def passed(self) -> bool:
        return self.value <= self.tolerance


def relative(ours: Tensor, theirs: np.ndarray) -> float:
    """Norm of the difference over the norm of the reference."""
    reference = torch.from_numpy(np.asarray(theirs, np.float64)).flatten()
    difference = ours.detach().double().flatten() - reference
    return float(difference.norm() / reference.norm().clamp(min=1e-12))


class Case:
    """One folder of reference numbers."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        with np.load(self.folder / "golden.npz") as stored:
            self.golden = {name: stored[name] for name in stored.files}

    def network(self) -> Network:
        """A fresh network with the case's weights, as the C program's CPU build has it."""
        network = Network.from_cfg(self.folder / "net.cfg")
        load_weights(network, self.folder / "net.weights")
        for layer in _zeroed(network):
            layer.activation = torch.zeros_like
        return network

    def deviations(self) -> Iterator[Deviation]:
        """All comparisons that the folder has numbers for."""
        yield self.forward()
        yield self.round_trip()
        if "train_input" in self.golden:
            yield from self.training()

    @torch.no_grad()
    def forward(self) -> Deviation:
        """Largest difference of any layer's output, one picture at a time."""
        network = self.network().eval()
        worst = (0.0, "no layer")
        for number, image in enumerate(torch.from_numpy(self.golden["input"])):
            for index, output in enumerate(network.outputs(image[None])):
                reference = self.golden.get(f"forward_b{number}_l{index:03d}")
                if reference is not None:
                    off = float((output.flatten() - torch.from_numpy(reference)).abs().max())
                    worst = max(worst, (off, f"layer {index}, picture {number}"))
        off, where = worst
        if zeroed := len(_zeroed(network)):
            where += f"; {zeroed} times {_ZERO_IN_CPU_BUILD} gives zeros, as in the C program's"
            where += " CPU build (not in darkpy, nor on the GPU)"
        return Deviation("forward", off, where, FORWARD_TOLERANCE)

    def round_trip(self) -> Deviation:
        """Bytes of the weights file that change when what it holds is read and written."""
        path = self.folder / "net.weights"
        copy = Path(f"/tmp/darkpy-parity-{id(self)}.weights")
        header = read_header(path)
        held = [
            tensor
            for layer in self.network().layers
            for array, tensor in zip(layer.plan.arrays, layer.weights_in_file_order(), strict=True)
            if layer.plan.loads(array)
        ]
        write_weights(copy, held, header.seen, version=header.version)
        try:
            before, after = path.read_bytes(), copy.read_bytes()
        finally:
            copy.unlink()
        changed = sum(a != b for a, b in zip(before, after, strict=False))
        changed += abs(len(before) - len(after))
        return Deviation("round trip", float(changed), f"of {len(before)} bytes", 0.0)

    def training(self) -> Iterator[Deviation]:
        """Deltas, costs and gradients of the first iteration, losses and final weights."""
        run = _Run(self)
        for iteration in range(len(run.reference.losses)):
            run.iterate(iteration)
        yield from run.deviations()
        after = self.folder / "after_train.weights"
        if after.exists():
            reference = Network.from_cfg(self.folder / "net.cfg")
            load_weights(reference, after)
            pairs = [
                (relative(ours, theirs.detach().numpy()), f"layer {index}, {array.name}")
                for index, (mine, other) in enumerate(
                    zip(run.network.layers, reference.layers, strict=True)
                )
                for array, ours, theirs in zip(
                    mine.plan.arrays,
                    mine.weights_in_file_order(),
                    other.weights_in_file_order(),
                    strict=True,
                )
            ]
            yield Deviation("after train", *max(pairs), WEIGHTS_TOLERANCE)


@dataclass(frozen=True)
class _TrainLog:
    """train_loss.txt: costs[(iteration, subdivision)][layer], losses and rates by iteration."""

    costs: dict[tuple[int, int], dict[int, float]]
    losses: list[float]
    rates: list[float]

    @classmethod
    def read(cls, path: Path) -> _TrainLog:
        costs, losses, rates = {}, [], []
        for line in path.read_text().splitlines():
            if found := re.match(r"it (\d+) sub (\d+) (.*)", line):
                pairs = re.findall(r"cost\[(\d+)\]=(\S+)", found[3])
                key = int(found[1]), int(found[2])
                costs[key] = {int(layer): float(cost) for layer, cost in pairs}
            elif found := re.match(r"iteration \d+ loss (\S+) rate (\S+)", line):
                losses.append(float(found[1]))
                rates.append(float(found[2]))
        return cls(costs, losses, rates)


class _Run:
    """The training of a case, iteration by iteration, collecting what is off."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.network = case.network().train()
        self.net = self.network.plan.net
        self.reference = _TrainLog.read(case.folder / "train_loss.txt")
        self.optimizer = build_optimizer(self.network.layers, self.net)
        self.worst: dict[str, tuple[float, str]] = {}

    def deviations(self) -> Iterator[Deviation]:
        for what, (value, where) in self.worst.items():
            yield Deviation(what, value, where, RELATIVE_TOLERANCE)

    def iterate(self, iteration: int) -> None:
        """One optimizer step on the stored pictures."""
        self.optimizer.zero_grad()
        total, heads = 0.0, 0
        for subdivision in range(self.net.subdivisions):
            losses = self._mini_batch(iteration, subdivision)
            costs = self.reference.costs[iteration, subdivision]
            heads = len(costs)
            for index, cost in costs.items():
                ours = float(losses[index].total)
                total += ours
                where = f"layer {index}, iteration {iteration}"
                self._note("cost", abs(ours - cost) / max(abs(cost), 1e-12), where)
        if iteration == 0:
            self._compare_gradients()
        self._compare_loss(iteration, total / heads / self.net.batch)

    def _compare_loss(self, iteration: int, loss: float) -> None:
        stored = self.reference.losses[iteration]
        self._note("loss", abs(loss - stored) / abs(stored), f"iteration {iteration}")
        ours, theirs = rate(iteration + 1, self.net), self.reference.rates[iteration]
        self._note("rate", abs(ours - theirs) / theirs, f"iteration {iteration}")
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad /= self.net.batch
        set_rate(self.optimizer, ours)
        self.optimizer.step()

    def _mini_batch(self, iteration: int, subdivision: int):
        n = self.net.mini_batch
        start = iteration * self.net.batch + subdivision * n
        golden = self.case.golden
        images = torch.from_numpy(golden["train_input"][start : start + n])
        truths = _truths(golden["train_truth"][start : start + n])
        output = self.network.train_on(images, truths)
        output.gradient_root.backward()
        if (iteration, subdivision) == (0, 0):
            for index, loss in output.losses.items():
                reference = golden[f"train_it0_s0_delta_l{index:03d}"]
                self._note("delta", relative(loss.delta, reference), f"layer {index}")
        return output.losses

    def _compare_gradients(self) -> None:
        """The summed updates of iteration 0: Darknet adds them, so their sign is the other one."""
        for index, layer in enumerate(self.network.layers):
            tensors = dict(
                zip(
                    (array.name for array in layer.plan.arrays),
                    layer.weights_in_file_order(),
                    strict=True,
                )
            )
            for kind, names in _UPDATES.items():
                stored = self.case.golden.get(f"train_it0_{kind}_l{index:03d}")
                for name in names:
                    tensor = tensors.get(name)
                    if stored is not None and tensor is not None and tensor.grad is not None:
                        off = relative(-tensor.grad, stored)
                        self._note("gradient", off, f"layer {index}, {name}")

    def _note(self, what: str, value: float, where: str) -> None:
        self.worst[what] = max(self.worst.get(what, (-1.0, "")), (value, where))


def _zeroed(network: Network) -> list[Layer]:
    """The layers that the CPU build forgets to activate."""
    return [
        layer
        for layer in network.layers
        if getattr(layer.options, "activation", "") == _ZERO_IN_CPU_BUILD
    ]


def _truths(rows: np.ndarray) -> Truths:
    """Stored rows (B, 200*6), ended by cx=0, as truths."""
    table = torch.from_numpy(rows).view(len(rows), -1, 6)
    counts = (table[..., 0] != 0).long().cumprod(dim=1).sum(dim=1)
    most = max(1, int(counts.max()))
    return Truths.from_rows(table[:, :most, :5], counts)

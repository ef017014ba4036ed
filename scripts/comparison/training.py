"""A stored training, trained again: outputs, deltas, costs, gradients, losses, rates, weights."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from darkpy.heads.base import HeadLoss, Moment, Truths, Wanted
from darkpy.machine.arithmetic import arithmetic
from darkpy.model.network import Network
from darkpy.model.precision import Precision
from darkpy.model.weights import load_weights
from darkpy.solver.optimizer import build_optimizer
from darkpy.solver.schedule import rate
from scripts.comparison.deviation import RELATIVE_TOLERANCE, WEIGHTS_TOLERANCE, Worst, relative

_TRUTH_SIZE = 6  # cx cy w h class track
_UPDATES = {"wgrad": "weights", "bgrad": "biases", "sgrad": "scales"}
_HEAD_KEY = re.compile(r"train_it0_s0_(output|delta)_l(\d+)")
_UPDATE_KEY = re.compile(r"train_it0_(wgrad|bgrad|sgrad)_l(\d+)")
_INPUT_KEYS = ("train_input", "train_truth")


@dataclass(frozen=True)
class TrainLog:
    """train_loss.txt: costs[(iteration, subdivision)][layer], loss and rate of whole iterations."""

    costs: dict[tuple[int, int], dict[int, float]]
    losses: dict[int, float]
    rates: dict[int, float]

    @classmethod
    def read(cls, path: Path) -> TrainLog:
        costs, losses, rates = {}, {}, {}
        for line in path.read_text().splitlines():
            if found := re.match(r"it (\d+) sub (\d+) (.*)", line):
                pairs = re.findall(r"cost\[(\d+)\]=(\S+)", found[3])
                key = int(found[1]), int(found[2])
                costs[key] = {int(layer): float(cost) for layer, cost in pairs}
            elif found := re.match(r"iteration (\d+) loss (\S+) rate (\S+)", line):
                losses[int(found[1]) - 1] = float(found[2])
                rates[int(found[1]) - 1] = float(found[3])
        return cls(costs, losses, rates)


class TrainingRun:
    """The training of a case, mini-batch by mini-batch, collecting what is off in `worst`."""

    def __init__(
        self,
        folder: Path,
        golden: dict[str, np.ndarray],
        network: Network,
        device: torch.device,
        precision: Precision,
    ) -> None:
        self.folder, self.golden = folder, golden
        self.device, self.precision = device, precision
        self.network = network.train()
        self.net = network.plan.net
        self.log = TrainLog.read(folder / "train_loss.txt")
        self.optimizer = build_optimizer(network.layers, self.net)
        self.worst = Worst()
        for key in golden:
            known = key in _INPUT_KEYS or _HEAD_KEY.fullmatch(key) or _UPDATE_KEY.fullmatch(key)
            if key.startswith("train_") and not known:
                self._note("unread", math.inf, key)

    def run(self) -> None:
        """Train all that is stored, and compare."""
        with arithmetic(self.device, tf32=self.precision.tf32):
            self._run()

    def _run(self) -> None:
        total = 0.0
        for (iteration, subdivision), costs in sorted(self.log.costs.items()):
            if subdivision == 0:
                self.optimizer.clear()
                total = 0.0
            losses = self._mini_batch(iteration, subdivision)
            for index, cost in costs.items():
                ours = float(losses[index].total)
                total += ours
                self._note("cost", abs(ours - cost) / max(abs(cost), 1e-12), f"layer {index}")
            if subdivision == self.net.subdivisions - 1:
                if iteration == 0:
                    self._compare_gradients()
                self._step(iteration, total / len(costs) / self.net.pictures)
        after = self.folder / "after_train.weights"
        if after.exists():
            self._compare_weights(after)

    def _mini_batch(self, iteration: int, subdivision: int) -> dict[int, HeadLoss]:
        n = self.net.mini_batch
        start = iteration * self.net.pictures + subdivision * n
        images = torch.from_numpy(self.golden["train_input"][start : start + n]).to(self.device)
        truths = self._truths(self.golden["train_truth"][start : start + n])
        outputs = {}
        hooks = [
            head.register_forward_hook(
                lambda _, __, output, index=index: outputs.__setitem__(index, output)
            )
            for index, head in self.network.heads.items()
        ]
        with self.precision(self.device):
            result = self.network.train_on(images, truths, Moment(start + n, iteration + 1))
        for hook in hooks:
            hook.remove()
        result.gradient_root.backward()
        if (iteration, subdivision) == (0, 0):
            self._compare_heads(outputs, result.losses)
        return result.losses

    def _compare_heads(self, outputs, losses: dict[int, HeadLoss]) -> None:
        for key, stored in self.golden.items():
            if found := _HEAD_KEY.fullmatch(key):
                index = int(found[2])
                head = self.network.layers[index]
                ours = losses[index].delta
                if found[1] == "output":
                    ours = head.darknet_output(outputs[index])
                self._note(found[1], relative(ours, stored), f"layer {index}")

    def _compare_gradients(self) -> None:
        """The summed updates of iteration 0: Darknet adds them, so their sign is the other one."""
        for key, stored in self.golden.items():
            if found := _UPDATE_KEY.fullmatch(key):
                layer, name = self.network.layers[int(found[2])], _UPDATES[found[1]]
                names = [array.name for array in layer.plan.arrays]
                tensor = layer.weights_in_file_order()[names.index(name)]
                ours = None if tensor.grad is None else -tensor.grad
                self._note("gradient", relative(ours, stored), f"layer {found[2]}, {name}")

    def _step(self, iteration: int, loss: float) -> None:
        stored = self.log.losses[iteration]
        self._note("loss", abs(loss - stored) / abs(stored), f"iteration {iteration}")
        ours, theirs = rate(iteration + 1, self.net), self.log.rates[iteration]
        self._note("rate", abs(ours - theirs) / theirs, f"iteration {iteration}")
        self.optimizer.gradients /= self.optimizer.divisor(iteration + 1)
        self.network.before_step()
        self.optimizer.step(iteration + 1, ours, self.optimizer.finite())
        self.network.after_step()

    def _compare_weights(self, after: Path) -> None:
        stored = Network.from_cfg(self.folder / "net.cfg")
        load_weights(stored, after)
        for index, (mine, other) in enumerate(zip(self.network.layers, stored.layers, strict=True)):
            tensors = zip(
                mine.plan.arrays,
                mine.weights_in_file_order(),
                other.weights_in_file_order(),
                strict=True,
            )
            for array, ours, theirs in tensors:
                off = relative(ours, theirs.detach().numpy())
                where = f"layer {index}, {array.name}"
                self.worst.note("after train", off, where, WEIGHTS_TOLERANCE)

    def _truths(self, rows: np.ndarray) -> Truths | Wanted:
        """Stored rows (B, ...): boxes ended by cx=0, classes, or the grid form of [detection]."""
        table = torch.from_numpy(rows).to(self.device)
        in_a_grid = bool(self.network.plan.of_kind("detection"))
        if in_a_grid or any(head.truth is Wanted for head in self.network.heads.values()):
            return Wanted(table)
        table = table.view(len(table), -1, _TRUTH_SIZE)
        counts = (table[..., 0] != 0).long().cumprod(dim=1).sum(dim=1)
        return Truths.from_rows(table[:, : max(1, int(counts.max()))], counts)

    def _note(self, what: str, value: float, where: str) -> None:
        self.worst.note(what, value, where, RELATIVE_TOLERANCE)

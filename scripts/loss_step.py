"""What `scripts/bench loss` measures: a training step, and the losses of its heads alone."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import contextmanager

import torch
from torch.profiler import profile

from darkpy.heads.base import Moment, Truths
from darkpy.machine.device import pick_device
from darkpy.model.network import Network
from darkpy.solver.optimizer import build_optimizer

_RATE = 1e-6  # learning rate: small, so that the steps stay alike


class LossStep:
    """A training step on made-up pictures and truths, and its losses alone."""

    def __init__(self, asked: argparse.Namespace) -> None:
        torch.manual_seed(1)
        self.device = device = pick_device(0, asked.nogpu)
        network = Network.from_cfg(asked.cfg).train()
        self.network = network.to(device, memory_format=torch.channels_last)
        self.optimizer = build_optimizer(network.layers, network.plan.net)
        classes = next(iter(network.detecting.values())).options.classes
        n = asked.batch // asked.subdivisions
        self.parts = []
        for _ in range(asked.subdivisions):
            images = torch.rand(n, 3, asked.size, asked.size, device=device)
            rows = torch.rand(n, asked.truths, 5) * torch.tensor([1, 1, 0.5, 0.5, classes])
            counts = torch.full((n,), asked.truths)
            truths = Truths.from_rows(rows.to(device), counts.to(device))
            images = images.to(memory_format=torch.channels_last)
            self.parts.append((images, truths))
        with torch.no_grad():
            self.outputs = [network(images) for images, _ in self.parts]
        self.net_hw = asked.size, asked.size

    def run(self) -> None:
        """Forward, losses, backward, update."""
        self.optimizer.clear()
        for images, truths in self.parts:
            self.network.train_on(images, truths).gradient_root.backward()
        self.optimizer.step(1, _RATE, self.optimizer.finite())

    def losses(self) -> None:
        """What the heads do of it."""
        for found, (_, truths) in zip(self.outputs, self.parts, strict=True):
            for index, head in self.network.heads.items():
                head.delta(found[index], truths, self.net_hw, Moment())

    def timed(self, work: Callable[[], None]) -> tuple[float, float]:
        """Seconds of `work` until the device has done it, and of all processors for it."""
        self._settle()
        began, busy = time.perf_counter(), time.process_time()
        work()
        self._settle()
        return time.perf_counter() - began, time.process_time() - busy

    @contextmanager
    def no_waiting(self):
        """On a device, an error for whatever waits for it."""
        if self.device.type != "cuda":
            yield
            return
        torch.cuda.set_sync_debug_mode("error")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode("default")

    def profile(self) -> str:
        """The operations of the losses that take longest."""
        with profile() as profiler:
            self.losses()
        order = "self_cuda_time_total" if self.device.type == "cuda" else "self_cpu_time_total"
        return profiler.key_averages().table(sort_by=order, row_limit=20, max_name_column_width=40)

    def _settle(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

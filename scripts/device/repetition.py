"""(c) The same seed gives the same bytes, and a training that was stopped goes on exactly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

import torch
from torch import Tensor

from darkpy.model.precision import FLOAT32, Precision
from darkpy.training.resumption import go_on_from, state_of
from darkpy.training.trainer import Trainer
from scripts.device import nets
from scripts.device.asked import Asked, Row

_RATE = 1e-3


def run(asked: Asked) -> Iterator[Row]:
    """Two trainings of one seed, and one that is stopped in the middle."""
    lowered = {"float32": FLOAT32}
    if not asked.tiny:
        lowered |= {"TF32": Precision(tf32=True), "bfloat16": Precision(torch.bfloat16)}
    works = {name: partial(_compared, asked, name, p) for name, p in lowered.items()}
    yield from asked.each(works)


def _compared(asked: Asked, name: str, precision: Precision) -> Iterator[Row]:
    whole = 4 if asked.tiny else 60
    one = _trained(asked, precision, whole)
    yield _row(f"{name}: the same seed twice", one, _trained(asked, precision, whole), judged=True)
    resumed = _resumed(asked, precision, whole)
    yield _row(f"{name}: stopped half way and resumed", one, resumed, judged=True)
    plain = _trained(asked, precision, whole, graph=False)
    yield _row(f"{name}: with and without a graph", one, plain, judged=False)
    if asked.device.type == "cuda":
        loose = [_trained(asked, precision, whole, deterministic=False) for _ in range(2)]
        yield _row(f"{name}: twice with -deterministic off", *loose, judged=False)


def _row(what: str, one: Tensor, other: Tensor, *, judged: bool) -> Row:
    off = float((one - other).norm() / one.norm())
    same = torch.equal(one, other)
    return Row(what, off, "of the norm", same if judged else None, "same bytes" if same else "")


def _trained(asked: Asked, precision: Precision, iterations: int, **options: bool) -> Tensor:
    training = _training(asked, precision, **options)
    _go(asked, training, iterations)
    return training.optimizer.values.clone()


def _resumed(asked: Asked, precision: Precision, iterations: int) -> Tensor:
    first = _training(asked, precision)
    _go(asked, first, iterations // 2)
    second = _training(asked, precision)
    second.iteration = first.iteration
    second.optimizer.values.copy_(first.optimizer.values)
    go_on_from(second, state_of(first))
    _go(asked, second, iterations - iterations // 2)
    return second.optimizer.values.clone()


def _training(asked: Asked, precision: Precision, **options: bool) -> Trainer:
    keys = {"batch": 2, "width": 32, "height": 32} if asked.tiny else {"batch": 16}
    net = nets.network("tabletop-tiny", **keys)
    return Trainer(
        net,
        lambda _: _RATE,
        device=asked.device,
        precision=precision,
        **options,
    )


def _go(asked: Asked, training: Trainer, count: int) -> None:
    first = training.iteration + 1
    with nets.loader(asked, training.network, first=first) as loader:
        for _ in training.steps(islice(loader, count)):
            pass

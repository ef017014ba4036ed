"""`detector train`: from a data file, a cfg and perhaps weights to a trained detector."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from darkpy.session.interrupts import Interrupts
from darkpy.session.opening import open_session
from darkpy.session.preview import preview
from darkpy.session.project import open_project, stem
from darkpy.session.train_flags import TrainFlags, drawn_seed


def run(data: str, cfg: str, weights: str = "", **flags) -> Iterator[object]:
    """Train; yields lines for the screen and a `Trained` an iteration."""
    given = TrainFlags(**flags)
    seed = drawn_seed() if given.seed is None else given.seed
    torch.manual_seed(seed)  # before the network draws its first weights
    session = yield from open_session(open_project(data, cfg), weights, given, seed, stem(cfg))
    if given.show_imgs:
        with session.loader() as loader:
            yield from preview(loader, session.project.names, windows=not given.dont_show)
    if given.time_limit_sec == 0:
        return
    with Interrupts() as interrupts:
        yield from session.run(interrupts)

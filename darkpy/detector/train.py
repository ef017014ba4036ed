"""`detector train`: from a data file, a cfg and perhaps weights to a trained detector."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import nullcontext

import torch

from darkpy.chance import drawn_seed
from darkpy.flags.detector import TrainFlags
from darkpy.machine.process import prepare_process
from darkpy.session.live import LivePage, live_page
from darkpy.session.lock import locked
from darkpy.session.logs import told_as
from darkpy.session.opening import backup_folder, open_session
from darkpy.session.pairs import clear_staged
from darkpy.session.preview import preview
from darkpy.session.project import open_project, stem
from darkpy.session.signals import Handlers, Signals


def run(data: str, cfg: str, weights: str = "", **flags) -> Iterator[object]:
    """The command: trains in a process of its own, which it may set up, and hears signals."""
    prepare_process(training=True)
    yield from train(data, cfg, weights, Handlers(), **flags)


def train(
    data: str, cfg: str, weights: str = "", signals: Signals | None = None, **flags
) -> Generator[object, None, None]:
    """Train; yields lines for the screen and a `Trained` an iteration."""
    given = TrainFlags(**flags)
    with live_page(given) as live:
        events = _trained(data, cfg, weights, signals or Signals(), given, live)
        yield from told_as(given.log, events if live is None else live.followed(events))


def _trained(
    data: str,
    cfg: str,
    weights: str,
    signals: Signals,
    given: TrainFlags,
    live: LivePage | None,
) -> Iterator[object]:
    seed = drawn_seed() if given.seed is None else given.seed
    torch.manual_seed(seed)  # before the network draws its first weights
    project, name = open_project(data, cfg), stem(cfg)
    folder = backup_folder(project)
    trains = given.time_limit_sec != 0
    with locked(folder / f"{name}.lock") if trains else nullcontext():
        if trains:
            clear_staged(folder, name)
        session = yield from open_session(project, weights, given, seed, name)
        if session is None:
            return
        session.live = live
        if given.show_imgs:
            with session.loader() as loader:
                yield from preview(loader, project.names, windows=not given.dont_show)
        if trains:
            with signals as heard:
                yield from session.run(heard)

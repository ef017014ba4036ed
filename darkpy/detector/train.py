"""`detector train`: from a data file, a cfg and perhaps weights to a trained detector."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import nullcontext
from dataclasses import replace

import torch

from darkpy.chance import drawn_seed
from darkpy.flags.declared import words_of
from darkpy.flags.detector import TrainFlags
from darkpy.machine.device import pick_device
from darkpy.machine.process import prepare_process
from darkpy.machine.ranks import Rank
from darkpy.session.following import follow
from darkpy.session.live import LivePage, live_page
from darkpy.session.lock import locked
from darkpy.session.logs import told_as
from darkpy.session.opening import backup_folder, open_session
from darkpy.session.pairs import clear_staged
from darkpy.session.preview import preview
from darkpy.session.project import open_project, stem
from darkpy.session.run_end import end_noted
from darkpy.session.signals import Handlers, Signals
from darkpy.session.team import Team
from darkpy.session.trackers import refuse_absent_trackers


def run(data: str, cfg: str, weights: str = "", **flags) -> Iterator[object]:
    """The command: trains in a process of its own, which it may set up, and hears signals."""
    prepare_process(training=True, among=Team.of(TrainFlags(**flags)).rank.local_size)
    yield from train(data, cfg, weights, Handlers(), **flags)


def train(
    data: str, cfg: str, weights: str = "", signals: Signals | None = None, **flags
) -> Generator[object, None, None]:
    """Train; yields lines for the screen and a `Trained` an iteration."""
    given = TrainFlags(**flags)
    refuse_absent_trackers(given)
    trains = given.time_limit_sec != 0
    team = Team.of(given) if trains else Team(Rank(), pick_device(given.i, given.nogpu))
    with nullcontext() if team.follows else live_page(given) as live:
        events = _trained(data, cfg, weights, signals or Signals(), given, team, live)
        yield from told_as(given.log, events if live is None else live.followed(events))


def _trained(
    data: str,
    cfg: str,
    weights: str,
    signals: Signals,
    given: TrainFlags,
    team: Team,
    live: LivePage | None,
) -> Iterator[object]:
    seed = drawn_seed() if given.seed is None else given.seed
    torch.manual_seed(seed)  # before the network draws its first weights
    project, name = open_project(data, cfg), stem(cfg)
    folder = backup_folder(project)
    trains = given.time_limit_sec != 0
    team.refuse(project.network.plan, given)
    opened = team.opened(_words(data, cfg, weights, replace(given, seed=seed)))
    if team.follows:
        with opened as meeting, signals:
            follow(project, given, meeting)
        return
    with locked(folder / f"{name}.lock") if trains else nullcontext(), opened as meeting:
        if trains:
            clear_staged(folder, name)
        session = yield from open_session(project, weights, given, seed, name, meeting)
        if session is None:
            return
        session.live = live
        if given.show_imgs:
            with session.loader() as loader:
                yield from preview(loader, project.names, windows=not given.dont_show)
        if trains:
            with signals as heard, end_noted(session, heard):
                yield from session.run(heard)


def _words(data: str, cfg: str, weights: str, flags: TrainFlags) -> list[str]:
    """The command that trains so, for the other processes."""
    given = [str(path) for path in (data, cfg, weights) if path]
    return ["detector", "train", *words_of(flags), "--", *given]

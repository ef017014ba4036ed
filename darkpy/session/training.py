"""From a data file, a cfg and perhaps weights to a trained network, whatever its task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import torch

from darkpy.chance import drawn_seed
from darkpy.flags.declared import words_of
from darkpy.machine.device import pick_device
from darkpy.machine.ranks import Rank
from darkpy.session.following import follow
from darkpy.session.live import LivePage, live_page
from darkpy.session.lock import locked
from darkpy.session.logs import told_as
from darkpy.session.opening import backup_folder, open_session
from darkpy.session.pairs import clear_staged
from darkpy.session.preview import preview
from darkpy.session.project import stem
from darkpy.session.run_end import end_noted
from darkpy.session.signals import Signals
from darkpy.session.task import Task
from darkpy.session.team import Team
from darkpy.session.trackers import refuse_absent_trackers


def trained(
    task: Task, data: str, cfg: str, weights: str, signals: Signals, flags: Any
) -> Iterator[object]:
    """Train; yields lines for the screen and a `Trained` an iteration."""
    refuse_absent_trackers(flags)
    trains = flags.time_limit_sec != 0
    team = Team.of(flags) if trains else Team(Rank(), pick_device(flags.i, flags.nogpu))
    with nullcontext() if team.follows else live_page(flags) as live:
        events = _trained(task, data, cfg, weights, signals, flags, team, live)
        followed = events if live is None else live.followed(events)
        yield from told_as(flags.log, followed, task.logs)


def _trained(
    task: Task,
    data: str,
    cfg: str,
    weights: str,
    signals: Signals,
    given: Any,
    team: Team,
    live: LivePage | None,
) -> Iterator[object]:
    seed = drawn_seed() if given.seed is None else given.seed
    torch.manual_seed(seed)  # before the network draws its first weights
    project, name = task.open(data, cfg), stem(cfg)
    folder = backup_folder(project)
    trains = given.time_limit_sec != 0
    team.refuse(project.network.plan, given)
    opened = team.opened(_words(task, data, cfg, weights, replace(given, seed=seed)))
    if team.follows:
        with opened as meeting, signals:
            follow(task, project, given, meeting)
        return
    with locked(folder / f"{name}.lock") if trains else nullcontext(), opened as meeting:
        if trains:
            clear_staged(folder, name)
        session = yield from open_session(task, project, weights, given, seed, name, meeting)
        if session is None:
            return
        session.live = live
        if given.show_imgs:
            with session.loader() as loader:
                yield from preview(task.previewed(loader, project), windows=not given.dont_show)
        if trains:
            with signals as heard, end_noted(session, heard):
                yield from session.run(heard)


def _words(task: Task, data: str, cfg: str, weights: str, flags: Any) -> list[str]:
    """The command that trains so, for the other processes."""
    given = [str(path) for path in (data, cfg, weights) if path]
    return [task.verb, "train", *words_of(flags), "--", *given]

"""Everything that can go wrong before the first iteration goes wrong here."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_effects import idle_keys, refusals
from darkpy.chance import RATE_SLOT, stream
from darkpy.errors import CfgError, StateError, first_of, number_of
from darkpy.files import writable_folder
from darkpy.flags.training import TrainingFlags
from darkpy.machine.allocator import keep_large_freed_memory
from darkpy.model.network import Network
from darkpy.model.precision import Precision, pick_precision
from darkpy.planning.effects import idle_layer_keys
from darkpy.planning.network import NetworkPlan
from darkpy.session.evaluation import Evaluation
from darkpy.session.leading import dismiss, lead
from darkpy.session.pairs import Pair
from darkpy.session.pool import shared_pool
from darkpy.session.project import Project
from darkpy.session.room import check_room, rehearse
from darkpy.session.saving import Saver
from darkpy.session.session import Session
from darkpy.session.start import Start, find_start
from darkpy.session.task import Lists, Task
from darkpy.session.team import Meeting
from darkpy.solver.freezing import frozen_words
from darkpy.solver.schedule import rate
from darkpy.training.resumption import go_on_from
from darkpy.training.trainer import Trainer

_LINES_SHOWN = 5  # of a file, where several layers have the same idle key

SMALL_BATCH = 8  # below it Darknet warns


def backup_folder(project: Project) -> Path:
    """The folder of the weights, which is made if it is missing. OutputError if it cannot be."""
    data = project.data
    _refuse(project.network)
    data.require("train")
    return writable_folder(data.resolve(data.backup), f"{data.source}: backup=")


def open_session(
    task: Task,
    project: Project,
    weights: str,
    flags: Any,
    seed: int,
    name: str,
    meeting: Meeting,
) -> Generator[str, None, Session | None]:
    """Read lists and weights; yields what is to be said, returns a training ready to run.

    None if it is finished already. seed: the one that the network's first values were drawn with.
    name: of all files of the run. meeting: where its other processes wait, if it has any.
    """
    network = project.network
    yield from project.warnings
    saver = Saver.of(project.data, network.plan.net, backup_folder(project), name)
    lists = yield from task.lists(project, flags)
    start = yield from find_start(network, lists.train, weights, flags, saver)
    if start.finished:
        dismiss(meeting, network)
        return None
    yield from _frozen_words(network.plan, bool(weights) or start.iteration > 0)
    if flags.seed is None and start.pair is not None:
        seed = int(start.pair.state.facts["seed"])
    evaluation = _evaluation(task, project, flags, lists, saver, start)
    device = meeting.team.device
    trainer, precision_words = make_trainer(network, flags, seed, device, start.iteration)
    if start.pair is not None:
        yield _taken_over(start.pair, trainer, evaluation)
        saver.pair_is_good = start.pair.is_of(saver.path("last"))
    yield from check_room(saver, trainer)
    rehearse(trainer, lists.train)
    lead(meeting.join(network.plan), trainer, lists.train)
    evaluation.pool = partial(shared_pool, trainer.peers)
    own = task, project, replace(flags, seed=seed), name, trainer, lists.train
    session = Session(*own, saver, evaluation, meeting)
    if start.pair is not None:
        session.reporter.go_on(start.pair.state.facts.get("tally"))
    yield from _announce(session, precision_words)
    return session


def make_trainer(
    network: Network, flags: TrainingFlags, seed: int, device: torch.device, first: int
) -> tuple[Trainer, str]:
    """The loop's state after iteration `first`, and the words about its precision, if any."""
    network.to(device)
    precision, words = pick_precision(flags.amp, network, device)
    return trainer_of(network, flags, seed, device, first, precision), words


def trainer_of(
    network: Network,
    flags: TrainingFlags,
    seed: int,
    device: torch.device,
    first: int,
    precision: Precision,
) -> Trainer:
    """The loop's state after iteration `first`."""
    if device.type == "cpu":
        keep_large_freed_memory()

    def rate_of(iteration: int) -> float:
        return rate(iteration, network.plan.net, stream(seed, iteration, RATE_SLOT).random())

    return Trainer(
        network,
        rate_of,
        device=device,
        iteration=first,
        precision=precision,
        seed=seed,
        deterministic=flags.deterministic == "on",
        apart=flags.log == "darknet",
    )


def _refuse(network: Network) -> None:
    """CfgError for a cfg that can run but not train."""
    plan = network.plan
    plan.findings.raise_errors(CfgError)
    for message in refusals(plan.net):
        raise CfgError(f"{plan.source}: {message}")


def _evaluation(
    task: Task, project: Project, flags: Any, lists: Lists, saver: Saver, start: Start
) -> Evaluation:
    """How the training is measured, as far as an earlier part of it came."""
    evaluation = task.evaluation(project, flags, lists)
    evaluation.measured_at = start.iteration
    evaluation.best = saver.best_so_far(task.column) if start.iteration else -1.0
    on_its_own = bool(project.data.measured_on)
    evaluation.remark = "no valid=: measured on the training pictures" * on_its_own
    return evaluation


def _taken_over(pair: Pair, trainer: Trainer, evaluation: Evaluation) -> str:
    """Take over the state beside the weights, whole or not at all; gives the line to print."""
    try:
        go_on_from(trainer, pair.state)
    except StateError as problem:
        return f"{pair.path}: {problem}: momentum begins anew"
    facts = pair.state.facts
    evaluation.go_on(float(facts["best"]), int(facts["measured_at"]), facts.get("measured"))
    return f"{pair.path}: momentum, averages and chance go on as they were"


def _announce(session: Session, precision_words: str) -> Iterator[str]:
    plan, saver, trainer = session.network.plan, session.saver, session.trainer
    net = plan.net
    yield (
        f"{session.name}: {number_of(len(plan.layers), 'layers')}, {plan.bflops:.3f} BFLOPs, "
        f"{net.width}x{net.height}, on {trainer.device} in {trainer.precision.words}, "
        f"seed {session.seed}"
    )
    yield (
        f"learning rate {net.learning_rate:g}, momentum {net.momentum:g}, decay {net.decay:g}, "
        f"batch {net.batch} in {net.subdivisions}{_steps_words(net)}, iterations "
        f"{trainer.iteration + 1} to {net.max_batches}"
    )
    yield (
        f"weights go to {saver.folder}: _last every {saver.last_every}, "
        f"numbered every {saver.every} iterations"
    )
    yield from _idle_words(plan)
    yield from session.meeting.team.words(plan, session.flags)
    if precision_words:
        yield precision_words
    if trainer.graph is not None:
        yield "a step is recorded and replayed as a CUDA graph (use_cuda_graph=0 in [net]: never)"
    elif trainer.unsteady:
        yield f"no CUDA graph: {trainer.unsteady}"
    if net.pictures < SMALL_BATCH:
        yield f"warning: batch={net.batch} is small; batch=64 is usual"


def _frozen_words(plan: NetworkPlan, trained: bool) -> Iterator[str]:
    """What does not move; trained: whether it has values that are worth keeping."""
    if words := frozen_words(plan):
        yield words
    if plan.frozen_always and not trained:
        yield (
            "warning: freeze=all-but-last without weights to start from keeps random layers as "
            "they are; `darkpy adapt` makes such a file of a trained network's"
        )


def _steps_words(net: NetOptions) -> str:
    """How many pictures a sequence has, and how long it goes on."""
    if net.time_steps == 1:
        return ""
    chained = net.chained(1)
    on = f" through {chained} mini-batches" if chained > 1 else ""
    return f", each {net.time_steps} {'frames' if net.track else 'pictures'} long{on}"


def _idle_words(plan: NetworkPlan) -> Iterator[str]:
    """Keys that are given and do nothing; what several layers have alike is said once."""
    for _, why in idle_keys(plan.net):
        yield f"note: [net] {why}"
    lines: dict[str, list[int]] = {}
    for layer, key, why in idle_layer_keys(plan):
        lines.setdefault(f"[{layer.kind}] {why}", []).append(layer.section.line_of(key))
    for why, found in lines.items():
        yield f"note: {why} (line {', '.join(first_of(found, _LINES_SHOWN))})"

"""Everything that can go wrong before the first iteration goes wrong here."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

import torch

from darkpy.cfg.net_effects import idle_keys, refusals
from darkpy.chance import RATE_SLOT, stream
from darkpy.errors import CfgError
from darkpy.files import writable_folder
from darkpy.machine.allocator import keep_freed_memory
from darkpy.machine.device import pick_device
from darkpy.model.network import Network
from darkpy.model.precision import pick_precision
from darkpy.session.evaluation import Evaluation
from darkpy.session.loading import Lists, read_lists
from darkpy.session.project import Project
from darkpy.session.saving import Saver
from darkpy.session.session import Session
from darkpy.session.start import Start, find_start
from darkpy.session.train_flags import TrainFlags
from darkpy.solver.freezing import frozen_words
from darkpy.solver.schedule import rate
from darkpy.training.trainer import Trainer

SMALL_BATCH = 8  # below it Darknet warns


def open_session(
    project: Project, weights: str, flags: TrainFlags, seed: int, name: str
) -> Generator[str, None, Session]:
    """Read lists and weights; yields what is to be said, returns a training ready to run.

    seed: the one that the network's first values were drawn with. name: of all files of the run.
    """
    data, network = project.data, project.network
    _refuse(network)
    yield from project.warnings
    data.require("train")
    folder = writable_folder(data.resolve(data.backup), f"{data.source}: backup=")
    saver = Saver.of(data, network.plan.net, folder, name)
    lists = yield from read_lists(project, flags)
    start = yield from find_start(network, weights, flags)
    frozen = frozen_words(network.plan)
    if frozen:
        yield frozen
    if flags.seed is None and start.state is not None:
        seed = int(start.state.numbers["seed"])
    evaluation = _evaluation(lists, network, flags)
    evaluation.measured_at = start.iteration
    evaluation.best = saver.best_so_far() if start.iteration else -1.0
    evaluation.remark = "no valid=: measured on the training pictures" * bool(data.measured_on)
    device = pick_device(flags.i, flags.nogpu)
    trainer, precision_words = make_trainer(network, flags, seed, device, start.iteration)
    yield from _take_over(start, trainer, evaluation)
    session = Session(
        project, replace(flags, seed=seed), name, trainer, lists.train, saver, evaluation
    )
    yield from _announce(session, precision_words)
    return session


def make_trainer(
    network: Network, flags: TrainFlags, seed: int, device: torch.device, first: int
) -> tuple[Trainer, str]:
    """The loop's state after iteration `first`, and the words about its precision, if any."""
    keep_freed_memory()
    network.to(device)
    precision, words = pick_precision(flags.amp, network, device)

    def rate_of(iteration: int) -> float:
        return rate(iteration, network.plan.net, stream(seed, iteration, RATE_SLOT).random())

    trainer = Trainer(
        network,
        rate_of,
        device=device,
        iteration=first,
        precision=precision,
        seed=seed,
        deterministic=flags.deterministic == "on",
    )
    return trainer, words


def _refuse(network: Network) -> None:
    """CfgError for a cfg that can run but not train."""
    plan = network.plan
    plan.findings.raise_errors(CfgError)
    for message in refusals(plan.net):
        raise CfgError(f"{plan.source}: {message}")


def _evaluation(lists: Lists, network: Network, flags: TrainFlags) -> Evaluation:
    return Evaluation(
        lists.valid,
        network.plan.net,
        every=flags.mAP_epochs,
        pictures=len(lists.train),
        iou_thresh=flags.iou_thresh,
        thresh=flags.thresh,
    )


def _take_over(start: Start, trainer: Trainer, evaluation: Evaluation) -> Iterator[str]:
    """Take over the state beside the weights, if it is theirs; yields the line to print."""
    if start.state is None:
        return
    if not trainer.restore(start.state):
        yield f"{start.path} is not of these weights: momentum begins anew"
        return
    evaluation.best = start.state.numbers["best"]
    evaluation.measured_at = int(start.state.numbers["measured_at"])
    yield f"{start.path}: momentum, averages and chance go on as they were"


def _announce(session: Session, precision_words: str) -> Iterator[str]:
    plan, saver, trainer = session.network.plan, session.saver, session.trainer
    net = plan.net
    yield (
        f"{session.name}: {len(plan.layers)} layers, {plan.bflops:.3f} BFLOPs, "
        f"{net.width}x{net.height}, on {trainer.device} in {trainer.precision.words}, "
        f"seed {session.seed}"
    )
    yield (
        f"learning rate {net.learning_rate:g}, momentum {net.momentum:g}, decay {net.decay:g}, "
        f"batch {net.batch} in {net.subdivisions}, iterations {trainer.iteration + 1} to "
        f"{net.max_batches}"
    )
    yield (
        f"weights go to {saver.folder}: _last every {saver.last_every}, "
        f"numbered every {saver.every} iterations"
    )
    for _, why in idle_keys(net):
        yield f"note: [net] {why}"
    if precision_words:
        yield precision_words
    if trainer.graph is not None:
        yield "a step is recorded and replayed as a CUDA graph (use_cuda_graph=0 in [net]: never)"
    elif trainer.unsteady:
        yield f"no CUDA graph: {trainer.unsteady}"
    if net.batch < SMALL_BATCH:
        yield f"warning: batch={net.batch} is small; batch=64 is usual"

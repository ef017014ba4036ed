"""On how many devices a training computes, and how their processes come together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch

from darkpy.errors import PeerError, UsageError
from darkpy.events import Ended
from darkpy.flags.training import TrainingFlags
from darkpy.machine.crew import Crew, hold_on, is_crew, meet_crew
from darkpy.machine.device import pick_device
from darkpy.machine.ranks import Rank, named_devices, process_group
from darkpy.planning.network import NetworkPlan
from darkpy.training.distributed import Alone, Peers
from darkpy.training.share import Share

# Keys of [net] whose rolling values follow one mini-batch after the other.
_IN_TURN = ("badlabels_rejection_percentage", "num_sigmas_reject_badlabels", "equidistant_point")


@dataclass(frozen=True)
class Team:
    """The processes of a training as one of them sees them.

    starts: whether this one has to start the others. remark: what there is to say about it.
    """

    rank: Rank
    device: torch.device
    starts: bool = False
    sync_bn: bool = False
    remark: str = ""

    @classmethod
    def of(cls, flags: TrainingFlags) -> Team:
        """As torchrun says, or -gpus, or one device. UsageError for what cannot be had."""
        rank = Rank.of_environment()
        if rank is not None:
            return cls(rank, _device_of(rank, flags), sync_bn=flags.sync_bn)
        if not flags.gpus:
            return cls(Rank(), pick_device(flags.i, flags.nogpu))
        devices = named_devices(flags.gpus, flags.nogpu)
        size = len(devices)
        if size < len(flags.gpus):
            remark = (
                f"-gpus {','.join(flags.gpus)}: no GPU can be used here, one CPU trains; "
                "-gpus cpu,cpu trains in two processes"
            )
            return cls(Rank(), devices[0], remark=remark)
        return cls(Rank(0, size, 0, size), devices[0], starts=size > 1, sync_bn=flags.sync_bn)

    @property
    def follows(self) -> bool:
        """Whether this process does what another one says."""
        return self.rank.number > 0

    def refuse(self, plan: NetworkPlan, flags: TrainingFlags) -> None:
        """UsageError for a cfg that so many devices cannot train, and for flags that it has no
        use for."""
        net, size = plan.net, self.rank.size
        said = f"{size} devices"
        if net.batch % size:
            raise UsageError(
                f"{said}: {plan.source}: batch={net.batch} is no multiple of {size}; take a number "
                "of devices that divides it, or another batch="
            )
        if size == 1:
            return
        in_turn = [name for name in _IN_TURN if getattr(net, name)]
        if in_turn:
            raise UsageError(
                f"{said}: {in_turn[0]}= of {plan.source} follows one mini-batch after the other; "
                "train on one device, or without it"
            )
        whole = [layer.section for layer in plan.layers if layer.kind == "contrastive"]
        if Share.of(0, size, net).sharers > 1 and (whole or net.time_steps > 1):
            what = "[contrastive]" if whole else f"time_steps={net.time_steps}"
            raise UsageError(
                f"{said}: {what} of {plan.source} needs whole mini-batches: subdivisions= has to "
                f"be a multiple of {size}"
            )
        if any(Share.of(0, size, net).count % net.chained(step + 1) for step in (0, *net.steps)):
            raise UsageError(
                f"{said}: a sequence of {plan.source} goes through several mini-batches, which one "
                "device computes: take fewer devices, or a larger sequential_subdivisions="
            )
        if flags.sync_bn and any(_looks_back(layer) for layer in plan.layers):
            raise UsageError(
                f"-sync_bn: batch_normalize=2 of {plan.source} looks back at the mini-batches of "
                "its own device; take batch_normalize=1 or leave -sync_bn out"
            )

    @contextmanager
    def opened(self, words: Sequence[str]) -> Iterator[Meeting]:
        """Start the processes that are to be started; they end with the context.

        words: of the command that each of them runs.
        """
        if is_crew():
            hold_on()
        with ExitStack() as stack:
            crew = stack.enter_context(Crew(words, self.rank.size)) if self.starts else None
            yield Meeting(self, crew, stack)

    def words(self, plan: NetworkPlan, flags: TrainingFlags) -> Iterator[str]:
        """What is to be said before the first iteration."""
        if self.remark:
            yield self.remark
        if self.rank.size == 1:
            if flags.sync_bn:
                yield "-sync_bn has no effect on one device"
            return
        share = Share.of(0, self.rank.size, plan.net)
        own = f"{self.rank.size} devices train together: each takes "
        if share.sharers == 1:
            yield (
                f"{own}{share.count} of the {plan.net.subdivisions} mini-batches of an iteration, "
                "whose numbers are those of one device"
            )
            return
        pictures = len(share.slots[0])
        seen = (
            "batch norm sees all of it: -sync_bn"
            if flags.sync_bn
            else "batch norm sees that part alone (-sync_bn: all of it)"
        )
        yield f"{own}{pictures} of the {plan.net.mini_batch} pictures of a mini-batch; {seen}"


@dataclass(frozen=True)
class Meeting:
    """Where the processes of a training come together, once each is ready for it."""

    team: Team
    crew: Crew | None
    stack: ExitStack

    def join(self, plan: NetworkPlan) -> Alone:
        """Wait for the others. PeerError if one of them does not come."""
        rank, device = self.team.rank, self.team.device
        if rank.size == 1:
            return Alone()
        store = meet_crew(rank) if is_crew() else None
        if self.crew is not None:
            self.crew.wait()
            store = self.crew.store
        self.stack.enter_context(process_group(rank, device, store))
        if self.crew is not None and device.type == "cuda":
            self.crew.watch()
        return Peers(Share.of(rank.number, rank.size, plan.net), sync_bn=self.team.sync_bn)

    def lost(
        self, problem: PeerError, iteration: int, save: Callable[[], str]
    ) -> Iterator[str | Ended]:
        """Another process is gone: why, and what there is to go on from."""
        why = self.crew.why_gone() if self.crew is not None else ""
        yield f"after iteration {iteration}: {why or problem}"
        # A CPU is between two steps; how far a GPU came with its last ones nobody knows.
        saved = save() if self.team.device.type == "cpu" else "nothing more is saved"
        yield f"{saved}; -resume goes on from what was saved last"
        yield Ended(1)


def _device_of(rank: Rank, flags: TrainingFlags) -> torch.device:
    """The device of one of the processes that torchrun has started on a machine."""
    if not flags.gpus:
        return pick_device(rank.local, flags.nogpu)
    devices = named_devices(flags.gpus, flags.nogpu)
    if devices[0].type == "cpu":
        return devices[0]
    if len(devices) != rank.local_size:
        raise UsageError(
            f"-gpus {','.join(flags.gpus)}: {len(devices)} GPUs for the {rank.local_size} "
            "processes of this machine; name one for each, or leave -gpus out"
        )
    return devices[rank.local]


def _looks_back(layer) -> bool:
    return getattr(layer.options, "batch_normalize", 0) == 2

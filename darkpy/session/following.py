"""A training as the processes see it that do what the first one says: they write nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from darkpy.data.batch import Batch
from darkpy.data.loader import Loader
from darkpy.events import returned
from darkpy.flags.training import TrainingFlags
from darkpy.session.leading import hear_facts, precision_of, take_over
from darkpy.session.loading import compiled_if_asked
from darkpy.session.opening import trainer_of
from darkpy.session.pool import tell_broken
from darkpy.session.project import Project
from darkpy.session.task import Lists, Task
from darkpy.session.team import Meeting
from darkpy.training.distributed import Order, Peers
from darkpy.training.trainer import Trainer


def follow(task: Task, project: Project, flags: TrainingFlags, meeting: Meeting) -> None:
    """Train with the others until the leader ends it. PeerError if it is gone."""
    network = project.network
    lists = returned(task.lists(project, flags, notes=False))
    peers = meeting.join(network.plan)
    assert isinstance(peers, Peers)
    facts = hear_facts(peers, network, lists.train)
    if not facts:
        return
    trainer = trainer_of(
        network,
        flags,
        facts["seed"],
        meeting.team.device,
        facts["iteration"],
        precision_of(facts),
    )
    take_over(peers, trainer, facts)
    with task.loader(project, flags, lists.train, trainer, meeting) as loader:
        returned(compiled_if_asked(loader, trainer.device, flags.compile))
        follower = _Follower(task, project, trainer, lists, peers)
        steps = trainer.steps(follower.batches(loader), lambda iteration: bool(peers.tell(0)))
        deque(steps, maxlen=0)
        tell_broken(peers, loader.broken)


class _Follower:
    """Obeys the orders of the leader."""

    def __init__(
        self, task: Task, project: Project, trainer: Trainer, lists: Lists, peers: Peers
    ) -> None:
        self.task = task
        self.project, self.trainer, self.lists, self.peers = project, trainer, lists, peers

    def batches(self, loader: Loader) -> Iterator[tuple[int, list[Batch]]]:
        """What the leader says is to be trained on; what else it says is done in between."""
        batches = iter(loader)
        while True:
            order = self.peers.hear()
            if order == Order.TRAIN:
                yield next(batches)
            elif order == Order.MEASURE:
                self._measure()
            elif order == Order.MEASURE_AVERAGED:
                with self.trainer.averaged.in_place():
                    self._measure()
            else:
                return

    def _measure(self) -> None:
        self.task.share_measurement(self.project, self.lists, self.trainer, self.peers)

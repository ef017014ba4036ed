"""One training from its first iteration to its last weights, whatever it is that is trained."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from darkpy.data.batch import Batch
from darkpy.data.loader import Loader
from darkpy.errors import OutputError, PeerError
from darkpy.events import Trained, Written
from darkpy.inference.shown import class_name
from darkpy.machine.memory import memory_used
from darkpy.session.agreement import data_digest
from darkpy.session.chart import ChartFile
from darkpy.session.clock import Clock
from darkpy.session.closing import closing_lines, ended
from darkpy.session.consumers import Audience, Rows
from darkpy.session.evaluation import Evaluation
from darkpy.session.live import LivePage
from darkpy.session.loading import all_left_out, compiled_if_asked, left_out
from darkpy.session.nan_report import Reporter
from darkpy.session.pool import broken_elsewhere
from darkpy.session.project import Project
from darkpy.session.run_facts import run_begins, run_facts, state_facts
from darkpy.session.saving import Saver, origin
from darkpy.session.signals import Signals
from darkpy.session.start import cfg_lines
from darkpy.session.task import Task
from darkpy.session.team import Meeting
from darkpy.session.trackers import make_trackers
from darkpy.training.distributed import Order
from darkpy.training.history import TrainingHistory
from darkpy.training.record import Step
from darkpy.training.trainer import Trainer


class Session:
    """A training that is ready to run. flags: with the seed that counts."""

    rows: Rows  # of the csv, once it runs
    live: LivePage | None = None  # where the page of -mjpeg_port is

    def __init__(
        self,
        task: Task,
        project: Project,
        flags: Any,
        name: str,
        trainer: Trainer,
        dataset: Any,
        saver: Saver,
        evaluation: Evaluation,
        meeting: Meeting,
    ) -> None:
        self.task, self.project, self.flags, self.name = task, project, flags, name
        self.trainer, self.dataset, self.saver = trainer, dataset, saver
        self.evaluation, self.meeting, self.peers = evaluation, meeting, trainer.peers
        self.network, self.net = project.network, project.network.plan.net
        self.seed, self.origin = flags.seed, origin(self.network, flags.seed)
        self.cfg_text = "\n".join(cfg_lines(self.network))
        self.data_digest = data_digest(dataset)
        self.clock = Clock(flags.time_limit_sec, self.net.max_batches)
        self.reporter = Reporter(trainer, dataset, saver.folder, self.origin)
        self.class_names = tuple(class_name(project.names, k) for k in range(project.classes))
        chart = Path(flags.chart or "chart.png")
        self.charts = [chart, chart.with_name(f"chart_{name}.png")]

    def loader(self) -> Loader:
        """Batches of the iterations after the last one done."""
        return self.task.loader(self.project, self.flags, self.dataset, self.trainer, self.meeting)

    def run(self, signals: Signals) -> Iterator[object]:
        """Train until the end, the time limit or a signal; yields lines and a Trained an iteration.

        The last thing is an Ended where the exit status is not 0.
        """
        first = self.trainer.iteration
        if not first:
            yield from filter(None, [self.saver.set_aside()])
        facts = run_facts(self, first)
        self.saver.describe_run(facts, goes_on=first > 0)
        self.clock.start()
        history = TrainingHistory.open(
            self.saver.folder / f"{self.name}_train.csv", first, self.task.column
        )
        self.rows = Rows(history, self.class_names)
        yield run_begins(self, facts, history.read())
        shown = self.live and self.live.show_chart
        chart = ChartFile(self.charts, history, self.net, self.name, shown)
        audience = Audience(self.rows, chart, *make_trackers(self, first))
        with history, self.loader() as loader:
            yield from compiled_if_asked(loader, self.trainer.device, self.flags.compile)
            if first and self.evaluation.missed(first):
                yield from self._measure(first, signals)
                self.rows.measured(first, self.evaluation.known(first), self.evaluation.report)
            try:
                yield from self._train(loader, signals, audience)
            except PeerError as problem:
                yield from self.meeting.lost(problem, self.trainer.iteration, self._save_last)
                yield from audience.finish()
                return
            yield from self._end()
            yield from audience.finish()
            yield from all_left_out(self.dataset, loader, broken_elsewhere(self.peers))
        yield from ended(self, signals)

    def _train(self, loader: Loader, signals: Signals, audience: Audience) -> Iterator[object]:
        """All iterations. PeerError if another process is gone."""
        for step in self.trainer.steps(self._batches(loader, signals), self._due):
            self.clock.tick(step)
            yield from left_out(loader)
            yield from self.trainer.news()
            yield from self._after(step, loader, signals)
            told = self._told(step)
            yield from audience.take(told)
            yield told
            yield from self._save_due(step.iteration, signals)

    def _batches(self, loader: Loader, signals: Signals) -> Iterator[tuple[int, list[Batch]]]:
        """What is left to train on, until someone asks to leave or the time is over."""
        left = self.net.max_batches - self.trainer.iteration
        batches = iter(loader)
        for done in range(left):
            if signals.stop or (done and self.clock.over):
                break
            self.peers.tell(Order.TRAIN)
            yield next(batches)
        self.peers.tell(Order.END)

    def _told(self, step: Step) -> Trained:
        evaluation, clock = self.evaluation, self.clock
        measured = evaluation.known(step.iteration)
        return Trained(
            step,
            total=self.net.max_batches,
            mean_ap=evaluation.latest,
            measured=measured,
            best=evaluation.best,
            pictures_per_second=clock.pictures_per_second,
            waiting=clock.waiting,
            seconds_left=clock.seconds_left,
            report=None if measured is None else evaluation.report,
            next_map=evaluation.planned(step.iteration),
            score=self.task.score,
            memory=memory_used,
        )

    def _due(self, iteration: int) -> bool:
        """Whether something is to be done with the weights of an iteration."""
        saves = bool(self.saver.due(iteration))
        return bool(self.peers.tell(saves or self.evaluation.due(iteration)))

    def _after(self, step: Step, loader: Loader, signals: Signals) -> Iterator[object]:
        """What is to be known of an iteration: why it changed nothing, mAP."""
        yield from self.reporter.hear(step, loader)
        if self.evaluation.due(step.iteration):
            yield from self._measure(step.iteration, signals, step)
        elif self.live is not None:
            self.live.look_again(self, step.iteration)

    def _measure(
        self, iteration: int, signals: Signals, step: Step | None = None
    ) -> Iterator[object]:
        """mAP on the valid list; better weights are kept. A signal to leave cuts it short.

        step: the iteration's record, if the csv does not have it yet.
        """
        evaluation, before = self.evaluation, self.evaluation.best
        seer = partial(self.task.seer, self.project, self.trainer)
        measuring = evaluation.measure(seer, iteration, self.trainer.averaged)
        is_best = False
        try:
            while not signals.stop:
                try:
                    yield next(measuring)
                except StopIteration as end:
                    is_best = end.value
                    break
                if signals.save and evaluation.measured_at < iteration:
                    if step is not None:
                        self.rows.ahead(self._told(step))
                    yield from self._save_now(signals)
            else:
                yield f"{evaluation.short} at iteration {iteration} was left out"
        finally:
            measuring.close()
            self.network.train()
        if self.live is not None:
            self.live.look(self, iteration)
        if is_best:
            yield from self._save("best", iteration)
            yield from self._describe_best(iteration)
            if "best" in self.saver.failed:
                evaluation.best = before

    def _describe_best(self, iteration: int) -> Iterator[str]:
        try:
            facts = self.evaluation.facts(self.class_names, iteration)
            self.saver.describe_best(facts | self.origin)
        except OutputError as problem:
            yield f"NOT SAVED: {problem}"

    def _save_due(self, iteration: int, signals: Signals) -> Iterator[object]:
        """The files that it is time for, once all is known of the weights' own iteration."""
        if iteration < self.trainer.iteration:
            return
        for tag in self.saver.due(iteration):
            if tag == "last":
                message = self._save_last()
                if "last" in self.saver.failed:
                    yield message
                else:
                    yield Written(str(self.saver.path("last")))
            else:
                yield from self._save(tag, iteration)
        if signals.save:
            yield from self._save_now(signals)

    def _save(self, tag: str, iteration: int) -> Iterator[object]:
        """Write one file of weights."""
        yield self.saver.save(self.network, tag, iteration)
        if tag not in self.saver.failed:
            yield Written(str(self.saver.path(tag)))

    def _save_now(self, signals: Signals) -> Iterator[str]:
        """SIGUSR1: save and go on."""
        signals.save = False
        yield f"{self._save_last()}, as a signal asked, after iteration {self.trainer.iteration}"

    def _save_last(self) -> str:
        self.rows.keep()
        return self.saver.save_last(self.trainer, state_facts(self))

    def _end(self) -> Iterator[object]:
        """The last files, and what to do with them."""
        iteration, saver = self.trainer.iteration, self.saver
        yield self._save_last()
        yield from self.reporter.at_the_end()
        if not self.finished:
            goes_on = f"; the same command with {saver.path('last')} goes on from there"
            yield f"stopped after iteration {iteration}{'' if 'last' in saver.failed else goes_on}"
            return
        if not self.reporter.tally.nothing_learnt:
            yield from self._save("final", iteration)
            yield from closing_lines(self)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do; a last mAP that was cut short is."""
        iteration = self.trainer.iteration
        return iteration >= self.net.max_batches and not self.evaluation.missed(iteration)

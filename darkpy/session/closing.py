"""The end of a training: which weights are the ones to use, what to type next, how it went."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from darkpy.events import Ended
from darkpy.session.signals import Signals

if TYPE_CHECKING:
    from darkpy.session.session import Session


def closing_lines(session: Session) -> Iterator[str]:
    """Lines after the final weights were saved."""
    saver, evaluation = session.saver, session.evaluation
    weights = saver.path("final")
    if evaluation.best >= 0 and saver.path("best").is_file():
        weights = saver.path("best")
        yield f"best {session.task.scored(session.flags)} {evaluation.best:.2%}: {weights}"
    averaged = evaluation.of_averaged
    if averaged is not None and averaged > evaluation.best and saver.path("ema").is_file():
        weights = saver.path("ema")
        yield f"the averaged weights are better, {averaged:.2%}: {weights}"
    if "final" in saver.failed and weights == saver.path("final"):
        return
    files = shlex.join(
        str(path) for path in (session.project.data.source, session.network.plan.source, weights)
    )
    measures = evaluation.valid is not None or bool(session.project.data.valid)
    yield from session.task.next_words(files, measures=measures)


def ended(session: Session, signals: Signals) -> Iterator[Ended]:
    """The exit status: 1 if the last files could not be written. DarkpyError if nothing was learnt
    by then."""
    if session.finished:
        session.reporter.require_learnt(session.cfg_text)
    if session.saver.failed & {"last", "final"}:
        yield Ended(1)
    elif signals.stop and not session.finished:
        yield Ended(signals.status)

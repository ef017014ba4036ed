"""How a run ended, for `<name>_run.json`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from darkpy.errors import DarkpyError
from darkpy.session.signals import Signals

if TYPE_CHECKING:
    from darkpy.session.session import Session


@contextmanager
def end_noted(session: Session, signals: Signals) -> Iterator[None]:
    """Add how the run ended to the note of it. One that is killed leaves nothing there."""
    how = "left by the program that ran it"
    try:
        yield
        how = "finished" if session.finished else _stopped(signals)
    except DarkpyError as problem:
        how = f"failed: {problem}"
        raise
    finally:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        facts = {"ended": now, "last_iteration": session.trainer.iteration, "how": how}
        session.saver.describe_end(facts)


def _stopped(signals: Signals) -> str:
    return f"stopped by {signals.name}" if signals.stop else "stopped by -time_limit_sec"

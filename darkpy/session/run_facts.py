"""What there is to tell of a run: before its first iteration, and with its state."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from darkpy.events import Began
from darkpy.flags.declared import flags_of
from darkpy.session.surroundings import device_name, git_commit, versions
from darkpy.training.history import Curves

if TYPE_CHECKING:
    from darkpy.session.session import Session


def run_facts(session: Session, first: int) -> dict[str, Any]:
    """What `<name>_run.json` tells of a run that begins after iteration `first`."""
    size = session.meeting.team.rank.size
    return {
        **session.origin,
        "torch": torch.__version__,
        "began": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "first_iteration": first + 1,
        "max_batches": session.net.max_batches,
        "data": str(session.project.data.source),
        "device": str(session.trainer.device),
        **({"devices": size} if size > 1 else {}),
        **session.task.facts(session.project, session.flags),
        "precision": session.trainer.precision.words,
        **_made_of(session),
        "flags": flag_facts(session),
    }


def state_facts(session: Session) -> dict[str, Any]:
    """What the state beside `_last.weights` holds besides the trainer's own."""
    evaluation = session.evaluation
    return {
        "seed": session.seed,
        "best": evaluation.best,
        "measured_at": evaluation.measured_at,
        "measured": evaluation.kept,
        "max_batches": session.net.max_batches,
        "cfg": session.cfg_text,
        "data": session.data_digest,
        "pictures": len(session.dataset),
        "flags": flag_facts(session),
        "tally": session.reporter.tally.facts(),
    }


def flag_facts(session: Session) -> dict[str, Any]:
    """The flags but for the seed, which has a place of its own."""
    return {name: value for name, value in vars(session.flags).items() if name != "seed"}


def run_begins(session: Session, facts: dict[str, Any], curves: Curves) -> Began:
    """The event that a run begins with."""
    return Began(
        name=session.name,
        first=session.trainer.iteration + 1,
        plan=session.network.plan,
        names=session.class_names,
        backup=str(session.project.data.backup),
        every=session.saver.every,
        last_every=session.saver.last_every,
        iou_thresh=_iou_thresh(session),
        score=session.task.score,
        facts={**facts, "given": _given(session)},
        curves=curves,
        measured=session.evaluation.kept,
    )


def _iou_thresh(session: Session) -> float | None:
    """Of the mAP that is measured; None where none is."""
    measured = session.evaluation.valid is not None
    return getattr(session.flags, "iou_thresh", None) if measured else None


def _given(session: Session) -> str:
    """The flags that are not as they are by default, as one types them."""
    words = []
    for name, one in flags_of(type(session.flags)).items():
        value = getattr(session.flags, name)
        if name != "seed" and value != one.default:
            words.append(f"-{name}" if one.is_switch else f"-{name} {value}")
    return " ".join(words)


def _made_of(session: Session) -> dict[str, Any]:
    """What the run could be made again from, and what computes it."""
    valid = session.evaluation.valid
    return {
        "versions": versions(),
        "device_name": device_name(session.trainer.device),
        "cfg_text": session.cfg_text,
        "data_digest": session.data_digest,
        "pictures": {"train": len(session.dataset), "valid": 0 if valid is None else len(valid)},
        "git_commit": git_commit(Path.cwd()) or None,
    }

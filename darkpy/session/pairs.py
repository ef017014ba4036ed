"""Weights and their state as a pair, the one before it kept; the newest good one found again.

`_last.weights` and `_last.state` are first written whole under other names. Then the pair that is
there becomes `_last.1.*` (a second name of the same file, so that `_last.weights` is never
missing), and the new one takes its place. Whenever the process dies, one of the states lies beside
the weights whose digest it holds.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from darkpy.errors import OutputError, StateError
from darkpy.training.checkpoint import State, file_digest, load_state, save_state, state_path


@dataclass(frozen=True)
class Pair:
    """A weights file and the state that belongs to it, which lies at `path`."""

    weights: Path
    path: Path
    state: State

    def is_of(self, weights: Path) -> bool:
        """Whether both are the newest files, that of `weights` and the state beside it."""
        return (self.weights, self.path) == (weights, state_path(weights))


def previous(path: Path) -> Path:
    """`net_last.weights` -> `net_last.1.weights`."""
    return path.with_suffix(f".1{path.suffix}")


def write_pair(
    weights: Path, write: Callable[[Path], None], state: State, *, keep_previous: bool
) -> None:
    """Write weights and state, both or neither. write: writes the weights to a path.

    keep_previous: the pair that is there is a good one, which becomes the one before.
    OutputError if something cannot be written; the old pair is still there then.
    """
    path = state_path(weights)
    new_weights, new_path = _staged(weights), _staged(path)
    try:
        write(new_weights)
        save_state(new_path, replace(state, weights=file_digest(new_weights)))
        if keep_previous:
            for old in (path, weights):
                _second_name(old, previous(old))
        os.replace(new_weights, weights)
        os.replace(new_path, path)
        _to_disk(weights.parent)
    except OSError as problem:
        raise OutputError(f"{weights} cannot be written: {problem.strerror or problem}") from None
    finally:
        for left in (new_weights, new_path):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def find_pair(weights: Path) -> tuple[Pair | None, list[str]]:
    """The newest good pair of `weights` and the one before it, and what is wrong with states."""
    problems: list[str] = []
    states: list[tuple[Path, State]] = []
    for path in (state_path(weights), previous(state_path(weights))):
        if path.is_file():
            try:
                states.append((path, load_state(path)))
            except StateError as problem:
                problems.append(str(problem))
    digests = {
        file: file_digest(file) for file in (weights, previous(weights)) if states and _is(file)
    }
    pairs = [
        Pair(file, path, state)
        for path, state in states
        for file, digest in digests.items()
        if digest == state.weights
    ]
    if not pairs:
        problems += [f"{path} is not of these weights" for path, _ in states[:1]]
        return None, problems
    return max(pairs, key=lambda pair: pair.state.iteration), problems


def clear_staged(folder: Path, name: str) -> None:
    """Remove what a process that died left half written of the files of a run."""
    tags = r"(last(\.1)?|best|final|ema|train|run|\d+)"
    left = re.compile(rf"\.{re.escape(name)}_{tags}\.(weights|state|json|csv)\..*(tmp|new)")
    for path in folder.iterdir():
        if left.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def _is(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def _staged(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _second_name(old: Path, new: Path) -> None:
    """Have `new` name the file that `old` names, too, in place of what it named before."""
    if not old.exists():
        return
    beside = _staged(new)
    beside.unlink(missing_ok=True)
    try:
        os.link(old, beside)
    except OSError:  # a file system without second names
        shutil.copyfile(old, beside)
    os.replace(beside, new)


def _to_disk(folder: Path) -> None:
    """The names of a folder's files, too, reach the disk; where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

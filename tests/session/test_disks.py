"""A training on a real disk that is full, or may not be written any more, and then may again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from darkpy.model.weights import read_header
from darkpy.session.pairs import find_pair
from tests.session.test_session import at_iteration

SIZE = 2**18


@pytest.fixture
def disk(project, tmp_path) -> Iterator[Path]:
    """The backup folder as a file system of its own, in memory."""
    folder = tmp_path / "backup"
    folder.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    project.data.write_text(project.data.read_text() + "savelast=1\n")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Take all the room that is left."""
    with open(folder / "filler", "wb", buffering=0) as file:
        try:
            while file.write(bytes(512)):
                pass
        except OSError:
            return


def test_a_disk_that_fills_up_and_has_room_again_ends_well(project, disk, monkeypatch):
    at_iteration(monkeypatch, 2, lambda *_: fill(disk))
    at_iteration(monkeypatch, 4, lambda *_: (disk / "filler").unlink())

    status, out, _ = project.train()

    assert status == 0
    # After the iterations 2 and 3; the first iteration is not saved.
    assert out.count("No space left on device") == 2
    assert out.count("NOT SAVED") == 2
    assert read_header(project.final).seen == 6 * 4
    rows = (disk / "tiny_train.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["iteration", "1", "2", "3", "4", "5", "6"]


def test_a_disk_that_stays_full_leaves_the_last_good_pair_and_status_1(project, disk, monkeypatch):
    with monkeypatch.context() as patch:
        at_iteration(patch, 4, lambda *_: fill(disk))
        status, out, _ = project.train()

    assert status == 1
    assert "NOT SAVED" in out
    pair, problems = find_pair(disk / "tiny_last.weights")
    assert (pair.state.iteration, problems) == (3, [])
    (disk / "filler").unlink()
    status, out, _ = project.train("-resume")
    assert status == 0
    assert "training goes on at iteration 3" in out


def test_a_disk_that_is_full_at_the_start_is_said_before_the_first_iteration(project, disk):
    fill(disk)

    status, out, errors = project.train()

    assert status == 2
    assert "learning rate" not in out
    assert errors == "backup/tiny.lock cannot be written: No space left on device\n"


def test_a_disk_that_may_not_be_written_for_a_while_ends_well(project, disk, monkeypatch):
    # Another file system lies over it for two iterations.
    over = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(disk)]
    at_iteration(monkeypatch, 2, lambda *_: subprocess.run(over, check=True))
    at_iteration(monkeypatch, 4, lambda *_: subprocess.run(["umount", str(disk)], check=True))

    status, out, _ = project.train()

    assert status == 0
    assert "Read-only file system" in out
    assert out.count("NOT SAVED") == 2
    assert read_header(project.final).seen == 6 * 4
    rows = (disk / "tiny_train.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["iteration", "1", "2", "3", "4", "5", "6"]

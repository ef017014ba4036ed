"""As a library darkpy leaves the process as it is; a command sets up its own."""

from __future__ import annotations

import signal

import pytest
import torch

import darkpy
from darkpy.data.pictures import read_picture
from darkpy.machine import process
from darkpy.machine.opencv import cv2
from tests.detector.conftest import project

__all__ = ["project"]


@pytest.fixture
def threads():
    """Numbers of threads that no default has; what was set before comes back afterwards."""
    before = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(3)
    torch.set_num_threads(3)
    yield lambda: (cv2.getNumThreads(), torch.get_num_threads())
    cv2.setNumThreads(before[0])
    torch.set_num_threads(before[1])


def test_detecting_and_training_from_python_leave_threads_allocator_and_signals(
    project, threads, monkeypatch
):
    kept = []
    monkeypatch.setattr(process, "keep_freed_memory", lambda: kept.append(1))
    heard = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    training = darkpy.train_detector(str(project.data), str(project.cfg), seed=1, threads=1)
    for _ in training:
        now = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        assert now == heard
    detector = darkpy.load(project.cfg, project.final)
    darkpy.detect(detector, read_picture(project.folder / "images/0.png", 3))

    assert threads() == (3, 3)
    assert not kept


def test_a_command_sets_its_process_up(threads, monkeypatch):
    kept = []
    monkeypatch.setattr(process, "keep_freed_memory", lambda: kept.append(1))
    monkeypatch.setattr(process, "available_processors", lambda: 2)

    process.prepare_process()
    assert threads() == (1, 2)
    assert kept

"""What all tests share: the folder of material made elsewhere, and quiet threads."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is loaded by now stays: nothing of it is garbage, and to look it over takes as long as a
    small training does, each of which asks for it after its chart."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def same_chance() -> None:
    """What a test draws from torch without a seed is the same in every run and order of tests."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared with golden numbers and real data; skips where it is not there."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared (golden numbers and real data) is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def faultless() -> str:
    """The text of a small detector in which there is nothing to remark on."""
    return (ROOT / "tests" / "check" / "faultless.cfg").read_text()


@pytest.fixture
def two_threads() -> Iterator[None]:
    """torch computes in two threads, whatever the machine has."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)

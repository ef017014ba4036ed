"""Batches that processes make: the same ones, and nothing is lost when a process dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import fields
from itertools import count
from pathlib import Path

import pytest
import torch
from torch import Tensor

from darkpy.augment.packed import Packed
from darkpy.augment.recipe import Recipe
from darkpy.data import forked, pictures
from darkpy.data.caching import open_cache
from darkpy.data.forked import ForkedLoader, default_processes, open_loader
from darkpy.data.loader import Loader
from darkpy.errors import DarkpyError, DataError
from darkpy.machine.sharing import POSSIBLE

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="this system cannot fork")

LABELS = {"a": "0 .5 .5 .5 .5\n1 .25 .25 .3 .3\n", "b": "", "c": None, "d": "1 .5 .5 .9 .9\n"}
ALL_KNOBS = Recipe(
    resize=1.5, hue=0.1, saturation=1.5, exposure=1.5, blur=3, gaussian_noise=5, mosaic=True
)


def _loader(kind, dataset, **options) -> Loader:
    settings = {"batch": 4, "mini_batch": 2, "size_hw": lambda i: (32, 64 if i % 2 else 32)}
    own = {"processes": 2} if kind is ForkedLoader else {"threads": 2}
    return kind(dataset, ALL_KNOBS, **{**settings, **own, **options})


def _take(loader: Loader, iterations: int) -> list:
    with loader:
        return [taken for _, taken in zip(range(iterations), loader, strict=False)]


def _tensors(owner) -> list[Tensor]:
    """All tensors of a batch, and of what its pictures are made from, in order."""
    found = []
    for value in (getattr(owner, field.name) for field in fields(owner)):
        if isinstance(value, Packed):
            found += [torch.tensor(value.size_hw), *_tensors(value)]
        elif isinstance(value, Tensor):
            found.append(value)
    return found


def _same(first: list, second: list) -> bool:
    """Whether two lists of (iteration, mini-batches) hold the same bits."""
    for (i, parts), (j, others) in zip(first, second, strict=True):
        pairs = zip(parts, others, strict=True)
        rows = [zip(_tensors(part), _tensors(other), strict=True) for part, other in pairs]
        if i != j or not all(torch.equal(one, two) for row in rows for one, two in row):
            return False
    return True


@pytest.mark.parametrize("on_device", [False, True])
@pytest.mark.parametrize("processes", [1, 3])
def test_processes_make_what_threads_make(make_dataset, on_device, processes):
    ds = make_dataset(LABELS)
    how = {"on_device": on_device, "first": 5}

    made = _take(_loader(ForkedLoader, ds, processes=processes, **how), 7)

    assert _same(made, _take(_loader(Loader, ds, **how), 7))
    assert not _same(made, _take(_loader(Loader, ds, **how, seed=1), 7))
    images = made[0][1][0].images
    assert on_device or images.is_contiguous(memory_format=torch.channels_last)


def test_each_device_has_its_own_part_made(make_dataset):
    ds = make_dataset(LABELS)
    slots = [range(1, 2), range(3, 4)]

    assert _same(
        _take(_loader(ForkedLoader, ds, slots=slots), 3), _take(_loader(Loader, ds, slots=slots), 3)
    )


def test_what_comes_can_be_looked_at_before_with_its_draws(make_dataset):
    with _loader(ForkedLoader, make_dataset(LABELS)) as loader:
        again = loader.again(1)
        _, parts = next(iter(loader))

    assert _same([(1, again)], [(1, parts)])
    assert all(len(part.draws) == 2 for part in again)
    assert all(part.draws == () for part in parts)


def test_pictures_that_no_process_can_read_are_told_once(make_dataset):
    ds = make_dataset(LABELS)
    Path(ds.path(1)).write_bytes(b"no picture")

    loader = _loader(ForkedLoader, ds)
    made = _take(loader, 9)

    (reason,) = loader.news()
    assert ds.path(1) in reason
    assert list(loader.broken) == [ds.path(1)]
    assert _same(made, _take(_loader(Loader, ds), 9))


def test_an_error_keeps_its_kind_and_words(make_dataset):
    ds = make_dataset({"a": LABELS["a"]})
    Path(ds.path(0)).write_bytes(b"no picture")

    with pytest.raises(
        DataError, match=r"none of its 1 pictures can be read; the last one: .*a.png"
    ):
        _take(_loader(ForkedLoader, ds), 1)


def test_any_other_failure_names_the_list(make_dataset, monkeypatch):
    def fails(*_):
        raise RuntimeError("no such thing")

    ds = make_dataset(LABELS)
    monkeypatch.setattr(Loader, "_make", fails)

    with pytest.raises(
        DarkpyError, match=r"train.txt: a mini-batch cannot be made: .*no such thing"
    ):
        _take(_loader(ForkedLoader, ds), 1)


def test_a_thread_goes_on_for_a_process_that_was_killed(make_dataset):
    ds = make_dataset(LABELS)
    loader = _loader(ForkedLoader, ds)
    made = []
    with loader:
        for number, taken in enumerate(loader):
            made.append(taken)
            if number == 1:
                os.kill(loader.makers[0].process, signal.SIGKILL)
            if number == 3:
                os.kill(loader.makers[1].process, signal.SIGKILL)
            if number == 20:
                break
        told = loader.setbacks()

    assert _same(made, _take(_loader(Loader, ds), 21))
    assert len(told) == 2
    assert all("loads pictures ended (signal 9); a thread goes on" in words for words in told)
    assert loader.setbacks() == []


def test_nothing_is_left_of_a_loader_that_is_closed(make_dataset):
    loader = _loader(ForkedLoader, make_dataset(LABELS))
    batches = iter(loader)
    next(batches)
    processes = [maker.process for maker in loader.makers]
    assert len(processes) == 2

    loader.close()

    assert not any(thread.name.startswith("darkpy-load") for thread in threading.enumerate())
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_a_picture_is_decoded_once_for_all_processes(make_dataset, tmp_path, monkeypatch):
    ds = make_dataset(LABELS)
    log = tmp_path / "decoded.log"

    def read_picture(path, *given):
        with open(log, "a") as file:
            file.write(f"{path}\n")
        return pictures.read_picture(path, *given)

    monkeypatch.setattr("darkpy.data.mapped_cache.read_picture", read_picture)
    cache = open_cache("ram", ds, shared=True)

    made = _take(_loader(ForkedLoader, ds, cache=cache), 30)

    # Two processes may begin with the same picture at the same time, but never later.
    decoded = log.read_text().split()
    assert set(decoded) == {ds.path(i) for i in range(4)}
    assert len(decoded) <= 2 * 4
    assert _same(made, _take(_loader(Loader, ds), 30))


_KILLED = """
import os, signal, sys
from pathlib import Path
from darkpy.augment.recipe import Recipe
from darkpy.cfg.data import DataOptions
from darkpy.data.dataset import read_dataset
from darkpy.data.forked import ForkedLoader
from darkpy.machine.process import prepare_process

prepare_process()
ds = read_dataset(Path(sys.argv[1]), DataOptions(Path("obj.data")), 2)
loader = ForkedLoader(
    ds, Recipe(), batch=4, mini_batch=4, size_hw=lambda i: (32, 32), processes=2
)
batches = iter(loader)
next(batches)
print(*(maker.process for maker in loader.makers), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_end_with_the_one_that_they_work_for(make_dataset):
    ds = make_dataset(LABELS)

    run = subprocess.run(
        [sys.executable, "-c", _KILLED, ds.source], capture_output=True, text=True, check=False
    )

    assert run.returncode == -signal.SIGKILL
    processes = [int(word) for word in run.stdout.split()]
    assert len(processes) == 2
    for process in processes:
        _wait_until_gone(process)


def _wait_until_gone(process: int) -> None:
    for tries in count():
        try:
            state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":  # nobody asks how it ended, but it has
            return
        assert tries < 600, f"process {process} lives on"
        time.sleep(0.05)


def test_a_signal_to_all_is_for_the_first_one(make_dataset):
    loader = _loader(ForkedLoader, make_dataset(LABELS))
    with loader:
        batches = iter(loader)
        next(batches)
        for maker in loader.makers:
            for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"):
                os.kill(maker.process, getattr(signal, name))
        for _ in range(5):
            next(batches)

        assert loader.setbacks() == []


def test_who_makes_the_batches(make_dataset, monkeypatch):
    ds = make_dataset(LABELS)
    how = {"batch": 1, "mini_batch": 1, "size_hw": lambda i: (32, 32), "threads": 0}

    def kind(processes: int, opencv_threads: int) -> type:
        monkeypatch.setattr(forked.cv2, "getNumThreads", lambda: opencv_threads)
        with open_loader(ds, ALL_KNOBS, processes=processes, **how) as loader:
            return type(loader)

    assert kind(2, 1) is ForkedLoader
    assert kind(0, 1) is Loader
    assert kind(2, 4) is Loader


def test_a_gpu_has_processes_where_there_are_processors_to_spare(monkeypatch):
    monkeypatch.setattr(forked, "available_processors", lambda: 16)

    assert default_processes("cpu") == 0
    assert default_processes("cuda") == 8  # never more
    assert default_processes("cuda", among=2) == 6  # 16 / 2, less the training's two
    assert default_processes("cuda", among=8) == 0

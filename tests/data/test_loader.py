"""Batches for training."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from darkpy.augment.recipe import Recipe
from darkpy.augment.views import Views
from darkpy.data.cache import PictureCache
from darkpy.data.caching import open_cache
from darkpy.data.frames import Frames
from darkpy.data.loader import Loader
from darkpy.errors import DarkpyError, DataError

LABELS = {
    "a": "0 .5 .5 .5 .5\n1 .25 .25 .3 .3\n",
    "b": "",
    "c": None,
    "d": "1 .5 .5 .9 .9\n",
    "e": "0 .75 .5 .4 .4\n" * 3,
}
ALL_KNOBS = Recipe(
    resize=1.5, hue=0.1, saturation=1.5, exposure=1.5, blur=3, gaussian_noise=5, mosaic=True
)
SSD = Recipe(expand=4, ssd_crop=(0.1, 0.3, 0.5, 0.7, 0.9), ssd_distort=True)
PLAIN = Recipe(jitter=0, flip=False)


def _loader(ds, recipe=ALL_KNOBS, **options) -> Loader:
    settings = {"batch": 4, "mini_batch": 2, "size_hw": lambda iteration: (32, 64), "threads": 2}
    return Loader(ds, recipe, **{**settings, **options})


def _take(loader: Loader, iterations: int) -> list:
    """The first iterations of a loader, which is closed."""
    with loader:
        return [taken for _, taken in zip(range(iterations), loader, strict=False)]


def _same(first: list, second: list) -> bool:
    """Whether two lists of (iteration, mini-batches) hold the same bits."""
    for (i, parts), (j, others) in zip(first, second, strict=True):
        if i != j or len(parts) != len(others):
            return False
        for part, other in zip(parts, others, strict=True):
            fields = ("images", "truths", "counts", "ignored", "indices")
            if not all(torch.equal(getattr(part, f), getattr(other, f)) for f in fields):
                return False
    return True


def _fail_at_the_first_batch(loader: Loader) -> None:
    with loader:
        for _ in loader:
            raise ZeroDivisionError


def _threads() -> int:
    return sum(thread.name.startswith("darkpy-load") for thread in threading.enumerate())


def test_an_iteration_is_its_mini_batches(make_dataset):
    taken = _take(_loader(make_dataset(LABELS), first=7), 2)

    assert [iteration for iteration, _ in taken] == [7, 8]
    for _, parts in taken:
        assert len(parts) == 2
        for part in parts:
            assert part.images.shape == (2, 3, 32, 64)
            assert part.images.dtype == torch.uint8
            assert part.images.is_contiguous(memory_format=torch.channels_last)
            assert part.truths.shape[0] == part.counts.shape[0] == part.indices.shape[0] == 2
            assert part.truths.shape[1:] == (max(1, part.counts.max()), 5)


def test_every_slot_of_an_iteration_has_its_own_draw(make_dataset):
    for _, (first, second) in _take(_loader(make_dataset(LABELS)), 3):
        pictures = [*first.images, *second.images]
        assert not any(
            torch.equal(one, other) for i, one in enumerate(pictures) for other in pictures[:i]
        )


def test_pictures_and_truths_belong_together(make_dataset):
    ds = make_dataset(LABELS)
    seen = set()
    for _, parts in _take(_loader(ds, PLAIN), 10):
        for part in parts:
            for image, rows, count, i in zip(
                part.images, part.truths, part.counts, part.indices.tolist(), strict=True
            ):
                assert (image == 20 * i + 10).all()
                boxes, classes = ds.truths(i)
                np.testing.assert_allclose(rows[:count, :4], boxes, atol=1e-6)
                np.testing.assert_array_equal(rows[:count, 4], classes)
                assert (rows[count:] == 0).all()
                seen.add(i)

    assert seen == set(range(5))


@pytest.mark.parametrize("recipe", [ALL_KNOBS, SSD])
def test_the_batches_are_the_same_for_any_number_of_threads(make_dataset, recipe):
    ds = make_dataset(LABELS)
    alone = _take(_loader(ds, recipe, threads=0), 5)

    for threads in (1, 2, 8):
        assert _same(_take(_loader(ds, recipe, threads=threads), 5), alone)
    assert not _same(_take(_loader(ds, recipe, seed=1), 5), alone)


@pytest.mark.parametrize("recipe", [ALL_KNOBS, SSD])
def test_the_device_makes_the_same_pictures_from_the_same_draws(make_dataset, recipe):
    ds = make_dataset(LABELS)
    cpu = torch.device("cpu")
    painted = _take(_loader(ds, recipe), 4)

    left = _take(_loader(ds, recipe, on_device=True), 4)

    for (_, parts), (_, others) in zip(painted, left, strict=True):
        for part, other in zip(parts, others, strict=True):
            images, made = part.images_on(cpu), other.images_on(cpu)
            assert made.shape == images.shape == (2, 3, *other.size_hw)
            assert made.is_contiguous(memory_format=torch.channels_last)
            assert (images.int() - made.int()).abs().max() <= 2
            assert torch.equal(part.truths, other.truths)
            assert part.draws == other.draws


@pytest.mark.parametrize("on_device", [False, True])
def test_for_a_gpu_all_pixels_lie_in_page_locked_memory(make_dataset, monkeypatch, on_device):
    pinned = []

    def pin_memory(tensor):  # which needs a GPU
        pinned.append(tensor.shape)
        return tensor.clone()

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin_memory)
    ds = make_dataset(LABELS)

    taken = _take(_loader(ds, on_device=on_device, pin=True, threads=0), 1)

    # Two mini-batches of one tensor each, or of the eighteen that the device takes.
    assert len(pinned) == (36 if on_device else 2)
    monkeypatch.undo()
    assert _same_pictures(taken, _take(_loader(ds, on_device=on_device), 1))


def _same_pictures(first: list, second: list) -> bool:
    cpu = torch.device("cpu")
    parts = [part for taken in (first, second) for _, batches in taken for part in batches]
    half = len(parts) // 2
    return all(
        torch.equal(one.images_on(cpu), other.images_on(cpu))
        for one, other in zip(parts[:half], parts[half:], strict=True)
    )


def test_a_restart_goes_on_with_the_same_batches(make_dataset):
    ds = make_dataset(LABELS)

    assert _same(_take(_loader(ds, first=4), 2), _take(_loader(ds), 5)[3:])


def test_a_cache_changes_nothing(make_dataset):
    ds = make_dataset(LABELS)

    cached = _take(_loader(ds, cache=open_cache("ram", ds, limit=2**20)), 5)

    assert _same(cached, _take(_loader(ds), 5))


def test_the_input_may_change_its_size_from_iteration_to_iteration(make_dataset):
    sizes = {1: (32, 32), 2: (64, 32), 3: (32, 96)}

    taken = _take(_loader(make_dataset(LABELS), size_hw=lambda i: sizes.get(i, (32, 32))), 3)

    assert {i: tuple(parts[0].images.shape[2:]) for i, parts in taken} == sizes


def test_grey_batches_have_one_channel(make_dataset):
    ds = make_dataset(LABELS)

    (_, parts), *_ = _take(_loader(ds, cache=PictureCache(ds, channels=1)), 1)

    assert parts[0].images.shape == (2, 1, 32, 64)


def test_a_batch_without_objects_has_one_empty_row(make_dataset):
    (_, parts), *_ = _take(_loader(make_dataset({"a": None, "b": ""})), 1)

    assert parts[0].counts.tolist() == [0, 0]
    assert parts[0].truths.shape == (2, 1, 5)
    assert not parts[0].truths.any()


@pytest.mark.parametrize("threads", [0, 2])
def test_a_broken_and_a_vanished_picture_are_replaced_and_noted_once(make_dataset, threads):
    ds = make_dataset(LABELS)
    Path(ds.path(1)).write_bytes(b"no picture")
    Path(ds.path(3)).unlink()

    loader = _loader(ds, threads=threads)
    taken = _take(loader, 8)

    assert set(loader.broken) == {ds.path(1), ds.path(3)}
    assert "cannot be decoded" in loader.broken[ds.path(1)]
    used = {i for _, parts in taken for part in parts for i in part.indices.tolist()}
    assert used == {0, 2, 4}
    assert _same(_take(_loader(ds, threads=1), 8), taken)


@pytest.mark.parametrize("threads", [0, 2])
def test_a_data_set_of_broken_pictures_is_refused(make_dataset, threads):
    ds = make_dataset(LABELS)
    for i in range(len(ds)):
        Path(ds.path(i)).write_bytes(b"no picture")

    with pytest.raises(DataError, match=r"none of its 5 pictures can be read.*decoded"):
        _take(_loader(ds, threads=threads), 1)


def test_a_label_edited_during_the_run_changes_nothing(make_dataset, tmp_path):
    ds = make_dataset(LABELS)
    before = _take(_loader(ds), 3)
    (tmp_path / "a.txt").write_text("this is 17 not a label")

    assert _same(_take(_loader(ds), 3), before)


@pytest.mark.parametrize("threads", [0, 2])
def test_a_failure_in_a_thread_names_the_picture(make_dataset, threads):
    ds = make_dataset({"a": ""})

    class Failing(PictureCache):
        def read(self, i):
            return np.zeros((0, 0, 3), np.uint8)  # which no picture is

    with pytest.raises(DarkpyError, match=r"a\.png: cannot be augmented"):
        _take(_loader(ds, threads=threads, cache=Failing(ds)), 1)
    assert _threads() == 0


@pytest.mark.parametrize("threads", [0, 2])
def test_a_failure_while_decoding_names_the_picture(make_dataset, threads):
    ds = make_dataset({"a": ""})

    class Failing(PictureCache):
        def read(self, i):
            raise MemoryError

    with pytest.raises(DarkpyError, match=r"a\.png: cannot be read: MemoryError"):
        _take(_loader(ds, threads=threads, cache=Failing(ds)), 1)


def test_a_broken_picture_is_news_once(make_dataset):
    ds = make_dataset(LABELS)
    Path(ds.path(1)).write_bytes(b"no picture")
    with _loader(ds, threads=0) as loader:
        batches = iter(loader)
        for _ in range(8):
            next(batches)
        told = loader.news()
        next(batches)
        assert loader.news() == []

    assert len(told) == 1
    assert ds.path(1) in told[0]


def test_only_so_much_is_made_ahead(make_dataset):
    asked = []

    def size(iteration):
        asked.append(iteration)
        return 32, 32

    with _loader(make_dataset(LABELS), size_hw=size, threads=1) as loader:
        batches = iter(loader)
        next(batches)
        time.sleep(0.05)
        assert asked == [1, 2, 3]
        next(batches)
        assert asked == [1, 2, 3, 4]


def test_closing_breaking_off_and_dropping_end_the_threads(make_dataset):
    ds = make_dataset(LABELS)
    with _loader(ds) as loader:
        next(iter(loader))
    assert _threads() == 0

    for _ in _loader(ds):
        break
    gc.collect()
    assert _threads() == 0

    with pytest.raises(ZeroDivisionError):
        _fail_at_the_first_batch(_loader(ds))
    assert _threads() == 0


def test_boxes_that_are_not_judged_come_along(make_dataset, tmp_path):
    (tmp_path / "a.ign").write_text("-1 .5 .5 1 1\n1 .25 .25 .5 .5\n")
    ds = make_dataset({"a": "0 .5 .5 .5 .5\n", "b": ""})

    ((_, (batch,)),) = _take(_loader(ds, PLAIN, batch=8, mini_batch=8, seed=2), 1)

    own = batch.ignored[batch.indices == 0]
    expected = torch.tensor([[0.5, 0.5, 1, 1, -1], [0.25, 0.25, 0.5, 0.5, 1]])
    assert 0 < len(own) < 8
    assert (own == expected).all()
    assert not batch.ignored[batch.indices == 1].any()


def test_without_ignored_boxes_there_is_no_row_for_them(make_dataset):
    ((_, (first, _)),) = _take(_loader(make_dataset(LABELS)), 1)

    assert first.ignored.shape == (2, 0, 5)


@pytest.mark.parametrize("on_device", [False, True])
def test_a_batch_comes_onto_a_device_whole(make_dataset, on_device):
    ((_, (batch, _)),) = _take(_loader(make_dataset(LABELS), on_device=on_device), 1)

    there = batch.on(torch.device("meta") if not on_device else torch.device("cpu"))

    kind = "cpu" if on_device else "meta"
    for name in ("images", "truths", "counts", "ignored"):
        assert getattr(there, name).device.type == kind
    assert tuple(there.images.shape) == (2, 3, 32, 64)
    assert there.size_hw == batch.size_hw


def test_with_two_views_every_second_place_shows_the_picture_before_once_more(make_dataset):
    ds = make_dataset(LABELS)
    loader = _loader(ds, Recipe(jitter=0.2, resize=1.5), views=Views(shape=False, colour=False))
    alone = _loader(ds, Recipe(jitter=0.2, resize=1.5))

    seen = _take(loader, 4)

    for (_, parts), (_, once) in zip(seen, _take(alone, 4), strict=True):
        for part, other in zip(parts, once, strict=True):
            first, second = part.indices.tolist()
            assert first == second == other.indices[0]
            assert part.draws[0] == other.draws[0] != part.draws[1]


def test_sequences_come_in_pairs_too(make_dataset):
    frames = Frames(sequences=2, steps=2, chained=lambda iteration: 1, speed=1, seed=0)
    views = Views(shape=False, colour=False)
    loader = _loader(make_dataset(LABELS), PLAIN, mini_batch=4, frames=frames, views=views)
    for _, (part,) in _take(loader, 3):
        first = int(part.indices[0])
        # Both first frames, then both second ones.
        assert part.indices.tolist() == [first] * 2 + [(first + 1) % len(LABELS)] * 2

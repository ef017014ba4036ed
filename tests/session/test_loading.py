"""What is said about the batches of a training before it begins."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.augment import device
from darkpy.augment.recipe import Recipe
from darkpy.cfg.data import DataOptions
from darkpy.data.dataset import read_dataset
from darkpy.data.loader import Loader
from darkpy.data.pictures import write_picture
from darkpy.session.loading import compiled_if_asked

CPU = torch.device("cpu")


@pytest.fixture
def loader_of(tmp_path, monkeypatch):
    """A loader of one picture, where torch's compiler is what a test makes of it."""
    write_picture(tmp_path / "a.png", np.full((24, 32, 3), 99, np.uint8))
    (tmp_path / "a.txt").write_text("0 .5 .5 .5 .5\n")
    (tmp_path / "train.txt").write_text("a.png\n")
    dataset = read_dataset(tmp_path / "train.txt", DataOptions(tmp_path / "obj.data"), 1)

    def make(compiler, **how) -> Loader:
        monkeypatch.setattr(torch, "compile", compiler)
        device._compiled.cache_clear()
        size = {"batch": 1, "mini_batch": 1, "size_hw": lambda iteration: (32, 32)}
        return Loader(dataset, Recipe(), threads=0, compiled=True, **size, **how)

    yield make
    device._compiled.cache_clear()


def _fails(function, **_):
    def run(*_):
        raise RuntimeError("no g++\nand much more")

    return run


def _works(function, **_):
    return function


def test_a_compiler_that_works_is_kept(loader_of):
    loader = loader_of(_works, on_device=True)

    assert list(compiled_if_asked(loader, CPU, True)) == ["the augmentation was compiled in 0 s"]
    assert loader.again(1)[0].images.compiled


def test_without_a_compiler_pictures_are_made_all_the_same(loader_of):
    loader = loader_of(_fails, on_device=True)

    (said,) = compiled_if_asked(loader, CPU, True)

    why = "torch's compiler does not work here: RuntimeError: no g++"
    assert said == f"-compile: left out, {why}"
    (batch,) = loader.again(1)
    assert not batch.images.compiled
    assert batch.images_on(CPU).shape == (1, 3, 32, 32)


def test_opencv_is_not_compiled(loader_of):
    loader = loader_of(_fails, on_device=False)

    (said,) = compiled_if_asked(loader, CPU, True)
    assert said == "-compile: pictures are augmented by OpenCV here, which nothing compiles"
    assert list(compiled_if_asked(loader, CPU, False)) == []

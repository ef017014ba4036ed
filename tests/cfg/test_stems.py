"""Files of a network by the stem of their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkpy.cfg.stems import files_of_names, relatives_of
from darkpy.errors import CfgError, WeightsError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cars.cfg").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["cars_best", "cars_final", "cars_1000"], "cars_best"),
        (["cars_last", "cars_final"], "cars_final"),
        (["cars", "cars_2000"], "cars"),
        (["cars_900", "cars_10000", "cars_2000"], "cars_10000"),
        (["cars_1000", "cargo_best"], "cars_1000"),
    ],
)
def test_the_best_weights_are_taken_then_the_newest(folder, there, taken):
    for name in there:
        (folder / f"{name}.weights").touch()

    assert relatives_of("cars").weights == Path(f"{taken}.weights")


def test_weights_of_a_training_lie_in_backup_and_a_path_may_come_before(folder):
    (folder / "backup").mkdir()
    (folder / "backup" / "cars_best.weights").touch()

    assert relatives_of("cars.cfg").weights == Path("backup/cars_best.weights")
    found = relatives_of(str(folder / "cars"))
    assert (found.cfg, found.weights) == (folder / "cars.cfg", folder / "backup/cars_best.weights")


def test_what_is_missing_is_named(folder):
    with pytest.raises(CfgError, match=r"crs: there is no crs\.cfg; did you mean 'cars'\?"):
        relatives_of("crs")
    with pytest.raises(WeightsError, match=r"cars: there is no cars_best\.weights or the like"):
        relatives_of("cars")


def test_names_beside_the_cfg_come_before_darknets_own(folder):
    for name in ("cars.data", "cfg/coco.data"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()

    assert files_of_names(Path("cars.cfg")) == (Path("cars.data"), Path("cfg/coco.data"))

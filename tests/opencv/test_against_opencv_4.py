"""Rows and detections beside those of OpenCV 4.11: same rows, same order, same suppression."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import darkpy.opencv
from tests.conftest import ROOT

ORACLE = ROOT / "tests" / "oracle" / "opencv"


def _make():
    spec = importlib.util.spec_from_file_location("make", ORACLE / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    return make


MAKE = _make()
WANTED = {name: rows for name, rows in np.load(ORACLE / "rows.npz").items()}


def _compare(folder, name):
    found = MAKE.seen(darkpy.opencv, folder)

    assert set(found) == {key.split("/", 1)[1] for key in WANTED if key.startswith(f"{name}/")}
    for key, rows in found.items():
        wanted = WANTED[f"{name}/{key}"]
        assert rows.shape == wanted.shape, key
        if key.rpartition("/")[2] in MAKE.DETECT:  # class, score, and the box in whole px
            np.testing.assert_array_equal(rows[:, [0, 2, 3, 4, 5]], wanted[:, [0, 2, 3, 4, 5]], key)
            np.testing.assert_allclose(rows[:, 1], wanted[:, 1], atol=1e-4, err_msg=key)
            continue
        # A score is 0 where it is not above a threshold or silenced: in the same places.
        np.testing.assert_array_equal(rows[..., 5:] > 0, wanted[..., 5:] > 0, err_msg=key)
        np.testing.assert_allclose(rows, wanted, rtol=1e-4, atol=1e-4, err_msg=key)


@pytest.mark.oracle
@pytest.mark.parametrize("name", MAKE.SMALL)
def test_small_nets(tmp_path, name):
    _compare(dict(MAKE.prepared(tmp_path, None))[name], name)


@pytest.mark.slow
@pytest.mark.oracle
def test_stock_cfgs_and_real_weights(tmp_path, shared):
    for name, folder in MAKE.prepared(tmp_path, shared):
        if name not in MAKE.SMALL:
            _compare(folder, name)

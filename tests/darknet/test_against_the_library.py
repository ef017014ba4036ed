"""The module beside the C program's own on the same pictures, through real weights."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

import darkpy.darknet as darknet
from tests.conftest import ROOT

ORACLE = ROOT / "tests" / "oracle" / "darknet_module"

# The two programs add in another order: a probability may lie this much aside, which shows in a
# percentage of two digits only where it was about to be rounded the other way.
ASIDE = 1e-5


@pytest.fixture(scope="module")
def calls(shared, tmp_path_factory):
    spec = importlib.util.spec_from_file_location("make", ORACLE / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    return list(make.seen(darknet, tmp_path_factory.mktemp("data"), shared))


@pytest.mark.slow
@pytest.mark.oracle
def test_boxes_to_a_hundredth_of_a_pixel_and_percentages_to_the_digit(calls):
    asked = json.loads((ORACLE / "detections.json").read_text())

    assert [call[:3] for call in calls] == [tuple(call[:3]) for call in asked]
    digits = rounded = 0
    for (*call, found), (*_, wanted) in zip(calls, asked, strict=True):
        found, wanted = (np.array(rows).reshape(-1, 6) for rows in (found, wanted))
        assert found[:, 0].tolist() == wanted[:, 0].tolist(), call
        np.testing.assert_allclose(found[:, 1], wanted[:, 1], atol=ASIDE, rtol=0, err_msg=call)
        place = 0.01 if call[2] != "letterboxed" else 2e-5  # of the unit square: .01 px of 500
        np.testing.assert_allclose(found[:, 2:], wanted[:, 2:], atol=place, rtol=0, err_msg=call)
        for one, other in zip(found[:, 1], wanted[:, 1], strict=True):
            edge = abs(other * 1e4 % 1 - 0.5) < ASIDE * 1e4
            rounded += edge
            digits += 1
            assert edge or round(one * 100, 2) == round(other * 100, 2)
    assert digits > 400
    assert rounded < digits * 0.3

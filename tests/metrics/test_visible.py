"""What is drawn of a measurement: sure detections, right or wrong, and missed objects."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.errors import DataError
from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.visible import Visible
from tests.metrics.pictures import found

A, B, C = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2], [0.5, 0.1, 0.1, 0.1]


@pytest.fixture
def seen() -> Visible:
    """A is found twice, B by an unsure detection only; C is found where nothing is."""
    accumulator = MapAccumulator(1)
    detections = found([[*A, 0.9], [*A, 0.8], [*B, 0.1], [*C, 0.6]])
    accumulator.add(detections, np.array([A, B]), np.array([0, 0]), picture_hw=(40, 50))
    measured = accumulator.finished()
    return measured.study(measured.report()).visible


def test_sure_detections_are_right_once_an_object(seen):
    rows = seen.found[np.argsort(-seen.found[:, 6])]

    assert rows[:, 7].tolist() == [1, 0, 0]
    assert rows[:, 6] == pytest.approx([0.9, 0.8, 0.6])
    assert rows[:, 2:6] == pytest.approx(np.array([A, A, C]))


def test_what_only_an_unsure_detection_finds_is_missed(seen):
    assert seen.missed[:, 2:] == pytest.approx(np.array([B]))


def test_it_comes_back_from_a_file(seen):
    again = Visible.from_data(seen.as_data(), 1, 1, "a.json")

    assert again.found == pytest.approx(seen.found, abs=1e-5)
    assert again.missed == pytest.approx(seen.missed, abs=1e-5)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: [],
        lambda data: {"found": data["found"]},
        lambda data: {**data, "missed": [[1, 2]]},
        lambda data: {**data, "missed": [[5, 0, 0.5, 0.5, 0.1, 0.1]]},
        lambda data: {**data, "missed": [[0, 0, None, 0.5, 0.1, 0.1]]},
        lambda data: {**data, "found": "text"},
    ],
)
def test_anything_else_is_refused(seen, spoil):
    with pytest.raises(DataError, match=r"a\.json: "):
        Visible.from_data(spoil(seen.as_data()), 1, 1, "a.json")

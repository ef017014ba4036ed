"""What a measurement leaves behind: average precisions of weighted pictures, and its JSON form."""

from __future__ import annotations

import json

import numpy as np
import pytest

from darkpy.errors import DataError
from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.calibration import calibration
from darkpy.metrics.evidence import Evidence, evidence_order
from darkpy.metrics.intervals import interval, map_interval, resampled
from tests.metrics.pictures import found, random_picture

CLASSES = 3
A, B = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2]


def measurement(pictures, classes=CLASSES):
    accumulator = MapAccumulator(classes)
    for detections, boxes, own in pictures:
        accumulator.add(detections, np.array(boxes), np.array(own), picture_hw=(400, 500))
    return accumulator.finished()


def evidence_of(pictures, classes=CLASSES) -> Evidence:
    it = measurement(pictures, classes)
    return Evidence.of(it.all, it.found, evidence_order(it.all, it.found), classes)


def some_pictures(seed=0, count=12):
    rng = np.random.default_rng(seed)
    return [random_picture(rng, CLASSES, int(n), 3 * int(n)) for n in rng.integers(0, 9, count)]


def test_every_picture_once_gives_the_map_of_the_report():
    pictures = some_pictures()
    evidence, report = evidence_of(pictures), measurement(pictures).report()

    (aps,) = evidence.average_precisions(np.ones((1, len(pictures)), dtype=int))

    assert aps.tolist() == pytest.approx([it.average_precision for it in report.classes], abs=1e-12)
    assert 0.1 < aps.mean() < 0.99


def test_a_weight_is_as_many_copies_of_the_picture():
    pictures = [
        (found([[*A, 0.9, 0, 0]], CLASSES), [A, B], [0, 0]),
        (found([[*A, 0, 0.8, 0], [*B, 0.7, 0, 0]], CLASSES), [B], [1]),
        (found([[*B, 0.6, 0.5, 0]], CLASSES), [B], [0]),
    ]
    weights = np.array([[2, 0, 3], [1, 4, 1]])

    for row, aps in zip(weights, evidence_of(pictures).average_precisions(weights), strict=True):
        copies = [it for it, times in zip(pictures, row, strict=True) for _ in range(times)]
        wanted = [it.average_precision for it in measurement(copies).report().classes]
        assert aps.tolist() == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("name", "value"), [("_PRODUCTS", 0), ("_PRODUCTS", 1e9), ("_EXACT", 0)])
def test_whichever_way_weights_are_added_the_average_precisions_are_the_same(
    name, value, monkeypatch
):
    evidence = evidence_of(some_pictures(seed=5))
    weights = resampled(12, len(evidence.probs))
    usual = evidence.average_precisions(weights)
    monkeypatch.setattr(f"darkpy.metrics.evidence.{name}", value)
    assert np.array_equal(evidence.average_precisions(weights), usual)
    assert len(np.unique(usual)) > 100


def test_a_choice_of_pictures_is_the_measurement_of_these():
    pictures, chosen = some_pictures(), [7, 2, 3]
    ones = np.ones((1, 3), dtype=int)

    part = evidence_of(pictures).selected(np.array(chosen))
    wanted = evidence_of([pictures[n] for n in chosen])

    np.testing.assert_allclose(part.average_precisions(ones), wanted.average_precisions(ones))
    assert part.right_and_wrong(0.25).tolist() == wanted.right_and_wrong(0.25).tolist()


def test_right_and_wrong_are_counted_by_picture():
    pictures = [
        (found([[*A, 0.9, 0, 0], [*B, 0.2, 0, 0]], CLASSES), [A, B], [0, 0]),
        (found([[*A, 0.8, 0, 0], [*A, 0.7, 0, 0]], CLASSES), [A], [0]),
    ]

    # B is found below the threshold; the second box on A is too late.
    assert evidence_of(pictures).right_and_wrong(0.25).tolist() == [[1, 0], [1, 1]]


def test_json_and_back_is_the_same():
    evidence = evidence_of(some_pictures())
    again = Evidence.from_data(json.loads(json.dumps(evidence.as_data())), "a.json")
    weights = resampled(evidence.picture_count, len(evidence.probs))[:5]

    np.testing.assert_array_equal(
        again.average_precisions(weights), evidence.average_precisions(weights)
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("probs", [0.5]),
        ("probs", "many"),
        ("pictures", [99]),
        ("classes", [-1]),
        ("picture_count", None),
        ("truth_classes", [[0]]),
        ("probs", [float("nan")]),
    ],
)
def test_numbers_that_do_not_fit_are_refused(name, value):
    data = evidence_of([(found([[*A, 0.9, 0, 0]], CLASSES), [A, B], [0, 0])]).as_data()
    data[name] = value if name != "probs" or value != [0.5] else [0.5, 0.4]

    with pytest.raises(DataError, match=r"^a\.json: "):
        Evidence.from_data(data, "a.json")


def test_the_interval_holds_the_map_and_is_the_same_every_time():
    evidence = evidence_of(some_pictures(count=30))
    (aps,) = evidence.average_precisions(np.ones((1, 30), dtype=int))

    first, second = map_interval(evidence), map_interval(evidence)

    assert first == second
    assert first.low < aps.mean() < first.high


def test_the_interval_is_the_middle_95_percent():
    # 0, 1, ..., 1000: 2.5 % of them lie below 25, 2.5 % above 975
    assert vars(interval(np.arange(1001.0))) == pytest.approx({"low": 25, "high": 975})


def test_samples_draw_as_many_pictures_as_there_are():
    weights = resampled(7, 100)

    assert weights.shape == (1000, 7)
    assert set(weights.sum(axis=1)) == {7}
    # with replacement a picture is left out of (6/7)^7 = 34 % of the samples
    assert (weights == 0).mean() == pytest.approx((6 / 7) ** 7, abs=0.02)


def test_no_picture_has_an_interval_of_zeros():
    assert vars(map_interval(evidence_of([]))) == {"low": 0, "high": 0}


def test_calibration_sets_probability_beside_the_share_that_is_right():
    boxes = [[*A, 0.92, 0, 0], [*B, 0.98, 0, 0], [0.5, 0.9, 0.1, 0.1, 0.6, 0, 0]]
    evidence = evidence_of([(found(boxes, CLASSES), [A], [0])])

    result = calibration(evidence)

    last, middle = result.bins[-1], result.bins[1]
    assert (last.count, last.right) == (2, 0.5)
    assert last.probability == pytest.approx(0.95)
    assert (middle.count, middle.right) == (1, 0)
    assert np.isnan(result.bins[2].right)
    # two are .45 off, one is .6 off
    assert result.error == pytest.approx((2 * 0.45 + 0.6) / 3)

"""The history file: what is written comes back, whatever happened in between."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from darkpy.errors import DataError, OutputError
from darkpy.training import history as module
from darkpy.training import record as record_module
from darkpy.training.history import TrainingHistory, read_history


@dataclass
class Step:
    iteration: int
    loss: float = 3.0
    average: float = 4.0
    rate: float = 0.001
    wait: float = 0.25
    compute: float = 0.5
    parts: dict[str, float] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)


def record(path, iterations, last=0):
    with TrainingHistory.open(path, last) as history:
        for iteration in iterations:
            history.add(Step(iteration), 0.5 if iteration % 2 == 0 else None)


def test_what_is_added_can_be_read_back(tmp_path):
    path = tmp_path / "h.csv"

    with TrainingHistory.open(path) as history:
        history.add(Step(1, loss=403.436554, parts={"box": 1.5}, quality={"iou": 0.25}))
        history.add(Step(2, rate=1.23e-8), 0.875)

    curves = read_history(path)
    assert curves.iterations.tolist() == [1, 2]
    assert curves.losses.tolist() == [403.436554, 3]
    assert curves.rates.tolist() == [0.001, 1.23e-8]
    assert curves.seconds.tolist() == [0.75, 0.75]
    np.testing.assert_equal(curves.map50, [math.nan, 0.875])
    np.testing.assert_equal(curves.parts["box"], [1.5, math.nan])
    np.testing.assert_equal(curves.quality["iou"], [0.25, math.nan])


def test_the_columns_in_memory_are_those_of_the_file(tmp_path):
    with TrainingHistory.open(tmp_path / "h.csv") as history:
        history.add(Step(1), 0.25)
        before = history.read()
        history.add(Step(2))

        assert len(before) == 1
        assert history.read().iterations.tolist() == [1, 2]
    np.testing.assert_equal(read_history(history.path).map50, history.read().map50)


def test_an_empty_history_has_no_iterations(tmp_path):
    record(tmp_path / "h.csv", [])

    assert len(read_history(tmp_path / "h.csv")) == 0
    assert (tmp_path / "h.csv").read_text() == "iteration,loss,avg_loss,rate,seconds,map50\n"


def test_the_csv_of_a_detector_has_the_columns_it_always_had(tmp_path):
    parts = {"box": 1.0, "objectness": 2.0, "classes": 0.5}
    watched = {"count": 4.0, "iou": 2.0, "recall50": 3.0, "recall75": 1.0, "rewritten": 0.0}
    step = record_module.Step(1, 3.5, 3.5, 0.001, 8, (64, 64), 0.25, 0.5, parts, watched)

    with TrainingHistory.open(tmp_path / "h.csv") as history:
        history.add(step, 0.25)

    assert history.path.read_text() == (
        "iteration,loss,avg_loss,rate,seconds,map50,box,objectness,classes,"
        "iou,recall50,recall75,objects,rewritten\n"
        "1,3.5,3.5,0.001,0.75,0.25,1,2,0.5,0.5,0.75,0.25,4,0\n"
    )


def test_parts_of_any_name_get_their_columns_when_they_first_come(tmp_path):
    path = tmp_path / "h.csv"

    with TrainingHistory.open(path) as history:
        history.add(Step(1))
        history.add(Step(2, parts={"loc": 1.5, "conf": 2.5}))
        history.add(Step(3, parts={"conf": 3.5, "mask": 0.5}, quality={"iou": 0.25}))

    assert path.read_text().splitlines() == [
        "iteration,loss,avg_loss,rate,seconds,map50,loc,conf,mask,iou",
        "1,3,4,0.001,0.75,,,,,",
        "2,3,4,0.001,0.75,,1.5,2.5,,",
        "3,3,4,0.001,0.75,,,3.5,0.5,0.25",
    ]
    curves = read_history(path)
    assert list(curves.parts) == ["loc", "conf", "mask"]
    np.testing.assert_equal(curves.parts["conf"], [math.nan, 2.5, 3.5])
    np.testing.assert_equal(curves.quality["iou"], [math.nan, math.nan, 0.25])


def test_a_new_training_of_another_family_has_no_columns_of_the_old_one(tmp_path):
    path = tmp_path / "h.csv"
    with TrainingHistory.open(path) as history:
        history.add(Step(1, parts={"box": 1.0}))

    with TrainingHistory.open(path) as history:
        history.add(Step(1, parts={"loc": 1.0}))

    assert path.read_text().startswith("iteration,loss,avg_loss,rate,seconds,map50,loc\n")


def test_a_column_of_words_is_none_of_the_history(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("iteration,loss,avg_loss,note\n1,2,3,first\n2,2,3,\n")

    curves = read_history(path)

    assert curves.iterations.tolist() == [1, 2]
    assert curves.parts == {}


def test_going_on_from_older_weights_drops_the_rows_after_them(tmp_path):
    path = tmp_path / "h.csv"
    record(path, range(1, 11))

    record(path, range(8, 10), last=7)

    assert read_history(path).iterations.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [entry.name for entry in tmp_path.iterdir()] == ["h.csv"]


def test_a_new_training_leaves_older_histories_beside_its_own(tmp_path):
    path = tmp_path / "h.csv"
    record(path, [1, 2, 3])

    record(path, [1, 2])
    record(path, [1])

    assert len(read_history(path)) == 1
    assert len(read_history(tmp_path / "h.1.csv")) == 3
    assert len(read_history(tmp_path / "h.2.csv")) == 2


def test_a_row_that_a_crash_cut_short_is_left_out_and_repaired(tmp_path):
    path = tmp_path / "h.csv"
    record(path, [1, 2])
    whole = path.read_bytes()
    # The cut row has all its commas but not all digits of its last number.
    path.write_bytes(whole + b"3,3,4,0.001,0.75,1")

    assert read_history(path).iterations.tolist() == [1, 2]
    record(path, [3], last=2)
    assert path.read_bytes().startswith(whole + b"3,3,4,0.001,0.75,\n")


def test_rows_of_zero_bytes_or_nonsense_are_left_out(tmp_path):
    path = tmp_path / "h.csv"
    path.write_bytes(b"iteration,loss,avg_loss\n1,2,3\n\x00\x00\x00\n2,x,3\n3,2,3\n")

    assert read_history(path).iterations.tolist() == [1, 3]


def test_columns_may_be_missing_or_in_another_order(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("loss,iteration,avg_loss,other\n5,1,6,9\n")

    curves = read_history(path)

    assert (curves.losses[0], curves.iterations[0], curves.averages[0]) == (5, 1, 6)
    assert math.isnan(curves.map50[0])


def test_another_kind_of_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("name,phone\nAda,1\n")

    with pytest.raises(DataError, match=r"h\.csv:1: is no history .* lacks iteration, loss"):
        TrainingHistory.open(path, 5)
    assert path.read_text() == "name,phone\nAda,1\n"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent\.csv: cannot be read"):
        read_history(tmp_path / "absent.csv")


def test_a_missing_folder_is_the_users_to_make(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        TrainingHistory.open(tmp_path / "absent" / "h.csv")


def test_rows_reach_the_disk_while_the_training_runs(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    path = tmp_path / "h.csv"
    with TrainingHistory.open(path) as history:
        history.add(Step(1))
        assert len(read_history(path)) == 0  # still in the buffer
        now[0] = 2.5
        history.add(Step(2))
        assert len(read_history(path)) == 2


def test_the_c_programs_own_record_can_be_read(shared):
    curves = read_history(shared / "real" / "bccd" / "darknet_run1.csv")

    assert len(curves) == 1500
    assert curves.map50[-1] == 0.876951


@pytest.mark.parametrize("iteration", ["-inf", "inf", "nan", "-1", "1e300"])
def test_a_row_of_an_iteration_that_cannot_be_is_left_out(tmp_path, iteration):
    path = tmp_path / "a.csv"
    path.write_text(f"iteration,loss,avg_loss\n1,2,3\n{iteration},2,3\n2,1,1\n")

    assert read_history(path).iterations.tolist() == [1, 2]
    with TrainingHistory.open(path, last=5) as history:
        assert history.read().iterations.tolist() == [1, 2]


def test_a_measurement_can_follow_its_row(tmp_path):
    path = tmp_path / "h.csv"

    with TrainingHistory.open(path) as history:
        history.add(Step(1))
        assert history.last == 1
        history.measured(0.5)
        history.write_again()
        history.add(Step(2))
        history.to_disk()
        curves = read_history(path)

    assert curves.iterations.tolist() == [1, 2]
    np.testing.assert_equal(curves.map50, [0.5, math.nan])


def test_classes_get_columns_once_they_were_measured(tmp_path):
    path = tmp_path / "h.csv"

    with TrainingHistory.open(path) as history:
        history.add(Step(1))
        history.add(Step(2), 0.5, {"cat": 0.75, 'a "b", c': 0.25})
        history.add(Step(3))
        history.add(Step(4), 0.6, {"cat": 0.8, 'a "b", c': 0.4})

    lines = path.read_text().splitlines()
    assert lines[0].endswith(',AP cat,"AP a ""b"", c"')
    assert [line.split(",")[-2:] for line in lines[1:]] == [
        ["", ""],
        ["0.75", "0.25"],
        ["", ""],
        ["0.8", "0.4"],
    ]
    curves = read_history(path)
    assert curves.by_class[4] == {"cat": 0.8, 'a "b", c': 0.4}
    assert list(curves.by_class) == [2, 4]
    assert not any("AP" in name for name in curves.parts)


def test_classes_of_dropped_rows_are_dropped_and_others_go_on(tmp_path):
    path = tmp_path / "h.csv"
    with TrainingHistory.open(path) as history:
        history.add(Step(1), 0.5, {"cat": 0.5})
        history.add(Step(2), 0.6, {"cat": 0.6, "dog": 0.6})

    with TrainingHistory.open(path, 1) as history:
        history.add(Step(2))
        history.measured(0.7, {"cat": 0.7})
        history.write_again()

    assert read_history(path).by_class == {1: {"cat": 0.5}, 2: {"cat": 0.7}}
    assert "dog" not in path.read_text()

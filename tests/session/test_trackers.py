"""Programs that keep experiments are told of iterations as the csv is."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from darkpy.errors import DarkpyError, UsageError
from darkpy.events import Trained
from darkpy.flags.detector import TrainFlags
from darkpy.session import trackers
from darkpy.session.consumers import Audience
from darkpy.session.trackers import NumbersKept, make_trackers, refuse_absent_trackers, scalars
from darkpy.training.record import Step


def told(iteration: int, ap: float | None = None) -> Trained:
    parts = {"box": 0.25, "objectness": float("nan")}
    step = Step(iteration, 3.5, 2.5, 0.001, 4, (64, 64), wait=0.25, compute=0.75, parts=parts)
    report = None
    if ap is not None:
        one = SimpleNamespace(average_precision=ap)
        report = SimpleNamespace(classes=(one, one))
    return Trained(step, 9, ap, ap, -1.0, 4.0, 0.25, 8.0, report)


class Kept(NumbersKept):
    """Remembers what it is to write; fails in the iterations it is to fail in."""

    def __init__(self, *fails: int):
        super().__init__(("cat", "a,b"))
        self.rows, self.closed, self.fails = {}, 0, fails

    def write(self, numbers, iteration):
        if iteration in self.fails:
            raise ValueError("no room")
        self.rows[iteration] = dict(numbers)

    def close(self):
        self.closed += 1


def session(tmp_path: Path, **flags) -> SimpleNamespace:
    return SimpleNamespace(
        flags=TrainFlags(**flags),
        class_names=("cat", "a,b"),
        name="tiny",
        saver=SimpleNamespace(folder=tmp_path),
        origin={"darkpy": "0", "seed": 7},
    )


def test_numbers_have_names_and_what_is_not_finite_is_left_out():
    assert scalars(told(1), ("cat", "a,b")) == {
        "loss": 3.5,
        "average loss": 2.5,
        "rate": 0.001,
        "pictures per second": 4.0,
        "waiting": 0.25,
        "parts/box": 0.25,
    }
    measured = scalars(told(1, ap=0.5), ("cat", "a,b"))
    assert {n: v for n, v in measured.items() if "AP" in n} == {
        "mAP": 0.5,
        "AP/cat": 0.5,
        "AP/a_b": 0.5,
    }


def test_one_a_second_those_measured_and_the_last_are_kept(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(trackers.time, "monotonic", lambda: now[0])
    kept = Kept()

    for iteration in range(1, 11):  # .3 s each: 0, 1.2 and 2.4 are a second apart
        kept.take(told(iteration, ap=0.5 if iteration == 3 else None))
        now[0] += 0.3
    kept.finish()

    assert list(kept.rows) == [1, 3, 7, 10]
    assert kept.closed == 1


def test_what_fails_is_said_and_ends_nothing():
    audience = Audience(Kept(1))

    lines = [*audience.take(told(1)), *audience.take(told(2)), *audience.finish()]

    assert lines == ["warning: Kept: ValueError: no room (the training goes on)"]


@pytest.mark.parametrize("name", ["tensorboard", "mlflow", "dvclive"])
def test_one_that_is_not_installed_is_a_sentence_before_anything_is_done(monkeypatch, name):
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)

    refuse_absent_trackers(TrainFlags())
    with pytest.raises(UsageError) as error:
        refuse_absent_trackers(TrainFlags(**{name: True}))

    assert str(error.value) == (
        f"-{name}: the package {name} is not installed: pip install 'darkpy[{name}]'"
    )


def test_mlflow_gets_a_run_with_its_origin_and_its_numbers(monkeypatch, tmp_path):
    calls = []
    names = ("start_run", "log_params", "log_metrics", "end_run")
    fake = {n: lambda *a, _n=n, **k: calls.append((_n, a, k)) for n in names}
    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(**fake))

    (tracker,) = make_trackers(session(tmp_path, mlflow=True), 100)
    tracker.take(told(101))
    tracker.finish()

    assert [call[0] for call in calls] == ["start_run", "log_params", "log_metrics", "end_run"]
    assert calls[0][2] == {"run_name": "tiny"}
    assert calls[1][1][0]["first_iteration"] == "101"
    assert calls[2][1][0]["loss"] == 3.5
    assert calls[2][2] == {"step": 101}


def test_dvclive_gets_its_folder_and_goes_on_where_it_was(monkeypatch, tmp_path):
    logged = {}

    class Live:
        def __init__(self, **how):
            self.how, self.step, self.ended = how, 0, False
            made.append(self)

        def log_metric(self, name, value):
            logged[self.step, name] = value

        def sync(self):
            pass

        def end(self):
            self.ended = True

    made: list[Live] = []
    monkeypatch.setitem(sys.modules, "dvclive", SimpleNamespace(Live=Live))

    (tracker,) = make_trackers(session(tmp_path, dvclive=True), 100)
    tracker.take(told(101))
    tracker.finish()

    assert made[0].how["dir"] == str(tmp_path / "dvclive/tiny")
    assert made[0].how["resume"] is True
    assert logged[101, "average loss"] == 2.5
    assert made[0].ended


@pytest.mark.filterwarnings("ignore")  # TensorBoard's own
def test_tensorboard_reads_what_was_written(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (tracker,) = make_trackers(session(tmp_path, tensorboard=True), 0)
    tracker.take(told(1))
    tracker.take(told(2, ap=0.5))
    tracker.finish()

    events = EventAccumulator(str(tmp_path / "tensorboard/tiny"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 3.5), (2, 3.5)]
    assert [(event.step, event.value) for event in events.Scalars("AP/cat")] == [(2, 0.5)]


def test_a_tracker_without_a_way_to_write_is_an_error():
    with pytest.raises(DarkpyError, match="NotImplementedError"):
        NumbersKept(()).take(told(1))

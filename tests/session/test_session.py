"""A whole training: what it says and leaves when it is stopped, finished, disturbed."""

from __future__ import annotations

import json
import shutil
import signal

import numpy as np
import pytest

import darkpy
from darkpy.detector import train
from darkpy.errors import OutputError
from darkpy.events import Trained
from darkpy.model.weights import read_header
from darkpy.session import saving
from darkpy.session.session import Session
from darkpy.session.signals import Signals
from darkpy.training.checkpoint import load_state
from darkpy.training.history import read_history
from darkpy.training.trainer import Trainer


def backup(project) -> dict[str, bytes]:
    """All files of the backup folder."""
    folder = project.folder / "backup"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def at_iteration(monkeypatch, iteration: int, act) -> Signals:
    """Have `act(session, signals)` called when that iteration is finished."""
    heard, own = Signals(), Session._told

    def told(session, step):
        if step.iteration == iteration:
            act(session, heard)
        return own(session, step)

    monkeypatch.setattr(train, "Handlers", lambda: heard)
    monkeypatch.setattr(Session, "_told", told)
    return heard


def stop(monkeypatch, project, iteration: int, *flags, by=signal.SIGINT):
    """Train, and be asked to leave after that iteration; gives what `train` gives."""
    with monkeypatch.context() as patch:
        at_iteration(patch, iteration, lambda _, heard: setattr(heard, "stop", by))
        return project.train(*flags)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_each_signal_has_its_exit_status_and_all_is_saved(project, monkeypatch, number, status):
    given, out, _ = stop(monkeypatch, project, 2, by=number)

    assert given == status
    assert "stopped after iteration 2; the same command with" in out
    assert load_state(project.folder / "backup/tiny_last.state").iteration == 2


def test_a_finished_training_is_not_begun_again(project):
    project.train("-map")
    before = backup(project)
    last = project.folder / "backup/tiny_last.weights"

    for words in ((last,), ("-resume",), (last, "-resume", "-map")):
        status, out, _ = project.train(*words)
        assert status == 0
        assert "this training is finished, 6 of max_batches=6 iterations, best mAP" in out
        assert "to go on, raise max_batches= in" in out
        assert "-clear" in out
        assert backup(project) == before


def test_more_max_batches_go_on_and_say_so(project):
    project.train()
    project.change_cfg("max_batches=6", "max_batches=9")

    status, out, _ = project.train("-resume")

    assert status == 0
    assert "training goes on at iteration 6" in out
    assert "[net] max_batches=9 was 6 up to iteration 6" in out
    assert read_header(project.final).seen == 9 * 4


def test_other_layers_are_refused_with_both_values_and_a_way_out(project, monkeypatch):
    stop(monkeypatch, project, 2)
    project.change_cfg("activation=leaky", "activation=mish")
    before = backup(project)

    status, _, err = project.train("-resume")

    assert status == 2
    assert "[convolutional] activation=mish was leaky when" in err
    assert "-clear" in err
    assert backup(project) == before
    status, _, _ = project.train(project.folder / "backup/tiny_last.weights", "-clear")
    assert status == 0


def test_finished_weights_of_other_layers_are_pretrained_ones(project):
    project.train()
    project.change_cfg("activation=leaky", "activation=mish")

    status, out, _ = project.train(project.folder / "backup/tiny_last.weights")

    assert status == 0
    assert "taken as pretrained weights, training begins at 0" in out


def test_other_labels_and_another_seed_go_on_and_are_said(project, monkeypatch):
    stop(monkeypatch, project, 2)
    (project.folder / "images/1.txt").write_text("1 .5 .5 .1 .1\n")

    status, out, _ = project.train("-resume", "-seed", 8)

    assert status == 0
    assert "other pictures or labels than up to iteration 2 (8 pictures, 8 before)" in out
    assert "-seed 8 was 7 up to iteration 2" in out


def test_resume_in_an_empty_folder_begins(project):
    status, out, _ = project.train("-resume")

    assert status == 0
    assert "-resume: there is no" in out
    assert project.final.exists()


@pytest.mark.usefixtures("finds_most")
def test_a_measurement_that_fails_leaves_no_score_of_an_earlier_one(project, monkeypatch):
    project.train("-map")
    project.change_cfg("max_batches=6", "max_batches=9")

    def broken(*_, **__):
        raise RuntimeError("out of memory")
        yield

    monkeypatch.setattr("darkpy.session.evaluation.measure", broken)
    _, out, _ = project.train("-map", "-resume")

    assert "mAP at iteration 9 failed" in out
    curves = read_history(project.folder / "backup/tiny_train.csv")
    assert np.isfinite(curves.map50).tolist() == [False] * 5 + [True] + [False] * 3


@pytest.mark.usefixtures("finds_most")
def test_a_new_training_keeps_the_best_and_final_weights_of_the_one_before(project):
    project.train("-map")
    before = backup(project)

    for number, seed in ((1, 8), (2, 9)):
        project.train("-map", "-seed", seed)
        now = backup(project)
        for name in ("best.weights", "best.json", "final.weights"):
            stem, suffix = name.split(".")
            assert now[f"tiny_{stem}.1.{suffix}"] == before[f"tiny_{name}"]
            assert f"tiny_{stem}.{number}.{suffix}" in now
            assert now[f"tiny_{name}"] != before[f"tiny_{name}"]


def test_a_damaged_state_gives_the_pair_before_it_and_the_same_end(project, monkeypatch):
    project.data.write_text(project.data.read_text() + "savelast=2\n")
    project.train()
    straight = project.final.read_bytes()
    last = project.folder / "backup/tiny_last.weights"
    stop(monkeypatch, project, 5, "-clear")
    state = last.with_suffix(".state")
    state.write_bytes(state.read_bytes()[:-9])

    _, out, _ = project.train("-resume")

    assert "tiny_last.1.weights: training goes on at iteration 4" in out
    assert "the newest that are, take their place" in out
    assert project.final.read_bytes() == straight


def test_a_damaged_state_whose_weights_are_good_never_takes_the_place_of_the_one_before(
    project, monkeypatch
):
    project.data.write_text(project.data.read_text() + "savelast=1\n")
    stop(monkeypatch, project, 5)  # saved twice, in the iteration and at the end
    states = [project.folder / f"backup/tiny_last{tag}.state" for tag in (".1", "")]
    good = states[0].read_bytes()
    states[1].write_bytes(states[1].read_bytes()[:-9])
    kept = []

    def write_pair(path, write, state, *, keep_previous):
        kept.append(keep_previous)
        raise OutputError("disk: full")

    monkeypatch.setattr(saving, "write_pair", write_pair)
    _, out, _ = project.train("-resume")

    assert "tiny_last.weights and the state beside it are no good pair; " in out
    assert "tiny_last.1.state, the newest that are, take their place" in out
    assert "tiny_last.1.state: momentum, averages and chance go on as they were" in out
    assert set(kept) == {False}
    assert states[0].read_bytes() == good


def test_a_state_is_taken_whole_or_not_at_all(project, monkeypatch):
    stop(monkeypatch, project, 3)
    path = project.folder / "backup/tiny_last.state"
    state = load_state(path)
    state.tensors["optimizer.momentum"][5] = float("nan")
    from darkpy.training.checkpoint import save_state

    save_state(path, state)

    status, out, _ = project.train("-resume")

    assert status == 0
    assert "its optimizer.momentum is not finite: momentum begins anew" in out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("best", 9),
        ("best", float),
        ("seed", 0.5),
        ("seed", None),
        ("measured_at", 4),
        ("cfg", 1),
        ("measured", {"iteration": 2}),
    ],
)
def test_facts_that_are_not_possible_are_refused_whole(project, monkeypatch, name, value):
    stop(monkeypatch, project, 3)
    path = project.folder / "backup/tiny_last.state"
    state = load_state(path)
    state.facts[name] = value if value is not float else "high"
    from darkpy.training.checkpoint import save_state

    save_state(path, state)

    status, out, _ = project.train("-resume")

    assert status == 0
    assert "does not hold what a state holds: momentum begins anew" in out


def test_sigusr1_saves_and_goes_on(project, monkeypatch):
    saved = []

    def ask(session, heard):
        heard.save = True
        saved.append(session.saver.path("last"))

    at_iteration(monkeypatch, 2, ask)
    status, out, _ = project.train()

    assert status == 0
    assert f"saved {saved[0]}, as a signal asked, after iteration 2" in out


def test_a_signal_during_map_cuts_it_short_and_it_is_made_up_for(project, monkeypatch):
    from darkpy.session.evaluation import Evaluation

    project.change_cfg("max_batches=6", "max_batches=104")
    project.change_cfg("burn_in=2", "burn_in=100")  # measured at 100 and at the end
    own = Evaluation.measure

    def measure(evaluation, *words):
        for number, event in enumerate(own(evaluation, *words)):
            heard.stop = signal.SIGTERM if number == 2 else heard.stop
            yield event

    with monkeypatch.context() as patch:
        heard = Signals()
        patch.setattr(train, "Handlers", lambda: heard)
        patch.setattr(Evaluation, "measure", measure)
        status, out, _ = project.train("-map")

    assert status == 143
    assert "mAP at iteration 100 was left out" in out
    assert "stopped after iteration 100" in out
    _, out, _ = project.train("-map", "-resume")
    assert "iteration 100: mAP@0.50" in out


def test_the_last_map_is_made_up_for_too_before_there_are_final_weights(project, monkeypatch):
    from darkpy.session.evaluation import Evaluation

    own = Evaluation.measure

    def measure(evaluation, *words):
        for event in own(evaluation, *words):
            heard.stop = signal.SIGTERM
            yield event

    with monkeypatch.context() as patch:
        heard = Signals()
        patch.setattr(train, "Handlers", lambda: heard)
        patch.setattr(Evaluation, "measure", measure)
        status, out, _ = project.train("-map")

    assert status == 143
    assert "mAP at iteration 6 was left out" in out
    assert "stopped after iteration 6; the same command with" in out
    assert not project.final.exists()
    status, out, _ = project.train("-map", "-resume")
    assert status == 0
    assert "iteration 6: mAP@0.50" in out
    assert project.final.exists()
    rows = (project.folder / "backup/tiny_train.csv").read_text().splitlines()
    assert rows[-1].split(",")[rows[0].split(",").index("map50")]


def test_a_full_disk_ends_nothing_but_is_said_and_has_its_status(project, monkeypatch):
    def full(*_, **__):
        raise OutputError("disk: full")

    monkeypatch.setattr(saving, "write_pair", full)
    project.data.write_text(project.data.read_text() + "savelast=2\n")

    status, out, _ = project.train()

    assert status == 1
    # After the iterations 2, 4 and 6, and at the end.
    assert out.count("NOT SAVED: disk: full (tried again as long as the training goes on)") == 4
    assert project.final.exists()


def test_a_disk_that_has_room_again_ends_well(project, monkeypatch):
    own, calls = saving.write_pair, []

    def full_once(*words, **more):
        calls.append(1)
        if len(calls) == 1:
            raise OutputError("disk: full")
        own(*words, **more)

    monkeypatch.setattr(saving, "write_pair", full_once)
    project.data.write_text(project.data.read_text() + "savelast=2\n")

    status, out, _ = project.train()

    assert status == 0
    assert out.count("NOT SAVED") == 1


def test_a_backup_folder_that_is_deleted_is_made_again_with_all_rows(project, monkeypatch):
    at_iteration(monkeypatch, 3, lambda *_: shutil.rmtree(project.folder / "backup"))

    status, _, _ = project.train()

    assert status == 0
    left = backup(project)
    assert {"tiny_final.weights", "tiny_last.weights", "tiny_last.state"} <= left.keys()
    rows = left["tiny_train.csv"].decode().splitlines()
    assert [row.split(",")[0] for row in rows] == ["iteration", "1", "2", "3", "4", "5", "6"]


def test_a_measurement_that_fails_in_any_way_ends_nothing(project, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("out of memory")
        yield

    monkeypatch.setattr("darkpy.session.evaluation.measure", broken)

    status, out, _ = project.train("-map")

    assert status == 0
    assert "mAP at iteration 6 failed: RuntimeError: out of memory" in out
    assert project.final.exists()


@pytest.mark.usefixtures("finds_most")
def test_the_best_weights_say_where_when_and_how_good_each_class(project):
    project.train("-map", "-iou_thresh", 0.3, "-thresh", 0.1)

    facts = json.loads(backup(project)["tiny_best.json"])
    assert facts["iteration"] == 6
    assert (facts["iou_thresh"], facts["thresh"]) == (0.3, 0.1)
    assert [each["name"] for each in facts["classes"]] == ["square", "bar"]
    assert [each["objects"] for each in facts["classes"]] == [4, 4]
    assert [each["ap"] for each in facts["classes"]] == [1.0, 0.75]
    assert facts["map50"] == 0.875


def test_the_averaged_weights_are_measured_too_and_leave_no_trace(project):
    project.train("-map")
    plain = project.final.read_bytes()
    project.change_cfg("burn_in=2", "burn_in=2\nema_alpha=.9")

    _, out, _ = project.train("-map", "-clear")

    assert "with the averaged weights; _" in out
    assert project.final.read_bytes() == plain  # the average stands beside the weights


def test_the_state_is_saved_by_time_too(project, monkeypatch):
    monkeypatch.setattr(saving, "SECONDS_APART", 0.0)
    iterations = []
    own = saving.write_pair

    def note(weights, write, state, **more):
        iterations.append(state.iteration)
        own(weights, write, state, **more)

    monkeypatch.setattr(saving, "write_pair", note)
    project.train()

    assert iterations == [1, 2, 3, 4, 5, 6, 6]


def test_one_training_of_a_name_at_a_time_in_a_folder(project):
    first = darkpy.train_detector(str(project.data), str(project.cfg), seed=1, threads=0)
    next(event for event in first if isinstance(event, Trained))

    status, _, err = project.train()
    assert status == 2
    assert "backup/tiny.lock: a training of this name writes to this folder: process" in err

    first.close()
    status, _, _ = project.train()
    assert status == 0


def test_too_little_room_is_found_before_the_first_iteration(project, monkeypatch):
    usage = shutil.disk_usage(project.folder)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=1000))
    status, _, err = project.train()
    assert status == 2
    assert "are free, but weights and state take" in err

    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=60_000))
    status, out, _ = project.train()
    assert status == 0
    assert "the files of this training may take" in out


@pytest.fixture
def kept_rows(project, monkeypatch):
    """(iteration of a state, of the last row that the csv had on the disk when it was saved)."""
    kept, own = [], saving.write_pair

    def write_pair(path, write, state, **more):
        rows = (project.folder / "backup/tiny_train.csv").read_text().splitlines()
        kept.append((state.iteration, int(rows[-1].split(",")[0])))
        own(path, write, state, **more)

    monkeypatch.setattr(saving, "write_pair", write_pair)
    project.data.write_text(project.data.read_text() + "savelast=2\n")
    return kept


def test_the_csv_never_lacks_rows_of_a_state(project, kept_rows):
    project.train()

    assert kept_rows == [(2, 2), (4, 4), (6, 6), (6, 6)]


def test_what_a_signal_asks_for_is_saved_with_all_rows_where_a_device_is_ahead(
    project, kept_rows, monkeypatch
):
    ahead = property(lambda self: 3, lambda self, _: None)
    monkeypatch.setattr(Trainer, "fetch_every", ahead, raising=False)
    project.data.write_text(project.data.read_text().replace("savelast=2", "savelast=9"))
    at_iteration(monkeypatch, 1, lambda _, heard: setattr(heard, "save", True))

    _, out, _ = project.train()

    assert "as a signal asked, after iteration 3" in out
    assert kept_rows == [(3, 3), (6, 6)]


def test_a_state_saved_during_map_has_its_row_and_the_row_gets_its_map(
    project, kept_rows, monkeypatch
):
    from darkpy.session.evaluation import Evaluation

    own = Evaluation.measure

    def measure(evaluation, *words):
        for event in own(evaluation, *words):
            heard.save = evaluation.measured_at == 0
            yield event

    heard = Signals()
    monkeypatch.setattr(train, "Handlers", lambda: heard)
    monkeypatch.setattr(Evaluation, "measure", measure)
    _, out, _ = project.train("-map")

    assert "as a signal asked, after iteration 6" in out
    assert set(kept_rows) == {(2, 2), (4, 4), (6, 6)}
    rows = (project.folder / "backup/tiny_train.csv").read_text().splitlines()
    column = rows[0].split(",").index("map50")
    assert [row.split(",")[0] for row in rows[1:]] == ["1", "2", "3", "4", "5", "6"]
    assert [bool(row.split(",")[column]) for row in rows[1:]] == [False] * 5 + [True]


def test_an_map_of_nothing_leaves_no_best_weights(project):
    status, out, _ = project.train("-map", "-thresh", 0.99, "-iou_thresh", 0.99)

    assert status == 0
    assert "mAP@0.99 0.00%, best 0.00%" in out
    assert not {"tiny_best.weights", "tiny_best.json"} & backup(project).keys()


def test_from_python_torchs_random_state_stays_the_hosts(project):
    import torch

    torch.manual_seed(3)
    before = torch.get_rng_state()
    for _ in darkpy.train_detector(str(project.data), str(project.cfg), seed=1, threads=0):
        assert torch.equal(torch.get_rng_state(), before)

    final = project.final.read_bytes()
    project.train("-clear", "-seed", 1)
    assert project.final.read_bytes() == final

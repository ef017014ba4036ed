"""-log: a training's lines in the exact form of other programs, and what their readers make of it.

The readers' rules are written anew from descriptions of the readers, not copied.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from darkpy.errors import UsageError
from darkpy.events import Aside, Began, Ended, Printed, Trained, Written
from darkpy.session.detecting import DetectorTraining
from darkpy.session.hank_log import duration
from darkpy.session.logs import told_as
from darkpy.training.record import Step
from tests.conftest import ROOT

ORACLE = ROOT / "tests" / "oracle" / "train_log"
NUMBER = re.compile(r"-?\bnan\b|-?\d+(?:\.\d+)?")
# What the C program says of itself: its build, its buffers, its own warning of a small batch.
ITS_OWN = ("GPU isn't", "Used ", "mini_batch =", "Warning: You set batch", "Total Detection Time")


def forms(text: str) -> set[str]:
    """The lines of a log with # for every number, but for those about the program itself."""
    lines = text.replace("\x1b[H\x1b[J", "<clear>").split("\n")
    # One word of ranks every hundred detections, which may be none.
    lines = [re.sub(r"( rank = \d+ of ranks = \d+ \r)+", "", line) for line in lines]
    kept = (line for line in lines if not any(word in line for word in ITS_OWN))
    return {NUMBER.sub("#", line) for line in kept}


_ONCE: list[tuple[list[dict[str, str]], str, str]] = []


def rows_of(project) -> list[dict[str, str]]:
    text = (project.folder / "backup/tiny_train.csv").read_text()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def logged(project):
    """A training of 4 iterations told as Darknet tells it: (its rows, stdout, stderr)."""
    if not _ONCE:
        project.change_cfg("max_batches=6", "max_batches=4")
        text = project.data.read_text().replace("backup=backup", "backup=backup/\nsavelast=2")
        project.data.write_text(text)
        status, out, err = project.train("-map", "-log", "darknet")
        assert status == 0, err
        _ONCE.append((rows_of(project), out, err))
    return _ONCE[0]


def test_every_line_of_standard_output_has_a_form_of_the_c_program(logged):
    darknet = forms((ORACLE / "stdout.txt").read_bytes().decode())
    ours = forms(logged[1])

    assert ours <= darknet
    # Four iterations measure at the last one alone, so that no later one says what was measured.
    later = (" (next mAP calculation at # iterations) ", " Last accuracy", " map=")
    missing = {line for line in darknet - ours if not any(word in line for word in later)}
    assert missing == set()


def test_standard_error_has_the_heads_and_the_files(logged):
    darknet = forms((ORACLE / "stderr.txt").read_bytes().decode())
    ours = forms(logged[2])

    assert {line for line in ours if line.startswith("v3 (")} == {
        line for line in darknet if line.startswith("v3 (")
    }
    assert {line for line in ours if "total_bbox" in line} == {
        line for line in darknet if "total_bbox" in line
    }
    saved = [line for line in logged[2].splitlines() if line.startswith("Saving weights to ")]
    assert [line for line in saved if "_best" not in line] == [  # there is none at an mAP of 0
        "Saving weights to backup//tiny_last.weights",
        "Saving weights to backup//tiny_last.weights",
        "Saving weights to backup//tiny_final.weights",
    ]


def test_darknet_s_log_parser_reads_iterations_and_average_losses(logged):
    """Its rule: a digit and what follows up to ": ", then what stands before " avg"."""
    rows, out, _ = logged

    found = re.findall(r"(\d.*): .*?, (.*?) avg", out)

    assert [int(iteration) for iteration, _ in found] == [1, 2, 3, 4]
    averages = [float(average) for _, average in found]
    assert averages == pytest.approx([float(row["avg_loss"]) for row in rows], abs=1e-6)


def test_a_plotter_that_counts_words_finds_every_number_in_its_place(logged):
    rows, out, _ = logged
    lines = [line.split(" ") for line in out.splitlines() if line.endswith("hours left")]

    assert {len(words) for words in lines} == {15}  # the first of them is the leading blank's
    for words, row in zip(lines, rows, strict=True):
        assert words[0] == ""
        assert words[1] == f"{row['iteration']}:"
        assert float(words[2].rstrip(",")) == pytest.approx(float(row["loss"]), abs=1e-6)
        assert float(words[3]) == pytest.approx(float(row["avg_loss"]), abs=1e-6)
        assert float(words[6]) == pytest.approx(float(row["rate"]), abs=1e-6)
        assert int(words[10]) == 4 * int(row["iteration"])


def test_a_reader_that_splits_at_the_next_map_gets_a_piece_an_iteration(logged):
    _, out, _ = logged

    first, *pieces = out.split("(next mAP calculation at ")

    assert "avg loss" not in first
    assert [int(piece.split()[0]) for piece in pieces] == [100] * 4
    assert all(piece.count(" avg loss, ") == 1 for piece in pieces)


def test_the_map_of_the_last_iteration_is_read_from_its_line(logged):
    rows, out, _ = logged

    (found,) = re.findall(r" mean_average_precision \(mAP@0\.50\) = (\d\.\d{6}) \n", out)

    assert float(found) == pytest.approx(float(rows[-1]["map50"]), abs=1e-6)


def test_the_losses_of_a_head_are_those_of_its_delta(logged):
    """total = the delta's squares a picture: objectness and classes in full, boxes besides."""
    heads = [line for line in logged[2].splitlines() if line.startswith("v3 (")]
    numbers = [[float(n) for n in re.findall(r"loss = (-?\d+\.\d+)", line)] for line in heads]

    assert len(heads) == 8  # two mini-batches in each of four iterations
    for classes, boxes, total in numbers:
        assert boxes > 0
        assert total == pytest.approx(classes + boxes, abs=2e-6)


def test_without_a_log_the_lines_are_darkpy_s(project):
    status, out, err = project.train()

    assert status == 0
    assert "avg loss" not in out
    assert "training 6/6" in err


def run(tmp_path: Path) -> Began:
    """The beginning of a run of a plan without heads."""
    net = SimpleNamespace(learning_rate=0.001, momentum=0.9, decay=0.0005)
    plan = SimpleNamespace(net=net, layers=())
    return Began("tiny", 1, plan, ("a\x1b",), "backup/", 1000, 100, 0.5)


def told(iteration: int, **known) -> Trained:
    step = Step(iteration, 46.133102, 58.463966, 1e-6, 64, (64, 64), 0.000024, 70.404934)
    known = {"mean_ap": None, "measured": None, "best": -1.0, "next_map": 1000, **known}
    return Trained(
        step, 6000, pictures_per_second=1.0, waiting=0.0, seconds_left=11.07 * 3600, **known
    )


def printed(program: str, *events: object) -> str:
    found = [
        event
        for event in told_as(program, events, DetectorTraining.logs)
        if isinstance(event, Printed)
    ]
    return "".join(event.text for event in found if not event.error)


def test_an_iteration_is_clients_md_s_example_to_the_byte(tmp_path):
    text = printed("darknet", run(tmp_path), told(1), Ended(130))

    assert text.endswith(
        "Loaded: 0.000024 seconds\n"
        "\n (next mAP calculation at 1000 iterations) "
        "\x1b[H\x1b[J1/6000: loss=46.1 hours left=11.1\a"
        "\n 1: 46.133102, 58.463966 avg loss, 0.000001 rate, 70.404934 seconds, 64 images, "
        "11.070000 hours left\n"
    )


def test_an_accuracy_stands_beside_it_from_the_next_iteration_on(tmp_path, monkeypatch):
    monkeypatch.setattr("darkpy.session.darknet_log.darknet_lines", lambda report, names: names)
    report = SimpleNamespace(detections_count=0)
    measured = told(1000, mean_ap=0.7939, measured=0.7939, best=0.81, report=report)

    text = printed("darknet", run(tmp_path), measured, told(1001, next_map=2000), Ended(130))

    assert text.count("Last accuracy") == 1
    assert ("\n calculation mAP (mean average precision)...\na\\x1b\n\nSet -points flag:\n") in text
    assert "\n mean_average_precision (mAP@0.50) = 0.793900 \nLoaded: " in text
    assert (
        "\n (next mAP calculation at 2000 iterations) "
        "\n Last accuracy mAP@0.50 = 79.39 %, best = 81.00 % "
        "\x1b[H\x1b[J1001/6000: loss=46.1 map=0.79 best=0.81 hours left=11.1\a"
    ) in text


def test_ranks_are_told_every_hundred_detections_before_the_first_class(tmp_path, monkeypatch):
    lines = ["", " detections_count = 201", "class_id = 0, name = a", "class_id = 1, name = b"]
    monkeypatch.setattr("darkpy.session.darknet_log.darknet_lines", lambda *_: list(lines))
    report = SimpleNamespace(detections_count=201)
    measured = told(1000, mean_ap=0.5, measured=0.5, best=0.5, report=report)

    assert (
        " detections_count = 201\n rank = 0 of ranks = 201 \r rank = 100 of ranks = 201 \r"
        " rank = 200 of ranks = 201 \rclass_id = 0, name = a\nclass_id = 1, name = b\n"
    ) in printed("darknet", run(tmp_path), measured, Ended(130))


@pytest.mark.parametrize("program", ["darknet", "hank"])
def test_darkpy_s_own_lines_go_to_standard_error(tmp_path, program):
    given = ["two\nlines\x1b", Aside("aside"), Ended(1)]
    events = list(told_as(program, given, DetectorTraining.logs))

    assert events[:2] == [
        Printed("two\nlines\\x1b\n", error=True),
        Printed("aside\n", error=True),
    ]


def test_hank_s_line_has_its_fields_in_their_order(tmp_path):
    events = [run(tmp_path), told(1000, mean_ap=0.7939, measured=0.7939, best=0.81), told(1001)]
    text = printed("hank", *events, Written("backup/tiny_last.weights"), Ended(130))

    assert text.splitlines()[2:] == [
        "1000: loss=46.133, avg loss=58.464, last=-100.00%, best=-100.00%, mAP=1000, "
        "rate=0.00000100, load 64=24.0 microseconds, train=70.4 seconds, 64000 images, "
        "time remaining=11.1 hours",
        "1001: loss=46.133, avg loss=58.464, last=79.39%, best=81.00%, mAP=1000, "
        "rate=0.00000100, load 64=24.0 microseconds, train=70.4 seconds, 64064 images, "
        "time remaining=11.1 hours",
        "Saving weights to backup/tiny_last.weights",
    ]


def test_a_reader_of_hank_s_lines_finds_loss_average_and_rate(project):
    status, out, err = project.train("-log", "hank")
    assert status == 0, err
    rows = rows_of(project)

    rule = r"^(\d+): loss=([\d.]+), avg loss=([\d.]+), .*?rate=([\d.]+), .*? (\d+) images, time "
    found = np.array(re.findall(rule, out, re.MULTILINE), dtype=float)

    names = ("iteration", "loss", "avg_loss", "rate")
    wanted = np.array([[float(row[name]) for name in names] for row in rows])
    assert found[:, :4] == pytest.approx(wanted, abs=6e-4)
    assert found[:, 4].tolist() == [4, 8, 12, 16, 20, 24]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "unknown"),
        (2e-5, "20.0 microseconds"),
        (0.5, "500.0 milliseconds"),
        (120, "120.0 seconds"),
        (121, "2.0 minutes"),
        (7201, "2.0 hours"),
        (3 * 86_400, "3.0 days"),
        (1e6, "1.7 weeks"),
    ],
)
def test_times_are_said_in_hank_s_units(seconds, words):
    assert duration(seconds) == words


def test_hank_s_best_is_said_at_the_end(tmp_path):
    events = [run(tmp_path), told(1000, mean_ap=0.5, measured=0.5, best=0.5), told(2000)]

    assert printed("hank", *events).endswith(
        "\nLast accuracy mAP@0.50=50.00%, best=50.00% at iteration #1000.\n"
    )


def test_another_program_s_lines_are_refused_with_the_choices():
    from darkpy.flags.detector import TrainFlags

    with pytest.raises(UsageError, match="darkpy, darknet, hank"):
        TrainFlags(log="ultralytics")

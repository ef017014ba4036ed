"""The methods of a detector beyond detect()."""

from __future__ import annotations

import json
import logging
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest
import torch

import darkpy
from darkpy.detector.outputs import json_record, label_text
from darkpy.errors import DarkpyError, DataError, UsageError
from darkpy.model.network import Network
from darkpy.model.weights import save_weights
from tests.certain import PROB, certain_files

BLACK, WHITE = np.zeros((64, 128, 3), np.uint8), np.full((64, 128, 3), 255, np.uint8)
DOG = darkpy.Found("dog", 0.6, (48.0, 24.0, 80.0, 40.0), 1, (0.5, 0.5, 0.25, 0.25))
CAT = darkpy.Found("cat", 0.7, (48.0, 24.0, 80.0, 40.0), 0, (0.5, 0.5, 0.25, 0.25))


@pytest.fixture
def detector(tmp_path):
    """A detector that sees a thing where it is white, and nothing where it is black."""
    cfg, weights, _ = certain_files(tmp_path, red=9.0)
    return darkpy.load(cfg, weights, ["thing"])


def test_a_stream_holds_no_more_than_a_batch(detector):
    given = []

    def pictures():
        for number in range(5):
            given.append(number)
            yield WHITE if number % 2 else BLACK

    stream = detector.stream(pictures(), batch=2)

    assert given == []
    pixels, found = next(stream)
    assert (len(given), pixels.max(), found) == (2, 0, [])
    assert [len(found) for _, found in stream] == [1, 0, 1, 0]


def test_a_network_that_remembers_sees_a_batch_in_order_and_each_stream_anew(tmp_path):
    cfg = (
        "[net]\nwidth=8\nheight=8\nchannels=3\n[maxpool]\nsize=8\nstride=8\n[crnn]\nsize=1\nhidden=4\n"
        "output=4\n[convolutional]\nsize=1\nfilters=6\nactivation=linear\n[yolo]\nanchors=4,4\n"
        "mask=0\nclasses=1\nnum=1\n"
    )
    (tmp_path / "r.cfg").write_text(cfg)
    torch.manual_seed(1)
    save_weights(Network.from_cfg(tmp_path / "r.cfg"), tmp_path / "r.weights", seen=0)
    remembering = darkpy.load(tmp_path / "r.cfg", tmp_path / "r.weights", ["thing"])
    pictures, flags = [WHITE, BLACK, WHITE, BLACK], {"thresh": 0.0}

    together = [found for _, found in remembering.stream(pictures, batch=4, **flags)]
    one_by_one = [found for _, found in remembering.stream(pictures, **flags)]

    assert together == one_by_one
    assert together[0] != together[2]  # white, and white after white and black
    assert remembering.detect(pictures, **flags) != together  # it goes on


def test_a_film_that_is_not_there_is_named(detector):
    with pytest.raises(DataError, match=r"none\.avi"):
        next(detector.stream("none.avi"))


def test_a_batch_has_pictures(detector):
    with pytest.raises(UsageError, match="batch=0: at least 1 picture"):
        detector.detect(WHITE, batch=0)


def test_a_batch_changes_nothing(detector):
    pictures = [WHITE, BLACK, WHITE]

    assert detector.detect(pictures, batch=1) == detector.detect(pictures, batch=2)


def test_a_box_is_drawn_where_it_was_found(detector):
    drawn = detector.draw(WHITE)

    assert drawn.shape == WHITE.shape
    assert WHITE.min() == 255  # a copy
    assert drawn[32, 48].min() < 255  # its left edge
    assert drawn[60, 120].min() == 255
    assert (detector.draw(WHITE, []) == WHITE).all()


def test_json_and_labels_are_those_of_the_command(detector):
    (seen,) = detector.engine.detect([WHITE], thresh=0.25)
    found = detector.detect(WHITE)

    record = json.loads(json_record(3, "a.jpg", seen, detector.names))
    assert json.loads(detector.to_json(found, "a.jpg", 3)) == record
    assert detector.to_labels(found) == label_text(seen, 0.25)


def test_a_label_file_has_the_likeliest_class_of_a_box(detector):
    assert detector.to_labels([DOG, CAT]) == "0 0.5000 0.5000 0.2500 0.2500\n"
    assert detector.to_labels([]) == ""


def test_supervision_gets_corners_and_names(detector, monkeypatch):
    package = types.ModuleType("supervision")
    package.Detections = lambda **given: given
    monkeypatch.setitem(sys.modules, "supervision", package)

    given = detector.to_supervision([DOG, CAT])

    assert given["xyxy"].tolist() == [[48, 24, 80, 40]] * 2
    assert given["class_id"].tolist() == [1, 0]
    assert given["confidence"].tolist() == pytest.approx([0.6, 0.7])
    assert given["data"]["class_name"].tolist() == ["dog", "cat"]
    assert detector.to_supervision([])["xyxy"].shape == (0, 4)


def test_supervision_that_is_not_there_is_said(detector, monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)

    with pytest.raises(DarkpyError, match=r"supervision is not installed: `pip install superv"):
        detector.to_supervision([DOG])


def test_supervision_that_lacks_a_package_is_not_called_absent(detector, monkeypatch, tmp_path):
    (tmp_path / "supervision.py").write_text("import no_such_package\n")
    monkeypatch.delitem(sys.modules, "supervision", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(DarkpyError, match="cannot be imported: No module named 'no_such_package'"):
        detector.to_supervision([DOG])


def test_what_a_command_would_print_is_logged(example_files, caplog):
    detector = darkpy.load("my.cfg", "my.weights", "my.names")

    with caplog.at_level(logging.INFO, "darkpy"):
        records = list(detector.train("my.data", clear=True, seed=1))

    assert [record.step.iteration for record in records] == [1, 2]
    assert any("seed 1" in message for message in caplog.messages), caplog.messages
    assert Path(detector.weights).name == "my_final.weights"
    # Two steps of .001 move the biases a little: it is another detector, and still finds it.
    (found,) = detector.detect("picture.png")
    assert found.probability != pytest.approx(PROB, abs=1e-9)


def test_a_training_that_is_left_leaves_the_detector_alone(example_files):
    detector = darkpy.load("my.cfg", "my.weights", "my.names")
    training = detector.train("my.data", clear=True, seed=1)

    next(training)
    training.close()

    assert detector.weights == "my.weights"


def test_threads_get_their_own_answers(detector):
    counts = {0: [], 1: []}

    def look(number):
        for _ in range(20):
            counts[number].append(len(detector.detect(WHITE if number else BLACK)))

    threads = [threading.Thread(target=look, args=(number,)) for number in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == {0: [0] * 20, 1: [1] * 20}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_two_thousand_calls_leave_the_memory_where_it_was(detector):
    def held_mb():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096 / 1e6

    for _ in range(200):
        detector.detect(WHITE)
    before = held_mb()
    for _ in range(2000):
        detector.detect(WHITE)

    # A picture is 25 kB, its input 12 kB: one of them kept a call would be 24 to 50 MB.
    assert held_mb() - before < 8

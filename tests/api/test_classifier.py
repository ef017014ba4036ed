"""A classifier from Python, beyond the examples."""

from __future__ import annotations

import logging
import pickle
import threading

import cv2
import numpy as np
import pytest

import darkpy
from darkpy.errors import DataError, PictureError, UsageError
from tests.commands import outcome

WHITE, BLACK = np.full((9, 9, 3), 255, np.uint8), np.zeros((9, 9, 3), np.uint8)


@pytest.fixture
def classifier(example_files):
    return darkpy.load("sorts.cfg", "sorts.weights", "sorts.names")


def test_it_answers_as_the_command_does(classifier, capsys):
    files = "sorts.data", "sorts.cfg", "sorts.weights", "bright.png"
    status, out, _ = outcome(capsys, ["classifier", "predict", *files, "-t", "2", "-nogpu"])

    lines = [f"{one.name}: {one.probability:f}" for one in classifier.classify("bright.png")]
    assert (status, out.splitlines()[-2:]) == (0, lines)


def test_pictures_of_all_kinds_in_batches(classifier):
    bgr = cv2.imread("bright.png")
    given = ["bright.png", bgr[..., ::-1], BLACK[..., 0], WHITE / 255.0]

    for batch in (1, 3, 16):
        answers = classifier.classify(given, top=1, batch=batch)
        assert [found.number for (found,) in answers] == [0, 0, 1, 0]
    assert classifier.classify([]) == []
    assert classifier.probabilities([]).shape == (0, 2)


def test_without_names_numbers_stand_in(example_files):
    classifier = darkpy.Classifier.load("sorts.cfg", "sorts.weights")

    assert [answer.name for answer in classifier.classify(WHITE)] == ["0", "1"]
    with pytest.raises(DataError, match="names: the number of names is 3, but sorts"):
        darkpy.load("sorts.cfg", "sorts.weights", ["a", "b", "c"])


def test_what_cannot_be_asked(classifier):
    with pytest.raises(UsageError, match="top=0"):
        classifier.classify(WHITE, top=0)
    with pytest.raises(UsageError, match="batch=0"):
        classifier.probabilities(WHITE, batch=0)
    with pytest.raises(PictureError, match="picture 2 is None"):
        classifier.classify([WHITE, None])


def test_a_picture_that_cannot_be_read_is_left_out_and_said(classifier, example_files, caplog):
    (example_files / "sorts.txt").write_text("bright.png\nbright_broken.png\n")
    (example_files / "bright_broken.png").write_bytes(b"no picture")

    with caplog.at_level(logging.INFO, "darkpy"):
        report = classifier.evaluate("sorts.data")

    assert (report.top_1, report.classes[0].truths) == (1.0, 1)
    assert "bright_broken.png" in caplog.text


def test_it_can_be_pickled_and_shared_by_threads(classifier):
    again = pickle.loads(pickle.dumps(classifier))
    found: list[int] = []

    def look():
        found.extend(again.classify(WHITE, top=1)[0].number for _ in range(20))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0] * 60


def test_what_was_trained_is_what_answers(classifier):
    before = classifier.probabilities(WHITE)

    records = list(classifier.train("sorts.data", clear=True, seed=1, topk=True))

    assert len(records) == 2
    assert classifier.weights == "backup/sorts_final.weights"
    assert not np.array_equal(before, classifier.probabilities(WHITE))
    fresh = darkpy.load("sorts.cfg", classifier.weights)
    np.testing.assert_array_equal(fresh.probabilities(WHITE), classifier.probabilities(WHITE))

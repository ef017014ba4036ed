"""Opening all pictures of a data set once."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from darkpy.cfg.data import DataOptions
from darkpy.data.dataset import read_dataset
from darkpy.doctor import scan as module
from darkpy.doctor.scan import alike, scan
from darkpy.machine.opencv import cv2
from tests.doctor.patients import scanned


def test_what_is_known_of_every_picture(examined):
    def prepare():
        cv2.imwrite("b.png", np.zeros((10, 20), np.uint8))
        cv2.imwrite("c.png", np.zeros((10, 20, 4), np.uint16))

    facts = examined({"a": "", "b": "", "c": ""}, prepare=prepare).scan.facts

    assert facts["width"].tolist() == [32, 20, 20]
    assert facts["height"].tolist() == [24, 10, 10]
    assert facts["grey"].tolist() == [False, True, False]
    assert facts["alpha"].tolist() == [False, False, True]
    assert facts["deep"].tolist() == [False, False, True]
    assert facts["orientation"].tolist() == [1, 1, 1]
    assert not facts["faulty"].any()


def test_other_kinds_are_known_by_their_pixels(examined):
    def prepare():
        cv2.imwrite("a.bmp", np.zeros((10, 20, 3), np.uint8))
        Path("a.bmp").rename("a.png")

    found = examined({"a": ""}, prepare=prepare).scan

    assert (found.facts["width"][0], found.facts["height"][0]) == (20, 10)


def test_broken_files_are_named_with_what_is_wrong(examined):
    def prepare():
        Path("empty.png").write_bytes(b"")
        Path("text.png").write_bytes(b"<!DOCTYPE html>")
        Path("short.png").write_bytes(Path("short.png").read_bytes()[:-20])

    found = examined({"empty": "", "good": "", "text": "", "short": ""}, prepare=prepare).scan

    assert found.facts["faulty"].tolist() == [True, False, True, True]
    assert found.faults == {
        0: "empty.png: the file is empty; restore it or take it off the list",
        2: "text.png: cannot be decoded: this is a web page: download the file itself "
        "(`Raw` on GitHub)",
        3: "short.png: is cut off: the PNG has no end mark; restore it",
    }


def test_many_pictures_come_in_their_order(examined, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 2)
    dataset = examined({f"p{i}": "" for i in range(7)}).dataset

    steps = list(scan(dataset, "opening"))

    assert [(step.done, step.total) for step in steps] == [(2, 7), (4, 7), (6, 7), (7, 7)]


def test_a_scan_that_is_dropped_leaves_no_threads(examined, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 1)
    dataset = examined({f"p{i}": "" for i in range(9)}).dataset
    before = threading.active_count()

    steps = scan(dataset, "opening")
    next(steps)
    steps.close()

    assert threading.active_count() == before


def test_a_picture_that_vanishes_is_a_fault(tmp_path, examined):
    dataset = examined({"a": "", "b": ""}).dataset
    Path("a.png").unlink()

    assert scanned(dataset).faults == {0: "a.png: cannot be read: No such file or directory"}


def test_the_same_digests_come_as_groups():
    digests = np.array([7, 3, 7, 0, 5, 3, 7, 0], np.uint64)

    assert [group.tolist() for group in alike(digests)] == [[1, 5], [0, 2, 6]]
    assert alike(digests[:0]) == []


def test_the_digest_is_of_the_content(tmp_path, monkeypatch, examined):
    found = examined({"a": "", "b": "", "c": ""}, prepare=lambda: _copy("a.png", "b.png")).scan

    a, b, c = found.facts["digest"].tolist()
    assert a == b != c
    assert read_dataset("train.txt", DataOptions(Path("obj.data")), 2).path(0) == "a.png"


def _copy(source: str, target: str) -> None:
    Path(target).write_bytes(Path(source).read_bytes())


def test_opencv_is_quiet_about_broken_pictures_and_talks_again_afterwards(examined, capfd):
    def prepare():
        noise = np.random.default_rng(0).integers(0, 255, (50, 50, 3), np.uint8)
        _, raw = cv2.imencode(".bmp", noise)
        Path("a.png").write_bytes(raw.tobytes()[:900])

    before = cv2.utils.logging.getLogLevel()
    found = examined({"a": "", "b": ""}, prepare=prepare).scan

    assert list(found.faults) == [0]
    assert capfd.readouterr().err == ""
    assert cv2.utils.logging.getLogLevel() == before

"""darkpy from Python."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import darkpy
from darkpy.errors import DataError, PictureError
from tests.certain import certain_files


@pytest.fixture
def certain(tmp_path):
    """A detector that sees one object of 8x8 px in the middle of anything."""
    cfg, weights, _ = certain_files(tmp_path)
    return darkpy.load(cfg, weights, ["thing"])


def test_an_object_has_a_name_a_probability_and_a_box_in_pixels_of_the_picture(certain):
    (found,) = darkpy.detect(certain, np.zeros((64, 128, 3), np.uint8))

    assert found.name == "thing"
    assert found.probability == pytest.approx(0.95257**2, abs=1e-4)
    # A quarter of each side about the middle: 64 +- 16 across, 32 +- 8 down.
    assert found.box == pytest.approx((48, 24, 80, 40), abs=1e-4)


def test_nothing_is_found_above_the_threshold(certain):
    assert darkpy.detect(certain, np.zeros((8, 8, 3), np.uint8), thresh=0.95) == []


def test_a_names_file_that_is_missing_is_said(certain, tmp_path):
    with pytest.raises(DataError, match=r"none\.names"):
        darkpy.load(tmp_path / "net.cfg", tmp_path / "net.weights", tmp_path / "none.names")


@pytest.mark.parametrize("count", [2, 0])
def test_names_are_as_many_as_classes_or_none(certain, tmp_path, count):
    files = tmp_path / "net.cfg", tmp_path / "net.weights"
    if not count:
        assert darkpy.load(*files).names == ("0",)
        return
    words = f"names: the number of names is {count}, but {files[0]} has classes=1"
    with pytest.raises(DataError) as refused:
        darkpy.load(*files, ["a", "b"])
    assert str(refused.value) == words


def test_a_data_file_given_as_names_is_named(certain, tmp_path):
    data = tmp_path / "my.data"
    data.write_text("classes=1\ntrain=train.txt\nnames=my.names\n")

    with pytest.raises(DataError, match=r"my\.data: this is a \.data file; the \.names file is"):
        darkpy.load(tmp_path / "net.cfg", tmp_path / "net.weights", data)


def test_a_list_of_pictures_gives_a_list_for_each(certain):
    tall, wide = np.zeros((64, 32, 3), np.uint8), np.zeros((32, 64), np.uint8)

    first, second = darkpy.detect(certain, [tall, wide])

    # A quarter of each side about the middle.
    assert first[0].box == pytest.approx((12, 24, 20, 40), abs=1e-4)
    assert second[0].box == pytest.approx((24, 12, 40, 20), abs=1e-4)
    assert darkpy.detect(certain, []) == []


def test_a_list_of_numbers_is_no_list_of_pictures(certain):
    with pytest.raises(PictureError, match=r"^picture 1 is of type int; a picture is"):
        darkpy.detect(certain, [1, 2, 3])


def test_a_detector_can_be_pickled(certain):
    again = pickle.loads(pickle.dumps(certain))

    picture = np.zeros((64, 64, 3), np.uint8)
    assert darkpy.detect(again, picture) == darkpy.detect(certain, picture)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
def test_a_detector_works_in_a_forked_process(certain, tmp_path):
    """Torch's threads do not survive a fork; a child that waits for them waits for ever."""
    code = textwrap.dedent(f"""
        import multiprocessing, numpy, sys, torch, darkpy
        torch.set_num_threads(2)
        detector = darkpy.load({str(tmp_path / "net.cfg")!r}, {str(tmp_path / "net.weights")!r})
        pictures = [numpy.zeros((300, 300, 3), numpy.uint8)] * 4
        look = lambda: darkpy.detect(detector, pictures)
        look()
        child = multiprocessing.get_context("fork").Process(target=look, daemon=True)
        child.start()
        child.join(60)
        print(child.exitcode, torch.get_num_threads())
        child.kill()
    """)
    command = [sys.executable, "-W", "ignore", "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    assert out.stdout.split() == ["0", "2"]


def test_the_public_names_need_torch_only_when_they_are_used():
    code = "import sys, darkpy; print('torch' in sys.modules, sorted(darkpy.__all__))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    kinds = ["Answer", "Classifier", "Detector", "Found"]
    names = [*kinds, "__version__", "detect", "load", "train_detector"]
    assert out.stdout.strip() == f"False {names}"

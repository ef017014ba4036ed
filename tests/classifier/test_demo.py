"""`classifier demo`: films and folders, what is printed and written."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from darkpy.data.pictures import read_picture
from darkpy.data.video import open_video
from darkpy.view.caption import captioned
from tests.classifier.conftest import COLOURS


@pytest.fixture
def trained(coloured):
    """A classifier that tells colours, and a film of three of them."""
    coloured.change("max_batches=8", "max_batches=60")
    coloured.change("batch_normalize=1\n", "")
    coloured.change("learning_rate=0.05", "learning_rate=.004\nadam=1")
    coloured.change("[dropout]\nprobability=.1\n", "")
    coloured.train()
    writer = cv2.VideoWriter("film.avi", cv2.VideoWriter_fourcc(*"MJPG"), 12, (24, 20))
    for name in COLOURS:
        writer.write(read_picture(f"{name}_0.png")[..., ::-1].copy())
    writer.release()
    return coloured


def demo(project, *words):
    files = "c.data", "c.cfg", "backup/c_final.weights"
    return project.run("classifier", "demo", *files, *words, "-nogpu", "-dont_show")


def test_each_frame_has_its_likeliest_classes(trained):
    status, out, _ = demo(trained, "film.avi", "-out_filename", "out.avi")

    assert status == 0
    assert out.startswith("Classifier Demo\n")
    frames = out.split("(use -benchmark command line flag for correct measurement)\n")[1:]
    said = [re.findall(r"^(\d+\.\d)%: (\w+)$", frame, re.MULTILINE) for frame in frames]
    # top=2 of the .data file
    assert [[len(lines), lines[0][1]] for lines in said] == [[2, name] for name in COLOURS]
    assert all(float(lines[0][0]) >= float(lines[1][0]) for lines in said)
    assert "3 frames in" in out
    film = open_video("out.avi")
    assert film.read().shape == (20, 24, 3)
    film.close()


def test_t_and_a_folder_of_pictures(trained):
    status, out, _ = demo(trained, str(trained.folder / "valid.txt"), "-t", 1)

    assert status == 0
    assert len(re.findall(r"^\d+\.\d%: \w+$", out, re.MULTILINE)) == 6


def test_benchmark_repeats_the_first_frame(trained):
    status, out, _ = demo(trained, "film.avi", "-benchmark", "-time_limit_sec", 0.3)

    assert status == 0
    assert re.search(r"^FPS: \d+\.\d\d \t AVG_FPS = \d+\.\d\d $", out, re.MULTILINE)


def test_a_film_that_is_not_there_is_said(trained):
    status, _, err = demo(trained, "none.avi")

    assert status == 2
    assert "none.avi" in err


@pytest.mark.parametrize("channels", [1, 3])
def test_lines_stand_at_the_upper_left_of_a_copy(channels):
    pixels = np.full((120, 200, channels), 200, np.uint8)

    drawn = captioned(pixels, ["98.1%: dog"])

    assert drawn.shape == (120, 200, 3)
    assert (pixels == 200).all()
    assert (drawn[30:] == 200).all()
    assert (drawn[:12, :50] != 200).all(axis=2).mean() > 0.9
    assert drawn[:12, :50].max() > 220

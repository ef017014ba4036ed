"""`detector train` with a [contrastive] beside its [yolo]: looks of the same objects."""

from __future__ import annotations

import re

import pytest

from darkpy.session.detecting import DetectorTraining

LOOKS = "[convolutional]\nfilters=8\nsize=1\nactivation=linear\n\n[route]\nlayers=-2\n\n"
COMPARED = "\n[route]\nlayers=3\n\n[contrastive]\nyolo_layer=6\ntemperature=.5\n"


@pytest.fixture
def looking(project):
    """The project with looks of two times four values a cell that are compared."""
    project.change_cfg("[convolutional]\nfilters=14", f"{LOOKS}[convolutional]\nfilters=14")
    text = project.cfg.read_text().replace("[yolo]", "[yolo]\nembedding_layer=3")
    project.cfg.write_text(text + COMPARED)
    return project


def _asked(text: str) -> list[float]:
    """What the looks are asked in every mini-batch, as -log darknet prints it."""
    return [float(loss) for loss in re.findall(r" contrastive loss = (\S+)", text)]


def test_objects_of_two_views_are_told_from_others(looking, monkeypatch):
    looking.change_cfg("batch=4\nsubdivisions=2", "batch=8\nsubdivisions=1\ncontrastive=1\n")
    seen = []
    own = DetectorTraining.loader

    def loader(task, *given):
        for _, parts in own(task, *given):
            seen.extend(part.indices.tolist() for part in parts)
            if len(seen) == 6:
                break
        return own(task, *given)

    monkeypatch.setattr(DetectorTraining, "loader", loader)

    status, out, err = looking.train("-log", "darknet")

    assert status == 0, err
    assert all(numbers[::2] == numbers[1::2] for numbers in seen)
    assert len({number for numbers in seen for number in numbers}) > 3
    # Four pictures twice, an object in each: those of one kind are compared.
    assert max(map(int, re.findall(r"all = (\d+)", out))) >= 4
    assert max(_asked(out)) > 0.01


def test_an_object_that_is_seen_once_is_like_no_other(looking):
    looking.change_cfg("batch=4\nsubdivisions=2", "batch=3\nsubdivisions=3\n")

    status, out, err = looking.train("-log", "darknet")

    assert status == 0, err
    assert set(_asked(out)) == {0}


def test_a_track_id_makes_objects_of_different_pictures_one(looking):
    looking.change_cfg("batch=4\nsubdivisions=2", "batch=8\nsubdivisions=1")
    for number, path in enumerate(sorted((looking.folder / "images").glob("*.txt"))):
        path.write_text(f"{path.read_text().strip()} {number % 4}\n")

    status, out, err = looking.train("-log", "darknet")

    assert status == 0, err
    assert max(_asked(out)) > 0.01


def test_a_preview_shows_rows_with_tracks(looking):
    looking.change_cfg("batch=4\n", "batch=4\ncontrastive=1\n")
    status, _, err = looking.train("-show_imgs")
    assert status == 0, err

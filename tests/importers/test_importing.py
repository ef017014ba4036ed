"""`darkpy import` from end to end."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.console.cli import main
from darkpy.data.pictures import write_picture
from darkpy.errors import DataError, OutputError, UsageError
from tests.importers.test_imglab import file, image, thing


@pytest.fixture
def faces(picture, text) -> str:
    """An imglab source of two classes; its name."""
    picture("faces/a.jpg")
    cat = thing(inside="<label>cat</label>")
    text("faces/training.xml", file(image(thing(), cat, cat, thing(more=" ignore='1'"))))
    return "faces"


def test_the_summary_counts_lists_classes_and_everything(faces, bring, tmp_path):
    out = tmp_path / "out"

    lines = bring("imglab", faces)

    assert lines[:-1] == [
        f"{out / 'training'}.txt: 1 picture, 0 of them without objects",
        "class 0 cat: 2 objects, 0 ignored boxes",
        "class 1 dog: 1 object, 0 ignored boxes",
        "every class: 1 ignored box",
        f"{out / 'out.data'}: 2 classes, 1 picture, 3 objects, 1 ignored box",
    ]
    assert lines[-1] == (
        f"warning: no list to validate on: `darkpy init {out}/images -names {out}/out.names -out "
        f"{out}-project` divides the pictures in two and keeps those of one video on one side"
    )


def test_what_the_summary_proposes_for_a_single_list_works(text, bring, tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "faces").mkdir()
    for number in range(8):
        pixels = rng.integers(0, 255, (50, 100, 3)).astype(np.uint8)
        write_picture(tmp_path / f"faces/{number}.png", pixels)
    images = "".join(image(thing(), name=f"{number}.png") for number in range(8))
    text("faces/training.xml", file(images))
    command = bring("imglab", "faces")[-1].partition("`darkpy ")[2].partition("`")[0]

    assert main(command.split()) == 0
    assert (tmp_path / "out-project/images.data").exists() or list(
        (tmp_path / "out-project").glob("*.data")
    )


def test_names_gives_the_order_of_the_classes_and_drops_others(faces, bring, tmp_path, text):
    names = text("my.names", "bird\ndog\n")

    lines = bring("imglab", faces, names=str(names))

    assert lines[0] == f"{names}: warning: 2 boxes of class 'cat', which is not in it, left out"
    assert (tmp_path / "out/out.names").read_text() == "bird\ndog\n"
    assert (tmp_path / "out/images/a.txt").read_text().split()[0] == "1"
    assert (tmp_path / "out/images/a.ign").read_text().split()[0] == "-1"


def test_all_remarks_are_in_a_file_and_the_first_on_the_screen(picture, text, bring, tmp_path):
    picture("faces/a.jpg")
    text("faces/training.xml", file(image(*(thing(width=0) for _ in range(30)), thing())))

    lines = bring("imglab", "faces")

    assert sum("is empty" in line for line in lines) == 20
    assert "... and 10 more" in lines
    assert f"all 30 remarks: {tmp_path / 'out/findings.txt'}" in lines
    assert len((tmp_path / "out/findings.txt").read_text().splitlines()) == 30


def test_what_is_wrong_is_told_before_anything_is_read(faces, bring, tmp_path):
    with pytest.raises(UsageError, match=r"voc, coco, .*, csv can; did you mean 'coco'\?; auto"):
        bring("cooc", faces)
    with pytest.raises(DataError, match="nothing: does not exist"):
        bring("voc", "nothing")
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        bring("voc", "nothing")


def test_it_is_a_command_of_one_word(faces, tmp_path, capsys):
    words = ["import", "imglab", str(tmp_path / faces), str(tmp_path / "new"), "-copy"]

    assert main(words) == 0
    assert "2 classes, 1 picture, 3 objects, 1 ignored box" in capsys.readouterr().out
    assert not (tmp_path / "new/images/a.jpg").is_symlink()
    # A second time the folder is in the way.
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.slow
def test_darkpy_trains_on_what_was_imported(faces, tmp_path, bring, monkeypatch, capsys):
    """The folder is a project: only a cfg is missing."""
    bring("imglab", faces)
    monkeypatch.chdir(tmp_path / "out")
    (tmp_path / "out/net.cfg").write_text(
        "[net]\nbatch=2\nwidth=32\nheight=32\nchannels=3\nmax_batches=2\nlearning_rate=.001\n"
        "[convolutional]\nfilters=7\nsize=3\nstride=2\npad=1\nactivation=linear\n"
        "[yolo]\nmask=0\nanchors=9,9\nnum=1\nclasses=2\n"
    )

    flags = ["-dont_show", "-nogpu", "-threads", "0", "-seed", "1"]
    assert main(["detector", "train", "out.data", "net.cfg", *flags]) == 0
    assert (tmp_path / "out/backup/net_final.weights").exists()


def test_auto_looks_which_format_it_is(faces, bring, tmp_path):
    assert bring("auto", faces)[0] == f"{tmp_path / faces}: read as imglab"


def test_a_wrong_format_is_told_with_the_one_it_looks_like(faces, bring, tmp_path):
    with pytest.raises(DataError) as caught:
        bring("coco", faces)

    assert str(caught.value).splitlines()[-1] == f"{tmp_path / faces}: this looks like imglab"


def test_what_nobody_can_tell_is_asked_about(text, bring):
    text("mine/readme.md", "nothing")

    with pytest.raises(DataError, match="mine: cannot be told what it is; name the format: voc, "):
        bring("auto", "mine")

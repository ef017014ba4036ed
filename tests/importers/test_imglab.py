"""dlib's imglab files."""

from __future__ import annotations

import pytest

from darkpy.errors import DataError
from darkpy.importers import imglab
from tests.finished import finished

HEAD = """<?xml version='1.0' encoding='ISO-8859-1'?>
<?xml-stylesheet type='text/xsl' href='image_metadata_stylesheet.xsl'?>
<dataset>
<name>dlib</name>
<images>
"""


def file(*images: str) -> str:
    return HEAD + "\n".join(images) + "\n</images>\n</dataset>\n"


def image(*boxes: str, name="a.jpg", more="") -> str:
    return f"<image file='{name}'{more}>\n" + "\n".join(boxes) + "\n</image>"


def thing(left=10, top=5, width=20, height=20, inside="<label>dog</label>", more="") -> str:
    place = f"top='{top}' left='{left}' width='{width}' height='{height}'"
    return f"<box {place}{more}>{inside}</box>"


def test_boxes_are_pixels_from_0_on(picture, text, tmp_path, bring):
    picture("faces/a.jpg")
    text("faces/training.xml", file(image(thing())))

    bring("imglab", "faces")

    # 10..30 of 100 px, 5..25 of 50
    row = "0 0.20000000 0.30000000 0.20000000 0.40000000\n"
    assert (tmp_path / "out/images/a.txt").read_text() == row
    assert (tmp_path / "out/out.names").read_text() == "dog\n"


def test_ignored_boxes_are_of_every_class(picture, text, tmp_path, bring):
    picture("faces/a.jpg")
    text("faces/training.xml", file(image(thing(more=" ignore='1'"), thing(more=" ignore='0'"))))

    bring("imglab", "faces")

    assert (tmp_path / "out/images/a.ign").read_text().startswith("-1 0.2")
    assert (tmp_path / "out/images/a.txt").read_text().startswith("0 0.2")


def test_training_and_testing_are_the_lists(picture, text, tmp_path, bring):
    picture("faces/2007/a.jpg")
    text("faces/training.xml", file(image(thing(), name="2007\\a.jpg")))
    text("faces/testing.xml", file(image(thing(), name="2007/a.jpg")))
    text("faces/notes.xml", "<notes/>")

    lines = bring("imglab", "faces")

    data = (tmp_path / "out/out.data").read_text()
    assert "train = training.txt\nvalid = testing.txt\n" in data
    assert "notes.xml:1: note: <notes> without <images>" in lines[0]


def test_boxes_without_a_label_are_objects_and_parts_are_left_out(picture, text, tmp_path):
    picture("faces/a.jpg")
    part = "<part name='eye' x='3' y='4'/>"
    path = text("faces/training.xml", file(image(thing(inside=""), thing(inside=part))))

    collected = finished(imglab.read_imglab(path))

    assert collected.names == ("object",)
    assert [finding.message for finding in collected.findings] == [
        "2 boxes have no label: they are of class 'object'",
        "1 boxes have parts, which are left out",
    ]


def test_the_size_is_the_one_given_or_the_pictures(picture, text):
    picture("faces/a.jpg", 200, 100)
    picture("faces/b.jpg")
    more = " width='400' height='200'"
    path = text("faces/x.xml", file(image(thing(), more=more), image(thing(), name="b.jpg")))

    first, second = finished(imglab.read_imglab(path)).pictures.values()

    assert first.boxes[0].cxcywh == pytest.approx((0.05, 0.075, 0.05, 0.1))
    assert second.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))


def test_odd_things_are_told_with_file_and_line(picture, text, tmp_path):
    picture("faces/a.jpg")
    text("faces/broken.jpg", "no picture")
    path = text(
        "faces/x.xml",
        file(
            image(thing(90), thing(width=0), "<box top='1' left='2' width='3'/>"),
            image(name="lost.jpg"),
            image(name="broken.jpg"),
            image(),
            "<image/>",
        ),
    )

    collected = finished(imglab.read_imglab(path))

    shown = [str(it).removeprefix(f"{path}:") for it in collected.findings]
    expected = [
        "7: note: dog: the box 90 5 110 25: 10 px outside the picture of 100 x 50, cut off",
        "8: warning: dog: the box 10 5 10 25 is empty",
        "9: warning: left=2 top=1 width=3 height=None: numbers are needed",
        f"11: warning: picture 'lost.jpg' is not in {tmp_path / 'faces'}",
        f"14: warning: {tmp_path / 'faces/broken.jpg'}: cannot be decoded",
        "17: warning: picture a.jpg stands twice; the first is kept",
        "20: warning: picture '' is not in",
    ]
    for line, wanted in zip(shown, expected, strict=True):
        assert line.startswith(wanted)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<other/>", "<other> without <images>: not imglab's"),
        (file(), "there is no picture to import"),
        ("<!DOCTYPE dataset><dataset/>", "document type or entities"),
    ],
)
def test_a_file_that_is_no_use_is_refused(text, content, words):
    with pytest.raises(DataError, match=words):
        finished(imglab.read_imglab(text("x.xml", content)))

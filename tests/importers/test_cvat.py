"""CVAT's annotations.xml."""

from __future__ import annotations

import pytest

from darkpy.errors import DataError
from darkpy.importers import cvat
from tests.finished import finished

LABELS = "<labels><label><name>dog</name></label><label><name>cat</name></label></labels>"


def image(*shapes: str, name: str = "a.jpg", more: str = "") -> str:
    inside = "\n".join(shapes)
    return f'<image id="0" name="{name}" width="100" height="50"{more}>\n{inside}\n</image>\n'


def file(*images: str, meta: str = f"<meta><task>{LABELS}</task></meta>") -> str:
    head = f'<?xml version="1.0"?>\n<annotations><version>1.1</version>{meta}'
    return f"{head}{''.join(images)}</annotations>"


def box(label: str = "cat", more: str = "", edges=(10, 5, 30, 25)) -> str:
    x0, y0, x1, y1 = edges
    return f'<box label="{label}" xtl="{x0}" ytl="{y0}" xbr="{x1}" ybr="{y1}"{more}/>'


def test_boxes_count_from_0_and_classes_keep_the_tasks_order(picture, text, bring, tmp_path):
    picture("task/images/sub/a.jpg")
    text("task/annotations.xml", file(image(box(), name="sub/a.jpg")))

    bring("cvat", "task")

    assert (tmp_path / "out/out.names").read_text() == "dog\ncat\n"
    # 10..30 of 100 px, 5..25 of 50
    assert (tmp_path / "out/images/a.txt").read_text() == (
        "1 0.20000000 0.30000000 0.20000000 0.40000000\n"
    )


@pytest.mark.parametrize(
    "shape",
    [
        '<polygon label="dog" points="10,5;30.0,5;20,25"/>',
        '<ellipse label="dog" cx="20" cy="15" rx="10" ry="10"/>',
        '<mask label="dog" rle="4, 5" left="10" top="5" width="20" height="20"/>',
        '<cuboid label="dog" xtl1="10" ytl1="5" xbr2="30" ybr2="25" xtr1="20" ytr1="9" z="1"/>',
        box("dog", ' rotation="90"'),
    ],
)
def test_outlines_become_the_box_around_them_and_are_counted(picture, text, tmp_path, shape):
    picture("task/a.jpg")
    text("task/annotations.xml", file(image(shape)))

    found = finished(cvat.read_cvat(tmp_path / "task"))

    (one,) = found.pictures.values()
    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert str(found.findings[-1]) == (
        f"{tmp_path}/task/annotations.xml: note: outlines and turned boxes, of which the box "
        "around them is used: 1"
    )


def test_a_turned_box_of_unlike_sides(picture, text, tmp_path):
    picture("task/a.jpg")
    # 40 x 20 px about 50, 25, turned by 90 degrees: 20 x 40
    text("task/annotations.xml", file(image(box("dog", ' rotation="90"', (30, 15, 70, 35)))))

    (one,) = finished(cvat.read_cvat(tmp_path / "task")).pictures.values()

    assert one.boxes[0].cxcywh == pytest.approx((0.5, 0.5, 0.2, 0.8))


def test_subsets_are_lists_and_what_holds_no_box_is_counted(picture, text, tmp_path):
    for subset in ("Train", "Validation"):
        picture(f"task/images/{subset}/a.jpg")
    text(
        "task/annotations.xml",
        file(
            image(
                box(),
                '<tag label="x"/>',
                '<points label="x" points="1,1"/>',
                more=' subset="Train"',
            ),
            image('<points label="x" points="1,1"/>', more=' subset="Validation"'),
        ),
    )

    found = finished(cvat.read_cvat(tmp_path / "task"))

    assert {name: len(keys) for name, keys in found.lists.items()} == {"Train": 1, "Validation": 1}
    paths = [one.picture.relative_to(tmp_path).as_posix() for one in found.pictures.values()]
    assert paths == ["task/images/Train/a.jpg", "task/images/Validation/a.jpg"]
    assert [finding.message for finding in found.findings] == [
        "<tag> elements, which hold no box, left out: 1",
        "<points> elements, which hold no box, left out: 2",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (file("<track id='0'/>"), "is CVAT for video, which names no pictures: export 'CVAT for"),
        ("<dataset/>", "<dataset> without <annotations>: not CVAT's"),
        (file(image(box())), "picture a.jpg is not in"),
    ],
)
def test_what_cannot_be_used_says_why(text, tmp_path, content, message):
    text("task/annotations.xml", content)

    with pytest.raises(DataError, match=message):
        finished(cvat.read_cvat(tmp_path / "task"))

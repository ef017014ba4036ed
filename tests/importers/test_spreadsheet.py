"""CSV files with a box a row."""

from __future__ import annotations

import pytest

from darkpy.errors import DataError
from darkpy.importers import spreadsheet
from tests.finished import finished

EXPORTS = {
    "makesense": "cat,10,5,20,20,a.jpg,100,50\n",
    "makesense with headings": (
        "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
        "cat,10,5,20,20,a.jpg,100,50\n"
    ),
    "vott": '"image","xmin","ymin","xmax","ymax","label"\r\n"a.jpg",10.0,5.0,30.0,25.0,"cat"\r\n',
    "roboflow": "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,100,50,cat,10,5,30,25\n",
    "retinanet": "old/a.jpg,10,5,30,25,cat\n",
    "semicolons": "image;x1;y1;x2;y2;class\na.jpg;10;5;30;25;cat\n",
}


@pytest.mark.parametrize("content", EXPORTS.values(), ids=EXPORTS)
def test_the_usual_columns_are_known(picture, text, tmp_path, content):
    picture("mine/a.jpg")
    text("mine/labels.csv", content)

    found = finished(spreadsheet.read_spreadsheet(tmp_path / "mine"))

    (one,) = found.pictures.values()
    assert [box.name for box in one.boxes] == ["cat"]
    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert found.findings == []


def test_folders_are_lists_and_a_row_without_numbers_is_an_empty_picture(picture, text, tmp_path):
    for part in ("train", "valid"):
        picture(f"mine/{part}/{part}.jpg")
        text(f"mine/{part}/_annotations.csv", f"{part}.jpg,,,,,\n")

    found = finished(spreadsheet.read_spreadsheet(tmp_path / "mine"))

    assert found.lists == {"train": ["train/train.jpg"], "valid": ["valid/valid.jpg"]}
    assert [one.boxes for one in found.pictures.values()] == [(), ()]


def test_odd_rows_are_told_with_their_line(picture, text, tmp_path):
    picture("mine/a.jpg")
    text("mine/a.csv", "a.jpg,1,1,9,9,cat\na.jpg,1,x,9,9,cat\nb.jpg,1,1,9,9,cat\na.jpg,1,1,9,9,\n")

    found = finished(spreadsheet.read_spreadsheet(tmp_path / "mine"))

    assert [
        (finding.line, finding.message.partition(" is not in")[0]) for finding in found.findings
    ] == [
        (2, "a box without proper numbers; left out"),
        (1, "an object without a name; left out"),
        (3, "picture b.jpg"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b,c\n1,2,3\n", ":1: headings a,b,c are not known, and it is no label,x,y,w,h,image,"),
        ("\n", "is empty; a box a row is needed"),
    ],
)
def test_a_table_that_is_not_understood_is_refused(text, tmp_path, content, message):
    text("mine/a.csv", content)

    with pytest.raises(DataError, match=message):
        finished(spreadsheet.read_spreadsheet(tmp_path / "mine"))

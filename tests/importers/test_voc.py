"""PASCAL VOC's folders."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.cfg.data import read_data
from darkpy.data.dataset import read_dataset
from darkpy.errors import DataError
from darkpy.importers import voc
from tests.finished import finished

SIZE = "<size><width>100</width><height>50</height><depth>3</depth></size>"


def thing(name="dog", box=(11, 6, 31, 26), difficult=0) -> str:
    edges = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    corners = "".join(f"<{key}>{value}</{key}>" for key, value in edges)
    return (
        f"<object>\n<name>{name}</name><truncated>1</truncated><difficult>{difficult}</difficult>"
        f"\n<bndbox>{corners}</bndbox></object>"
    )


def annotation(*things: str, size: str = SIZE, file: str = "a.jpg") -> str:
    inside = "\n".join(things)
    return f"<annotation>\n<filename>{file}</filename>\n{size}\n{inside}\n</annotation>\n"


@pytest.fixture
def year(picture, text):
    """A VOC folder `voc` of pictures by name -> annotation (None: no file)."""

    def make(annotations: dict[str, str | None], folder: str = "voc", **lists: str) -> None:
        for name, content in annotations.items():
            picture(f"{folder}/JPEGImages/{name}.jpg")
            if content is not None:
                text(f"{folder}/Annotations/{name}.xml", content)
        for name, content in lists.items():
            text(f"{folder}/ImageSets/Main/{name}.txt", content)

    return make


def test_edges_become_what_voc_label_py_makes_of_them(year, tmp_path):
    year({"a": annotation(thing(box=(11, 6, 31, 26)))})

    (one,) = finished(voc.read_voc(tmp_path / "voc")).pictures.values()

    # ((11 + 31) / 2 - 1) / 100, ((6 + 26) / 2 - 1) / 50, 20 / 100, 20 / 50
    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4), abs=1e-12)


def test_with_first_pixel_0_edges_are_taken_as_they_are(year, tmp_path):
    year({"a": annotation(thing(box=(10, 5, 30, 25)))})

    (one,) = finished(voc.read_voc(tmp_path / "voc", first_pixel=0)).pictures.values()

    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4), abs=1e-12)


def test_edges_at_pixel_0_are_a_hint_that_pixels_count_from_0(year, tmp_path):
    year({"a": annotation(thing(box=(0, 0, 20, 20)), thing(box=(0, 5, 20, 20)), thing())})

    one, other = (finished(voc.read_voc(tmp_path / "voc", first_pixel=first)) for first in (1, 0))

    assert str(one.findings[0]) == (
        f"{tmp_path}/voc/Annotations: warning: 2 of 3 boxes have an edge at pixel 0, though "
        "VOC counts from 1: if the program that wrote them counts from 0, import with "
        "-first_pixel 0"
    )
    assert not any("pixel 0" in str(finding) for finding in other.findings)


def test_boxes_come_back_from_darkpys_own_reader(year, tmp_path, bring):
    rng = np.random.default_rng(0)
    low = rng.integers(1, (60, 30), (20, 2))
    corners = np.column_stack((low, low + rng.integers(2, (40, 20), (20, 2))))
    year({"a": annotation(*(thing(box=tuple(row)) for row in corners))})

    bring("voc", "voc")

    data = read_data(tmp_path / "out/out.data")
    boxes, _ = read_dataset(data.resolve(data.train), data, data.classes).truths(0)
    centre, size = boxes[:, :2] * (100, 50), boxes[:, 2:] * (100, 50)
    back = np.hstack((centre - size / 2, centre + size / 2)) + 1
    # float32 shares of 100 px
    np.testing.assert_allclose(back, corners, atol=100 * 1e-6)


def test_lists_names_and_data_are_darknets(year, tmp_path, bring):
    year(
        {
            "a": annotation(thing("zebra"), thing("ant", (1, 1, 100, 50))),
            "b": annotation(),
            "c": annotation(thing("ant")),
        },
        train="a\nb\n",
        val="c\n",
        ant_train="a  1\nb -1\n",
    )

    lines = bring("voc", "voc")

    out = tmp_path / "out"
    assert (out / "train.txt").read_text() == "images/a.jpg\nimages/b.jpg\n"
    assert (out / "val.txt").read_text() == "images/c.jpg\n"
    assert (out / "out.names").read_text() == "ant\nzebra\n"
    assert (out / "out.data").read_text() == (
        "classes = 2\ntrain = train.txt\nvalid = val.txt\nnames = out.names\nbackup = backup\n"
    )
    # 1..100 of 100 px, counted from 1: the centre is 49.5, the size 99
    assert (out / "images/a.txt").read_text() == (
        "1 0.20000000 0.30000000 0.20000000 0.40000000\n"
        "0 0.49500000 0.49000000 0.99000000 0.98000000\n"
    )
    assert (out / "images/b.txt").read_text() == ""
    assert not (out / "ant_train.txt").exists()
    assert not list(out.glob("images/*.ign"))
    assert lines[-1].endswith("2 classes, 3 pictures, 3 objects, 0 ignored boxes")


def test_difficult_objects_are_ignored_boxes_of_their_class(year, tmp_path, bring):
    year({"a": annotation(thing("dog", difficult=1), thing("cat"))})

    lines = bring("voc", "voc")

    images = tmp_path / "out/images"
    assert (images / "a.txt").read_text().startswith("0 0.2")
    assert (images / "a.ign").read_text() == "1 0.20000000 0.30000000 0.20000000 0.40000000\n"
    assert "class 1 dog: 0 objects, 1 ignored box" in lines


def test_the_years_of_a_devkit_are_joined(year, tmp_path, bring):
    year({"a": annotation(thing())}, "kit/VOC2007", train="a\n")
    year({"a": annotation(thing("cat"))}, "kit/VOC2012", train="a\n")

    bring("voc", "kit")

    assert (tmp_path / "out/train.txt").read_text() == "images/a.jpg\nimages/a_2.jpg\n"
    assert (tmp_path / "out/images/a_2.txt").read_text().startswith("0 ")
    assert (tmp_path / "out/images/a.txt").read_text().startswith("1 ")


def test_labelimgs_files_beside_their_pictures_are_read(picture, text, tmp_path, bring):
    picture("mine/größe 1.png")
    text("mine/größe 1.xml", annotation(thing("Käse"), file="C:\\old\\größe 1.png"))

    bring("voc", "mine")

    assert (tmp_path / "out/train.txt").read_text() == "images/größe 1.png\n"
    assert (tmp_path / "out/out.names").read_text() == "Käse\n"
    assert (tmp_path / "out/images/größe 1.txt").exists()


def test_a_missing_size_is_taken_from_the_picture(year, tmp_path):
    year({"a": annotation(thing(), size="<size><width>0</width><height>0</height></size>")})

    collected = finished(voc.read_voc(tmp_path / "voc"))

    assert collected.pictures["a"].boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert any("a.xml:3: note: has no size; taken" in str(it) for it in collected.findings)


def test_a_size_that_is_not_the_pictures_is_told(year, tmp_path):
    size = "<size><width>50</width><height>100</height></size>"
    year({"a": annotation(thing(), size=size)})

    collected = finished(voc.read_voc(tmp_path / "voc"))

    words = "a.xml:3: warning: the size 50 x 100 is not the picture's, 100 x 50"
    assert any(words in str(it) for it in collected.findings)
    assert len(collected.pictures["a"].boxes) == 1


def test_crlf_changes_nothing(year, tmp_path):
    year({"a": annotation(thing()).replace("\n", "\r\n")}, train="a\r\n")

    collected = finished(voc.read_voc(tmp_path / "voc"))

    assert collected.lists == {"train": ["a"]}
    assert collected.pictures["a"].boxes[0].name == "dog"
    assert not collected.findings


def test_odd_things_are_told_with_file_and_line(year, text, tmp_path):
    year(
        {
            "a": annotation(
                thing("cut", (90, 6, 120, 26)),  # 19 px too far right: 119 - 100
                thing("flat", (11, 6, 11, 26)),
                thing("word", ("x", 6, 11, 26)),
                thing(""),
                thing("turned", (31, 26, 11, 6)),
                "<object><name>frameless</name></object>",
            ),
            "b": None,
            "c": "<annotation>",
            "d": annotation(thing()),
        },
        train="a\nb\nc\nlost\n",
    )
    text("voc/Annotations/lost.xml", annotation(thing()))

    collected = finished(voc.read_voc(tmp_path / "voc"))

    folder = tmp_path / "voc"
    place, listed = folder / "Annotations/a.xml", folder / "ImageSets/Main/train.txt"
    shown = [str(finding) for finding in collected.findings]
    expected = [
        f"{folder / 'Annotations'}: note: 1 annotated pictures are in no list",
        f"{place}:6: note: cut: the box 89 5 119 25: 19 px outside the picture of 100 x 50",
        f"{place}:9: warning: flat: the box 10 5 10 25 is empty",
        f"{place}:12: warning: xmin='x' ymin='6' xmax='11' ymax='26': numbers are needed",
        f"{place}:13: warning: an object with no name",
        f"{place}:18: note: turned: the box 30 25 10 5: corners in the wrong order",
        f"{place}:19: warning: an object with no bndbox",
        f"{folder / 'Annotations/c.xml'}:1: warning: is no proper XML",
        f"{folder / 'Annotations/lost.xml'}: warning: picture lost.* is not in {folder}",
        f"{listed}:2: warning: {folder / 'Annotations/b.xml'} does not exist; picture left out",
    ]
    for line, wanted in zip(shown, expected, strict=True):
        assert line.startswith(wanted)
    assert collected.lists == {"train": ["a"]}
    assert [box.name for box in collected.pictures["a"].boxes] == ["cut", "turned"]


def test_a_folder_without_annotations_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no Annotations/ folder"):
        finished(voc.read_voc(tmp_path))


def test_a_folder_where_nothing_can_be_used_says_why(year, tmp_path):
    year({"a": "<annotation>"})

    with pytest.raises(DataError, match=r"a\.xml:1: .*\n.*there is no annotated picture"):
        finished(voc.read_voc(tmp_path / "voc"))


def keys(folder) -> tuple[dict, list[str]]:
    """What a VOC source gives: its lists, and the pictures' paths from the folder on."""
    found = finished(voc.read_voc(folder))
    return found.lists, [
        one.picture.relative_to(folder).as_posix() for one in found.pictures.values()
    ]


def test_annotations_in_subfolders_are_all_read(picture, text, tmp_path):
    for cam in ("cam1", "cam2"):
        picture(f"voc/JPEGImages/{cam}/a.jpg")
        text(f"voc/Annotations/{cam}/a.xml", annotation(thing()))
    picture("voc/JPEGImages/b.jpg")
    text("voc/Annotations/cam2/b.xml", annotation(thing()))

    lists, pictures = keys(tmp_path / "voc")

    assert lists == {"train": ["cam1/a", "cam2/a", "cam2/b"]}
    assert pictures == ["JPEGImages/cam1/a.jpg", "JPEGImages/cam2/a.jpg", "JPEGImages/b.jpg"]


def test_a_list_may_leave_out_the_folders_and_keep_the_endings(picture, text, tmp_path):
    picture("voc/JPEGImages/cam1/a.jpg")
    text("voc/Annotations/cam1/a.xml", annotation(thing()))
    text("voc/ImageSets/Main/val.txt", "a.jpg\n")

    assert keys(tmp_path / "voc")[0] == {"val": ["cam1/a"]}


def test_small_annotations_and_images_are_read(picture, text, tmp_path):
    picture("voc/images/a.png")
    text("voc/annotations/a.xml", annotation(thing()))

    assert keys(tmp_path / "voc") == ({"train": ["a"]}, ["images/a.png"])


@pytest.mark.parametrize("above", ["", "images/"])
def test_roboflows_folders_of_pictures_and_xml_become_lists(picture, text, tmp_path, above):
    for part in ("train", "valid", "test"):
        picture(f"voc/{above}{part}/{part}1.jpg")
        text(f"voc/{above}{part}/{part}1.xml", annotation(thing()))

    lists, pictures = keys(tmp_path / "voc")

    assert lists == {part: [f"{above}{part}/{part}1"] for part in ("test", "train", "valid")}
    assert sorted(pictures) == [f"{above}{part}/{part}1.jpg" for part in ("test", "train", "valid")]


def test_lists_are_folders_of_annotations_and_of_pictures(picture, text, tmp_path):
    for part in ("train", "val"):
        picture(f"voc/images/{part}/a.jpg")
        text(f"voc/annotations/{part}/a.xml", annotation(thing()))
        picture(f"kit/{part}/images/a.jpg")
        text(f"kit/{part}/annotations/a.xml", annotation(thing()))

    assert keys(tmp_path / "voc")[0] == {"train": ["train/a"], "val": ["val/a"]}
    assert keys(tmp_path / "voc")[1] == ["images/train/a.jpg", "images/val/a.jpg"]
    assert keys(tmp_path / "kit")[0] == {"train": ["train_a"], "val": ["val_a"]}
    assert keys(tmp_path / "kit")[1] == ["train/images/a.jpg", "val/images/a.jpg"]


def test_another_programs_xml_is_named(picture, text, tmp_path):
    picture("voc/a.jpg")
    text("voc/a.xml", "<dataset></dataset>")

    with pytest.raises(DataError, match="<dataset> is no VOC <annotation>"):
        finished(voc.read_voc(tmp_path / "voc"))


def test_a_file_name_that_leads_outside_is_not_followed(picture, text, tmp_path, bring):
    picture("secret.jpg"), picture("voc/JPEGImages/b.jpg")
    (tmp_path / "voc/JPEGImages/a.jpg").symlink_to(tmp_path / "secret.jpg")
    for name in "ab":
        text(f"voc/Annotations/{name}.xml", annotation(thing()))

    lines = bring("voc", "voc", copy=True)

    assert sorted(path.name for path in (tmp_path / "out/images").iterdir()) == ["b.jpg", "b.txt"]
    assert any(
        f"a.xml: warning: picture a.* leads to {tmp_path / 'secret.jpg'}, outside "
        f"{tmp_path / 'voc'}, from where nothing is taken" in line
        for line in lines
    )


def test_lists_of_classes_alone_give_the_sides_as_vott_writes_them(year, text, tmp_path):
    year({name: annotation(thing()) for name in "abc"})
    text("voc/ImageSets/Main/cat_train.txt", "a.jpg 1\nb.jpg -1\n")
    text("voc/ImageSets/Main/dog_train.txt", "a.jpg -1\nb.jpg 1\n")
    text("voc/ImageSets/Main/dog_val.txt", "c.jpg 1\n")

    assert keys(tmp_path / "voc")[0] == {"train": ["a", "b"], "val": ["c"]}


def test_annotations_folders_further_down_go_with_the_images_beside_them(picture, text, tmp_path):
    for site in ("site1", "site2"):
        picture(f"voc/{site}/cam/images/a.jpg")
        text(f"voc/{site}/cam/annotations/a.xml", annotation(thing()))

    assert keys(tmp_path / "voc")[1] == ["site1/cam/images/a.jpg", "site2/cam/images/a.jpg"]

"""MS COCO's instances files."""

from __future__ import annotations

import json

import pytest

from darkpy.errors import DataError
from darkpy.importers import coco
from tests.finished import finished

CATEGORIES = [
    {"id": 90, "name": "toothbrush", "supercategory": "indoor"},
    {"id": 1, "name": "person", "supercategory": "person"},
    {"id": 18, "name": "dog", "supercategory": "animal"},
]


def image(number=1, name="a.jpg", **more) -> dict:
    return {"id": number, "file_name": name, "width": 100, "height": 50, **more}


def thing(box=(10, 5, 20, 20), category=18, number=1, **more) -> dict:
    return {"id": 7, "image_id": number, "category_id": category, "bbox": list(box), **more}


@pytest.fixture
def instances(picture, text):
    """Write coco/annotations/instances_<split>.json; the pictures of it lie in coco/<split>."""

    def make(images, annotations, categories=CATEGORIES, split="val2017"):
        for name in ("a.jpg", "b.jpg"):
            picture(f"coco/{split}/{name}")
        table = {"images": images, "annotations": annotations, "categories": categories}
        return text(f"coco/annotations/instances_{split}.json", json.dumps(table))

    return make


def test_boxes_and_category_ids_with_gaps_become_shares_and_numbers(instances, tmp_path, bring):
    instances([image(), image(2, "b.jpg")], [thing(), thing((0, 0, 100, 50), 90)])

    lines = bring("coco", "coco")

    out = tmp_path / "out"
    assert (out / "out.names").read_text() == "person\ndog\ntoothbrush\n"
    # 10..30 of 100 px, 5..25 of 50
    assert (out / "images/a.txt").read_text() == (
        "1 0.20000000 0.30000000 0.20000000 0.40000000\n"
        "2 0.50000000 0.50000000 1.00000000 1.00000000\n"
    )
    assert (out / "images/b.txt").read_text() == ""
    assert (out / "val2017.txt").read_text() == "images/a.jpg\nimages/b.jpg\n"
    assert "2 pictures, 1 of them without objects" in lines[0]


def test_crowds_and_ignored_ones_are_ignored_boxes_of_their_class(instances, tmp_path, bring):
    crowd = {"size": [50, 100], "counts": [10 * 50 + 5, 20, 30, 20, 89 * 50 - 25]}
    instances(
        [image()],
        [
            thing(iscrowd=1, category=1),
            {"id": 8, "image_id": 1, "category_id": 1, "iscrowd": 1, "segmentation": crowd},
            thing(ignore=1),
        ],
    )

    bring("coco", "coco")

    assert (tmp_path / "out/images/a.ign").read_text() == (
        "0 0.20000000 0.30000000 0.20000000 0.40000000\n"
        "0 0.11000000 0.30000000 0.02000000 0.40000000\n"  # columns 10, 11; rows 5 to 24
        "1 0.20000000 0.30000000 0.20000000 0.40000000\n"
    )
    assert (tmp_path / "out/images/a.txt").read_text() == ""


def test_train_and_valid_lists_share_one_numbering(instances, tmp_path, bring):
    instances([image()], [thing()], split="val2017")
    instances([image()], [thing(category=5)], [{"id": 5, "name": "zebra"}], split="train2017")

    bring("coco", "coco")

    out = tmp_path / "out"
    data = (out / "out.data").read_text()
    assert "train = train2017.txt\nvalid = val2017.txt\n" in data
    # train2017 is read first
    assert (out / "out.names").read_text() == "zebra\nperson\ndog\ntoothbrush\n"
    # both pictures are called a.jpg
    assert (out / "train2017.txt").read_text() == "images/a.jpg\n"
    assert (out / "val2017.txt").read_text() == "images/a_2.jpg\n"
    assert (out / "images/a.txt").read_text().startswith("0 ")
    assert (out / "images/a_2.txt").read_text().startswith("2 ")


def test_a_single_file_and_a_folder_of_pictures_will_do(instances, picture, tmp_path):
    path = instances([image(name="far.png")], [thing()])
    picture("elsewhere/far.png")

    collected = finished(coco.read_coco(path, images=str(tmp_path / "elsewhere")))

    (one,) = collected.pictures.values()
    assert one.picture == tmp_path / "elsewhere/far.png"


def test_roboflows_grouping_category_is_left_out(picture, text, tmp_path):
    picture("robo/train/a.jpg")
    categories = [
        {"id": 0, "name": "pets", "supercategory": "none"},
        {"id": 1, "name": "dog", "supercategory": "pets"},
    ]
    table = {"images": [image()], "annotations": [thing(category=1)], "categories": categories}
    text("robo/train/_annotations.coco.json", json.dumps(table))

    collected = finished(coco.read_coco(tmp_path / "robo"))

    assert collected.names == ("dog",)
    assert list(collected.lists) == ["train"]
    assert "category 0 'pets' only groups others" in str(collected.findings[0])


def test_a_class_without_objects_keeps_its_number(instances, tmp_path):
    """`person` is of the supercategory `person`, which makes it no grouping category."""
    instances([image()], [thing(category=18)])

    assert finished(coco.read_coco(tmp_path / "coco")).names == ("person", "dog", "toothbrush")


def test_a_missing_size_is_taken_from_the_picture(instances, tmp_path):
    instances([{"id": 1, "file_name": "a.jpg"}], [thing()])

    collected = finished(coco.read_coco(tmp_path / "coco"))

    (one,) = collected.pictures.values()
    assert one.boxes[0].cxcywh == pytest.approx((0.2, 0.3, 0.2, 0.4))
    assert "a.jpg has no width and height; taken from it, 100 x 50" in str(collected.findings[0])


def test_outlines_are_not_kept_where_there_is_a_box(instances):
    path = instances([image()], [thing(segmentation=[[1, 2, 3, 4, 5, 6]])])
    reader = coco._File(path, coco.Collected(), {}, "")

    assert "segmentation" not in reader._load()["annotations"][0]


def test_odd_entries_are_told_with_their_numbers(instances, tmp_path):
    path = instances(
        [image(), image(1, "b.jpg"), image(3, "lost.jpg"), {"id": 4}, "word"],
        [
            thing((90, 5, 20, 20), id=1),
            thing((10, 5, 0, 20), id=2),
            thing(category=2, id=3),
            thing(number=3, id=4),
            thing((1, 2, 3), id=5),
            thing(category=[1], id=6),
            {"id": 7, "image_id": 1, "category_id": 1},
            {"id": 8, "image_id": 1, "category_id": 1, "segmentation": []},
            "word",
            thing((float("nan"), 1, 2, 3), id=9),
        ],
        [*CATEGORIES, {"id": 3}],
    )

    collected = finished(coco.read_coco(tmp_path / "coco"))

    shown = [str(it).removeprefix(f"{path}: ") for it in collected.findings]
    expected = [
        "warning: 1 categories without an id and name",
        "warning: image id 1 stands twice; first kept",
        "warning: picture lost.jpg is not in",
        "warning: an image without id or file_name: {'id': 4}",
        "warning: an image without id or file_name: word",
        "note: annotation 1 dog: the box 90 5 110 25: 10 px outside the picture of 100 x 50, cut",
        "warning: annotation 2 dog: the box 10 5 10 25 is empty",
        "warning: annotation 3 category_id 2 does not exist",
        "warning: annotation 4 is of no picture that is there",
        "warning: annotation 5 has no proper bbox x y w h",
        "warning: annotation 6 category_id [1] does not exist",
        "warning: annotation 7 has no proper bbox x y w h",
        "warning: annotation 8 person: has no extent",
        "warning: annotation 'word' is of no picture that is there",
        "warning: annotation 9 dog: the box nan 1 nan 4 is not finite",
    ]
    for line, wanted in zip(shown, expected, strict=True):
        assert line.startswith(wanted)
    (one,) = collected.pictures.values()
    assert one.boxes[0].cxcywh == pytest.approx((0.95, 0.3, 0.1, 0.4))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", r"instances_x\.json:1: is no JSON"),
        ("[]", "has no list 'images'"),
        ('{"images": [], "categories": []}', "has no list 'annotations'"),
        ('{"images": [], "annotations": [], "categories": []}', "no picture to import"),
    ],
)
def test_a_file_that_is_no_use_is_refused(text, content, words):
    with pytest.raises(DataError, match=words):
        finished(coco.read_coco(text("instances_x.json", content)))


def test_a_folder_without_instances_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"holds no annotations/instances_\*\.json"):
        finished(coco.read_coco(tmp_path))


@pytest.mark.parametrize("copy", [False, True])
def test_no_file_outside_the_data_set_is_linked_or_copied(
    instances, tmp_path, bring, copy, picture
):
    picture("secret.jpg")
    names = ["a.jpg", "/etc/hostname", str(tmp_path / "secret.jpg"), "../../secret.jpg"]
    instances([image(number, name) for number, name in enumerate(names)], [thing(number=0)])

    lines = bring("coco", "coco", copy=copy)

    assert sorted(path.name for path in (tmp_path / "out/images").iterdir()) == ["a.jpg", "a.txt"]
    told = [line for line in lines if "from where nothing is taken" in line]
    assert len(told) == 2
    assert f"leads to {tmp_path / 'secret.jpg'}, outside {tmp_path / 'coco'}" in told[0]
    assert any("picture /etc/hostname is not in" in line for line in lines)


def test_images_finds_by_the_last_part_what_label_studio_names_whole(
    text, picture, tmp_path, bring
):
    picture("mine/x.jpg")
    table = {"images": [image(1, "/data/upload/1/x.jpg")], "annotations": [thing()]}
    text("coco/result.json", json.dumps({**table, "categories": CATEGORIES}))

    bring("coco", "coco/result.json", images=str(tmp_path / "mine"))

    assert (tmp_path / "out/images/x.jpg").resolve() == tmp_path / "mine/x.jpg"


def test_control_characters_are_escaped_in_names_lists_and_remarks(instances, tmp_path, bring):
    red = {"id": 18, "name": "\x1b[31mred\n\ud800dog", "supercategory": "\x1b"}
    instances([image(), image(2, "\x1b]0;x\x07.jpg")], [thing()], [red], split="a\x1b\nb")

    lines = bring("coco", "coco")

    assert not any("\x1b" in line or "\x07" in line for line in lines)
    assert (tmp_path / "out/out.names").read_text() == "\\x1b[31mred \\ud800dog\n"
    assert "\x1b" not in (tmp_path / "out/findings.txt").read_text()
    assert (tmp_path / "out/out.data").read_text().splitlines()[1] == "train = a__b.txt"
    assert (tmp_path / "out/a__b.txt").read_text() == "images/a.jpg\n"


@pytest.mark.parametrize(
    "mask", [{"size": [50, 100], "counts": 1e999}, {"size": [0, 9], "counts": [1, 2]}]
)
def test_a_mask_of_impossible_numbers_is_told(instances, tmp_path, bring, mask):
    broken = {"id": 8, "image_id": 1, "category_id": 1, "segmentation": mask}
    instances([image()], [thing(), broken])

    lines = bring("coco", "coco")

    assert "annotation 8 has no proper bbox x y w h; left out" in lines[0]

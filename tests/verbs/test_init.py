"""`darkpy init` writes a project that a training can start from, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from darkpy.cfg.data import read_data, read_names
from darkpy.cfg.net_effects import idle_keys
from darkpy.data.dataset import read_dataset
from darkpy.errors import CfgError, DataError, OutputError, UsageError
from darkpy.planning.footprint import Need, fitting_subdivisions
from darkpy.planning.network import read_network
from darkpy.planning.scale_reach import reached
from darkpy.planning.scaled import scaled_heads
from darkpy.verbs.init import run
from tests.planning.scaled_cfgs import RETINA, SSD

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = 20


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Ten pairs of the same picture, large and small; classes 0 and 1; the working directory."""
    folder = tmp_path / "shelf/images"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(5)
    for number in range(PICTURES // 2):
        small = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        for side in (64, 96):
            path = folder / f"p{number}_{'ab'[side > 64]}.png"
            cv2.imwrite(str(path), cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC))
            path.with_suffix(".txt").write_text(
                f"{number % 2} .5 .5 {rng.uniform(0.2, 0.6):.3f} .3\n"
            )
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return folder


def test_the_project_fits_together_and_its_commands_name_it(pictures):
    lines = [str(event) for event in run(str(pictures))]

    plan, data = read_network("shelf.cfg"), read_data("shelf.data")
    assert [plan.layers[i].options.classes for i in plan.wanted] == [2, 2]
    assert {plan.layers[i - 1].options.filters for i in plan.wanted} == {3 * (5 + 2)}
    assert data.classes == len(read_names("shelf.names")) == 2
    # The largest of 6000, 2000 * 2 classes and the 16 training pictures; 80 and 90 % of it.
    assert (plan.net.max_batches, plan.net.steps) == (6000, (4800, 5400))
    assert lines[-3:] == [
        "  darkpy detector train shelf.data shelf.cfg yolov4-tiny.conv.29 -map",
        "  darkpy detector map shelf.data shelf.cfg backup/shelf_best.weights",
        f"  darkpy detector test shelf.data shelf.cfg backup/shelf_best.weights "
        f"{Path('shelf_valid.txt').read_text().splitlines()[0]}",
    ]
    for name in (data.train, data.valid):
        assert read_dataset(name, data, 2).labels.labelled


def test_near_duplicates_never_lie_on_both_sides(pictures):
    list(run(str(pictures)))
    sides = {}
    for name in ("shelf_train.txt", "shelf_valid.txt"):
        for line in Path(name).read_text().splitlines():
            sides.setdefault(Path(line).stem[:-2], []).append(name)

    assert len(sides) == PICTURES // 2
    assert all(len(set(pair)) == 1 and len(pair) == 2 for pair in sides.values())
    assert len(Path("shelf_valid.txt").read_text().splitlines()) == PICTURES // 5


def test_nothing_is_written_where_pictures_are(pictures):
    before = {path: path.read_bytes() for path in pictures.rglob("*")}

    for out in (pictures, pictures / "new"):
        with pytest.raises(UsageError, match=r"lies in the pictures' folder .* -out"):
            list(run(str(pictures), out=str(out)))
    list(run(str(pictures)))
    assert {path: path.read_bytes() for path in pictures.rglob("*")} == before


def test_files_that_are_there_are_kept_unless_forced(pictures):
    Path("shelf.cfg").write_text("mine")

    with pytest.raises(OutputError, match=r"shelf.cfg: already there.*-force"):
        list(run(str(pictures)))
    assert Path("shelf.cfg").read_text() == "mine"
    assert not Path("shelf.data").exists()
    list(run(str(pictures), force=True))
    assert Path("shelf.cfg").read_text() != "mine"


def test_size_template_name_and_place_may_be_chosen(pictures, tmp_path):
    list(run(str(pictures), cfg="yolov3-tiny", size="320x224", out="new/place", name="mine"))
    plan = read_network("new/place/mine.cfg")

    assert (plan.net.width, plan.net.height) == (320, 224)
    assert read_data("new/place/mine.data").backup == "new/place/backup"


@pytest.mark.parametrize("cfg", ["tabletop-tiny", "ssd-tiny", "retinanet-tiny"])
def test_what_the_new_policy_leaves_without_effect_is_not_written(pictures, cfg):
    """They have policy=sgdr and sgdr_cycle=, and a training would remark on its own cfg."""
    list(run(str(pictures), cfg=cfg))

    net = read_network("shelf.cfg").net
    assert net.policy == "steps"
    assert list(idle_keys(net)) == []
    assert "sgdr" not in Path("shelf.cfg").read_text()


def test_a_tiny_network_takes_some_memory_too(pictures):
    lines = list(run(str(pictures), cfg="tabletop-tiny", size="32"))

    (said,) = [line for line in lines if "GB in training" in str(line)]
    assert "about 0.1 GB in training" in said


def test_less_memory_means_more_subdivisions(pictures):
    made = []
    for gigabytes in (100, 8, 1):
        list(run(str(pictures), cfg="yolov3", memory=gigabytes, force=True))
        made.append(read_network("shelf.cfg").net.subdivisions)

    assert made == sorted(made)
    assert made[0] < made[1] < made[2]
    assert all(64 % number == 0 for number in made)


def test_anchors_are_kept_where_there_are_few_boxes(pictures):
    said = " ".join(str(event) for event in run(str(pictures)))

    # The masks have six places, twenty boxes each.
    assert "kept: 16 boxes are too few to find others, 120 are needed" in said


def test_anchors_are_replaced_only_if_they_fit_clearly_worse(pictures):
    for label in pictures.glob("*.txt"):
        label.write_text(label.read_text() * 10)
    said = " ".join(str(event) for event in run(str(pictures)))
    # All boxes are .2 to .6 wide and .3 high: anchors of 10 to 344 px on 416 fit them badly.
    assert ": replaced by those" in said
    new = read_network("shelf.cfg").layers[-1].options.anchors
    again = " ".join(str(event) for event in run(str(pictures), cfg="shelf.cfg", name="second"))

    assert ": kept" in again
    assert read_network("second.cfg").layers[-1].options.anchors == new


def test_new_anchors_come_with_masks_that_use_all_of_them(pictures):
    for label in pictures.glob("*.txt"):
        label.write_text(label.read_text() * 10)
    said = " ".join(str(event) for event in run(str(pictures)))

    assert ": replaced by those; mask= so that all 6 are used, the template's name 5" in said
    # yolov4-tiny's second head, at the smaller stride, had mask=1,2,3.
    heads = [read_network("shelf.cfg").layers[i].options for i in read_network("shelf.cfg").wanted]
    assert [head.own_mask for head in heads] == [(3, 4, 5), (0, 1, 2)]
    areas = np.prod(np.reshape(heads[0].anchors, (-1, 2)), axis=1)
    assert (np.diff(areas) >= 0).all()
    assert heads[0].num == heads[1].num == len(areas) == 6


@pytest.mark.parametrize(
    ("flags", "error", "message"),
    [
        ({"cfg": "yolov4-tinny"}, UsageError, "no cfg 'yolov4-tinny'; did you mean 'yolov4-tiny'?"),
        ({"size": "300x300"}, UsageError, "multiples of 32, as 288x288"),
        ({"size": "big"}, UsageError, "WxH, multiples of 32, as 416x416"),
        ({"valid": 1.0}, UsageError, "-valid 1 is no share"),
        ({"names": "missing.names"}, DataError, "missing.names"),
        ({"classes": "1"}, DataError, "a label has class 1"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(pictures, flags, error, message):
    with pytest.raises(error) as raised:
        list(run(str(pictures), **flags))
    assert message in str(raised.value)
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("template", "size", "sizes", "filters"),
    [
        ("ssd300-mobilenetv2", "", "60,105", 3 * (4 + 2)),
        ("ssd512-mobilenet1.0", "256x256", "25.6,51.2", 4 * (5 + 2)),
        ("retinanet-mobilenet", "", "16,20,25", 9 * 2),
    ],
)
def test_heads_of_other_families_are_made_for_the_classes(pictures, template, size, sizes, filters):
    """Two classes; [ssd] has x, y, w, h and a background with softmax, [retina] its scores apart.

    At half the size anchors are half as large, and the map says how far cells are apart.
    """
    lines = list(run(str(pictures), cfg=template, size=size, classes="2"))

    plan = read_network("shelf.cfg")
    first = plan.detecting[0]
    assert {head.options.classes for head in plan.detecting} == {2}
    assert ",".join(f"{s:g}" for s in first.options.sizes) == sizes
    scores = first.index - (6 if first.kind == "retina" else 1)
    assert plan.layers[scores].options.filters == filters
    if size:
        assert first.options.step == 0
    assert "  darkpy detector train shelf.data shelf.cfg -map" in map(str, lines)
    assert any("sizes= and ratios= reach" in str(line) for line in lines)


def test_a_template_without_a_head_is_refused(pictures):
    Path("c.cfg").write_text("[net]\nwidth=32\nheight=32\nchannels=3\nbatch=1\n[avgpool]\n")

    with pytest.raises(CfgError, match=r"no \[yolo\]"):
        list(run(str(pictures), cfg="c.cfg"))


def test_the_commands_of_one_word_start_without_torch(tmp_path):
    words = (
        "import sys; from darkpy.console.cli import main; main({});"
        "assert 'torch' not in sys.modules"
    )
    cfg = str(ROOT / "cfg/yolov4-tiny.cfg")
    for argv in (
        ["explain", "yolo"],
        ["net", cfg],
        ["init", str(tmp_path)],
        ["partial", cfg, "x", "y", "1"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", words.format(argv)], cwd=ROOT, capture_output=True, text=True
        )
        assert "AssertionError" not in done.stderr, argv
        assert "Traceback" not in done.stderr, done.stderr


def test_what_init_proposes_the_doctor_takes(pictures):
    # The estimate and its constants are one.
    gigabytes = 2
    list(run(str(pictures), cfg="yolov3-tiny", memory=gigabytes))
    plan = read_network("shelf.cfg")
    need = Need.of(plan, plan.of_kind("yolo")[-1].options.random)

    assert plan.net.subdivisions > 1
    assert fitting_subdivisions(need, gigabytes * 1e9, 64) == plan.net.subdivisions
    assert need.bytes(64 // plan.net.subdivisions) <= 0.8 * gigabytes * 1e9


def apart(pictures: Path, *parts: str) -> Path:
    """The pairs of pictures moved into images/PART and labels/PART, by turns; the folder above."""
    root = pictures.parent
    for number in range(PICTURES // 2):
        part = parts[number % len(parts)]
        for path in sorted(pictures.glob(f"p{number}_*")):
            kind = "labels" if path.suffix == ".txt" else "images"
            (root / kind / part).mkdir(parents=True, exist_ok=True)
            path.rename(root / kind / part / path.name)
    return root


def test_folders_for_training_validation_and_test_are_kept(pictures):
    root = apart(pictures, "train", "train", "val", "test")
    lines = [str(event) for event in run(str(root))]

    # Pairs 0 1 4 5 8 9, 2 6, 3 7.
    assert "16 to train on" not in " ".join(lines)
    assert "12 to train on, 4 (25%) to validate on" in lines
    assert (
        "the folders divide the pictures already, and that is kept; -valid is not used, 4 to test "
        "on" in lines
    )
    for part, pairs in {"train": "014589", "valid": "26", "test": "37"}.items():
        listed = Path(f"shelf_{part}.txt").read_text().splitlines()
        assert [Path(line).stem for line in listed] == [f"p{n}_{s}" for n in pairs for s in "ab"]


def test_doubles_in_both_folders_are_a_warning(pictures):
    root = apart(pictures, "train", "val")
    (root / "images/val/p1_a.png").rename(root / "images/train/p1_a.png")
    (root / "labels/val/p1_a.txt").rename(root / "labels/train/p1_a.txt")

    assert (
        "warning: 1 pictures to validate on are nearly the same as one to train on, so that mAP "
        "will be flattering" in [str(event) for event in run(str(root))]
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.yaml", 'train: x\nnames:\n  0: cat\n  1: "big dog"\n'),
        ("classes.txt", "cat\nbig dog\n"),
        ("obj.names", "cat\nbig dog\n"),
        ("_darknet.labels", "cat\nbig dog\n"),
    ],
)
def test_names_come_from_files_that_labelling_programs_leave(pictures, name, text):
    path = pictures.parent / name
    path.write_text(text)

    lines = [str(event) for event in run(str(pictures))]

    assert f"2 classes from {path}" in lines
    assert read_names("shelf.names") == ("cat", "big dog")


def test_names_of_a_data_yaml_may_be_asked_for(pictures, tmp_path):
    (tmp_path / "my.yaml").write_text("names: [a, b, c]\n")

    list(run(str(pictures), names=str(tmp_path / "my.yaml")))

    assert read_names("shelf.names") == ("a", "b", "c")


def test_a_folder_without_any_object_is_refused_with_what_was_found(pictures):
    for label in pictures.glob("*.txt"):
        label.write_text("")
    bad = pictures / "p0_a.txt"
    bad.write_text("cat .5 .5 .1 .1\n")
    (pictures / "classes.txt").write_text("cat\n")

    with pytest.raises(DataError) as caught:
        list(run(str(pictures)))

    assert str(caught.value) == (
        f"{pictures}: {bad}:1: warning: 'cat' is not a number; a row is: class cx cy w h\n"
        "20 pictures have a label file\nno label holds an object"
    )


@pytest.mark.parametrize("name", ["ssd", "retina"])
def test_heads_of_several_scales_are_made_to_fit(pictures, name):
    # Boxes of .2 to .6 by .3 of 64 px are 13 to 38 by 19 px.
    text = {"ssd": SSD, "retina": RETINA}[name]
    for old, new in (
        ("sizes=10,20", "sizes=3,4"),
        ("sizes=20,40", "sizes=4,5"),
        ("size=8\nr", "size=2\nr"),
    ):
        text = text.replace(old, new)
    text = text.replace("[retina]\nsize=16", "[retina]\nsize=3")
    Path("mine.cfg").write_text(text)
    many = [path for path in pictures.glob("*.txt")]
    for path in many:
        path.write_text(path.read_text() * 4)
    lines = [str(event) for event in run(str(pictures), cfg="mine.cfg")]

    plan = read_network("shelf.cfg")
    assert [head.options.classes for head in plan.detecting] == [2, 2]
    assert any("of the boxes, the best possible" in line and "replaced" in line for line in lines)
    boxes = read_dataset("shelf_train.txt", read_data("shelf.data"), 2).boxes * 64
    assert (reached(boxes, scaled_heads(plan)) >= 0.5).mean() > 0.8

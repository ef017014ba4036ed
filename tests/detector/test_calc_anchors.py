"""`detector calc_anchors`: Darknet's lines and files, the present fit, what to paste."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkpy.machine.opencv import cv2
from tests.planning.scaled_cfgs import RETINA, SSD

# Printed and written by the C program (59596d78) for the labels below:
#   darknet detector calc_anchors obj.data -num_of_clusters K -width W -height H
ROWS = {"a": "0 0.5 0.5 0.1 0.2\n0 0.5 0.5 0.12 0.2\n2 0.3 0.3 0.5 0.4\n", "b": "2 .5 .5 .5 .5\n"}
OF_DARKNET = {
    (1, 416, 416): ("127,135", "33.40"),
    (2, 416, 320): (" 46, 64, 208,144", "90.37"),
    (2, 13, 13): ("1.4300,2.6000, 6.5000,5.8500", "90.37"),
    (4, 32, 32): ("3.2000,6.4000, 3.8400,6.4000, 16.0000,12.8000, 16.0000,16.0000", "100.00"),
    (4, 33, 33): ("  3,  7,   4,  7,  16, 13,  16, 16", "100.00"),
}
COUNTERS = "counters_per_class = 2, 0, 2, 0"


@pytest.fixture
def labelled(project):
    """The project with the labels above in place of its own."""
    import numpy as np

    for name, rows in ROWS.items():
        assert cv2.imwrite(f"{name}.png", np.zeros((8, 8, 3), np.uint8))
        Path(f"{name}.txt").write_text(rows)
    Path("train.txt").write_text("a.png\nb.png\n")
    Path("four.data").write_text("classes=4\ntrain=train.txt\n")
    return project


@pytest.mark.parametrize(("asked", "answer"), OF_DARKNET.items())
def test_lines_and_files_are_those_of_the_c_program(labelled, asked, answer):
    k, width, height = asked
    flags = ("-num_of_clusters", k, "-width", width, "-height", height)
    status, out, _ = labelled.run("detector", "calc_anchors", "four.data", *flags)

    anchors, avg_iou = answer
    assert status == 0
    assert Path("anchors.txt").read_bytes() == anchors.encode()
    assert Path("counters_per_class.txt").read_bytes() == COUNTERS.encode()
    for line in (
        f" num_of_clusters = {k}, width = {width}, height = {height} ",
        " read labels from 2 images ",
        " loaded \t image: 2 \t box: 4",
        " all loaded. ",
        COUNTERS,
        f" avg IoU = {avg_iou} % ",
        "Saving anchors to the file: anchors.txt ",
        f"anchors = {anchors}",
    ):
        assert line in out.splitlines()
    assert Path("cloud.png").read_bytes().startswith(b"\x89PNG")


def test_with_a_cfg_the_present_anchors_are_judged_first(project):
    # Boxes of 14x14 and 26x10 px at 64x48 are 14x18.67 and 26x13.33 px at the cfg's 64x64.
    #   12x12: 144/261.3, 24x24: 261.3/576 -> .5510      12x12: 144/346.7, 24x24: 320/602.7 -> .5310
    status, out, _ = project.run("detector", "calc_anchors", project.data, project.cfg)

    lines = out.splitlines()
    assert status == 0
    assert "anchors =  12, 12,  24, 24" in lines
    present = next(line for line in lines if "best possible recall" in line)
    assert present.startswith(" avg IoU = 54.10 %, best possible recall at IoU 0.5: 100.00%")
    assert " boxes with an anchor above ignore_thresh=0.7: 0.00%" in lines
    assert " avg IoU = 100.00 % " in lines
    assert lines.index(present) < lines.index(" avg IoU = 100.00 % ")
    advice = next(line for line in lines if "recommendation" in line)
    assert "change the anchors: the new ones gain 45.90 points of avg IoU" in advice
    at = lines.index("# line 40, [convolutional]")
    assert lines[at : at + 6] == [
        "# line 40, [convolutional]",
        "filters=14",
        "# line 44, [yolo]",
        "mask=0,1",
        "anchors= 14, 19,  26, 13",
        "num=2",
    ]


def test_anchors_that_fit_are_kept(project):
    project.change_cfg("anchors=12,12, 24,24", "anchors=14,18, 26,13")
    _, out, _ = project.run("detector", "calc_anchors", project.data, project.cfg)

    assert "recommendation: keep the anchors" in out


def test_without_a_size_the_flags_are_asked_for(project):
    status, _, err = project.run("detector", "calc_anchors", project.data)

    assert status == 2
    assert "give -width 416 -height 416 or a .cfg file" in err
    assert not Path("anchors.txt").exists()


def test_more_clusters_than_sizes_are_refused_before_a_file_is_written(project):
    flags = ("-num_of_clusters", 9)
    status, _, err = project.run("detector", "calc_anchors", project.data, project.cfg, *flags)

    assert status == 2
    assert "9 anchors need boxes of 9 different sizes, there are 2" in err
    assert not Path("counters_per_class.txt").exists()


def test_bad_rows_are_named_and_left_out(labelled):
    Path("b.txt").write_text("9 .5 .5 .5 .5\n1 .5 .5 .2 .2\n")
    flags = ("-num_of_clusters", 1, "-width", 416, "-height", 416)
    _, out, _ = labelled.run("detector", "calc_anchors", "four.data", *flags)

    assert "b.txt:1: warning: class 9 does not exist; classes=4 allows 0 to 3" in out
    assert "counters_per_class = 2, 1, 1, 0" in out


@pytest.mark.parametrize(("text", "count"), [(SSD, 4 * 64 + 4 * 16), (RETINA, 9 * 64 + 9 * 16)])
def test_heads_of_several_scales_get_sizes_and_ratios_to_paste(project, text, count):
    text = text.replace("sizes=10,20", "sizes=3,4").replace("sizes=20,40", "sizes=4,5")
    for old, new in (
        ("size=8\nratios", "size=2\nratios"),
        ("[retina]\nsize=16", "[retina]\nsize=3"),
    ):
        text = text.replace(old, new)
    Path("scales.cfg").write_text(text)
    status, out, _ = project.run("detector", "calc_anchors", project.data, "scales.cfg")

    lines = out.splitlines()
    assert status == 0
    assert f" present anchors, scales.cfg: {count} on 2 maps" in lines
    assert sum("boxes that an anchor reaches (match_thresh=0.5)" in line for line in lines) == 2
    assert any("recommendation: change sizes= and ratios=" in line for line in lines)
    assert Path("cloud.png").read_bytes().startswith(b"\x89PNG")
    # Each head has its line, and below it what to write there.
    pasted = Path("anchors.txt").read_text().splitlines()
    kind = "ssd" if "[ssd]" in text else "retina"
    places = [n for n, row in enumerate(text.split("\n"), start=1) if row == f"[{kind}]"]
    assert pasted[0::3] == [f"# line {place}, [{kind}]" for place in places]
    assert all(line.startswith("sizes=") for line in pasted[1::3])
    assert all(line.startswith("ratios=") for line in pasted[2::3])
    assert set(pasted) <= set(lines)


def test_a_network_without_anchors_is_refused(project):
    Path("none.cfg").write_text(SSD[: SSD.index("[convolutional]\nfilters=28")])
    status, _, err = project.run("detector", "calc_anchors", project.data, "none.cfg")

    assert status == 2
    assert "no head with anchors" in err

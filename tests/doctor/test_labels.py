"""The chapter on labels: every fault with its line, and how the classes are spread."""

from __future__ import annotations

from pathlib import Path

from darkpy.doctor.labels import label_chapter
from darkpy.doctor.report import NOTE, STOP, WARNING
from tests.doctor.patients import said

GOOD = "0 .5 .5 .2 .2\n1 .5 .5 .3 .3\n"
NAMES = ("cat", "dog")


def test_counts_and_a_table_of_the_classes(examined):
    train = examined({"a": GOOD, "b": "0 .3 .3 .1 .1\n0 .6 .6 .1 .1\n", "c": ""})
    valid = examined({"v": GOOD}, "valid")
    found = label_chapter([train, valid], 2, NAMES)

    assert found.lines == (
        "train: 4 boxes; 2 pictures with objects, 1 with an empty label file, 0 without one",
        "valid: 2 boxes; 1 picture with objects, 0 with an empty label file, 0 without one",
        "class   train boxes   share  pictures   valid boxes   share  pictures",
        "cat               3   75.0%         2             1   50.0%         1",
        "dog               1   25.0%         1             1   50.0%         1",
    )
    assert found.remarks == ()
    assert found.facts["train"]["boxes_of_class"] == [3, 1]


def test_every_bad_row_comes_with_file_line_and_remedy(examined):
    rows = "0 .5 .5 .2 .2\n9 .5 .5 .2 .2\n0 320 200 .2 .2\n0 .5 .5 0 .2\n0 .5 .5 .2\n"
    (remark,) = label_chapter([examined({"a": rows + GOOD * 20, "b": GOOD})], 2, NAMES).remarks[:1]

    assert remark.severity == WARNING
    assert remark.text == "4 train label rows are wrong, 4 of 47 are left out"
    assert remark.places == (
        "a.txt:2: class 9 does not exist; classes=2 allows 0 to 1",
        "a.txt:3: the centre 320 200 is outside the picture; divide pixels by the sides of the "
        "picture",
        "a.txt:4: the box is empty, 0 x 0.2; w, h lie in (0, 1]",
        "a.txt:5: 4 values; a row is: class cx cy w h",
    )


def test_labels_of_which_a_tenth_is_wrong_are_no_go(examined):
    found = label_chapter([examined({"a": GOOD + "7 .5 .5 .1 .1\n"})], 2, NAMES)

    # 1 of 3 rows is lost.
    assert (STOP, "1 train label rows are wrong, 1 of 3 are left out") in said(found)


def test_a_side_that_is_cut_is_wrong_but_not_lost(examined):
    found = label_chapter([examined({"a": "0 .5 .5 1.2 .2\n1 .5 .5 .2 .2\n"})], 2, NAMES)

    (remark,) = found.remarks
    assert remark.text == "1 train label rows are wrong, 0 of 2 are left out"
    assert remark.places[0].startswith("a.txt:1: w=1.2 is longer than the picture")


def test_missing_label_files_are_named_with_where_they_were_looked_for(examined):
    found = label_chapter([examined({"images/a": None, "b": GOOD})], 2, NAMES)

    (remark,) = found.remarks
    assert remark.severity == WARNING
    assert remark.text.startswith("1 train picture without a label file, taken for pictures")
    assert remark.places == ("images/a.png: no images/a.txt and no labels/a.txt",)


def test_a_train_list_without_objects_is_no_go(examined):
    found = label_chapter([examined({"a": ""}), examined({"v": GOOD}, "valid")], 2, NAMES)

    assert (STOP, "the train list has no objects at all") in said(found)


def test_rows_that_say_the_same_again_are_named(examined):
    rows = "0 .5 .5 .2 .2\n\n1 .5 .5 .2 .2\n0 0.50 0.5 0.2 0.2\n0 .5 .5 .2 .2\n"
    found = label_chapter([examined({"a": rows})], 2, NAMES)

    (remark,) = found.remarks
    assert remark.text == "2 train label rows say again what a row above them says"
    assert remark.places == (
        "a.txt:4: the same box as in line 1; delete one of them",
        "a.txt:5: the same box as in line 1; delete one of them",
    )


def test_the_same_box_in_two_pictures_is_no_repetition(examined):
    assert label_chapter([examined({"a": GOOD, "b": GOOD})], 2, NAMES).remarks == ()


def test_classes_without_objects_are_named(examined):
    lists = [examined({"a": GOOD}, classes=3), examined({"v": "0 .5 .5 .2 .2\n"}, "valid")]
    found = label_chapter(lists, 3, ("cat", "dog", "emu"))

    assert said(found) == [
        (WARNING, "1 of 3 classes have no train object and cannot be learnt: emu"),
        # emu cannot be learnt, so that nobody misses its average precision.
        (WARNING, "1 of 3 classes have no valid object and have no average precision: dog"),
    ]


def test_rare_classes_come_with_the_counters_to_paste(examined):
    many = "".join(f"0 .5 .5 .2 .{i}\n" for i in range(10, 31))
    found = label_chapter([examined({"a": many + "1 .5 .5 .2 .2\n1 .4 .4 .2 .2\n"})], 2, NAMES)

    # 2 of the one against 21 of the other: fewer than a tenth.
    ((severity, text),) = said(found)
    assert severity == NOTE
    assert text.endswith("counters_per_class=21,2")
    assert found.remarks[0].places == ("dog: 2 of 21",)


def test_many_classes_are_cut_to_those_with_objects(examined):
    found = label_chapter([examined({"a": "70 .5 .5 .2 .2\n"}, classes=80)], 80, ())

    assert found.lines[2].split() == ["70", "1", "100.0%", "1"]
    assert found.lines[3:] == ("... and the 79 classes with the fewest boxes (-json has all)",)


def test_ignore_boxes_are_counted(examined):
    def prepare():
        Path("a.ign").write_text("-1 .5 .5 .2 .2\n0 .2 .2 .1 .1\n")

    found = label_chapter([examined({"a": GOOD}, prepare=prepare)], 2, NAMES)

    assert found.lines[0].endswith("0 without one; 2 ignore boxes")

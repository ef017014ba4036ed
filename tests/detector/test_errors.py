"""Wrong input: one message with place and remedy, exit status 2, nothing lost, no traceback."""

from __future__ import annotations

import os

import pytest


def fails(project, status, err, *parts):
    assert status == 2
    assert "Traceback" not in err
    for part in parts:
        assert part in err


def test_a_missing_cfg_is_named_with_its_nearest_neighbour(project):
    status, _, err = project.run("detector", "train", project.data, project.folder / "tinny.cfg")

    fails(project, status, err, "tinny.cfg", "does not exist", "did you mean 'tiny.cfg'?")


def test_a_missing_data_file_is_named(project):
    status, _, err = project.run("detector", "train", "nothing.data", project.cfg)

    fails(project, status, err, "nothing.data", "does not exist")


def test_all_mistakes_of_a_cfg_come_at_once(project):
    project.change_cfg("filters=8\n", "filters=abc\n")
    project.change_cfg("[maxpool]", "[maxpoole]")
    status, _, err = project.train()

    line = project.cfg.read_text().splitlines().index("filters=abc") + 1
    fails(project, status, err, f"tiny.cfg:{line}: [convolutional] filters=abc is not int")
    assert "unknown layer 'maxpoole'; did you mean 'maxpool'?" in err


def test_filters_that_do_not_fit_the_head_come_with_the_right_number(project):
    project.change_cfg("filters=14", "filters=21")
    status, _, err = project.train()

    # 2 masks * (4 coordinates + objectness + 2 classes).
    fails(project, status, err, "needs filters=14 in the layer before it, which has filters=21")


def test_another_number_of_classes_in_the_data_file_is_refused(project):
    project.data.write_text(project.data.read_text().replace("classes=2", "classes=3"))
    status, _, err = project.train()

    fails(project, status, err, "classes=3", "classes=2")


def test_truncated_weights_are_refused_before_anything_is_trained(project):
    project.train()
    broken = project.folder / "broken.weights"
    broken.write_bytes(project.final.read_bytes()[:-6])
    status, _, err = project.train(broken, "-clear")

    fails(project, status, err, "broken.weights")


def test_a_file_that_is_no_weights_file_is_refused(project):
    (project.folder / "page.weights").write_text("<!DOCTYPE html>" + "x" * 100)
    (project.folder / "odd.weights").write_text("x" * 100)

    for name, said in (("page", "this is a web page"), ("odd", "is this a .weights file?")):
        status, _, err = project.train(f"{name}.weights")
        fails(project, status, err, f"{name}.weights", said)


def test_pictures_that_do_not_decode_are_reported_and_replaced(project):
    (project.folder / "images/3.png").write_bytes(b"this is no picture")
    status, out, err = project.train("-map")

    assert status == 0
    assert "images/3.png" in out
    assert "Traceback" not in err


def test_a_list_without_any_picture_is_refused(project):
    (project.folder / "train.txt").write_text("images/none.png\n")
    status, _, err = project.train()

    fails(project, status, err, "images/none.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_backup_folder_is_found_before_training(project):
    (project.folder / "backup").mkdir(mode=0o500)
    status, _, err = project.train()

    fails(project, status, err, "backup", "cannot be written")


def test_a_backup_folder_that_is_a_file_is_found_before_training(project):
    (project.folder / "backup").write_text("a file")
    status, out, err = project.train()

    fails(project, status, err, "backup=", "cannot be written")
    assert "iteration" not in out.split("seed")[-1]


def test_an_unknown_flag_comes_with_the_nearest_one(project):
    status, _, err = project.train("-dont_shw")

    fails(project, status, err, "unknown flag -dont_shw; did you mean 'dont_show'?")


def test_an_unknown_command_comes_with_the_nearest_one(project):
    status, _, err = project.run("detector", "trian", project.data, project.cfg)

    fails(project, status, err, "did you mean 'detector train'?")


def test_letter_box_with_mosaic_is_refused_in_training(project):
    project.change_cfg("hue=.02", "hue=.02\nmosaic=1\nletter_box=1")
    status, _, err = project.train()

    fails(project, status, err, "letter_box=1 and mosaic=1")


def test_the_traceback_can_be_had(project, monkeypatch):
    monkeypatch.setenv("DARKPY_DEBUG", "1")
    from darkpy.errors import DataError

    with pytest.raises(DataError):
        project.run("detector", "train", "nothing.data", project.cfg)


def test_weights_that_cannot_be_right_end_every_verb_with_one_sentence(project):
    project.train()
    raw = bytearray(project.final.read_bytes())
    raw[-4:] = b"\0\0\xc0\x7f"  # NaN as the last weight of layer 3
    broken = project.folder / "broken.weights"
    broken.write_bytes(raw)
    said = "broken.weights: 1 of 238 values of layer 3 [convolutional]"  # 14 * 16 + 14 biases

    for verb in ("test", "map", "valid"):
        words = [project.folder / "images/0.png"] if verb == "test" else []
        status, out, err = project.run("detector", verb, project.data, project.cfg, broken, *words)
        fails(project, status, err, said, "is not finite")
        assert "detections" not in out
    status, _, err = project.train(broken, "-clear")
    fails(project, status, err, said)


def test_what_only_a_training_minds_keeps_neither_test_nor_map_from_running(project):
    project.train()
    project.change_cfg("max_batches=6", "max_batches=(classes*2000)")
    line = project.cfg.read_text().splitlines().index("max_batches=(classes*2000)") + 1
    said = f"tiny.cfg:{line}: error: [net] max_batches=(classes*2000) is not int (only a training"

    status, out, _ = project.run("detector", "map", project.data, project.cfg, project.final)
    assert status == 0
    assert said in out
    status, _, err = project.train()
    fails(project, status, err, f"tiny.cfg:{line}: [net] max_batches=(classes*2000) is not int")


def test_a_key_without_effect_is_said_before_a_training(project):
    project.change_cfg("hue=.02", "hue=.02\nmosaic=1\nmixup=1")
    project.change_cfg("iou_loss=", "beta_nms=.7\niou_loss=")
    line = project.cfg.read_text().splitlines().index("beta_nms=.7") + 1
    status, out, _ = project.train()

    assert status == 0
    assert "note: [net] mixup=1 has no effect beside mosaic=1" in out
    assert f"note: [yolo] beta_nms=.7 has no effect without nms_kind=diounms (line {line})" in out


def test_sides_that_are_no_multiples_of_the_stride_train_and_detect(project):
    # 60 and 50 px become 30 and 25, 15 and 13, and 8 and 7 cells
    project.change_cfg("width=64\nheight=64", "width=60\nheight=50")
    status, out, err = project.train("-map")
    assert status == 0, err

    status, out, _ = project.run("detector", "map", project.data, project.cfg, project.final)
    assert status == 0
    assert "mean average precision" in out


@pytest.mark.parametrize("verb", ["train", "map", "test"])
def test_channels_that_no_picture_file_has_are_refused_by_every_verb(project, verb):
    project.change_cfg("channels=3", "channels=4")
    weights = [] if verb == "train" else ["none.weights"]
    pictures = ["none.jpg"] if verb == "test" else []
    if pictures:
        (project.folder / "none.jpg").write_bytes(b"")
        pictures = [project.folder / "none.jpg"]
    status, _, err = project.run("detector", verb, project.data, project.cfg, *weights, *pictures)

    fails(project, status, err, "tiny.cfg: channels=4: picture files are read in grey (channels=1)")


def test_a_training_without_any_object_is_refused_with_what_was_found(project):
    labels = sorted((project.folder / "images").glob("*.txt"))
    assert labels
    for path in labels:
        path.write_text("")
    status, _, err = project.train()

    fails(project, status, err, "there is no object to learn from", "0 without a label file")

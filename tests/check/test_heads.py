"""Traps of heads: against each other, and against the layer before."""

from __future__ import annotations

import pytest


def test_filters_before_a_head_names_both_lines_and_the_right_number(check):
    checked = check(("filters=14", "filters=255"))

    # 2 masks * (4 coordinates + 1 + 2 classes) = 14
    found = checked.only("error", "needs filters=14 in the layer before it, which has filters=255")
    assert found.line == checked.line("filters=255")
    assert f"(line {checked.line('[yolo]')})" in found.message
    assert [fix.text for fix in found.fixes] == ["filters=14"]


def test_filters_that_cannot_be_read_are_repeated_as_they_stand(check):
    checked = check(("filters=14", "filters=(classes+5)*2"))

    assert checked.only("error", "needs filters=14").message.endswith("filters=(classes+5)*2")
    assert checked.only("error", "is not int").line == checked.line("filters=(classes+5)*2")


def test_classes_that_cannot_be_read_ask_for_no_filters(check):
    checked = check(("classes=2", "classes=?"))

    assert checked.only("error", "classes=? is not int").line == checked.line("classes=?")
    assert "needs filters" not in str(checked.items)


def test_heads_that_disagree_on_classes_name_both_lines(check, last_head):
    changes = ("filters=14", "filters=16"), ("classes=2", "classes=3")
    checked = check(*changes)

    found = checked.only("error", "all heads must agree")
    assert found.line == checked.line("classes=3")
    assert f"line {checked.line('[yolo]', 2)}" in found.message
    assert found.fixes == ()  # one against one: nobody knows which is right


def test_of_three_heads_the_one_that_differs_is_wrong(check, faultless, last_head):
    third = faultless[faultless.rindex("[convolutional]") :].replace("mask=0,1", "mask=0,1")
    text = faultless + "\n[route]\nlayers=-2\n\n" + third
    checked = check(("classes=2", "classes=80"), text=text)

    found = checked.only("error", "classes=80, but the [yolo]")
    assert [(fix.text, fix.alone) for fix in found.fixes] == [("classes=2", True)]


def test_heads_with_other_anchors_say_which_number_differs(check, last_head):
    checked = check(last_head("anchors=4,4", "anchors=4,5"))

    found = checked.only("warning", "anchors= differs")
    assert "4 here is 5 there" in found.message
    assert found.line == checked.line("anchors=4,4, 8,8, 16,16, 32,32")


def test_keys_that_only_count_in_the_last_head_are_noted(check):
    checked = check(("num=4", "num=4\njitter=.3"))

    assert checked.only("note", "jitter=0.3 differs from jitter=0.2").line == checked.line(
        "jitter=.3"
    )


def test_the_layer_before_a_head_is_linear(check):
    checked = check(("activation=linear", "activation=leaky"))

    found = checked.only("warning", "activation=leaky before a head")
    assert found.line == checked.line("activation=leaky", 2)
    assert [fix.text for fix in found.fixes] == ["activation=linear"]


def test_the_default_activation_before_a_head_is_logistic_and_wrong(check):
    checked = check(("activation=linear\n", ""))

    found = checked.only("warning", "activation=logistic (the default) before a head")
    assert found.fixes[0].below


def test_new_coords_needs_logistic(check, last_head):
    checked = check(last_head("num=4", "num=4\nnew_coords=1"))

    assert checked.only("warning", "has new_coords=1 and needs logistic").line == checked.line(
        "activation=linear", 2
    )


def test_batch_norm_before_a_head(check):
    checked = check(("filters=14", "batch_normalize=1\nfilters=14"))

    assert checked.only("warning", "batch_normalize=1 before a head").line == 22


@pytest.mark.parametrize(
    ("key", "severity", "part"),
    [
        ("cls_normalizer=0.5", "note", "no effect without counters_per_class="),
        ("beta_nms=0.7", "note", "no effect without nms_kind=diounms"),
        ("label_smooth_eps=0.1", "note", "never the objectness"),
        ("max_delta=0", "warning", "cuts every change to nothing"),
        ("jitter=1", "warning", "may cut a whole picture away"),
        ("map=nowhere.map", "warning", "map=nowhere.map does not exist"),
    ],
)
def test_keys_of_a_head_without_effect_or_with_too_much(check, last_head, key, severity, part):
    checked = check(last_head("num=4", f"num=4\n{key}"))

    assert checked.only(severity, part).line == checked.line(key)


def test_keys_of_tracking_have_their_effect(check, last_head):
    keys = "num=4\ntrack_history_size=3\nsim_thresh=.7\ndets_for_track=2\ndets_for_show=0"

    assert check(last_head("num=4", keys)).items == []


def test_counters_per_class_give_cls_normalizer_its_effect(check, last_head):
    keys = "num=4\ncls_normalizer=0.5\ncounters_per_class=10,20"

    assert check(last_head("num=4", keys)).items == []


def test_num_below_the_masks_names_the_right_number(check):
    checked = check(("num=4", "num=3"))

    found = checked.only("warning", "num=4 would be right")
    assert (found.line, [fix.text for fix in found.fixes]) == (checked.line("num=3"), ["num=4"])


def test_a_map_is_a_file_of_class_numbers(check, last_head, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.map").write_text("1\n0\n")
    (tmp_path / "bad.map").write_text("7\n")

    assert check(last_head("num=4", "num=4\nmap=two.map")).items == []
    assert check(last_head("num=4", "num=4\nmap=tow.map")).only("warning", "mean 'two.map'?")
    found = check(last_head("num=4", "num=4\nmap=bad.map")).only(
        "error", "map=bad.map cannot be used"
    )
    assert "classes=2 allows 0 to 1" in found.message

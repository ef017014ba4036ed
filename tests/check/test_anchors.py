"""Traps of anchors: size, unit, masks."""

from __future__ import annotations

from darkpy.check.anchors import PUBLISHED, RELEASED_MASK

ANCHORS = "anchors=4,4, 8,8, 16,16, 32,32"
TINY = "anchors=10,14, 23,27, 37,58, 81,82, 135,169, 344,319"


def both(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_a_head_whose_anchors_are_all_larger_than_the_input(check, faultless):
    checked = check(text=both(faultless, ANCHORS, "anchors=4,4, 8,8, 160,160, 320,320"))

    found = checked.only("warning", "all anchors of this head (160x160, 320x320) are larger")
    assert found.line == checked.line("anchors=4,4, 8,8, 160,160, 320,320")


def test_one_anchor_larger_than_the_input_is_noted(check, faultless):
    checked = check(text=both(faultless, ANCHORS, "anchors=4,4, 8,8, 16,16, 32,320"))

    assert "the anchor 32x320" in checked.only("note", "larger than the input").message


def test_published_anchors_at_a_much_smaller_input(check, faultless):
    text = both(faultless, ANCHORS, TINY).replace("num=4", "num=6")
    text = text.replace("width=64", "width=224").replace("height=64", "height=224")
    checked = check(text=text)

    # 224 / 416 = 0.54
    found = checked.only("note", "these are the anchors of YOLOv3-tiny for 416 px; at 224 px")
    assert "0.54 times" in found.message


def test_sizes_come_in_pairs_above_0(check, last_head):
    odd = check(last_head(ANCHORS, f"{ANCHORS}, 5"))
    zero = check(last_head(ANCHORS, "anchors=0,4, 8,8, 16,16, 32,32"))

    assert odd.only("warning", "anchors= has 9 numbers").line == odd.line(f"{ANCHORS}, 5")
    assert zero.only("warning", "can never fit an object")


def test_anchors_in_cells_where_pixels_are_meant(check, faultless):
    cells = "anchors=1.3221,1.73145, 3.19275,4.00944, 5.05587,8.09892, 9.47112,4.84053"
    text = both(faultless, ANCHORS, cells)
    checked = check(text=text.replace("width=64", "width=416").replace("height=64", "height=416"))

    assert len(checked.said("warning")) == 2
    assert "anchors up to 9.47112 look like cells" in checked.said("warning")[0][1]


def test_anchors_in_pixels_where_cells_are_meant(check, faultless):
    region = "[region]\nanchors=16,16, 320,320\nclasses=2\nnum=2\n"
    checked = check(text=faultless[: faultless.index("[yolo]")] + region)

    # 64 px of input over 2 cells: 32 px a cell
    found = checked.only("warning", "look like pixels; [region] counts cells, here 2x2")
    assert found.message.endswith("divide by 32")


def test_anchors_beyond_num_are_not_used(check, last_head):
    checked = check(last_head("num=4", "num=2"))

    found = checked.only("note", "anchors= lists 4 anchors but num=2")
    assert found.line == checked.line("num=2")


def test_an_anchor_of_two_heads_and_one_of_none(check, last_head):
    checked = check(last_head("mask=0,1", "mask=1,2"))

    assert "anchor 2 is in mask= of line 28's head too" in checked.said("note")[0][1]
    assert "no mask= of any head names anchor 0, 4x4" in checked.said("note")[1][1]


def test_exchanged_masks_give_the_fine_grid_the_large_anchors(check, faultless):
    text = faultless.replace("mask=2,3", "mask=9,9").replace("mask=0,1", "mask=2,3")
    checked = check(text=text.replace("mask=9,9", "mask=0,1"))

    found = checked.only("warning", "are the masks exchanged?")
    assert found.line == checked.line("mask=2,3")


def test_tiny_networks_with_the_stock_mask_hear_of_the_released_weights(check, faultless):
    text = (
        both(faultless, ANCHORS, TINY).replace("num=4", "num=6").replace("filters=14", "filters=21")
    )
    text = text.replace("mask=2,3", "mask=3,4,5").replace("mask=0,1", "mask=0,1,2")
    text = text.replace("width=64", "width=416").replace("height=64", "height=416")
    checked = check(text=text)

    found = checked.only("note", f"were trained with mask={RELEASED_MASK}")
    assert found.line == checked.line("mask=0,1,2")
    assert check(("mask=0,1,2", "mask=1,2,3"), text=text).only("note", "anchor 3 is in mask=")


def test_the_published_lists_are_pairs_in_order_of_size():
    for anchors in PUBLISHED:
        areas = [w * h for w, h in zip(anchors[::2], anchors[1::2], strict=True)]
        assert areas == sorted(areas)


def test_anchors_that_are_missing_are_a_warning_and_a_half(check, last_head):
    checked = check(last_head("num=4", "num=6"))

    found = checked.only("warning", "num=6 needs 12 numbers in anchors=, there are 8")
    assert "the missing ones are .5" in found.message
    assert checked.said("error") == []

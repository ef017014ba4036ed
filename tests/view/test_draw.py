"""What is drawn where; colours and legibility rather than exact pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.inference.detector import Detections
from darkpy.view import draw
from darkpy.view.draw import class_colour, contact_sheet, draw_detections, draw_truths, text_colour

NAMES = ("cat", "dog", "猫")


def grey(h=200, w=300, channels=3):
    return np.full((h, w, channels), 127, np.uint8)


def detections(boxes, probs):
    probs = torch.tensor(probs, dtype=torch.float32)
    return Detections(torch.tensor(boxes, dtype=torch.float32), probs.amax(1), probs)


def changed(before, after):
    """Rows and columns that differ: first row, first column, last row, last column."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    return rows.min(), columns.min(), rows.max(), columns.max()


def has_colour(pixels, colour):
    return bool((pixels == np.array(colour, np.uint8)).all(axis=-1).any())


def test_a_box_is_drawn_on_a_copy_where_it_belongs():
    picture = grey()

    drawn = draw_truths(picture, np.array([[0.5, 0.5, 0.5, 0.5]]), [1], NAMES)

    assert (picture == 127).all()
    # (.5 -+ .25) * 300 = 75 and 225, (.5 -+ .25) * 200 = 50 and 150
    for y, x in ((100, 75), (100, 225), (150, 150), (50, 200)):
        assert tuple(drawn[y, x]) == class_colour(1)
    assert (drawn[60:140, 90:210] == 127).all()


def test_the_name_stands_above_the_box_or_inside_where_there_is_no_room():
    low, high = np.array([[0.5, 0.6, 0.5, 0.5]]), np.array([[0.5, 0.25, 0.5, 0.5]])

    above = draw_truths(grey(), low, [0], NAMES)
    inside = draw_truths(grey(), high, [0], NAMES)

    assert changed(grey(), above)[0] < 70 - 10  # the box begins at row .35 * 200
    assert changed(grey(), inside)[0] == 0
    assert has_colour(inside[3:20, 80:100], text_colour(class_colour(0)))


@pytest.mark.parametrize("box", [(0.99, 0.02, 0.4, 0.1), (0.0, 1.0, 0.2, 0.2), (0.5, 0.5, 9, 9)])
def test_boxes_and_names_over_the_border_stay_in_the_picture(box):
    drawn = draw_truths(grey(), np.array([box]), [0], ["a rather long name of a class"])

    assert drawn.shape == (200, 300, 3)
    assert has_colour(drawn, class_colour(0))
    assert has_colour(drawn, text_colour(class_colour(0)))


def test_names_of_boxes_at_the_same_place_do_not_cover_each_other():
    boxes = np.array([[0.5, 0.5, 0.4, 0.4]] * 3)

    drawn = draw_truths(grey(), boxes, [0, 1, 2], NAMES)

    for number in range(3):  # above, inside and below: each background is there
        wide_enough = (drawn == np.array(class_colour(number))).all(axis=2).sum(axis=1) >= 5
        assert wide_enough.sum() >= 10


@pytest.mark.parametrize(("h", "w"), [(150, 200), (3000, 4000), (1, 1), (2, 700)])
def test_text_and_lines_grow_with_the_picture(h, w):
    drawn = draw_truths(grey(h, w), np.array([[0.5, 0.5, 0.5, 0.5]]), [0], NAMES)

    assert drawn.shape == (h, w, 3)
    if h == 3000:  # a line of .0025 * 4000 = 10 px
        red = (drawn[1500, :2000] == np.array(class_colour(0))).all(axis=1).sum()
        assert 9 <= red <= 12


def test_letters_on_a_strip_are_as_tall_as_its_short_side_can_bear(monkeypatch):
    heights = []
    of = draw.Lettering.of
    monkeypatch.setattr(draw.Lettering, "of", lambda height: heights.append(height) or of(height))

    for h, w in [(1, 65000), (100, 65000), (100, 1600)]:
        draw_truths(grey(h, w), np.array([[0.5, 0.5, 0.5, 0.5]]), [0], NAMES)

    # .015 of 16 times the shorter side: 16 px need the smallest letters, 1600 px 24 px.
    assert heights == [10, 24, 24]


def test_all_classes_of_a_box_are_named_with_their_probability(monkeypatch):
    written = []
    monkeypatch.setattr(draw.Lettering, "write", lambda *args: written.append(args[2]))
    found = detections([[0.3, 0.5, 0.2, 0.2], [0.6, 0.5, 0.2, 0.2]], [[0.25, 0.875], [0.5, 0.0]])

    draw_detections(grey(), found, NAMES, 0.2)

    assert written == ["cat: 50%", "dog: 88%, cat: 25%"]  # the surest one on top


def test_grey_and_contiguous_or_not_pictures_are_taken():
    found = detections([[0.5, 0.5, 0.5, 0.5]], [[0.9]])

    for picture in (grey(channels=1), grey()[..., 0], grey()[:, ::-1], grey()[..., ::-1]):
        drawn = draw_detections(picture, found, NAMES)
        assert drawn.shape == (200, 300, 3)
        assert has_colour(drawn, class_colour(0))


def test_without_detections_the_picture_is_a_plain_copy():
    empty = Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, 3))

    assert (draw_detections(grey(), empty, NAMES) == grey()).all()


def test_letters_that_opencv_4_cannot_draw_are_replaced(monkeypatch):
    monkeypatch.setattr(draw, "_ANY_LETTER", False)

    assert draw._label(["Hündchen", "猫", "dog"], 0) == "Hundchen"
    assert draw._label(["Hündchen", "猫", "dog"], 1) == "class 1"
    assert draw._label(["Hündchen", "猫", "dog"], 2) == "dog"


@pytest.mark.parametrize("classes", [2, 20, 80])
def test_colours_of_classes_differ(classes):
    colours = {class_colour(number) for number in range(classes)}

    assert len(colours) == classes


def test_text_is_dark_on_light_and_light_on_dark():
    assert text_colour((255, 255, 0)) == (0, 0, 0)
    assert text_colour((0, 0, 200)) == (255, 255, 255)


def test_a_sheet_holds_pictures_in_rows_over_their_captions():
    colours = [(40 * number, 255, 0) for number in range(5)]
    tiles = [np.full((40, 60, 3), colour, np.uint8) for colour in colours]

    sheet = contact_sheet(tiles, ["one\ntwo"] * 5, columns=3)

    for number, colour in enumerate(colours):
        row, column = divmod(number, 3)
        ys, xs = np.nonzero((sheet == colour).all(axis=2))
        # A tile is 40 px of picture and two lines of 10 + 2 * 3 px; gaps are 8 px.
        assert xs.min() == 8 + column * (60 + 8)
        assert ys.min() == 8 + row * (40 + 2 * 16 + 8)
    assert (sheet < 50).all(axis=2)[48:80].any()  # letters below the first row


def test_large_pictures_shrink_and_small_ones_keep_their_size():
    sheet = contact_sheet([grey(3000, 4000), grey(20, 30)], ["", ""], columns=9)

    # 4000 px become 480, two tiles of that width and three gaps of 8; 3000 become 360.
    assert sheet.shape == (360 + 16, 2 * 480 + 24, 3)


def test_a_caption_that_is_too_long_is_cut():
    lettering = draw.Lettering.of(10)

    cut = draw._cut("a caption of many words", 80, lettering)

    assert cut.endswith("...")
    assert lettering.width(cut) <= 80
    assert draw._cut("short", 80, lettering) == "short"


def test_a_sheet_of_nothing_is_an_empty_page():
    assert contact_sheet([], []).ndim == 3


def test_an_ignored_box_is_dashed_grey_and_named():
    picture = grey(200, 200)

    drawn = draw_truths(picture, [], [], NAMES, [[0.5, 0.6, 0.5, 0.4, -1]])

    # Its lower side, row 0.8 * 200, from column 50 on: 4 px and their end, then 3 dark ones.
    columns = np.arange(52, 148)
    wanted = np.where((columns - 50) % 8 <= 4, 190, 0)
    np.testing.assert_array_equal(drawn[160, columns, 0], wanted)
    # The name above it is on a grey ground.
    assert (drawn[70:78, 52] == 190).all()
    assert (picture == 127).all()


@pytest.mark.parametrize(("number", "text"), [(-1, "ignore"), (1, "ignore cat")])
def test_an_ignored_box_of_a_class_says_so(monkeypatch, number, text):
    written = []
    monkeypatch.setattr(draw.Lettering, "write", lambda *args: written.append(args[2]))

    draw_truths(grey(), [[0.5, 0.5, 0.2, 0.2]], [0], ["dog", "cat"], [[0.5, 0.5, 1, 1, number]])

    assert written == [text, "dog"]

"""The page of a comparison: what the text says, and the pictures that changed."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.data.pictures import read_picture, write_picture
from darkpy.metrics.comparison import Comparison
from darkpy.metrics.intervals import Interval
from darkpy.verbs.compare import run
from darkpy.view.judged import MISSED, RIGHT, WRONG, draw_judged
from darkpy.view.report.comparison import comparison_page
from darkpy.view.report.svg import Whisker, whiskers
from tests.metrics.pictures import Found, found
from tests.metrics.test_comparison import result
from tests.view.report.test_page import parsed

BOX, ELSEWHERE = [0.5, 0.5, 0.4, 0.4], [0.2, 0.2, 0.1, 0.1]


def comparison(**others) -> Comparison:
    facts = {
        "pictures": 3,
        "left_out": 0,
        "maps": (0.5, 0.6),
        "threshes": (0.25, 0.25),
        "difference": 0.1,
        "between": Interval(0.05, 0.15),
        "classes": (("<b>cat</b>", 0.5, 0.6, Interval(0.05, 0.15)),),
        "changes": (),
    }
    return Comparison(**facts | others)


def test_the_page_says_what_the_text_says():
    text = parsed(comparison_page("a<1>.json", "b.json", comparison(), [])).text

    assert "B is better" in text
    assert "A a<1>.json" in text
    assert "+5.00 to +15.00" in text
    assert text.count("<b>cat</b>") == 2  # beside its whisker and in the table


@pytest.mark.parametrize(
    ("threshes", "words"),
    [((0.25, 0.25), "above -thresh 0.25."), ((0.25, 0.4), "above -thresh 0.25 in A and 0.4 in B.")],
)
def test_the_page_says_from_which_probability_on_detections_are_shown(threshes, words):
    page = comparison_page("a.json", "b.json", comparison(threshes=threshes), [])
    assert f"Detections {words}" in parsed(page).text


def test_a_whisker_reaches_from_low_to_high_around_the_line_at_0():
    svg = whiskers([Whisker("all", -0.5, 0.0, 1.0, "0")], title="t")

    # the middle is 245 and the farthest end, 1, 115 away
    assert 'x1="187.5" x2="360.0"' in svg
    assert 'cx="245.0"' in svg


def test_right_wrong_and_missed_ones_have_their_colours():
    grey = np.full((100, 100, 3), 128, np.uint8)
    # picture, class, cx cy w h, probability, right
    seen = np.array([[0, 0, 0.3, 0.5, 0.2, 0.2, 0.9, 1], [0, 0, 0.7, 0.5, 0.2, 0.2, 0.8, 0]])
    drawn = draw_judged(grey, seen, np.array([[0, 0, 0.5, 0.8, 0.2, 0.2]]), ["cat"])

    colours = {tuple(int(v) for v in pixel) for pixel in drawn.reshape(-1, 3)}
    assert {RIGHT, WRONG, MISSED} <= colours


@pytest.fixture
def two_results(tmp_path):
    """A finds the object of a picture, B something elsewhere."""
    picture = tmp_path / "1.png"
    write_picture(picture, np.full((40, 50, 3), 90, np.uint8))
    truth = (np.array([BOX]), np.array([0]))

    def of(name: str, box: list[float]) -> str:
        seen = found([[*box, 0.9, 0.0]], classes=2)
        return result(tmp_path / name, {str(picture): (Found(*seen), *truth)})

    return picture, of("a.json", BOX), of("b.json", ELSEWHERE)


def test_pictures_that_changed_stand_side_by_side(two_results, tmp_path):
    picture, a, b = two_results
    lines = list(run(a, b, report=str(tmp_path / "page")))

    assert lines[-1].endswith("index.html: written, with 1 pictures beside it")
    page = parsed((tmp_path / "page/index.html").read_text())
    assert str(picture) in page.text
    assert "A 1 right, 0 wrong; B 0 right, 1 wrong" in page.text
    links = [link for link in page.links if not link.startswith("data:")]
    assert links == ["pictures/01_1_A.jpg", "pictures/01_1_B.jpg"]
    assert read_picture(tmp_path / "page" / links[0]).shape == (40, 50, 3)


def test_a_picture_that_is_gone_is_said_and_left_out(two_results, tmp_path):
    picture, a, b = two_results
    picture.unlink()
    lines = list(run(a, b, report=str(tmp_path / "page")))

    assert f"{picture}: " in lines[-2]
    assert "(not on the page)" in lines[-2]
    assert lines[-1].endswith("with 0 pictures beside it")

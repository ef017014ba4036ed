"""The report page: one file that holds everything, with every name shown as it is."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from darkpy.metrics.accumulator import MapAccumulator
from darkpy.metrics.confusion import confusion
from darkpy.metrics.evidence import Evidence, evidence_order
from darkpy.view.report.page import page
from darkpy.view.report.pictures import Mistakes, most_mistaken, write_worst
from darkpy.view.report.svg import Line, bars, curves
from tests.metrics.pictures import found

NAMES = ["<b>cat</b>", "dog & co"]
A, B = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2]
EMPTY = {"meta", "img", "br", "polyline", "line", "rect"}


class Nesting(HTMLParser):
    """Fails where a tag is closed that is not open; keeps texts and what is loaded or linked."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.links = [], "", []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def measured():
    accumulator = MapAccumulator(2)
    detections = found([[*A, 0.9, 0], [0.5, 0.1, 0.1, 0.1, 0, 0.6]], classes=2)
    accumulator.add(
        detections, np.array([A, B]), np.array([0, 1]), picture_hw=(40, 50), name="a<i>.jpg"
    )
    return accumulator.finished()


def parsed(text: str) -> Nesting:
    nesting = Nesting()
    nesting.feed(text)
    assert nesting.open == []
    return nesting


def whole_page(worst=()):
    it = measured()
    report = it.report()
    table = confusion(it.all, 2, iou_thresh=0.5, thresh=0.25)
    facts = [("cfg", "a&b.cfg")]
    study = it.study(report)
    return page(report, study, table, names=NAMES, title="a < b", facts=facts, worst=worst)


def test_names_are_shown_and_never_become_tags():
    nesting = parsed(whole_page())

    for text in (*NAMES, "a < b", "cfg a&b.cfg"):
        assert text in nesting.text
    assert nesting.links == []


def test_pictures_are_embedded_and_lead_to_the_full_ones(tmp_path):
    (tmp_path / "pictures").mkdir()
    drawing = np.full((600, 900, 3), 200, np.uint8)
    worst = write_worst(tmp_path, "x/a<i>.jpg", Mistakes(0, 1, 1), drawing, drawing)

    nesting = parsed(whole_page([worst]))

    full, embedded, *_ = nesting.links
    assert (tmp_path / full).read_bytes().startswith(b"\xff\xd8")
    assert embedded.startswith("data:image/jpeg;base64,")
    assert "1 missed, 1 wrong" in nesting.text
    assert not re.search(r'(src|href)="(https?:)?//', whole_page([worst]))


def test_pictures_with_most_mistakes_come_first_and_those_without_not_at_all():
    accumulator = MapAccumulator(1)
    for name, boxes in (("good", [A]), ("bad", [A, B]), ("worse", [])):
        detections = found([[*box, 0.9] for box in boxes])
        accumulator.add(
            detections,
            np.array([A] if name != "worse" else [A, B, A]),
            np.zeros(1 if name != "worse" else 3, int),
            picture_hw=(40, 50),
            name=name,
        )
    it = accumulator.finished()

    evidence = Evidence.of(it.all, it.found, evidence_order(it.all, it.found), 1)
    mistakes = list(most_mistaken(evidence, 0.25, most=5))

    assert mistakes == [Mistakes(2, wrong=0, missed=3), Mistakes(1, wrong=1, missed=0)]


@pytest.mark.parametrize("count", [1, 2, 5000])
def test_a_curve_stays_inside_its_frame_and_keeps_its_ends(count):
    x = np.linspace(0, 1, count)
    text = curves([Line("a", 0, x, x)], across="x", up="y")

    (points,) = re.findall(r'points="([^"]*)"', text)
    numbers = [[float(part) for part in pair.split(",")] for pair in points.split()]
    assert len(numbers) == min(count, 200)
    # The frame of 460 x 300: x from 46 to 448, y from 260 up to 12.
    assert numbers[0] == [46, 260]
    assert numbers[-1] == ([448, 12] if count > 1 else [46, 260])


def test_bars_know_shares_that_are_none():
    text = bars([("a", float("nan"), "none"), ("b", 0.5, "half"), ("c", 7.0, "all")], title="t")

    widths = [float(width) for width in re.findall(r'class="bar"[^>]*width="([^"]*)"', text)]
    assert widths == [0, 115, 230]

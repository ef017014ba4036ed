"""The cloud of box sizes: what is drawn where."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.view.charts import cloud as charts
from darkpy.view.charts.cloud import FOUND_COLOUR, PRESENT_COLOUR, cloud_figure
from darkpy.view.charts.training import save_figure

SIZES = np.array([[10.0, 20], [40, 30], [100, 200]])


def points(figure):
    return [scatter.get_offsets().tolist() for scatter in figure.axes[0].collections]


def test_boxes_present_and_new_anchors_are_where_they_are():
    figure = cloud_figure(SIZES, np.array([[20.0, 20]]), np.array([[50.0, 60]]), title="3 boxes")

    assert points(figure) == [SIZES.tolist(), [[50, 60]], [[20, 20]]]


def test_the_legend_says_how_well_anchors_fit():
    figure = cloud_figure(np.array([[10.0, 10], [20, 10]]), np.array([[10.0, 10]]))

    words = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    # 1 and 100/200.
    assert words == ["2 boxes", "new anchors, avg IoU 75.0%"]


def test_every_anchor_is_named_by_its_size():
    figure = cloud_figure(SIZES, np.array([[20.4, 19.6]]), np.array([[1.25, 2.5]]))

    texts = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert texts == {"20x20": FOUND_COLOUR, "1.25x2.5": PRESENT_COLOUR}


def test_the_axes_are_in_pixels_and_hold_everything():
    axes = cloud_figure(SIZES, np.array([[400.0, 5]])).axes[0]

    assert axes.get_xlabel() == "width, network px"
    left, right, bottom, top = axes.axis()
    assert left < 10 < 400 < right
    assert bottom < 5 < 200 < top
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert ticks == ["8", "16", "32", "64", "128", "256", "512"]


def test_many_boxes_are_drawn_as_a_sample(monkeypatch):
    monkeypatch.setattr(charts, "_MOST_POINTS", 100)
    sizes = np.random.default_rng(0).uniform(5, 50, (250, 2))

    figure = cloud_figure(sizes, np.array([[20.0, 20]]))

    assert len(points(figure)[0]) == 84
    assert figure.axes[0].get_legend().get_texts()[0].get_text() == "250 boxes, 84 of them drawn"


@pytest.mark.parametrize("sizes", [np.empty((0, 2)), np.zeros((1, 2)), np.ones((1, 2))])
def test_odd_clouds_are_drawn_without_a_warning(sizes, tmp_path):
    figure = cloud_figure(sizes, np.array([[20.0, 20]]))

    save_figure(figure, tmp_path / "cloud.png")

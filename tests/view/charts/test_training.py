"""The chart of a training: what its axes span and which numbers are on it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from darkpy.errors import OutputError
from darkpy.training.history import Curves
from darkpy.view.charts.training import (
    LOSS_COLOUR,
    MAP_COLOUR,
    LossAxis,
    save_figure,
    shown_iterations,
    training_figure,
)


def curves(averages, maps=None, losses=None):
    averages = np.array(averages, dtype=float)
    count = len(averages)
    known = np.full(count, math.nan)
    for iteration, value in (maps or {}).items():
        known[iteration - 1] = value
    return Curves(
        iterations=np.arange(1.0, count + 1),
        losses=averages if losses is None else np.array(losses, dtype=float),
        averages=averages,
        rates=np.full(count, 0.001),
        seconds=np.ones(count),
        map50=known,
        parts={},
    )


def texts(figure):
    words = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        words += [text.get_text() for text in axes.texts]
    return " | ".join(words)


def line(figure, colour):
    (found,) = [
        one
        for axes in figure.axes
        for one in axes.lines
        if one.get_color() == colour and one.get_marker() != "*"
    ]
    return found.get_xydata()


def test_a_tall_beginning_does_not_flatten_the_rest():
    averages = np.concatenate((np.linspace(400, 8, 99), np.full(901, 4.0)))

    # A little more than 90 % of the averages are 4: the top is 1.25 times that.
    assert LossAxis.of(averages) == LossAxis(0, 5.0, False)


def test_a_wide_range_is_shown_logarithmically():
    # 1000 to 1 evenly in the logarithm: the tall tenth is cut at 10^2.7 = 501.
    axis = LossAxis.of(np.geomspace(1000, 1, 1001))

    assert axis.logarithmic
    assert axis.top == pytest.approx(1.25 * 10**2.7)
    assert axis.bottom == pytest.approx(1 / 1.25)


def test_the_bottom_of_a_logarithmic_chart_shows_the_low_losses_of_single_iterations():
    averages = np.geomspace(1000, 1, 1001)
    low, lowest = averages.copy(), averages.copy()
    low[500], lowest[500] = 0.4, 0.001

    assert LossAxis.of(averages, losses=low).bottom == pytest.approx(0.4 / 1.25)
    # One that is far below all averages would flatten the rest: a fifth of the smallest is shown.
    assert LossAxis.of(averages, losses=lowest).bottom == pytest.approx(0.2 / 1.25)
    assert LossAxis.of(averages, losses=np.array([math.nan, -1, 0])).bottom == 1 / 1.25


def test_max_chart_loss_cuts_the_axis_only_below_which_the_curve_still_is():
    averages = np.linspace(50, 10, 100)

    assert LossAxis.of(averages, max_loss=20).top == 20
    assert LossAxis.of(averages, max_loss=5).top == pytest.approx(1.25 * 46, rel=0.01)
    # 2 of 60 averages below 20 would be all that is seen of the first minute.
    assert LossAxis.of(np.linspace(140, 19, 60), max_loss=20).top > 140


def test_the_names_of_the_parts_lie_above_their_curves():
    parts = {"box": np.full(50, 0.01), "objectness": np.linspace(100.0, 1.0, 50)}
    figure = training_figure(replace(curves([5.0] * 50), parts=parts), max_batches=50)
    axes = next(axes for axes in figure.axes if axes.get_ylabel() == "parts")
    figure.canvas.draw()

    legend = axes.get_legend().get_window_extent()
    highest = max(axes.transData.transform(line.get_xydata())[:, 1].max() for line in axes.lines)

    assert legend.y0 > highest
    assert legend.y1 <= axes.get_window_extent().y1


def test_the_latest_loss_is_in_the_chart_even_if_it_explodes():
    assert LossAxis.of(np.array([4.0] * 99 + [1000.0])).top >= 1000


@pytest.mark.parametrize("averages", [[], [math.nan], [0.0, 0.0], [math.inf]])
def test_an_axis_without_anything_to_show_is_the_unit(averages):
    assert LossAxis.of(np.array(averages)) == LossAxis(0, 1, False)


def test_the_chart_ends_at_max_batches_or_at_a_half_or_quarter_of_it():
    def end(done):
        return shown_iterations(curves(np.ones(done)), 8000)

    # 8000 halves while at least half of the chart would stay empty.
    assert [end(5000), end(4001), end(4000), end(1500), end(600)] == [8000, 8000, 4000, 2000, 1000]
    # Beyond max_batches (it was lowered) all is shown; without iterations some room is left.
    assert shown_iterations(curves(np.ones(90)), 80) == 90
    assert 50 <= shown_iterations(curves([]), 8000) <= 100


def test_average_loss_and_map_are_drawn_where_they_are():
    figure = training_figure(curves([4, 3, 2], {1: 0.5, 3: 0.75}), max_batches=3)

    assert line(figure, LOSS_COLOUR).tolist() == [[1, 4], [2, 3], [3, 2]]
    assert line(figure, MAP_COLOUR).tolist() == [[1, 50], [3, 75]]


def test_the_best_map_is_marked_with_its_value_and_iteration():
    figure = training_figure(curves([4] * 5, {2: 0.8765, 4: 0.5}), max_batches=5)

    (star,) = [one for axes in figure.axes for one in axes.lines if one.get_marker() == "*"]
    assert star.get_xydata().tolist() == [[2, pytest.approx(87.65)]]
    assert "best 87.7 % at 2" in texts(figure) or "best 87.6 % at 2" in texts(figure)


def test_a_best_map_of_nothing_gets_no_star():
    figure = training_figure(curves([4] * 5, {2: 0.0, 4: 0.0}), max_batches=5)

    assert not [one for axes in figure.axes for one in axes.lines if one.get_marker() == "*"]
    assert "best" not in texts(figure)


def test_the_numbers_of_now_are_written_above():
    figure = training_figure(
        curves([4, 3.5], {1: 0.25}), max_batches=1000, title="tiny", left="1:23:45"
    )

    words = texts(figure)
    for expected in (
        "tiny",
        "iteration 2 of 1,000",
        "loss 3.5",
        "mAP 25.0%",
        " spent",
        "1:23:45 left",
    ):
        assert expected in words


def test_what_leaves_the_chart_at_the_top_is_said():
    assert "begins at 400" in texts(training_figure(curves([400] + [4] * 99), max_batches=100))
    assert "begins" not in texts(training_figure(curves([4] * 99), max_batches=100))


def test_without_measurements_there_is_no_map_axis():
    assert len(training_figure(curves([4, 3]), max_batches=3).axes) == 2
    assert len(training_figure(curves([4, 3], {2: 0.0}), max_batches=3).axes) == 3


@pytest.mark.parametrize(
    "averages",
    [[], [5.0], [math.nan, math.inf, 5.0], [0.0, 0.0], [math.nan], np.geomspace(1e9, 1, 99)],
)
def test_odd_histories_are_drawn_without_a_warning(averages, tmp_path):
    save_figure(training_figure(curves(averages), max_batches=0), tmp_path / "chart.png")


def test_a_long_history_is_thinned_but_keeps_its_extremes():
    losses = np.full(50_000, 5.0)
    losses[31_415] = 9.0

    figure = training_figure(curves(np.full(50_000, 5.0), losses=losses), max_batches=50_000)

    band = figure.axes[0].collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == 9
    assert len(band) < 5000
    assert len(line(figure, LOSS_COLOUR)) < 1000


def test_the_chart_replaces_its_file_whole(tmp_path):
    figure = training_figure(curves([4, 3]), max_batches=3)
    (tmp_path / "a.png").write_bytes(b"old")

    save_figure(figure, tmp_path / "a.png", tmp_path / "b.png")

    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.png", "b.png"]
    for name in ("a.png", "b.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_a_chart_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        save_figure(training_figure(curves([4]), max_batches=3), tmp_path / "absent" / "a.png")

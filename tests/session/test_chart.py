"""The chart is drawn when it is time, and what it was drawn with is given back at once."""

from __future__ import annotations

import gc
import weakref

import pytest

from darkpy.cfg.net import NetOptions
from darkpy.session import chart
from darkpy.session.chart import ChartFile
from darkpy.training.history import TrainingHistory


@pytest.fixture
def no_chance():
    """No collection of garbage but what is asked for."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_chance")
def test_a_figure_is_gone_once_it_was_drawn(tmp_path, monkeypatch):
    figures, own = [], chart.training_figure

    def drawn(*words, **more):
        figure = own(*words, **more)
        figures.append(weakref.ref(figure))
        return figure

    monkeypatch.setattr(chart, "training_figure", drawn)
    with TrainingHistory.open(tmp_path / "net_train.csv") as history:
        ChartFile([tmp_path / "chart.png"], history, NetOptions(), "net").finish()

    assert [figure() for figure in figures] == [None]
    assert (tmp_path / "chart.png").stat().st_size > 1000

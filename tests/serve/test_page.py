"""The page of a training: what it is told, what it answers, and that nobody holds it up."""

from __future__ import annotations

import http.client
import json
import math
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from darkpy.events import Aside, Began, Ended, Progress, Trained
from darkpy.serve import page as serving
from darkpy.serve.board import Board, PagePicture
from darkpy.serve.page import Page
from darkpy.serve.series import Series, thinned_rows
from darkpy.training.history import Curves
from darkpy.training.record import Step


def told(iteration: int, **known) -> Trained:
    parts = {"box": 0.25, "objectness": math.nan if iteration == 2 else 1.5}
    step = Step(iteration, 3.5, 2.5, 0.001, 4, (64, 96), wait=0.25, compute=0.75, parts=parts)
    known = {"mean_ap": None, "measured": None, "best": -1.0, **known}
    return Trained(
        step, 90, pictures_per_second=4.0, waiting=0.25, seconds_left=8.0, next_map=100, **known
    )


def began(**known) -> Began:
    net = SimpleNamespace(width=96, height=64, batch=4, subdivisions=2, max_batches=90)
    plan = SimpleNamespace(net=net, layers=(1, 2), bflops=0.5)
    return Began("tiny", 1, plan, ("cat", "<b>"), "backup/", 1000, 100, 0.5, **known)


def asked(page: Page, path: str, accept: str = "*/*") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", page.server.port, timeout=10)
    connection.request("GET", path, headers={"Accept": accept})
    return connection.getresponse()


def read(page: Page, path: str):
    answer = asked(page, path)
    assert answer.status == 200
    return json.loads(answer.read())


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr(serving, "_STATE_APART", 0.0)
    monkeypatch.setattr(serving, "_CURVES_APART", 0.0)
    monkeypatch.setattr(serving, "_NEWS_APART", 0.01)
    page = Page(Board(lambda: {"process": 1000}), "127.0.0.1", 0)
    yield page
    page.close()


def test_the_state_holds_what_was_heard_and_no_number_that_json_lacks(page):
    page.board.hear(began(facts={"seed": 7, "device": "cpu"}))
    page.board.hear("warning: batch=4 is small")
    page.board.hear(Aside("a line"))
    page.board.hear(told(2))
    page.board.hear(Progress("measuring mAP", 3, 8))

    state = read(page, "/state.json")

    assert state["name"] == "tiny"
    assert ["batch", "4 in 2"] in state["facts"]
    assert ["seed", "7"] in state["facts"]
    assert state["warnings"] == ["warning: batch=4 is small"]
    assert state["lines"] == ["warning: batch=4 is small", "a line"]
    assert state["activity"] == {"what": "measuring mAP", "done": 3, "total": 8}
    assert state["memory"] == {"process": 1000}
    assert state["ended"] is None
    now = state["now_at"]
    assert (now["iteration"], now["total"], now["size"]) == (2, 90, [96, 64])
    assert now["parts"] == {"box": 0.25, "objectness": None}
    assert (now["map"], now["best"], now["next_map"]) == (None, None, 100)


def test_curves_come_whole_or_between_two_iterations(page):
    for iteration in range(1, 6):
        measured = 0.5 if iteration == 4 else None
        page.board.hear(told(iteration, measured=measured, mean_ap=measured, best=0.5))

    found = read(page, "/curves.json?from=2&to=4")

    assert found["whole"] == [1, 5]
    assert found["curves"]["iteration"] == [2, 3, 4]
    assert found["curves"]["part objectness"] == [None, 1.5, 1.5]
    assert found["maps"] == {"at": [4.0], "map": [0.5]}
    assert read(page, "/curves.json?from=x&to=-1")["curves"]["iteration"] == [1, 2, 3, 4, 5]


def test_a_training_that_goes_on_shows_its_earlier_part(page):
    column = np.arange(1.0, 4.0)
    classes = {1: {"cat": 0.25}, 3: {"cat": 0.5, "<b>": 0.75}}
    curves = Curves(
        column, column, column, column, column, column * 0, {"box": column}, by_class=classes
    )
    page.board.hear(began(curves=curves))
    page.board.hear(told(4))

    assert read(page, "/curves.json")["curves"]["part box"] == [1, 2, 3, 0.25]
    assert read(page, "/curves.json")["maps"]["at"] == [1, 2, 3]
    measured = read(page, "/classes.json")["measured"]
    assert [one["iteration"] for one in measured] == [1, 3]
    assert measured[1] == {"iteration": 3, "map": 0, "classes": [{"ap": 0.5}, {"ap": 0.75}]}


def test_a_training_that_goes_on_shows_all_that_was_counted_last(page):
    column = np.arange(1.0, 4.0)
    classes = {1: {"cat": 0.25, "<b>": 0}, 3: {"cat": 0.5, "<b>": 0.75}}
    curves = Curves(column, column, column, column, column, column * 0, {}, by_class=classes)
    counted = [
        {"ap": 0.5, "tp": 4, "fp": 1, "objects": 8},
        {"ap": 0.75, "tp": 3, "fp": 0, "objects": 4},
    ]
    kept = {"iteration": 3, "map": 0.625, "classes": counted}

    page.board.hear(began(curves=curves, measured=kept))

    before, last = read(page, "/classes.json")["measured"]
    assert last == kept
    assert (before["iteration"], before["classes"]) == (1, [{"ap": 0.25}, {"ap": 0}])


def test_classes_are_those_of_the_last_two_measurements(page):
    def report(ap):
        one = SimpleNamespace(average_precision=ap, tp=1, fp=2, truths=3)
        return SimpleNamespace(classes=(one, one))

    page.board.hear(began())
    for iteration, ap in ((100, 0.25), (200, 0.5), (300, 0.75)):
        page.board.hear(told(iteration, measured=ap, mean_ap=ap, best=ap, report=report(ap)))

    found = read(page, "/classes.json")

    assert found["classes"] == ["cat", "<b>"]
    assert [one["iteration"] for one in found["measured"]] == [200, 300]
    assert found["measured"][1]["classes"][0] == {"ap": 0.75, "tp": 1, "fp": 2, "objects": 3}
    assert read(page, "/state.json")["measured_at"] == 300


def test_news_come_by_themselves_until_the_end(page):
    page.board.hear(told(1))
    answer = asked(page, "/events")
    assert answer.headers["Content-Type"] == "text/event-stream"
    lines = (line for line in answer if line.startswith(b"data: "))

    def iteration(line):
        return json.loads(line.removeprefix(b"data: "))

    assert iteration(next(lines))["now_at"]["iteration"] == 1
    assert page.watched
    page.board.hear(told(2))
    assert iteration(next(lines))["now_at"]["iteration"] == 2
    page.board.hear(Ended(130))
    assert iteration(next(lines))["ended"] == 130
    assert list(lines) == []


def test_a_browser_gets_the_page_and_all_else_darknet_s_stream(page):
    html = asked(page, "/", "text/html,application/xhtml+xml")
    assert html.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert b"page.js" in html.read()
    assert asked(page, "/nothing", "text/html").status == 404
    page.board.draw(b"\xff\xd8chart")
    for path in ("/", "/?action=stream", "/any/path"):
        stream = asked(page, path)
        assert stream.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=mjpegstream"
        part = (
            b"--mjpegstream\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\n\r\n\xff\xd8chart"
        )
        assert stream.read(len(part)) == part
        stream.close()


def test_the_page_loads_nothing_from_elsewhere_and_writes_no_html_from_names():
    assets = {path: serving._asset(path).decode() for path in serving._ASSETS}

    for text in assets.values():
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
        assert "style=" not in text
        assert "onclick=" not in text


def test_pictures_are_served_by_number(page):
    page.board.show([PagePicture("a.jpg", b"truth", b"found")], 100)

    assert asked(page, "/look/0/found").read() == b"found"
    assert asked(page, "/look/0/truth?v=1").read() == b"truth"
    for path in ("/look/1/found", "/look/0/name", "/look/-1/truth", "/look/x/truth", "/look/9999"):
        assert asked(page, path).status == 404
    assert read(page, "/state.json")["looks"] == ["a.jpg"]


def test_a_later_training_at_the_same_port_is_another_run():
    first = Page(Board(), "127.0.0.1", 0)
    run = read(first, "/state.json")["run"]
    port = first.server.port
    first.close()
    second = Page(Board(), "127.0.0.1", port)
    try:
        assert read(second, "/state.json")["run"] != run
    finally:
        second.close()


def test_a_series_grows_while_it_is_read():
    series = Series("iteration")
    stop = threading.Event()
    lengths = []

    def look():
        while not stop.is_set():
            rows = series.between(0, 1e9)
            assert len({len(column) for column in rows.values()}) == 1
            lengths.append(len(rows["iteration"]))

    reader = threading.Thread(target=look)
    reader.start()
    for iteration in range(5000):
        series.add({"iteration": iteration, "loss": 1.0} | ({"late": 2.0} if iteration > 9 else {}))
    stop.set()
    reader.join()

    assert lengths == sorted(lengths)
    rows = series.between(8, 11)
    assert rows["late"][:2].tolist() == pytest.approx([math.nan, math.nan], nan_ok=True)
    assert rows["late"][2:].tolist() == [2.0, 2.0]


def test_many_rows_are_thinned_to_means_with_the_spread_of_the_loss():
    iterations = np.arange(1.0, 8001.0)
    losses = np.where(iterations % 2 == 0, 3.0, 1.0)
    losses[:10] = math.nan

    found = thinned_rows("iteration", {"iteration": iterations, "loss": losses})

    assert len(found["iteration"]) == 800
    assert found["iteration"][:2] == [5.5, 15.5]
    assert found["loss"][:2] == [None, 2.0]
    assert (found["loss low"][1], found["loss high"][1]) == (1.0, 3.0)
    assert found["loss low"][0] is None


def test_a_curve_without_rows_is_empty():
    assert thinned_rows("iteration", Series("iteration").between(0, 9)) == {"iteration": []}

"""-mjpeg_port: a training with a page, as a browser and as Darknet's clients see it."""

from __future__ import annotations

import http.client
import json
import socket

import cv2
import numpy as np
import pytest

from darkpy.detector.train import train
from darkpy.events import Trained
from darkpy.flags.detector import TrainFlags
from darkpy.model.network import Network
from darkpy.serve.board import Board
from darkpy.serve.page import Page
from darkpy.session import live
from tests.serve.browser import PROGRAM, Browser


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def asked(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.read() if answer.length is not None else answer.read(400)


def trained(project, port, **flags):
    given = {"nogpu": True, "seed": 7, "threads": 0, "map": True, "mjpeg_port": port, **flags}
    return train(str(project.data), str(project.cfg), **given)


def test_the_page_follows_a_training_and_says_where_it_is(project, port):
    events = trained(project, port)
    lines, steps = [], []
    for event in events:
        if isinstance(event, Trained):
            steps.append(event)
            state = json.loads(asked(port, "/state.json"))
            assert state["name"] == "tiny"
        elif isinstance(event, str):
            lines.append(event)

    assert lines[0] == f"live page: http://127.0.0.1:{port}/ (this machine only)"
    assert f"ssh -L {port}:127.0.0.1:{port} " in lines[1]
    assert len(steps) == 6
    with pytest.raises(OSError, match="refused"):  # the port is free again
        asked(port, "/state.json")


@pytest.mark.draws
def test_pictures_and_chart_are_there_after_the_map(project, port):
    events = trained(project, port)
    for event in events:
        if isinstance(event, Trained) and event.report is not None:
            break
    state = json.loads(asked(port, "/state.json"))
    classes = json.loads(asked(port, "/classes.json"))
    found = cv2.imdecode(np.frombuffer(asked(port, "/look/0/found"), np.uint8), cv2.IMREAD_COLOR)
    chart = asked(port, "/chart")
    events.close()

    assert state["looks"] == ["0.png", "1.png", "3.png", "4.png", "6.png", "7.png"]
    assert (state["looks_at"], state["measured_at"]) == (6, 6)
    assert classes["classes"] == ["square", "bar"]
    assert [one["objects"] for one in classes["measured"][0]["classes"]] == pytest.approx(
        [4, 4], abs=4
    )
    assert found.shape == (48, 64, 3)
    assert chart.startswith(b"--mjpegstream\r\nContent-Type: image/jpeg\r\nContent-Length: ")


def test_the_page_changes_nothing_of_the_training(project, port):
    list(trained(project, port))
    watched = project.final.read_bytes()
    list(trained(project, 0))

    assert project.final.read_bytes() == watched


def test_a_training_that_goes_on_shows_the_last_measurement_at_once(project, port):
    list(trained(project, port))
    project.change_cfg("max_batches=6", "max_batches=9")
    events = trained(project, port, resume=True)

    first = next(event for event in events if isinstance(event, Trained))
    found = json.loads(asked(port, "/classes.json"))["measured"][-1]
    state = json.loads(asked(port, "/state.json"))
    events.close()

    assert (first.iteration, state["measured_at"], found["iteration"]) == (7, 6, 6)
    assert [sorted(one) for one in found["classes"]] == [["ap", "fp", "objects", "tp"]] * 2
    assert sum(one["objects"] for one in found["classes"]) == 8
    assert state["now_at"]["map"] == first.mean_ap == found["map"]
    assert first.measured is None  # not in this iteration


def test_looking_while_somebody_watches_changes_nothing_either(project, port, monkeypatch):
    looks = []
    monkeypatch.setattr(Page, "watched", True)
    monkeypatch.setattr(live, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(live, "_LARGEST_SHARE", 1e9)
    monkeypatch.setattr(Board, "show", lambda self, found, at: looks.append((at, len([*found]))))
    list(trained(project, port, map=False))
    watched = project.final.read_bytes()
    list(trained(project, 0, map=False))

    assert [at for at, _ in looks] == [1, 2, 3, 4, 5, 6]
    assert [count for _, count in looks[1:]] == [6] * 5  # the first outputs are not finite
    assert project.final.read_bytes() == watched


def test_a_page_that_fails_ends_nothing(project, port, monkeypatch):
    def fail(self, told):
        raise ZeroDivisionError

    monkeypatch.setattr(Board, "_measure", fail)
    list(trained(project, port))

    assert project.final.is_file()


def test_layers_with_memory_are_left_alone(project, port, monkeypatch):
    monkeypatch.setattr(Page, "watched", True)
    crnn = "[crnn]\noutput=4\nhidden=4\nsize=1\n\n[convolutional]\nfilters=14"
    project.change_cfg("[convolutional]\nfilters=14", crnn)
    network = Network.from_cfg(project.cfg)
    page = live.LivePage(TrainFlags(mjpeg_port=port))
    try:
        assert not page.may_look(network)
    finally:
        page.page.close()


def test_a_port_that_is_taken_is_said_before_anything_is_done(project, port):
    with socket.create_server(("127.0.0.1", port)):
        status, _, err = project.train("-mjpeg_port", port)

    assert status == 2
    assert f"port {port} of 127.0.0.1 cannot be listened on" in err
    assert not (project.folder / "backup").exists()


@pytest.mark.skipif(not PROGRAM, reason="needs Chromium")
def test_a_browser_shows_the_numbers_and_reads_well_on_a_phone(project, port):
    events = trained(project, port)
    for event in events:
        if isinstance(event, Trained) and event.report is not None:
            break
    with Browser(f"http://127.0.0.1:{port}/", 390, 844, dark=True) as browser:
        browser.until("typeof curves === 'object' && curves && curves.iteration.length === 6")
        browser.until("document.querySelectorAll('#classes tr').length === 3")
        browser.until(
            "[...document.images].length === 12 && [...document.images].every(i => i.complete)"
        )
        assert browser.value("document.getElementById('where').textContent") == "iteration 6 of 6"
        assert browser.value("document.documentElement.scrollWidth") == 390
        assert browser.value("[...document.images].every(i => i.naturalWidth > 0)")
        assert browser.value("names('part ').length") == 3
        events.close()
        browser.until("state.ended !== null || lost")


@pytest.mark.skipif(not PROGRAM, reason="needs Chromium")
def test_at_the_end_a_browser_has_the_whole_curves(project, port):
    events = trained(project, port)
    next(event for event in events if isinstance(event, Trained))
    with Browser(f"http://127.0.0.1:{port}/", 390, 844) as browser:
        browser.until("typeof curves === 'object' && curves && curves.iteration.length === 1")
        for _ in events:
            pass
        browser.until("state.ended === 0 && curves.iteration.length === 6")
        assert browser.value("document.getElementById('status').textContent") == "finished"

"""The page of a training: `/` for browsers; Darknet's MJPEG chart for all else that asks."""

from __future__ import annotations

import json
import threading
import time
from importlib import resources
from typing import Any
from urllib.parse import parse_qs

import numpy as np

from darkpy.serve.board import Board
from darkpy.serve.mjpeg import begin_mjpeg, send_picture
from darkpy.serve.series import thinned_rows
from darkpy.serve.server import Connection, Server

_ASSETS = {"/page.css": "text/css", "/page.js": "text/javascript", "/": "text/html"}
_NEWS_APART = 1.0  # seconds between two messages to a client
_ALIVE_EVERY = 10.0  # seconds after which a client is sent something, lest it be gone unnoticed
_STATE_APART = 0.5  # seconds that an answer with the state is good for
_CURVES_APART = 2.0  # seconds that an answer with curves is good for
_FAREWELL = 1.0  # seconds for the last news to be sent
_LAST_LOOK = 0.5  # seconds for browsers that heard it to ask for the whole curves
_MOST_RANGES = 16  # of iterations whose curves are remembered
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Page:
    """Serves a board at a port. OutputError if the port cannot be had."""

    def __init__(self, board: Board, host: str, port: int) -> None:
        self.board = board
        self._assets = {path: _asset(path) for path in _ASSETS}
        self._curves: dict[tuple[float, float, bool], tuple[float, bytes]] = {}
        self._rendering = threading.Lock()
        self._state_body, self._state_until = b"", 0.0
        self._watching, self._left = 0, -_LAST_LOOK
        self.server = Server(host, port, self._answer)

    @property
    def watched(self) -> bool:
        """Whether a browser has the page open."""
        return self._watching > 0

    def close(self) -> None:
        """Tell everyone that it is over and let them go; the port is free for the next training."""
        self.board.end()
        until = time.monotonic() + _FAREWELL
        while self.watched and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(max(0.0, self._left + _LAST_LOOK - time.monotonic()))
        self.server.close()

    def _answer(self, connection: Connection) -> None:
        path = connection.path
        wants_page = "text/html" in connection.headers.get("Accept", "")
        if path == "/" and wants_page:
            self._send_asset(connection, "/")
        elif path in _ASSETS and path != "/":
            self._send_asset(connection, path)
        elif path == "/state.json":
            connection.answer(self._state(), "application/json")
        elif path == "/classes.json":
            connection.answer(_json(self.board.classes()), "application/json")
        elif path == "/curves.json":
            connection.answer(self._curves_of(connection.query), "application/json")
        elif path == "/events":
            self._send_news(connection)
        elif path.startswith("/look/"):
            self._send_look(connection, path)
        elif wants_page:
            connection.refuse(404, "there is nothing here; the page is at /")
        else:
            self._send_chart(connection)  # Darknet answers every path with its stream

    def _send_asset(self, connection: Connection, path: str) -> None:
        body = self._assets[path]
        more = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
        kind = f"{_ASSETS[path]}; charset=utf-8"
        connection.head(kind, length=len(body), more=more)
        connection.send(body)

    def _send_look(self, connection: Connection, path: str) -> None:
        """/look/<number>/truth or /look/<number>/found."""
        number, _, side = path.removeprefix("/look/").partition("/")
        looks = self.board.looks
        known = number.isdecimal() and len(number) < 4 and int(number) < len(looks)
        if known and side in ("truth", "found"):
            connection.answer(getattr(looks[int(number)], side), "image/jpeg")
            return
        connection.refuse(404, "there is no such picture")

    def _send_news(self, connection: Connection) -> None:
        """Server-sent events: the state whenever it changed, once a second at the most."""
        connection.head("text/event-stream", more={"X-Accel-Buffering": "no"})
        connection.send(b"retry: 2000\n\n")
        self._watching += 1
        try:
            self._tell(connection)
        finally:
            self._watching -= 1
            self._left = time.monotonic()

    def _tell(self, connection: Connection) -> None:
        board, seen, sent = self.board, -1, 0.0
        while not connection.is_head:
            now = time.monotonic()
            if board.version != seen:
                seen, sent = board.version, now
                connection.send(b"data: " + self._state() + b"\n\n")
            elif now - sent >= _ALIVE_EVERY:
                sent = now
                connection.send(b": still here\n\n")
            if board.wait(lambda: board.ended, _NEWS_APART) and seen == board.version:
                return

    def _send_chart(self, connection: Connection) -> None:
        begin_mjpeg(connection)
        board, sent = self.board, b""
        while not (board.ended or connection.is_head):
            board.wait(lambda known=sent: board.ended or board.chart is not known, _ALIVE_EVERY)
            if board.chart:  # also when it is the same: some show a part once the next began
                sent = board.chart
                send_picture(connection, sent)
            board.wait(lambda: board.ended, _NEWS_APART)

    def _curves_of(self, query: str) -> bytes:
        """The curves between two iterations; one answer serves everyone for a while."""
        asked = parse_qs(query[:200])
        span = _whole(asked.get("from"), 0.0), _whole(asked.get("to"), 1e15)
        with self._rendering:
            kept = *span, self.board.ended  # what was made before the end lacks the last iterations
            good_until, body = self._curves.get(kept, (0.0, b""))
            if time.monotonic() < good_until:
                return body
            began = time.monotonic()
            body = self._rendered(*span)
            now = time.monotonic()
            if len(self._curves) >= _MOST_RANGES:
                self._curves.clear()
            # However long the curves are, making answers takes a twentieth of the time.
            self._curves[kept] = now + max(_CURVES_APART, 20 * (now - began)), body
            return body

    def _rendered(self, first: float, last: float) -> bytes:
        rows = self.board.series.between(first, last)
        maps = rows.pop("map", np.full(len(rows["iteration"]), np.nan))
        measured = np.isfinite(maps)
        return _json(
            {
                "run": self.board.run,
                "whole": self.board.series.span,
                "curves": thinned_rows("iteration", rows),
                "maps": {
                    "at": rows["iteration"][measured].tolist(),
                    "map": maps[measured].round(6).tolist(),
                },
            }
        )

    def _state(self) -> bytes:
        """The state as JSON, made once for all who ask within a moment."""
        with self._rendering:
            if time.monotonic() >= self._state_until or self.board.ended:
                self._state_body = _json(self.board.state())
                self._state_until = time.monotonic() + _STATE_APART
            return self._state_body


def _whole(texts: list[str] | None, default: float) -> float:
    text = texts[0] if texts else ""
    return float(text) if text.isdecimal() and len(text) < 16 else default


def _asset(path: str) -> bytes:
    name = "page.html" if path == "/" else path.removeprefix("/")
    return resources.files("darkpy.serve").joinpath("assets", name).read_bytes()


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()

"""Text that is sent to somebody else's web server, from a thread of its own."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections import deque

from darkpy.errors import UsageError

_PATIENCE = 3.0  # seconds: send_http_post_request(), Darknet's src/demo.c


class Poster:
    """Sends texts to `host[:port]/path` by POST; while one is under way only the newest waits.

    notes: what there is to say; a fault is said when it begins and when it is over.
    """

    def __init__(self, address: str) -> None:
        text = address.removeprefix("http://")
        host, slash, path = text.partition("/")
        self._path = slash + path or "/"
        try:
            self._connection = http.client.HTTPConnection(host, timeout=_PATIENCE)
        except http.client.InvalidURL:
            self._connection = None
        if self._connection is None or not host or "://" in text:
            raise UsageError(
                f"-http_post_host {address}: is written as host/path or host:port/path"
            )
        self.address = address
        self.notes: deque[str] = deque()
        self._next: str | None = None
        self._closed = False
        self._failing = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="post", daemon=True)
        self._thread.start()

    def post(self, text: str) -> None:
        """Send a text as soon as the one before is through."""
        with self._news:
            self._next = text
            self._news.notify()

    def close(self) -> None:
        """Send what waits, if the other side is quick."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._closed or self._next is not None)
                text, self._next = self._next, None
            if text is None:
                return
            self._send(text)

    def _send(self, text: str) -> None:
        fault = ""
        try:
            self._connection.request(
                "POST", self._path, text.encode("utf-8", "replace"), {"Content-Type": "text/plain"}
            )
            response = self._connection.getresponse()
            response.read()
            if response.status >= http.HTTPStatus.BAD_REQUEST:
                fault = f"{response.status} {response.reason}"
        except (OSError, http.client.HTTPException) as problem:
            fault = str(problem) or type(problem).__name__
        with contextlib.suppress(OSError):
            self._connection.close()
        if bool(fault) != self._failing:
            self._failing = bool(fault)
            self.notes.append(f"{self.address}: {fault or 'takes what is sent again'}")

"""Answers that go on as long as the run does: JSON a frame, and JPEG a frame.

The forms are those of JSON_sender and MJPG_sender, Darknet's src/http_stream.cpp, whose clients
OpenDataCam, browsers and VLC are. Unlike there, no client makes the publisher wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from darkpy.serve.feed import Feed
from darkpy.serve.mjpeg import KIND, send_picture
from darkpy.serve.server import Connection, Server

_RECORDS = 256  # of JSON that may wait for a client: some seconds
_PICTURES = 1  # a late picture is worth nothing
_FAREWELL = 2.0  # seconds for clients to take what waits for them at the end


class Stream:
    """A port whose every path gives the same endless answer. OutputError if it is taken."""

    kind = ""
    kept = 1

    def __init__(self, host: str, port: int) -> None:
        self.feed: Feed[bytes] = Feed(self.kept)
        self._talking: set[threading.Thread] = set()
        self.server = Server(host, port, self._answer)

    @property
    def followed(self) -> bool:
        """Whether anyone is there who would get what is published."""
        return self.feed.followed

    def _answer(self, connection: Connection) -> None:
        thread = threading.current_thread()
        self._talking.add(thread)
        try:
            items = self.feed.follow()  # what is published after the head is sent is not missed
            try:
                connection.head(self.kind)
                self._talk(connection, items)
            finally:
                items.close()  # type: ignore[attr-defined]
        finally:
            self._talking.discard(thread)

    def _talk(self, connection: Connection, items: Iterator[bytes]) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Say good-bye to the clients; who does not listen is left."""
        self.feed.close()
        self.server.close()
        end = time.monotonic() + _FAREWELL
        for thread in list(self._talking):
            thread.join(max(0.0, end - time.monotonic()))


class JsonStream(Stream):
    """An array of JSON that grows by a record a frame and is closed at the end."""

    kind = "application/json"
    kept = _RECORDS

    def publish(self, record: str) -> None:
        """Hand a record to all clients."""
        if self.followed:
            self.feed.publish(record.encode("utf-8", errors="replace"))

    def _talk(self, connection: Connection, items: Iterator[bytes]) -> None:
        send = connection.send
        send(b"[\n")
        for number, record in enumerate(items):
            # On its own, as the C program sends it: some clients read packet by packet.
            if number:
                send(b", \n")
            send(record)
        send(b"\n]")


class MjpegStream(Stream):
    """Pictures one after the other; what a browser shows as a film."""

    kind = KIND
    kept = _PICTURES

    def publish(self, jpeg: bytes) -> None:
        """Hand the bytes of a JPEG file to all clients."""
        self.feed.publish(jpeg)

    def _talk(self, connection: Connection, items: Iterator[bytes]) -> None:
        for jpeg in items:
            send_picture(connection, jpeg)

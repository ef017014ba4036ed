"""Text for somebody else's server, which may be slow or gone."""

from __future__ import annotations

import http.server
import threading

import pytest

from darkpy.errors import UsageError
from darkpy.serve.posting import Poster


@pytest.fixture
def receiver():
    """A server that notes what is posted. go: it answers only then; status: with this."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            got = (self.path, self.headers["Content-Type"], self.rfile.read(length).decode())
            server.got.append(got)
            server.go.wait(5)
            self.send_response(server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.go, server.status = [], threading.Event(), 200
    server.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_text_arrives_under_its_path(receiver):
    receiver.go.set()
    poster = Poster(f"{receiver.address}/hook/a")
    poster.post("dog, id: 16\n")
    poster.close()

    assert receiver.got == [("/hook/a", "text/plain", "dog, id: 16\n")]
    assert not poster.notes


def test_while_the_other_side_is_slow_only_the_newest_waits(receiver):
    poster = Poster(f"{receiver.address}/")
    poster.post("first")
    while not receiver.got:
        pass
    for number in range(100):
        poster.post(f"text {number}")
    receiver.go.set()
    poster.close()

    assert [text for _, _, text in receiver.got] == ["first", "text 99"]


def test_a_fault_is_said_once_and_its_end_too(receiver):
    receiver.go.set()
    receiver.status = 500
    poster = Poster(f"{receiver.address}/")
    for number, status in ((1, 500), (2, 500), (3, 200)):
        receiver.status = status
        poster.post(str(number))
        while len(receiver.got) < number or poster._connection.sock:
            pass
    poster.close()

    assert list(poster.notes) == [
        f"{receiver.address}/: 500 Internal Server Error",
        f"{receiver.address}/: takes what is sent again",
    ]


@pytest.mark.parametrize("address", ["", "/path", "https://a/b", "host:port/x"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(UsageError, match="is written as host/path"):
        Poster(address)

"""A port that answers, whoever comes and however slow."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time

import pytest

from darkpy.errors import OutputError
from darkpy.serve import server as ground
from darkpy.serve.mjpeg import begin_mjpeg, send_picture
from darkpy.serve.server import Server, is_local


def asked(server, path="/", method="GET", **headers):
    """Status, headers and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def say_path(connection):
    connection.answer(f"{connection.path} {connection.query}".encode(), "text/plain")


def test_a_request_gets_its_answer_and_the_connection_is_closed():
    with Server("127.0.0.1", 0, say_path) as server:
        status, headers, body = asked(server, "/a/b?c=1")

    assert (status, body) == (200, b"/a/b c=1")
    assert headers["Connection"] == "close"
    assert headers["Content-Length"] == "8"
    assert headers["Server"] == "darkpy"


def test_a_head_request_gets_the_headers_alone():
    with Server("127.0.0.1", 0, say_path) as server:
        status, headers, body = asked(server, "/abc", "HEAD")

    assert (status, headers["Content-Length"], body) == (200, "5", b"")


def test_a_port_that_is_taken_is_a_sentence():
    server = Server("127.0.0.1", 0, say_path)
    with server, pytest.raises(OutputError, match=f"port {server.port} of 127.0.0.1 cannot be"):
        Server("127.0.0.1", server.port, say_path)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_number_that_is_no_port_is_a_sentence(port):
    with pytest.raises(OutputError, match=f"port {port} of"):
        Server("127.0.0.1", port, say_path)


def test_a_port_can_be_listened_on_again_at_once():
    with Server("127.0.0.1", 0, say_path) as server:
        asked(server)
    with Server("127.0.0.1", server.port, say_path) as again:
        assert asked(again)[0] == 200


def test_a_foreign_name_for_this_machine_is_refused():
    with Server("127.0.0.1", 0, say_path) as server:
        assert asked(server, Host="evil.example")[0] == 403
        assert asked(server, Host=f"localhost:{server.port}")[0] == 200
        assert asked(server, Host="[::1]:80")[0] == 200


def test_a_client_that_waits_keeps_no_other_from_its_answer():
    first, go = threading.Event(), threading.Event()

    def slow_then_fast(connection):
        if connection.path == "/slow":
            first.set()
            go.wait(5)
        say_path(connection)

    with Server("127.0.0.1", 0, slow_then_fast) as server:
        threading.Thread(target=asked, args=(server, "/slow"), daemon=True).start()
        assert first.wait(5)
        assert asked(server, "/fast")[2] == b"/fast "
        go.set()


def test_silent_clients_take_nobodys_place_for_long(monkeypatch):
    monkeypatch.setattr(ground._Handler, "timeout", 0.05)
    with Server("127.0.0.1", 0, say_path) as server:
        silent = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        with silent:
            assert silent.recv(1) == b""  # hung up on: it asked for nothing
        assert asked(server)[0] == 200


def test_too_many_at_once_are_told_to_come_back(monkeypatch):
    monkeypatch.setattr(ground, "MOST_CLIENTS", 1)
    inside, go = threading.Event(), threading.Event()

    def stay(connection):
        inside.set()
        go.wait(5)
        say_path(connection)

    with Server("127.0.0.1", 0, stay) as server:
        threading.Thread(target=asked, args=(server,), daemon=True).start()
        assert inside.wait(5)
        assert asked(server)[0] == 503
        go.set()


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("", False)],
)
def test_who_may_look_is_known_from_the_address(host, local):
    assert is_local(host) is local


def test_it_says_who_may_look():
    with Server("127.0.0.1", 0, say_path) as server:
        assert server.told == f"http://127.0.0.1:{server.port}/ (this machine only)"
    with Server("0.0.0.0", 0, say_path) as server:
        assert server.told.startswith(f"http://127.0.0.1:{server.port}/ (anyone")


def connected(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def all_of(sock):
    """Everything until the other side closes."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


def test_a_request_that_comes_byte_by_byte_has_no_more_time_than_another(monkeypatch):
    monkeypatch.setattr(ground._Handler, "timeout", 0.3)
    with Server("127.0.0.1", 0, say_path) as server, connected(server) as dripping:
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 100:  # each byte long before a timeout of its own
                dripping.sendall(b"G")
                sent += 1
                time.sleep(0.02)

        assert sent < 100


def test_a_head_without_end_is_cut_off(monkeypatch):
    with Server("127.0.0.1", 0, say_path) as server, connected(server) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(b"GET / HTTP/1.0\r\n" + b"X: " + b"y" * 10_000_000)
        answer = all_of(sock)

        assert b"text/plain" not in answer  # say_path was not asked
        assert asked(server)[0] == 200


def test_a_crowd_of_silent_connections_gets_no_more_threads_than_there_are_places(monkeypatch):
    monkeypatch.setattr(ground, "MOST_CLIENTS", 8)
    monkeypatch.setattr(ground._Handler, "timeout", 1.0)
    before = threading.active_count()
    with Server("127.0.0.1", 0, say_path) as server, contextlib.ExitStack() as crowd:
        most = 0
        for _ in range(100):
            crowd.enter_context(connected(server))
            most = max(most, threading.active_count() - before)
        assert 1 < most < 20  # 8, the one that listens, some that are ending; never 100

        # Those that still waited to be taken in have their time too; then there is a place again.
        end = time.monotonic() + 30
        while (status := asked(server)[0]) == 503 and time.monotonic() < end:
            time.sleep(0.05)
        assert status == 200


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/x", "//etc/passwd", "/a\\..\\b"])
def test_a_path_is_a_word_and_leads_nowhere(path):
    with Server("127.0.0.1", 0, say_path) as server, connected(server) as sock:
        sock.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())

        assert all_of(sock).endswith(path.encode().lstrip(b"/") + b" ")


def test_a_stream_to_someone_who_never_reads_ends_and_nobody_else_s_does(monkeypatch):
    monkeypatch.setattr(ground._Handler, "timeout", 0.3)
    ended, read = threading.Event(), threading.Event()

    def stream(connection):
        begin_mjpeg(connection)
        try:
            while not read.is_set():
                send_picture(connection, b"j" * 100_000)
        finally:
            if connection.path == "/silent":
                ended.set()

    with Server("127.0.0.1", 0, stream) as server, contextlib.ExitStack() as both:
        silent, good = both.enter_context(connected(server)), both.enter_context(connected(server))
        silent.sendall(b"GET /silent HTTP/1.0\r\n\r\n")
        good.sendall(b"GET / HTTP/1.0\r\n\r\n")
        got = b""
        while not ended.is_set():
            got += good.recv(1_000_000)
        read.set()
        got += all_of(good)

    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"\r\nContent-Type: multipart/x-mixed-replace; boundary=mjpegstream" in head
    part = b"--mjpegstream\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n"
    assert body == (part + b"j" * 100_000) * (len(body) // (len(part) + 100_000))

"""The two streams of `demo`, byte for byte as their clients read them."""

from __future__ import annotations

import http.client
import json
import socket
import time

import pytest

from darkpy.serve.streams import JsonStream, MjpegStream


def listen(stream, path="/"):
    """A response whose body is still coming; the stream knows its client."""
    connection = http.client.HTTPConnection("127.0.0.1", stream.server.port, timeout=5)
    connection.request("GET", path)
    response = connection.getresponse()
    end = time.monotonic() + 5
    while not stream.followed and time.monotonic() < end:
        time.sleep(0.001)
    return response


@pytest.mark.parametrize("path", ["/", "/whatever/else?x=1"])
def test_json_is_an_array_that_is_closed_at_the_end(path):
    stream = JsonStream("127.0.0.1", 0)
    response = listen(stream, path)
    for number in range(3):
        stream.publish(f'{{"frame_id":{number}}}')
    stream.close()
    body = response.read()

    assert response.version == 10
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Connection"] == "close"
    assert "Content-Length" not in response.headers
    assert body == b'[\n{"frame_id":0}, \n{"frame_id":1}, \n{"frame_id":2}\n]'


def test_json_of_no_frame_is_an_empty_array():
    stream = JsonStream("127.0.0.1", 0)
    response = listen(stream)
    stream.close()

    assert json.loads(response.read()) == []


def test_pictures_are_parts_with_their_length():
    stream = MjpegStream("127.0.0.1", 0)
    response = listen(stream)
    stream.publish(b"\xff\xd8one")
    assert response.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=mjpegstream"
    head = b"--mjpegstream\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\n\r\n\xff\xd8one"
    assert response.read(len(head)) == head
    stream.close()
    assert response.read() == b""


def test_a_client_that_reads_nothing_slows_nobody():
    stream = MjpegStream("127.0.0.1", 0)
    deaf = socket.create_connection(("127.0.0.1", stream.server.port))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(b"GET / HTTP/1.0\r\n\r\n")
    response = listen(stream)
    picture = bytes(1_000_000)
    began = time.monotonic()
    for _ in range(200):  # 200 MB: more than any socket keeps for a client
        stream.publish(picture)
    published = time.monotonic() - began

    assert published < 2  # handed over, not sent; a client that is waited for takes 10 s
    assert response.read(16) == b"--mjpegstream\r\nC"
    deaf.close()
    response.close()
    stream.close()

"""MJPEG as the C program serves it (src/http_stream.cpp): JPEGs one after the other, for ever."""

from __future__ import annotations

from darkpy.serve.server import Connection

_BOUNDARY = "mjpegstream"
KIND = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"


def begin_mjpeg(connection: Connection) -> None:
    """What stands before the first picture."""
    connection.head(KIND)


def send_picture(connection: Connection, jpeg: bytes) -> None:
    """One more picture of the stream."""
    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    connection.send(head.encode() + jpeg)

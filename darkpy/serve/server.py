"""The ground of all that is served: a port, a thread for each connection, HTTP/1.0.

Whoever answers gets a `Connection` and may take its time: only that client waits. A client that
asks for nothing, byte by byte or without end, reads nothing or leaves costs a thread for at most
`PATIENCE` seconds, and there are at most `MOST_CLIENTS` threads.
"""

from __future__ import annotations

import contextlib
import http.server
import io
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Mapping

from darkpy.errors import OutputError

PATIENCE = 10.0  # seconds that one read or write of a client may take
MOST_CLIENTS = 64  # at once; more are told to come back
HERE = "127.0.0.1"
_LOCAL_NAMES = ("localhost", "")
_BUFFER = 256 * 1024  # bytes that may wait in a socket: about two frames of a stream
_CLOSES_WITHIN = 0.25  # seconds; so often the thread that listens looks whether it is to end
_LONGEST_REQUEST = 16 * 1024  # bytes
_BUSY = (
    "HTTP/1.0 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n"
    "{} clients are here already\n"
)


class Connection:
    """One client: what it asks for, and the way to answer. path: without what follows a `?`."""

    def __init__(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self.path, _, self.query = handler.path.partition("?")
        self.headers: Mapping[str, str] = handler.headers
        self.is_head = handler.command == "HEAD"  # nothing but headers is asked for

    def head(
        self,
        kind: str,
        *,
        status: int = 200,
        length: int | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Status and headers; kind is the Content-Type. The connection closes after the answer."""
        self._handler.send_response(status)
        self._handler.send_header("Connection", "close")
        self._handler.send_header("Cache-Control", "no-cache, private")
        self._handler.send_header("Content-Type", kind)
        if length is not None:
            self._handler.send_header("Content-Length", str(length))
        for name, value in (more or {}).items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def send(self, content: bytes) -> None:
        """Part of the body. OSError if the client left or reads too slowly: just let it rise."""
        if not self.is_head:
            self._handler.wfile.write(content)

    def answer(self, content: bytes, kind: str, *, status: int = 200) -> None:
        """A whole answer."""
        self.head(kind, status=status, length=len(content))
        self.send(content)

    def refuse(self, status: int, message: str) -> None:
        """An answer that says no, as a line of text."""
        self.answer(f"{message}\n".encode(), "text/plain; charset=utf-8", status=status)


class Server:
    """A port that is listened on until `close`. OutputError if it cannot be opened.

    answer: called in a thread of its own for each request, GET or HEAD. port 0: any free one.
    """

    def __init__(self, host: str, port: int, answer: Callable[[Connection], None]) -> None:
        try:
            self._listening = _Listening((host, port), answer)
        except (OSError, OverflowError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise OutputError(f"port {port} of {host} cannot be listened on: {reason}") from None
        self.host = host
        self.port: int = self._listening.server_address[1]
        self._thread = threading.Thread(
            target=self._listening.serve_forever,
            args=(_CLOSES_WITHIN,),
            name=f"port {port}",
            daemon=True,
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """What to type into a browser on this machine."""
        host = HERE if _everywhere(self.host) else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def is_private(self) -> bool:
        """Whether only this machine reaches it."""
        return is_local(self.host)

    @property
    def told(self) -> str:
        """Who may look, in words."""
        who = "this machine only" if self.is_private else "anyone who reaches this machine"
        return f"{self.url} ({who})"

    def close(self) -> None:
        """Take no more requests; answers that are under way end by themselves."""
        self._listening.shutdown()
        self._listening.server_close()
        self._thread.join()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Listening(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a stream's thread ends when its feed does
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], answer: Callable[[Connection], None]) -> None:
        self.answer = answer
        self.local = is_local(address[0])
        self.places = threading.BoundedSemaphore(MOST_CLIENTS)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's, which asks the name service who we are.
        http.server.socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def process_request(self, request: socket.socket, client_address: object) -> None:
        """A thread for the client, if there is one left."""
        if not self.places.acquire(blocking=False):
            self._send_away(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system has no thread left
            self.places.release()
            self._send_away(request)

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def _send_away(self, request: socket.socket) -> None:
        """Say no without waiting for anything."""
        with contextlib.suppress(OSError):
            request.setblocking(False)
            request.send(_BUSY.format(MOST_CLIENTS).encode())
            request.recv(_LONGEST_REQUEST)  # closed with unread bytes, the answer may be lost
        self.shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that left in the middle of an answer is nobody's fault."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Listening
    server_version, sys_version = "darkpy", ""
    timeout = PATIENCE
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        super().setup()
        self.rfile = io.BufferedReader(_Request(self.request, self.timeout))

    def do_GET(self) -> None:
        connection = Connection(self)
        if self.server.local and not _means_here(self.headers.get("Host", "")):
            # A web page elsewhere whose name was made to lead here would read what is served.
            connection.refuse(403, "this address is served under the name localhost only")
            return
        self.request.settimeout(self.timeout)
        with contextlib.suppress(OSError):
            self.server.answer(connection)

    do_HEAD = do_GET

    def version_string(self) -> str:
        """The Server header."""
        return self.server_version

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not told."""


class _Request(io.RawIOBase):
    """What a client sends, as long as all of it comes in time and is no longer than a request."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._socket = sock
        self._deadline = time.monotonic() + seconds
        self._left = _LONGEST_REQUEST

    def readable(self) -> bool:
        """It is; there is no other way."""
        return True

    def readinto(self, buffer) -> int:
        """The next bytes, 0 after the last that are taken. TimeoutError after the time."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        self._socket.settimeout(seconds)
        count = self._socket.recv_into(buffer, min(len(buffer), self._left))
        self._left -= count
        return count


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address or name that is listened on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _means_here(host: str) -> bool:
    """Whether a Host header names this machine itself."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name.lower() in _LOCAL_NAMES or is_local(name.strip("[]"))


def _everywhere(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")

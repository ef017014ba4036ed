"""The ground of all that is served: a port, a thread for each connection, HTTP/1.0.

Whoever answers gets a `Connection` and may take its time: only that client waits. A client that
asks for nothing, reads nothing or leaves costs a thread for at most `PATIENCE` seconds.
"""

from __future__ import annotations

import contextlib
import http.server
import ipaddress
import socket
import threading
from collections.abc import Callable, Mapping

from darkpy.errors import OutputError

PATIENCE = 10.0  # seconds that one read or write of a client may take
MOST_CLIENTS = 64  # at once; more are told to come back
HERE = "127.0.0.1"
_LOCAL_NAMES = ("localhost", "")
_BUFFER = 256 * 1024  # bytes that may wait in a socket: about two frames of a stream


class Connection:
    """One client: what it asks for, and the way to answer. path: without what follows a `?`."""

    def __init__(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self.path, _, self.query = handler.path.partition("?")
        self.headers: Mapping[str, str] = handler.headers

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
        if self._handler.command != "HEAD":
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
            target=self._listening.serve_forever, args=(0.1,), name=f"port {port}", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """What to type into a browser on this machine."""
        host = HERE if _everywhere(self.host) else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def told(self) -> str:
        """Who may look, in words."""
        who = "anyone who reaches this machine" if not is_local(self.host) else "this machine only"
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

    def do_GET(self) -> None:
        connection = Connection(self)
        if not self.server.places.acquire(blocking=False):
            connection.refuse(503, f"{MOST_CLIENTS} clients are here already")
            return
        try:
            if self.server.local and not _means_here(self.headers.get("Host", "")):
                # A web page elsewhere whose name was made to lead here would read what is served.
                connection.refuse(403, "this address is served under the name localhost only")
                return
            with contextlib.suppress(OSError):
                self.server.answer(connection)
        finally:
            self.server.places.release()

    do_HEAD = do_GET

    def version_string(self) -> str:
        """The Server header."""
        return self.server_version

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not told."""


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

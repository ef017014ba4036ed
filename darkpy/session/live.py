"""-mjpeg_port: the page of a training, and how it learns what it shows."""

from __future__ import annotations

import getpass
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from darkpy.errors import DarkpyError
from darkpy.machine.memory import memory_used
from darkpy.machine.opencv import cv2
from darkpy.model.network import Network
from darkpy.model.state import remembers
from darkpy.serve.board import Board, PagePicture
from darkpy.serve.page import Page
from darkpy.view.encoding import jpeg

if TYPE_CHECKING:
    from darkpy.session.session import Session

_LOOKS = 6  # pictures
_LOOK_SECONDS = 60.0  # between two looks while somebody watches
_LARGEST_SHARE = 0.01  # of the training's time that looking may take
_LONGEST_SIDE_PX = 480  # of a picture on the page
_QUALITY = 85  # of the JPEGs


class LivePage:
    """A page that hears a training. Nothing that goes wrong with it ends the training."""

    def __init__(self, flags: Any) -> None:
        self.flags = flags
        self.board = Board(memory_used)
        self.page = Page(self.board, flags.http_host, flags.mjpeg_port)
        self._next_look = 0.0

    def lines(self) -> Iterator[str]:
        """Where it is, and how to get there from elsewhere."""
        server = self.page.server
        yield f"live page: {server.told}"
        if server.is_private:
            port, user = server.port, _user()
            yield (
                f"  from elsewhere: ssh -L {port}:127.0.0.1:{port} {user}{socket.gethostname()}, "
                f"then http://127.0.0.1:{port}/ there"
            )

    def followed(self, events: Iterable[object]) -> Iterator[object]:
        """The events of a training, which the page hears of."""
        yield from self.lines()
        try:
            for event in events:
                with self._harmless("the page"):
                    self.board.hear(event)
                yield event
        except BaseException as problem:
            self.board.hear(f"ended by {type(problem).__name__}: {problem}")
            self.board.end(1)
            raise

    def show_chart(self, figure: Figure) -> None:
        """The chart as it was drawn for its file, which takes longer than all else here."""
        with self._harmless("the chart"):
            canvas: Any = figure.canvas
            self.board.draw(jpeg(np.asarray(canvas.buffer_rgba())[..., :3], _QUALITY))

    def may_look(self, network: Network) -> bool:
        """Whether somebody watches, the last look is long ago, and a look changes nothing.

        A look at other pictures would clear the memory of recurrent layers.
        """
        if not self.page.watched or time.monotonic() < self._next_look:
            return False
        return not remembers(network)

    def look_again(self, session: Session, iteration: int) -> None:
        """Look between two measurements, too."""
        if self.may_look(session.network):
            self.look(session, iteration)

    def look(self, session: Session, iteration: int) -> None:
        """Show some pictures with what is so and with what the network finds by now."""
        began = time.monotonic()
        pictures = session.evaluation.valid or session.dataset
        with self._harmless("looking at pictures"):
            look = session.task.looker(session.project, self.flags, session.trainer, pictures)
            self.board.show(_looks(look, len(pictures)), iteration)
        session.network.train()
        now = time.monotonic()
        self._next_look = now + max(_LOOK_SECONDS, (now - began) / _LARGEST_SHARE)

    @contextmanager
    def _harmless(self, what: str) -> Iterator[None]:
        """Whatever goes wrong here is said on the page and ends nothing."""
        try:
            yield
        except Exception as problem:
            self.board.hear(f"warning: {what} failed: {type(problem).__name__}: {problem}")


def _looks(look: Callable[[int], PagePicture], pictures: int) -> Iterator[PagePicture]:
    numbers = np.unique(np.linspace(0, pictures - 1, _LOOKS).round().astype(int))
    for number in numbers.tolist():
        with suppress(DarkpyError):  # a broken picture, no finite output: told of elsewhere
            yield look(number)


def page_picture(path: str, truth: np.ndarray, found: np.ndarray) -> PagePicture:
    """A picture of the page: as it is and as the network takes it, (H, W, C) uint8 each."""
    return PagePicture(str(path).rpartition("/")[2], jpeg(truth, _QUALITY), jpeg(found, _QUALITY))


@contextmanager
def live_page(flags: Any) -> Iterator[LivePage | None]:
    """The page that the flags ask for, while this context lasts; None where they ask for none."""
    if flags.mjpeg_port <= 0:
        yield None
        return
    live = LivePage(flags)
    try:
        yield live
    finally:
        live.page.close()


def shrunk(pixels: np.ndarray) -> np.ndarray:
    """A picture (H, W, C) uint8 no larger than it is shown."""
    height, width = pixels.shape[:2]
    scale = _LONGEST_SIDE_PX / max(height, width)
    if scale >= 1:
        return pixels
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)
    return small.reshape(*small.shape[:2], -1)


def _user() -> str:
    """`name@`, or nothing where the system knows no name."""
    try:
        return f"{getpass.getuser()}@"
    except (OSError, KeyError, ImportError):
        return ""

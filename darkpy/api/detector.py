"""A detector as Python programs use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from darkpy.api.found import Found, as_detections, as_json, as_labels, as_supervision
from darkpy.api.looking import Looking, Picture, Pictures, frames
from darkpy.api.training import evaluated, records
from darkpy.detector.train import train
from darkpy.events import Trained
from darkpy.flags.shared import IOU_THRESH, THRESH
from darkpy.inference.detector import Detector as Engine
from darkpy.metrics.report import MapReport
from darkpy.view.draw import draw_detections

_BATCH = 16  # pictures in one pass of the network


class Detector(Looking):
    """A network with its weights and the names of its classes; `darkpy.load` makes one.

    It can be pickled, used by several threads at once, and in forked processes. Pictures are
    paths, arrays in RGB order (H, W, 3) or grey (H, W), of uint8 0..255 or floats 0..1, or
    Pillow's; what OpenCV read is BGR: give `bgr[..., ::-1]`.

    >>> detector = darkpy.load("my.cfg", "my.weights", "my.names")
    >>> detector.names, detector.input.w, detector.input.h
    (('thing',), 32, 32)
    """

    @overload
    def detect(
        self,
        picture: Pictures,
        *,
        thresh: float = ...,
        nms: float = ...,
        letter_box: bool = ...,
        batch: int = ...,
    ) -> list[list[Found]]: ...

    @overload
    def detect(
        self,
        picture: Picture,
        *,
        thresh: float = ...,
        nms: float = ...,
        letter_box: bool = ...,
        batch: int = ...,
    ) -> list[Found]: ...

    def detect(
        self,
        picture: Picture | Pictures,
        *,
        thresh: float = THRESH,
        nms: float | None = None,
        letter_box: bool = False,
        batch: int = _BATCH,
    ) -> list[Found] | list[list[Found]]:
        """The objects in a picture, the most probable first; of a list of pictures a list for each.

        picture: a file; an array in RGB order, (H, W, 3) or grey (H, W), of uint8 0..255 or floats
        0..1 (alpha is dropped); or one of Pillow. What OpenCV read is BGR: give `bgr[..., ::-1]`.
        An object with several classes above `thresh` comes once for each. nms: overlap above which
        the likelier box silences its like, 0 keeps all, None is the head's own or Darknet's .45.
        letter_box: keep the aspect in place of stretching. batch: pictures in one pass of the
        network. PictureError for a file that cannot be read, or an array that has no one meaning.

        >>> for found in detector.detect("picture.png"):
        ...     print(found.name, round(found.probability, 4), found.box)
        thing 0.9074 (48.0, 24.0, 80.0, 40.0)
        """
        several = isinstance(picture, list | tuple)
        given = list(picture) if several else [picture]
        told = [f"picture {at}" if several else "the picture" for at in range(1, len(given) + 1)]
        pixels = (self.pixels(*one) for one in zip(given, told, strict=True))
        found = [
            one for _, one in self.looked(pixels, batch, thresh=thresh, nms=nms, letter=letter_box)
        ]
        return found if several else found[0]

    def stream(
        self,
        source: str | int | Iterable[Picture],
        *,
        thresh: float = THRESH,
        nms: float | None = None,
        letter_box: bool = False,
        batch: int = 1,
    ) -> Iterator[tuple[np.ndarray, list[Found]]]:
        """Pairs of a picture, (H, W, 3) uint8 in RGB order, and what is in it, one by one.

        source: a video file or an address, the number of a camera, or pictures as `detect` takes
        them, of which no more than `batch` are held. OpenCV shows BGR: give it `pixels[..., ::-1]`.
        What recurrent layers remember begins anew.

        >>> [len(found) for pixels, found in detector.stream(["picture.png"] * 3, batch=2)]
        [1, 1, 1]
        """
        if isinstance(source, str | int):
            pictures: Iterable[Picture] = frames(source)
        else:
            pictures = source
        self.network.reset_state()
        pixels = (self.pixels(one, f"picture {at}") for at, one in enumerate(pictures, start=1))
        yield from self.looked(pixels, batch, thresh=thresh, nms=nms, letter=letter_box)

    def draw(
        self, picture: Picture, found: Sequence[Found] | None = None, *, thresh: float = THRESH
    ) -> np.ndarray:
        """A copy of a picture, (H, W, 3) uint8 in RGB order, with boxes and names.

        picture: as `detect` takes it, arrays in RGB order (of OpenCV's BGR give `bgr[..., ::-1]`).
        found: what to draw, default what `detect` finds above `thresh`.

        >>> detector.draw("picture.png").shape
        (64, 128, 3)
        """
        pixels = self.pixels(picture, "the picture")
        if found is None:
            found = self.detect(pixels, thresh=thresh)
        return draw_detections(pixels, as_detections(found, self.classes), self.names)

    def to_json(self, found: Sequence[Found], path: str | Path = "", frame: int = 1) -> str:
        """The objects of a picture as an entry of Darknet's JSON, as text.

        >>> import json
        >>> entry = json.loads(detector.to_json(detector.detect("picture.png"), "picture.png"))
        >>> entry["objects"][0]["relative_coordinates"]
        {'center_x': 0.5, 'center_y': 0.5, 'width': 0.25, 'height': 0.25}
        """
        return as_json(found, str(path), frame)

    def to_labels(self, found: Sequence[Found]) -> str:
        """The text of a label file: a row `class cx cy w h` for each box, its likeliest class.

        >>> detector.to_labels(detector.detect("picture.png"))
        '0 0.5000 0.5000 0.2500 0.2500\\n'
        """
        return as_labels(found)

    def to_supervision(self, found: Sequence[Found]) -> Any:
        """A `supervision.Detections`; DarkpyError where supervision is not installed."""
        return as_supervision(found)

    def evaluate(
        self,
        data: str | Path,
        *,
        thresh: float = THRESH,
        iou_thresh: float = IOU_THRESH,
        points: int = 0,
    ) -> MapReport:
        """Measure on the valid= list of a .data file: the numbers of `darkpy detector map`.

        points: recalls that the AP is read at, 0 for the area, 11 or 101. What there is to say
        about the files goes to the logger "darkpy".

        >>> report = detector.evaluate("my.data")
        >>> report.mean_average_precision, report.tp, report.fn
        (1.0, 1, 0)
        """
        return evaluated(
            self.engine,
            str(data),
            iou_thresh=iou_thresh,
            thresh=thresh,
            points=points,
            letter_box=bool(self.network.plan.net.letter_box),
        )

    def train(self, data: str | Path, **flags: object) -> Iterator[Trained]:
        """Train on the train= list of a .data file from these weights; a record an iteration.

        flags: of `darkpy detector train`, such as map=True, seed=1, clear=True. The training goes
        on only while its records are taken; afterwards the detector has the weights that were
        written last. Lines of the command go to the logger "darkpy".

        >>> for record in detector.train("my.data", clear=True, seed=1):
        ...     print(record.step.iteration, record.total)
        1 2
        2 2
        """
        written = yield from records(train(str(data), self.cfg, self.weights, **flags))
        if written is not None:
            trained = Engine.load(self.cfg, written, self.names)
            self.engine = Engine(trained.network, self.names, self.device, self.engine.precision)
            self.weights = written

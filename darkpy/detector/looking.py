"""What `detector test` and `detect` do with each picture: say, draw, list, label, rank."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from darkpy.data.pictures import write_picture
from darkpy.detector.darkhelp import DarkHelpFile, Origin
from darkpy.detector.demo_text import crossing_lines
from darkpy.detector.outputs import JsonFile, lines, predicted_line, save_labels
from darkpy.detector.ranking import Ranking
from darkpy.detector.together import Opened, opened
from darkpy.errors import DataError, number_of
from darkpy.events import Ended
from darkpy.flags.detector import TestFlags
from darkpy.inference.detector import Detections, Detector
from darkpy.inference.doubt import LOOKED_AT
from darkpy.inference.heat import HEAT_THRESH, heat_of, heat_picture
from darkpy.inference.passes import pictures_at_once
from darkpy.inference.skipping import class_numbers, without_classes
from darkpy.model.state import remembers
from darkpy.tracking.following import follower_for
from darkpy.tracking.zones import crossings, read_zones
from darkpy.view.draw import draw_detections
from darkpy.view.windows import show_picture


def look(
    paths: Iterable[str | DataError],
    detector: Detector,
    asked: TestFlags,
    *,
    letter_box: bool,
    origin: Origin,
    typed: bool = False,
) -> Iterator[object]:
    """Yield Darknet's lines for each picture. origin: for the JSON file that says it. typed: the
    paths come from somebody who waits for the answer to each.

    The first drawn picture is `out_filename`, further ones are numbered: name_2.jpg, name_3.jpg.
    A picture that cannot be read is reported and the rest go on; the exit status is then 2.
    """
    status = number = 0
    looking = _Looking(detector, asked, letter_box)
    with _json_file(asked, origin) as json_file:
        for one in opened(paths, detector.input.c, looking.found_in, looking.at_once(typed)):
            if one.problem is not None:
                yield str(one.problem)
                status = one.problem.exit_status
                if json_file is not None and one.path is not one.problem:  # not a typed one
                    json_file.lost(one.path, str(one.problem))
                continue
            number += 1
            found = yield from looking.picture(one, number)
            if json_file is not None:
                json_file.add(one.path, found, detector.names, one.pixels.shape[:2], one.took)
    yield from looking.told()
    if status:
        yield Ended(status)


def _json_file(
    asked: TestFlags, origin: Origin
) -> contextlib.AbstractContextManager[JsonFile | None]:
    """The file of -out in the layout of -json_form; nothing if it is not asked for."""
    if not asked.out:
        return contextlib.nullcontext()
    if asked.json_form == "darkhelp":
        return DarkHelpFile(asked.out, origin, asked)
    return JsonFile(asked.out)


class _Looking:
    """All that is done with one picture after the other."""

    def __init__(self, detector: Detector, asked: TestFlags, letter_box: bool) -> None:
        self._detector = detector
        self._asked = asked
        self._letter_box = letter_box
        self._follower = follower_for(asked, detector, asked.thresh)
        self._thresh = self._follower.low if self._follower else asked.thresh
        self._zones = read_zones(asked.zones) if asked.zones else []
        self._skipped = class_numbers(asked.skipclasses, detector.names)
        self._ranking = Ranking(asked.rank) if asked.rank else None
        self._times: list[float] = []
        self._clock = detector.time_layers() if asked.benchmark_layers else None

    def at_once(self, typed: bool) -> int:
        """How many pictures go through the network together: one where each is waited for, timed or
        a frame of a film, or where the network remembers the ones before it.
        """
        asked, detector = self._asked, self._detector
        alone = typed or asked.benchmark or asked.benchmark_layers or self._follower is not None
        return 1 if alone or remembers(detector.network) else pictures_at_once(detector)

    def found_in(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        """What is in pictures that go through the network together."""
        return self._detector.detect(pictures, thresh=self._thresh, letter_box=self._letter_box)

    def picture(self, one: Opened, number: int) -> Generator[str, None, Detections]:
        """Yield the lines of a picture; its value is what was found."""
        path, pixels, found = one.path, one.pixels, one.found
        self._times.append(one.took)
        if self._clock:
            yield from self._clock.lines()
        yield predicted_line(path, one.took)
        found = without_classes(found, self._skipped)
        found = self._follower(found) if self._follower else found
        yield from self._report(path, pixels, found, number)
        yield from crossing_lines(crossings(self._zones, found), self._detector.names)
        if self._ranking:
            self._ranking.add(path, without_classes(self._found(pixels, LOOKED_AT), self._skipped))
        if self._asked.heatmaps:
            warm = without_classes(self._found(pixels, HEAT_THRESH, nms=0), self._skipped)
            yield _write_heat(pixels, warm, self._asked, number)
        return found

    def _found(self, pixels: np.ndarray, thresh: float, nms: float | None = None) -> Detections:
        how = {"thresh": thresh, "nms": nms, "letter_box": self._letter_box}
        return self._detector.detect([pixels], **how)[0]

    def _report(
        self, path: str, pixels: np.ndarray, found: Detections, number: int
    ) -> Iterator[str]:
        """The lines of one picture; draws it and writes its labels if that is asked for."""
        names, thresh, asked = self._detector.names, self._thresh, self._asked
        size_hw = pixels.shape[:2]
        yield from lines(found, names, thresh, size_hw=size_hw, ext_output=asked.ext_output)
        if not asked.dontdraw_bbox:
            drawn = draw_detections(pixels, found, names, thresh)
            write_picture(_numbered(asked.out_filename, number), drawn)
            if not (asked.dont_show or asked.benchmark):
                show_picture("predictions", drawn)
        if asked.save_labels:
            yield save_labels(path, found, thresh)

    def told(self) -> Iterator[str]:
        """What there is to say at the end."""
        for zone in self._zones:
            yield from zone.told(self._detector.names)
        if self._ranking:
            yield self._ranking.write()
        if self._asked.benchmark and self._times:
            yield _benchmark_line(self._times)


def _benchmark_line(seconds: list[float]) -> str:
    ms = [1e3 * each for each in seconds]
    middle = statistics.median(ms)
    spread = f"{min(ms):.1f} to {max(ms):.1f} ms"
    count = number_of(len(ms), "pictures")
    return f"{count}: {middle:.1f} ms each, the median of {spread}; {1e3 / middle:.1f} pictures/s"


def _write_heat(pixels: np.ndarray, warm: Detections, asked: TestFlags, number: int) -> str:
    drawn = _numbered(asked.out_filename, number)
    path = drawn.with_stem(f"{drawn.stem}_heatmap")
    write_picture(path, heat_picture(pixels, heat_of(warm, pixels.shape[:2])))
    return f"{path}: where it looks"


def _numbered(name: str, number: int) -> Path:
    path = Path(name)
    return path if number == 1 else path.with_stem(f"{path.stem}_{number}")

"""`detector test`: find objects in pictures, print them, draw them, list them."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from darkpy.data.pictures import read_picture, write_picture
from darkpy.detector.inputs import picture_paths, typed_paths
from darkpy.detector.outputs import JsonFile, lines, predicted_line, save_labels
from darkpy.errors import DataError, PictureError
from darkpy.events import Ended
from darkpy.flags.detector import TestFlags
from darkpy.inference.detector import Detections, Detector
from darkpy.session.project import open_detector
from darkpy.view.draw import draw_detections
from darkpy.view.windows import show_picture


def run(
    data: str,
    cfg: str,
    weights: str,
    input: list[str],
    **flags: Any,
) -> Iterator[object]:
    """Yield Darknet's lines for each picture. flags: those of TestFlags.

    The first drawn picture is `out_filename`, further ones are numbered: name_2.jpg, name_3.jpg.
    A picture that cannot be read is reported and the rest go on; the exit status is then 2.
    """
    asked = TestFlags(**flags)
    paths = picture_paths(input) if input else typed_paths(sys.stdin, sys.stdout)
    project, detector = open_detector(data, cfg, weights, asked)
    yield from project.warnings
    letter_box = asked.letter_box or project.network.plan.net.letter_box
    status = number = 0
    with JsonFile(asked.out) if asked.out else contextlib.nullcontext() as json_file:
        for path in paths:
            if isinstance(path, DataError):  # typed, and there is no such file
                yield str(path)
                status = path.exit_status
                continue
            try:
                pixels = read_picture(path, detector.input.c)
            except PictureError as problem:
                yield str(problem)
                status = problem.exit_status
                continue
            number += 1
            began = time.perf_counter()
            found = detector.detect([pixels], thresh=asked.thresh, letter_box=letter_box)[0]
            yield predicted_line(path, time.perf_counter() - began)
            yield from _report(path, pixels, found, detector, asked, number)
            if json_file is not None:
                json_file.add(path, found, detector.names)
    if status:
        yield Ended(status)


def _report(
    path: str,
    pixels: np.ndarray,
    found: Detections,
    detector: Detector,
    asked: TestFlags,
    number: int,
) -> Iterator[str]:
    """The lines of one picture; draws it and writes its labels if that is asked for."""
    names, thresh = detector.names, asked.thresh
    size_hw = pixels.shape[:2]
    yield from lines(found, names, thresh, size_hw=size_hw, ext_output=asked.ext_output)
    if not asked.dontdraw_bbox:
        drawn = draw_detections(pixels, found, names, thresh)
        write_picture(_numbered(asked.out_filename, number), drawn)
        if not asked.dont_show:
            show_picture("predictions", drawn)
    if asked.save_labels:
        yield save_labels(path, found, thresh)


def _numbered(name: str, number: int) -> Path:
    path = Path(name)
    return path if number == 1 else path.with_stem(f"{path.stem}_{number}")

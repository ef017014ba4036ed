"""What scripts see of detections: lines on the screen, boxes on pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from darkpy.darknet.detecting import Told, bbox2points
from darkpy.machine.opencv import cv2
from darkpy.version import __version__


def say(text: str) -> None:
    """Print a line, as the functions of the module `darknet` do."""
    print(text, flush=True)


def print_detections(detections: Sequence[Told], coordinates: bool = False) -> None:
    """Print `dog: 97.5%` for each; with `coordinates` its box.

    What is called left_x and top_y is the middle of the box, as in the C program's module.
    """
    say("\nObjects:")
    for label, confidence, (x, y, w, h) in detections:
        place = f"    (left_x: {x:.0f}   top_y:  {y:.0f}   width:   {w:.0f}   height:  {h:.0f})"
        say(f"{label}: {confidence}%{place if coordinates else ''}")


def draw_boxes(
    detections: Sequence[Told], image: np.ndarray, colors: Mapping[str, Sequence[int]]
) -> np.ndarray:
    """Draw boxes with `dog [97.50]` on a picture (H, W, 3) uint8, which is changed and given back.

    colors: by name, in the order of the picture's own channels: BGR for one of OpenCV.
    """
    for label, confidence, bbox in detections:
        left, top, right, bottom = bbox2points(bbox)
        colour = colors[label]
        cv2.rectangle(image, (left, top), (right, bottom), colour, 1)
        text, place = f"{label} [{float(confidence):.2f}]", (left, top - 5)
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 2)
    return image


def show_version_info() -> None:
    """Print which program this is; hank-ai's module does."""
    say(f"darkpy {__version__}")


def version_string() -> str:
    """The version, as text."""
    return __version__


def set_verbose(verbose: bool) -> None:
    """Nothing: loading a network prints nothing either way."""


def set_output_stream(filename: str | bytes) -> None:
    """Nothing: there is no output to send to a file."""

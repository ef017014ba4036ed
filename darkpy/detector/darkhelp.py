"""`-out` as DarkHelp's command line writes it (`DarkHelp -j`): one object for all pictures."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkpy.detector.outputs import JsonFile, half_away
from darkpy.flags.detector import TestFlags
from darkpy.inference.detector import NMS_THRESHOLD, Detections
from darkpy.inference.shown import Shown, class_name, shown

_HIERARCHY = 0.5  # threshold of a tree, DarkHelp's and darkpy's


@dataclass(frozen=True)
class Origin:
    """The files that a network was made of, as they were named."""

    cfg: str
    weights: str
    names: str


class DarkHelpFile(JsonFile):
    """Pictures with their predictions, the network and the settings; valid after every picture."""

    def __init__(self, path: str | Path, origin: Origin, asked: TestFlags) -> None:
        self._thresh = asked.thresh
        network = {"cfg": origin.cfg, "names": origin.names, "weights": origin.weights}
        settings = {
            "force_greyscale": False,
            "hierarchy": _HIERARCHY,
            "include_percentage": True,
            "nms": NMS_THRESHOLD,
            "threshold": asked.thresh,
        }
        rest = f'\n],\n"network": {_text(network)},\n"settings": {_text(settings)}\n}}\n'
        super().__init__(path, '{\n"file": [\n', rest)

    def add(
        self,
        path: str,
        found: Detections,
        names: Sequence[str],
        size_hw: tuple[int, int] = (0, 0),
        seconds: float = 0.0,
    ) -> None:
        """Append a picture: the least likely object first, as DarkHelp sorts them."""
        h, w = size_hw
        objects = sorted(shown(found, names, self._thresh), key=lambda one: one.probs[0])
        entry = {
            "count": len(objects),
            "duration": f"{1000 * seconds:.0f} milliseconds",
            "filename": path,
            "original_height": h,
            "original_width": w,
            "prediction": [
                _prediction(number, one, names, size_hw) for number, one in enumerate(objects)
            ],
            "resized_height": h,
            "resized_width": w,
            "type": mimetypes.guess_type(path)[0] or "application/octet-stream",
        }
        self.append(_text(entry))

    def lost(self, path: str, reason: str) -> None:
        """Append a picture that cannot be read."""
        self.append(_text({"error": reason, "filename": path}))


def _prediction(
    number: int, one: Shown, names: Sequence[str], size_hw: tuple[int, int]
) -> dict[str, Any]:
    """One object. What lies outside of the picture is cut off."""
    cx, cy, w, h = _inside(one.box)
    height, width = size_hw
    w_px, h_px = half_away(w * width), half_away(h * height)
    by_number = sorted(zip(one.classes, one.probs, strict=True))
    label = ", ".join(
        f"{class_name(names, k)} {half_away(100 * prob):.0f}%"
        for k, prob in zip(one.classes, one.probs, strict=True)
    )
    return {
        "all_probabilities": [
            {"class": k, "name": class_name(names, k), "probability": prob} for k, prob in by_number
        ],
        "best_class": one.classes[0],
        "best_probability": one.probs[0],
        "name": label,
        "original_point": {"x": cx, "y": cy},
        "original_size": {"height": h, "width": w},
        "prediction_index": number,
        "rect": {
            "height": int(h_px),
            "width": int(w_px),
            "x": int(half_away(cx * width - w_px / 2)),
            "y": int(half_away(cy * height - h_px / 2)),
        },
    }


def _inside(box: Sequence[float]) -> tuple[float, float, float, float]:
    """cx cy w h of the part that lies in the unit square."""
    cx, cy, w, h = box
    left, right = (min(max(x, 0.0), 1.0) for x in (cx - w / 2, cx + w / 2))
    top, bottom = (min(max(y, 0.0), 1.0) for y in (cy - h / 2, cy + h / 2))
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=4)

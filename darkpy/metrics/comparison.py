"""Two detectors on the same pictures: is the difference of their mAP more than chance?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from darkpy.errors import DataError
from darkpy.metrics.evidence import Evidence, evidence_order
from darkpy.metrics.intervals import LEVEL, Interval, interval, resampled
from darkpy.metrics.measurement import Measurement
from darkpy.metrics.visible import Visible


@dataclass(frozen=True)
class Result:
    """What `detector map -json` wrote: pictures by path, classes by name."""

    source: str
    names: tuple[str, ...]
    pictures: tuple[str, ...]
    iou_thresh: float
    thresh: float
    evidence: Evidence
    visible: Visible | None = None

    @classmethod
    def read(cls, path: str) -> Result:
        """DataError where the file cannot be read or holds anything else."""
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as problem:
            raise DataError(f"{path}: cannot be read: {problem.strerror}") from None
        except ValueError as problem:
            raise DataError(f"{path}: is no JSON file: {problem}") from None
        if not isinstance(data, dict) or not isinstance(data.get("evidence"), dict):
            raise DataError(f"{path}: is no result of `detector map -json`")
        evidence = Evidence.from_data(data["evidence"], path)
        try:
            names = tuple(str(it["name"]) for it in data["classes"])
            pictures = tuple(str(it) for it in data["pictures"])
            limits = float(data["iou_thresh"]), float(data["thresh"])
        except (KeyError, TypeError, ValueError) as problem:
            raise DataError(f"{path}: is no result of `detector map -json`: {problem}") from None
        if (len(names), len(pictures)) != (evidence.class_count, evidence.picture_count):
            raise DataError(f"{path}: counts of classes or pictures do not fit the detections")
        visible = Visible.from_data(data.get("visible"), len(pictures), len(names), path)
        return cls(path, names, pictures, *limits, evidence, visible)

    @classmethod
    def of(cls, measured: Measurement, names: Sequence[str], source: str) -> Result:
        """The same of what was measured just now."""
        all_, found = measured.all, measured.found
        order = evidence_order(all_, found)
        evidence = Evidence.of(all_, found, order, measured.classes)
        visible = Visible.of(all_, found, order, evidence, measured.conf_thresh)
        limits = measured.iou_thresh, measured.conf_thresh
        return cls(source, tuple(names), measured.pictures, *limits, evidence, visible)


@dataclass(frozen=True)
class Difference:
    """One picture: right and wrong detections above -thresh in A and in B."""

    picture: str
    before: tuple[int, int]
    after: tuple[int, int]

    @property
    def gain(self) -> int:
        """More right and fewer wrong ones in B."""
        return (self.after[0] - self.before[0]) - (self.after[1] - self.before[1])


@dataclass(frozen=True)
class Comparison:
    """A and B on their common pictures. maps: of both. difference: B less A, and its interval.

    threshes: -thresh of both. classes: name, average precision in A and in B, the interval of the
    difference.
    """

    pictures: int
    left_out: int
    maps: tuple[float, float]
    threshes: tuple[float, float]
    difference: float
    between: Interval
    classes: tuple[tuple[str, float, float, Interval], ...]
    changes: tuple[Difference, ...]

    @property
    def verdict(self) -> str:
        """better, worse or no more than chance."""
        if self.between.low > 0:
            return "better"
        return "worse" if self.between.high < 0 else "no more than chance"


def compare(a: Result, b: Result) -> Comparison:
    """Paired bootstrap: the same pictures are drawn for both. DataError if nothing is common."""
    if a.names != b.names:
        raise DataError(f"{b.source}: has other classes than {a.source}: {_named(a)}; {_named(b)}")
    if a.iou_thresh != b.iou_thresh:
        raise DataError(
            f"{b.source}: was measured at -iou_thresh {b.iou_thresh:g}, {a.source} at "
            f"{a.iou_thresh:g}: measure one of them again"
        )
    common, own_a, own_b = _common(a.pictures, b.pictures)
    if not common:
        raise DataError(f"{b.source}: has no picture in common with {a.source}")
    first, second = a.evidence.selected(own_a), b.evidence.selected(own_b)
    weights = resampled(len(common), max(len(first.probs), len(second.probs)))
    weights = np.concatenate((np.ones((1, len(common)), dtype=weights.dtype), weights))
    aps_a, aps_b = first.average_precisions(weights), second.average_precisions(weights)
    gain = aps_b - aps_a
    return Comparison(
        pictures=len(common),
        left_out=len({*a.pictures, *b.pictures}) - len(common),
        maps=(float(aps_a[0].mean()), float(aps_b[0].mean())),
        threshes=(a.thresh, b.thresh),
        difference=float(gain[0].mean()),
        between=interval(gain[1:].mean(axis=1)),
        classes=tuple(
            (name, float(aps_a[0, k]), float(aps_b[0, k]), interval(gain[1:, k]))
            for k, name in enumerate(a.names)
        ),
        changes=_changes(common, first.right_and_wrong(a.thresh), second.right_and_wrong(b.thresh)),
    )


def _named(result: Result) -> str:
    return ", ".join(result.names[:5]) + (" ..." if len(result.names) > 5 else "")


def _common(a: Sequence[str], b: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Paths in both, in A's order, and their places in each."""
    place = {path: number for number, path in enumerate(b)}
    own = [number for number, path in enumerate(a) if path in place]
    common = [a[number] for number in own]
    return common, np.array(own, dtype=int), np.array([place[path] for path in common], dtype=int)


def _changes(pictures: Sequence[str], a: np.ndarray, b: np.ndarray) -> tuple[Difference, ...]:
    """Pictures in which something changed, the largest gain or loss first."""
    changed = np.flatnonzero((a != b).any(axis=1))
    changes = [Difference(pictures[n], tuple(a[n].tolist()), tuple(b[n].tolist())) for n in changed]
    return tuple(sorted(changes, key=lambda change: -abs(change.gain)))


def comparison_lines(a: str, b: str, it: Comparison, most: int = 10) -> list[str]:
    """The comparison in words and tables; at most so many pictures."""
    width = min(24, max(len(name) for name, *_ in it.classes)) if it.classes else 5
    lines = [
        f"A {a}",
        f"B {b}",
        f"{it.pictures} pictures in both"
        + (f", {it.left_out} in one only, left out" if it.left_out else ""),
        "",
        f"mAP of A {it.maps[0]:.2%}, of B {it.maps[1]:.2%}: B is {verdict_words(it)}",
        f"difference {100 * it.difference:+.2f} points, {LEVEL:.0%} of paired bootstrap samples "
        f"between {100 * it.between.low:+.2f} and {100 * it.between.high:+.2f}",
        "",
        f"{'class':<{width}} {'A':>9} {'B':>9} {'B - A':>7}  between",
    ]
    for name, of_a, of_b, between in it.classes:
        lines.append(
            f"{name[:width]:<{width}} {of_a:>9.2%} {of_b:>9.2%} {100 * (of_b - of_a):>+7.2f}  "
            f"{100 * between.low:+.2f} and {100 * between.high:+.2f}"
        )
    if it.changes:
        above = above_words(it)
        lines += ["", f"pictures that changed most: right and wrong detections {above}"]
        for change in it.changes[:most]:
            (right, wrong), (right_b, wrong_b) = change.before, change.after
            lines.append(f"  {right} right {wrong} wrong -> {right_b}, {wrong_b}  {change.picture}")
    return lines


def verdict_words(it: Comparison) -> str:
    """What B is, after "B is"."""
    return "different by no more than chance" if it.verdict.startswith("no") else it.verdict


def above_words(it: Comparison) -> str:
    """Above which -thresh detections are counted and drawn."""
    of_a, of_b = it.threshes
    return f"above -thresh {of_a:g}" + (f" in A and {of_b:g} in B" if of_a != of_b else "")


def comparison_data(it: Comparison) -> dict[str, Any]:
    """The comparison for a JSON file."""
    return {
        "pictures": it.pictures,
        "left_out": it.left_out,
        "map_a": it.maps[0],
        "map_b": it.maps[1],
        "difference": it.difference,
        "between": [it.between.low, it.between.high],
        "verdict": it.verdict,
        "classes": [
            {"name": name, "a": a, "b": b, "between": [between.low, between.high]}
            for name, a, b, between in it.classes
        ],
        "changes": [
            {"picture": c.picture, "a": c.before, "b": c.after, "gain": c.gain} for c in it.changes
        ],
    }

"""What a person sees of a measurement: sure detections, right or wrong, and missed objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkpy.errors import DataError
from darkpy.metrics.collected import FlatDetections
from darkpy.metrics.evidence import Evidence
from darkpy.metrics.matching import Matches

_DIGITS = 5  # of a number in the file


@dataclass(frozen=True, eq=False)
class Visible:
    """Rows of numbers: of found ones picture, class, cx cy w h, probability, right (1) or not;
    of missed ones picture, class, cx cy w h. Boxes are in the unit square of their picture."""

    found: np.ndarray
    missed: np.ndarray

    @classmethod
    def of(
        cls,
        all_: FlatDetections,
        found: Matches,
        order: np.ndarray,
        evidence: Evidence,
        thresh: float,
    ) -> Visible:
        """Detections above `thresh`, and the objects that none of them found.

        order: of the evidence, as `evidence_order` gives it.
        """
        sure = evidence.probs > np.float32(thresh)
        own = order[sure]
        hit = np.zeros(len(all_.crowd), dtype=bool)
        hit[found.truths[order[sure & evidence.right]]] = True
        lost = np.flatnonzero(all_.counted & ~hit)
        right = evidence.right[sure].astype(float)
        return cls(
            found=np.column_stack(
                (all_.pictures[own], all_.classes[own], all_.boxes[own], all_.probs[own], right)
            ),
            missed=np.column_stack(
                (all_.truth_pictures[lost], all_.truth_classes[lost], all_.truth_boxes[lost])
            ),
        )

    def as_data(self) -> dict[str, Any]:
        """Lists for a JSON file."""
        return {
            "found": self.found.round(_DIGITS).tolist(),
            "missed": self.missed.round(_DIGITS).tolist(),
        }

    @classmethod
    def from_data(cls, data: Any, pictures: int, classes: int, source: str) -> Visible | None:
        """What `as_data` gave, None of an older file. DataError for all else."""
        if data is None:
            return None
        try:
            if not isinstance(data, Mapping):
                raise TypeError("visible is no object")
            found = np.array(data["found"], dtype=np.float64).reshape(-1, 8)
            missed = np.array(data["missed"], dtype=np.float64).reshape(-1, 6)
        except (KeyError, TypeError, ValueError) as problem:
            raise DataError(f"{source}: is no result of `detector map -json`: {problem}") from None
        for rows in (found, missed):
            limits = (pictures, classes)
            known = (rows[:, :2] >= 0).all() and (rows[:, :2] < limits).all()
            if not (known and np.isfinite(rows).all()):
                raise DataError(f"{source}: the boxes to draw do not fit the pictures and classes")
        return cls(found, missed)

    def in_picture(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of found and missed ones in a picture."""
        return self.found[self.found[:, 0] == number], self.missed[self.missed[:, 0] == number]

"""How many objects are found at all, whatever the class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from darkpy.boxes import iou


@dataclass
class Recall:
    """Sums over the pictures so far; `add` gives the line that Darknet prints after each.

    validate_detector_recall(), Darknet's src/detector.c.
    """

    iou_thresh: float
    pictures: int = 0
    objects: int = 0
    found: int = 0
    proposals: int = 0
    total_iou: float = 0.0

    def add(self, boxes: Tensor, truths: np.ndarray) -> str:
        """boxes (N, 4) offered and truths (M, 4), both cxcywh in the unit square."""
        self.proposals += len(boxes)
        self.objects += len(truths)
        if len(truths) and len(boxes):
            own = torch.as_tensor(truths, dtype=torch.float32)
            best = iou(own[:, None], boxes).amax(dim=1).numpy()
            self.found += int((best > np.float32(self.iou_thresh)).sum())
            # in float32 and one after the other, as the C program adds them
            sums = np.cumsum(np.append(np.float32(self.total_iou), best), dtype=np.float32)
            self.total_iou = float(sums[-1])
        self.pictures += 1
        return self._line()

    def _line(self) -> str:
        """In float32 what the C program has in it, which decides the last digit at ties."""
        objects = np.float32(max(self.objects, 1))
        mean = np.float32(self.total_iou) * np.float32(100) / objects
        boxes = np.float32(self.proposals) / np.float32(self.pictures)
        recall = 100.0 * self.found / self.objects if self.objects else 0.0
        return (
            f"{self.pictures - 1:5d} {self.found:5d} {self.objects:5d}\t"
            f"RPs/Img: {boxes:.2f}\tIOU: {mean:.2f}%\tRecall:{recall:.2f}%"
        )

"""From pictures to detections: resize, network, boxes, thresholds, suppression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from darkpy.data.arrays import as_pixels
from darkpy.data.resize import letterbox, letterbox_frame, stretch
from darkpy.errors import CfgError, DarkpyError
from darkpy.heads.base import Candidates
from darkpy.inference.suppression import darknet_order, suppress
from darkpy.machine.forks import compute_alone_in_children
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from darkpy.model.weights import load_weights
from darkpy.sections.base import Shape

NMS_THRESHOLD = 0.45  # test_detector(), validate_detector_map(): src/detector.c


@dataclass(frozen=True)
class Detections:
    """One picture's boxes after thresholds and suppression, on the CPU.

    boxes (N, 4) cxcywh in the unit square of the picture, objectness (N,), probs (N, K) with 0
    where a class is below the threshold or suppressed. The rows are in Darknet's order.
    """

    boxes: Tensor
    objectness: Tensor
    probs: Tensor


class Detector:
    """A network ready to be shown pictures.

    classes, input (C, H, W) and the kind of suppression are those of the cfg's last head.
    precision: float32 unless asked otherwise, on a GPU too.
    """

    def __init__(
        self,
        network: Network,
        names: Sequence[str],
        device: str | torch.device = "cpu",
        precision: Precision = FLOAT32,
    ) -> None:
        heads = list(network.detecting.values())
        if not heads:
            raise CfgError(f"{network.plan.source}: no detection layer such as [yolo]")
        self.network = network.eval().to(device)
        self.device = torch.device(device)
        self.precision = precision
        self.options = heads[-1].options
        self.suppression = heads[-1].suppression
        self.classes: int = self.options.classes
        self.names = tuple(names) or tuple(str(number) for number in range(self.classes))
        self.input: Shape = network.plan.input

    @classmethod
    def load(cls, cfg: str | Path, weights: str | Path, names: Sequence[str] = ()) -> Detector:
        """Build a detector from a cfg and its weights."""
        network = Network.from_cfg(cfg)
        load_weights(network, weights)
        return cls(network, names)

    def detect(
        self,
        pictures: Sequence[np.ndarray],
        *,
        thresh: float,
        nms: float = NMS_THRESHOLD,
        letter_box: bool = False,
    ) -> list[Detections]:
        """Detect in pictures, all in one pass of the network: (H, W, C) uint8 RGB, or what else
        `as_pixels` takes. A picture that OpenCV read is BGR: give `bgr[..., ::-1]`.

        thresh bounds objectness and objectness times class probability; nms 0 keeps overlaps.
        """
        if not len(pictures):
            return []
        compute_alone_in_children()
        pictures = [
            as_pixels(picture, self.input.c, f"picture {number}")
            for number, picture in enumerate(pictures, start=1)
        ]
        resize = letterbox if letter_box else stretch
        images = torch.stack([resize(p, self.input.h, self.input.w) for p in pictures])
        images = images.to(self.device, memory_format=torch.channels_last)
        with torch.inference_mode():
            with self.precision(self.device):
                found = self.network.candidates(images)
            self._refuse_lost(found.objectness)
            sizes = [picture.shape[:2] for picture in pictures] if letter_box else None
            return [
                self._keep(found, number, thresh, nms, sizes and sizes[number])
                for number in range(len(pictures))
            ]

    def _keep(
        self,
        found: Candidates,
        number: int,
        thresh: float,
        nms: float,
        letterboxed: tuple[int, int] | None,
    ) -> Detections:
        """Thresholds, the picture's own frame and suppression for one picture of a batch."""
        objectness = found.objectness[number]
        kept = (objectness > thresh).nonzero()[:, 0]
        objectness = objectness[kept]
        probs = objectness[:, None] * found.probs[number, kept]
        probs = probs.masked_fill(probs <= thresh, 0)
        boxes = found.boxes[number, kept]
        self._refuse_lost(boxes, probs)
        if letterboxed is not None:
            boxes = self._out_of_letterbox(boxes, letterboxed)
        order = darknet_order(probs)
        boxes, objectness, probs = boxes[order], objectness[order], probs[order]
        if nms:
            probs = self.suppress(boxes, probs, nms)
        return Detections(boxes.cpu(), objectness.cpu(), probs.cpu())

    def _refuse_lost(self, *outputs: Tensor) -> None:
        """DarkpyError for outputs that are NaN or infinite: no threshold would ever say so."""
        if not all(bool(output.isfinite().all()) for output in outputs):
            raise DarkpyError(
                f"{self.network.plan.source}: the outputs of the network are not finite, so that "
                "nothing can be told from them; `darkpy check` with the weights looks for the cause"
            )

    def suppress(self, boxes: Tensor, probs: Tensor, nms: float) -> Tensor:
        """Class probabilities (N, K) without those of boxes (N, 4) that a likelier one covers."""
        kind, beta = self.suppression
        return suppress(boxes, probs, threshold=nms, kind=kind, beta=beta)

    def _out_of_letterbox(self, boxes: Tensor, picture_hw: tuple[int, int]) -> Tensor:
        """Unit square of the network's input -> that of the picture; correct_yolo_boxes()."""
        h, w = self.input.h, self.input.w
        new_h, new_w = letterbox_frame(*picture_hw, h, w)
        offset = boxes.new_tensor(((w - new_w) / 2 / w, (h - new_h) / 2 / h))
        share = boxes.new_tensor((new_w / w, new_h / h))
        return torch.cat(((boxes[:, :2] - offset) / share, boxes[:, 2:] / share), dim=1)

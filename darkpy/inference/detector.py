"""From pictures to detections: resize, network, boxes, thresholds, suppression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from darkpy.data.arrays import as_pixels
from darkpy.data.resize import letterbox, letterbox_all, letterbox_frame, stretch, stretch_all
from darkpy.errors import CfgError, DarkpyError
from darkpy.heads.base import Candidates
from darkpy.inference.suppression import darknet_order, suppress, suppress_batch
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
    where a class is below the threshold or suppressed. The rows are in Darknet's order. tracks
    (N,): the number of each object in a film, 0 for none yet; None where nobody follows them.
    candidates (N,): which of the network's boxes they are.
    """

    boxes: Tensor
    objectness: Tensor
    probs: Tensor
    tracks: Tensor | None = None
    candidates: Tensor | None = None


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
        images = self._resized(pictures, letter_box)
        with torch.inference_mode():
            with self.precision(self.device):
                found = self.network.candidates(images)
            number, rows, at = self._above(found, thresh)
        if letter_box:
            boxes = self._out_of_letterbox(rows.boxes, number, pictures)
            rows = replace(rows, boxes=boxes)
        order = darknet_order(rows.probs, number)
        boxes, objectness, probs = (t[order] for t in (rows.boxes, rows.objectness, rows.probs))
        if nms:
            kind, beta = self.suppression
            alike = {"threshold": nms, "kind": kind, "beta": beta}
            probs = suppress_batch(boxes, probs, number[order], **alike)
        counts = number.bincount(minlength=len(pictures)).tolist()
        parts = (t.split(counts) for t in (boxes, objectness, probs, at[order]))
        return [
            Detections(*(part.clone() for part in own), candidates=which.clone())
            for *own, which in zip(*parts, strict=True)
        ]

    def _resized(self, pictures: Sequence[np.ndarray], letter_box: bool) -> Tensor:
        """The network's input on the device, (B, C, H, W); a GPU resizes by itself."""
        h, w = self.input.h, self.input.w
        if self.device.type == "cpu":
            resize = letterbox if letter_box else stretch
            images = torch.stack([resize(picture, h, w) for picture in pictures])
            return images.to(memory_format=torch.channels_last)
        return resized_on(self.device, pictures, h, w, letter_box=letter_box)

    def _above(self, found: Candidates, thresh: float) -> tuple[Tensor, Candidates, Tensor]:
        """The candidates of a batch above the threshold, on the CPU: of which picture, they
        themselves, and which ones of all.

        Their probs are those of object and class, 0 below the threshold. All of it comes over in
        one transfer, the numbers among it, which float32 holds exactly.
        """
        number, at = (found.objectness > thresh).nonzero(as_tuple=True)
        objectness = found.objectness[number, at][:, None]
        probs = objectness * found.probs[number, at]
        probs = probs.masked_fill(probs <= thresh, 0)
        boxes = found.boxes[number, at]
        numbers = torch.stack((number, at), dim=1).to(probs.dtype)
        table = torch.cat((numbers, boxes, objectness, probs), dim=1)
        lost = found.objectness.isfinite().all()
        last = torch.where(lost, 0.0, torch.nan).to(table.dtype).expand(1, table.shape[1])
        table = torch.cat((table, last)).cpu()
        self._refuse_lost(table)
        numbers, boxes, objectness, probs = table[:-1].split((2, 4, 1, probs.shape[1]), dim=1)
        kept = Candidates(boxes=boxes, objectness=objectness[:, 0], probs=probs)
        number, at = numbers.long().T
        return number, kept, at

    def _refuse_lost(self, outputs: Tensor) -> None:
        """DarkpyError for outputs that are NaN or infinite: no threshold would ever say so."""
        if not outputs.isfinite().all():
            raise DarkpyError(
                f"{self.network.plan.source}: the outputs of the network are not finite, so that "
                "nothing can be told from them; `darkpy check` with the weights looks for the cause"
            )

    def suppress(self, boxes: Tensor, probs: Tensor, nms: float) -> Tensor:
        """Class probabilities (N, K) without those of boxes (N, 4) that a likelier one covers."""
        kind, beta = self.suppression
        return suppress(boxes, probs, threshold=nms, kind=kind, beta=beta)

    def _out_of_letterbox(
        self, boxes: Tensor, number: Tensor, pictures: Sequence[np.ndarray]
    ) -> Tensor:
        """Unit square of the network's input -> that of each box's picture, numbers (N,).

        correct_yolo_boxes(), src/yolo_layer.c.
        """
        h, w = self.input.h, self.input.w
        offsets, shares = [], []
        for picture in pictures:
            new_h, new_w = letterbox_frame(*picture.shape[:2], h, w)
            offsets.append(((w - new_w) / 2 / w, (h - new_h) / 2 / h))
            shares.append((new_w / w, new_h / h))
        offset, share = (torch.tensor(each)[number] for each in (offsets, shares))
        return torch.cat(((boxes[:, :2] - offset) / share, boxes[:, 2:] / share), dim=1)


def resized_on(
    device: torch.device,
    pictures: Sequence[np.ndarray],
    height: int,
    width: int,
    *,
    letter_box: bool,
) -> Tensor:
    """Pictures (H, W, C) uint8 as network input (B, C, height, width), resized on a device.

    Pictures of one size are resized together.
    """
    resize = letterbox_all if letter_box else stretch_all
    channels = pictures[0].shape[2]
    images = torch.empty(len(pictures), channels, height, width, device=device)
    images = images.to(memory_format=torch.channels_last)
    by_size: dict[tuple[int, ...], list[int]] = {}
    for number, picture in enumerate(pictures):
        by_size.setdefault(picture.shape, []).append(number)
    for shape, numbers in by_size.items():
        pixels = torch.empty(len(numbers), *shape, dtype=torch.uint8, device=device)
        for own, number in zip(pixels, numbers, strict=True):
            own.copy_(torch.from_numpy(pictures[number]), non_blocking=True)
        images[torch.tensor(numbers, device=device)] = resize(pixels, height, width)
    return images

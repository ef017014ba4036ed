"""From pictures to detections: resize, network, boxes, thresholds, suppression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor

from darkpy.data.arrays import as_pixels
from darkpy.data.resize import letterbox, stretch
from darkpy.errors import CfgError, DarkpyError
from darkpy.heads.base import BoxesAbove
from darkpy.inference.clock import LayerClock
from darkpy.inference.lanes import Lanes
from darkpy.inference.prepared import Prepared, network_input, out_of_letterbox
from darkpy.inference.replay import Replayed, replayed_for
from darkpy.inference.suppression import darknet_order, thinned
from darkpy.machine.forks import compute_alone_in_children
from darkpy.model.fast import FastLayers, fast_layers
from darkpy.model.network import Instead, Network
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
    precision: float32 unless asked otherwise, on a GPU too. clock: times the layers, if any.
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
        self._fast: FastLayers | None = None
        self.clock: LayerClock | None = None
        self.replayed: Replayed | None = replayed_for(network, self.device)
        self._lanes = Lanes(network)
        self._turn = Lock()  # what is replayed has one memory for all threads

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the fast layers are made again, passes are not replayed any more."""
        return {**self.__dict__, "_fast": None, "replayed": None, "_turn": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _turn=Lock())

    def time_layers(self) -> LayerClock:
        """From now on, what each layer takes."""
        self.clock = LayerClock(self.network, self.device)
        return self.clock

    def _instead(self) -> Instead:
        """The fast layers of the network's values as they are now, in the clock's hands if any."""
        self._fast = fast_layers(self._fast, self.network, self.precision, self.device)
        instead = self._fast.instead
        return instead if self.clock is None else self.clock.around(instead)

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
        nms: float | None = None,
        letter_box: bool = False,
    ) -> list[Detections]:
        """Detect in pictures, all in one pass of the network: (H, W, C) uint8 RGB, or what else
        `as_pixels` takes. A picture that OpenCV read is BGR: give `bgr[..., ::-1]`.

        thresh bounds objectness and objectness times class probability; nms 0 keeps overlaps, None
        takes the head's own threshold.
        """
        if not len(pictures):
            return []
        compute_alone_in_children()
        pictures = [
            as_pixels(picture, self.input.c, f"picture {number}")
            for number, picture in enumerate(pictures, start=1)
        ]
        prepared = [self.prepared(picture, letter_box) for picture in pictures]
        return self.detect_prepared(prepared, thresh=thresh, nms=nms)

    def prepared(self, picture: np.ndarray, letter_box: bool = False) -> Prepared:
        """A picture (H, W, C) uint8 as `detect_prepared` takes it; may be made in other threads.

        A GPU resizes by itself, so that there the picture goes along as it is.
        """
        size_hw = picture.shape[:2]
        if self.device.type != "cpu":
            return Prepared(picture, size_hw, letter_box)
        resize = letterbox if letter_box else stretch
        return Prepared(resize(picture, self.input.h, self.input.w), size_hw, letter_box)

    def detect_prepared(
        self, pictures: Sequence[Prepared], *, thresh: float, nms: float | None = None
    ) -> list[Detections]:
        """As `detect`, of pictures that `prepared` gave, all with or without a letterbox."""
        nms = self.nms(NMS_THRESHOLD) if nms is None else nms
        thresh = max(thresh, self.suppression.least)

        def rows(part: Tensor, first: int) -> Tensor:
            own = pictures[first : first + len(part)]
            return self._rows(self.offered(part, thresh), own, first, thresh, nms)

        with torch.inference_mode():
            images = network_input(pictures, self.input, self.device)
            table = torch.cat(self._in_lanes(images, rows))
        return self._brought(table, len(pictures))

    def _in_lanes(self, images: Tensor, rows: Callable[[Tensor, int], Tensor]) -> Sequence[Tensor]:
        """The rows of parts of a mini-batch: in one where the layers are listened to or timed, or
        where passes are replayed, which have one memory for all threads."""
        self._instead()  # before several threads want it
        if self.replayed is not None or self.clock is not None or self._fast.heard:
            return [rows(images, 0)]
        return self._lanes.run(images, rows)

    def _rows(
        self,
        found: BoxesAbove,
        pictures: Sequence[Prepared],
        first: int,
        thresh: float,
        nms: float,
    ) -> Tensor:
        """The table that `_brought` takes, of pictures from number `first` on."""
        self._refuse_lost(found.finite)
        probs = found.objectness[:, None] * found.probs
        probs = probs.masked_fill(probs <= thresh, 0)
        boxes = found.boxes
        if pictures[0].letter_box:
            boxes = out_of_letterbox(boxes, found.picture, pictures, self.input)
        order = darknet_order(probs, found.picture)
        columns = (found.picture, found.number, boxes, found.objectness, probs)
        picture, number, boxes, objectness, probs = (column[order] for column in columns)
        if nms:
            probs = thinned(boxes, probs, picture, self.suppression, nms)
        numbers = torch.stack((picture + first, number, objectness), dim=1)
        table = torch.cat((numbers, boxes, probs), dim=1)
        if nms and self.suppression.kept:  # few are left of thousands of anchors
            table = table[(probs > 0).any(dim=1)]
        return table

    def offered(self, images: Tensor, thresh: float) -> BoxesAbove:
        """The boxes of the network's input with an objectness above a threshold.

        `darkpy.export` asks an exported file in its place.
        """
        with self.precision(self.device):
            instead = self._instead()
            if self.replayed is None or self.clock is not None or self._fast.heard:
                return self.network.offered(images, thresh, instead)
            with self._turn:  # what a replay gives holds until the next one
                run = partial(self.replayed.run, self.network, self._fast)
                return self.network.offered(images, thresh, instead, run)

    def _brought(self, table: Tensor, pictures: int) -> list[Detections]:
        """The detections of each picture, on the CPU, from rows (R, 7 + K) of a batch: number of
        the picture, number of the box, both of which float32 holds, objectness, box, probs.

        They are tensors like any other, though the table was made in inference mode.
        """
        table = table.cpu()  # the one transfer
        self._refuse_lost(table.isfinite().all())
        counts = table[:, 0].long().bincount(minlength=pictures).tolist()
        return [
            Detections(
                boxes=own[:, 3:7].clone(),
                objectness=own[:, 2].clone(),
                probs=own[:, 7:].clone(),
                candidates=own[:, 1].long(),
            )
            for own in table.split(counts)
        ]

    def _refuse_lost(self, finite: Tensor) -> None:
        """DarkpyError for outputs that are NaN or infinite: no threshold would ever say so."""
        if not finite:
            raise DarkpyError(
                f"{self.network.plan.source}: the outputs of the network are not finite, so that "
                "nothing can be told from them: usual in the first iterations of a training, and "
                "where a weights file holds some of the layers only (`darkpy check` says so)"
            )

    def suppress(self, boxes: Tensor, probs: Tensor, nms: float) -> Tensor:
        """Class probabilities (N, K) without those of boxes (N, 4) that a likelier one covers."""
        one = torch.zeros(len(boxes), dtype=torch.long, device=boxes.device)
        return thinned(boxes, probs, one, self.suppression, nms)

    def nms(self, usual: float) -> float:
        """The overlap that is too much: the head's own, or else what is usual in Darknet."""
        own = self.suppression.threshold
        return usual if own is None else own

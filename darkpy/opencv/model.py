"""dnn_DetectionModel: a network with what comes before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from darkpy.errors import UsageError
from darkpy.machine.opencv import cv2
from darkpy.opencv.elements import Elements
from darkpy.opencv.net import Net, Source, readNet
from darkpy.opencv.rows import kept_boxes


class DetectionModel:
    """Objects of frames (H, W, 3) uint8 in BGR order, as OpenCV reads them.

    network: a `Net`, or two files of Darknet in either order. Files of other frameworks are
    OpenCV's: `DetectionModel(…)` then gives its own object.
    """

    def __new__(cls, network: Net | Source, config: Source = "") -> Any:
        """OpenCV's own model for networks that it reads by itself."""
        net = network if isinstance(network, Net) else readNet(network, config)
        if isinstance(net, Net):
            made = super().__new__(cls)
            made.net = net
            return made
        return cv2.dnn.DetectionModel(net)

    def __init__(self, network: Net | Source, config: Source = "") -> None:
        self._scale, self._size_wh = 1.0, (0, 0)
        self._mean: Sequence[float] = (0.0, 0.0, 0.0)
        self._swap = self._crop = self._across = False
        self._outputs = self.net.getUnconnectedOutLayersNames()

    def setInputParams(
        self,
        scale: float = 1.0,
        size: Sequence[int] = (0, 0),
        mean: Sequence[float] = (0.0, 0.0, 0.0),
        swapRB: bool = False,
        crop: bool = False,
    ) -> None:
        """How frames become blobs: blobFromImage()'s words. swapRB=True makes RGB of BGR."""
        self.setInputScale(scale)
        self.setInputSize(size)
        self.setInputMean(mean)
        self._swap, self._crop = swapRB, crop

    def setInputSize(self, size: Sequence[int] | int, height: int = 0) -> DetectionModel:
        """Width and height, as two numbers or one pair."""
        self._size_wh = (size, height) if isinstance(size, int) else (int(size[0]), int(size[1]))
        return self

    def setInputScale(self, scale: float | Sequence[float]) -> DetectionModel:
        """What values are multiplied with after the mean is taken off."""
        self._scale = float(scale if np.ndim(scale) == 0 else scale[0])
        return self

    def setInputMean(self, mean: Sequence[float] | float) -> DetectionModel:
        """What is taken off the values, in the blob's order of colours."""
        self._mean = (float(mean),) * 3 if np.ndim(mean) == 0 else tuple(mean)
        return self

    def setInputSwapRB(self, swapRB: bool) -> DetectionModel:
        """Whether red and blue change places: frames of OpenCV are BGR, networks want RGB."""
        self._swap = swapRB
        return self

    def setInputCrop(self, crop: bool) -> DetectionModel:
        """Whether frames are cut in place of being stretched."""
        self._crop = crop
        return self

    def setNmsAcrossClasses(self, value: bool) -> DetectionModel:
        """Whether a box silences those of other classes too."""
        self._across = value
        return self

    def getNmsAcrossClasses(self) -> bool:
        """What setNmsAcrossClasses() said."""
        return self._across

    def setOutputNames(self, outNames: Sequence[str]) -> DetectionModel:
        """Which outputs are looked at; default all."""
        self._outputs = tuple(outNames)
        return self

    def setPreferableBackend(self, backendId: int) -> DetectionModel:
        """Nothing: darkpy computes."""
        return self

    def setPreferableTarget(self, targetId: int) -> DetectionModel:
        """Nothing: darkpy computes, on the CPU."""
        return self

    def enableWinograd(self, useWinograd: bool) -> DetectionModel:
        """Nothing."""
        return self

    def predict(self, frame: np.ndarray) -> tuple[np.ndarray, ...]:
        """The rows of the outputs for a frame in BGR order."""
        if not all(self._size_wh):
            raise UsageError("setInputSize() or setInputParams(size=...) first: no size is set")
        blob = cv2.dnn.blobFromImage(
            frame, self._scale, self._size_wh, self._mean, self._swap, self._crop
        )
        self.net.setInput(blob)
        return self.net.forward(self._outputs)

    def detect(
        self, frame: np.ndarray, confThreshold: float = 0.5, nmsThreshold: float = 0.0
    ) -> tuple[Any, Any, Any]:
        """Class numbers (N,) int32, scores (N,) float32, boxes (N, 4) int32 left top width height.

        frame: (H, W, 3) uint8 in BGR order. `one` and `one[0]` are the same of a class number or a
        score, which OpenCV gave as (N, 1) before 4.5.4. Three empty tuples where nothing is found.
        nmsThreshold 0: what the network's own suppression leaves.
        """
        found = [self._boxes(rows, frame.shape[:2], confThreshold) for rows in self.predict(frame)]
        classes, scores, boxes = (np.concatenate(each) for each in zip(*found, strict=True))
        if nmsThreshold:
            kept = self._kept(classes, scores, boxes, confThreshold, nmsThreshold)
            classes, scores, boxes = classes[kept], scores[kept], boxes[kept]
        if not len(classes):
            return (), (), ()
        return classes.view(Elements), scores.view(Elements), boxes

    def _boxes(
        self, rows: np.ndarray, size_hw: tuple[int, int], conf: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows (N, 5+K) -> the likeliest class of each not below `conf`, inside of the frame."""
        rows = rows.reshape(-1, rows.shape[-1])
        classes = rows[:, 5:].argmax(axis=1)
        scores = rows[np.arange(len(rows)), 5 + classes]
        there = scores >= np.float32(conf)
        h, w = size_hw
        cx, cy, bw, bh = np.trunc(rows[there, :4] * np.float32((w, h, w, h))).astype(int).T
        left = np.clip(cx - _half(bw), 0, w - 1)
        top = np.clip(cy - _half(bh), 0, h - 1)
        width = np.maximum(1, np.minimum(bw, w - left))
        height = np.maximum(1, np.minimum(bh, h - top))
        boxes = np.stack((left, top, width, height), axis=1).astype(np.int32)
        return classes[there].astype(np.int32), scores[there], boxes

    def _kept(
        self, classes: np.ndarray, scores: np.ndarray, boxes: np.ndarray, conf: float, nms: float
    ) -> np.ndarray:
        """Which of all outputs' boxes stay, class by class in the order of their numbers."""
        if self._across:
            return kept_boxes(boxes.astype(float), scores, conf, nms)
        kept = []
        for number in np.unique(classes):
            own = np.flatnonzero(classes == number)
            kept.append(own[kept_boxes(boxes[own].astype(float), scores[own], conf, nms)])
        return np.concatenate([*kept, np.empty(0, int)]).astype(int)


def _half(sides: np.ndarray) -> np.ndarray:
    """C's division by 2, which goes towards 0."""
    return np.trunc(sides / 2).astype(int)

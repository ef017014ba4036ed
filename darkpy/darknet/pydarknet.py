"""The module `pydarknet` (YOLO3-4-Py) over darkpy: `import darkpy.darknet.pydarknet as pydarknet`.

net = Detector(b"my.cfg", b"my.weights", 0, b"my.data")
for name, probability, (cx, cy, w, h) in net.detect(Image(cv2.imread("picture.jpg"))):
    ...
"""

from __future__ import annotations

import numpy as np

from darkpy.darknet.detecting import Found, detect_image
from darkpy.darknet.images import array_to_image
from darkpy.darknet.networks import Path, load_meta, load_net_custom, set_gpu


class Image:
    """A picture (H, W, 3) uint8 in BGR order, as OpenCV reads it."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.im, _ = array_to_image(np.ascontiguousarray(pixels[..., ::-1]))


class Detector:
    """A network and the names of a .data file. p: of no account, as in pydarknet."""

    def __init__(self, config: Path, weights: Path, p: int, meta: Path) -> None:
        self.net = load_net_custom(config, weights, p, 1)
        self.meta = load_meta(meta)

    def detect(
        self, image: Image, thresh: float = 0.5, hier_thresh: float = 0.5, nms: float = 0.45
    ) -> list[Found]:
        """(name, probability 0..1, (cx, cy, w, h) in px of the picture), the likeliest first."""
        return detect_image(self.net, self.meta, image.im, thresh, hier_thresh, nms)


def set_cuda_visible_devices(*numbers: int) -> None:
    """Compute on the first of these GPUs."""
    if numbers:
        set_gpu(numbers[0])

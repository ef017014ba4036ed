"""The class of `darknetpy.detector` over darkpy: `from darkpy.darknet.darknetpy import Detector`.

for found in Detector("my.data", "my.cfg", "my.weights").detect("picture.jpg"):
    print(found["class"], found["prob"], found["left"], found["top"])
"""

from __future__ import annotations

from ctypes import c_int, pointer
from typing import Any

from darkpy.darknet.boxes import do_nms_sort, get_network_boxes
from darkpy.darknet.detecting import remove_negatives
from darkpy.darknet.images import as_image
from darkpy.darknet.networks import Path, load_meta, load_net, predict_image_letterbox


class Detector:
    """A network and the names of a .data file.

    Called with data, cfg and weights; what older scripts give before them, the folder of the C
    program, is of no account.
    """

    def __init__(self, *files: Path) -> None:
        if len(files) not in (3, 4):
            raise TypeError(f"{len(files)} files; give the .data, the .cfg and the .weights file")
        data, cfg, weights = files[-3:]
        self.net, self.meta = load_net(cfg, weights), load_meta(data)

    def detect(
        self, path: Any, thresh: float = 0.5, hier: float = 0.5, nms: float = 0.5
    ) -> list[dict[str, Any]]:
        """Objects of a picture file as dicts: class, prob 0..1, left, top, right, bottom in px.

        path: a file, or an array (H, W, 3) uint8 in RGB order. It is letterboxed.
        """
        im, count = as_image(path), c_int()
        predict_image_letterbox(self.net, im)
        dets = get_network_boxes(self.net, im.w, im.h, thresh, hier, None, 0, pointer(count), 1)
        do_nms_sort(dets, count.value, self.meta.classes, nms)
        names = [str(name) for name in self.meta.names]
        return [
            {
                "class": name,
                "prob": probability,
                "left": int(cx - w / 2),
                "top": int(cy - h / 2),
                "right": int(cx + w / 2),
                "bottom": int(cy + h / 2),
            }
            for name, probability, (cx, cy, w, h) in remove_negatives(dets, names, count.value)
        ]

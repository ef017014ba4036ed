"""Writes detections.json with the `darknet` module of a folder: make.py FOLDER SHARED OUT."""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
import tempfile
from pathlib import Path

import cv2

NETS = {
    "yolo-fastest-1.1": ("golden/detect", "coco.names", 80),
    "MobileNetV2-YOLO-Fastest-voc-v2": ("real/weights/mnv2-yolo-fastest-voc-v2", "voc.names", 20),
    "yoloface-50k": ("real/weights/yoloface-50k", "obj.names", 1),
    "bccd-tiny": ("real/bccd", "bccd.names", 3),
}
PICTURES = (
    "golden/augment/dog.jpg",
    "golden/augment/person.jpg",
    "golden/detect/eagle.jpg",
    "golden/detect/giraffe.jpg",
    "golden/detect/horses.jpg",
    "real/bccd/images/BloodImage_00001.jpg",
    "real/bccd/images/BloodImage_00002.jpg",
)


def rows_of(darknet, net, names, size_wh, form):
    """Rows of the picture that was shown last."""
    thresh, relative, letter, suppress, nms = {
        "resized": (0.1, 0, 0, darknet.do_nms_sort, 0.45),
        "whole": (0.25, 0, 0, darknet.do_nms_sort, 0.45),
        "letterboxed": (0.2, 1, 1, darknet.do_nms_obj, 0.4),
    }[form]
    number = ctypes.pointer(ctypes.c_int(0))
    dets = darknet.get_network_boxes(net, *size_wh, thresh, 0.5, None, relative, number, letter)
    suppress(dets, number[0], len(names), nms)
    found = darknet.remove_negatives(dets, list(range(len(names))), number[0])
    darknet.free_detections(dets, number[0])
    return [[label, probability, *box] for label, probability, box in found]


def seen(darknet, folder, shared):
    """(net, picture, form, rows) of every call."""
    for stem, (where, names_file, classes) in NETS.items():
        place = shared / where
        data = folder / f"{stem}.data"
        data.write_text(f"classes={classes}\nnames={place / names_file}\n")
        files = str(place / f"{stem}.cfg"), str(data), str(place / f"{stem}.weights")
        net, names, _ = darknet.load_network(*files, batch_size=1)
        size_wh = darknet.network_width(net), darknet.network_height(net)
        for picture in PICTURES:
            path = str(shared / picture)
            pixels = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
            resized = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_LINEAR)
            im = darknet.make_image(*size_wh, 3)
            darknet.copy_image_from_bytes(im, resized.tobytes())
            darknet.predict_image(net, im)
            yield stem, picture, "resized", rows_of(darknet, net, names, size_wh, "resized")
            whole = darknet.load_image(path.encode(), 0, 0)
            darknet.predict_image(net, whole)
            size = whole.w, whole.h
            yield stem, picture, "whole", rows_of(darknet, net, names, size, "whole")
            darknet.predict_image_letterbox(net, whole)
            yield stem, picture, "letterboxed", rows_of(darknet, net, names, size, "letterboxed")


def main(module_folder, shared, out):
    sys.path.insert(0, module_folder)
    darknet = importlib.import_module("darknet")
    with tempfile.TemporaryDirectory() as folder:
        calls = [
            (stem, picture, form, [[row[0], *(float(f"{x:.9g}") for x in row[1:])] for row in rows])
            for stem, picture, form, rows in seen(darknet, Path(folder), Path(shared))
        ]
    lines = ",\n".join(json.dumps(call, separators=(",", ":")) for call in calls)
    Path(out).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

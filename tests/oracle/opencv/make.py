"""Has OpenCV 4 compute rows.npz: make.py PYTHON SHARED OUT. PYTHON is one that has OpenCV 4.

Without darkpy, `make.py FOLDER...` (what PYTHON is started with) computes the cases of folders.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

CONV = "[convolutional]\nfilters={}\nsize={}\nstride={}\npad=1\nactivation={}\n"
HEAD = "[yolo]\nmask={}\nanchors=10,14, 23,27, 37,58, 81,82\nclasses=3\nnum=4\n"
SMALL = {
    "yolo": "[net]\nwidth=64\nheight=64\nchannels=3\n"
    + CONV.format("8\nbatch_normalize=1", 3, 2, "leaky")
    + CONV.format("16\nbatch_normalize=1", 3, 2, "mish")
    + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n"
    + CONV.format("8\nbatch_normalize=1", 3, 1, "swish")
    + "[shortcut]\nfrom=-2\nactivation=linear\n[maxpool]\nsize=2\nstride=2\n"
    + CONV.format(16, 1, 1, "linear")
    + HEAD.format("2,3")
    + "scale_x_y=1.1\nthresh=.1\n[route]\nlayers=-3\n[upsample]\nstride=2\n[route]\nlayers=-1,4\n"
    + CONV.format(16, 1, 1, "linear")
    + HEAD.format("0,1")
    + "nms_threshold=.3\n",
    "region": "[net]\nwidth=64\nheight=64\nchannels=3\n"
    + CONV.format("8\nbatch_normalize=1", 3, 2, "leaky")
    + CONV.format("8\nbatch_normalize=1", 3, 2, "relu")
    + "[reorg]\nstride=2\n"
    + CONV.format(27, 1, 1, "linear")
    + "[region]\nanchors=1,2, 3,3, 2,1\nclasses=4\ncoords=4\nnum=3\nsoftmax=1\nthresh=.05\n",
    "new_coords": "[net]\nwidth=64\nheight=64\nchannels=3\n"
    + CONV.format("8\nbatch_normalize=1", 3, 2, "leaky")
    + CONV.format(16, 1, 2, "logistic")
    + HEAD.format("1,2")
    + "new_coords=1\nscale_x_y=2\n",
}
STOCK = ("yolov4-tiny", "yolov3-tiny-prn", "enet-coco", "yolov2-tiny-voc")
REAL = {
    "yolo-fastest-1.1": "golden/detect",
    "MobileNetV2-YOLO-Fastest-voc-v2": "real/weights/mnv2-yolo-fastest-voc-v2",
    "yoloface-50k": "real/weights/yoloface-50k",
}
PICTURES = ("dog", "person")
STEP = 5  # of the rows that are kept; prime to the anchors of a cell
DETECT = {"detect": (0.0, False), "suppressed": (0.4, False), "across": (0.4, True)}


def seen(opencv, folder):
    """What an OpenCV, or darkpy.opencv, makes of a case: arrays by name."""
    net = opencv.dnn.readNetFromDarknet(str(folder / "net.cfg"), str(folder / "net.weights"))
    found = {}
    names = net.getUnconnectedOutLayersNames()
    blob = folder / "blob.npy"
    if blob.exists():
        net.setInput(np.load(blob))
        for name, rows in zip(names, net.forward(names), strict=True):
            found[name] = np.asarray(rows)[..., ::STEP, :]
        return found
    for path in sorted(folder.glob("*.frame.npy")):
        frame, stem = np.load(path), path.name.partition(".")[0]
        size_wh = frame.shape[1] // 2, frame.shape[0] // 2
        model = opencv.dnn_DetectionModel(net)
        model.setInputParams(size=size_wh, scale=1 / 255, swapRB=True)
        for kind, (nms, across) in DETECT.items():
            model.setNmsAcrossClasses(across)
            classes, scores, boxes = model.detect(frame, 0.25, nms)
            table = np.zeros((len(classes), 6))
            if len(classes):
                table[:, 0], table[:, 1], table[:, 2:] = classes, scores, boxes
            found[f"{stem}/{kind}"] = table
        net.setInput(cv2.dnn.blobFromImage(frame, 1 / 255, size_wh, swapRB=True))
        for name, rows in zip(names, net.forward(names), strict=True):
            found[f"{stem}/{name}"] = rows[rows[:, 4] > 0.1]
    return found


def prepared(folder, shared):
    """(name, folder) of every case; those of ../shared only where that is."""
    from tests.opencv.made import blob, write_weights

    for name, text in SMALL.items():
        place = folder / name
        place.mkdir()
        (place / "net.cfg").write_text(text)
        write_weights(place / "net.cfg", place / "net.weights")
        np.save(place / "blob.npy", blob(64, 64, 2 if name == "new_coords" else 1))
        yield name, place
    for name in STOCK if shared else ():
        place = folder / name
        place.mkdir()
        shutil.copy(shared / "real/cfgs/stock" / f"{name}.cfg", place / "net.cfg")
        write_weights(place / "net.cfg", place / "net.weights")
        np.save(place / "blob.npy", blob(64, 96))
        yield name, place
    for name, where in REAL.items() if shared else ():
        from darkpy.planning.network import read_network

        place = folder / name
        place.mkdir()
        for ending in (".cfg", ".weights"):
            shutil.copy(shared / where / f"{name}{ending}", place / f"net{ending}")
        shape = read_network(place / "net.cfg").input
        for picture in PICTURES:
            # Each pixel twice along both sides: all versions of OpenCV resize that to the same.
            pixels = cv2.imread(str(shared / "golden/augment" / f"{picture}.jpg"))
            pixels = cv2.resize(pixels, (shape.w, shape.h))
            frame = pixels.repeat(2, axis=0).repeat(2, axis=1)
            np.save(place / f"{picture}.frame.npy", frame)
        yield name, place


def main(python, shared, out):
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    with tempfile.TemporaryDirectory() as folder:
        cases = dict(prepared(Path(folder), Path(shared)))
        subprocess.run([python, __file__, *map(str, cases.values())], check=True)
        found = {
            f"{name}/{key}": rows
            for name, place in cases.items()
            for key, rows in np.load(place / "seen.npz").items()
        }
    np.savez_compressed(out, **found)


if __name__ == "__main__":
    if Path(sys.argv[1]).is_dir():
        for each in map(Path, sys.argv[1:]):
            np.savez(each / "seen.npz", **seen(cv2, each))
    else:
        main(*sys.argv[1:])

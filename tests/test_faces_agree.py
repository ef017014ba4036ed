"""One picture, real weights, four faces: the command, darkpy, darkpy.darknet and darkpy.opencv."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

import darkpy
import darkpy.darknet as darknet
import darkpy.opencv
from darkpy.data.pictures import read_picture
from darkpy.detector.test import run

NETS = {
    "yolo-fastest-1.1": ("golden/detect", "coco.names", 80),
    "MobileNetV2-YOLO-Fastest-voc-v2": ("real/weights/mnv2-yolo-fastest-voc-v2", "voc.names", 20),
    "yoloface-50k": ("real/weights/yoloface-50k", "obj.names", 1),
}
THRESH = 0.25


@pytest.fixture(params=NETS)
def net(request, shared, tmp_path):
    """cfg, weights, names and data file of a net, and a picture that it finds something in.

    The picture has the network's size, so that all resize it alike.
    """
    where, names, classes = NETS[request.param]
    folder = shared / where
    cfg, weights = (str(folder / f"{request.param}{ending}") for ending in (".cfg", ".weights"))
    data = tmp_path / "net.data"
    data.write_text(f"classes={classes}\nnames={folder / names}\nvalid={tmp_path / 'none.txt'}\n")
    plan = darkpy.load(cfg, weights, folder / names).input
    picture = tmp_path / "picture.png"
    pixels = cv2.imread(str(shared / "golden" / "augment" / "person.jpg"))
    cv2.imwrite(str(picture), cv2.resize(pixels, (plan.w, plan.h)))
    return cfg, weights, folder / names, data, picture


def _by_the_command(net, folder):
    cfg, weights, _, data, picture = net
    out = folder / "out.json"
    flags = {"thresh": THRESH, "out": str(out), "dontdraw_bbox": True, "dont_show": True}
    list(run(str(data), cfg, weights, input=[str(picture)], **flags))
    h, w = cv2.imread(str(picture)).shape[:2]
    found = []
    for one in json.loads(out.read_text())[0]["objects"]:
        place = one["relative_coordinates"]
        centre, size = (place["center_x"], place["center_y"]), (place["width"], place["height"])
        box = np.array((*centre, *size)) * (w, h, w, h)
        found.append((one["name"], one["confidence"], *box))
    return found


def _by_python(net):
    cfg, weights, names, _, picture = net
    found = darkpy.load(cfg, weights, names).detect(picture, thresh=THRESH)
    h, w = cv2.imread(str(picture)).shape[:2]
    return [(one.name, one.probability, *np.array(one.place) * (w, h, w, h)) for one in found]


def _by_darknet(net):
    cfg, weights, _, data, picture = net
    network, names, _ = darknet.load_network(cfg, str(data), weights)
    im = darknet.load_image(str(picture), 0, 0)
    found = darknet.detect_image(network, names, im, thresh=THRESH)
    return [(name, float(percent) / 100, *box) for name, percent, box in found]


def _by_opencv(net):
    """The usual script, with Darknet's rule: each class above the threshold counts, one by one."""
    cfg, weights, names, _, picture = net
    pixels = read_picture(picture)[..., ::-1]
    h, w = pixels.shape[:2]
    cv = darkpy.opencv
    reader = cv.dnn.readNetFromDarknet(cfg, weights)
    reader.setInput(cv.dnn.blobFromImage(pixels, 1 / 255, (w, h), swapRB=True))
    rows = np.vstack(reader.forward(reader.getUnconnectedOutLayersNames()))
    boxes = rows[:, :4] * (w, h, w, h)
    listed, found = names.read_text().split("\n"), []
    for number in range(rows.shape[1] - 5):
        own = np.flatnonzero(rows[:, 5 + number] > THRESH)
        corners = boxes[own] - np.c_[boxes[own, 2:] / 2, 0 * boxes[own, 2:]]
        scores = rows[own, 5 + number]
        for kept in cv.dnn.NMSBoxes(corners.tolist(), scores.tolist(), THRESH, 0.45):
            found.append((listed[number], float(scores[kept]), *boxes[own[kept]]))
    return found


def _sorted(found):
    names, *numbers = zip(*sorted(found, key=lambda one: (one[0], one[2], one[3])), strict=True)
    return names, np.array(numbers).T


@pytest.mark.slow
def test_the_four_faces_find_the_same_boxes(net, tmp_path):
    names, wanted = _sorted(_by_the_command(net, tmp_path))

    # The JSON has six digits of the unit square; darknet's percentages two; OpenCV adds another
    # constant to variances, which moves probabilities by up to .008 and boxes by .1 px.
    for found, prob, place in (
        (_by_python(net), 1e-6, 1e-3),
        (_by_darknet(net), 6e-5, 1e-3),
        (_by_opencv(net), 1e-2, 0.5),
    ):
        own_names, numbers = _sorted(found)
        assert own_names == names
        np.testing.assert_allclose(numbers[:, 0], wanted[:, 0], atol=prob, rtol=0)
        np.testing.assert_allclose(numbers[:, 1:], wanted[:, 1:], atol=place, rtol=0)

"""Pictures and detections as scripts reach into them."""

from __future__ import annotations

import ctypes
import gc

import numpy as np
import pytest
import torch

import darkpy.darknet as darknet
from darkpy.darknet.structures import DetectionMemory
from darkpy.errors import DarkpyError
from tests.certain import CFG


def test_bytes_become_planes_of_shares():
    im = darknet.make_image(2, 1, 3)
    darknet.copy_image_from_bytes(im, bytes([255, 51, 0, 102, 0, 204]))

    # red 255, 102; green 51, 0; blue 0, 204
    assert [round(im.data[i], 6) for i in range(6)] == [1, 0.4, 0.2, 0, 0, 0.8]
    darknet.rgbgr_image(im)
    assert [round(im.data[i], 6) for i in range(6)] == [0, 0.8, 0.2, 0, 1, 0.4]


def test_too_few_bytes_are_refused():
    with pytest.raises(ValueError, match="5 bytes for a picture of 2x1x3: 6"):
        darknet.copy_image_from_bytes(darknet.make_image(2, 1, 3), bytes(5))


def test_an_image_keeps_the_numbers_of_its_pointer():
    def prepared():
        array = np.arange(6, dtype=np.float32)
        data = array.ctypes.data_as(darknet.POINTER(darknet.c_float))
        return darknet.IMAGE(2, 1, 3, data)

    im = prepared()
    gc.collect()
    fill = [np.full(6, 9, np.float32) for _ in range(50)]

    assert [im.data[i] for i in range(6)] == [0, 1, 2, 3, 4, 5], len(fill)
    assert ctypes.sizeof(darknet.IMAGE) == 24


def test_letterboxing_keeps_the_aspect():
    im = darknet.letterbox_image(darknet.make_image(8, 4, 1), 4, 4)

    # 8x4 becomes 4x2 in the middle rows, which are black; the others are grey.
    assert [im.data[i] for i in range(16)] == [0.5] * 4 + [0] * 8 + [0.5] * 4


def _held(boxes, objectness, probs):
    return DetectionMemory(np.float32(boxes), np.float32(objectness), np.float32(probs))


def test_suppression_silences_class_by_class_and_sorts():
    # Two boxes 10x10, 2 px apart: IoU 80 / 120 = .667; one far away.
    boxes = [(10, 10, 10, 10), (12, 10, 10, 10), (90, 10, 10, 10)]
    dets = _held(boxes, [0.9, 0.9, 0.9], [(0.5, 0.3), (0.8, 0), (0, 0.6)]).pointer()

    darknet.do_nms_sort(dets, 3, 2, 0.45)

    # Sorted by class 0, then by class 1: .6 (far), .3 (first), 0 (second).
    assert [dets[i].bbox.x for i in range(3)] == [90, 10, 12]
    found = [[round(dets[i].prob[k], 4) for k in range(2)] for i in range(3)]
    assert found == [[0, 0.6], [0, 0.3], [0.8, 0]]  # .5 of class 0 is silenced by .8


def test_suppression_by_objectness_silences_all_classes():
    boxes = [(10, 10, 10, 10), (12, 10, 10, 10), (90, 10, 10, 10)]
    dets = _held(boxes, [0.5, 0.9, 0.7], [(0.5, 0.3), (0.8, 0), (0, 0.6)]).pointer()

    darknet.do_nms_obj(dets, 3, 2, 0.45)

    assert [dets[i].bbox.x for i in range(3)] == [12, 90, 10]
    assert [round(dets[i].objectness, 4) for i in range(3)] == [0.9, 0.7, 0]
    assert [dets[2].prob[0], dets[2].prob[1]] == [0, 0]
    names = ["a", "b"]
    slowly = darknet.remove_negatives([dets[i] for i in range(3)], names, 3)
    assert darknet.remove_negatives(dets, names, 3) == slowly
    assert [one[0] for one in slowly] == ["a", "b"]


def test_detections_outlive_what_they_came_from(files):
    cfg, weights, _ = files
    net = darknet.load_net(cfg, weights)
    white = np.full((32, 32, 3), 255, np.uint8)
    (pair,) = darknet.network_predict_batch(net, darknet.array_to_image(white)[0], 1, 128, 64, 0.5)
    one = pair.dets[0]
    del pair, net
    gc.collect()

    assert (one.bbox.x, one.bbox.y, one.bbox.w, one.bbox.h) == (64, 32, 32, 16)
    assert one.classes == 1
    assert not one.mask
    assert not one.uc
    assert one.prob[0] == pytest.approx(0.907, abs=1e-3)


def test_a_batch_has_the_boxes_of_each_picture(files):
    cfg, weights, data = files
    net, names, _ = darknet.load_network(cfg, data, weights, batch_size=2)
    values = np.concatenate((np.zeros(3 * 32 * 32), np.ones(3 * 32 * 32))).astype(np.float32)
    im = darknet.IMAGE(640, 480, 3, values.ctypes.data_as(darknet.POINTER(darknet.c_float)))

    pairs = darknet.network_predict_batch(net, im, 2, 640, 480, 0.5, 0.5, None, 0, 0)

    assert [pair.num for pair in pairs] == [0, 1]
    assert darknet.remove_negatives(pairs[1].dets, names, 1)[0][2] == (320, 240, 160, 120)
    darknet.free_batch_detections(pairs, 2)


def test_a_gaussian_head_tells_how_sure_a_box_is(tmp_path):
    cfg = tmp_path / "gaussian.cfg"
    text = CFG.replace("filters=6", "filters=10").replace("[yolo]", "[Gaussian_yolo]")
    cfg.write_text(text)
    net = darknet.load_net(str(cfg))
    kernel = net.network.layers[1].conv
    kernel.weight.data.zero_()
    # x, y, w, h each followed by its deviation, then the object and the class
    values = [0.0, -1.0, 0.0, -2.0, 0.0, -3.0, 0.0, -4.0, 3.0, 3.0]
    kernel.bias.data[:] = kernel.bias.new_tensor(values)
    darknet.predict_image(net, darknet.make_image(32, 32, 3))

    dets = darknet.get_network_boxes(net, 32, 32, 0.5)

    # logistic(-1), (-2), (-3), (-4)
    sure = [0.26894, 0.1192, 0.04743, 0.01799]
    assert [dets[0].uc[i] for i in range(4)] == pytest.approx(sure, abs=1e-5)


LOOKS = """
[net]
width=4
height=4
channels=3
[convolutional]
filters=4
size=1
stride=2
activation=linear
[route]
layers=-1
[convolutional]
filters=12
size=1
activation=linear
[yolo]
mask=0,1
anchors=2,2, 3,3
num=2
classes=1
embedding_layer=-3
"""


def test_a_detection_points_to_its_embedding(tmp_path):
    """2 anchors share 4 channels: anchor 1 of the cell (1, 0) has channels 2 and 3 there."""
    cfg = tmp_path / "looks.cfg"
    cfg.write_text(LOOKS)
    net = darknet.load_net(str(cfg))
    first, head = (net.network.layers[index].conv for index in (0, 2))
    first.bias.data[:] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    first.weight.data.zero_()
    first.weight.data[3, 0] = 1  # red adds to the fourth
    head.weight.data.zero_()
    head.bias.data[:] = torch.tensor([0.0, 0, 0, 0, -9, 0, 0, 0, 0, 0, 9, 9])  # anchor 1 alone
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0, 2, 0] = 255  # of the cell (1, 0)
    darknet.predict_image(net, darknet.array_to_image(pixels)[0])
    number = darknet.c_int()

    dets = darknet.get_network_boxes(net, 4, 4, 0.5, 0.5, None, 0, darknet.byref(number))
    darknet.do_nms_sort(dets, number.value, 1, 0.0)

    assert number.value == 4
    looks = {
        (dets[i].bbox.x, dets[i].bbox.y): (dets[i].embeddings[0], dets[i].embeddings[1])
        for i in range(4)
    }
    assert {dets[i].embedding_size for i in range(4)} == {2}
    assert looks == {(1, 1): (3, 4), (3, 1): (3, 5), (1, 3): (3, 4), (3, 3): (3, 4)}


def test_boxes_are_asked_for_after_a_picture(files):
    net = darknet.load_net(*files[:2])

    with pytest.raises(DarkpyError, match="no picture was shown to this network yet"):
        darknet.get_network_boxes(net, 32, 32, 0.5)


def test_a_classifier_gives_all_classes(tmp_path):
    cfg = tmp_path / "classifier.cfg"
    cfg.write_text(
        "[net]\nwidth=4\nheight=4\nchannels=3\n[convolutional]\nfilters=2\nsize=1\n"
        "activation=linear\n[avgpool]\n[softmax]\ngroups=1\n"
    )
    net = darknet.load_net(str(cfg), "", 0)
    conv = net.network.layers[0].conv
    conv.weight.data.zero_()
    conv.bias.data[:] = conv.bias.new_tensor([0.0, np.log(3)])

    found = darknet.classify(net, darknet.METADATA(2, ["a", "b"]), darknet.make_image(4, 4, 3))

    # softmax of 0 and log 3: 1/4, 3/4
    assert found == [("b", pytest.approx(0.75)), ("a", pytest.approx(0.25))]


def test_overlapping_boxes_by_their_lower_edge():
    # The lower covers 81 of the upper's 11 * 11 px: .669. Sides count one px more.
    boxes = [(0, "a", 0, (10, 10, 10, 10)), (0, "b", 0, (12, 12, 10, 10))]

    assert darknet.non_max_suppression_fast(boxes, 0.66) == [boxes[1]]
    assert darknet.non_max_suppression_fast(boxes, 0.68) == [boxes[1], boxes[0]]
    assert darknet.non_max_suppression_fast([], 0.5) == []

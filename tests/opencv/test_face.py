"""The importer's functions as scripts call them."""

from __future__ import annotations

from pathlib import Path

import cv2 as installed
import numpy as np
import pytest

import darkpy.opencv as cv2
from darkpy.errors import CfgError, DarkpyError, UsageError
from darkpy.opencv.rows import kept_boxes
from tests.certain import PROB, certain_files

WHITE = np.full((64, 128, 3), 255, np.uint8)


@pytest.fixture
def files(tmp_path):
    """cfg and weights of a net that sees one thing in the middle of what is red."""
    return tuple(str(path) for path in certain_files(tmp_path, red=9.0)[:2])


def blob_of(picture):
    return cv2.dnn.blobFromImage(picture, 1 / 255, (32, 32), swapRB=True)


def test_the_usual_script(files):
    net = cv2.dnn.readNetFromDarknet(*files)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    names = net.getLayerNames()

    assert names == ("pool_0", "conv_1", "permute_2", "yolo_2")
    assert [names[i - 1] for i in net.getUnconnectedOutLayers()] == ["yolo_2"]
    assert [names[i[0] - 1] for i in net.getUnconnectedOutLayers()] == ["yolo_2"]
    assert [names[i - 1] for i in net.getUnconnectedOutLayers().flatten()] == ["yolo_2"]
    assert net.getUnconnectedOutLayersNames() == ("yolo_2",)
    net.setInput(blob_of(WHITE))
    (rows,) = net.forward(["yolo_2"])
    # logistic(3) = .95257 of the object, times as much of the class.
    assert rows.tolist() == [pytest.approx([0.5, 0.5, 0.25, 0.25, 0.95257, PROB], abs=1e-4)]
    assert (net.forward() == rows).all()
    assert (net.forward("yolo_2") == rows).all()
    assert net.getPerfProfile()[0] > 0


def test_several_pictures_give_a_table_each(files):
    net = cv2.dnn.readNetFromDarknet(*files)
    net.setInput(np.concatenate((blob_of(WHITE * 0), blob_of(WHITE))))

    rows = net.forward()

    assert rows.shape == (2, 1, 6)
    assert rows[0, 0, 5] == 0  # .0025 * .95 is not above .2
    assert rows[1, 0, 5] == pytest.approx(PROB, abs=1e-4)


def test_files_come_in_either_order_or_as_their_content(files):
    cfg, weights = files
    contents = [Path(path).read_bytes() for path in files]

    for net in (
        cv2.dnn.readNet(weights, cfg),
        cv2.dnn.readNet(cfg, weights),
        cv2.dnn.readNet(weights, cfg, "darknet"),
        cv2.dnn.readNetFromDarknet(*contents),
        cv2.dnn.readNetFromDarknet(*(np.frombuffer(each, np.uint8) for each in contents)),
    ):
        net.setInput(blob_of(WHITE))
        assert net.forward()[0, 5] == pytest.approx(PROB, abs=1e-4)


def test_scale_and_mean_of_the_input(files):
    net = cv2.dnn.readNetFromDarknet(*files)
    raw = np.full((1, 3, 32, 32), 200, np.uint8)

    net.setInput(raw, "", 0.01, (100, 0, 0))  # red: (200 - 100) * .01 = 1

    assert net.forward()[0, 5] == pytest.approx(PROB, abs=1e-4)


def test_the_outputs_of_other_layers(files):
    net = cv2.dnn.readNetFromDarknet(*files)
    net.setInput(blob_of(WHITE))

    assert net.forward("pool_0").tolist() == [[[[1.0]]] * 3]
    with pytest.raises(UsageError, match="there is no layer 'yolo_3'; did you mean 'yolo_2'"):
        net.forward("yolo_3")
    with pytest.raises(UsageError, match="darkpy computes 'permute_2' and what follows at once"):
        net.forward(["permute_2"])


@pytest.mark.parametrize(("last", "shape"), [("avgpool", (1, 2, 1, 1)), ("connected", (1, 2))])
def test_a_classifier_gives_probabilities(tmp_path, last, shape):
    """OpenCV gives a convolution's with height and width, a fully connected layer's without."""
    conv = "[convolutional]\nfilters=2\nsize=1\nactivation=linear\n"
    layers = {
        "avgpool": f"{conv}[avgpool]\n",
        "connected": "[connected]\noutput=2\nactivation=linear\n",
    }
    head = "[net]\nwidth=4\nheight=4\nchannels=3\n"
    (tmp_path / "net.cfg").write_text(f"{head}{layers[last]}[softmax]\n")
    net = cv2.dnn.readNetFromDarknet(str(tmp_path / "net.cfg"))
    net.setInput(np.zeros((1, 3, 4, 4), np.float32))

    found = net.forward()

    assert found.shape == shape
    assert found.sum() == pytest.approx(1)


def test_what_scripts_ask_of_a_layer(files):
    net = cv2.dnn.readNetFromDarknet(*files)
    last = net.getLayer(net.getLayerId("yolo_2"))

    assert (last.name, last.type) == ("yolo_2", "Region")
    assert net.getLayer(0).name == "_input"
    assert net.getLayerId("none") == -1
    assert not net.empty()


def test_mistakes_are_said(files):
    net = cv2.dnn.readNetFromDarknet(*files)

    with pytest.raises(DarkpyError, match=r"forward: no input yet; setInput\(\) gives one"):
        net.forward()
    with pytest.raises(UsageError, match=r"a blob of the shape \(3, 32, 32\); blobFromImage"):
        net.setInput(np.zeros((3, 32, 32), np.float32))
    with pytest.raises(CfgError, match=r"none\.cfg"):
        cv2.dnn.readNetFromDarknet("none.cfg", files[1])


def test_a_detection_model_takes_bgr(files):
    model = cv2.dnn_DetectionModel(*files)
    model.setInputParams(size=(32, 32), scale=1 / 255, swapRB=True)
    red, blue = np.zeros((2, 64, 128, 3), np.uint8)
    red[..., 2] = blue[..., 0] = 255

    classes, scores, boxes = model.detect(red, confThreshold=0.5, nmsThreshold=0.4)

    assert (classes.tolist(), boxes.tolist()) == ([0], [[48, 24, 32, 16]])
    assert scores.tolist() == pytest.approx([PROB], abs=1e-4)
    assert model.detect(blue, 0.5, 0.4) == ((), (), ())
    model.setInputSwapRB(False)
    assert len(model.detect(blue, 0.5)[0]) == 1


def test_a_size_comes_first(files):
    model = cv2.dnn_DetectionModel(cv2.dnn.readNetFromDarknet(*files))

    with pytest.raises(UsageError, match=r"setInputSize\(\) or setInputParams\(size=...\) first"):
        model.detect(WHITE)
    assert len(model.setInputSize(32, 32).setInputScale(1 / 255).detect(WHITE)[0]) == 1
    assert len(model.setInputSize((32, 32)).detect(WHITE)[0]) == 1


def test_boxes_that_stay():
    # 10x10 px: the second covers 80 of 120 of the first, the third touches nothing.
    boxes = np.array([(0, 0, 10, 10), (2, 0, 10, 10), (50, 0, 10, 10), (0, 0, 10, 10)], float)
    scores = np.float32([0.6, 0.9, 0.3, 0.2])

    assert kept_boxes(boxes, scores, 0.25, 0.66).tolist() == [1, 2]
    assert kept_boxes(boxes, scores, 0.25, 0.67).tolist() == [1, 0, 2]


def test_numbers_are_rows_of_one_too(files):
    """OpenCV before 4.5.4 gave (N, 1), and scripts of both ages are about."""
    boxes, scores = [[0, 0, 10, 10], [2, 0, 10, 10], [50, 0, 10, 10]], [0.6, 0.9, 0.3]
    kept = cv2.dnn.NMSBoxes(boxes, scores, 0.25, 0.5)
    model = cv2.dnn_DetectionModel(*files).setInputSize(32, 32).setInputScale(1 / 255)
    classes, confs, _ = model.detect(WHITE, 0.5)

    assert [i[0] for i in kept] == [i for i in kept] == kept.flatten().tolist() == [1, 2]
    assert ["thing"][classes[0]] == ["thing"][classes[0][0]] == "thing"
    assert confs[0][0] == confs[0] == pytest.approx(PROB, abs=1e-4)
    assert len(cv2.dnn.NMSBoxes([], [], 0.25, 0.5)) == 0


def test_all_other_names_are_those_of_opencv():
    assert cv2.imread is installed.imread
    assert cv2.dnn.blobFromImage is installed.dnn.blobFromImage
    assert getattr(installed.dnn, "DNN_BACKEND_CUDA", 0) == cv2.dnn.DNN_BACKEND_CUDA
    with pytest.raises(AttributeError):
        _ = cv2.dnn.no_such_name

"""The three generations of scripts; the thing lies at 48..80 x 24..40 of a picture of 128x64."""

from __future__ import annotations

import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest

import darkpy.darknet as darknet
from tests.certain import PERCENT, PROB

BOX = (64, 32, 32, 16)  # a quarter of each side about the middle


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "white.png"
    cv2.imwrite(str(path), np.full((64, 128, 3), 255, np.uint8))
    return str(path)


@pytest.fixture(autouse=True)
def _forgetting():
    """performDetect() keeps what it loaded."""
    yield
    darknet.netMain = darknet.metaMain = darknet.altNames = None
    darknet.detecting.alternatives.clear()


def white(w, h):
    im = darknet.make_image(w, h, 3)
    darknet.copy_image_from_bytes(im, b"\xff" * (w * h * 3))
    return im


def test_a_probability_of_2018(files, picture):
    cfg, weights, data = (name.encode() for name in files)
    net, meta = darknet.load_net(cfg, weights, 0), darknet.load_meta(data)

    ((label, probability, box),) = darknet.detect(net, meta, picture.encode())

    assert meta.classes == 1
    assert label == "thing" == meta.names[0].decode()
    assert label == b"thing"
    assert {b"thing": 7}[label] == 7
    assert label not in (b"other", "other")
    assert probability == pytest.approx(PROB, abs=1e-4)
    assert box == pytest.approx(BOX, abs=1e-3)


def test_boxes_and_rows_of_2017(files, picture):
    cfg, weights, _ = files
    net = darknet.load_net(cfg, weights, 0)
    boxes, probs, count = darknet.make_boxes(net), darknet.make_probs(net), darknet.num_boxes(net)

    darknet.network_detect(net, darknet.load_image(picture, 0, 0), 0.5, 0.5, 0.45, boxes, probs)

    assert count == 1
    assert (boxes[0].x, boxes[0].y, boxes[0].w, boxes[0].h) == pytest.approx(BOX, abs=1e-3)
    assert probs[0][0] == pytest.approx(PROB, abs=1e-4)
    darknet.free_ptrs(darknet.cast(probs, darknet.POINTER(darknet.c_void_p)), count)


def test_a_picture_in_memory_of_2019(files):
    cfg, weights, data = files
    net = darknet.load_net_custom(cfg.encode("ascii"), weights.encode("ascii"), 0, 1)
    meta = darknet.load_meta(data.encode("ascii"))
    im, held = darknet.array_to_image(np.full((64, 128, 3), 255, np.uint8))

    ((label, _, box),) = darknet.detect_image(net, meta, im, 0.25, 0.5, 0.45, debug=False)

    assert held.max() == 1
    assert (label, box) == ("thing", pytest.approx(BOX, abs=1e-3))


def test_a_percentage_of_2020_is_text(files):
    cfg, weights, data = files
    network, names, colors = darknet.load_network(cfg, data, weights, batch_size=1)

    found = darknet.detect_image(network, names, white(128, 64), thresh=0.5)

    assert names == ["thing"]
    assert set(colors) == {"thing"}
    assert found == [("thing", PERCENT, pytest.approx(BOX, abs=1e-3))]
    assert type(found[0][0]) is str


def test_the_network_of_hank_ai_is_not_unpacked(files):
    cfg, weights, data = files
    network = darknet.load_network(cfg, data, weights)

    assert darknet.network_dimensions(network) == (32, 32, 3)
    assert (darknet.network_width(network[0]), darknet.network_height(network)) == (32, 32)
    with pytest.raises(TypeError, match=r"without names to unpack; load_network\(\) makes one"):
        _, _, _ = darknet.load_net(cfg, weights)


def test_percentages_are_sorted_as_text(files, monkeypatch):
    cfg, weights, data = files
    network, names, _ = darknet.load_network(cfg, data, weights)
    found = [("a", 0.975, BOX), ("b", 1.0, BOX), ("c", 0.08, BOX)]
    monkeypatch.setattr("darkpy.darknet.detecting.remove_negatives", lambda *_: found)

    told = darknet.detect_image(network, names, white(32, 32))
    older = darknet.detect_image(network, darknet.METADATA(1, names), white(32, 32))

    assert [percent for _, percent, _ in told] == ["100.0", "8.0", "97.5"]
    assert [probability for _, probability, _ in older] == [1.0, 0.975, 0.08]


def test_all_in_one_call(files, picture, capsys):
    cfg, weights, data = files
    asked = {"configPath": cfg, "weightPath": weights, "metaPath": data}

    assert darknet.performDetect(**asked, initOnly=True) is None
    listed = darknet.performDetect(picture, **asked, showImage=False)
    shown = darknet.performDetect(picture, **asked, makeImageOnly=True)

    assert [one[0] for one in listed] == ["thing"]
    assert shown["detections"] == listed
    assert shown["caption"] == "thing: 91.0%"  # .907 rounded
    # .907: red is 255 * (1 - .823) = 45, green 255 * .823 = 209; at the box's left edge.
    assert shown["image"][32, 48].tolist() == [45, 209, 0]
    assert "Initialized detector" in capsys.readouterr().out
    assert darknet.altNames == ["thing"]
    assert darknet.detect(darknet.netMain, darknet.metaMain, picture)[0][0] == "thing"


def test_a_file_that_is_not_there_is_said_as_it_always_was(files, tmp_path):
    cfg, weights, data = files

    with pytest.raises(ValueError, match=r"Invalid config path `.*none\.cfg`"):
        darknet.performDetect(configPath=str(tmp_path / "none.cfg"))
    with pytest.raises(ValueError, match=r"Invalid image path `.*none\.jpg`"):
        darknet.performDetect(
            str(tmp_path / "none.jpg"), configPath=cfg, weightPath=weights, metaPath=data
        )
    with pytest.raises(ValueError, match=r"thresh=25: the threshold lies between 0 and 1"):
        darknet.performDetect(thresh=25)


def test_a_batch_in_one_call(files, picture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg, weights, data = files

    boxes, scores, classes = darknet.performBatchDetect(
        configPath=cfg, weightPath=weights, metaPath=data, images=[picture, picture]
    )

    assert boxes == [[(24, 48, 40, 80)]] * 2  # top, left, bottom, right
    assert scores == [[pytest.approx(PROB, abs=1e-4)]] * 2
    assert classes == [[0]] * 2
    assert cv2.imread(picture).min() == 255  # the picture itself is not drawn on


def test_a_module_that_takes_all_names_has_the_globals_too(files, picture, tmp_path):
    """A darknet.py beside a script, with one line."""
    (tmp_path / "darknet.py").write_text("from darkpy.darknet import *\n")
    cfg, weights, data = files
    code = (
        "import darknet\n"
        f"darknet.performDetect(configPath={cfg!r}, weightPath={weights!r}, metaPath={data!r}, "
        "initOnly=True)\n"
        f"print(darknet.detect(darknet.netMain, darknet.metaMain, {picture!r})[0][0])\n"
        "print(darknet.lib.network_width(darknet.netMain))"
    )
    env = {"PYTHONPATH": f"{tmp_path}:{':'.join(sys.path)}", "OMP_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)

    assert run.stdout.split("\n")[1:] == ["thing", "32", ""], run.stderr


def test_no_library_is_loaded():
    code = (
        "import ctypes, cv2, torch, darkpy.api\n"
        "def refuse(*words, **more): raise AssertionError(words)\n"
        "ctypes.CDLL = ctypes.cdll.LoadLibrary = refuse\n"
        "import darkpy.darknet as darknet\n"
        "print(darknet.pointer(darknet.c_int(3))[0])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert run.stdout == "3\n", run.stderr


def test_threads_get_the_boxes_of_their_own_pictures(files):
    """One thread shows white, one black, in turns; in the C program the last one would rule."""
    cfg, weights, data = files
    network, names, _ = darknet.load_network(cfg, data, weights)
    turn = threading.Barrier(2)
    counts = {"white": [], "black": []}

    def look(name, im):
        for _ in range(20):
            darknet.predict_image(network, im)
            turn.wait(timeout=60)
            number = darknet.c_int()
            dets = darknet.get_network_boxes(
                network, 32, 32, 0.5, 0.5, None, 0, darknet.pointer(number), 0
            )
            counts[name].append(len(darknet.remove_negatives(dets, names, number.value)))

    pictures = {"white": white(32, 32), "black": darknet.make_image(32, 32, 3)}
    threads = [threading.Thread(target=look, args=one) for one in pictures.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == {"white": [1] * 20, "black": [0] * 20}


def test_pydarknet_takes_bgr(files):
    from darkpy.darknet.pydarknet import Detector, Image

    cfg, weights, data = (name.encode() for name in files)
    red, blue = np.zeros((2, 64, 128, 3), np.uint8)
    red[..., 2] = blue[..., 0] = 255
    net = Detector(cfg, weights, 0, data)

    ((name, probability, box),) = net.detect(Image(red))

    assert (name, box) == ("thing", pytest.approx(BOX, abs=1e-3))
    assert probability == pytest.approx(PROB, abs=1e-4)
    assert net.detect(Image(blue)) == []


def test_darknetpy_letterboxes(files, picture):
    from darkpy.darknet.darknetpy import Detector

    cfg, weights, data = files

    for given in ((data, cfg, weights), ("/opt/darknet", data, cfg, weights)):
        (found,) = Detector(*given).detect(picture)
        # 128x64 takes 32x16 of the net's 32x32: the thing of 8x8 in its middle is 32x32 of it.
        place = {key: found[key] for key in ("left", "top", "right", "bottom")}
        assert place == {"left": 48, "top": 16, "right": 80, "bottom": 48}
        assert found["class"] == "thing"
        assert found["prob"] == pytest.approx(PROB, abs=1e-4)


def test_what_scripts_print_and_draw(capsys):
    told = [("thing", PERCENT, (64.0, 32.0, 32.0, 16.0))]
    drawn = darknet.draw_boxes(told, np.zeros((64, 128, 3), np.uint8), {"thing": (1, 2, 3)})
    darknet.print_detections(told, True)
    darknet.print_detections(told)

    assert drawn[24, 48].tolist() == [1, 2, 3]
    place = "(left_x: 64   top_y:  32   width:   32   height:  16)"
    lines = ["", "Objects:", f"thing: 90.74%    {place}", "", "Objects:", "thing: 90.74%", ""]
    assert capsys.readouterr().out.split("\n") == lines

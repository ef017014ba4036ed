"""What readers of `detector map` and of `-out` files take from them, by rules of their own.

The rules are written anew from CLIENTS.md's description of the readers. A training's lines are read
in tests/session/test_darknet_log.py, those of `detector test` in tests/detector/test_detect.py.
"""

from __future__ import annotations

import json
import re

import pytest
import torch

from darkpy.model.network import Network
from darkpy.model.weights import save_weights

CLASS = re.compile(
    r"^class_id = (\d+), name = (\S+), ap = (\d+\.\d+)%   \t (\(TP = (\d+), FP = (\d+)\)) $"
)
SHARES = re.compile(
    r"^ for conf_thresh = (\d\.\d+), precision = (\S+), recall = (\S+), F1-score = (\S+) $"
)
COUNTS = re.compile(
    r"^ for conf_thresh = (\d\.\d+), TP = (\d+), FP = (\d+), FN = (\d+), average IoU = (\S+) % $"
)
MEAN = re.compile(r"^ mean average precision \(mAP@(\d\.\d\d)\) = (\d\.\d{6}), or (\d+\.\d\d) % $")


@pytest.fixture
def untrained(project):
    """A network that finds something everywhere."""
    torch.manual_seed(1)
    network = Network.from_cfg(str(project.cfg))
    for name, values in network.named_buffers():
        if name.endswith("running_var"):
            values.fill_(1)
    save_weights(network, project.folder / "a.weights", seen=0)
    return project


def test_a_log_reader_finds_all_numbers_of_a_map(untrained):
    words = ("obj.data", "tiny.cfg", "a.weights", "-json", "map.json", "-thresh", ".1")
    status, out, _ = untrained.run("detector", "map", *words, "-nogpu")
    assert status == 0
    facts = json.loads((untrained.folder / "map.json").read_text())

    lines = out.split("\n")
    classes = [found.groups() for found in map(CLASS.match, lines) if found]
    (shares,), (counts,), (mean,) = (
        [found.groups() for found in map(rule.match, lines) if found]
        for rule in (SHARES, COUNTS, MEAN)
    )

    assert [(int(number), name) for number, name, *_ in classes] == [(0, "square"), (1, "bar")]
    precisions = [float(row[2]) for row in classes]
    assert sum(precisions) / 2 == pytest.approx(float(mean[2]), abs=0.01)
    assert mean[0] == "0.50"
    assert float(mean[1]) == pytest.approx(facts["map"], abs=1e-6)
    true, false, lost = map(int, counts[1:4])
    assert true == sum(int(row[4]) for row in classes)
    assert false == sum(int(row[5]) for row in classes)
    assert float(shares[1]) == pytest.approx(true / max(1, true + false), abs=0.005)
    assert float(shares[2]) == pytest.approx(true / (true + lost), abs=0.005)
    assert shares[0] == counts[0] == "0.10"


def test_a_program_reads_names_places_and_scores_from_an_out_file(untrained):
    words = ("obj.data", "tiny.cfg", "a.weights", "images/0.png", "images/1.png")
    untrained.run("detector", "test", *words, "-thresh", "0", "-dont_show", "-out", "a.json")

    frames = json.loads((untrained.folder / "a.json").read_text())

    assert [frame["frame_id"] for frame in frames] == [1, 2]
    assert [frame["filename"] for frame in frames] == ["images/0.png", "images/1.png"]
    for frame in frames:
        assert frame["objects"]
        for one in frame["objects"]:
            assert list(one) == ["class_id", "name", "relative_coordinates", "confidence"]
            assert one["name"] == ("square", "bar")[one["class_id"]]
            assert list(one["relative_coordinates"]) == ["center_x", "center_y", "width", "height"]
            assert 0 < one["confidence"] <= 1

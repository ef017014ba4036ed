"""The cfgs of SSD, RetinaNet, YOLOv2 and the backbones are the networks that they are called."""

from __future__ import annotations

import pytest

from darkpy.cfg.shipped import shipped_cfgs
from darkpy.planning.network import NetworkPlan, read_network


def plan_of(name: str) -> NetworkPlan:
    return read_network(shipped_cfgs()[name])


@pytest.mark.parametrize(
    ("name", "maps", "anchors"),
    [
        # 4 anchors a cell where the ratios are 1, 2 and 1/2, 6 with 3 and 1/3: the size between too
        ("ssd300-vgg16-voc", (38, 19, 10, 5, 3, 1), 8732),
        ("ssd512-mobilenet1.0", (32, 16, 8, 4, 2, 1), 6132),
        # 3 on the first map, 6 on all others
        ("ssd300-mobilenetv2", (19, 10, 5, 3, 2, 1), 1917),
        # 9 a cell of 112 x 144, 56 x 72, ... for 1152 x 896
        ("retinanet-resnet50-fpn", (112, 56, 28, 14, 7), 193_347),
        ("retinanet-mobilenet", (32, 16, 8, 4, 2), 12_276),
    ],
)
def test_maps_and_anchors_are_the_papers(name, maps, anchors):
    heads = plan_of(name).detecting

    assert tuple(head.inputs[0].h for head in heads) == maps
    assert sum(h.options.num * h.inputs[0].h * h.inputs[0].w for h in heads) == anchors


@pytest.mark.parametrize(
    ("detector", "backbone", "layers"),
    [
        ("ssd512-mobilenet1.0", "mobilenet", 27),
        ("ssd300-mobilenetv2", "mobilenetv2", 62),
        ("retinanet-resnet50-fpn", "resnet50", 74),
    ],
)
def test_a_detector_begins_with_the_layers_of_its_backbone(detector, backbone, layers):
    """So that `darkpy partial` of the one starts the other; the classifier comes after them."""
    whole, part = plan_of(detector), plan_of(backbone)

    assert [p.arrays for p in whole.layers[:layers]] == [p.arrays for p in part.layers[:layers]]
    assert [p.kind for p in whole.layers[:layers]] == [p.kind for p in part.layers[:layers]]
    assert part.layers[layers].kind == "avgpool"


@pytest.mark.parametrize(
    ("ours", "theirs"), [("yolov2-voc", "yolo-voc"), ("yolov2-tiny-voc", "yolov2-tiny-voc")]
)
def test_yolov2_has_darknets_layers_and_keys(ours, theirs, shared):
    own, other = plan_of(ours), read_network(shared / "real/cfgs/stock" / f"{theirs}.cfg")

    assert [(p.kind, p.out, p.arrays) for p in own.layers] == [
        (p.kind, p.out, p.arrays) for p in other.layers
    ]
    keys = set(other.layers[-1].section.entries) - {"absolute"}
    for name in keys:
        assert getattr(own.layers[-1].options, name) == getattr(other.layers[-1].options, name)

"""Sizes of the weights files that people train from, to tell whose a file is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A weights file by its number of float32 values.

    cfg: the network it belongs to. layers: how many of its layers it holds; None for all.
    """

    name: str
    cfg: str
    layers: int | None
    values: int


# The numbers follow from the cfgs; tests/check/test_check_stock.py computes each of them.
PUBLISHED = (
    Published("yolov4.weights", "yolov4", None, 64_429_405),
    Published("yolov4.conv.137", "yolov4", 137, 42_509_664),
    Published("yolov4-tiny.weights", "yolov4-tiny", None, 6_062_814),
    Published("yolov4-tiny.conv.29", "yolov4-tiny", 29, 4_947_424),
    Published("yolov4-csp.weights", "yolov4-csp", None, 52_986_205),
    Published("yolov4-csp.conv.142", "yolov4-csp", 142, 36_637_024),
    Published("yolov4x-mish.weights", "yolov4x-mish", None, 99_847_037),
    Published("yolov4x-mish.conv.166", "yolov4x-mish", 166, 69_326_912),
    Published("yolov4-p5.weights", "yolov4-p5", None, 70_917_468),
    Published("yolov4-p5.conv.232", "yolov4-p5", 232, 64_106_848),
    Published("yolov7.weights", "yolov7", None, 36_974_557),
    Published("yolov7.conv.132", "yolov7", 132, 30_316_512),
    Published("yolov7x.weights", "yolov7x", None, 71_409_685),
    Published("yolov7x.conv.147", "yolov7x", 147, 61_151_960),
    Published("yolov7-tiny.weights", "yolov7-tiny", None, 6_241_885),
    Published("yolov7-tiny.conv.87", "yolov7-tiny", 87, 4_460_768),
    Published("yolov3.weights", "yolov3", None, 62_001_757),
    Published("darknet53.conv.74", "yolov3", 74, 40_620_640),
    Published("yolov3-tiny.weights", "yolov3-tiny", None, 8_858_734),
    Published("yolov3-tiny.conv.11", "yolov3-tiny", 11, 1_575_792),
    Published("yolov3-tiny.conv.15", "yolov3-tiny", 15, 7_743_344),
    Published("yolov3-openimages.weights", "yolov3-openimages", None, 64_807_342),
    Published("yolov3-tiny-prn.weights", "yolov3-tiny-prn", None, 4_939_758),
    Published("enetb0-coco_final.weights", "enet-coco", None, 4_808_270),
    Published("enetb0-coco.conv.132", "enet-coco", 132, 3_609_040),
    Published("csresnext50-panet-spp.weights", "csresnext50-panet-spp", None, 57_030_845),
    Published("csresnext50-panet-spp.conv.112", "csresnext50-panet-spp", 112, 35_077_824),
    Published("yolov2.weights", "yolov2", None, 50_983_561),
    Published("yolov2-tiny.weights", "yolov2-tiny", None, 11_237_145),
    Published("yolov2-voc.weights", "yolo-voc", None, 50_676_061),
    Published("yolov2-tiny-voc.weights", "yolov2-tiny-voc", None, 15_867_885),
    Published("yolo9000.weights", "yolo9000", None, 48_807_501),
    Published("darknet19.weights", "darknet19", None, 20_856_776),
    Published("darknet19_448.conv.23", "darknet19_448", 23, 19_831_776),
    Published("densenet201.weights", "densenet201", None, 17_206_440),
    Published("densenet201.300", "densenet201", 300, 15_632_448),
)

_BY_VALUES = {published.values: published for published in PUBLISHED}


def published_with(values: int) -> Published | None:
    """The published file that has so many values."""
    return _BY_VALUES.get(values)

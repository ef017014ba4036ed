"""The table of facts about heads, beside the torch classes that it speaks of."""

from __future__ import annotations

import pytest

import darkpy.heads  # noqa: F401 - registers the kinds
from darkpy.cfg.reader import parse_cfg
from darkpy.heads.base import DetectingHead, Head
from darkpy.layers.base import LAYERS
from darkpy.planning.heads import PictureKeys, facts
from darkpy.planning.network import plan_network
from darkpy.sections.anchored import DetectingOptions

NET = "[net]\nwidth=64\nheight=64\nchannels=3\n\n[convolutional]\nfilters=18\nsize=1\nstride=8\n"
YOLO = "\n[yolo]\nnum=3\nanchors=1,1, 2,2, 3,3\nclasses=1\n"


def planned(text):
    return plan_network(parse_cfg(text.splitlines(), "net.cfg"))


def test_the_table():
    told = {kind: (head.detects, head.anchors, head.truth) for kind, head in facts().items()}

    assert told == {
        "yolo": (True, "pixels", "boxes"),
        "Gaussian_yolo": (True, "pixels", "boxes"),
        "region": (True, "cells", "boxes"),
        "detection": (True, "", "boxes"),
        "softmax": (False, "", "values"),
        "soft": (False, "", "values"),
        "cost": (False, "", "values"),
        "contrastive": (False, "", "values"),
        "retina": (True, "", "boxes"),
        "ssd": (True, "", "boxes"),
    }


def test_the_table_and_the_classes_agree():
    assert set(facts()) == {kind for kind, layer in LAYERS.items() if issubclass(layer, Head)}
    assert {kind for kind, head in facts().items() if head.detects} == {
        kind for kind, layer in LAYERS.items() if issubclass(layer, DetectingHead)
    }


def test_the_last_head_says_how_pictures_are_made():
    last = f"{YOLO}jitter=.5\nresize=2\nmax=9\nrandom=1.2\n"
    plan = planned(f"{NET}{YOLO}jitter=.1\n\n[route]\nlayers=0\n{last}")

    assert plan.picture_keys == PictureKeys(jitter=0.5, resize=2, objects=9, random=1.2)
    assert [head.index for head in plan.detecting] == [1, 3]
    assert plan.classes == 1


def test_without_a_head_pictures_are_made_as_usual():
    plan = planned(NET)
    usual = DetectingOptions()

    assert plan.picture_keys == PictureKeys(usual.jitter, usual.resize, usual.max, usual.random)
    assert (plan.heads, plan.detecting, plan.classes, plan.wanted) == ([], [], 0, (0,))


@pytest.mark.parametrize(("keys", "truth"), [("", "values"), ("yolo_layer=-1\n", "boxes")])
def test_what_a_contrastive_head_learns_from_depends_on_its_key(keys, truth):
    plan = planned(f"{NET}{YOLO}\n[contrastive]\n{keys}")

    assert plan.layers[2].options.head.truth == truth

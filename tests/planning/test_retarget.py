"""The heads of a cfg are made to answer for other classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkpy.cfg.reader import parse_cfg, read_cfg
from darkpy.cfg.shipped import shipped_cfgs
from darkpy.cfg.template import changed_lines
from darkpy.errors import CfgError
from darkpy.planning.anchor_masks import anchored_heads
from darkpy.planning.network import plan_network
from darkpy.planning.retarget import anchor_changes, class_changes, heads_of, scale_changes
from darkpy.planning.scale_search import with_keys
from darkpy.planning.scaled import scaled_heads
from tests.planning.scaled_cfgs import RETINA, SSD

NET = "[net]\nwidth=32\nheight=32\nchannels=3\nbatch=1\n"


def planned(text: str):
    return plan_network(parse_cfg(text.splitlines(), "t.cfg"))


CLASSIFIERS = ("mobilenet", "mobilenetv2", "resnet50")


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_shipped_classifier_has_no_head_to_be_made_for_other_classes(name):
    with pytest.raises(CfgError, match=r"to fit to other classes"):
        list(class_changes(plan_network(read_cfg(shipped_cfgs()[name])), 3))


@pytest.mark.parametrize("name", sorted(set(shipped_cfgs()) - set(CLASSIFIERS)))
def test_every_shipped_cfg_can_be_made_for_three_classes(name):
    path = shipped_cfgs()[name]
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    changes = class_changes(plan_network(read_cfg(path)), 3)
    plan = plan_network(parse_cfg(changed_lines(lines, changes), name))

    assert not plan.findings.errors
    for head in heads_of(plan):
        # 4 coordinates, objectness or background, and 3 classes for each anchor; sigmoids have no
        # background.
        o = head.options
        anchors = len(o.mask) if head.kind == "yolo" else o.num
        alone = head.kind == "retina" or (head.kind == "ssd" and o.score == "sigmoid")
        assert (o.classes, head.inputs[0].c) == (3, (7 if alone else 8) * anchors)


def test_filters_follow_the_kind_of_head():
    conv = "[convolutional]\nsize=1\nactivation=linear\nfilters=1\n"
    heads = {
        "[yolo]\nnum=2\nanchors=1,1,2,2": 2 * (5 + 4),
        "[Gaussian_yolo]\nnum=2\nanchors=1,1,2,2": 2 * (9 + 4),
        "[region]\nnum=5\nanchors=1,1,1,1,1,1,1,1,1,1": 5 * (5 + 4),
    }
    for head, filters in heads.items():
        values = {
            change.key: change.value for change in class_changes(planned(NET + conv + head), 4)
        }
        assert values == {"classes": 4, "filters": filters}


def test_new_anchors_fill_the_places_of_all_masks_small_ones_at_the_small_stride():
    conv = "[convolutional]\nfilters=14\nsize=1\n"
    down = "[maxpool]\nsize=2\nstride=2\n"
    anchors = "num=4\nanchors=1,1,2,2,3,3,4,4\nclasses=2\n"
    # Anchor 0 is in no mask, anchor 2 in both; strides 2 and 1.
    body = f"{down}{conv}[yolo]\nmask=2,3\n{anchors}[route]\nlayers=-3\n[upsample]\nstride=2\n"
    plan = planned(f"{NET}{body}{conv}[yolo]\nmask=1,2\n{anchors}")
    wh = np.array([[5, 5], [6, 6.4], [7, 7], [8.6, 9]])

    changes = [(c.key, c.value) for c in anchor_changes(anchored_heads(plan), wh)]

    text = "5,5, 6,6, 7,7, 9,9"
    assert changes == [
        *(("anchors", text), ("num", 4), ("mask", "2,3")),
        *(("anchors", text), ("num", 4), ("mask", "0,1")),
    ]


def test_anchors_of_a_region_head_are_cells():
    conv = "[convolutional]\nfilters=14\nsize=1\n[maxpool]\nsize=2\nstride=2\n"
    plan = planned(f"{NET}{conv}[region]\nnum=2\nclasses=2\nanchors=1,1,2,2\n")

    changes = anchor_changes(anchored_heads(plan), np.array([[3.0, 5.0], [7.03, 9.0]]))

    # A cell is 2 px wide.
    assert [(c.key, c.value) for c in changes] == [("anchors", "1.5,2.5, 3.52,4.5"), ("num", 2)]


def test_a_cfg_without_such_a_head_is_refused():
    with pytest.raises(CfgError, match=r"t.cfg: no \[yolo\]"):
        heads_of(planned(NET + "[convolutional]\n[softmax]\n"))


def test_a_head_without_a_convolution_is_refused():
    plan = planned(NET + "[maxpool]\nsize=2\nstride=2\n[yolo]\nnum=1\nanchors=1,1\n")

    with pytest.raises(CfgError, match=r"t.cfg:9: \[yolo\] has no \[convolutional\] before it"):
        list(class_changes(plan, 3))


def _changed(text: str, changes) -> object:
    plan = planned("\n".join(changed_lines(text.split("\n"), changes)))
    assert not plan.findings.errors
    return plan


def test_heads_of_a_group_change_with_the_convolutions_before_them():
    # classes= stands in the first [ssd] alone and counts for both: 4 * (3 + 5).
    plan = _changed(SSD, class_changes(planned(SSD), 3))

    assert [head.options.classes for head in plan.detecting] == [3, 3]
    assert [head.out.c for head in plan.detecting] == [32, 32]


def test_of_split_heads_only_the_scores_change():
    plan = _changed(RETINA, class_changes(planned(RETINA), 3))

    # 9 anchors of 3 classes and of 4 numbers of the box.
    for head in scaled_heads(plan):
        assert [before.out.c for before in head.before] == [27, 36]


@pytest.mark.parametrize("text", [SSD, RETINA])
def test_sizes_and_ratios_of_scales_are_written_where_they_stand(text):
    sizes = ((11.0, 22.0), (22.0, 44.0)) if text is SSD else ((6.0, 7, 9), (14.0, 18, 23))
    ratios = (1.0, 1.7, 0.6) if text is SSD else (0.4, 1.0, 1.7)
    heads = scaled_heads(planned(text))
    wanted = [
        with_keys(head, {"sizes": own, "ratios": ratios})
        for head, own in zip(heads, sizes, strict=True)
    ]
    plan = _changed(text, scale_changes(planned(text), wanted))

    for head, expected in zip(scaled_heads(plan), wanted, strict=True):
        np.testing.assert_allclose(head.shapes, expected.shapes)

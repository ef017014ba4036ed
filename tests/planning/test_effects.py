"""Keys of layers that do nothing are found, and only those."""

from __future__ import annotations

import pytest

from darkpy.cfg.reader import parse_cfg
from darkpy.planning.effects import idle_layer_keys
from darkpy.planning.network import plan_network

NET = "[net]\nwidth=32\nheight=32\nchannels=3\nbatch=1\n"
HEAD = "[convolutional]\nsize=1\nfilters=7\nactivation=linear\n[yolo]\nclasses=2\nanchors=4,4\n"


def idle(text: str) -> list[str]:
    plan = plan_network(parse_cfg((NET + text).splitlines(), "t.cfg"))
    return [message for _, _, message in idle_layer_keys(plan)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[convolutional]\nsize=3\npad=1\npadding=3",
            "padding=3 has no effect beside pad=1",
        ),
        ("[convolutional]\nsize=3\npad=1\npadding=1", ""),
        ("[convolutional]\nsize=3\npadding=3", ""),
        ("[convolutional]\nsize=1\ndilation=2", "dilation=2 has no effect with size=1"),
        ("[convolutional]\nsize=3\npad=1\ndilation=2", ""),
        ("[convolutional]\nfilters=3\ngroups=3\nxnor=1", "groups=3 has no effect with xnor=1"),
        ("[convolutional]\nfilters=3\ngroups=3", ""),
        (
            "[convolutional]\nfilters=3\n[convolutional]\nfilters=3\nshare_index=-1\ninit=xavier",
            "init=xavier has no effect beside share_index=",
        ),
        ("[convolutional]\nangle=30", "angle=30 has no effect without sway=1 or stretch_sway=1"),
        ("[convolutional]\nfilters=4\nsize=3\nangle=30\nsway=1", ""),
        ("[maxpool]\nstride=3\nstride_x=1\nstride_y=2", "stride=3 has no effect beside stride_x="),
        (f"{HEAD}alpha=.25", "alpha=.25 has no effect without focal_loss=1"),
        (f"{HEAD}gamma=1\nfocal_loss=1", ""),
        ("[maxpool]\nstride=2\nstride_x=1", ""),
        ("[maxpool]\nout_channels=2", "out_channels=2 has no effect without maxpool_depth=1"),
        ("[maxpool]\nmaxpool_depth=1\nout_channels=3", ""),
        (
            "[dropout]\ndropblock_size_abs=7",
            "dropblock_size_abs=7 has no effect without drop",
        ),
        (
            "[dropout]\ndropblock=1\ndropblock_size_abs=7\ndropblock_size_rel=.1",
            "dropblock_size_rel=.1 has no effect beside dropblock_size_abs=",
        ),
        ("[dropout]\ndropblock=1\ndropblock_size_rel=.1", ""),
        (
            "[maxpool]\nstride=1\n[shortcut]\nfrom=-2\nweights_normalization=relu",
            "weights_normalization=relu has no effect without weights_type=",
        ),
        (HEAD + "cls_normalizer=2", "cls_normalizer=2 has no effect without counters_per_class="),
        (HEAD + "cls_normalizer=2\ncounters_per_class=3,4", ""),
        (HEAD + "beta_nms=.7\nnms_kind=greedynms", "beta_nms=.7 has no effect without nms_kind="),
        (HEAD + "beta_nms=.6\nnms_kind=greedynms", ""),
        (
            HEAD + "iou_thresh_kind=giou",
            "iou_thresh_kind=giou has no effect without an iou",
        ),
        (HEAD + "max_delta=5", "max_delta=5 has no effect with iou_loss=mse"),
        (HEAD + "max_delta=5\niou_loss=ciou", ""),
        (HEAD + "max_delta=5\ncounters_per_class=3,4", ""),
    ],
)
def test_a_key_of_a_layer_that_does_nothing_beside_the_others_is_named(text, said):
    found = idle(text)

    assert len(found) == bool(said)
    assert "".join(found).startswith(said)

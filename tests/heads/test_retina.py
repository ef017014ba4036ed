"""[retina] beside torchvision's numbers (tests/oracle), and what holds for it alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from darkpy.errors import CfgError
from darkpy.heads.base import BoxesAbove, Moment, Truths
from darkpy.inference.suppression import thinned
from darkpy.losses.focal import Focal
from darkpy.model.network import Network
from tests.heads.retina_maps import (
    CLASSES,
    NET_HW,
    NUM,
    STORED,
    as_maps,
    corners_px,
    maps_of,
    outputs,
    retina_of,
    truths_of,
)
from tests.heads.test_no_waiting import Watch

LOSSES = STORED["losses"]
TRUTHS = truths_of(LOSSES["truths_px_xyxy"], LOSSES["labels"])
NOTHING = Truths.from_rows(torch.zeros(2, 1, 5), torch.zeros(2, dtype=torch.long))
TOLERANCE = {"rtol": 1e-5, "atol": 1e-7}


def anchors_of(heads, net_hw=NET_HW):
    """All anchors (N, 4) cxcywh in the unit square."""
    pairs = zip(heads, maps_of(net_hw), strict=True)
    return torch.cat([head.anchors(grid, net_hw) for head, grid in pairs])


def loss_of(heads, truths, scores, offsets, *, layout="anchor"):
    *others, own = as_maps(scores, offsets, layout=layout)
    _, loss = heads[-1].train_on([own, *others], truths, NET_HW, Moment())
    return loss


def matches_of(heads, truths):
    return heads[-1]._matches(anchors_of(heads), truths)


def gradients(heads, truths, **parts):
    """The loss and its gradients by scores (B, N, K) and offsets (B, N, 4)."""
    asked = [each.requires_grad_() for each in outputs(len(truths.valid))]
    loss = loss_of(heads, truths, *asked, **parts)
    loss.root.backward()
    return loss, *(each.grad for each in asked)


@pytest.mark.oracle
def test_anchors_are_torchvisions(tmp_path):
    own, known = retina_of(tmp_path), STORED["anchors"]

    anchors = corners_px(anchors_of(own))

    assert len(anchors) == known["count"] == 6138
    for head, wanted in zip(own, known["of_a_cell_by_level"], strict=True):
        half = torch.tensor(head.options.shapes) / 2
        assert torch.cat((-half, half), dim=1).tolist() == wanted
    torch.testing.assert_close(anchors[::97], torch.tensor(known["every_97th_px_xyxy"]),
                               rtol=0, atol=1e-4)  # fmt: skip
    assert anchors.double().sum(dim=0).tolist() == pytest.approx(known["sums"], rel=1e-7)


@pytest.mark.oracle
def test_a_large_picture_has_193347_anchors(tmp_path):
    large = 896, 1152
    anchors = anchors_of(retina_of(tmp_path, net_hw=large), large)

    assert len(anchors) == 193_347 == STORED["anchors"]["count_of_896x1152"]
    centre, half = anchors.double().split(2, dim=1)
    corners = torch.cat((centre - half / 2, centre + half / 2), dim=1)
    total = (corners.abs() * torch.tensor([1152, 896, 1152, 896])).sum()
    assert total.item() == pytest.approx(STORED["anchors"]["sum_of_896x1152"], rel=1e-6)


def test_anchors_of_the_first_level_as_the_paper_has_them_and_rounded(tmp_path):
    exact = retina_of(tmp_path, "rounded=0\n")[0].options
    rounded = retina_of(tmp_path)[0].options

    # 32 by 1, 2^(1/3), 2^(2/3); twice as wide as high is 32 * sqrt(2) by 32 / sqrt(2)
    assert exact.all_sizes == pytest.approx((32, 40.3175, 50.7968), abs=1e-4)
    assert exact.shapes[0] == pytest.approx((45.2548, 22.6274), abs=1e-4)
    assert rounded.all_sizes == (32, 40, 50)
    halves = [(w / 2, h / 2) for w, h in rounded.shapes]
    assert halves == [
        *((23, 11), (28, 14), (35, 18)),
        *((16, 16), (20, 20), (25, 25)),
        *((11, 23), (14, 28), (18, 35)),
    ]
    upright = retina_of(tmp_path, "ratio=wh\n")[0].options
    assert upright.shapes[0] == rounded.shapes[6]
    by_hand = retina_of(tmp_path, "").pop(0).options
    assert replace(by_hand, size=0.0, sizes=(32.0, 40.0, 50.0)).shapes == rounded.shapes


@pytest.mark.oracle
def test_matching_is_torchvisions_with_its_band_and_its_forced_anchors(tmp_path):
    matches = matches_of(retina_of(tmp_path), TRUTHS)

    for picture, wanted in enumerate(LOSSES["pictures"]):
        positive = matches.positive[picture].nonzero()[:, 0]
        assert positive.tolist() == wanted["positive_anchors"]
        assert matches.truth[picture][positive].tolist() == wanted["truth_of_each"]
        between = ~(matches.positive | matches.negative)[picture]
        assert between.nonzero()[:, 0].tolist() == wanted["between"]


@pytest.mark.oracle
@pytest.mark.parametrize("layout", ["anchor", "split"])
@pytest.mark.parametrize("kind", ["l1", "giou"])
def test_losses_and_gradients_are_torchvisions(tmp_path, kind, layout):
    heads = retina_of(tmp_path, f"box_loss={kind}\n", layout=layout)

    loss, moved, pulled = gradients(heads, TRUTHS, layout=layout)

    known, pictures = LOSSES[kind], len(TRUTHS.valid)
    # torchvision's is the mean over pictures, darkpy's the sum: the trainer divides by the batch
    assert loss.parts["class"].item() / pictures == pytest.approx(known["class"], rel=1e-5)
    assert loss.parts["box"].item() / pictures == pytest.approx(known["box"], rel=1e-5)
    for found, name in ((moved, "class"), (pulled, "box")):
        sums = found.double().abs().sum(dim=(1, 2)) / pictures
        wanted = torch.tensor(known[f"{name}_gradient_abs_sums"]).double()
        torch.testing.assert_close(sums, wanted, rtol=2e-5, atol=1e-9)
    rows = torch.tensor(known["class_gradient_rows"])
    torch.testing.assert_close(moved[:, ::501] / pictures, rows, rtol=1e-4, atol=1e-9)


@pytest.mark.oracle
def test_detections_are_torchvisions(tmp_path):
    heads = retina_of(tmp_path)
    own = as_maps(*outputs())
    pairs = zip(heads, own, strict=True)

    found = BoxesAbove.joined([head.offered(x, NET_HW, 0.0) for head, x in pairs])

    probs = found.objectness[:, None] * found.probs
    rule = heads[-1].suppression
    assert (rule.threshold, rule.least, rule.kept) == (0.5, 0.05, 300)
    probs = thinned(found.boxes, probs, found.picture, rule, rule.threshold)
    for picture, wanted in enumerate(STORED["detections"]):
        own = (probs > rule.least) & (found.picture == picture)[:, None]
        rows, classes = own.nonzero(as_tuple=True)
        order = probs[rows, classes].argsort(descending=True)
        rows, classes = rows[order], classes[order]
        scores = probs[rows, classes]
        assert len(rows) == len(wanted["class"])
        torch.testing.assert_close(scores, torch.tensor(wanted["score"]), rtol=1e-5, atol=0)
        boxes = corners_px(found.boxes[rows])
        torch.testing.assert_close(boxes, torch.tensor(wanted["boxes_px_xyxy"]), rtol=0, atol=2e-3)
        assert classes.tolist() == wanted["class"]


@pytest.mark.parametrize("normalize", ["image", "batch"])
def test_the_loss_is_divided_by_the_anchors_that_answer(tmp_path, normalize):
    heads = retina_of(tmp_path, f"normalize={normalize}\n")
    other = retina_of(tmp_path, "normalize=image\n")

    scores, offsets = outputs(2)
    two = _pictures(TRUTHS, slice(2))
    loss = loss_of(heads, two, scores, offsets)
    alone = [
        loss_of(other, each, scores[k : k + 1], offsets[k : k + 1])
        for k, each in enumerate(_pictures(two, slice(k, k + 1)) for k in range(2))
    ]

    # 84 anchors answer in the first picture, none in the second, which then counts as 1
    sums = [alone[0].parts["class"] * 84, alone[1].parts["class"]]
    share = [1 / 84, 1] if normalize == "image" else [2 / 84, 2 / 84]
    wanted = sum(total * part for total, part in zip(sums, share, strict=True))
    torch.testing.assert_close(loss.parts["class"], wanted, **TOLERANCE)
    box = alone[0].parts["box"] * (1 if normalize == "image" else 2)
    torch.testing.assert_close(loss.parts["box"], box, **TOLERANCE)
    assert alone[1].parts["box"] == 0


def _pictures(truths, own):
    parts = truths.boxes, truths.classes, truths.valid, truths.tracks
    return Truths(*(part[own] for part in parts))


def test_anchors_between_the_thresholds_are_asked_nothing(tmp_path):
    heads = retina_of(tmp_path)
    matches = matches_of(heads, TRUTHS)
    between = ~(matches.positive | matches.negative)

    loss, moved, pulled = gradients(heads, TRUTHS)

    known = sum(len(picture["between"]) for picture in LOSSES["pictures"])
    assert between.sum() == loss.watched["ignored"] == known == 235
    assert not moved[between].any()
    assert not pulled[between].any()
    assert moved[~between].ne(0).any(dim=1).all()


@pytest.mark.parametrize("kind", ["l1", "smooth:.11", "giou", "ciou"])
def test_boxes_of_anchors_without_an_object_are_asked_nothing(tmp_path, kind):
    heads = retina_of(tmp_path, f"box_loss={kind}\n")
    positive = matches_of(heads, TRUTHS).positive

    loss, _, pulled = gradients(heads, TRUTHS)

    assert not pulled[~positive].any()
    assert pulled[positive].ne(0).any(dim=1).all()
    nothing, _, pulled = gradients(heads, NOTHING)
    assert not pulled.any()
    assert nothing.parts["box"] == 0
    assert loss.watched["positives"] == positive.sum()


@pytest.mark.parametrize("kind", ["l1", "smooth", "giou", "ciou"])
def test_an_infinite_box_of_an_anchor_without_an_object_harms_nothing(tmp_path, kind):
    heads = retina_of(tmp_path, f"box_loss={kind}\n")
    positive = matches_of(heads, TRUTHS).positive
    scores, offsets = outputs()
    lost = offsets.masked_fill(~positive[:, :, None], torch.inf).requires_grad_()

    loss = loss_of(heads, TRUTHS, scores, lost)
    loss.root.backward()

    wanted = loss_of(heads, TRUTHS, scores, offsets)
    assert loss.parts["box"].equal(wanted.parts["box"])
    assert lost.grad.isfinite().all()
    assert not lost.grad[~positive].any()


def test_the_box_loss_does_not_shrink_with_the_number_of_anchors(tmp_path):
    """One object whose one anchor is off by a tenth of its size costs .1, among however many."""
    heads = retina_of(tmp_path, "match_thresh=.9\nignore_thresh=.9\n")
    size = 32 / NET_HW[1], 32 / NET_HW[0]
    truths = Truths.from_rows(
        torch.tensor([[[(64 + 3.2) / NET_HW[1], 64 / NET_HW[0], *size, 1]]]), torch.tensor([1])
    )
    scores, offsets = outputs(1)

    loss = loss_of(heads, truths, scores, torch.zeros_like(offsets))

    assert loss.watched["positives"] == 1
    assert loss.parts["box"].item() == pytest.approx(0.1, rel=1e-5)


def test_smooth_is_a_parabola_below_its_knee(tmp_path):
    heads = retina_of(tmp_path, "match_thresh=.9\nignore_thresh=.9\nbox_loss=smooth:.5\n")
    size = 32 / NET_HW[1], 32 / NET_HW[0]
    # moved right by .1 of the size, and 1.8 as wide: ln 1.8 = .587787 is beyond the knee
    row = [(64 + 3.2) / NET_HW[1], 64 / NET_HW[0], 1.8 * size[0], size[1], 0]
    truths = Truths.from_rows(torch.tensor([[row]]), torch.tensor([1]))
    scores, offsets = outputs(1)
    count = matches_of(heads, truths).positive.sum()

    loss = loss_of(heads, truths, scores, torch.zeros_like(offsets))

    # the best anchor is 40 high and 80 wide or another; its terms are those of its own ratio
    anchors, positive = anchors_of(heads), matches_of(heads, truths).positive[0]
    own, box = anchors[positive][0], truths.boxes[0, 0]
    wanted = [*((box[:2] - own[:2]) / own[2:]).tolist(), *(box[2:] / own[2:]).log().tolist()]
    terms = [x * x if abs(x) < 0.5 else abs(x) - 0.25 for x in wanted]
    assert count == 1
    assert loss.parts["box"].item() == pytest.approx(sum(terms), rel=1e-4)


def test_before_any_training_all_classes_are_as_unlikely_as_prior_says(tmp_path):
    heads = retina_of(tmp_path)
    scores = torch.full((2, 6138, CLASSES), -math.log(99))
    assert -math.log(99) == pytest.approx(-4.59512, abs=1e-5)

    loss = loss_of(heads, NOTHING, scores, torch.zeros(2, 6138, 4))

    # no object: .75 * .01^2 * -ln(.99) = 7.54e-7 for each class of each anchor
    each = 0.75 * 0.01**2 * -math.log(0.99)
    assert each == pytest.approx(7.54e-7, rel=1e-3)
    assert loss.parts["class"].item() == pytest.approx(2 * 6138 * CLASSES * each, rel=1e-4)


@pytest.mark.parametrize("layout", ["anchor", "split"])
def test_prior_is_in_the_biases_of_the_scores_and_nowhere_else(tmp_path, layout):
    heads = retina_of(tmp_path, "prior=.02\n", layout=layout)
    network = Network.from_cfg(tmp_path / "retina.cfg")
    with torch.no_grad():
        found = network(torch.zeros(1, 3, *NET_HW))

    for index, head in network.detecting.items():
        scores, offsets = head.read(found[index])
        assert scores.sigmoid().mean().item() == pytest.approx(0.02, rel=1e-5)
        assert not offsets.any()
    off = retina_of(tmp_path, "prior=0\n", layout=layout)
    assert len(off) == len(heads) == 5
    found = Network.from_cfg(tmp_path / "retina.cfg")(torch.zeros(1, 3, *NET_HW))
    assert not any(x.any() for x in found.values())


def test_towers_that_share_weights_have_one_set_and_the_sum_of_the_gradients(tmp_path):
    level = (
        "[convolutional]\nfilters={filters}\nsize=3\npad=1\nactivation=linear\n{share}"
        "[retina]\nsize={size}\nclasses=1\nratios=1\noctaves=1\nlayout=anchor\n"
    )
    text = "[net]\nwidth=32\nheight=32\nchannels=3\n"
    for size, share in ((16, ""), (32, "share_index=1\n")):
        text += "[maxpool]\nsize=2\nstride=2\n" + level.format(size=size, share=share, filters=5)
        text += "[route]\nlayers=-3\n"
    (tmp_path / "net.cfg").write_text(text)
    network = Network.from_cfg(tmp_path / "net.cfg")
    one, other = network.layers[1], network.layers[5]
    truths = Truths.from_rows(torch.tensor([[[0.5, 0.5, 0.5, 0.5, 0]]]), torch.tensor([1]))
    images = torch.rand(1, 3, 32, 32)

    assert other.conv is None
    assert network.plan.weights_bytes == 20 + 4 * (5 + 5 * 3 * 9)
    network.train_on(images, truths).gradient_root.backward()
    both = one.conv.weight.grad.clone()
    apart = []
    for layer in (one, other):
        network.zero_grad()
        handle = layer.register_forward_hook(lambda _layer, _inputs, output: output.detach())
        network.train_on(images, truths).gradient_root.backward()
        handle.remove()
        apart.append(one.conv.weight.grad)
    assert all(gradient.any() for gradient in apart)
    torch.testing.assert_close(both, apart[0] + apart[1], rtol=1e-5, atol=1e-7)
    bias = one.conv.bias.detach()
    assert bias[4].item() == pytest.approx(-math.log(99))
    assert not bias[:4].any()


def test_from_every_level_only_the_likeliest_go_on(tmp_path):
    heads = retina_of(tmp_path, "pre_nms=7\nthresh=.01\n")
    pairs = list(zip(heads, as_maps(*outputs()), strict=True))

    for head, x in pairs:
        found = head.offered(x, NET_HW, 0.0)
        given = found.objectness[:, None] * found.probs
        every = head.read(x)[0].sigmoid().flatten(1)
        for picture in range(4):
            own = given[found.picture == picture]
            likeliest = every[picture].sort(descending=True).values[:7]
            kept = own[own > 0].sort(descending=True).values
            torch.testing.assert_close(kept, likeliest[likeliest > 0.01], **TOLERANCE)


@pytest.mark.parametrize("focal", [Focal(0.25, 2.0), Focal(0.6, 1.5)])
def test_alpha_and_gamma_are_those_of_the_focal_loss(tmp_path, focal):
    heads = retina_of(tmp_path, f"alpha={focal.alpha}\ngamma={focal.gamma}\n")
    scores, offsets = outputs(2)

    loss = loss_of(heads, NOTHING, scores, offsets)

    wanted = focal.loss(scores, torch.zeros_like(scores)).sum()
    torch.testing.assert_close(loss.parts["class"], wanted, **TOLERANCE)


def test_what_lies_in_an_ignored_box_is_no_negative(tmp_path):
    heads = retina_of(tmp_path)
    ignored = torch.tensor([[[0.5, 0.5, 0.5, 0.5]]] * 2)
    anchors = anchors_of(heads)

    _, moved, _ = gradients(heads, replace(NOTHING, ignored=ignored))

    inside = ((anchors[:, :2] - 0.5).abs() + anchors[:, 2:] / 2 < 0.25).all(dim=1)
    outside = ((anchors[:, :2] - 0.5).abs() - anchors[:, 2:] / 2 > 0.25).any(dim=1)
    assert inside.sum() > 100
    assert not moved[:, inside].any()
    assert moved[:, outside].ne(0).all()


@pytest.mark.parametrize("keys", ["", "box_loss=ciou\nnormalize=batch\n"])
def test_the_loss_does_not_wait_for_the_device(tmp_path, keys):
    heads, given = retina_of(tmp_path, keys), as_maps(*outputs())
    truths = replace(TRUTHS, ignored=torch.tensor([[[0.5, 0.5, 0.1, 0.1]]] * 4))

    with Watch() as watch:
        heads[-1].train_on([given[-1], *given[:-1]], truths, NET_HW, Moment())

    assert watch.count > 50
    assert watch.waits == []


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("box_loss=l2\n", "box_loss=l2 is none of l1, smooth, smooth:NUMBER, giou or ciou"),
        ("box_loss=smooth:0\n", "box_loss=smooth:0 is none of"),
        ("sizes=32,40\n", "size= and sizes= say the same in two ways"),
        ("ratios=.5,0\n", "ratios= needs numbers above 0"),
        ("ignore_thresh=.6\n", "ignore_thresh=0.6 is above match_thresh=0.5"),
        ("variance=1,1\n", "variance= needs four numbers above 0"),
        ("octaves=2\n", r"with classes=3 and 6 anchors \(sizes=, ratios=\) needs filters=42"),
        ("prior=1\n", "prior=1 is above the largest value"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, keys, said):
    with pytest.raises(CfgError, match=said):
        retina_of(tmp_path, keys)


def test_a_split_head_says_what_channels_it_needs(tmp_path):
    with pytest.raises(CfgError, match="needs 18 channels with the scores and 24 with the boxes"):
        retina_of(tmp_path, "octaves=2\n", layout="split")
    text = (tmp_path / "retina.cfg").read_text().replace("octaves=2\n", "")
    (tmp_path / "turned.cfg").write_text(text.replace("layers=-3,-1", "layers=-1,-3"))
    with pytest.raises(CfgError, match="layout=split reads the scores first, then the boxes"):
        Network.from_cfg(tmp_path / "turned.cfg")
    assert NUM == 9

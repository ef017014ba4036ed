"""What holds for every head: order, empty pictures, subdivisions, round trips."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from darkpy.heads.base import Moment, Truths, Wanted
from darkpy.heads.region_delta import WARM_UP
from darkpy.model.network import Network

ANCHORS = "anchors=8,8, 14,10, 24,30\nclasses=3\nnum=3\n"
YOLO = "[yolo]\nignore_thresh=.3\n" + ANCHORS
# name: channels of the layer before, its section, whether it takes boxes
HEADS = {
    "yolo": (24, YOLO, True),
    "yolo_ciou": (24, f"{YOLO}iou_loss=ciou\niou_thresh=.2\n", True),
    "yolo_giou_truth": (24, f"{YOLO}iou_loss=giou\ntruth_thresh=.4\nobjectness_smooth=1\n", True),
    "yolo_new_coords": (24, f"{YOLO}new_coords=1\nscale_x_y=2\n", True),
    "Gaussian_yolo": (36, f"[Gaussian_yolo]\niou_thresh=.2\n{ANCHORS}", True),
    "region": (24, "[region]\nanchors=1,1, 2,1.5, 3,4\nclasses=3\nnum=3\nsoftmax=1\n", True),
    "detection": (13, "[detection]\nclasses=3\ncoords=4\nside=4\nnum=2\nsqrt=1\n", True),
    "softmax": (6, "[avgpool]\n[softmax]\n", False),
    "cost": (6, "[avgpool]\n[cost]\n", False),
}
BOXED = [name for name, (_, _, boxed) in HEADS.items() if boxed]
INPUT = 32  # px; the grid is 4 x 4
TRAINED = Moment(seen=WARM_UP, iteration=10)
SIDE = 4


@pytest.fixture
def network(tmp_path):
    """Builds a network of two convolutions, batch norm frozen, and a head."""

    def build(name):
        channels, section, _ = HEADS[name]
        activation = "logistic" if "new_coords" in section else "linear"
        (tmp_path / "net.cfg").write_text(
            f"[net]\nbatch=8\nwidth={INPUT}\nheight={INPUT}\nchannels=3\n"
            "[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride=8\npad=1\n"
            "activation=leaky\n"
            f"[convolutional]\nfilters={channels}\nsize=1\nactivation={activation}\n{section}"
        )
        torch.manual_seed(3)
        built = Network.from_cfg(tmp_path / "net.cfg")
        for module in built.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_var.fill_(1)
        return built.eval()

    return build


def pictures(count):
    return torch.rand(count, 3, INPUT, INPUT, generator=torch.Generator().manual_seed(5))


def objects(count, each=5):
    """Truths whose centres lie in different cells, so that no two meet."""
    rng = torch.Generator().manual_seed(7)
    cells = torch.stack([torch.randperm(SIDE**2, generator=rng)[:each] for _ in range(count)])
    corner = torch.stack((cells % SIDE, cells // SIDE), dim=2)
    centres = (corner + 0.1 + 0.8 * torch.rand(count, each, 2, generator=rng)) / SIDE
    sizes = 0.1 + 0.7 * torch.rand(count, each, 2, generator=rng)
    classes = torch.randint(3, (count, each, 1), generator=rng).float()
    rows = torch.cat((centres, sizes, classes), dim=2)
    return Truths.from_rows(rows, torch.full((count,), each))


def wanted(name, count):
    if HEADS[name][2]:
        return objects(count)
    classes = torch.randint(6, (count,), generator=torch.Generator().manual_seed(9))
    return Wanted(torch.eye(6)[classes])


def some(truths, kept):
    """The truths of the pictures `kept`."""
    if isinstance(truths, Wanted):
        return Wanted(truths.values[kept])
    return _each(truths, lambda part: part[kept])


def _each(truths, change):
    return Truths(
        change(truths.boxes), change(truths.classes), change(truths.valid), change(truths.tracks)
    )


def losses_of(network, images, truths):
    output = network.train_on(images, truths, TRAINED)
    (loss,) = output.losses.values()
    return loss, output.gradient_root


def gradients(network):
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


@pytest.mark.parametrize("name", HEADS)
def test_pictures_in_another_order_give_the_same_in_that_order(network, name):
    net, images, truths = network(name), pictures(4), wanted(name, 4)
    order = torch.tensor([2, 0, 3, 1])

    straight, _ = losses_of(net, images, truths)
    shuffled, _ = losses_of(net, images[order], some(truths, order))

    torch.testing.assert_close(shuffled.delta, straight.delta[order], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(shuffled.total, straight.total, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", BOXED)
def test_truths_in_another_order_change_nothing(network, name):
    net, images, truths = network(name), pictures(4), objects(4)
    order = torch.tensor([3, 1, 4, 0, 2])
    other = _each(truths, lambda part: part[:, order])

    straight, _ = losses_of(net, images, truths)
    shuffled, _ = losses_of(net, images, other)

    torch.testing.assert_close(shuffled.delta, straight.delta, rtol=1e-5, atol=1e-6)
    assert {k: float(v) for k, v in shuffled.watched.items()} == pytest.approx(
        {k: float(v) for k, v in straight.watched.items()}, rel=1e-5
    )


@pytest.mark.parametrize("name", HEADS)
def test_eight_pictures_at_once_are_four_times_two(network, name):
    net, images, truths = network(name), pictures(8), wanted(name, 8)

    losses_of(net, images, truths)[1].backward()
    at_once = gradients(net)
    net.zero_grad()
    for start in range(0, 8, 2):
        part = torch.arange(start, start + 2)
        losses_of(net, images[part], some(truths, part))[1].backward()

    assert len(at_once) >= 3
    for one, four in zip(at_once, gradients(net), strict=True):
        torch.testing.assert_close(four, one, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("most", [0, 3])
@pytest.mark.parametrize("name", BOXED)
def test_batch_without_any_truth_is_finite(network, name, most):
    net = network(name)
    nothing = Truths.from_rows(torch.zeros(2, most, 5), torch.zeros(2, dtype=torch.long))

    loss, root = losses_of(net, pictures(2), nothing)
    root.backward()

    assert loss.total.isfinite()
    assert loss.delta.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in gradients(net))
    assert int(loss.watched["count"]) == 0
    assert loss.parts["objectness"] > 0


@pytest.mark.parametrize("name", BOXED)
def test_nothing_is_asked_where_there_is_nothing_and_nothing_is_found(network, name):
    net = network(name)
    # Objectness of logistic heads far below 0; that of [detection] and new_coords is plain.
    plain = name in ("detection", "yolo_new_coords")
    last = net.layers[1]
    with torch.no_grad():
        last.conv.weight.zero_()
        last.conv.bias.fill_(-200.0 if not plain or name == "yolo_new_coords" else 0.0)
    one, none = torch.tensor([5, 0]), objects(2)

    only_first = replace(none, valid=none.valid & (one[:, None] > 0))
    loss, _ = losses_of(net, pictures(2), only_first)

    assert loss.delta[0].abs().sum() > 0
    assert loss.delta[1].abs().sum() == 0


@pytest.mark.parametrize("name", ["softmax", "cost"])
def test_a_classifier_that_is_right_is_asked_nothing(network, name):
    net = network(name)
    images = pictures(3)
    with torch.no_grad():
        given = next(iter(net(images).values())).flatten(1)

    loss, _ = losses_of(net, images, Wanted(given))

    assert loss.delta.abs().max() < 1e-6


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("yolo", 0.5),
        ("yolo_new_coords", 0.5),
        ("Gaussian_yolo", 0.1),
        ("region", 0.5),
        ("detection", 0.5),
    ],
)
def test_what_a_truth_asks_for_decodes_to_its_box(network, name, step):
    """Moved by its own delta again and again, a box arrives at its truth."""
    net = network(name)
    head = next(iter(net.detecting.values()))
    truths = objects(1, each=1)
    with torch.no_grad():
        output = next(iter(net(pictures(1)).values()))
    entries = _box_entries(head, output)

    for _ in range(200):
        loss = head.delta(output, truths, (INPUT, INPUT), TRAINED)
        output = output + step * loss.delta * entries

    found = head.decode(output, (INPUT, INPUT))
    off = (found.boxes[0] - truths.boxes[0, 0]).abs().amax(dim=1)
    assert off.min() < 2e-3


def _box_entries(head, output):
    """1 for the coordinates of boxes: the rest of an output stays where it is."""
    mask = torch.zeros_like(output)
    kind = head.plan.kind
    if kind == "detection":
        flat = mask.flatten(1)
        flat[:, -(head.options.side**2) * head.options.num * 4 :] = 1
        return flat.view_as(mask)
    per = output.shape[1] // 3
    entries = range(0, 8, 2) if kind == "Gaussian_yolo" else range(4)
    for anchor in range(3):
        for entry in entries:
            mask[:, anchor * per + entry] = 1
    return mask


ANCHORED = [(name, "") for name in BOXED if "yolo" in name]
ANCHORED.append(("Gaussian_yolo", "yolo_point=left_top\n"))


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("name", "keys"), ANCHORED)
def test_what_is_offered_above_a_threshold_is_what_decoding_all_boxes_gives(
    name, keys, memory, network, monkeypatch
):
    channels, section, boxed = HEADS[name]
    monkeypatch.setitem(HEADS, name, (channels, section + keys, boxed))
    net = network(name)
    images = pictures(3).contiguous(memory_format=memory)
    with torch.inference_mode():
        everything = net.candidates(images)
        thresh = float(everything.objectness.median())
        offered, expected = net.offered(images, thresh), everything.above(thresh)

    assert 0 < len(expected.boxes) < everything.objectness.numel()
    for column in ("picture", "number", "boxes", "objectness", "probs", "finite"):
        assert getattr(offered, column).equal(getattr(expected, column)), column

"""The loop on made-up batches: what an iteration changes, and what it leaves alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.data.batch import Batch
from darkpy.errors import DarkpyError
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision, deviation, pick_precision
from darkpy.planning.network import plan_network
from darkpy.training.guard import MOST_RETURNS, TROUBLES
from darkpy.training.trainer import Trainer

CPU = torch.device("cpu")
CFG = """
[net]
batch=4
subdivisions={subdivisions}
width=32
height=32
channels=3
decay=0.01
max_batches=1000
{net}
[convolutional]
batch_normalize={norm}
filters=8
size=3
stride=2
pad=1
activation=leaky
{first}
[convolutional]
batch_normalize={norm}
filters=8
size=3
stride=2
pad=1
activation=leaky
{second}
[convolutional]
filters=14
size=1
activation=linear
[yolo]
mask=0,1
anchors=6,6, 12,12
num=2
classes=2
{iou}
"""


def trainer(
    net="", first="", second="", norm=1, subdivisions=2, rate=0.01, iou="", **more
) -> Trainer:
    keys = {"net": net, "first": first, "second": second, "norm": norm, "iou": iou}
    text = CFG.format(**keys, subdivisions=subdivisions)
    plan = plan_network(parse_cfg(text.splitlines(), "x.cfg"))
    torch.manual_seed(3)
    network = Network(plan)
    if "stopbackward" in first + second:
        for layer in network.layers[:2]:  # as loaded weights have it
            layer.norm.running_var.fill_(1)
    return Trainer(network, lambda _: rate, device=CPU, **more)


def batch(number: int, pictures: int = 2, objects: int = 1) -> Batch:
    draws = torch.Generator().manual_seed(number)
    images = torch.randint(0, 256, (pictures, 32, 32, 3), dtype=torch.uint8, generator=draws)
    truths = torch.zeros(pictures, max(1, objects), 5)
    truths[:, :objects] = torch.tensor([0.4, 0.6, 0.3, 0.2, 1.0])
    return Batch(
        images=images.permute(0, 3, 1, 2),
        truths=truths,
        counts=torch.full((pictures,), objects),
        ignored=torch.zeros(pictures, 0, 5),
        indices=torch.zeros(pictures, dtype=torch.int64),
    )


def iterations(first: int, last: int, **facts):
    return [(i, [batch(2 * i, **facts), batch(2 * i + 1, **facts)]) for i in range(first, last + 1)]


def poison(layer, at):
    """Make a layer's output NaN in its forward passes number `at` (from 0)."""
    calls = iter(range(10**6))
    own = layer.forward

    def forward(x):
        return own(x) * (math.nan if next(calls) in at else 1.0)

    layer.forward = forward


def everything(trainer: Trainer) -> list[torch.Tensor]:
    tensors = [*trainer.network.state_dict().values(), *trainer.optimizer.memory().values()]
    return [tensor.clone() for tensor in tensors]


def test_a_step_says_what_the_heads_saw():
    step, *_ = trainer().steps(iterations(1, 1))

    assert step.updated
    assert not step.trouble
    assert step.loss == pytest.approx(sum(step.parts.values()))
    assert step.watched["count"] == 4  # one object in each of four pictures
    assert 0 < step.quality["iou"] < 1
    assert step.quality["objects"] == 4
    assert 0 <= step.quality["recall75"] <= step.quality["recall50"] <= 1
    assert step.heads[3]["count"] == 4
    assert step.size_hw == (32, 32)


def test_a_batch_in_two_mini_batches_adds_up_to_the_batch_in_one():
    # Without batch norm, which sees one mini-batch at a time.
    two, one = trainer(norm=0), trainer(norm=0, subdivisions=1)
    (number, parts), *_ = iterations(1, 1)
    fields = ("images", "truths", "counts", "ignored", "indices")
    whole = replace(parts[0], **{f: torch.cat([getattr(p, f) for p in parts]) for f in fields})

    list(two.steps([(number, parts)]))
    list(one.steps([(number, [whole])]))

    assert torch.allclose(two.optimizer.values, one.optimizer.values, rtol=1e-5, atol=1e-7)


def test_pictures_without_objects_train_on():
    *_, last = trainer().steps(iterations(1, 3, objects=0))

    assert last.updated
    assert math.isfinite(last.loss)
    assert last.quality["iou"] == last.quality["objects"] == 0


@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize("net", ["", "adam=1"])
def test_an_iteration_that_is_not_finite_changes_nothing_at_all(net, call):
    training = trainer(net)
    list(training.steps(iterations(1, 2)))
    before = everything(training)
    poison(training.network.layers[1], at={call})

    (step,) = training.steps(iterations(3, 3))

    assert not step.updated
    assert step.trouble
    for now, then in zip(everything(training), before, strict=True):
        assert torch.equal(now, then)


def test_the_next_iteration_goes_on_as_if_the_bad_one_had_not_been():
    with_it, without = trainer(), trainer()
    poison(with_it.network.layers[0], at={4, 5})  # iteration 3
    list(with_it.steps(iterations(1, 4)))
    list(without.steps([each for each in iterations(1, 4) if each[0] != 3]))

    assert torch.equal(with_it.optimizer.values, without.optimizer.values)
    assert torch.equal(with_it.statistics, without.statistics)


def test_a_gradient_that_is_not_finite_is_found_behind_a_finite_loss():
    training = trainer()
    before = everything(training)
    weights = training.network.layers[0].conv.weight
    weights.register_hook(lambda gradient: gradient * math.inf)

    (step,) = training.steps(iterations(1, 1))

    assert math.isfinite(step.loss)
    assert not step.updated
    assert torch.equal(everything(training)[0], before[0])


def test_repeated_trouble_goes_back_to_good_weights_with_half_the_rate():
    training = trainer()
    good = training.optimizer.values.clone()
    list(training.steps(iterations(1, 2)))
    poison(training.network.layers[0], at=range(2 * TROUBLES))

    steps = list(training.steps(iterations(3, 3 + TROUBLES)))

    assert [step.returned_to for step in steps] == [None] * (TROUBLES - 1) + [0, None]
    assert steps[-1].updated
    assert steps[-1].rate == pytest.approx(0.005)
    # One step of half the rate lies between the first weights and these, not three of all of it.
    assert (training.optimizer.values - good).norm() < 0.2 * good.norm()


def test_a_training_that_cannot_be_saved_says_so_and_ends():
    training = trainer()
    poison(training.network.layers[0], at=range(10**6))

    with pytest.raises(DarkpyError, match="does not recover"):
        list(training.steps(iterations(1, TROUBLES * (MOST_RETURNS + 1))))


def test_rates_that_explode_never_leave_weights_that_are_not_finite():
    training = trainer(rate=1e18)

    updated = []
    for step in until_it_ends(training, iterations(1, 60)):
        assert training.optimizer.values.isfinite().all(), step.iteration
        assert training.statistics.isfinite().all()
        updated.append(step.updated)

    # The first step is of finite numbers and takes the weights so far that none after it is.
    assert updated[: TROUBLES + 1] == [True] + [False] * TROUBLES
    assert updated.count(True) == MOST_RETURNS + 1


def until_it_ends(training, batches):
    try:
        yield from training.steps(batches)
    except DarkpyError:
        return


def test_frozen_layers_stay_bit_for_bit_and_keep_their_statistics():
    training = trainer(second="stopbackward=1")
    frozen = [
        t.clone() for layer in training.network.layers[:2] for t in layer.state_dict().values()
    ]
    list(training.steps(iterations(1, 3)))

    now = [t for layer in training.network.layers[:2] for t in layer.state_dict().values()]
    for tensor, before in zip(now, frozen, strict=True):
        assert torch.equal(tensor, before)


@pytest.mark.parametrize("adam", ["", "adam=1"])
def test_all_but_last_trains_the_last_layer_alone_and_the_optimizer_holds_no_other(adam):
    training = trainer(net=f"freeze=all-but-last\n{adam}", rate=0.001)
    for layer in training.network.layers[:2]:
        layer.norm.running_var.fill_(1)
    before = [tensor.clone() for tensor in training.network.state_dict().values()]
    last = training.network.layers[2]

    list(training.steps(iterations(1, 3)))

    after = training.network.state_dict()
    changed = {
        name for (name, now), old in zip(after.items(), before, strict=True) if (now != old).any()
    }
    assert changed == {"layers.2.conv.weight", "layers.2.conv.bias"}
    assert {id(p) for p in training.optimizer.parameters} == {id(p) for p in last.parameters()}
    assert {piece.owner for piece in training.optimizer.moving(1)} == {2}


def test_layers_frozen_from_scratch_have_no_statistics_to_keep():
    training = trainer(second="stopbackward=2")
    for layer in training.network.layers[:2]:
        layer.norm.running_var.zero_()

    steps = list(training.steps(iterations(1, 4)))

    assert all(step.updated for step in steps)
    assert steps[0].loss < 1e3  # divided by √1e-5 twice it would be far more


def test_dont_update_holds_weights_until_its_iteration():
    training = trainer(first="dont_update=3")
    weights = training.network.layers[0].conv.weight
    before = weights.detach().clone()

    list(training.steps(iterations(1, 3)))
    assert torch.equal(weights, before)
    list(training.steps(iterations(4, 4)))
    assert not torch.equal(weights, before)


def test_cross_iteration_batch_norm_trains():
    *_, last = trainer(norm=2).steps(iterations(1, 4))

    assert last.updated


def test_adversarial_pictures_come_after_burn_in_and_leave_statistics_alone():
    training = trainer(net="adversarial_lr=.5\nburn_in=1")
    seen = []
    training.adversary.network.layers[0].register_forward_pre_hook(
        lambda layer, inputs: seen.append(layer.training)
    )

    list(training.steps(iterations(1, 12)))

    attacks = seen.count(False)  # made in inference mode
    assert seen[:4] == [True] * 4  # iterations 1 and 2
    assert 2 <= attacks <= 18  # of 20 mini-batches, each with a chance of a half
    assert seen.count(True) == 24


def test_averaged_weights_lag_behind():
    training = trainer(net="ema_alpha=.5")
    training.averaged.start = 1
    list(training.steps(iterations(1, 3)))

    assert training.averaged.average.isfinite().all()
    assert not torch.equal(training.averaged.average, training.optimizer.values)


def test_bfloat16_trains_with_float32_weights_and_losses():
    mixed, plain = trainer(precision=Precision(torch.bfloat16)), trainer()

    lowered = [step.loss for step in mixed.steps(iterations(1, 4))]
    full = [step.loss for step in plain.steps(iterations(1, 4))]

    assert lowered != full
    assert lowered == pytest.approx(full, rel=0.03)  # 2^-8 a number, a few layers
    assert mixed.optimizer.values.dtype == torch.float32


def test_a_scaled_loss_gives_the_same_step():
    # In float32 a power of two changes no digit.
    scaled, plain = trainer(precision=Precision(None, scaled=True)), trainer()

    list(scaled.steps(iterations(1, 3)))
    list(plain.steps(iterations(1, 3)))

    assert torch.equal(scaled.optimizer.values, plain.optimizer.values)


def test_an_overflow_of_the_scale_is_no_trouble():
    training = trainer(precision=Precision(None, scaled=True))
    weights = training.network.layers[0].conv.weight
    weights.register_hook(lambda gradient: gradient * math.inf)

    (step,) = training.steps(iterations(1, 1))

    assert not step.updated
    assert not step.trouble
    assert training.scale.factor.item() == 2**15


def test_amp_is_off_on_a_cpu_unless_asked_for():
    network = trainer().network

    assert pick_precision("gpu", network, CPU) == (FLOAT32, "")
    assert pick_precision("off", network, CPU) == (FLOAT32, "")
    precision, words = pick_precision("on", network, CPU)
    assert precision.dtype == torch.bfloat16
    assert "bfloat16" in words


@pytest.mark.parametrize("filled", [0.0, 1.0], ids=["fresh", "with statistics"])
def test_the_self_check_measures_how_far_the_precisions_are_apart(filled):
    network = trainer(second="[dropout]\n").network
    for layer in network.layers[:2]:
        layer.norm.running_var.fill_(filled)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    chance = torch.get_rng_state()

    difference = deviation(network, Precision(torch.bfloat16), CPU)

    assert 0 < difference < 0.05  # 2^-8 a number, a few layers
    assert deviation(network, FLOAT32, CPU) == 0  # the dropout falls alike
    assert network.training
    assert torch.equal(torch.get_rng_state(), chance)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_the_self_check_of_a_network_that_is_broken_is_no_number():
    network = trainer().network
    with torch.no_grad():
        network.layers[0].conv.weight[0, 0, 0, 0] = math.nan

    assert deviation(network, Precision(torch.bfloat16), CPU) is None


def test_tf32_is_a_gpus():
    precision, words = pick_precision("tf32", trainer().network, CPU)

    assert precision == FLOAT32
    assert "only GPUs have TF32" in words


def test_numbers_that_are_fetched_late_come_under_their_own_iterations():
    # On a device several steps are done before the first one's numbers come over.
    plain, late = trainer(), trainer()
    late.fetch_every = 4
    seen = []

    due = [6, 7].__contains__
    for step in late.steps(iterations(1, 9), due):
        seen.append((step.iteration, late.iteration))

    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4), (5, 6), (6, 6), (7, 7), (8, 9), (9, 9)]
    list(plain.steps(iterations(1, 9)))
    assert torch.equal(late.optimizer.values, plain.optimizer.values)


def test_a_step_tells_of_each_mini_batch_where_that_is_asked_for():
    (plain,) = trainer().steps(iterations(1, 1))
    (step,) = trainer(apart=True).steps(iterations(1, 1))

    assert plain.mini_batches == ()
    assert (step.loss, step.heads, step.watched) == (plain.loss, plain.heads, plain.watched)
    assert len(step.mini_batches) == 2
    head = max(step.heads)
    for name, value in step.heads[head].items():
        parts = [heads[head][name] for heads in step.mini_batches]
        assert sum(parts) == pytest.approx(value, rel=1e-6)
    assert step.mini_batches[0][head]["iou"] != step.mini_batches[1][head]["iou"]

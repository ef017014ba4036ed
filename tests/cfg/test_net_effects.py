"""Keys of [net] that do nothing beside others, and what keeps a network from being trained."""

from __future__ import annotations

import pytest

from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_effects import idle_keys, refusals

_OF_PAIRS = ["contrastive_jit_flip", "contrastive_color"]


@pytest.mark.parametrize(
    ("keys", "idle"),
    [
        ({"mixup": True}, []),
        ({"mixup": True, "mosaic": True}, ["mixup"]),
        ({"mosaic_mixup": True}, ["mosaic_mixup"]),
        ({"hue": 0.1, "saturation": 1.5, "exposure": 1.5, "channels": 1}, ["hue", "saturation"]),
        ({"hue": 0.1, "saturation": 1.5, "channels": 3}, []),
        ({"attention": True}, ["attention"]),
        ({"mosaic_mixup": True, "mosaic": True}, []),
        ({"mixup": True, "cutmix": True}, ["mixup"]),
        ({"mosaic_bound": True}, ["mosaic_bound"]),
        ({"momentum": 0.8, "B1": 0.8}, ["B1"]),
        ({"momentum": 0.8, "B1": 0.8, "adam": True}, ["momentum"]),
        ({"steps": (1, 2), "scales": (0.1, 0.1)}, ["steps", "scales"]),
        ({"steps": (1, 2), "scales": (0.1, 0.1), "policy": "steps"}, []),
        ({"power": 2.0}, ["power"]),
        ({"power": 2.0, "burn_in": 10}, []),
        ({"gamma": 2.0, "policy": "sigmoid"}, []),
        ({"sgdr_mult": 3, "policy": "poly"}, ["sgdr_mult"]),
        (
            {"augment_speed": 3, "sequential_subdivisions": 2},
            ["augment_speed", "sequential_subdivisions"],
        ),
        ({"augment_speed": 3, "track": True, "seq_scales": (0.5,)}, ["seq_scales"]),
        ({"track": True, "seq_scales": (0.5,), "policy": "steps"}, []),
        ({"contrastive_color": True, "contrastive_jit_flip": True}, _OF_PAIRS),
        ({"contrastive": True, "batch": 6, "subdivisions": 2}, ["contrastive"]),
        ({"contrastive": True, "batch": 8, "subdivisions": 2, "contrastive_color": True}, []),
    ],
)
def test_a_key_that_does_nothing_beside_the_others_is_named(keys, idle):
    assert [key for key, _ in idle_keys(NetOptions(**keys))] == idle


def test_what_stands_in_its_way_is_said():
    ((_, mixup),) = idle_keys(NetOptions(mixup=True, mosaic=True))
    steps = dict(idle_keys(NetOptions(steps=(80, 90))))["steps"]

    assert mixup == (
        "mixup=1 has no effect beside mosaic=1 or cutmix=1, as in Darknet: with mosaic=1 only "
        "mosaics are made, which mosaic_mixup=1 mixes"
    )
    assert steps == "steps=80,90 has no effect without policy=steps"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"max_batches": 0}, "max_batches=0"),
        ({"batch": 1}, "batch=1 is for testing"),
        ({"letter_box": True, "mosaic": True}, "letter_box=1 and mosaic=1 exclude each other"),
    ],
)
def test_what_no_training_takes_is_refused(keys, said):
    trainable = {"max_batches": 10, "batch": 4}

    assert list(refusals(NetOptions(**trainable))) == []
    (why,) = refusals(NetOptions(**trainable | keys))
    assert said in why


def test_one_sequence_of_several_pictures_can_be_trained():
    assert list(refusals(NetOptions(max_batches=10, batch=1, time_steps=3))) == []

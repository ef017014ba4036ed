"""Keys of [net] against each other: what does nothing beside others, what no training takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from darkpy.cfg.net import NetOptions

_DEFAULTS = {field.name: field.default for field in fields(NetOptions)}


def _of_policy(*policies: str) -> tuple[Callable[[NetOptions], bool], str]:
    names = " or ".join(f"policy={name}" for name in policies)
    return lambda net: net.policy not in policies, f"without {names}"


_NO_TRACK = (lambda net: not net.track, "without track=1")
_NO_PAIRS = (lambda net: not net.contrastive, "without contrastive=1")
_NO_ADAM = (lambda net: not net.adam, "without adam=1")

# When each key does nothing, and what it lacks or what stands in its way.
_IDLE: dict[str, tuple[Callable[[NetOptions], bool], str]] = {
    "mixup": (
        lambda net: net.mosaic or net.cutmix,
        "beside mosaic=1 or cutmix=1, as in Darknet: with mosaic=1 only mosaics are made, which "
        "mosaic_mixup=1 mixes",
    ),
    "hue": (lambda net: net.channels == 1, "with channels=1: grey has no colours"),
    "saturation": (lambda net: net.channels == 1, "with channels=1: grey has no colours"),
    "attention": (lambda net: not net.adversarial_lr, "without adversarial_lr="),
    "mosaic_mixup": (lambda net: not net.mosaic, "without mosaic=1"),
    "mosaic_bound": (lambda net: not net.mosaic, "without mosaic=1"),
    "contrastive": (
        lambda net: net.sequences % 2 == 1,
        "where batch= divided by subdivisions= is odd: pictures are seen in pairs",
    ),
    "contrastive_jit_flip": _NO_PAIRS,
    "contrastive_color": _NO_PAIRS,
    "momentum": (lambda net: net.adam, "with adam=1, which has B1= and B2="),
    "B1": _NO_ADAM,
    "B2": _NO_ADAM,
    "eps": _NO_ADAM,
    "steps": _of_policy("steps"),
    "scales": _of_policy("steps"),
    "augment_speed": _NO_TRACK,
    "sequential_subdivisions": _NO_TRACK,
    "seq_scales": (
        lambda net: not net.track or net.policy not in ("steps", "sgdr"),
        "without track=1 and policy=steps",
    ),
    "step": _of_policy("step", "sig", "sigmoid"),
    "scale": _of_policy("step"),
    "gamma": _of_policy("exp", "sig", "sigmoid"),
    "learning_rate_min": _of_policy("sgdr"),
    "sgdr_cycle": _of_policy("sgdr"),
    "sgdr_mult": _of_policy("sgdr"),
    "power": (
        lambda net: not net.burn_in and net.policy not in ("poly", "random"),
        "without burn_in=, policy=poly or policy=random",
    ),
}


def idle_keys(net: NetOptions) -> Iterator[tuple[str, str]]:
    """Each key that is given and does nothing, and the sentence that says why."""
    for key, (idle, why) in _IDLE.items():
        value = getattr(net, key)
        if value != _DEFAULTS[key] and idle(net):
            yield key, f"{key}={_text(value)} has no effect {why}"


def excluded(net: NetOptions) -> str:
    """What is wrong with letter_box=1 beside mosaic=1; nothing if not both are set."""
    if not (net.letter_box and net.mosaic):
        return ""
    return (
        "[net] letter_box=1 and mosaic=1 exclude each other in training, which Darknet refuses; "
        "keep one of them"
    )


def refusals(net: NetOptions) -> Iterator[str]:
    """Why a network that can run cannot be trained, a sentence each."""
    if net.max_batches < 1:
        yield "[net] max_batches=0: say how many iterations to train"
    if net.pictures == 1:
        yield "[net] batch=1 is for testing; batch=64 is usual in training"
    if why := excluded(net):
        yield why


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(f"{item:g}" for item in value)
    return f"{value:g}" if isinstance(value, (bool, int, float)) else str(value)

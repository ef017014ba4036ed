"""[net]: augmentation that a detector does not do, or not so."""

from __future__ import annotations

from collections.abc import Mapping

from darkpy.cfg.net_effects import idle_keys
from darkpy.check.subject import Subject

# Keys of [net] for classifiers, and the values at which they do nothing.
_CLASSIFIERS_ONLY = {
    "angle": 0.0,
    "aspect": 1.0,
    "max_crop": 0,
    "min_crop": 0,
    "label_smooth_eps": 0.0,
}
# Keys of [net] for detectors alone, likewise.
_IDLE_SSD = {"preset_augment": "none", "ssd_distort": False, "expand": 1.0, "ssd_crop": ()}
# Those that classifiers have no use for.
_DETECTORS_ONLY = {
    "gaussian_noise": 0,
    "rotate": 0.0,
    "mosaic_bound": False,
    "mosaic_mixup": False,
    "letter_box": False,
    "track": False,
}


def check_cutmix(subject: Subject) -> None:
    """cutmix= is for classifiers."""
    net = subject.net
    if net.cutmix and subject.heads:
        left = "only mosaic=1 is done" if net.mosaic else "it is left out"
        message = f"cutmix=1 is for classifiers; in a detector {left}, as in Darknet"
        subject.warning(subject.net_section, "cutmix", message, 0)


def check_classifier_keys(subject: Subject) -> None:
    """Keys that only the loader of classifiers reads."""
    if subject.heads:
        _tell_of_others(subject, _CLASSIFIERS_ONLY, "in a detector; classifiers use it")


def check_detector_keys(subject: Subject) -> None:
    """Keys that only the loader of detectors reads, and what a tree of classes has no use for."""
    if subject.heads:
        return
    idle = {key: value for key, value in _IDLE_SSD.items() if key in subject.net_section.entries}
    for key, value in idle.items():
        if getattr(subject.net, key) != value:
            message = f"{key}= has no effect in a network without boxes; detectors use it"
            subject.note(subject.net_section, key, message)
    if not subject.values:
        return
    _tell_of_others(subject, _DETECTORS_ONLY, "in a classifier; detectors use it")
    smoothed = subject.net.label_smooth_eps
    if smoothed and any(getattr(plan.options, "tree", "") for plan in subject.values):
        message = f"label_smooth_eps={smoothed:g} has no effect beside tree= of [softmax]"
        subject.note(subject.net_section, "label_smooth_eps", message)


def _tell_of_others(subject: Subject, idle: Mapping[str, float], where: str) -> None:
    """A note on each of these keys that has another value than the one at which it does nothing."""
    for key, nothing in idle.items():
        value = getattr(subject.net, key)
        if value != nothing:
            message = f"{key}={value:g} has no effect {where}"
            subject.note(subject.net_section, key, message)


def check_idle_keys(subject: Subject) -> None:
    """Keys that do nothing beside the others."""
    for key, message in idle_keys(subject.net):
        subject.note(subject.net_section, key, message)


def check_ssd_crop(subject: Subject) -> None:
    """ssd_crop= takes the place of the head's own crop."""
    if not subject.net.ssd_crop:
        return
    for head in subject.heads:
        for key in ("jitter", "resize"):
            if key in head.section.entries:
                message = f"{key}= has no effect beside ssd_crop= in [net], which is a crop itself"
                subject.note(head.section, key, message)


def check_colours(subject: Subject) -> None:
    """Factors of colour below 1, and hues beyond the circle."""
    for key in ("saturation", "exposure"):
        value = getattr(subject.net, key)
        if value == 0:
            message = f"{key}=0 is no factor: 1 is no change, 1.5 is usual"
            subject.warning(subject.net_section, key, message)
    if subject.net.hue > 0.5:
        message = f"hue={subject.net.hue:g} turns hues right round; it is in turns, .1 is usual"
        subject.warning(subject.net_section, "hue", message)

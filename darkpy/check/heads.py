"""Heads that do not fit each other, or the layer before them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from darkpy.cfg.beside import named_file, read_map
from darkpy.cfg.text import nearest
from darkpy.check.subject import Subject
from darkpy.errors import CfgError, number_of
from darkpy.planning.effects import idle_layer_keys


def _majority(values: list[Any]) -> Any:
    """The most frequent value, the last one of those equally frequent."""
    counts = Counter(values)
    return max(reversed(values), key=lambda value: counts[value])


def check_classes(subject: Subject) -> None:
    """All heads of a network detect the same classes."""
    heads = subject.heads
    values = [head.options.classes for head in heads]
    if len(set(values)) < 2:
        return
    right = _majority(values)
    sure = values.count(right) > len(values) / 2
    model = next(head for head in reversed(heads) if head.options.classes == right)
    for head in heads:
        if head.options.classes == right:
            continue
        section = head.section
        subject.findings.error(
            section.source,
            section.line_of("classes"),
            f"[{head.kind}] classes={head.options.classes}, but the [{model.kind}] of line "
            f"{model.section.line} has classes={right}; all heads must agree",
            section.fix("classes", right, alone=True) if sure else None,
        )


def check_shared_keys(subject: Subject) -> None:
    """Keys that must or should be the same in all heads."""
    heads = subject.anchored
    for key, why in _SHARED.items():
        held = [head for head in heads if hasattr(head.options, key)]
        values = [getattr(head.options, key) for head in held]
        if len(set(values)) < 2:
            continue
        last, first = held[-1], next(h for h in held if getattr(h.options, key) != values[-1])
        there = f"the [{last.kind}] of line {last.section.line}"
        difference = _difference(key, getattr(first.options, key), values[-1], there)
        tell = subject.warning if key == "anchors" else subject.note
        tell(first, key, f"{difference}; {why}")


def _difference(key: str, here: Any, other: Any, there: str) -> str:
    if not isinstance(here, tuple):
        return f"{key}={here:g} differs from {key}={other:g} of {there}"
    if len(here) != len(other):
        return f"{key}= has {number_of(len(here), 'numbers')}, that of {there} has {len(other)}"
    number = next(i for i, pair in enumerate(zip(here, other, strict=True)) if pair[0] != pair[1])
    return f"{key}= differs from that of {there}: {here[number]:g} here is {other[number]:g} there"


_COUNTS = "only the last head's counts"
_SHARED = {
    "anchors": "each head would use its own list, which is rarely meant",
    "jitter": _COUNTS,
    "resize": _COUNTS,
    "random": _COUNTS,
    "max": "the loader keeps as many objects of a picture as the last head says",
}


def check_layer_before(subject: Subject) -> None:
    """A head reads raw numbers: no activation, no batch norm (with new_coords=1: logistic)."""
    for head in subject.anchored:
        before = subject.before(head)
        if before is None or not hasattr(before.options, "batch_normalize"):
            continue
        wanted = "logistic" if getattr(head.options, "new_coords", False) else "linear"
        activation = getattr(before.options, "activation", wanted)
        because = f"the [{head.kind}] of line {head.section.line}"
        if wanted == "logistic":
            because += " has new_coords=1 and"
        if activation != wanted:
            given = f"activation={activation}"
            given += "" if "activation" in before.section.entries else " (the default)"
            message = f"{given} before a head; {because} needs {wanted}"
            subject.warning(before, "activation", message, wanted)
        if before.options.batch_normalize:
            message = f"batch_normalize=1 before a head; {because} is trained without it"
            subject.warning(before, "batch_normalize", message)


def check_effects(subject: Subject) -> None:
    """Keys of layers that do nothing as they stand, or too much."""
    for layer, key, message in idle_layer_keys(subject.plan):
        subject.note(layer, key, message)
    for head in subject.anchored:
        if getattr(head.options, "label_smooth_eps", 0) > 0:
            given = head.section.entries["label_smooth_eps"].text
            only = "smooths the classes of objects only, never the objectness"
            subject.note(head, "label_smooth_eps", f"label_smooth_eps={given} {only}")
        if getattr(head.options, "max_delta", None) == 0:
            message = "max_delta=0 cuts every change to nothing; leave the key out or take 5"
            subject.warning(head, "max_delta", message)
        if head.options.jitter >= 1:
            message = f"jitter={head.options.jitter:g} may cut a whole picture away; .3 is usual"
            subject.warning(head, "jitter", message)


def check_maps(subject: Subject) -> None:
    """map= names a file that is there, of class numbers."""
    for head in subject.anchored:
        name = head.options.map
        if not name:
            continue
        path = named_file(name, head.section.source)
        if not path.is_file():
            message = f"map={name} does not exist{nearest(path)}"
            subject.warning(head, "map", f"{message}; the layer cannot run without it")
            continue
        try:
            read_map(path, head.options.classes)
        except CfgError as problem:
            subject.error(head, "map", f"map={name} cannot be used: {problem}")

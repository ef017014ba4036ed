"""A comment behind a value: to the C program, which has none such, it is part of the value."""

from __future__ import annotations

import typing
from collections.abc import Sequence

from darkpy.cfg.reader import Entry, Section
from darkpy.errors import Findings, clipped

# What the C program makes of a word that it does not know: get_activation() and others in its src/;
# of the keys that are not here, and of names of files, it says so and ends.
_TAKEN_FOR_UNKNOWN = {
    "activation": "relu",
    "lstm_activation": "relu",
    "policy": "constant",
    "iou_loss": "iou",
    "iou_thresh_kind": "iou",
    "nms_kind": "default",
    "yolo_point": "center",
    "type": "sse",
}
# Keys that a comment does no harm to: lists that end for the C program where they do here (of
# others it counts the commas behind the # too), and a key that only darkpy has.
_UNHARMED = ("steps", "scales", "seq_scales", "mask", "counters_per_class", "objective")


def warn_of_comment(
    section: Section, entry: Entry, type_: typing.Any, choices: Sequence[str], findings: Findings
) -> None:
    """A warning where the C program reads another value. type_, choices: of the key."""
    if entry.key in _UNHARMED or (entry.key, section.kind) == ("anchors", "yolo"):
        return
    whole = clipped(f"{entry.text}{entry.comment}")
    if type_ is str:
        taken = _TAKEN_FOR_UNKNOWN.get(entry.key) if choices else None
        makes = f"takes {taken}" if taken else "ends"
        reads = f"it does not know '{whole}' and {makes}"
    elif typing.get_origin(type_) is tuple and "," in entry.comment:
        reads = "it counts the commas of the comment too"
    else:
        return
    findings.warning(
        section.source,
        entry.line,
        f"[{section.kind}] {entry.key}={clipped(entry.text)}: to the C program the comment behind "
        f"it is part of the value: {reads}; a line of its own is right for it",
    )

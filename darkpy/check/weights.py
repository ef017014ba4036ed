"""A weights file against the network: how far it reaches, and whose it may be."""

from __future__ import annotations

from pathlib import Path

from darkpy.check.anchors import RELEASED_MASK, tiny_head
from darkpy.check.stock import published_with
from darkpy.check.subject import Subject
from darkpy.errors import Findings, WeightsError
from darkpy.planning.header import HEADER_BYTES, Header, read_header
from darkpy.planning.weights_file import FileLayout, ends_inside, layout
from darkpy.sections.base import FLOAT_BYTES

_MANY_PICTURES = 10**12  # more than any training has seen


def check_weights(path: str, subject: Subject | None, findings: Findings) -> None:
    """Report whether the file fits the network. Without one, only what it says of itself."""
    try:
        header = read_header(path)
    except WeightsError as problem:
        findings.error(path, None, str(problem).removeprefix(f"{path}: "))
        return
    size = Path(path).stat().st_size
    values, rest = divmod(size - header.size, FLOAT_BYTES)
    _check_header(path, header, subject, findings)
    if rest:
        message = f"{size} bytes are no whole number of values: {rest} are left over"
        findings.error(path, None, f"{message}; the file is cut off or not a weights file")
    elif subject is not None and subject.whole:
        _check_reach(path, header, values, subject, findings)


def _check_header(path: str, header: Header, subject: Subject | None, findings: Findings) -> None:
    if header.seen > _MANY_PICTURES:
        message = f"its header says {header.seen} pictures seen, which no training reaches"
        findings.warning(path, None, f"{message}; training with -clear does not use it")
    elif subject is not None and subject.net.max_batches and header.seen:
        done, last = header.seen // subject.net.pictures, subject.net.max_batches
        if done >= last:
            message = f"was trained for {done} iterations, and max_batches={last}: "
            findings.note(path, None, f"{message}training takes it as pretrained and begins at 0")
    if header.version[0] or header.version[1] > 2:
        version = ".".join(str(number) for number in header.version)
        findings.note(path, None, f"its header says version {version}; Darknet writes 0.2.5")


def _check_reach(
    path: str, header: Header, values: int, subject: Subject, findings: Findings
) -> None:
    """Where in the network the file ends."""
    stored = layout(subject.plan.layers, values)
    if stored.cut is not None:
        message = ends_inside(stored.cut, stored.cut.end - values)
        findings.error(path, None, message + _whose(values, header, subject))
        return
    if values > stored.count:
        many = FLOAT_BYTES * (values - stored.count)
        wanted = header.size + FLOAT_BYTES * stored.count
        message = f"{wanted + many} bytes are {many} too many: {subject.text.source} takes {wanted}"
        findings.error(path, None, message + _whose(values, header, subject))
        return
    if stored.unfilled is not None:
        _report_partial(path, stored, subject, findings)
    else:
        iterations = header.seen // subject.net.pictures
        trained = f", trained on {header.seen} pictures ({iterations} iterations)"
        fits = f"fits: all {stored.reached} layers{trained if header.seen else ''}"
        findings.note(path, None, fits + _named(values))
        _check_tiny(path, values, subject)
    _check_values(path, header, stored, findings)


def _report_partial(path: str, stored: FileLayout, subject: Subject, findings: Findings) -> None:
    total = len(subject.plan.layers)
    message = f"holds the first {stored.reached} of {total} layers{_named(stored.available)}"
    findings.note(path, None, f"{message}; the others begin at random: for training only")


def _named(values: int) -> str:
    known = published_with(values)
    return f"; its size is that of {known.name}" if known else ""


def _whose(values: int, header: Header, subject: Subject) -> str:
    """The network that the file was probably made for, as the end of a sentence."""
    known = published_with(values)
    if known is not None:
        return f"; its size is that of {known.name}, which belongs to {known.cfg}.cfg"
    classes = _classes_that_fit(values, subject)
    if classes is not None:
        return f"; it would fit if all heads had classes={classes}"
    whole = header.size - HEADER_BYTES + subject.plan.weights_bytes
    return f"; it is cut off or belongs to another cfg (the whole network takes {whole} bytes)"


def _classes_that_fit(values: int, subject: Subject) -> int | None:
    """The number of classes at which the network has so many values, if there is one."""
    a_class = 0
    for head in subject.anchored:
        before = subject.before(head)
        if before is None or not before.weights or not head.out.c:
            return None
        count = len(head.options.own_mask) if hasattr(head.options, "own_mask") else 0
        a_class += (count or head.options.num) * (before.weights // before.out.c)
    if not a_class:
        return None
    own = sum(stored.size for plan in subject.plan.layers for stored in plan.loaded)
    more, rest = divmod(values - own, a_class)
    classes = subject.classes + more
    return classes if rest == 0 and classes > 0 else None


def _check_values(path: str, header: Header, stored: FileLayout, findings: Findings) -> None:
    """Values that cannot be right, and a last layer of nothing but zeros."""
    # Only here: a cfg alone is checked before numpy would be loaded.
    import numpy as np

    from darkpy.planning.weights_values import described, faults

    layers = stored.layers[: stored.reached]
    last = next((held for held in reversed(layers) if held.count), None)
    if last is None:
        return
    values = np.memmap(path, "<f4", "r", header.size, (stored.available,))
    found = list(faults(values, layers))
    if found:
        findings.error(path, None, described(found))
    elif not values[last.start : last.end].any():
        findings.warning(path, None, f"layer {last.layer.index} holds nothing but zeros")


def _check_tiny(path: str, values: int, subject: Subject) -> None:
    """The released weights of the tiny networks with the mask that they were not trained with."""
    known, head = published_with(values), tiny_head(subject)
    if head is None or known is None or known.layers is not None:
        return
    subject.warning(
        head,
        "mask",
        f"mask=0,1,2, but {path} has the size of the released {known.name}, which was trained "
        f"with mask={RELEASED_MASK} here; small objects would get wrong boxes",
        RELEASED_MASK,
    )

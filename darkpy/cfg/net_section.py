"""The text of [net] as NetOptions, with the checks that need more than one of its keys."""

from __future__ import annotations

import math
from dataclasses import fields, replace

from darkpy.cfg.net import NetOptions
from darkpy.cfg.net_augmentation import PRESETS, AugmentationOptions
from darkpy.cfg.net_effects import excluded
from darkpy.cfg.net_schedule import ScheduleOptions
from darkpy.cfg.options import options_from
from darkpy.cfg.reader import Section
from darkpy.errors import Finding, Findings

# Without these no network runs at all; the other keys of schedule and augmentation train it.
_RUNNING = ("batch", "subdivisions", "time_steps", "width", "height", "channels", "inputs")
_TRAINING = {
    field.name for options in (ScheduleOptions, AugmentationOptions) for field in fields(options)
} - {*_RUNNING, "letter_box"}


def net_options(section: Section, findings: Findings) -> NetOptions:
    """[net] as a value, with the checks that need more than one key."""
    options = _values(section, findings)
    options = _whole_mini_batches(section, options, findings)
    if not options.inputs and not (options.width and options.height and options.channels):
        _check_input(section, options, findings)
    options = _standardizing(section, options, findings)
    _check_steps(section, options, findings)
    if why := excluded(options):
        findings.warning(section.source, section.line_of("mosaic"), why)
    return options


def _values(section: Section, findings: Findings) -> NetOptions:
    """The values; of keys that only trainings read, mistakes are only a training's."""
    found = Findings()
    net = options_from(section, NetOptions, found)
    lines = {entry.line for entry in section.entries.values() if entry.key in _TRAINING}
    for finding in found.items:
        findings.keep(replace(finding, training=finding.line in lines))
    preset = PRESETS.get(net.preset_augment, {})
    absent = {name: value for name, value in preset.items() if name not in section.entries}
    return replace(net, **absent)


def _check_input(section: Section, options: NetOptions, findings: Findings) -> None:
    """Report what is missing of the input's size, unless it is there and could not be read."""
    sides = ("width", "height", "channels")
    absent = [name for name in sides if name not in section.entries]
    zero = [name for name in sides if section.entries.get(name) and not getattr(options, name)]
    if absent:
        needed = ", ".join(f"{name}=" for name in absent)
        findings.error(section.source, section.line, f"[net] needs {needed} (or inputs=)")
    elif all(section.entries[name].text.strip("0.") == "" for name in zero):
        message = f"[net] {zero[0]}=0 leaves no input; it must be 1 or more"
        findings.error(section.source, section.line_of(zero[0]), message)


def _standardizing(section: Section, options: NetOptions, findings: Findings) -> NetOptions:
    """Options with a mean= and std= that can be computed with: a number, or one a channel."""
    for name in ("mean", "std"):
        values = getattr(options, name)
        if len(values) not in (0, 1, options.channels):
            message = (
                f"[net] {name}= has {len(values)} numbers for {options.channels} channels; it must "
                "be one for all or one each"
            )
        elif name == "std" and 0 in values:
            message = "[net] std= has a 0, by which nothing can be divided"
        else:
            continue
        findings.error(section.source, section.line_of(name), message)
        options = replace(options, **{name: ()})
    return options


def _whole_mini_batches(section: Section, options: NetOptions, findings: Findings) -> NetOptions:
    """Options with the batch= that an iteration really has: as many equal mini-batches."""
    batch, parts = options.batch, options.subdivisions
    if batch % parts == 0:
        return options
    taken = options.sequences * parts
    right = _divisor_from(parts, batch)
    findings.warning(
        section.source,
        section.line_of("subdivisions"),
        f"[net] batch={batch} is no multiple of subdivisions={parts}: an iteration has {taken} "
        f"pictures, {options.sequences} at a time; subdivisions={right} would fit",
        section.fix("subdivisions", right),
    )
    return replace(options, batch=taken)


def _divisor_from(least: int, number: int) -> int:
    """The smallest divisor of a number that is `least` or more, the number itself if none is."""
    small = [n for n in range(1, math.isqrt(number) + 1) if number % n == 0]
    large = [number // n for n in reversed(small)]
    return next((n for n in (*small, *large) if n >= least), number)


def _check_steps(section: Section, options: NetOptions, findings: Findings) -> None:
    steps, scales = options.steps, options.scales
    unread = [n for n in ("steps", "scales") if n in section.entries and not getattr(options, n)]
    if options.policy != "steps" or unread:
        return
    place = section.source, section.line_of("steps")
    counts = f"[net] has {len(steps)} steps= but {len(scales)} scales="
    if not steps or len(scales) < len(steps):
        same = scales[:1] * len(steps) if len(set(scales)) == 1 and steps else ()
        fix = section.fix("scales", ",".join(f"{scale:g}" for scale in same)) if same else None
        message = f"{counts}; policy=steps needs one for each"
        fixes = (fix,) if fix else ()
        findings.keep(Finding(*place, "error", message, fixes, training=True))
    elif len(scales) > len(steps):
        used = ",".join(f"{scale:g}" for scale in scales[: len(steps)])
        message = f"{counts}; only the first {len(steps)} have an effect"
        findings.warning(*place, message, section.fix("scales", used))
    if options.max_batches and any(step >= options.max_batches for step in steps):
        _late_steps(section, options, findings)


def _late_steps(section: Section, options: NetOptions, findings: Findings) -> None:
    """The usual places of two steps are 80 % and 90 % of the training."""
    last = options.max_batches
    usual = f"{last * 8 // 10},{last * 9 // 10}" if len(options.steps) == 2 and last > 9 else ""
    findings.warning(
        section.source,
        section.line_of("steps"),
        f"[net] a step of steps= lies beyond max_batches={last}: the rate never drops there"
        + (f"; steps={usual} would be usual" if usual else ""),
        section.fix("steps", usual) if usual else None,
    )

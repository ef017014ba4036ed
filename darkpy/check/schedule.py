"""[net]: batch, iterations and rates that would not train as they seem to."""

from __future__ import annotations

from darkpy.check.subject import Subject
from darkpy.sections.scales import ScaleOptions

USUAL_BATCH = 64  # what the learning rates of the published cfgs were chosen for
_USUAL_PARTS = 16
_SMALL_BATCH = 16
_ITERATIONS_PER_CLASS = 2000  # AlexeyAB/darknet's README, "How to train": and at least 6000
_FEWEST_ITERATIONS = 6000
_HIGH_RATE = 0.1
_HIGH_ADAM_RATE = 0.002  # twice torch's and the paper's default, arXiv:1412.6980


def check_testing_values(subject: Subject) -> None:
    """batch=1 subdivisions=1, as the stock yolov3.cfg has them."""
    net, section = subject.net, subject.net_section
    trains = subject.plan.heads and net.max_batches
    if net.batch != 1 or net.time_steps != 1 or not trains:
        return
    message = (
        f"[net] batch=1 is a value for testing; training takes batch={USUAL_BATCH} "
        f"subdivisions={_USUAL_PARTS} or so: batch normalisation learns nothing from one picture"
    )
    parts = section.fix("subdivisions", _USUAL_PARTS) if net.subdivisions == 1 else None
    batch = section.fix("batch", USUAL_BATCH)
    subject.findings.warning(section.source, section.line_of("batch"), message, batch, parts)


def check_iterations(subject: Subject) -> None:
    """max_batches, burn_in and steps against each other and the number of classes."""
    net, section = subject.net, subject.net_section
    if not net.max_batches:
        if subject.plan.heads:
            subject.note(section, "max_batches", "max_batches= is missing: this cfg cannot train")
        return
    if net.burn_in >= net.max_batches:
        subject.warning(
            section,
            "burn_in",
            f"burn_in={net.burn_in} is not over before max_batches={net.max_batches}: the rate "
            "never reaches learning_rate=",
        )
    elif net.policy == "steps" and any(0 < step < net.burn_in for step in net.steps):
        subject.warning(
            section,
            "steps",
            f"a step of steps= lies within burn_in={net.burn_in}, before the rate is full",
        )
    if net.policy == "steps" and list(net.steps) != sorted(net.steps):
        message = "steps= do not ascend; one after a later one waits for that"
        subject.warning(section, "steps", message)
    if subject.heads:
        _check_enough(subject)


def _check_enough(subject: Subject) -> None:
    wanted = max(_FEWEST_ITERATIONS, _ITERATIONS_PER_CLASS * subject.classes)
    # Large sets need fewer iterations a class: COCO's 80 classes train with 500200.
    if subject.net.max_batches < min(wanted, 100_000):
        subject.note(
            subject.net_section,
            "max_batches",
            f"max_batches={subject.net.max_batches} is short for classes={subject.classes}: 2000 a "
            f"class and at least {_FEWEST_ITERATIONS} are usual, here {wanted}",
        )


def _sums(subject: Subject) -> bool:
    """Whether it has Darknet's heads, whose loss adds up; the others' are means over anchors."""
    means = [isinstance(head.options, ScaleOptions) for head in subject.heads]
    return bool(means) and not any(means)


def check_rate(subject: Subject) -> None:
    """learning_rate against batch and optimizer."""
    net, section = subject.net, subject.net_section
    if not (subject.plan.heads and net.max_batches):
        return
    if net.learning_rate == 0:
        subject.warning(section, "learning_rate", "learning_rate=0: nothing is learned")
    elif net.adam and net.learning_rate > _HIGH_ADAM_RATE:
        message = f"learning_rate={net.learning_rate:g} is high for adam=1; 0.001 is usual"
        subject.warning(section, "learning_rate", message)
    elif subject.heads and net.learning_rate > _HIGH_RATE:
        message = f"learning_rate={net.learning_rate:g} is high for a detector; 0.001 is usual"
        subject.warning(section, "learning_rate", message)
    elif _sums(subject) and 1 < net.batch < _SMALL_BATCH and net.learning_rate >= 0.001:
        scaled = net.learning_rate * net.batch / USUAL_BATCH
        subject.note(
            section,
            "learning_rate",
            f"learning_rate={net.learning_rate:g} is usual for batch={USUAL_BATCH}; for "
            f"batch={net.batch} about {scaled:.2g} keeps the size of the steps",
        )

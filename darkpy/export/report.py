"""Trying an exported file, in words."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import torch

from darkpy.errors import number_of
from darkpy.events import Progress
from darkpy.export.answers import Own, Theirs
from darkpy.export.classes import class_pictures, compare_classes
from darkpy.export.forms import CLASSES, FORMS, Form
from darkpy.export.onnx_file import Asked
from darkpy.export.opening import pictures_of
from darkpy.export.runtime import OnnxRun, OpenCv, onnxruntime_words
from darkpy.export.torch_file import running
from darkpy.export.verify import (
    LOOKED_AT,
    Proof,
    Some,
    deviation_of,
    mean_ap,
    milliseconds,
    prove,
)
from darkpy.flags.export import TorchFlags
from darkpy.machine.opencv import cv2
from darkpy.session.project import Project

_WIDTH = 36  # columns of what the table's rows are


def file_words(content: bytes, out: Path, asked: Asked, project: Project) -> str:
    """What the file is."""
    _, h, w = project.network.plan.input
    form = FORMS[asked.form] if project.network.detecting else CLASSES
    size = f"{w}x{h} px" if asked.fixed else f"pictures of any size ({w}x{h} tried)"
    batch = "any number of pictures" if asked.batch is None else number_of(asked.batch, "pictures")
    return (
        f"{out.name}: {form.about}; opset {asked.opset or form.opset}, {asked.precision}, "
        f"{batch} at a time, {size}, {len(content) / 1e6:.1f} MB"
    )


def try_file(
    content: bytes, project: Project, asked: Asked, pictures: int
) -> Generator[Progress | str, None, list[str]]:
    """Run a file beside darkpy; yields what was found, returns why it is refused, if it is."""
    network = project.network
    if not network.detecting:
        return (yield from _try_classes(content, project, asked, pictures))
    form = FORMS[asked.form]
    session = OnnxRun(content)
    own, theirs = Own(network, form), Theirs(session, session.batch, network, form)
    some = pictures_of(project, "valid", pictures)
    proof = yield from prove(own, theirs, form, asked.precision, some)
    yield from _numbers(onnxruntime_words(), proof, project, some)
    if asked.form in ("deepstream", "end2end") and some is not None:
        yield from _cost_of_form(project, form, some, proof)
    yield _times(own, theirs, "onnxruntime")
    yield _opencv(content, own, form)
    return proof.reasons


def _try_classes(
    content: bytes, project: Project, asked: Asked, pictures: int
) -> Generator[Progress | str, None, list[str]]:
    """The same for a classifier."""
    session = OnnxRun(content)
    own = Own(project.network, CLASSES)
    theirs = Theirs(session, session.batch, project.network, CLASSES)
    reasons = yield from _classes_compared(
        own, theirs, onnxruntime_words(), asked.precision, project, pictures
    )
    yield _times(own, theirs, "onnxruntime")
    yield _opencv(content, own, CLASSES)
    return reasons


def try_torch(
    content: bytes, project: Project, asked: TorchFlags
) -> Generator[Progress | str, None, list[str]]:
    """The same for a file of torch, loaded again."""
    network = project.network
    form = FORMS["ultralytics"] if network.detecting else CLASSES
    run = running(content, asked.program)
    own, theirs = Own(network, form), Theirs(run, asked.pictures_at_once, network, form)
    runtime = f"torch {torch.__version__}"
    if network.detecting:
        some = pictures_of(project, "valid", asked.pictures)
        proof = yield from prove(own, theirs, form, "float32", some)
        yield from _numbers(runtime, proof, project, some)
        reasons = proof.reasons
    else:
        reasons = yield from _classes_compared(
            own, theirs, runtime, "float32", project, asked.pictures
        )
    yield _times(own, theirs, runtime)
    return reasons


def _classes_compared(
    own: Own, theirs: Theirs, runtime: str, precision: str, project: Project, pictures: int
) -> Generator[Progress | str, None, list[str]]:
    """Yields how far a classifier's numbers and answers are apart; returns why it is refused."""
    listed = class_pictures(project, pictures)
    found = None if listed is None else (yield from compare_classes(own, theirs, listed))
    if found is None:
        proof = yield from prove(own, theirs, CLASSES, precision, None)
        yield from _numbers(runtime, proof, project, None)
        return proof.reasons
    on = number_of(len(found.own), "pictures")
    yield f"{runtime}: largest deviation on {on}, of each its middle: {found.deviation:.1e}"
    yield from found.lines()
    if project.data.measured_on:
        yield "no valid=: these pictures were trained on"
    return list(found.reasons(precision))


def _numbers(runtime: str, proof: Proof, project: Project, some: Some | None) -> Iterator[str]:
    on = number_of(LOOKED_AT, "pictures of noise")
    if some is not None:
        on = number_of(min(LOOKED_AT, len(some)), "pictures") + ", resized both ways"
    yield f"{runtime}: largest deviation on {on}: {proof.deviation}"
    if some is None:
        yield "no pictures: this says that the file computes the same, not what its mAP is"
        return
    title = f"mAP@0.50 on {number_of(len(some), 'pictures')}"
    yield f"{title:{_WIDTH}s}{'darkpy':>9s}{'file':>9s}{'moved':>8s}"
    for moved in proof.moved:
        yield (
            f"  {moved.words:{_WIDTH - 2}s}{moved.own:7.2f} %{moved.theirs:7.2f} %"
            f"{moved.points:+8.2f}"
        )
    if project.data.measured_on:
        yield (
            "no valid=: these pictures were trained on; equal numbers say that the file is "
            "right, not that the detector is good"
        )


def _cost_of_form(
    project: Project, form: Form, some: Some, proof: Proof
) -> Generator[Progress | str, None, None]:
    """What the form itself takes off, before any file."""
    whole = yield from mean_ap(Own(project.network, FORMS["rows"]), some, letter_box=False)
    lost = proof.moved[0].own - whole
    yield f"darkpy's own, without the limits of this form, stretched: {whole:.2f} % ({lost:+.2f})"


def _times(own: Own, theirs: Theirs, runtime: str) -> str:
    count = theirs.batch or 1
    images = torch.rand(count, *own.plan.input)
    array = np.ascontiguousarray(images.numpy())
    ours, files = (
        milliseconds(run) for run in (lambda: own.run(images), lambda: theirs.run(array))
    )
    return f"time of {number_of(count, 'pictures')}: darkpy {ours:.1f} ms, {runtime} {files:.1f} ms"


def _opencv(content: bytes, own: Own, form: Form) -> str:
    """Whether OpenCV's dnn reads the file, and how far it is off."""
    version = f"OpenCV {cv2.__version__}"
    try:
        run = OpenCv(content)
        images = torch.rand(
            (run.batch, *own.plan.input), generator=torch.Generator().manual_seed(0)
        )
        theirs = Theirs(run, run.batch, own.network, form).candidates(images)
    except (cv2.error, RuntimeError, ValueError, KeyError, IndexError) as problem:
        first = str(problem).strip().splitlines()[0]
        return f"{version} does not read it: {first}"
    return f"{version} reads it: {deviation_of(own.candidates(images), theirs, form)}"

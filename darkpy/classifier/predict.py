"""`classifier predict`: the likeliest classes of pictures, in Darknet's lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from darkpy.data.pictures import read_picture
from darkpy.errors import DataError, PictureError, shown_text
from darkpy.events import Ended
from darkpy.flags.classifier import PredictFlags
from darkpy.inference.classifier import top
from darkpy.session.classifying import ClassProject, open_classifier
from darkpy.session.inputs import given_or_typed


def run(data: str, cfg: str, weights: str, input: list[str], **flags: Any) -> Iterator[object]:
    """Yield the lines of each picture; predict_classifier(), Darknet's src/classifier.c.

    flags: those of PredictFlags. A picture that cannot be read is told, and the status is 2.
    """
    asked = PredictFlags(**flags)
    paths = given_or_typed(input)
    project = open_classifier(data, cfg, weights, asked)
    yield from (str(finding) for finding in project.data.findings.items)
    count, status = project.top(asked.t), 0
    for path in paths:
        try:
            if isinstance(path, DataError):  # typed, and there is no such file
                raise path
            pixels = read_picture(path, project.classifier.input.c)
        except DataError as problem:
            yield str(problem)
            status = PictureError.exit_status
            continue
        begun = time.perf_counter()
        (probs,) = project.classifier.classify([pixels])
        milliseconds = 1000 * (time.perf_counter() - begun)
        yield f"{shown_text(path)}: Predicted in {milliseconds:f} milli-seconds."
        (best,) = top(probs[None], count)
        for number in best.tolist():
            yield _line(project, number, float(probs[number]))
    if status:
        yield Ended(status)


def _line(project: ClassProject, number: int, probability: float) -> str:
    """`dog: 0.981234`; in a tree with the class's number and parent."""
    names, tree = project.names, project.classifier.tree
    if tree is None:
        return f"{names[number]}: {probability:f}"
    above = int(tree.ways[number, 1]) if tree.ways.shape[1] > 1 else tree.classes
    parent = names[above] if above < tree.classes else "Root"
    return f"{number}, {names[number]}: {probability:f}, parent: {parent} "

"""`classifier valid`: how often the right class is the likeliest, or among the first few."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkpy.data.classes import read_class_list
from darkpy.errors import PictureError
from darkpy.events import Ended
from darkpy.files import writable_folder, write_text
from darkpy.flags.classifier import ClassifierValidFlags
from darkpy.metrics.accuracy import Accuracy
from darkpy.session.answers import answers
from darkpy.session.classifying import open_classifier

_WORST = 5  # classes, and mistakes, that are shown


def run(data: str, cfg: str, weights: str, **flags: Any) -> Iterator[object]:
    """Yield Darknet's line for each picture of valid=, and what they come to.

    flags: those of ClassifierValidFlags. The lines are validate_classifier_single()'s, Darknet's
    src/classifier.c. Pictures that cannot be read are told and do not count; the status is then 2.
    """
    asked = ClassifierValidFlags(**flags)
    project = open_classifier(data, cfg, weights, asked)
    options, classifier = project.data, project.classifier
    options.require("valid")
    if asked.json:
        writable_folder(Path(asked.json).parent, "-json")
    listed = read_class_list(options.file("valid"), options, project.labels)
    yield from (str(finding) for finding in (*options.findings.items, *listed.findings.items))
    accuracy = Accuracy(classifier.classes, project.top(asked.t))
    lost = 0
    yield " TOP calculation..."
    for number, probs in answers(classifier, listed, leaves=True):
        if isinstance(probs, PictureError):
            yield str(probs)
            lost += 1
            continue
        accuracy.add(int(listed.classes[number]), probs)
        yield accuracy.line()
    yield from accuracy.lines(project.names, _WORST)
    if options.measured_on:
        yield options.measured_on
    if asked.json:
        write_text(asked.json, json.dumps(accuracy.facts(project.names), indent=1) + "\n")
        yield f"{asked.json}: written"
    if lost:
        yield Ended(PictureError.exit_status)

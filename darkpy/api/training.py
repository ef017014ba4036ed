"""Training and measuring from Python: the verbs, with what they say sent to a logger."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator

from darkpy.cfg.data import read_data
from darkpy.data.classes import read_class_list
from darkpy.data.dataset import read_dataset
from darkpy.detector.train import train
from darkpy.errors import PictureError
from darkpy.events import Trained, Written, returned
from darkpy.inference.classifier import Classifier
from darkpy.inference.detector import Detector
from darkpy.machine.host import with_own_chance
from darkpy.metrics.accuracy import Accuracy, AccuracyReport
from darkpy.metrics.report import MapReport
from darkpy.session.answers import answers
from darkpy.session.classifying import labels_and_names
from darkpy.session.measure import measure

LOGGER = logging.getLogger("darkpy")


def train_detector(data: str, cfg: str, weights: str = "", **flags: object) -> Iterator[object]:
    """What `darkpy detector train` does: yields lines of text, and a `Trained` an iteration.

    flags: the command's, such as map=True or seed=1. Nothing is printed; the training goes on
    only while its records are taken. torch's random state is yours: what the training draws from
    is put aside whenever it hands you a record.
    """
    return with_own_chance(train(data, cfg, weights, **flags))


def records(training: Iterator[object]) -> Generator[Trained, None, str | None]:
    """A `Trained` an iteration; returns the weights file written last. Lines go to the logger.

    training: what a verb that trains yields.
    """
    written = None
    for event in with_own_chance(training):
        if isinstance(event, Trained):
            yield event
        elif isinstance(event, Written):
            written = event.path
        elif isinstance(event, str):
            LOGGER.info("%s", event)
    return written


def evaluated(
    detector: Detector,
    data: str,
    *,
    iou_thresh: float,
    thresh: float,
    points: int,
    letter_box: bool,
) -> MapReport:
    """The numbers of `darkpy detector map` on the valid= list of a .data file."""
    options = read_data(data)
    options.require("valid")
    dataset = read_dataset(options.file("valid"), options, detector.classes)
    for finding in (*options.findings.items, *dataset.findings.items):
        LOGGER.info("%s", finding)
    measuring = measure(
        detector,
        dataset,
        iou_thresh=iou_thresh,
        thresh=thresh,
        points=points,
        letter_box=letter_box,
    )
    return returned(measuring, _log).report()


def accuracy_on(classifier: Classifier, cfg: str, data: str, k: int) -> AccuracyReport:
    """The numbers of `darkpy classifier valid` on the valid= list of a .data file.

    k: how many of the likeliest classes count, 0 for top= of the file.
    """
    options = read_data(data)
    options.require("valid")
    labels, _ = labels_and_names(options, cfg, classifier.classes)
    listed = read_class_list(options.file("valid"), options, labels)
    for finding in (*options.findings.items, *listed.findings.items):
        LOGGER.info("%s", finding)
    accuracy = Accuracy(classifier.classes, min(k or options.top, classifier.classes))
    for number, probs in answers(classifier, listed, leaves=True):
        if isinstance(probs, PictureError):
            LOGGER.info("%s", probs)
        else:
            accuracy.add(int(listed.classes[number]), probs)
    return AccuracyReport(accuracy)


def _log(event: object) -> None:
    if isinstance(event, str):
        LOGGER.info("%s", event)

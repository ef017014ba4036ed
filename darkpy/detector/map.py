"""`detector map`: measure a detector on the valid= list."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from darkpy.data.dataset import Dataset, read_dataset
from darkpy.data.pictures import read_picture
from darkpy.errors import PictureError
from darkpy.events import Ended
from darkpy.files import writable_folder, write_text
from darkpy.flags.detector import MapFlags
from darkpy.inference.detector import Detector
from darkpy.metrics.confusion import confusion
from darkpy.metrics.measurement import Measurement
from darkpy.metrics.report import MapReport, coco_lines, darknet_lines
from darkpy.metrics.study import Study
from darkpy.metrics.tables import as_data, study_lines
from darkpy.session.measure import measure
from darkpy.session.project import Project, open_detector
from darkpy.version import __version__
from darkpy.view.draw import draw_detections, draw_truths
from darkpy.view.report.page import Worst, page
from darkpy.view.report.pictures import FOLDER, most_mistaken, write_worst

WORST_PICTURES = 20  # on the page of -report


def run(data: str, cfg: str, weights: str, **flags: Any) -> Iterator[object]:
    """Yield progress and the lines of the report, Darknet's numbers first.

    flags: those of MapFlags; json: a file for all numbers, and for which detections were right;
    report: a folder for a page with curves and the pictures with most mistakes.
    """
    asked = MapFlags(**flags)
    project, detector, dataset = yield from _opened(data, cfg, weights, asked)
    of_cfg = project.network.plan.net.letter_box
    if asked.report:
        folder = writable_folder(asked.report, "-report")
    measured = yield from measure(
        detector,
        dataset,
        iou_thresh=asked.iou_thresh,
        thresh=asked.thresh,
        points=asked.points,
        letter_box=of_cfg,
    )
    found = measured.report()
    yield from darknet_lines(found, detector.names)
    yield from coco_lines(found)
    study = measured.study(found)
    yield from study_lines(found, study, detector.names)
    facts = {"darkpy": __version__, "data": data, "cfg": cfg, "weights": weights}
    if asked.json:
        write_text(asked.json, _numbers(found, study, measured, detector.names, facts))
        yield f"{asked.json}: written; `darkpy compare` sets two of them side by side"
    if asked.report:
        worst = list(_worst(detector, dataset, measured, study, folder, letter_box=of_cfg))
        text = page(
            found,
            study,
            _confusion(measured, asked),
            names=detector.names,
            title=f"{Path(cfg).stem} on {Path(project.data.valid).name}",
            facts=_page_facts(asked, facts, len(measured.pictures)),
            worst=worst,
        )
        write_text(folder / "index.html", text)
        yield f"{folder / 'index.html'}: written, with {len(worst)} pictures beside it"
    if project.data.measured_on:
        yield project.data.measured_on
    if len(measured.pictures) < len(dataset):
        yield Ended(PictureError.exit_status)


def _opened(
    data: str, cfg: str, weights: str, asked: MapFlags
) -> Generator[str, None, tuple[Project, Detector, Dataset]]:
    """The project and its valid= list; yields what there is to say about them."""
    project, detector = open_detector(data, cfg, weights, asked)
    yield from project.warnings
    project.refuse_wrong_names()
    project.data.require("valid")
    dataset = read_dataset(project.data.file("valid"), project.data, detector.classes)
    yield from (str(finding) for finding in dataset.findings.items)
    if asked.letter_box and not project.network.plan.net.letter_box:
        yield "note: `detector map` follows the cfg's letter_box=0, as Darknet's does"
    return project, detector, dataset


def _confusion(measured: Measurement, asked: MapFlags) -> np.ndarray:
    return confusion(
        measured.all, measured.classes, iou_thresh=asked.iou_thresh, thresh=asked.thresh
    )


def _numbers(
    found: MapReport, study: Study, measured: Measurement, names: Sequence[str], facts: dict
) -> str:
    """The file of -json."""
    table = as_data(found, study, names=names, pictures=measured.pictures, facts=facts)
    return json.dumps(table, allow_nan=False) + "\n"


def _page_facts(asked: MapFlags, facts: dict[str, str], pictures: int) -> list[tuple[str, str]]:
    """What stands at the head of the page."""
    return [
        ("cfg", facts["cfg"]),
        ("weights", facts["weights"]),
        ("pictures", str(pictures)),
        ("IoU", f"{asked.iou_thresh:g}"),
        ("threshold", f"{asked.thresh:g}"),
        ("darkpy", facts["darkpy"]),
    ]


def _worst(
    detector: Detector,
    dataset: Dataset,
    measured: Measurement,
    study: Study,
    folder: Path,
    *,
    letter_box: bool,
) -> Iterator[Worst]:
    """Draw the pictures with most mistakes, each looked at once more."""
    writable_folder(folder / FOLDER, "-report")
    places = {dataset.path(number): number for number in range(len(dataset))}
    for mistakes in most_mistaken(study.evidence, measured.conf_thresh, WORST_PICTURES):
        path = measured.pictures[mistakes.picture]
        pixels = read_picture(path, detector.input.c)
        (seen,) = detector.detect([pixels], thresh=measured.conf_thresh, letter_box=letter_box)
        boxes, classes = dataset.truths(places[path])
        ignored, _ = dataset.ignored.of(places[path])
        truth = draw_truths(pixels, boxes, classes, detector.names, ignored)
        found = draw_detections(pixels, seen, detector.names, measured.conf_thresh)
        yield write_worst(folder, path, mistakes, truth, found)

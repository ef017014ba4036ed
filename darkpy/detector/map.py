"""`detector map`: measure a detector on the valid= list."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator

from darkpy.data.dataset import read_dataset
from darkpy.files import write_text
from darkpy.metrics.report import coco_lines, darknet_lines
from darkpy.metrics.tables import as_data, study_lines
from darkpy.session.measure import measure
from darkpy.session.project import open_detector
from darkpy.version import __version__


def run(
    data: str,
    cfg: str,
    weights: str,
    *,
    thresh: float = 0.25,
    iou_thresh: float = 0.5,
    points: int = 0,
    letter_box: bool = False,
    json: str = "",
    i: int = 0,
    nogpu: bool = False,
) -> Iterator[object]:
    """Yield progress and the lines of the report, Darknet's numbers first.

    json: a file for all numbers, and for which detections were right.
    """
    project, detector = open_detector(data, cfg, weights, i=i, nogpu=nogpu)
    yield from project.warnings
    project.data.require("valid")
    dataset = read_dataset(project.data.resolve(project.data.valid), project.data, detector.classes)
    yield from (str(finding) for finding in dataset.findings.items)
    of_cfg = project.network.plan.net.letter_box
    if letter_box and not of_cfg:
        yield "note: `detector map` follows the cfg's letter_box=0, as Darknet's does"
    measured = yield from measure(
        detector,
        dataset,
        iou_thresh=iou_thresh,
        thresh=thresh,
        points=points,
        letter_box=of_cfg,
    )
    report = measured.report()
    yield from darknet_lines(report, detector.names)
    yield from coco_lines(report)
    study = measured.study(report)
    yield from study_lines(report, study, detector.names)
    if json:
        facts = {"darkpy": __version__, "data": data, "cfg": cfg, "weights": weights}
        found = as_data(
            report, study, names=detector.names, pictures=measured.pictures, facts=facts
        )
        write_text(json, json_text.dumps(found, allow_nan=False) + "\n")
        yield f"{json}: written; `darkpy compare` sets two of them side by side"

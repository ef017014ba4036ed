"""The best weights of a training that is over, measured once more."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from darkpy.data.dataset import read_dataset
from darkpy.errors import DataError
from darkpy.flags.shared import OnDevice
from darkpy.metrics.comparison import Result
from darkpy.session.measure import measure
from darkpy.session.project import open_detector
from darkpy.session.stories import Story

_IOU_THRESH, _THRESH = 0.5, 0.25  # as `detector map` has them


def remeasured(story: Story, where: OnDevice) -> Generator[object, None, Result]:
    """Measure on the valid= list of the training's own data file, by `detector map`'s defaults.

    DataError where weights, data file or cfg are gone.
    """
    data = story.at_hand(story.run.data)
    if story.weights is None or data is None:
        what = "weights" if story.weights is None else f"data file {story.run.data}".rstrip()
        raise DataError(f"{story.source}: cannot be measured, its {what} is not at hand")
    with _cfg(story) as cfg:
        project, detector = open_detector(str(data), str(cfg), str(story.weights), where)
        project.refuse_wrong_names()
        project.data.require("valid")
        valid = project.data.file("valid")
        dataset = read_dataset(valid, project.data, detector.classes)
        yield f"{story.weights}: measured on {valid}"
        measured = yield from measure(
            detector,
            dataset,
            iou_thresh=_IOU_THRESH,
            thresh=_THRESH,
            points=0,
            letter_box=project.network.plan.net.letter_box,
        )
    return Result.of(measured, detector.names, story.source)


@contextmanager
def _cfg(story: Story) -> Iterator[Path]:
    """The cfg as it was when it was trained with, also where the file was changed or is gone."""
    there = story.at_hand(story.run.cfg)
    digest = hashlib.sha256(there.read_bytes()).hexdigest() if there is not None else ""
    if there is not None and (not story.cfg_text or digest == story.facts.get("cfg_sha256")):
        yield there
        return
    if not story.cfg_text:
        raise DataError(f"{story.source}: cannot be measured, its cfg is not at hand")
    with tempfile.TemporaryDirectory() as folder:
        cfg = Path(folder) / f"{story.run.name}.cfg"
        cfg.write_text(story.cfg_text, encoding="utf-8")
        yield cfg

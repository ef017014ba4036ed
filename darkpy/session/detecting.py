"""Training a detector: boxes, mAP, and the words for them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import ClassVar

import numpy as np

from darkpy.data.dataset import Dataset
from darkpy.data.loader import Loader
from darkpy.data.pictures import read_picture
from darkpy.flags.detector import TrainFlags
from darkpy.inference.detector import Detector
from darkpy.metrics.measurement import Measurement
from darkpy.serve.board import PagePicture
from darkpy.session.darknet_log import DarknetLog
from darkpy.session.diagnosis import Nothing
from darkpy.session.evaluation import MapEvaluation
from darkpy.session.hank_log import HankLog
from darkpy.session.live import page_picture, shrunk
from darkpy.session.loading import make_loader, place_of, read_lists
from darkpy.session.pool import offer
from darkpy.session.preview import previewed
from darkpy.session.project import Project, open_project
from darkpy.session.task import Lists, Previewed, Task
from darkpy.session.team import Meeting
from darkpy.training.distributed import Peers
from darkpy.training.trainer import Trainer
from darkpy.view.draw import draw_detections, draw_truths


class DetectorTraining(Task):
    """What `detector train` trains."""

    verb, score, column = "detector", "mAP", "map50"
    logs: ClassVar = {"darknet": DarknetLog, "hank": HankLog}

    def open(self, data: str, cfg: str) -> Project:
        return open_project(data, cfg)

    def lists(
        self, project: Project, flags: TrainFlags, *, notes: bool = True
    ) -> Generator[str, None, Lists]:
        return (yield from read_lists(project, flags, notes=notes))

    def loader(
        self,
        project: Project,
        flags: TrainFlags,
        dataset: Dataset,
        trainer: Trainer,
        meeting: Meeting,
    ) -> Loader:
        plan = project.network.plan
        place = place_of(project, trainer, meeting)
        return make_loader(dataset, plan.net, plan.picture_keys, flags, **place)

    def evaluation(self, project: Project, flags: TrainFlags, lists: Lists) -> MapEvaluation:
        net = project.network.plan.net
        evaluation = MapEvaluation(
            lists.valid,
            net,
            every=flags.mAP_epochs,
            pictures=len(lists.train),
            iou_thresh=flags.iou_thresh,
            thresh=flags.thresh,
        )

        def explain(measured: Measurement, detector: Detector) -> Iterator[str]:
            nothing = Nothing(measured, lists.valid, lists.train, project.names)
            return nothing.words(detector, letter_box=net.letter_box)

        evaluation.explain = explain
        return evaluation

    def seer(self, project: Project, trainer: Trainer) -> Detector:
        return Detector(project.network, project.names, trainer.device)

    def share_measurement(
        self, project: Project, lists: Lists, trainer: Trainer, peers: Peers
    ) -> None:
        letter_box = project.network.plan.net.letter_box
        offer(lambda: self.seer(project, trainer), lists.valid, peers, letter_box=letter_box)

    def previewed(self, loader: Loader, project: Project) -> Iterator[Previewed]:
        return previewed(loader, project.names)

    def looker(
        self, project: Project, flags: TrainFlags, trainer: Trainer, dataset: Dataset
    ) -> Callable[[int], PagePicture]:
        detector = self.seer(project, trainer)
        letter_box = project.network.plan.net.letter_box

        def look(number: int) -> PagePicture:
            path = dataset.path(number)
            pixels = read_picture(path, detector.input.c)
            (found,) = detector.detect([pixels], thresh=flags.thresh, letter_box=letter_box)
            small = shrunk(pixels)
            boxes, classes = dataset.truths(number)
            ignored, kinds = dataset.ignored.of(number)
            rows = np.column_stack((ignored, kinds)) if len(kinds) else ()
            truth = draw_truths(small, boxes, classes, detector.names, rows)
            drawn = draw_detections(small, found, detector.names, flags.thresh)
            return page_picture(path, truth, drawn)

        return look

    def scored(self, flags: TrainFlags) -> str:
        return f"mAP@{flags.iou_thresh:.2f}"

    def next_words(self, files: str, *, measures: bool) -> Iterator[str]:
        yield f"next: darkpy detector test {files} PICTURE"
        if measures:
            yield f"      darkpy detector map {files} -report report"

"""`detector calc_anchors`: how well anchors fit the boxes of train=, and which fit best."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.data.dataset import Dataset, read_dataset
from darkpy.data.pictures import read_picture
from darkpy.detector.calc_scales import scales_fitted
from darkpy.errors import DataError, UsageError, first_of
from darkpy.files import write_text
from darkpy.flags.detector import AnchorFlags
from darkpy.metrics.anchors import (
    RECALL_IOU,
    RESTARTS,
    WORTH_CHANGING,
    Fit,
    fit,
    kmeans,
    nearest_overlaps,
    worth_changing,
)
from darkpy.planning.anchor_masks import (
    AnchoredHead,
    anchor_lines,
    anchored_heads,
    present_anchors,
    written,
)
from darkpy.planning.network import NetworkPlan, read_network
from darkpy.planning.scaled import scaled_heads
from darkpy.view.charts.cloud import cloud_figure
from darkpy.view.charts.training import save_figure
from darkpy.view.windows import show_picture

DEFAULT_CLUSTERS = 5  # run_detector(), Darknet's src/detector.c
_WHOLE_FROM = 33  # px of width from which anchors are written as whole numbers: calc_anchors()
_MOST_CLASSES = 100_000
_REMARKS = 10


@dataclass(frozen=True)
class Request:
    """What is to be computed: number of anchors, the input's width and height in px."""

    clusters: int
    width: int
    height: int

    @classmethod
    def of(cls, plan: NetworkPlan | None, clusters: int, width: int, height: int) -> Request:
        """What the flags say, and the cfg where they are silent. UsageError if neither does."""
        if plan is not None:
            width, height = width or plan.net.width, height or plan.net.height
            clusters = clusters or sum(len(head.wh) for head in anchored_heads(plan))
        if width < 1 or height < 1:
            raise UsageError(
                "detector calc_anchors: the size of the input is missing: "
                "give -width 416 -height 416 or a .cfg file"
            )
        return cls(clusters or DEFAULT_CLUSTERS, width, height)

    def px(self, wh: np.ndarray) -> np.ndarray:
        """Sizes (N, 2) in the unit square -> network px."""
        return wh.astype(np.float64) * (self.width, self.height)


def run(
    data: str,
    cfg: str = "",
    **flags: Any,
) -> Iterator[str]:
    """Yield Darknet's lines, and beside them how the present anchors fit and what to do.

    flags: those of AnchorFlags.
    """
    given = AnchorFlags(**flags)
    plan = read_network(cfg) if cfg else None
    heads = anchored_heads(plan) if plan else []
    scaled = scaled_heads(plan) if plan else []
    if scaled and not heads:
        dataset = yield from _read(read_data(data), plan)
        yield from scales_fitted(plan, scaled, dataset.boxes)
        yield from _shown(given)
        return
    if plan and not heads:
        raise DataError(f"{cfg}: no head with anchors, such as [yolo]")
    asked = Request.of(plan, given.num_of_clusters, given.width, given.height)
    yield (
        f"\n num_of_clusters = {asked.clusters}, width = {asked.width}, height = {asked.height} "
    )
    options = read_data(data)
    dataset = yield from _read(options, plan)
    wh = asked.px(dataset.boxes[:, 2:])
    present = present_anchors(heads)
    if plan:
        yield from _present_lines(plan, heads, wh, present)
    yield f"\n calculating k-means++ ... {RESTARTS} times, seed {given.seed}"
    found = kmeans(wh, asked.clusters, np.random.default_rng(given.seed))
    yield from _found_lines(found, wh, dataset.classes, _classes(options, plan), asked)
    if plan:
        yield from _recommendation(fit(wh, present), fit(wh, found), found, heads)
    yield from _picture(wh, found, present, asked)
    yield from _shown(given)


def _read(data: DataOptions, plan: NetworkPlan | None) -> Generator[str, None, Dataset]:
    """The train list with its labels; yields what there is to say about them."""
    data.require("train")
    dataset = read_dataset(data.file("train"), data, _classes(data, plan) or _MOST_CLASSES)
    yield f" read labels from {len(dataset)} images "
    yield f" loaded \t image: {len(dataset)} \t box: {len(dataset.classes)}"
    rest = "... and {} more remarks; `darkpy doctor` lists all"
    yield from first_of(dataset.findings.items, _REMARKS, rest)
    yield " all loaded. "
    return dataset


def _classes(data: DataOptions, plan: NetworkPlan | None) -> int:
    """How many classes there are; 0 if only the labels tell."""
    if plan:
        return plan.classes
    return data.classes or (len(read_names(data.file("names"))) if data.names else 0)


def _present_lines(
    plan: NetworkPlan, heads: list[AnchoredHead], wh: np.ndarray, present: np.ndarray
) -> Iterator[str]:
    yield f"\n present anchors, {plan.source}"
    yield f"anchors = {written(present)}"
    yield _fit_line(fit(wh, present), wh, present)
    ignored = {getattr(head.plan.options, "ignore_thresh", RECALL_IOU) for head in heads}
    for threshold in sorted(ignored - {RECALL_IOU}):
        share = fit(wh, present, threshold=threshold).recall
        yield f" boxes with an anchor above ignore_thresh={threshold:g}: {share:.2%}"
    if plan.net.letter_box:
        yield " letter_box=1: sizes are still those of stretched pictures, as in Darknet"


def _fit_line(found: Fit, wh: np.ndarray, anchors: np.ndarray) -> str:
    if not len(wh):
        return " no boxes"
    worst = float(np.quantile(nearest_overlaps(wh, anchors), 0.05))
    return (
        f" avg IoU = {100 * found.avg_iou:2.2f} %, best possible recall at IoU {RECALL_IOU:g}: "
        f"{found.recall:.2%}, IoU of the worst twentieth below {worst:.2f}"
    )


def _found_lines(
    found: np.ndarray, wh: np.ndarray, classes: np.ndarray, known: int, asked: Request
) -> Iterator[str]:
    """Darknet's lines and files for the anchors found."""
    counts = np.bincount(classes, minlength=known)
    counters = f"counters_per_class = {', '.join(map(str, counts))}"
    write_text("counters_per_class.txt", counters)
    yield f"\n{counters}"
    yield f"\n avg IoU = {100 * fit(wh, found).avg_iou:2.2f} % "
    text = written(found, whole=asked.width >= _WHOLE_FROM)
    write_text("anchors.txt", text)
    yield "\nSaving anchors to the file: anchors.txt "
    yield f"anchors = {text}"


def _recommendation(
    present: Fit, possible: Fit, found: np.ndarray, heads: list[AnchoredHead]
) -> Iterator[str]:
    gain = possible.avg_iou - present.avg_iou
    change = worth_changing(present, possible)
    yield (
        f"\n recommendation: {'change' if change else 'keep'} the anchors: the new ones gain "
        f"{100 * gain:.2f} points of avg IoU ({100 * present.avg_iou:.2f} -> "
        f"{100 * possible.avg_iou:.2f} %), a change is advised from "
        f"{100 * WORTH_CHANGING:.0f} points on"
    )
    yield f" to use {'them' if change else 'them all the same'}, write into the cfg:"
    yield from anchor_lines(found, heads)


def _picture(
    wh: np.ndarray, found: np.ndarray, present: np.ndarray, asked: Request
) -> Iterator[str]:
    title = f"{len(wh)} boxes at {asked.width}x{asked.height}"
    save_figure(cloud_figure(wh, found, present, title=title), "cloud.png")
    yield "\nboxes and anchors: cloud.png"


def _shown(given: AnchorFlags) -> Iterator[str]:
    if (
        given.show
        and not given.dont_show
        and not show_picture("clusters", read_picture("cloud.png"))
    ):
        yield "no window can be opened here"

"""What the C program's heads print of a mini-batch while they train, each in its own form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from darkpy.planning.network import NetworkPlan
from darkpy.training.record import Step

_NOT_A_NUMBER = "-nan"  # what printf() makes of 0/0 on an x86 processor


@dataclass(frozen=True)
class HeadNumbers:
    """The sums of a head over one of so many mini-batches of an iteration."""

    plan: NetworkPlan
    index: int
    step: Step
    mini_batches: int
    values: Mapping[str, float]

    @property
    def pictures(self) -> float:
        """Of a mini-batch."""
        return self.step.pictures / self.mini_batches

    @property
    def options(self) -> Any:
        """Of the head's section."""
        return self.plan.layers[self.index].options

    @property
    def cells(self) -> float:
        """Boxes that the head predicts in a mini-batch."""
        net, out = self.plan.net, self.plan.layers[self.index].out
        height, width = self.step.size_hw
        anchors = len(getattr(self.options, "mask", ())) or self.options.num
        return (
            self.pictures * anchors * (height * out.h // net.height) * (width * out.w // net.width)
        )

    def mean(self, name: str, count: str = "count") -> str:
        """A sum a piece as `%f` prints it."""
        pieces = self.values[count]
        return f"{self.values[name] / pieces:.6f}" if pieces else _NOT_A_NUMBER


def _yolo_line(it: HeadNumbers) -> tuple[str, bool]:
    """End of forward_yolo_layer(), src/yolo_layer.c; losses are means a picture there."""
    o, values = it.options, it.values
    loss = o.iou_loss if o.iou_loss in ("mse", "giou") else "iou"
    overlap = values["iou"] / max(1.0, values["count"])
    total = values["squares"] / it.pictures
    text = (
        f"v3 ({loss} loss, Normalizer: (iou: {o.iou_normalizer:.2f}, obj: {o.obj_normalizer:.2f}, "
        f"cls: {o.cls_normalizer:.2f}) Region {it.index} Avg (IOU: {overlap:.6f}), "
        f"count: {max(1.0, values['count']):.0f}, "
    )
    if o.show_details:
        factor = o.obj_normalizer if o.iou_loss == "mse" else 1.0
        classes = factor * (values["objectness"] + values["classes"]) / it.pictures
        text += f"class_loss = {classes:.6f}, iou_loss = {total - classes:.6f}, "
    return f"{text}total_loss = {total:.6f} \n", True


def _gaussian_line(it: HeadNumbers) -> tuple[str, bool]:
    """End of forward_gaussian_yolo_layer(): its uc_loss is what is asked of width and height."""
    values, pictures = it.values, it.pictures
    classes = (values["objectness"] + values["classes"]) / pictures
    box, sizes = values["box"] / pictures, values["sizes"] / pictures
    text = (
        f"Region {it.index} Avg IOU: {it.mean('iou')}, {_confidences(it)}, "
        f".5R: {it.mean('recall50')}, .75R: {it.mean('recall75')},  count: {values['count']:.0f}, "
        f"class_loss = {classes:.2f}, iou_loss = {box - sizes:.2f}, uc_loss = {sizes:.2f}, "
        f"total_loss = {classes + box:.2f} \n"
    )
    return text, True


def _region_line(it: HeadNumbers) -> tuple[str, bool]:
    """End of forward_region_layer(), src/region_layer.c: on standard output."""
    text = (
        f"Region Avg IOU: {it.mean('iou')}, {_confidences(it)}, Avg Recall: {it.mean('recall50')}, "
        f" count: {it.values['count']:.0f}\n"
    )
    return text, False


def _confidences(it: HeadNumbers) -> str:
    return (
        f"Class: {it.mean('own_classes', 'told_classes')}, Obj: {it.mean('own_objectness')}, "
        f"No Obj: {it.values['all_objectness'] / it.cells:.6f}"
    )


def _detection_line(it: HeadNumbers) -> tuple[str, bool]:
    """End of forward_detection_layer(), src/detection_layer.c: on standard output."""
    o, values = it.options, it.values
    boxes = it.pictures * o.side**2 * o.num
    told = values["count"] * o.classes
    every = f"{values['all_classes'] / told:.6f}" if told else _NOT_A_NUMBER
    text = (
        f"Detection Avg IOU: {it.mean('iou')}, Pos Cat: {it.mean('own_classes')}, "
        f"All Cat: {every}, Pos Obj: {it.mean('own_objectness')}, "
        f"Any Obj: {values['all_objectness'] / boxes:.6f}, count: {values['count']:.0f}\n"
    )
    return text, False


def _contrastive_line(it: HeadNumbers) -> tuple[str, bool]:
    """Of forward_contrastive_layer(), src/softmax_layer.c: whole per cent, -1 of nothing."""
    good, compared = int(it.values["alike"]), int(it.values["compared"])
    accuracy = 100 * good // compared if compared else -1
    text = (
        f" Contrast accuracy = {accuracy:.6f} %, all = {compared}, good = {good}, "
        f"same = {compared}, diff = {compared} \n"
        f" contrastive loss = {it.values['classes']:.6f} \n\n"
    )
    return text, False


# The line of a kind of head, and whether it goes to standard error.
HEAD_LINES: dict[str, Callable[[HeadNumbers], tuple[str, bool]]] = {
    "yolo": _yolo_line,
    "Gaussian_yolo": _gaussian_line,
    "region": _region_line,
    "detection": _detection_line,
    "contrastive": _contrastive_line,
}

"""[contrastive]: embeddings of the same thing are trained to be alike, of others to differ.

Contrastive learning (SimCLR, supervised or not) of whole pictures or of a [yolo]'s objects.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.options import key
from darkpy.sections.base import SECTIONS, LayerOptions, Place, Plan
from darkpy.sections.head import HeadFacts
from darkpy.sections.yolo import Yolo


@SECTIONS("contrastive")
@dataclass(frozen=True)
class Contrastive(LayerOptions):
    """Keys of [contrastive]; defaults from parse_contrastive() in Darknet's src/parser.c."""

    classes: int = key(1000, "number of classes, without yolo_layer=", minimum=1)
    yolo_layer: int = key(0, "the [yolo] whose objects are embedded; 0 embeds whole pictures")
    temperature: float = key(1.0, "divides the likeness before the softmax")
    cls_normalizer: float = key(1.0, "weight of the loss", minimum=0)
    max_delta: float | None = key(None, "largest change asked of a value", minimum=0)
    contrastive_neg_max: int = key(3, "unlike pairs to each like one, at most", minimum=0)

    @property
    def head(self) -> HeadFacts:
        return HeadFacts(truth="boxes" if self.yolo_layer else "values")

    def plan(self, place: Place) -> Plan:
        out = place.input
        anchors, classes = 1, self.classes
        if self.temperature == 0:
            place.error("temperature", "temperature=0 would divide by zero")
        yolo = self._yolo(place) if self.yolo_layer else None
        if yolo is not None:
            anchors, classes = len(yolo.options.own_mask), yolo.options.classes
            self._check_embedding(place, yolo, anchors)
        elif not self.yolo_layer and (out.h, out.w) != (1, 1):
            place.error(
                "yolo_layer",
                f"without yolo_layer= whole pictures are embedded: the layer before must give one "
                f"value a channel ([avgpool] does), it gives {out.w}x{out.h}",
            )
        row = (
            f"contrastive {out.w:4d} x{out.h:4d} x{anchors:4d} x emb_size {out.c // anchors:4d} "
            f"  classes = {classes:4d}"
        )
        return place.plan(self, out, row=row)

    def _yolo(self, place: Place) -> Plan | None:
        source = place.source("yolo_layer", self.yolo_layer)
        if source is None:
            return None
        plan = place.earlier[source]
        if isinstance(plan.options, Yolo):
            return plan
        message = f"yolo_layer={self.yolo_layer} is layer {source}, a [{plan.kind}], not a [yolo]"
        place.error("yolo_layer", message)
        return None

    def _check_embedding(self, place: Place, yolo: Plan, anchors: int) -> None:
        """The layer before must be the one that the [yolo] takes its embeddings from."""
        number = yolo.options.embedding_layer
        if number is None:
            place.error("yolo_layer", f"the [yolo] of layer {yolo.index} has no embedding_layer=")
            return
        target = yolo.index + number if number < 0 else number
        if not 0 <= target < place.index:
            place.error("yolo_layer", f"embedding_layer={number} of its [yolo] is no earlier layer")
        elif place.earlier[target].out != place.input:
            place.error(
                "yolo_layer",
                f"the layer before differs in shape from layer {target}, the embedding_layer= of "
                f"its [yolo]; both must be the same [convolutional]",
            )
        elif place.input.c % anchors:
            place.error(
                "yolo_layer",
                f"{place.input.c} channels cannot be shared out to {anchors} anchors; filters= of "
                "the layer before must be a multiple",
            )

"""What OpenCV 4's importer calls the layers: one of a cfg becomes up to three of its own."""

from __future__ import annotations

from collections.abc import Iterator

from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan

_NAMES = {
    "avgpool": "avgpool",
    "connected": "fullyConnected",
    "convolutional": "conv",
    "cost": "identity",
    "crop": "crop",
    "dropout": "identity",
    "maxpool": "pool",
    "reorg": "reorg",
    "sam": "sam",
    "scale_channels": "scale_channels",
    "shortcut": "shortcut",
    "softmax": "softmax",
    "upsample": "upsample",
}
_HEADS = {"region": "Region", "yolo": "Region"}


def layer_names(plan: NetworkPlan) -> list[tuple[str, int]]:
    """Names and the index of the layer of the cfg that each belongs to, in OpenCV's order."""
    return [(name, layer.index) for layer in plan.layers for name in _of(layer)]


def layer_type(name: str) -> str:
    """OpenCV's type of a layer: Region of a head, else its name without the number."""
    kind = name.rsplit("_", 1)[0]
    return "Region" if kind in ("yolo", "detection") else kind.capitalize()


def _of(layer: Plan) -> Iterator[str]:
    kind, index = layer.kind, layer.index
    if kind in _HEADS:
        yield f"permute_{index}"
        yield "detection_out" if kind == "region" else f"yolo_{index}"
    elif kind == "route":
        several, groups = len(layer.sources) > 1, getattr(layer.options, "groups", 1) > 1
        yield f"{'concat' if several else 'slice' if groups else 'identity'}_{index}"
    else:
        yield f"{_NAMES.get(kind, kind)}_{index}"
        if getattr(layer.options, "batch_normalize", 0):
            yield f"bn_{index}"
        activation = getattr(layer.options, "activation", "linear")
        # What follows is numbered as the next layer is.
        if activation != "linear":
            yield f"{activation}_{index + 1}"

"""From a graph to an ONNX file that says what it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkpy.export.build import PICTURE, Built, build
from darkpy.export.extras import needed
from darkpy.export.forms import CLASSES, FORMS, Form, Outputs, batch_side
from darkpy.export.graph import Graph, Operation
from darkpy.export.reading import overlap_of
from darkpy.inference.detector import NMS_THRESHOLD
from darkpy.model.network import Network
from darkpy.sections.scales import ScaleOptions
from darkpy.version import __version__


@dataclass(frozen=True)
class Asked:
    """What the file shall be. opset 0: the form's usual one. batch None: any number of pictures."""

    form: str = "ultralytics"
    opset: int = 0
    batch: int | None = 1
    fixed: bool = True
    half: bool = False
    int8: bool = False

    @property
    def precision(self) -> str:
        return "int8" if self.int8 else "float16" if self.half else "float32"


def model_of(built: Built, outputs: Outputs, picture: str, network: Network) -> Any:
    """The ModelProto."""
    onnx = needed("onnx")
    g = built.graph
    renamed = {PICTURE: picture, **{value: name for name, (value, _) in outputs.items()}}
    renamed |= {value: f"{name}_next" for name, (value, _) in g.memories.items()}
    nodes = [_node(onnx, node, renamed) for node in g.nodes]
    constants = [onnx.numpy_helper.from_array(array, name) for name, array in g.constants.items()]
    graph = onnx.helper.make_graph(
        nodes,
        Path(network.plan.source).stem,
        _inputs(onnx, g, picture, network),
        _outputs(onnx, g, outputs),
        constants,
    )
    opsets = [onnx.helper.make_opsetid("", g.opset)]
    return onnx.helper.make_model(
        graph,
        producer_name="darkpy",
        producer_version=__version__,
        opset_imports=opsets,
        ir_version=onnx.helper.find_min_ir_version_for(opsets),
    )


def _node(onnx: Any, node: Operation, renamed: dict[str, str]) -> Any:
    inputs, outputs = ([renamed.get(x, x) for x in names] for names in (node.inputs, node.outputs))
    return onnx.helper.make_node(node.kind, inputs, outputs, name=node.name, **node.attributes)


def _inputs(onnx: Any, g: Graph, picture: str, network: Network) -> list[Any]:
    c, h, w = network.plan.input
    sides = (batch_side(g), c, h, w) if g.fixed else (batch_side(g), c, "height", "width")
    made = [onnx.helper.make_tensor_value_info(picture, onnx.TensorProto.FLOAT, sides)]
    return made + [_memory(onnx, g, name, shape) for name, (_, shape) in g.memories.items()]


def _outputs(onnx: Any, g: Graph, outputs: Outputs) -> list[Any]:
    made = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sides)
        for name, (_, sides) in outputs.items()
    ]
    return made + [
        _memory(onnx, g, f"{name}_next", shape) for name, (_, shape) in g.memories.items()
    ]


def _memory(onnx: Any, g: Graph, name: str, shape: tuple[int, ...]) -> Any:
    kind = onnx.TensorProto.FLOAT16 if g.half else onnx.TensorProto.FLOAT
    return onnx.helper.make_tensor_value_info(name, kind, (batch_side(g), *shape))


def facts_of(
    network: Network, names: tuple[str, ...], form: Form, asked: Asked, opset: int
) -> dict[str, str]:
    """What the metadata say: first in the words of ultralytics' loader, then darkpy's own."""
    plan, (_, h, w) = network.plan, network.plan.input
    cfg = Path(plan.source).read_bytes()
    heads = [head.plan for head in network.detecting.values()]
    strides = [h // head.out.h for head in heads if head.out.h > 1] or [1]
    detects = bool(heads)
    return {
        "description": f"darkpy {__version__}: {Path(plan.source).name}",
        "task": "detect" if detects else "classify",
        "names": str(dict(enumerate(names))),
        "stride": str(max(strides)),
        "imgsz": str([h, w]),
        "batch": str(asked.batch or 1),
        "end2end": str(form.suppressed),
        "darkpy.form": asked.form,
        "darkpy.precision": asked.precision,
        "darkpy.opset": str(opset),
        "darkpy.input": f"NCHW RGB 0..1, {'letterboxed' if plan.net.letter_box else 'stretched'}",
        "darkpy.heads": json.dumps([_head(head) for head in heads]),
        "darkpy.threshold": "0.25",
        "darkpy.nms": f"{overlap_of(network) if detects else NMS_THRESHOLD:g}",
        "darkpy.cfg": cfg.decode("utf-8", "replace"),
        "darkpy.cfg_sha256": hashlib.sha256(cfg).hexdigest(),
    }


def _head(plan: Any) -> dict[str, Any]:
    """What a program needs that decodes by itself."""
    o = plan.options
    keys = ("classes", "num", "mask", "anchors", "scale_x_y", "new_coords", "nms_kind", "beta_nms")
    keys += ("side", "sqrt", "softmax", "yolo_point")
    facts = {"layer": plan.index, "kind": plan.kind}
    if isinstance(o, ScaleOptions):
        facts |= {"anchors_wh": o.shapes, "map_hw": plan.out[1:]}
        keys += ("step", "offset", "clip_anchors", "clip_boxes", "variance", "order", "layout")
        keys += ("score", "decode", "thresh", "nms", "pre_nms", "post_nms", "max_dets", "group")
    return facts | {name: getattr(o, name) for name in keys if hasattr(o, name)}


def exported(network: Network, names: tuple[str, ...], asked: Asked) -> Any:
    """The ModelProto of a network in a form. InputError where there is no such thing."""
    form = FORMS[asked.form] if network.detecting else CLASSES
    opset = asked.opset or form.opset
    built = build(
        network.eval(),
        opset=opset,
        batch=asked.batch,
        fixed=asked.fixed,
        half=asked.half,
        decoded=form.decoded,
    )
    model = model_of(built, form.write(built, network), form.picture, network)
    needed("onnx").helper.set_model_props(model, facts_of(network, names, form, asked, opset))
    return model

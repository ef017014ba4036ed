"""Makes nets.json beside it: what GluonCV's MobileNet and SSD512 on it say of a picture.

Their values are those of tests/importers/gluon_like.py. In gluoncv's environment (../README.md):
PYTHONPATH=tests/importers python tests/oracle/gluon_nets/make.py
"""

from __future__ import annotations

import json
from pathlib import Path

import gluon_like
import numpy as np
from gluoncv import model_zoo
from mxnet import nd

NETS = {"mobilenet": ("mobilenet1.0", 64), "ssd512": ("ssd_512_mobilenet1.0_voc", 512)}
NORMS = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "var"}
ROW = 997
EPS_OF_EXTRAS = 1e-3  # mxnet's own, of the batch norms of SSD's own layers; else 1e-5


def rounded(values: nd.NDArray) -> list:
    """Nested lists of numbers with nine digits."""
    digits = np.vectorize(lambda x: float(f"{x:.9g}"), otypes=[float])
    return digits(values.asnumpy().astype(np.float64)).tolist()


def filled(name: str, side: int, own: str):
    """The network with these values: its parameters of a kind stand in the order of its layers."""
    more = {"pretrained_base": False} if own == "ssd512" else {}
    net = model_zoo.get_model(name, pretrained=False, **more)
    net.initialize()
    net(nd.zeros((1, 3, side, side)))
    params = net.collect_params()
    values = gluon_like.state_of(own)
    last = [key for key in values if not key.startswith("body.")]
    ends = [key for key in params if "convpredictor" in key or "dense" in key or "output" in key]
    put(params, ends, [values[key] for key in last])
    kernels = [k for k in params if k.endswith("weight") and k not in ends]
    put(
        params, kernels, [v for k, v in values.items() if k.endswith(".0.weight") and k not in last]
    )
    for field, theirs in NORMS.items():
        wanted = [
            v for k, v in values.items() if k.startswith("body.") and k.endswith(f".1.{field}")
        ]
        put(params, [k for k in params if k.endswith(theirs)], wanted)
    for key in params:
        if key.endswith("moving_var"):
            params[key].set_data(params[key].data() - (EPS_OF_EXTRAS - 1e-5))
    return net


def put(params, names: list[str], values: list[np.ndarray]) -> None:

    for name, value in zip(names, values, strict=True):
        shaped = value.reshape(params[name].shape)
        params[name].set_data(nd.array(shaped))


def said(own: str) -> dict:
    name, side = NETS[own]
    net = filled(name, side, own)
    column = [
        np.array(values, np.float32)[:, None, None] for values in (gluon_like.MEAN, gluon_like.STD)
    ]
    shown = nd.array((gluon_like.picture(side) - column[0]) / column[1])
    if own == "mobilenet":
        logits = net(shown)
        return {
            "side": side,
            "every_37th": rounded(logits[0, ::37]),
            "abs_sum": float(np.abs(logits.asnumpy().astype(np.float64)).sum()),
        }
    return {"side": side, **heads_of(net, shown)}


def heads_of(net, shown: nd.NDArray) -> dict:
    """Scores and boxes as SSD.hybrid_forward() puts them together, batch norms as in inference."""
    parts = {"scores": [], "boxes": []}
    for feature, of_scores, of_boxes in zip(
        net.features(shown), net.class_predictors, net.box_predictors, strict=True
    ):
        for part, predictor, values in (
            ("scores", of_scores, gluon_like.CLASSES + 1),
            ("boxes", of_boxes, 4),
        ):
            parts[part].append(predictor(feature).transpose((0, 2, 3, 1)).reshape((-1, values)))
    found = {}
    for part, blocks in parts.items():
        rows = nd.concat(*blocks, dim=0)
        found[f"every_997th_{part}"] = rounded(rows[::ROW])
        found[f"{part}_abs_sum"] = float(np.abs(rows.asnumpy().astype(np.float64)).sum())
    return found


if __name__ == "__main__":
    text = json.dumps({own: said(own) for own in NETS}, separators=(",", ":"))
    Path(__file__).with_name("nets.json").write_text(text.replace('],"', '],\n"') + "\n")

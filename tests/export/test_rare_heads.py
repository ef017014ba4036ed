"""Heads with keys that few cfgs have: what they offer in the file is what darkpy decodes."""

from __future__ import annotations

import json

import pytest
import torch

from tests.export.settled import settled

pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")

from darkpy.errors import UsageError
from darkpy.export.forms import FORMS
from darkpy.export.onnx_file import Asked, exported
from darkpy.export.reading import LEAST_SCORE, folded_scores
from darkpy.export.runtime import OnnxRun

NET = "[net]\nwidth=48\nheight=32\nchannels=3\n[convolutional]\nsize=4\nstride=4\nactivation="
HEADS = {
    "corners": "linear\nfilters=22\n[Gaussian_yolo]\nclasses=2\nnum=3\nmask=0,2\n"
    "anchors=8,9,10,20,30,16\nyolo_point=left_top\nscale_x_y=1.2\n",
    "the other corner": "linear\nfilters=11\n[Gaussian_yolo]\nclasses=2\nnum=1\nanchors=8,9\n"
    "yolo_point=right_bottom\n",
    "some anchors": "linear\nfilters=14\n[yolo]\nclasses=2\nnum=3\nmask=2,0\n"
    "anchors=8,9,10,20,30,16\nscale_x_y=1.05\n",
    "new coordinates": "logistic\nfilters=7\n[yolo]\nclasses=2\nnum=1\nanchors=8,9\nnew_coords=1\n"
    "scale_x_y=2\n",
    "raw classes": "linear\nfilters=14\n[region]\nclasses=2\nnum=2\nanchors=1,2,3,1\n",
    "weak ones count as nothing": "linear\nfilters=14\n[region]\nclasses=2\nnum=2\nsoftmax=1\n"
    "anchors=1,2,3,1\nclassfix=-1\n",
    "scales": "linear\nfilters=28\n[ssd]\nclasses=2\nsizes=8,16\n[route]\nlayers=-2\n"
    "[convolutional]\nsize=2\nstride=2\nfilters=42\nactivation=linear\n[ssd]\nsizes=16,24\nratios=1,2,.5,3,.33\nstep=8\n",
    "levels": "linear\nfilters=18\n[retina]\nclasses=2\nsizes=8\nratios=.5,1,2\n",
    "sigmoids of a split map": "linear\nfilters=24\n[ssd]\nclasses=2\nsizes=8,16\nscore=sigmoid\n"
    "layout=split\norder=yxhw\nclip_boxes=0\ndecode=argmax\nvariance=.2,.1,.3,.4\n",
    "roots": "linear\nfilters=1\n[connected]\noutput=52\nactivation=linear\n[detection]\n"
    "classes=3\ncoords=4\nnum=2\nside=2\nsqrt=1\nsoftmax=1\n",
}


@pytest.mark.parametrize("name", sorted(HEADS))
@pytest.mark.parametrize("form", ["ultralytics", "rows", "raw"])
def test_a_head_offers_what_darkpy_decodes(name, form, tmp_path):
    network = settled(tmp_path / "a.cfg", NET + HEADS[name])
    images = torch.rand(2, *network.plan.input)

    content = exported(network, (), Asked(form=form, batch=2)).SerializeToString()
    arrays = OnnxRun(content)(images.numpy())

    with torch.inference_mode():
        own = folded_scores(network.candidates(images))
        theirs = folded_scores(FORMS[form].read(arrays, network, tuple(images.shape[2:])))
    torch.testing.assert_close(theirs.boxes, own.boxes, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(theirs.probs, own.probs, atol=1e-5, rtol=0)
    assert float(own.probs.max()) > 0


@pytest.mark.parametrize("name", ["levels", "scales"])
def test_a_file_with_suppression_says_and_has_the_overlap_of_its_head(name, tmp_path):
    network = settled(
        tmp_path / "a.cfg", NET + HEADS[name].replace("classes=2", "classes=2\nnms=.2")
    )
    images = torch.rand(1, *network.plan.input, generator=torch.Generator().manual_seed(1))

    model = exported(network, (), Asked(form="end2end"))
    arrays = OnnxRun(model.SerializeToString())(images.numpy())
    facts = {fact.key: fact.value for fact in model.metadata_props}

    with torch.inference_mode():
        found = network.candidates(images)
        own = folded_scores(FORMS["end2end"].limit(found, network))
        theirs = FORMS["end2end"].read(arrays, network, tuple(images.shape[2:]))
    count = int((own.probs > 0).sum())
    assert 0 < count < int((folded_scores(found).probs > LEAST_SCORE).sum())
    torch.testing.assert_close(
        own.probs[own.probs > 0].sort().values, theirs.probs[theirs.probs > 0].sort().values
    )
    assert facts["darkpy.nms"] == "0.2"
    heads = json.loads(facts["darkpy.heads"])
    assert [head["anchors_wh"] for head in heads] == [
        [list(shape) for shape in head.options.shapes] for head in network.plan.detecting
    ]


@pytest.mark.parametrize("name", ["levels", "scales"])
def test_anchors_of_scales_are_those_of_one_size(name, tmp_path):
    network = settled(tmp_path / "a.cfg", NET + HEADS[name])

    with pytest.raises(UsageError, match=r"works at one size only; give -size WxH"):
        exported(network, (), Asked(fixed=False))

"""A file that is wrong is refused: its check can fail."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.cfg.data import read_data
from darkpy.data.dataset import read_dataset
from darkpy.model.network import Network
from darkpy.model.weights import load_weights

onnx = pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")

from darkpy.export.answers import Own, Theirs  # noqa: E402
from darkpy.export.forms import FORMS  # noqa: E402
from darkpy.export.onnx_file import Asked, exported  # noqa: E402
from darkpy.export.runtime import OnnxRun  # noqa: E402
from darkpy.export.verify import Proof, Some, deviation_of, prove  # noqa: E402

PICTURES = 6


@pytest.fixture(scope="module")
def bccd(shared):
    """A trained network, and some pictures that it knows."""
    folder = shared / "real" / "bccd"
    network = Network.from_cfg(folder / "bccd-tiny.cfg").eval()
    load_weights(network, folder / "bccd-tiny.weights")
    data = read_data(folder / "bccd.data")
    return network, Some(read_dataset(data.resolve(data.valid), data, 3), PICTURES)


def proof_of(model, network, some, form="ultralytics", precision="float32") -> Proof:
    session = OnnxRun(model.SerializeToString())
    theirs = Theirs(session, session.batch, network, FORMS[form])
    events = prove(Own(network, FORMS[form]), theirs, FORMS[form], precision, some)
    while True:
        try:
            next(events)
        except StopIteration as ended:
            return ended.value


def changed(model, shape, change):
    """Change the first constant of a shape that `change` gives another value for."""
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        if array.shape == shape:
            tensor.CopyFrom(onnx.numpy_helper.from_array(change(array.copy()), tensor.name))
            return model
    raise AssertionError(f"no constant of shape {shape}")


def larger_anchor(anchors):
    anchors[:, 1] *= 2
    return anchors


def swapped(kernels):
    return np.ascontiguousarray(kernels[:, ::-1])


def shifted(corners):
    return corners + np.float32(1)


# The first kernels see red, green and blue; anchors are (1, A, 2, 1), corners (1, 1, 2, 14 * 14).
FAULTS = {
    "a wrong anchor": ((1, 3, 2, 1), larger_anchor),
    "swapped channels": ((16, 3, 3, 3), swapped),
    "a shifted head": ((1, 1, 2, 196), shifted),
}


@pytest.mark.slow
@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_right_file_passes(form, bccd):
    """Its mAP is darkpy's to .01 point, stretched and letterboxed."""
    network, some = bccd

    proof = proof_of(exported(network, (), Asked(form=form)), network, some, form)

    assert proof.reasons == []
    assert all(moved.own > 50 for moved in proof.moved)
    assert max(abs(moved.points) for moved in proof.moved) < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_wrong_file_is_refused_for_its_map_alone(name, bccd):
    """Even where int8's 2 points are let pass and no deviation is asked for."""
    network, some = bccd
    model = changed(exported(network, (), Asked()), *FAULTS[name])

    proof = proof_of(model, network, some, precision="int8")

    assert proof.reasons
    assert all("mAP" in reason and "in int8 2 are let pass" in reason for reason in proof.reasons)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_without_pictures_a_wrong_file_is_refused_for_its_numbers(name, bccd):
    network, _ = bccd
    model = changed(exported(network, (), Asked()), *FAULTS[name])

    proof = proof_of(model, network, None)

    (reason,) = proof.reasons
    assert reason.startswith("its numbers deviate by more than 0.001: boxes ")


def test_numbers_that_are_not_finite_are_refused(bccd):
    network, _ = bccd
    model = changed(exported(network, (), Asked()), (16, 3, 3, 3), lambda kernels: kernels * np.nan)

    assert proof_of(model, network, None, precision="int8").reasons == [
        "its numbers are not finite"
    ]


def test_a_file_for_three_pictures_is_given_three(bccd):
    """Seven pictures are three, three and one with two of zeros, which do not count."""
    network, _ = bccd
    session = OnnxRun(exported(network, (), Asked(batch=3)).SerializeToString())
    form = FORMS["ultralytics"]
    images = torch.rand(7, *network.plan.input)

    theirs = Theirs(session, session.batch, network, form).candidates(images)

    assert deviation_of(Own(network, form).candidates(images), theirs, form).largest < 1e-5


def test_some_pictures_are_spread_over_the_list(bccd):
    """6 of 72: 71 / 5 apart, rounded."""
    _, some = bccd

    assert some.numbers.tolist() == [0, 14, 28, 43, 57, 71]


def test_pictures_that_cannot_be_read_leave_noise_to_compare_on(bccd, tmp_path):
    """The table is empty then: mAP 0 in both, and the numbers agree on noise."""
    network, _ = bccd
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 cut off")
    (tmp_path / "some.txt").write_text("a.jpg\n")
    (tmp_path / "some.data").write_text("classes=3\nvalid=some.txt\ntrain=some.txt\n")
    data = read_data(tmp_path / "some.data")
    some = Some(read_dataset(tmp_path / "some.txt", data, 3), PICTURES)

    proof = proof_of(exported(network, (), Asked()), network, some)

    assert proof.reasons == []
    assert 0 < proof.deviation.largest < 1e-4
    assert [moved.own for moved in proof.moved] == [0, 0]

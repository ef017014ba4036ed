"""8 bits: how values are rounded, what layers are left out, and what a trained network loses."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.data import read_data
from darkpy.data.dataset import read_dataset
from darkpy.errors import DataError
from darkpy.model.network import Network
from darkpy.model.weights import load_weights

onnx = pytest.importorskip("onnx", reason="onnx is an extra: pip install darkpy[export]")
pytest.importorskip("onnxruntime", reason="onnxruntime is an extra: pip install darkpy[export]")

from darkpy.events import Progress  # noqa: E402
from darkpy.export import int8  # noqa: E402
from darkpy.export.forms import FORMS  # noqa: E402
from darkpy.export.onnx_file import Asked, exported  # noqa: E402
from darkpy.export.verify import Some  # noqa: E402

FORM = FORMS["ultralytics"]


@pytest.fixture
def bccd(shared):
    folder = shared / "real" / "bccd"
    network = Network.from_cfg(folder / "bccd-tiny.cfg").eval()
    load_weights(network, folder / "bccd-tiny.weights")
    data = read_data(folder / "bccd.data")
    return network, Some(read_dataset(data.resolve(data.train), data, 3), 3)


def test_values_lie_on_256_levels():
    """-51 to 204 are 255 steps of 1; a value between two goes to the nearer."""
    x = torch.tensor([-51.0, 204, 0, 7.4, 7.6])

    assert int8.rounded(x).tolist() == [-51, 204, 0, 7, 8]


def test_levels_begin_at_zero_where_nothing_is_below():
    """510 / 255 = 2: odd numbers move."""
    assert int8.rounded(torch.tensor([510.0, 8, 9.1])).tolist() == [510, 8, 10]


def test_more_and_more_layers_are_tried():
    assert list(int8.left_in_float(17)) == [0, 1, 2, 4, 8]
    assert list(int8.left_in_float(1)) == [0]


@pytest.mark.slow
def test_the_worst_layers_stay_in_float_until_the_map_holds(bccd, monkeypatch):
    """Of 90 % the tries leave 80, 85, 89, 84, 83: none is enough, two layers in float are best."""
    network, some = bccd
    before = [parameter.clone() for parameter in network.parameters()]
    model = exported(network, (), Asked(int8=True))
    maps = iter((90.0, 80.0, 85.0, 89.0, 84.0, 83.0))

    def mean_ap(*_, **__):
        yield from ()
        return next(maps)

    monkeypatch.setattr(int8, "mean_ap", mean_ap)

    events = int8.quantized(model, network, FORM, some)
    lines = []
    while True:
        try:
            lines.append(next(events))
        except StopIteration as ended:
            content = ended.value
            break

    told = [line for line in lines if not isinstance(line, Progress)]
    assert told[0].startswith("what 8 bits in one layer alone change the scores by, the worst")
    assert [line.partition(":")[0] for line in told[1:]] == [
        f"int8 but for {words}"
        for words in ("0 layers", "1 layer", "2 layers", "4 layers", "8 layers")
    ]
    graph = onnx.load_from_string(content).graph
    eight_bits = [t for t in graph.initializer if t.data_type == onnx.TensorProto.INT8 and t.dims]
    kernels = [t for t in eight_bits if len(t.dims) == 4]
    assert len(kernels) == 17 - 2
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_no_pictures_are_a_sentence(bccd):
    network, _ = bccd

    with pytest.raises(DataError, match=r"-int8 needs pictures .*train= in the .data file"):
        next(int8.quantized(None, network, FORM, None))

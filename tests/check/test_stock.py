"""The sizes of published weights files follow from the cfgs they belong to."""

from __future__ import annotations

import pytest

from darkpy.check.stock import PUBLISHED, published_with
from darkpy.planning.network import read_network
from tests.conftest import ROOT


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.name)
def test_values_are_those_of_the_first_layers_of_the_cfg(file, request):
    path = ROOT / "cfg" / f"{file.cfg}.cfg"
    if not path.exists():
        path = request.getfixturevalue("shared") / "real" / "cfgs" / "stock" / f"{file.cfg}.cfg"
    layers = read_network(path).layers[: file.layers]

    assert file.values == sum(layer.weights for layer in layers)


def test_no_two_published_files_have_one_size():
    assert len({file.values for file in PUBLISHED}) == len(PUBLISHED)


def test_sizes_that_people_know_are_found():
    # yolov4.conv.137 has 170038676 bytes and darknet53.conv.74 162482580, headers of 20 included.
    assert published_with((170_038_676 - 20) // 4).name == "yolov4.conv.137"
    assert published_with((162_482_580 - 20) // 4).name == "darknet53.conv.74"
    assert published_with(12345) is None

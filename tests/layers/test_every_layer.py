"""What every registered layer must do, by its snippet; and that the lists name all of them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import darkpy.heads
import darkpy.layers
import darkpy.sections
from darkpy.cfg.reader import parse_cfg
from darkpy.heads.base import Head
from darkpy.layers.base import LAYERS
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.planning.network import NetworkPlan, plan_network
from darkpy.sections.base import SECTIONS
from tests.conftest import ROOT
from tests.layers.snippets import OTHER_NAMES, SNIPPETS

KINDS = sorted(kind for kind in LAYERS if kind in SNIPPETS)
WITHOUT_GRADIENT_TO_THE_INPUT = {"implicit"}
WRITTEN_OUT = {"fpn"}  # sections that stand for several layers and are none themselves


def planned(text: str) -> NetworkPlan:
    plan = plan_network(parse_cfg(text.splitlines(), "snippet.cfg"))
    assert not plan.findings.errors, plan.findings.errors
    return plan


def built(kind: str, text: str = "") -> Network:
    """A network whose rolling variances are 1, as after some training."""
    torch.manual_seed(3)
    network = Network(planned(text or SNIPPETS[kind]))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.fill_(1)
    return network


def modules_in(package) -> set[str]:
    """Modules and packages of a package's folder."""
    folder = Path(package.__file__).parent
    return {path.stem for path in (*folder.glob("*.py"), *folder.glob("*/"))}


def test_every_kind_that_is_no_head_has_a_snippet():
    heads = {kind for kind, layer in LAYERS.items() if issubclass(layer, Head)}
    others = set(OTHER_NAMES)
    assert set(SNIPPETS) | others | heads == set(LAYERS) | {"cost", "softmax", "soft"}


@pytest.mark.parametrize("package", [darkpy.layers, darkpy.heads, darkpy.sections])
def test_the_list_of_a_package_names_modules_of_its_folder(package):
    assert set(package.__all__) <= modules_in(package)
    assert list(package.__all__) == sorted(package.__all__)


def kinds_in(package, register: str) -> set[str]:
    """The kinds that stand in `@LAYERS("kind", ...)` or `@SECTIONS(...)` in a package's files."""
    trees = [ast.parse(path.read_text()) for path in Path(package.__file__).parent.rglob("*.py")]
    calls = [
        decorator
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == register
    ]
    return {ast.literal_eval(argument) for call in calls for argument in call.args}


def test_a_cfg_loads_the_modules_of_its_own_kinds_alone():
    code = (
        "import sys; from darkpy.model.network import Network\n"
        "Network.from_cfg('cfg/tabletop-tiny.cfg')\n"
        "rooms = ('sections', 'layers', 'heads')\n"
        "loaded = {f'darkpy.{room}.{kind}' in sys.modules for room in rooms for kind in KINDS}\n"
        "sys.exit(True in loaded or 'darkpy.layers.convolutional' not in sys.modules)"
    ).replace("KINDS", "('lstm', 'softmax', 'reorg', 'ssd', 'region')")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT)

    assert run.returncode == 0, run.stderr.decode()


def test_the_packages_know_every_kind_that_a_module_of_theirs_computes():
    assert all(dict(LAYERS).values())
    assert all(dict(SECTIONS).values())
    written = kinds_in(darkpy.layers, "LAYERS") | kinds_in(darkpy.heads, "LAYERS")

    assert written == set(LAYERS)
    assert kinds_in(darkpy.sections, "SECTIONS") == set(SECTIONS)


def test_what_is_known_can_be_computed():
    assert set(LAYERS) == set(SECTIONS) - WRITTEN_OUT


@pytest.mark.parametrize(("other", "kind"), sorted(OTHER_NAMES.items()))
def test_an_other_name_means_the_same(other, kind):
    assert LAYERS[other] is LAYERS[kind]
    assert SECTIONS[other] is SECTIONS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_real_shapes_are_the_planned_ones(kind):
    plan = planned(SNIPPETS[kind])
    with torch.device("meta"), torch.no_grad():
        network = Network(plan).eval()
        outputs = network.outputs(torch.empty(2, *plan.input))
    assert [tuple(x.shape) for x in outputs] == [(2, *layer.out) for layer in plan.layers]


@pytest.mark.parametrize("kind", KINDS)
def test_the_tensors_of_a_layer_are_those_of_its_plan(kind):
    for layer in built(kind).layers:
        sizes = [tuple(tensor.shape) for tensor in layer.weights_in_file_order()]
        assert sizes == [array.shape for array in layer.plan.arrays]


@pytest.mark.parametrize("kind", KINDS)
def test_weights_files_are_the_same_bytes_when_read_and_written(kind, tmp_path):
    network, again = built(kind), Network(planned(SNIPPETS[kind]))
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            parameter.uniform_(number, number + 1)
    save_weights(network, tmp_path / "a", 7)
    load_weights(again, tmp_path / "a")
    save_weights(again, tmp_path / "b", 7)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").stat().st_size == network.plan.weights_bytes


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_the_input_and_every_weight(kind):
    """Two sequences of two pictures, where a layer has a memory."""
    text = SNIPPETS[kind].replace("[net]", "[net]\ntime_steps=2")
    network = built(kind, text).train()
    images = torch.rand(4, 4, 6, 8, requires_grad=True)
    *_, output = network.outputs(images)
    (output * torch.rand(output.shape)).sum().backward()
    for parameter in network.layers[-1].parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0
    if kind not in WITHOUT_GRADIENT_TO_THE_INPUT:
        assert images.grad.abs().sum() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_a_batch_do_not_touch_each_other_at_inference(kind):
    """Recurrent layers begin with an empty memory for each call of another shape."""
    network = built(kind).eval()
    images = torch.rand(2, 4, 6, 8)
    with torch.no_grad():
        together = network.outputs(images)[-1]
        network.reset_state()
        alone = network.outputs(images[:1])[-1]
    torch.testing.assert_close(together[:1], alone)


@pytest.mark.parametrize("kind", KINDS)
def test_training_does_not_change_what_a_later_layer_has_read(kind):
    """In-place activations and the like: backward() would find a tensor of another version."""
    network = built(kind).train()
    images = torch.rand(4, 4, 6, 8, requires_grad=True)
    outputs = network.outputs(images)
    sum(output.square().sum() for output in outputs).backward()
    assert torch.isfinite(images.grad).all()

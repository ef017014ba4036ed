"""`darkpy export weights`: a checkpoint becomes a file that Darknet reads, at an iteration."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from darkpy.errors import StateError, UsageError
from darkpy.model.network import Network
from darkpy.model.weights import load_weights, save_weights
from darkpy.planning.header import read_header
from darkpy.session.pairs import write_pair
from darkpy.training.resumption import state_of
from darkpy.training.trainer import Trainer
from darkpy.verbs.export import weights as verb

CFG = """[net]
batch=4
width=32
height=32
channels=3
max_batches=10
ema_alpha=.5
[convolutional]
batch_normalize=1
filters=4
size=3
pad=1
activation=leaky
[convolutional]
filters=6
activation=linear
[yolo]
classes=1
anchors=8,8
num=1
"""


@pytest.fixture
def checkpoint(tmp_path, monkeypatch) -> Path:
    """A checkpoint at iteration 7 whose average is its weights plus 1."""
    monkeypatch.chdir(tmp_path)
    Path("net.cfg").write_text(CFG)
    network = Network.from_cfg("net.cfg")
    trainer = Trainer(network, lambda iteration: 0.0, device=torch.device("cpu"), iteration=7)
    trainer.averaged.average = trainer.optimizer.values + 1
    path = Path("net_last.weights")
    write_pair(
        path,
        lambda target: save_weights(network, target, 28),
        state_of(trainer),
        keep_previous=False,
    )
    return path


def kernels_of(path: Path) -> list[torch.Tensor]:
    network = Network.from_cfg("net.cfg")
    load_weights(network, path)
    return [layer.conv.weight for layer in network.layers[:2]]


def test_a_checkpoint_says_the_iteration_it_was_saved_at(checkpoint):
    """28 pictures seen at batch=4 are 7 iterations."""
    (line,) = verb.run("net.cfg", str(checkpoint))

    assert line == (
        "net_7.weights: weights of net_last.weights at iteration 7, 28 pictures seen, "
        f"{checkpoint.stat().st_size} bytes"
    )
    assert Path("net_7.weights").read_bytes() == checkpoint.read_bytes()


def test_an_iteration_of_ones_own_is_pictures_in_the_header(checkpoint):
    list(verb.run("net.cfg", str(checkpoint), iteration=0, out="fresh.weights"))

    assert read_header("fresh.weights").seen == 0
    assert all(map(torch.equal, kernels_of(checkpoint), kernels_of(Path("fresh.weights"))))


def test_the_average_is_taken_from_the_state(checkpoint):
    list(verb.run("net.cfg", "net_last.state", averaged=True, out="average.weights"))

    for own, average in zip(
        kernels_of(checkpoint), kernels_of(Path("average.weights")), strict=True
    ):
        torch.testing.assert_close(average, own + 1)


def test_a_state_of_other_weights_is_refused(checkpoint):
    raw = bytearray(checkpoint.read_bytes())
    raw[-1] ^= 1
    checkpoint.write_bytes(raw)

    with pytest.raises(StateError, match=r"net_last.state: is not of these weights"):
        list(verb.run("net.cfg", str(checkpoint), averaged=True))


def test_weights_without_a_state_have_no_average(checkpoint):
    checkpoint.rename("alone.weights")

    with pytest.raises(StateError, match=r"alone.state: does not exist; the average of ema_alpha="):
        list(verb.run("net.cfg", "alone.weights", averaged=True))


def test_what_is_read_is_never_written(checkpoint):
    with pytest.raises(UsageError, match="is read here; name another file with -out"):
        list(verb.run("net.cfg", str(checkpoint), out=str(checkpoint)))

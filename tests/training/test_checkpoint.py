"""The state's file: it comes back as it was, or not at all."""

from __future__ import annotations

import random

import pytest
import torch

from darkpy.errors import StateError
from darkpy.training.checkpoint import State, check_alike, load_state, numbers_within, save_state

STATE = State(
    7,
    "00ff",
    {"seed": 3, "best": 0.25, "cfg": "[net]\nbatch=1\n"},
    {
        "momentum": torch.tensor([1.0, -2.5, 3e-39]),
        "chance": torch.arange(5, dtype=torch.uint8),
        "good": torch.tensor(12),
        "nothing": torch.zeros(0),
    },
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "net_last.state"
    save_state(path, STATE)
    return path


def test_a_state_comes_back_as_it_was(path):
    state = load_state(path)

    assert (state.iteration, state.weights, state.facts) == (7, "00ff", STATE.facts)
    assert state.tensors.keys() == STATE.tensors.keys()
    for name, tensor in STATE.tensors.items():
        assert state.tensors[name].dtype == tensor.dtype
        assert torch.equal(state.tensors[name], tensor)


def test_its_size_is_that_of_its_numbers():
    # 3 float32, 5 bytes, an int64 and nothing.
    assert STATE.size == 3 * 4 + 5 + 8


def test_every_flipped_bit_and_every_cut_is_noticed(path):
    whole = path.read_bytes()
    rng = random.Random(5)
    for _ in range(300):
        raw = bytearray(whole)
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        path.write_bytes(raw)
        with pytest.raises(StateError):
            load_state(path)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StateError):
            load_state(path)


def test_a_missing_file_a_folder_and_another_kind_are_named(tmp_path):
    with pytest.raises(StateError, match="No such file"):
        load_state(tmp_path / "none.state")
    with pytest.raises(StateError, match="cannot be read"):
        load_state(tmp_path)
    (tmp_path / "old.state").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(StateError, match="no state of this version"):
        load_state(tmp_path / "old.state")


@pytest.mark.parametrize(
    "change",
    [
        {"iteration": 0},
        {"iteration": 2.5e300},
        {"iteration": "7"},
        {"weights": 5},
        {"facts": []},
        {"tensors": [["momentum", "float32", [4]]]},  # longer than the file
        {"tensors": [["momentum", "float32", [2]]]},  # shorter than the file
        {"tensors": [["momentum", "float64", [3]]]},
        {"tensors": [["momentum", "float32", [-1]]]},
        {"tensors": [["momentum", "float32", [2**40, 2**40]]]},
        {"tensors": 5},
    ],
    ids=str,
)
def test_a_state_that_someone_made_up_is_refused(tmp_path, monkeypatch, change):
    # With a digest that is right, as whoever makes a file up can give it.
    import json

    import darkpy.training.checkpoint as checkpoint

    own = json.dumps
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.json, "dumps", lambda told, **_: own({**told, **change}))
        state = State(7, "", {}, {"momentum": torch.tensor([1.0, 2.0, 3.0])})
        save_state(tmp_path / "made_up.state", state)

    with pytest.raises(StateError, match="does not hold what a state holds"):
        load_state(tmp_path / "made_up.state")


def test_numbers_are_looked_at_with_their_bounds():
    bounds = {"a": (0, 1)}

    assert numbers_within({"a": 0, "b": "text"}, bounds)
    for wrong in (-0.001, 1.001, float("nan"), True, "0", None, [0]):
        assert not numbers_within({"a": wrong}, bounds)
    assert not numbers_within({}, bounds)


def test_a_tensor_is_alike_in_type_shape_and_being_finite():
    mine = torch.zeros(3)

    check_alike("momentum", torch.ones(3), mine)
    for other in (torch.ones(4), torch.ones(3, dtype=torch.int64), torch.tensor([0, 1, torch.nan])):
        with pytest.raises(StateError, match="its momentum"):
            check_alike("momentum", other, mine)

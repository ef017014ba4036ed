"""On a processor -amp auto tries what is faster; instructions and clock are stand-ins here."""

from __future__ import annotations

import pytest
import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.model import precision
from darkpy.model.fast import inference_trial
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision, pick_precision, times_faster, training_trial
from darkpy.planning.network import plan_network
from tests.halving import CFG

CPU = torch.device("cpu")


class Clock:
    """A clock that goes as far as it is told."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    own = Clock()
    monkeypatch.setattr(precision, "time", own)
    return own


@pytest.fixture
def network() -> Network:
    torch.manual_seed(2)
    return Network(plan_network(parse_cfg(CFG.splitlines(), "my.cfg")))


@pytest.fixture
def capable(monkeypatch):
    monkeypatch.setattr(precision, "bfloat16_instructions", lambda: ["amx_bf16"])


def trial_of(clock: Clock, plain: list[float], lowered: list[float]):
    """Passes that take these seconds, one after the other."""

    def trial(network, precision, device):
        seconds = iter(plain if precision == FLOAT32 else lowered)

        def run():
            clock.now += next(seconds)

        return run

    return trial


def test_a_processor_without_the_instructions_computes_in_float32(network, monkeypatch):
    monkeypatch.setattr(precision, "bfloat16_instructions", list)

    picked, words = pick_precision("auto", network, CPU)

    assert picked == FLOAT32
    assert words == "mixed precision: off, this processor has no instructions for bfloat16"


def test_what_is_faster_is_taken_and_said(network, clock, capable):
    # the first round is not counted, of the others the fastest: 6 / 4 = 1.5
    trial = trial_of(clock, [90, 8, 6, 7], [1, 4, 9, 5])

    picked, words = pick_precision("auto", network, CPU, trial)

    assert picked == Precision(torch.bfloat16)
    assert words.startswith("mixed precision: bfloat16 beside float32; the outputs differ by ")
    assert words.endswith("%; tried, it is 1.50 times as fast")


def test_what_is_hardly_faster_is_not_taken(network, clock, capable):
    trial = trial_of(clock, [1, 6, 6, 6], [9, 5.7, 6, 6])

    assert pick_precision("auto", network, CPU, trial) == (
        FLOAT32,
        "mixed precision: off, bfloat16 was tried and is 1.05 times as fast",
    )


def test_outputs_that_differ_are_not_tried(network, capable, monkeypatch):
    monkeypatch.setattr(precision, "deviation", lambda *given: 0.2)

    def trial(*given):
        raise AssertionError("tried")

    picked, words = pick_precision("auto", network, CPU, trial)

    assert picked == FLOAT32
    assert words == "mixed precision: off, the outputs would differ by 20.0%"


def test_a_processor_computes_in_float32_where_only_gpus_choose(network, capable):
    assert pick_precision("gpu", network, CPU) == (FLOAT32, "")


@pytest.mark.parametrize("trial", [training_trial, inference_trial])
def test_both_trials_compute_and_leave_everything_as_it_was(network, trial):
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    chance = torch.get_rng_state()

    assert times_faster(network, Precision(torch.bfloat16), CPU, trial) > 0

    assert network.training
    assert torch.equal(torch.get_rng_state(), chance)
    assert all(weight.grad is None for weight in network.parameters())
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])

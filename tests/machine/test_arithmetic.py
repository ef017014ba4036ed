"""What a GPU makes of float32 is set for a block only; the settings can be seen without a GPU."""

from __future__ import annotations

import pytest
import torch

from darkpy.machine.arithmetic import arithmetic
from darkpy.model.precision import FLOAT32, Precision

GPU, CPU = torch.device("cuda"), torch.device("cpu")


def settings() -> tuple[bool, bool, bool, bool]:
    """TF32 in convolutions, TF32 in products, one order of sums, trials of algorithms."""
    cudnn = torch.backends.cudnn
    products = torch.backends.cuda.matmul.allow_tf32
    return cudnn.allow_tf32, products, cudnn.deterministic, cudnn.benchmark


@pytest.fixture(autouse=True)
def users_own(monkeypatch):
    """What a user may have set: not torch's default, so that a wrong way back shows."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)


def test_float32_on_a_gpu_is_float32_and_the_users_settings_come_back():
    with FLOAT32(GPU):
        assert settings() == (False, False, False, True)
    assert settings() == (True, False, False, True)


def test_tf32_is_for_convolutions_and_products():
    with Precision(tf32=True)(GPU):
        assert settings() == (True, True, False, True)
    assert settings() == (True, False, False, True)


def test_deterministic_algorithms_are_not_picked_by_trial():
    with arithmetic(GPU, deterministic=True):
        assert settings() == (False, False, True, False)
    assert settings() == (True, False, False, True)


def test_an_error_inside_leaves_the_settings_as_they_were():
    with pytest.raises(ZeroDivisionError), arithmetic(GPU, deterministic=True):
        raise ZeroDivisionError
    assert settings() == (True, False, False, True)


def test_a_cpu_has_nothing_to_set():
    with arithmetic(CPU, deterministic=True):
        assert settings() == (True, False, False, True)

"""Values that no training gives, by layer and count.

Layer 0 of the test's network: biases 0 and 1, scales 2 and 3, means 4 and 5, variances 6 and 7,
weights 8 and 9; layer 2: 3 biases and 3*2 weights.
"""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.planning.weights_values import described, faults
from tests.planning.test_weights_file import FIRST, LAST, laid


def found(changes: dict[int, float]) -> list[tuple[int, int, str]]:
    values = np.ones(FIRST + LAST, "<f4")
    for number, value in changes.items():
        values[number] = value
    return [
        (fault.layer.index, fault.count, fault.words)
        for fault in faults(values, laid(FIRST + LAST).layers)
    ]


def test_sound_values_have_no_fault():
    assert found({}) == []
    assert found({0: -1e14, 6: 0.0, 12: 1e14}) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted_by_layer(value):
    assert found({8: value, 9: value, 11: value}) == [(0, 2, "not finite"), (2, 1, "not finite")]


def test_absurdly_large_values_are_told_with_the_largest():
    assert found({1: 1e30, 2: -3e38, 3: 5.0}) == [(0, 2, "as large as 3e+38")]


def test_a_variance_below_0_is_a_fault_and_a_bias_below_0_is_none():
    assert found({6: -1e-3, 0: -1.0}) == [(0, 1, "variances below 0")]
    # beside a value that is wrong in another way
    assert found({7: -1.0, 9: np.nan}) == [(0, 1, "not finite"), (0, 1, "variances below 0")]


def test_three_faults_are_described_and_the_other_layers_counted():
    values = np.full(FIRST + LAST, np.nan, "<f4")
    seen = list(faults(values, laid(FIRST + LAST).layers))

    assert described(seen[:1]).startswith(
        "10 of 10 values of layer 0 [convolutional] (my.cfg:5) are not finite: its training"
    )
    assert described(seen * 2).endswith(
        "are not finite; so it is in 1 more layer: its training diverged, or the file is damaged"
    )

"""Batch norm as cuDNN has it, and the cross-iteration kind against its definition."""

from __future__ import annotations

import math

import pytest
import torch

from darkpy.layers.batchnorm import BatchNorm, CrossIterationNorm, batch_norm


def picture(*values: float) -> torch.Tensor:
    """One channel, one picture, one row."""
    return torch.tensor(values, dtype=torch.float32).view(1, 1, 1, -1)


def test_the_batch_is_normalized_by_n_and_rolls_by_n_minus_one():
    norm = BatchNorm(1).train()

    output = norm(picture(1, 3))

    # Mean 2, variance ((1-2)^2 + (3-2)^2) / 2 = 1; rolling .01*2 and .01 * 2/(2-1).
    assert output.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)
    assert norm.running_mean.item() == pytest.approx(0.02)
    assert norm.running_var.item() == pytest.approx(0.02)


def test_batch_normalize_2_is_the_cross_iteration_kind():
    assert type(batch_norm(1, 2)) is CrossIterationNorm
    assert type(batch_norm(1)) is BatchNorm


def test_the_first_mini_batch_is_normalized_by_itself():
    norm = CrossIterationNorm(1).train()
    norm.begin(1)

    output = norm(picture(1, 3))

    # Mean 2, mean square (1 + 9) / (2 - 1) = 10, variance 10 - 4 = 6.
    assert output.flatten().tolist() == pytest.approx([-1 / 6**0.5, 1 / 6**0.5], rel=1e-5)
    assert norm.running_mean.item() == pytest.approx(0.02)
    assert norm.running_var.item() == pytest.approx(0.06)


def test_the_second_mini_batch_of_an_iteration_shares_the_firsts_statistics():
    norm = CrossIterationNorm(1).train()
    for values in ((1, 3), (5, 7)):
        norm.begin(1)
        output = norm(picture(*values))

    # Means 2 and 6 give 4, mean squares 10 and 74 give 42, variance 42 - 16 = 26.
    assert output.flatten().tolist() == pytest.approx([1 / 26**0.5, 3 / 26**0.5], rel=1e-5)
    assert norm.running_mean.item() == pytest.approx(0.99 * 0.02 + 0.01 * 4)
    assert norm.running_var.item() == pytest.approx(0.99 * 0.06 + 0.01 * 26)


def test_an_iteration_begins_anew():
    norm = CrossIterationNorm(1).train()
    for iteration, values in ((1, (5, 7)), (1, (math.nan, 1)), (2, (1, 3))):
        norm.begin(iteration)
        output = norm(picture(*values))

    assert output.flatten().tolist() == pytest.approx([-1 / 6**0.5, 1 / 6**0.5], rel=1e-5)


def test_a_constant_channel_has_the_variance_that_n_minus_one_makes_up():
    norm = CrossIterationNorm(1).train()
    norm.begin(1)
    # Three values of 4: 48 / 2 = 24, variance 24 - 16 = 8.
    norm(picture(4, 4, 4))
    assert norm.running_var.item() == pytest.approx(0.08)


def test_the_gradient_is_batch_norms_with_the_shared_statistics():
    norm = CrossIterationNorm(1).train()
    torch.nn.init.constant_(norm.weight, 2)
    norm.begin(1)
    x = picture(1, 3).requires_grad_()

    norm(x)[..., 0].sum().backward()

    # Normalized -1/√6 and 1/√6, gradients 1 and 0: of the bias 1, of the scale -1/√6; of the
    # values (dy - (1 + normalized * -1/√6) / 2) * 2/√6 = (1 - 7/12, 0 - 5/12) * 2/√6.
    assert norm.bias.grad.item() == pytest.approx(1)
    assert norm.weight.grad.item() == pytest.approx(-1 / 6**0.5, rel=1e-5)
    expected = [5 / 12 * 2 / 6**0.5, -5 / 12 * 2 / 6**0.5]
    assert x.grad.flatten().tolist() == pytest.approx(expected, rel=1e-5)


def test_one_large_mini_batch_is_nearly_plain_batch_norm():
    x = torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    wanted = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    results = []
    for norm in (BatchNorm(3), CrossIterationNorm(3)):
        norm.begin(1)
        own = x.clone().requires_grad_()
        (norm.train()(own) * wanted).sum().backward()
        results.append((own.grad, norm.weight.grad, norm.bias.grad))

    # N - 1 in place of N: 1/2048 on the mean square.
    for plain, crossed in zip(*results, strict=True):
        assert torch.allclose(plain, crossed, rtol=1e-3, atol=1e-3 * plain.abs().max())


def test_inference_reads_the_rolling_statistics():
    norm = CrossIterationNorm(1).eval()
    norm.running_mean.fill_(1)
    norm.running_var.fill_(4)

    assert norm(picture(5)).item() == pytest.approx(2, rel=1e-5)

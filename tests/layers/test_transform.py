from __future__ import annotations

import pytest
import torch

from darkpy.layers.transform import pooled, tied, transformed
from darkpy.sections.transform import TRANSFORMS


def stages(kind: str, kernel: list[list[float]], angle: float = 15, *, back: bool = False):
    """The kernel as each stage makes it."""
    count = TRANSFORMS[kind]
    weights = torch.tensor(kernel)[None, None].expand(count, 1, -1, -1)
    return transformed(weights, kind, angle, back=back)[:, 0]


MIDDLE = [[0.0, 0, 0], [0, 9, 0], [0, 0, 0]]
CORNER = [[1.0, 2, 0], [0, 0, 0], [0, 0, 0]]


def test_rotate_turns_clockwise_by_quarters():
    zero, one, two, three = stages("rotate", CORNER).tolist()
    assert zero == CORNER
    assert one == [[0, 0, 1], [0, 0, 2], [0, 0, 0]]
    assert two == [[0, 0, 0], [0, 0, 0], [0, 2, 1]]
    assert three == [[0, 0, 0], [2, 0, 0], [1, 0, 0]]


def test_rotate_back_undoes_it():
    kernels = torch.rand(8, 3, 5, 5)
    there = transformed(kernels, "rotate", 0)
    assert torch.equal(transformed(there, "rotate", 0, back=True), kernels)


def test_stretch_divides_by_the_scale_and_reads_between_pixels():
    _, smaller, _, larger = stages("stretch", MIDDLE)
    # The middle stays in place: 9 / .65. One px off it reads 1 / .65 = 1.54 px off: past the
    # middle, nothing of it. At scale 1.3 it reads 1 / 1.3 px off: 1 - .769 = .231 of the middle.
    assert smaller[1, 1].item() == pytest.approx(9 / 0.65)
    assert smaller.sum().item() == pytest.approx(9 / 0.65)
    share = 1 - 1 / 1.3
    assert larger[1].tolist() == pytest.approx([9 * share / 1.3, 9 / 1.3, 9 * share / 1.3])
    assert larger[0, 0].item() == pytest.approx(9 * share**2 / 1.3)


def test_sway_by_a_right_angle_is_a_turn_to_each_side():
    same, one, other, mirrored = stages("sway", CORNER, 90)
    assert same.tolist() == CORNER
    for turned, quarters in ((one, -1), (other, 1)):
        wanted = torch.tensor(CORNER).rot90(quarters)
        alternatives = [wanted, torch.tensor(CORNER).rot90(-quarters)]
        assert any(torch.allclose(turned, kernel, atol=1e-5) for kernel in alternatives)
    assert not torch.allclose(one, other)
    assert mirrored.tolist() == [[0, 2, 1], [0, 0, 0], [0, 0, 0]]


def test_sway_makes_up_for_corners_that_fall_off():
    flat = [[1.0] * 3] * 3
    for kernel in stages("sway", flat, 30):
        assert kernel.sum().item() == pytest.approx(9, rel=1e-5)


def test_the_angle_is_a_whole_number_of_degrees():
    assert torch.equal(stages("sway", CORNER, 15.9), stages("sway", CORNER, 15))


def test_stretch_sway_divides_by_the_scale_only_when_it_grows():
    kernels = stages("stretch_sway", MIDDLE)
    middles = kernels[:5, 1, 1].tolist()
    assert middles == pytest.approx([9, 9, 9, 9 / 1.2, 9 / 1.4])


def test_tied_copies_the_first_quarter_and_pooled_averages_all():
    weights = torch.arange(4.0).view(4, 1, 1, 1)
    assert tied(weights).flatten().tolist() == [0, 0, 0, 0]
    assert pooled(weights).flatten().tolist() == [1.5, 1.5, 1.5, 1.5]

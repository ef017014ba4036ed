"""How often unlike samples push, written out as the loop of the C program goes."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from darkpy.losses import contrastive


def looped(counted, real, others, limit):
    """The loop of grad_contrastive_loss_negative_f() for one sample."""
    times, seen = [0] * len(counted), 0
    for _ in range(others):
        for k, counts in enumerate(counted):
            if not counts:
                continue
            seen += 1
            if not real[k]:
                continue
            times[k] += 1
            if seen >= limit:
                return times
    return times


@given(
    st.lists(
        st.sampled_from([(False, False), (True, False), (True, True)]), min_size=1, max_size=8
    ),
    st.integers(0, 5),
    st.integers(0, 12),
)
def test_repeats_are_those_of_the_loop(samples, others, limit):
    counted, real = zip(*samples, strict=True)

    times = contrastive.repeats(
        torch.tensor([counted]), torch.tensor([real]), torch.tensor([others]), limit
    )

    assert times[0].tolist() == looped(counted, real, others, limit)


def test_likeness_of_a_vector_without_length_is_0():
    sim = contrastive.likeness(torch.tensor([[0.0, 0.0], [3.0, 4.0], [-4.0, 3.0]]))

    assert sim.round(decimals=6).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_share_leaves_its_own_first_sample_out():
    sim = torch.zeros(3, 3)
    pairs = ~torch.eye(3, dtype=torch.bool)

    share = contrastive.shares(sim, pairs, 1.0, capped=False)

    # e^0 of the pair over e^0 of the one other pair with j
    assert share.tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_pair_without_rivals_has_nearly_all():
    pairs = ~torch.eye(2, dtype=torch.bool)

    share = contrastive.shares(torch.zeros(2, 2), pairs, 1.0, capped=True)

    assert share[0, 1].item() == torch.tensor(0.9999).item()

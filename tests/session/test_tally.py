"""Updates that were left out are counted, and those that came to nothing are told apart."""

from __future__ import annotations

import pytest

from darkpy.session.tally import Tally
from darkpy.training.record import Step

TAKEN, TROUBLE, OVERFLOW = {}, {"updated": False, "trouble": True}, {"updated": False}


def counted(*steps: dict, began: int = 0) -> Tally:
    """The tally of a training whose iterations, from `began` + 1 on, were these."""
    tally = Tally(began)
    for number, facts in enumerate(steps, began + 1):
        tally.count(Step(number, 1.0, 1.0, 0.001, 4, (64, 64), 0.0, 0.0, **facts))
    return tally


def back(iteration: int) -> dict:
    return TROUBLE | {"returned_to": iteration}


@pytest.mark.parametrize(
    ("steps", "good"),
    [
        ((TAKEN,), 1),  # nothing proves it wrong
        ((TAKEN, TAKEN, TAKEN), 3),
        ((TAKEN, TROUBLE), 0),  # the one update led to the trouble
        ((TAKEN, TAKEN, TROUBLE), 1),
        ((TAKEN, TAKEN, TROUBLE, TROUBLE, TROUBLE), 1),  # one update is to blame, not one each
        ((TAKEN, TROUBLE, TAKEN), 1),
        ((TAKEN, OVERFLOW, TAKEN), 2),  # too large a loss scale says nothing of the weights
        ((TAKEN, OVERFLOW, TROUBLE), 0),
        ((TAKEN, TAKEN, TROUBLE, back(0)), 0),  # the weights are those it began with
        ((TAKEN, TAKEN, TROUBLE, back(0), TAKEN), 1),
        ((TROUBLE, TROUBLE), 0),
    ],
)
def test_an_update_is_good_unless_the_next_iteration_is_a_trouble(steps, good):
    tally = counted(*steps)

    assert tally.good == good
    assert tally.done == len(steps)
    assert tally.nothing_learnt == (good == 0)


def test_back_to_weights_on_the_way_keeps_what_they_had_learnt():
    # Began with weights of iteration 100: 200 is on the way, 100 is the beginning.
    assert counted(TAKEN, TAKEN, TROUBLE, back(200), began=100).good == 1
    assert counted(TAKEN, TAKEN, TROUBLE, back(100), began=100).good == 0


def test_a_training_without_an_iteration_is_none_that_learnt_nothing():
    assert not Tally(0).nothing_learnt


def test_words_tell_how_many_of_all_and_nothing_where_all_were_taken(tmp_path):
    assert list(counted(TAKEN, TAKEN, OVERFLOW).words(tmp_path)) == []
    assert list(counted(TAKEN, TAKEN, TROUBLE).words(tmp_path)) == [
        f"1 of 3 updates were left out because loss or gradients were not finite: see {tmp_path}"
    ]


def test_what_a_state_tells_is_counted_on():
    tally = counted(TAKEN, TROUBLE, OVERFLOW, TAKEN)

    assert Tally.of(tally.facts(), 4) == tally
    assert Tally.of(tally.facts(), 4).facts() == tally.facts()


@pytest.mark.parametrize(
    "change",
    [
        {"good": -1},
        {"done": 5},  # of 4 iterations
        {"done": True},
        {"troubles": "1"},
        {"more": 1},
    ],
)
def test_a_count_that_cannot_be_begins_anew(change):
    facts = counted(TAKEN, TROUBLE, OVERFLOW, TAKEN).facts()

    assert Tally.of(facts | change, 4) == Tally(4)
    assert Tally.of(None, 4) == Tally(4)


def test_overflows_alone_have_a_cure_of_their_own(faultless, tmp_path):
    from darkpy.planning.network import read_network

    cfg = tmp_path / "my.cfg"
    cfg.write_text(faultless)
    words = counted(OVERFLOW, OVERFLOW).why_nothing(read_network(cfg), faultless, tmp_path)

    assert words == (
        f"{cfg}: nothing was learnt: float16 overflowed in all of its 2 updates; -amp off computes "
        "in float32; no final weights were written"
    )

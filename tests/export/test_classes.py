"""Classifiers' answers side by side: what they agree on, and when a file is refused."""

from __future__ import annotations

import numpy as np
import torch

from darkpy.export.classes import Agreement

OWN = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.3, 0.3, 0.4]])


def test_shares_count_pictures_of_known_classes():
    """Of the pictures 0 and 1 the own answers 0 and 1 are right; the file's second is 2."""
    theirs = OWN.clone()
    theirs[1] = torch.tensor([0.1, 0.4, 0.5])
    found = Agreement(OWN, theirs, np.array([0, 1, -1]))

    assert found.shares() == (100, 50)
    assert (found.same(1), found.same(2), found.same(3)) == (2, 3, 3)
    assert list(found.lines())[1] == ("top 1 on 2 pictures: darkpy 100.00 %, file 50.00 % (-50.00)")


def test_a_file_that_names_other_classes_is_refused():
    theirs = OWN[:, [1, 0, 2]]

    reasons = list(Agreement(OWN, theirs, np.array([0, 1, 2])).reasons("int8"))
    assert reasons == ["top 1 moves by -66.67 points, in int8 2 are let pass"]
    unknown = np.array([-1, -1, -1])
    assert list(Agreement(OWN, theirs, unknown).reasons("float16")) == [
        "it names another class for 2 pictures of 3"
    ]
    assert not list(Agreement(OWN, OWN + 1e-5, unknown).reasons("float32"))


def test_a_file_without_numbers_is_refused():
    lost = OWN * torch.nan

    reasons = list(Agreement(OWN, lost, np.array([0, 1, 2])).reasons("float32"))

    assert reasons == ["its numbers are not finite"]

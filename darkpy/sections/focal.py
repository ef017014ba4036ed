"""The keys of the focal loss, the same in every head that knows it."""

from __future__ import annotations

from typing import Any

from darkpy.cfg.options import key


def focal_loss_key() -> Any:
    """focal_loss= of heads that train without it too."""
    return key(
        False,
        "1: classes are trained with the focal loss, which pays less for easy cells",
        note="Without alpha= and gamma= it is Darknet's fixed form, half of (1-p)^2 times the "
        "cross-entropy; either key gives the form of the paper, arXiv:1708.02002.",
    )


def alpha_key() -> Any:
    """alpha= beside focal_loss=1."""
    return key(
        None,
        "focal_loss=1: weight a of the true class, the others have 1-a; .25 is usual. Left out "
        "all weigh 1",
        minimum=0,
        maximum=1,
    )


def gamma_key() -> Any:
    """gamma= beside focal_loss=1."""
    return key(
        None,
        "focal_loss=1: how fast what is answered well stops to count, (1-p)^gamma; 0 is the plain "
        "class loss. 2 where only alpha= is given",
        minimum=0,
    )

"""What is asked of the class outputs of a cell that answers for an object."""

from __future__ import annotations

import torch
from torch import Tensor

from darkpy.losses.focal import Focal

FOCAL_ALPHA = 0.5  # delta_yolo_class(), src/yolo_layer.c
FOCAL_TINY = 1e-15  # added to the probability before its logarithm, same place


def multipliers(counters: tuple[float, ...], limit: float | None) -> list[float]:
    """Weight of each class from its number of objects; get_classes_multipliers(), src/parser.c.

    The most frequent class weighs 1; `limit` (max_delta) bounds the rare ones.
    """
    counts = [max(1.0, float(int(counter))) for counter in counters]
    weights = [max(counts) / count for count in counts]
    return weights if limit is None else [min(weight, limit) for weight in weights]


def smoothed(target: Tensor, epsilon: float) -> Tensor:
    """y -> y(1-e) + e/2, the smoothing of a [yolo] positive's class vector."""
    return target * (1 - epsilon) + epsilon / 2 if epsilon else target


def focal_factor(probability: Tensor) -> Tensor:
    """Factor of the deltas with focal_loss=1, from the true class's probability."""
    p = probability + FOCAL_TINY
    return -FOCAL_ALPHA * (1 - p) * (2 * p * torch.log(p) + p - 1)


def first_truth_delta(
    predicted: Tensor,
    classes: Tensor,
    *,
    label_smooth_eps: float = 0.0,
    focal_loss: bool = False,
    weights: Tensor | None = None,
) -> Tensor:
    """Delta of all classes for the first object of a cell: predicted (E, K), classes (E,).

    weights (K,) multiply only the true class's delta. C: delta_yolo_class(), src/yolo_layer.c.
    """
    true = _one_hot(predicted, classes)
    if focal_loss:
        own = predicted.gather(1, classes[:, None])
        return (true - predicted) * focal_factor(own)
    delta = smoothed(true, label_smooth_eps) - predicted
    if weights is not None:
        delta = torch.where(true > 0, delta * weights[classes][:, None], delta)
    return delta


def focal_delta(predicted: Tensor, classes: Tensor, focal: Focal) -> Tensor:
    """`first_truth_delta` of logistic outputs by the paper's focal loss: its negative gradient."""
    true = _one_hot(predicted, classes)
    right = torch.where(true > 0, predicted, 1 - predicted)
    return (true - predicted) * focal.slope(right) * focal.weights(true)


def further_focal_delta(predicted: Tensor, focal: Focal) -> Tensor:
    """`further_truth_delta` by the paper's focal loss, predicted (E,)."""
    weight = focal.weights(torch.ones_like(predicted))
    return (1 - predicted) * focal.slope(predicted) * weight


def focal_softmax_delta(predicted: Tensor, classes: Tensor, focal: Focal) -> Tensor:
    """The same of a softmax: all outputs share what the true class's probability makes it weigh."""
    true = _one_hot(predicted, classes)
    factor = focal.slope(predicted.gather(1, classes[:, None]))
    return (true - predicted) * factor * (1.0 if focal.alpha is None else focal.alpha)


def _one_hot(predicted: Tensor, classes: Tensor) -> Tensor:
    """Numbers (E,) as rows (E, K) like the predicted ones."""
    number = torch.arange(predicted.shape[1], device=predicted.device)
    return (classes[:, None] == number).to(predicted.dtype)


def further_truth_delta(
    predicted: Tensor,
    *,
    label_smooth_eps: float = 0.0,
    weights: Tensor | None = None,
) -> Tensor:
    """Delta of the own class of every further object in a cell: predicted (E,) of that class.

    weights (E,). A later object touches nothing but its own class.
    """
    delta = 1 - label_smooth_eps / 2 - predicted
    return delta if weights is None else delta * weights

"""Answers of exported files read back as boxes, and what a form can hold of darkpy's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from darkpy.heads.base import Candidates
from darkpy.inference.detector import NMS_THRESHOLD
from darkpy.inference.suppression import suppress
from darkpy.model.network import Network

LEAST_SCORE = 0.005  # of what end2end keeps: what enters the mAP in the C program
MOST_BOXES = 300  # that end2end gives for a picture

Arrays = Mapping[str, np.ndarray]
Read = Callable[[Arrays, Network, tuple[int, int]], Candidates]


def ultralytics(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    table = torch.from_numpy(found["output0"]).transpose(1, 2)
    return _certain(table[..., :4] / _whwh(hw), table[..., 4:])


def boxes_confs(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    boxes = torch.from_numpy(found["boxes"])[:, :, 0]
    return _certain(_centred(boxes), torch.from_numpy(found["confs"]))


def labelled(name: str) -> Read:
    def read(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
        table = torch.from_numpy(found[name])
        labels = torch.nn.functional.one_hot(table[..., 5].long(), network.plan.classes)
        return _certain(_centred(table[..., :4] / _whwh(hw)), labels * table[..., 4:5])

    return read


def opencv_rows(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    tables = []
    for each, head in zip(found.values(), network.detecting.values(), strict=True):
        table = torch.from_numpy(each if each.ndim == 3 else each[None])
        cells = table.unflatten(1, (-1, _anchors(head)))
        tables.append(cells.transpose(1, 2).flatten(1, 2))
    table = torch.cat(tables, dim=1)
    return _certain(table[..., :4], table[..., 5:])


def _anchors(head: torch.nn.Module) -> int:
    """As `Offered` counts them."""
    return len(head.mask) if hasattr(head, "mask") else 1


def raw(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    parts = []
    for index, head in network.detecting.items():
        output = head(torch.from_numpy(found[f"raw_{index}"]))
        parts.append(head.decode(output, hw))
    fields = [[getattr(p, name) for p in parts] for name in ("boxes", "objectness", "probs")]
    return Candidates(*(torch.cat(each, dim=1) for each in fields))


def best_class(found: Candidates, _network: Network) -> Candidates:
    """Only each box's likeliest class."""
    scores = found.objectness[..., None] * found.probs
    best = scores.max(dim=2, keepdim=True)
    only = torch.zeros_like(scores).scatter_(2, best.indices, best.values)
    return _certain(found.boxes, only)


def overlap_of(network: Network) -> float:
    """IoU above which the likelier box silences its like: nms= of the last head, or Darknet's."""
    own = list(network.detecting.values())[-1].suppression.threshold
    return NMS_THRESHOLD if own is None else own


def suppressed(found: Candidates, network: Network) -> Candidates:
    """What plain suppression and the limit of boxes leave."""
    scores = found.objectness[..., None] * found.probs
    scores = torch.where(scores > LEAST_SCORE, scores, 0)
    kept = torch.stack(
        [
            suppress(boxes, own, threshold=overlap_of(network))
            for boxes, own in zip(found.boxes, scores, strict=True)
        ]
    )
    flat = kept.flatten(1)
    if flat.shape[1] > MOST_BOXES:
        least = flat.topk(MOST_BOXES, dim=1).values[:, -1:, None]
        kept = torch.where(kept >= least, kept, 0)
    return _certain(found.boxes, kept)


def _certain(boxes: Tensor, scores: Tensor) -> Candidates:
    """Candidates whose scores hold the objectness already."""
    return Candidates(boxes=boxes, objectness=torch.ones_like(scores[..., 0]), probs=scores)


def folded_scores(found: Candidates) -> Candidates:
    """The same with the objectness in the scores."""
    return _certain(found.boxes, found.objectness[..., None] * found.probs)


def one_score(found: Candidates) -> Candidates:
    """Probabilities above 1, by which a tree's answer stands beside a smaller objectness, cut to 1:
    the forms have one score for both, the smaller one."""
    return replace(found, probs=found.probs.clamp(max=1))


def _centred(xyxy: Tensor) -> Tensor:
    low, high = xyxy[..., :2], xyxy[..., 2:]
    return torch.cat(((low + high) / 2, high - low), dim=-1)


def _whwh(hw: tuple[int, int]) -> Tensor:
    h, w = hw
    return torch.tensor([w, h, w, h], dtype=torch.float32)


def classes(found: Arrays, network: Network, hw: tuple[int, int]) -> Candidates:
    return as_classes(torch.from_numpy(found["output0"]))


def as_classes(scores: Tensor) -> Candidates:
    """Numbers (B, K) of a classifier: the whole picture is the one box."""
    whole = scores.new_tensor([0.5, 0.5, 1, 1]).expand(len(scores), 1, 4)
    return _certain(whole, scores[:, None])

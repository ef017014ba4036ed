"""A classifier's answers for all pictures of a list: read ahead, asked several at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count, islice

import torch
from torch import Tensor

from darkpy.data.classes import ClassList
from darkpy.data.pictures import read_picture
from darkpy.data.resize import central_crop
from darkpy.errors import PictureError
from darkpy.inference.classifier import Classifier

AT_ONCE = 16  # pictures in one pass of the network
_THREADS = 2


def answers(
    classifier: Classifier, listed: ClassList, *, leaves: bool = False
) -> Iterator[tuple[int, Tensor | PictureError]]:
    """Number and probabilities (K,) of each picture in order, or why it cannot be read.

    leaves: of a tree only classes without others below them count; others get 0.
    """
    kept = _leaves(classifier) if leaves and classifier.tree is not None else None
    waiting: deque[tuple[int, Future]] = deque()
    numbers = count()
    with ThreadPoolExecutor(_THREADS) as pool:

        def fill() -> None:
            for number in islice(numbers, 2 * AT_ONCE - len(waiting)):
                if number < len(listed):
                    waiting.append((number, pool.submit(_crop, classifier, listed.paths[number])))

        fill()
        while waiting:
            taken = [waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))]
            fill()
            made = [(number, crop.result()) for number, crop in taken]
            crops = [crop for _, crop in made if isinstance(crop, Tensor)]
            probs = iter(classifier.classify_crops(torch.stack(crops)) if crops else ())
            for number, crop in made:
                if isinstance(crop, Tensor):
                    own = next(probs)
                    yield number, own if kept is None else own * kept
                else:
                    yield number, crop


def _crop(classifier: Classifier, path: str) -> Tensor | PictureError:
    c, h, w = classifier.input
    try:
        return central_crop(read_picture(path, c), h, w)
    except PictureError as problem:
        return problem


def _leaves(classifier: Classifier) -> Tensor:
    """1 for the classes of a tree that are nobody's parent, (K,)."""
    ways = classifier.tree.ways.cpu()
    parents = ways[:, 1:].flatten()
    kept = torch.ones(classifier.classes + 1)
    kept[parents] = 0
    return kept[:-1]

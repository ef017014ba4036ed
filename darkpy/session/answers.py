"""A classifier's answers for all pictures of a list: read ahead, asked several at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

import torch
from torch import Tensor

from darkpy.data.classes import ClassList
from darkpy.data.loader import default_threads
from darkpy.data.pictures import read_picture
from darkpy.data.resize import central_crop
from darkpy.errors import PictureError
from darkpy.inference.classifier import Classifier
from darkpy.machine.workers import made_ahead

AT_ONCE = 16  # pictures in one pass of the network


def answers(
    classifier: Classifier, listed: ClassList, *, leaves: bool = False
) -> Iterator[tuple[int, Tensor | PictureError]]:
    """Number and probabilities (K,) of each picture in order, or why it cannot be read.

    leaves: of a tree only classes without others below them count; others get 0. A network that
    remembers begins with nothing, and sees the list as the frames of a film.
    """
    classifier.network.reset_state()
    kept = leaf_mask(classifier) if leaves and classifier.tree is not None else None
    threads = default_threads(classifier.device.type)
    crops = made_ahead(partial(_crop, classifier), listed.paths, threads, 2 * AT_ONCE)
    numbered = enumerate(crops)
    while taken := list(islice(numbered, AT_ONCE)):
        images = [crop for _, crop in taken if isinstance(crop, Tensor)]
        probs = iter(classifier.classify_crops(torch.stack(images)) if images else ())
        for number, crop in taken:
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


def leaf_mask(classifier: Classifier) -> Tensor:
    """1 for the classes of a tree that are nobody's parent, (K,)."""
    ways = classifier.tree.ways.cpu()
    parents = ways[:, 1:].flatten()
    kept = torch.ones(classifier.classes + 1)
    kept[parents] = 0
    return kept[:-1]

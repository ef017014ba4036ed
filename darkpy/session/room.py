"""Whether a training will find room: its files on the disk, its largest pictures on a GPU."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import numpy as np

from darkpy.data.batch import Batch
from darkpy.data.dataset import Dataset
from darkpy.data.sizes import RandomSizes
from darkpy.errors import OutputError
from darkpy.session.saving import Saver
from darkpy.training.resumption import largest_size
from darkpy.training.trainer import Trainer

_MEBI = 2**20
_PAIRS = 3  # _last, the one before it, and the one that is being written
_SINGLE = 3  # _final, _best and _ema


def check_room(saver: Saver, trainer: Trainer) -> Iterator[str]:
    """Yields a warning where the files of the whole training are larger than what is free.

    OutputError if there is no room for the first of them.
    """
    weights, state = trainer.network.plan.weights_bytes, largest_size(trainer)
    left = trainer.net.max_batches - trainer.iteration
    whole = _PAIRS * (weights + state) + (_SINGLE + left // saver.every) * weights
    free = shutil.disk_usage(saver.folder).free
    if free < weights + state:
        raise OutputError(
            f"{saver.folder}: {_mebibytes(free)} are free, but weights and state take "
            f"{_mebibytes(weights + state)}; free the place or name another folder: backup="
        )
    if free < whole:
        yield (
            f"warning: {saver.folder}: {_mebibytes(free)} are free, but the files of this training "
            f"may take {_mebibytes(whole)}; saveweights= writes fewer of them"
        )


def _mebibytes(size: int) -> str:
    return f"{size / _MEBI:.1f} MiB"


def rehearse(trainer: Trainer, dataset: Dataset) -> None:
    """Try the largest size on a GPU before a training goes on that may meet it days later.

    One that begins meets it first (`RandomSizes`), and a CPU's memory is not had or refused.
    """
    plan = trainer.network.plan
    sizes = RandomSizes.of(plan.net, plan.picture_keys.random, trainer.seed)
    if trainer.device.type != "cuda" or not (sizes.factor and trainer.iteration):
        return
    pictures = sum(map(len, trainer.peers.slots[:1])) or plan.net.mini_batch
    most = max(1, int(np.diff(dataset.offsets).max(initial=0)))
    trainer.rehearse(Batch.blank(pictures, plan.input.c, sizes.largest, most))

"""From the lists of a project to batches for its training, and what is to be said about them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from darkpy.augment.classifier import ClassifierRecipe
from darkpy.augment.recipe import Recipe
from darkpy.augment.views import Views
from darkpy.cfg.net import NetOptions
from darkpy.data.caching import open_cache
from darkpy.data.classes import ClassDataset
from darkpy.data.dataset import Dataset, read_dataset, write_bad_lists
from darkpy.data.forked import default_processes, open_loader
from darkpy.data.frames import Frames
from darkpy.data.loader import Loader, default_threads
from darkpy.data.sizes import RandomSizes
from darkpy.errors import DataError, OutputError, first_of, number_of
from darkpy.flags.detector import TrainFlags
from darkpy.flags.training import TrainingFlags
from darkpy.planning.heads import PictureKeys
from darkpy.session.diagnosis import no_labels
from darkpy.session.project import Project
from darkpy.session.task import Lists
from darkpy.session.team import Meeting
from darkpy.training.trainer import Trainer

REMARKS = 10  # data findings that are printed; the lists hold all


def read_lists(
    project: Project, flags: TrainFlags, *, notes: bool = True
) -> Generator[str, None, Lists]:
    """Read the lists and labels; yields what is to be said about them.

    notes: whether files are written that name what is bad.
    """
    data = project.data
    tracks = any(
        layer.kind == "contrastive" and layer.options.yolo_layer
        for layer in project.network.plan.layers
    )
    train = read_dataset(data.file("train"), data, project.classes, tracks=tracks)
    yield from remarks(train)
    try:
        written = write_bad_lists(train, ".") if notes else []
    except OutputError as problem:  # a working folder that is only read does not end a training
        yield str(problem)
    else:
        yield from (f"all of them: {', '.join(map(str, written))}" for _ in written[:1])
    if not len(train.classes):
        raise DataError(_nothing_to_learn(train))
    if not flags.map:
        return Lists(train, None)
    data.require("valid")
    valid = read_dataset(data.file("valid"), data, project.classes)
    yield from remarks(valid)
    if not len(valid.classes):
        yield no_labels(valid)
    return Lists(train, valid)


def _nothing_to_learn(train: Dataset) -> str:
    """What was found instead of objects."""
    counts = train.labels
    bad = f", {len(train.bad_rows)} rows of labels that cannot be used" if train.bad_rows else ""
    return (
        f"{train.source}: there is no object to learn from: {number_of(len(train), 'pictures')}, "
        f"{counts.missing} without a label file, {counts.empty} with an empty one{bad}"
    )


def make_loader(
    dataset: Dataset,
    net: NetOptions,
    keys: PictureKeys,
    flags: TrainFlags,
    *,
    seed: int,
    first: int,
    device: torch.device,
    folder: Path,
    slots: Sequence[range] = (),
    among: int = 1,
) -> Loader:
    """Batches from iteration `first` on. keys: of the network, which say how to augment.

    folder: for pictures that are decoded ahead, where -cache disk asks for it. slots: see Loader.
    among: processes of this machine that load pictures.
    """
    recipe = Recipe.from_options(net, jitter=keys.jitter, resize=keys.resize, objects=keys.objects)
    sizes = RandomSizes.of(net, keys.random, seed)
    return loader_for(
        dataset,
        recipe,
        net,
        flags,
        enough=recipe.enough(*sizes.largest) if flags.reduced_decode else None,
        device=device,
        folder=folder,
        among=among,
        size_hw=sizes.at,
        seed=seed,
        first=first,
        on_device=_augments_on_device(flags, device),
        compiled=flags.compile,
        slots=slots,
        frames=Frames.of(net, seed),
    )


def loader_for(
    dataset: Dataset | ClassDataset,
    recipe: Recipe | ClassifierRecipe,
    net: NetOptions,
    flags: TrainingFlags,
    *,
    enough: tuple[int, int] | None,
    device: torch.device,
    folder: Path,
    among: int,
    **how: Any,
) -> Loader:
    """A loader with its cache, its threads and processes, as the flags and the device want them.

    enough: see read_picture(). how: what else a Loader is told.
    """
    processes = _processes(flags, device, among)
    where = {"enough": enough, "folder": folder, "among": among, "shared": processes > 0}
    return open_loader(
        dataset,
        recipe,
        processes=processes,
        batch=net.pictures,
        mini_batch=net.mini_batch,
        views=Views.of(net),
        threads=default_threads(device.type, among) if flags.threads is None else flags.threads,
        cache=open_cache(flags.cache, dataset, net.channels, **where),
        pin=device.type == "cuda",
        **how,
    )


def _processes(flags: TrainingFlags, device: torch.device, among: int) -> int:
    """-processes: how many load pictures. Whoever asks for threads gets threads."""
    if flags.processes is None:
        return default_processes(device.type, among) if flags.threads is None else 0
    return flags.processes


def place_of(project: Project, trainer: Trainer, meeting: Meeting) -> dict[str, Any]:
    """Where in a training a process stands, as loaders take it: of the iterations after the last
    one done it makes what it computes."""
    data, rank = project.data, meeting.team.rank
    folder = data.resolve(data.backup) / "cache"
    return {
        "seed": trainer.seed,
        "first": trainer.iteration + 1,
        "device": trainer.device,
        # Two processes cannot keep pictures in the same file.
        "folder": folder / f"process_{rank.local}" if rank.local else folder,
        "slots": trainer.peers.slots,
        "among": rank.local_size,
    }


def _augments_on_device(flags: TrainFlags, device: torch.device) -> bool:
    """-augment: auto leaves the pixels to a GPU and makes them with OpenCV for a CPU."""
    if flags.augment == "auto":
        return device.type == "cuda"
    return flags.augment == "device"


def compiled_if_asked(loader: Loader, device: torch.device, asked: bool) -> Iterator[str]:
    """-compile: tried on the first pictures, so that a failure is said before all else."""
    if not asked:
        return
    if not loader.on_device:
        yield "-compile: pictures are augmented by OpenCV here, which nothing compiles"
        return
    began = time.monotonic()
    try:
        loader.again(loader.iteration)[0].images_on(device)
    except Exception as problem:  # compilers fail in more ways than torch has names for
        loader.compiled = False
        why = (str(problem).splitlines() or [""])[0]
        kind = type(problem).__name__
        yield f"-compile: left out, torch's compiler does not work here: {kind}: {why}"
    else:
        yield f"the augmentation was compiled in {time.monotonic() - began:.0f} s"


def remarks(dataset: Dataset) -> Iterator[str]:
    """How many pictures and labels there are, and the first things that are wrong."""
    counts = dataset.labels
    yield (
        f"{dataset.source}: {number_of(len(dataset), 'pictures')}, "
        f"{number_of(len(dataset.classes), 'boxes')}; "
        f"{counts.labelled} labelled, {counts.empty} empty, {counts.missing} without a label file"
    )
    yield from first_of(dataset.findings.items, REMARKS, "... and {} more remarks")


def left_out(loader: Loader) -> Iterator[str]:
    """Pictures that could not be read, and who ended that should have read them, each said once."""
    yield from (f"left out, another one takes its place: {why}" for why in loader.news())
    yield from loader.setbacks()


def all_left_out(dataset: Dataset, loader: Loader, elsewhere: dict[str, str]) -> Iterator[str]:
    """The pictures that were left out up to the end, in a file.

    elsewhere: path -> reason of those that the loaders of other processes left out.
    """
    loader.broken.update(elsewhere)
    yield from left_out(loader)
    if loader.broken:
        said = f"{len(loader.broken)} pictures were left out; "
        try:
            write_bad_lists(dataset, ".", loader.broken)
            yield f"{said}bad.list names them"
        except OutputError as problem:
            yield f"{said}{problem}"

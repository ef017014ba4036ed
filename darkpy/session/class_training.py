"""Training a classifier: classes by path, top-k accuracy, and the words for them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, ClassVar

from darkpy.augment.classifier import ClassifierRecipe
from darkpy.data.classes import ClassDataset, ClassList, read_class_dataset, read_class_list
from darkpy.data.dataset import write_bad_lists
from darkpy.data.frames import Frames
from darkpy.data.loader import Loader
from darkpy.data.pictures import read_picture
from darkpy.data.sizes import RandomSizes
from darkpy.errors import OutputError, first_of, number_of
from darkpy.flags.classifier import ClassifierTrainFlags
from darkpy.inference.classifier import Classifier, top
from darkpy.serve.board import PagePicture
from darkpy.session.class_evaluation import ClassEvaluation
from darkpy.session.class_preview import class_words, previewed_classes
from darkpy.session.classifier_log import ClassifierLog
from darkpy.session.classifying import ClassTraining, open_class_training
from darkpy.session.live import page_picture, shrunk
from darkpy.session.loading import REMARKS, loader_for, place_of
from darkpy.session.preview import enlarged
from darkpy.session.task import Lists, Previewed, Task
from darkpy.session.team import Meeting
from darkpy.training.trainer import Trainer
from darkpy.view.draw import contact_sheet

_USUAL_TOP = 5  # top= of a training, where the .data file does not say: train_classifier()
_SHOWN = 3  # likeliest classes of a picture on the page
_WORDS_PX = 200  # side of a small picture below which its words find room


class ClassifierTraining(Task):
    """What `classifier train` trains."""

    verb, score, column = "classifier", "top-1", "top1"
    logs: ClassVar = {"darknet": ClassifierLog}

    def open(self, data: str, cfg: str) -> ClassTraining:
        return open_class_training(data, cfg)

    def lists(
        self, project: ClassTraining, flags: ClassifierTrainFlags, *, notes: bool = True
    ) -> Generator[str, None, Lists]:
        data, labels = project.data, project.labels
        net = project.network.plan.net
        smoothing = net.label_smooth_eps
        if _has_tree(project):
            smoothing = 0.0  # which is said: see net_effects
        train = read_class_dataset(
            data.file("train"), data, labels, smoothing, unsupervised=net.unsupervised
        )
        yield from _remarks(train, project)
        try:
            if notes:
                write_bad_lists(train, ".")
        except OutputError as problem:
            yield str(problem)
        if not flags.topk:
            return Lists(train, None)
        data.require("valid")
        valid = read_class_list(data.file("valid"), data, labels)
        yield f"{valid.source}: {number_of(len(valid), 'pictures')}"
        yield from first_of(valid.findings.items, REMARKS, "... and {} more remarks")
        return Lists(train, valid)

    def loader(
        self,
        project: ClassTraining,
        flags: ClassifierTrainFlags,
        dataset: ClassDataset,
        trainer: Trainer,
        meeting: Meeting,
    ) -> Loader:
        net, place = project.network.plan.net, place_of(project, trainer, meeting)
        recipe = ClassifierRecipe.from_options(net)
        return loader_for(
            dataset,
            recipe,
            net,
            flags,
            enough=recipe.enough(net.height, net.width) if flags.reduced_decode else None,
            size_hw=RandomSizes.of(net, 0, trainer.seed).at,
            frames=Frames.of(net, trainer.seed),
            **place,
        )

    def evaluation(
        self, project: ClassTraining, flags: ClassifierTrainFlags, lists: Lists
    ) -> ClassEvaluation:
        return ClassEvaluation(
            lists.valid,
            project.network.plan.net,
            every=flags.topk_epochs,
            pictures=len(lists.train),
            k=_top_of(project),
        )

    def seer(self, project: ClassTraining, trainer: Trainer) -> Classifier:
        return Classifier(project.network, trainer.device)

    def previewed(self, loader: Loader, project: ClassTraining) -> Iterator[Previewed]:
        return previewed_classes(loader, project.names)

    def looker(
        self,
        project: ClassTraining,
        flags: ClassifierTrainFlags,
        trainer: Trainer,
        dataset: ClassDataset | ClassList,
    ) -> Callable[[int], PagePicture]:
        classifier, names = self.seer(project, trainer), project.names

        def look(number: int) -> PagePicture:
            path = dataset.path(number)
            pixels = read_picture(path, classifier.input.c)
            (probs,) = classifier.classify([pixels])
            (best,) = top(probs[None], _SHOWN)
            found = "\n".join(f"{names[k]} {probs[k]:.1%}" for k in best.tolist())
            small = enlarged(shrunk(pixels), _WORDS_PX)
            truth = _truth(dataset, number, names)
            return page_picture(
                path, *(contact_sheet([small], [text], 1) for text in (truth, found))
            )

        return look

    def scored(self, flags: ClassifierTrainFlags) -> str:
        return "top-1"

    def next_words(self, files: str, *, measures: bool) -> Iterator[str]:
        yield f"next: darkpy classifier predict {files} PICTURE"
        if measures:
            yield f"      darkpy classifier valid {files}"

    def facts(self, project: ClassTraining, flags: Any) -> dict[str, Any]:
        return {"top": _top_of(project)}


def _has_tree(project: ClassTraining) -> bool:
    return any(getattr(layer, "tree", None) is not None for layer in project.network.layers)


def _top_of(project: ClassTraining) -> int:
    data = project.data
    asked = data.top if "top" in data.lines else _USUAL_TOP
    return min(asked, project.classes)


def _remarks(train: ClassDataset, project: ClassTraining) -> Iterator[str]:
    """How many pictures there are of how many classes, and what is odd about them."""
    seen = {k for found in train.named for k in found}
    yield (
        f"{train.source}: {number_of(len(train), 'pictures')} of {len(seen)} of "
        f"{number_of(project.classes, 'classes')}"
    )
    absent = [name for k, name in enumerate(project.names) if k not in seen]
    if absent:
        yield f"{train.source}: no picture of {', '.join(first_of(absent, REMARKS))}"
    yield from first_of(train.findings.items, REMARKS, "... and {} more remarks")


def _truth(dataset: ClassDataset | ClassList, number: int, names: tuple[str, ...]) -> str:
    if isinstance(dataset, ClassDataset):
        return class_words(dataset.wanted[number], names)
    known = int(dataset.classes[number])
    return names[known] if known >= 0 else "of no class"

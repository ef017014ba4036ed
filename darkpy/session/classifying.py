"""What the verbs of a classifier begin with: data file, labels, network, weights, device."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.cfg.net_sizes import channels_fault
from darkpy.errors import CfgError, DataError, number_of
from darkpy.flags.shared import OnDevice
from darkpy.heads.base import Wanted
from darkpy.inference.classifier import Classifier
from darkpy.machine.device import pick_device
from darkpy.machine.process import prepare_process
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.session.project import Project


@dataclass(frozen=True)
class ClassProject:
    """A .data file and a classifier.

    labels: the words of labels= that the paths of pictures contain. names: what people call the
    classes, of names=. Each is the other where the file gives but one of them.
    """

    data: DataOptions
    labels: tuple[str, ...]
    names: tuple[str, ...]
    classifier: Classifier

    def top(self, asked: int) -> int:
        """How many of the likeliest classes count: -t, else top=."""
        return min(asked or self.data.top, self.classifier.classes)


@dataclass(frozen=True)
class ClassTraining(Project):
    """A .data file, its names and labels, and a network that is to become a classifier."""

    labels: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """Values of the last layer."""
        return self.network.plan.layers[-1].out.size


def open_classifier(data: str, cfg: str, weights: str, where: OnDevice) -> ClassProject:
    """A project with its weights loaded. InputError where its files do not fit each other."""
    prepare_process()
    options = read_data(data)
    network = _network(cfg)
    classifier = Classifier(network, pick_device(where.i, where.nogpu))
    labels, names = labels_and_names(options, cfg, classifier.classes)
    load_weights(network, weights)
    return ClassProject(options, labels, names, classifier)


def open_class_training(data: str, cfg: str) -> ClassTraining:
    """The files of a training. InputError where they do not fit each other."""
    options = read_data(data)
    network = _network(cfg)
    if network.detecting:
        raise CfgError(f"{cfg}: detects boxes: use `darkpy detector`")
    if not any(head.truth is Wanted for head in network.heads.values()):
        raise CfgError(f"{cfg}: nothing is trained: a classifier ends in [softmax] or [cost]")
    labels, names = labels_and_names(options, cfg, network.plan.layers[-1].out.size)
    return ClassTraining(options, names, network, labels=labels)


def _network(cfg: str) -> Network:
    network = Network.from_cfg(cfg)
    if fault := channels_fault(network.plan.net):
        raise CfgError(f"{cfg}: {fault}")
    return network


def labels_and_names(
    data: DataOptions, cfg: str, classes: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels and names of the classes. DataError if there are not as many."""
    if data.classes and data.classes != classes:
        raise DataError(
            f"{data.source}: classes={data.classes}, but the last layer of {cfg} has "
            f"{number_of(classes, 'values')}; they must be the same"
        )
    labels, names = (_words(data, key, classes) for key in ("labels", "names"))
    if not labels and not names:
        raise DataError.at(data.source, None, "labels= missing; this command needs it")
    return labels or names, names or labels


def _words(data: DataOptions, key: str, classes: int) -> tuple[str, ...]:
    """The lines of a file that the .data file names; nothing if it names none."""
    named = getattr(data, key)
    if not named:
        return ()
    path = data.resolve(named)
    words = read_names(path)
    if len(words) != classes:
        raise DataError.at(
            path,
            None,
            f"{number_of(len(words), 'names')}, but the network has {classes} classes: "
            "a line for each is needed, in their order",
        )
    return words

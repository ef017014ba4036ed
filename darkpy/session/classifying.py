"""What the verbs of a classifier begin with: data file, labels, network, weights, device."""

from __future__ import annotations

from dataclasses import dataclass

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.cfg.net_sizes import channels_fault
from darkpy.errors import CfgError, DataError, number_of
from darkpy.flags.shared import OnDevice
from darkpy.inference.classifier import Classifier
from darkpy.machine.device import pick_device
from darkpy.machine.process import prepare_process
from darkpy.model.network import Network
from darkpy.model.weights import load_weights


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


def open_classifier(data: str, cfg: str, weights: str, where: OnDevice) -> ClassProject:
    """A project with its weights loaded. InputError where its files do not fit each other."""
    prepare_process()
    options = read_data(data)
    network = Network.from_cfg(cfg)
    if fault := channels_fault(network.plan.net):
        raise CfgError(f"{cfg}: {fault}")
    classifier = Classifier(network, pick_device(where.i, where.nogpu))
    if options.classes and options.classes != classifier.classes:
        raise DataError(
            f"{data}: classes={options.classes}, but the last layer of {cfg} has "
            f"{number_of(classifier.classes, 'values')}; they must be the same"
        )
    labels, names = (_words(options, key, classifier) for key in ("labels", "names"))
    if not labels and not names:
        raise DataError.at(options.source, None, "labels= missing; this command needs it")
    load_weights(network, weights)
    return ClassProject(options, labels or names, names or labels, classifier)


def _words(data: DataOptions, key: str, classifier: Classifier) -> tuple[str, ...]:
    """The lines of a file that the .data file names; nothing if it names none."""
    named = getattr(data, key)
    if not named:
        return ()
    path = data.resolve(named)
    words = read_names(path)
    if len(words) != classifier.classes:
        raise DataError.at(
            path,
            None,
            f"{number_of(len(words), 'names')}, but the network has {classifier.classes} classes: "
            "a line for each is needed, in their order",
        )
    return words

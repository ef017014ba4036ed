"""What to type for a word that is no command: by what it means first, by its letters last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from darkpy.console.commands import COMMANDS
from darkpy.registry import did_you_mean

_TRAIN = "darkpy detector train <data> <cfg> [weights]"
_TEST = "darkpy detector test <data> <cfg> <weights> <picture>"
_DEMO = "darkpy detector demo <data> <cfg> <weights> [video]"
_MAP = "darkpy detector map <data> <cfg> <weights>"
_ANCHORS = "darkpy detector calc_anchors <data> <cfg>"
_INIT = "darkpy init <folder>"
_IMPORT = "darkpy import auto <source> <out>"
_NET = "darkpy net <cfg>"
_CHECK = "darkpy check <cfg> [data] [weights]"
_DOCTOR = "darkpy doctor <data> <cfg>"

# Words that people type, after a domain or alone, and what does it.
_MEANT = {
    _TRAIN: "train training fit finetune resume retrain",
    _TEST: "test detect predict inference infer run image picture",
    _DEMO: "demo video camera webcam stream live watch",
    _MAP: "map eval evaluate val validate measure benchmark",
    "darkpy detector draw <data>": "draw show labels boxes",
    "darkpy detector recall <data> <cfg> <weights>": "recall",
    "darkpy detector valid <data> <cfg> <weights>": "valid results",
    _ANCHORS: "anchors anchor kmeans calc_anchors autoanchor",
    _INIT: "new create start setup prepare project make split",
    _IMPORT: "convert coco voc cvat labelme labelstudio yolo2darknet dataset",
    _NET: "info summary table model layers flops ops",
    _CHECK: "lint verify cfg",
    _DOCTOR: "diagnose inspect statistics stats data",
    "darkpy export onnx <data> <cfg> <weights>": "onnx tensorrt openvino deepstream tflite deploy",
    "darkpy explain [section.key]": "key keys doc docs",
    "darkpy --help": "list commands usage",
}

_CLASSIFIER = "darkpy classifier train <data> <cfg> [weights]"
_PREDICT = "darkpy classifier predict <data> <cfg> <weights> <picture>"
_TOP = "darkpy classifier valid <data> <cfg> <weights>"
_FRAMES = "darkpy classifier demo <data> <cfg> <weights> [video]"

# The same after `classifier`; the C program's own verbs there are among them.
_MEANT_OF_CLASSIFIERS = {
    _CLASSIFIER: "training fit finetune resume retrain",
    _PREDICT: "test label try detect classify inference infer run image picture",
    _TOP: "valid10 validcrop validfull validmulti map eval evaluate val validate measure accuracy "
    "topk",
    _FRAMES: "gun threat video camera webcam stream live watch",
}

# Verbs of the C program without one here: why, and what serves in their place.
_NOT_HERE = {
    "classify": _PREDICT,
    "tag": _CLASSIFIER,
    "regressor": "darkpy trains detectors and classifiers; regressors still need the C program",
    "segmenter": "darkpy trains detectors and classifiers; segmenters still need the C program",
    "cifar": _CLASSIFIER,
    "imagenet": _CLASSIFIER,
    "coco": "take coco.data with any cfg: " + _TRAIN,
    "yolo": "YOLOv1 is a detector as any other: " + _TRAIN,
    "rnn": "the C program's text models are not trained here; cfgs with [rnn] layers train on "
    "pictures: " + _TRAIN,
    "vid": "the C program's video models are not trained here; to find objects: " + _TEST,
    "writing": "the C program's experiments are left out; to find objects: " + _TEST,
    "dice": "the C program's experiments are left out; to find objects: " + _TEST,
    "captcha": "the C program's experiments are left out; to find objects: " + _TEST,
    "art": "the C program's experiments are left out; to find objects: " + _TEST,
    "nightmare": "the C program's experiments are left out; to find objects: " + _TEST,
    "go": "the C program's game of go is left out; to train a detector: " + _TRAIN,
    "super": "the C program's super-resolution is left out; to train a detector: " + _TRAIN,
    "lsd": "the C program's experiments are left out; to train a detector: " + _TRAIN,
    "voxel": "the C program's experiments are left out; to train a detector: " + _TRAIN,
    "3d": "the C program's experiments are left out; to look at a picture: " + _TEST,
    "imtest": "it shows augmented pictures in the C program; here: "
    + _TRAIN
    + " -show_imgs -time_limit_sec 0",
    "average": "averaging of weights is not here; a cfg's ema_alpha= does it in a training: "
    + _TRAIN,
    "speed": "to see what a network costs: " + _NET,
    "visualize": "to see a network layer by layer: " + _NET,
    "oneoff": "to cut a weights file: darkpy partial <cfg> <weights> <out> <n>",
    "oneoff2": "to cut a weights file: darkpy partial <cfg> <weights> <out> <n>",
    "rescale": "weights are never changed in place; to begin with them: " + _TRAIN,
    "rgbgr": "weights are never changed in place; to begin with them: " + _TRAIN,
    "denormalize": "weights are never changed in place; to begin with them: " + _TRAIN,
    "normalize": "weights are never changed in place; to begin with them: " + _TRAIN,
    "reset": "to begin at iteration 0: " + _TRAIN + " -clear",
    "mkimg": "to see a network layer by layer: " + _NET,
}


def _by_word(meant: Mapping[str, str]) -> dict[str, str]:
    return {word: typed for typed, words in meant.items() for word in words.split()}


_BY_WORD = _by_word(_MEANT)
_BY_WORD_IN = {"classifier": _BY_WORD | _by_word(_MEANT_OF_CLASSIFIERS)}


def unknown_command(words: Sequence[str]) -> str:
    """The message for words that begin with no command, with the nearest thing to type."""
    domains = {name[0] for name in COMMANDS if len(name) > 1}
    first = words[0]
    asked = " ".join(words[:2]) if first in domains else first
    return f"darkpy: unknown command '{asked}'{_hint(words, domains)}\n`darkpy --help` lists all"


def _hint(words: Sequence[str], domains: set[str]) -> str:
    verb = words[1] if words[0] in domains and len(words) > 1 else words[0]
    word = verb.replace("-", "_").lower()
    if word in _NOT_HERE:
        return f": {_NOT_HERE[word]}"
    meant = _BY_WORD_IN.get(words[0], _BY_WORD)
    if word in meant:
        return f"; to do that, type: {meant[word]}"
    names = [" ".join(name) for name in COMMANDS]
    said = " ".join(words[:2])
    return did_you_mean(said, names) or did_you_mean(words[0], names)

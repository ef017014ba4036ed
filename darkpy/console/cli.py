"""The command line: one word or two, then whatever Darknet's users type. Loads torch only to run.

Exit status: 0 done, 1 a run failed, 2 wrong input, 130 interrupted after saving.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from darkpy.console.arguments import Parser
from darkpy.errors import DarkpyError, UsageError
from darkpy.registry import did_you_mean
from darkpy.version import __version__

INTERRUPTED = 130  # what shells report for a command ended by Ctrl-C


@dataclass(frozen=True)
class Command:
    """One verb: its module's `run(**options)` yields lines and records for the screen."""

    module: str
    summary: str
    arguments: Callable[[Parser], None]


def _data_cfg(parser: Parser, *, weights: bool) -> None:
    parser.add_argument("data", help=".data file")
    parser.add_argument("cfg", help=".cfg file")
    if weights:
        parser.add_argument("weights", help=".weights file")
    else:
        parser.add_argument("weights", nargs="?", default="", help=".weights file to start from")
    parser.option("i", int, 0, "number of the GPU")
    parser.flag("nogpu", "compute on the CPU")


def _check(parser: Parser) -> None:
    parser.add_argument("cfg", help=".cfg file")
    parser.add_argument("data", nargs="?", default="", help=".data file that it is used with")
    parser.add_argument("weights", nargs="?", default="", help=".weights file that it is used with")
    parser.flag("fix", "show what a corrected copy of the cfg would change")
    parser.option("out", str, "", "file to write the corrected copy to; never the cfg itself")


def _train(parser: Parser) -> None:
    _data_cfg(parser, weights=False)
    parser.flag("clear", "begin at iteration 0 whatever the weights file says")
    parser.flag("map", "measure mAP on valid= while training and keep the best weights")
    parser.option("mAP_epochs", int, 4, "epochs between two measurements")
    parser.option("iou_thresh", float, 0.5, "overlap that makes a hit")
    parser.option("thresh", float, 0.25, "probability of the precision and recall shown")
    parser.flag("dont_show", "open no window; the chart is always written to a file")
    parser.flag("show_imgs", "write augmented pictures with their boxes before training")
    parser.option("chart", str, "", "file of the chart in place of chart.png")
    parser.option("seed", int, None, "seed of all chance; printed and stored")
    amp = ("auto", "on", "off", "tf32")
    parser.choice("amp", amp, "mixed precision; auto: on a GPU that has bfloat16")
    parser.choice("deterministic", ("on", "off"), "on a GPU: the same seed gives the same bytes")
    parser.option("threads", int, None, "threads that load pictures")
    parser.choice("cache", ("auto", "ram", "disk", "off"), "where decoded pictures are kept")
    parser.flag("reduced_decode", "decode large JPEGs at a half, quarter or eighth if that will do")
    parser.choice("augment", ("auto", "cpu", "device"), "where pictures are augmented")
    parser.option("time_limit_sec", float, None, "stop after so many seconds; 0: after -show_imgs")


def _test(parser: Parser) -> None:
    _data_cfg(parser, weights=True)
    parser.add_argument("input", nargs="*", help="pictures, folders, list files; else typed in")
    parser.option("thresh", float, 0.25, "probability of what is shown")
    parser.flag("dont_show", "open no window; predictions.jpg is always written")
    parser.flag("ext_output", "print the boxes too")
    parser.option("out", str, "", "JSON file of all detections")
    parser.option("out_filename", str, "predictions.jpg", "picture with boxes; more: _2, _3 …")
    parser.flag("save_labels", "write a label file for each picture that has none")
    parser.flag("letter_box", "keep the aspect of the pictures")
    parser.flag("dontdraw_bbox", "write no picture")


def _map(parser: Parser) -> None:
    _data_cfg(parser, weights=True)
    parser.option("thresh", float, 0.25, "probability of the precision and recall shown")
    parser.option("iou_thresh", float, 0.5, "overlap that makes a hit")
    parser.option("points", int, 0, "0 area under the curve, 11 VOC 2007, 101 MS COCO")
    parser.flag("letter_box", "no effect, as in Darknet: the cfg's letter_box= counts")
    parser.option("json", str, "", "file for all numbers; `darkpy compare` reads two of them")
    parser.option("report", str, "", "folder for a page: curves, mistakes, worst pictures")


def _recall(parser: Parser) -> None:
    _data_cfg(parser, weights=True)
    parser.option("thresh", float, 0.001, "objectness of the boxes that are offered")
    parser.option("iou_thresh", float, 0.5, "overlap that makes a hit")
    parser.flag("letter_box", "keep the pictures' aspect; Darknet's recall stretches them")


def _valid(parser: Parser) -> None:
    _data_cfg(parser, weights=True)
    parser.option("out", str, "", "first part of the result files' names")


def _compare(parser: Parser) -> None:
    parser.add_argument("a", help="what `detector map -json` wrote")
    parser.add_argument("b", help="the same of another detector on the same pictures")
    parser.option("json", str, "", "file for the comparison's numbers")


def _calc_anchors(parser: Parser) -> None:
    parser.add_argument("data", help=".data file")
    parser.add_argument("cfg", nargs="?", default="", help=".cfg file: sizes, present anchors")
    parser.option("num_of_clusters", int, 0, "number of anchors; 0: the cfg's, else 5")
    parser.option("width", int, 0, "width of the network's input, px; 0: the cfg's")
    parser.option("height", int, 0, "height of the network's input, px; 0: the cfg's")
    parser.option("seed", int, 0, "seed of the k-means restarts")
    parser.flag("show", "open a window with the cloud; cloud.png is always written")
    parser.flag("dont_show", "open no window")


def _doctor(parser: Parser) -> None:
    _data_cfg(parser, weights=False)
    parser.flag("quick", "do not measure the speed of loader and network")
    parser.flag("all", "list every place of a remark, not only the first ones")
    parser.flag("strict", "exit status 1 for a GO with warnings")
    parser.option("json", str, "", "write the report as JSON to this file; - prints it instead")
    parser.option("threads", int, None, "threads that load pictures")


def _explain(parser: Parser) -> None:
    parser.add_argument("what", nargs="?", default="", help="section, section.key or key")


def _net(parser: Parser) -> None:
    parser.add_argument("cfg", help=".cfg file")
    parser.option("width", int, 0, "width of the input in place of the cfg's")
    parser.option("height", int, 0, "height of the input in place of the cfg's")
    parser.flag("json", "print everything as JSON")


def _init(parser: Parser) -> None:
    parser.add_argument("folder", help="folder with pictures and their labels")
    parser.option("cfg", str, "yolov4-tiny", "one of darkpy's cfgs, or a .cfg file")
    parser.option("classes", str, "", "file of the class names, or their number")
    parser.option("names", str, "", "the same as -classes")
    parser.option("size", str, "", "WxH of the input in place of the cfg's")
    parser.option("out", str, ".", "folder for the files; never one of the pictures'")
    parser.option("name", str, "", "first part of the files' names in place of the folder's")
    parser.option("valid", float, 0.2, "share of the pictures that mAP is measured on")
    parser.option("seed", int, 0, "seed of the choice of those")
    parser.option("memory", float, 8.0, "GB of the GPU, which decides subdivisions=")
    parser.flag("force", "write over files of an earlier run")


def _partial(parser: Parser) -> None:
    parser.add_argument("cfg", help=".cfg file")
    parser.add_argument("weights", help=".weights file to cut")
    parser.add_argument("out", help="file for the first layers")
    parser.add_argument("n", type=int, help="how many layers it shall hold")


def _import(parser: Parser) -> None:
    parser.add_argument(
        "format",
        help="voc, coco, imglab, yolo, cvat, labelstudio, labelme, vott, createml, csv or auto",
    )
    parser.add_argument("source", help="folder or file of the data set, which is only read")
    parser.add_argument("out", help="new folder for Darknet's files")
    parser.option("names", str, "", "names file: the classes to keep, in their order")
    parser.option("images", str, "", "folder of the pictures; nothing else outside is used")
    parser.option("first_pixel", int, 1, "voc: number of a picture's first pixel; 0 or 1")
    parser.flag("copy", "copy the pictures in place of linking to them")


COMMANDS = {
    ("check",): Command(
        "darkpy.verbs.check", "Explain every mistake and trap of a cfg; -fix corrects.", _check
    ),
    ("detector", "train"): Command(
        "darkpy.detector.train", "Train a detector on the pictures of a data file.", _train
    ),
    ("detector", "test"): Command(
        "darkpy.detector.test", "Find objects in pictures and draw them.", _test
    ),
    ("detector", "map"): Command(
        "darkpy.detector.map", "Measure a detector on the valid= list: mAP.", _map
    ),
    ("detector", "valid"): Command(
        "darkpy.detector.valid", "Write all detections on the valid= list to files.", _valid
    ),
    ("detector", "recall"): Command(
        "darkpy.detector.recall", "Count the objects that are found, whatever their class.", _recall
    ),
    ("detector", "calc_anchors"): Command(
        "darkpy.detector.calc_anchors",
        "Find anchors that fit the boxes of the train= list; judge the present ones.",
        _calc_anchors,
    ),
    ("compare",): Command(
        "darkpy.verbs.compare", "Say whether one detector's mAP is better than another's.", _compare
    ),
    ("doctor",): Command(
        "darkpy.verbs.doctor", "Look at all that a training needs; say GO or NO-GO.", _doctor
    ),
    ("init",): Command(
        "darkpy.verbs.init", "Make cfg, data, names and lists for a folder of pictures.", _init
    ),
    ("partial",): Command(
        "darkpy.verbs.partial", "Cut a weights file after its first layers.", _partial
    ),
    ("net",): Command(
        "darkpy.verbs.net", "Print Darknet's table of a network, and what it costs.", _net
    ),
    ("explain",): Command(
        "darkpy.verbs.explain", "Say what a section or key of a cfg does.", _explain
    ),
    ("import",): Command(
        "darkpy.verbs.importing",
        "Turn a VOC, COCO, YOLO, CVAT or other data set into Darknet's.",
        _import,
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except DarkpyError as problem:
        if os.environ.get("DARKPY_DEBUG") == "1":
            raise
        print(problem, file=sys.stderr)
        return problem.exit_status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output left; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _dispatch(words: list[str]) -> int:
    if not words or _is_help(words[0]):
        print(_overview())
        return 0
    if words[0].lstrip("-") == "version":
        print(f"darkpy {__version__}")
        return 0
    name = _command_of(words)
    command = COMMANDS[name]
    parser = Parser(" ".join(name), command.summary)
    command.arguments(parser)
    if name[0] == "detector":
        parser.accept_darknet_flags()
    options = parser.read(words[len(name) :])
    for remark in parser.remarks:
        print(remark, file=sys.stderr)
    run = importlib.import_module(command.module).run
    from darkpy.console.progress import show

    return show(run(**options))


def _is_help(word: str) -> bool:
    return word.lstrip("-") in ("help", "h", "?")


def _command_of(words: list[str]) -> tuple[str, ...]:
    """The key of COMMANDS that the words begin with. UsageError if there is none."""
    said = tuple(word.rstrip("\r") for word in words[:2])
    for name in (said[:1], said):
        if name in COMMANDS:
            return name
    domains = {name[0] for name in COMMANDS if len(name) > 1}
    asked = " ".join(said if said[0] in domains else said[:1])
    names = [" ".join(name) for name in COMMANDS]
    hint = did_you_mean(" ".join(said), names) or did_you_mean(said[0], names)
    raise UsageError(f"darkpy: unknown command '{asked}'{hint}\n`darkpy --help` lists all")


def _overview() -> str:
    lines = [
        f"darkpy {__version__}: Darknet's cfg files, trained, measured and run with PyTorch",
        "",
        "  darkpy COMMAND <data> <cfg> [weights] [flags]      flags may stand anywhere",
        "",
    ]
    lines += [f"  {' '.join(words):20s} {c.summary}" for words, c in COMMANDS.items()]
    return "\n".join([*lines, "", "  darkpy COMMAND --help  lists a command's flags"])

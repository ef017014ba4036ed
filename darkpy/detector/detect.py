"""`detect`: as `detector test`, without a .data file: all is found by a name, or beside the cfg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.cfg.stems import Relatives, files_of_names, relatives_of
from darkpy.detector.darkhelp import Origin
from darkpy.detector.looking import look
from darkpy.flags.detector import DetectFlags
from darkpy.machine.process import prepare_process
from darkpy.model.network import Network
from darkpy.session.inputs import given_or_typed
from darkpy.session.project import Project, detector_of

_WEIGHTS = ".weights"


def run(net: str, input: list[str], **flags: Any) -> Iterator[object]:
    """Yield Darknet's lines for each picture. flags: those of DetectFlags.

    net: a cfg, with its weights as first input, as in Darknet's README; or the stem of both.
    """
    asked = DetectFlags(**flags)
    files, input = _files(net, input)
    paths = given_or_typed(input)
    prepare_process()
    project = _project(files)
    detector = detector_of(project, files.weights, asked)
    wanted = files.cfg.with_suffix(".names")
    names = (
        project.data.names
        or f"no names file fits: classes are numbers; names may stand in {wanted}"
    )
    yield f"{files.cfg}, {files.weights}, {names}"
    yield from project.warnings
    letter_box = asked.letter_box or project.network.plan.net.letter_box
    origin = Origin(str(files.cfg), str(files.weights), project.data.names)
    yield from look(paths, detector, asked, letter_box=letter_box, origin=origin, typed=not input)


def _files(net: str, input: list[str]) -> tuple[Relatives, list[str]]:
    """The network's files, and the words that are left for pictures."""
    if input and input[0].endswith(_WEIGHTS):
        cfg = Path(net)
        return Relatives(cfg, Path(input[0]), files_of_names(cfg)), input[1:]
    return relatives_of(net), input


def _project(files: Relatives) -> Project:
    """The network with the names of the first file that has one for each of its classes."""
    network = Network.from_cfg(files.cfg)
    data = DataOptions(files.cfg)
    for path in files.names:
        source = path
        if path.suffix == ".data":
            options = read_data(path)
            source = options.file("names") if options.names else path
            if not options.names or not source.is_file():
                continue
        names = read_names(source)
        if len(names) == network.plan.classes:
            return Project(replace(data, names=str(source)), names, network)
    return Project(data, (), network)

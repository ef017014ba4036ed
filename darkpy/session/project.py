"""What every verb begins with: the data file, the network, the weights, the device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.cfg.net_sizes import channels_fault, takes_numbers
from darkpy.errors import CfgError, DataError, number_of
from darkpy.flags.detector import OnFirstGpu
from darkpy.flags.shared import InPrecision, OnDevice, Tiling
from darkpy.inference.detector import Detector
from darkpy.inference.tiling import TiledDetector
from darkpy.machine.device import pick_device
from darkpy.machine.process import prepare_process
from darkpy.model.fast import inference_trial
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, pick_precision
from darkpy.model.weights import load_weights


@dataclass(frozen=True)
class Project:
    """A .data file, its names and a network."""

    data: DataOptions
    names: tuple[str, ...]
    network: Network
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """Classes of the last head."""
        return self.network.plan.classes

    @property
    def warnings(self) -> list[str]:
        """What is odd about the .data file, the cfg and the names, a line each."""
        findings = self.network.plan.findings
        lines = [str(finding) for finding in self.data.findings.items]
        lines += [f"{finding} (only a training minds)" for finding in findings.errors]
        lines += [str(finding) for finding in findings.warnings]
        if self.names and len(self.names) != self.classes:
            named = number_of(len(self.names), "names")
            lines.append(
                f"{self.data.names}: warning: {named}, but the cfg has classes={self.classes}"
            )
        return [*lines, *self.notes]

    def refuse_wrong_names(self) -> None:
        """DataError if there are names, but not one for each class."""
        if self.names and len(self.names) != self.classes:
            raise DataError.at(
                self.data.file("names"),
                None,
                f"{number_of(len(self.names), 'names')}, but {self.network.plan.source} has "
                f"classes={self.classes}: a line for each class is needed, in their order",
            )


def open_project(data: str, cfg: str) -> Project:
    """Read the files of a project. Their errors are raised as InputError."""
    options = read_data(data)
    network = Network.from_cfg(cfg)
    if not network.detecting and not takes_numbers(network.plan.net):
        raise DataError(f"{cfg}: no detection layer such as [yolo]: use `darkpy classifier`")
    if fault := channels_fault(network.plan.net):
        raise CfgError(f"{cfg}: {fault}")
    project = Project(options, _names(options), network)
    if options.classes and options.classes != project.classes:
        raise DataError(
            f"{data}: classes={options.classes}, but {cfg} has classes={project.classes} "
            "in its last head; they must be the same"
        )
    return project


def _names(data: DataOptions) -> tuple[str, ...]:
    return read_names(data.file("names")) if data.names else ()


def open_detector(data: str, cfg: str, weights: str, where: OnDevice) -> tuple[Project, Detector]:
    """A project with its weights loaded, ready to be shown pictures, in tiles if asked for."""
    prepare_process()
    project = open_project(data, cfg)
    detector = detector_of(project, weights, where)
    if isinstance(where, InPrecision) and where.amp != "off":
        project = replace(project, notes=(f"computing in {detector.precision.words}",))
    return project, detector


def detector_of(project: Project, weights: str | Path, where: OnDevice) -> Detector:
    """The network of a project with its weights, ready to be shown pictures."""
    load_weights(project.network, weights)
    first = where.first_gpu if isinstance(where, OnFirstGpu) else None
    device = pick_device(where.i if first is None else first, where.nogpu)
    precision = FLOAT32
    if isinstance(where, InPrecision):
        network = project.network.to(device)
        precision, _ = pick_precision(where.amp, network, device, inference_trial)
    detector = Detector(project.network, project.names, device, precision)
    if isinstance(where, Tiling) and where.tile:
        detector = TiledDetector(detector, where.tile, where.tile_overlap)
    return detector


def stem(cfg: str) -> str:
    """`cfg/yolov4-tiny.cfg` -> `yolov4-tiny`, which names all files of a run."""
    return Path(cfg).stem

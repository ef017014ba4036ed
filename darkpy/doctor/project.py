"""The chapter on the files of a project: .data, .names, .cfg and .weights, before any picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.cfg.net_effects import refusals
from darkpy.cfg.net_sizes import channels_fault
from darkpy.cfg.reader import read_cfg
from darkpy.check.data import check_data
from darkpy.check.subject import Subject
from darkpy.check.table import examine
from darkpy.check.weights import check_weights
from darkpy.doctor.report import NOTE, STOP, WARNING, Chapter, Remark
from darkpy.errors import CfgError, DataError, Finding, Findings, InputError, number_of, place
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.planning.network import NetworkPlan
from darkpy.sections.base import Plan
from darkpy.session.classifying import labels_and_names

_SEVERITIES = {"error": STOP, "warning": WARNING, "note": NOTE}


@dataclass(frozen=True, eq=False)
class OpenedProject:
    """What could be read of a project. plan, network: None where the cfg cannot be built.

    head: the last one, whose values count for all. first: the iteration that training goes on from.
    """

    data: DataOptions | None
    names: tuple[str, ...]
    plan: NetworkPlan | None
    network: Network | None
    first: int
    chapter: Chapter

    @property
    def head(self) -> Plan | None:
        """The last layer that detects."""
        heads = self.plan.detecting if self.plan else []
        return heads[-1] if heads else None

    @property
    def classifies(self) -> bool:
        """Whether whole pictures are what it learns."""
        return self.plan is not None and learns_classes(self.plan)

    @property
    def classes(self) -> int:
        """Classes of the head, else of the .data file, else as many as there are names."""
        of_data = self.data.classes if self.data else 0
        if self.classifies:
            return self.plan.layers[-1].out.size
        return self.head.options.classes if self.head else of_data or len(self.names)


def learns_classes(plan: NetworkPlan) -> bool:
    """Whether a network is a classifier: it detects nothing, and a head wants values."""
    truths = {layer.options.head.truth for layer in plan.heads}
    return not plan.detecting and "values" in truths


def open_files(data: str, cfg: str, weights: str) -> OpenedProject:
    """Read everything that a training begins with; mistakes become remarks."""
    subject, findings = _checked(cfg)
    sound = subject is not None and subject.whole and not findings.errors
    plan = subject.plan if subject is not None and sound else None
    check_data(data, subject, findings)
    if weights:
        check_weights(weights, subject, findings)
    options, names = _read_data(data, findings)
    if plan is not None and options is not None and learns_classes(plan):
        names = _classes_of(options, plan, findings)
    if plan is not None:
        _check_training(plan, findings)
    network = _build(plan, findings) if plan is not None and not findings.errors else None
    first = _load(network, weights, findings) if network is not None and weights else 0
    chapter = Chapter(
        "files",
        tuple(_lines(plan, names, weights)),
        _facts(plan, names, weights),
        tuple(_remarks(_of_files(findings, options))),
    )
    return OpenedProject(options, names, plan, network, first, chapter)


def _checked(cfg: str) -> tuple[Subject | None, Findings]:
    try:
        subject = examine(read_cfg(cfg))
    except CfgError as problem:
        findings = Findings()
        _add(findings, cfg, problem)
        return None, findings
    return subject, subject.findings


def _read_data(path: str, findings: Findings) -> tuple[DataOptions | None, tuple[str, ...]]:
    """What `check_data` looked at, as values; it has said what is wrong with them."""
    try:
        data = read_data(path)
        names = read_names(data.resolve(data.names)) if data.names else ()
    except DataError as problem:
        _add_if_new(findings, path, problem)
        return None, ()
    try:
        data.require("train")
    except DataError as problem:
        _add(findings, path, problem)
    return data, names


def _classes_of(data: DataOptions, plan: NetworkPlan, findings: Findings) -> tuple[str, ...]:
    """The labels that a classifier looks for in paths."""
    try:
        return labels_and_names(data, plan.source, plan.layers[-1].out.size)[0]
    except DataError as problem:
        _add_if_new(findings, data.source, problem)
        return ()


def _check_training(plan: NetworkPlan, findings: Findings) -> None:
    """What `detector train` refuses."""
    net, source = plan.net, plan.source
    if not plan.detecting and not learns_classes(plan):
        findings.error(source, None, "no detection layer such as [yolo]")
    if not (net.width and net.height) and (fault := channels_fault(net)):
        findings.error(source, None, fault)
    for message in refusals(net):
        findings.error(source, None, message)


def _build(plan: NetworkPlan, findings: Findings) -> Network | None:
    try:
        return Network(plan)
    except CfgError as problem:
        _add_if_new(findings, plan.source, problem)
        return None


def _load(network: Network, path: str, findings: Findings) -> int:
    """Load the weights; gives the iteration that training goes on from."""
    net = network.plan.net
    try:
        loaded = load_weights(network, path)
    except InputError as problem:
        _add_if_new(findings, path, problem)
        return 0
    done = loaded.header.seen // net.pictures if loaded.whole else 0
    return done if done < net.max_batches else 0


def _add(findings: Findings, path: str, problem: InputError) -> None:
    """An error whose text may begin with its place already."""
    for line in str(problem).splitlines():
        findings.error(path, None, line.removeprefix(f"{path}: "))


def _add_if_new(findings: Findings, path: str, problem: InputError) -> None:
    """An error that a check may have reported in its own words."""
    if not findings.errors:
        _add(findings, path, problem)


def _lines(plan: NetworkPlan | None, names: tuple[str, ...], weights: str) -> Iterator[str]:
    if plan is not None:
        net = plan.net
        yield (
            f"{plan.source}: {number_of(len(plan.layers), 'layers')}, {plan.bflops:.3f} BFLOPs, "
            f"{net.width}x{net.height}x{net.channels}, batch {net.batch} in {net.subdivisions}, "
            f"{net.max_batches} iterations"
        )
    if names:
        shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        yield f"{number_of(len(names), 'classes')}: {shown}"
    if weights:
        yield f"weights: {weights}"


def _facts(plan: NetworkPlan | None, names: tuple[str, ...], weights: str) -> dict[str, object]:
    facts: dict[str, object] = {"names": list(names), "weights": weights}
    if plan is not None:
        net = plan.net
        facts |= {
            "cfg": plan.source,
            "layers": len(plan.layers),
            "bflops": plan.bflops,
            "input": [net.width, net.height, net.channels],
            "batch": net.batch,
            "subdivisions": net.subdivisions,
            "max_batches": net.max_batches,
        }
    return facts


def _of_files(findings: Findings, data: DataOptions | None) -> Iterator[Finding]:
    """All findings but how long the lists are: the next chapter opens each of their pictures."""
    lists = {str(data.resolve(text)) for text in (data.train, data.valid)} if data else ()
    for finding in findings.items:
        if finding.severity != "note" or finding.source not in lists:
            yield finding


def _remarks(findings: Iterable[Finding]) -> Iterator[Remark]:
    """One remark for each file and severity; a single finding speaks for itself."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.source), []).append(finding)
    for severity in _SEVERITIES:
        for (kind, source), group in groups.items():
            if kind != severity:
                continue
            places = [f"{place(found.source, found.line)}: {found.message}" for found in group]
            if len(group) == 1:
                yield Remark(_SEVERITIES[severity], places[0])
            else:
                text = f"{source}: {len(group)} {severity}s"
                yield Remark(_SEVERITIES[severity], text, tuple(places))

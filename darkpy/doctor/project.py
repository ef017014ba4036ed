"""The chapter on the files of a project: .data, .names, .cfg and .weights, before any picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from darkpy.augment.recipe import Recipe
from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.cfg.net import NetOptions
from darkpy.cfg.reader import read_cfg
from darkpy.doctor.report import NOTE, STOP, WARNING, Chapter, Remark
from darkpy.errors import CfgError, DataError, Finding, Findings, InputError, place
from darkpy.network import Network
from darkpy.sections.base import Plan
from darkpy.sections.network import NetworkPlan, plan_network
from darkpy.weights import load_weights

_SEVERITIES = {"error": STOP, "warning": WARNING, "note": NOTE}


@dataclass(frozen=True, eq=False)
class Project:
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
        """The last layer that says how many classes there are."""
        plans = self.plan.layers if self.plan else ()
        heads = [plan for plan in plans if hasattr(plan.options, "classes")]
        return heads[-1] if heads else None

    @property
    def classes(self) -> int:
        """Classes of the head, else of the .data file, else as many as there are names."""
        of_data = self.data.classes if self.data else 0
        return self.head.options.classes if self.head else of_data or len(self.names)


def open_files(data: str, cfg: str, weights: str) -> Project:
    """Read everything that a training begins with; mistakes become remarks."""
    findings = Findings()
    options, names = _read_data(data, findings)
    plan = _read_plan(cfg, findings)
    if plan is not None:
        _check_together(options, names, plan, findings)
    network = None
    if plan is not None and not findings.errors:
        network = _build(plan, findings)
    seen = 0
    if network is not None and weights:
        seen = _load(network, weights, findings)
    lines = tuple(_lines(plan, names, weights))
    chapter = Chapter("files", lines, _facts(plan, names, weights), tuple(_remarks(findings.items)))
    return Project(options, names, plan, network, seen, chapter)


def _read_data(path: str, findings: Findings) -> tuple[DataOptions | None, tuple[str, ...]]:
    try:
        data = read_data(path)
    except DataError as problem:
        _add(findings, path, problem)
        return None, ()
    findings.items += data.findings.items
    names: tuple[str, ...] = ()
    try:
        data.require("train")
        names = read_names(data.resolve(data.names)) if data.names else ()
    except DataError as problem:
        _add(findings, path, problem)
    return data, names


def _read_plan(path: str, findings: Findings) -> NetworkPlan | None:
    try:
        plan = plan_network(read_cfg(path))
    except CfgError as problem:
        _add(findings, path, problem)
        return None
    findings.items += plan.findings.items
    if plan.findings.errors:
        return None
    _check_training(plan.source, plan.net, findings)
    return plan


def _check_training(source: str, net: NetOptions, findings: Findings) -> None:
    """What `detector train` refuses."""
    if net.max_batches < 1:
        findings.error(source, None, "[net] max_batches=0: say how many iterations to train")
    if net.batch == 1:
        findings.error(source, None, "[net] batch=1 is for testing; batch=64 is usual in training")
    try:
        Recipe.from_options(net, jitter=0, resize=1, objects=1)
    except CfgError as problem:
        _add(findings, source, problem)


def _check_together(
    data: DataOptions | None, names: tuple[str, ...], plan: NetworkPlan, findings: Findings
) -> None:
    """Classes of the cfg, of the .data file and the names."""
    heads = [layer for layer in plan.layers if hasattr(layer.options, "classes")]
    if not heads:
        findings.error(plan.source, None, "no detection layer such as [yolo]")
        return
    section, classes = heads[-1].section, heads[-1].options.classes
    line = section.line_of("classes")
    if data is not None and data.classes and data.classes != classes:
        message = f"classes={classes}, but {data.source} has classes={data.classes}"
        findings.error(plan.source, line, f"{message}; they must be the same")
    if data is not None and names and len(names) != classes:
        message = f"{len(names)} names, but {place(plan.source, line)} has classes={classes}"
        findings.warning(data.names, None, message)


def _build(plan: NetworkPlan, findings: Findings) -> Network | None:
    try:
        return Network(plan)
    except CfgError as problem:
        _add(findings, plan.source, problem)
        return None


def _load(network: Network, path: str, findings: Findings) -> int:
    """Load the weights; gives the iteration that training would go on from."""
    net = network.plan.net
    try:
        loaded = load_weights(network, path)
    except InputError as problem:
        _add(findings, path, problem)
        return 0
    if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
        findings.error(path, None, "holds NaN or infinity; take an earlier file of that training")
    if not loaded.whole:
        reach = f"{loaded.layers} of {loaded.total} layers"
        findings.note(path, None, f"pretrained weights of {reach}; training begins at 0")
        return 0
    done = loaded.header.seen // net.batch
    if done >= net.max_batches:
        message = f"trained for {done} iterations, max_batches={net.max_batches}"
        findings.note(path, None, f"{message}: taken as pretrained, training begins at 0")
        return 0
    if done:
        findings.note(path, None, f"training goes on at iteration {done} (-clear begins at 0)")
    return done


def _add(findings: Findings, path: str, problem: InputError) -> None:
    """An error whose text may begin with its place already."""
    for line in str(problem).splitlines():
        findings.error(path, None, line.removeprefix(f"{path}: "))


def _lines(plan: NetworkPlan | None, names: tuple[str, ...], weights: str) -> Iterator[str]:
    if plan is not None:
        net = plan.net
        yield (
            f"{plan.source}: {len(plan.layers)} layers, {plan.bflops:.3f} BFLOPs, "
            f"{net.width}x{net.height}x{net.channels}, batch {net.batch} in {net.subdivisions}, "
            f"{net.max_batches} iterations"
        )
    if names:
        shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        yield f"{len(names)} classes: {shown}"
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

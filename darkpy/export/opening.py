"""What an export begins with: the data file, a network of the asked size, its weights."""

from __future__ import annotations

from darkpy.cfg.data import DataOptions, read_data, read_names
from darkpy.cfg.net_sizes import channels_fault
from darkpy.cfg.reader import read_cfg
from darkpy.cfg.shipped import cfg_named
from darkpy.cfg.sized import Wh, at_size
from darkpy.data.dataset import read_dataset
from darkpy.errors import CfgError, DataError
from darkpy.export.verify import Some
from darkpy.machine.process import prepare_process
from darkpy.model.network import Network
from darkpy.model.weights import load_weights
from darkpy.planning.network import plan_network
from darkpy.session.project import Project


def open_for_export(data: str, cfg: str, weights: str, wh: Wh) -> Project:
    """A network with its weights, of a detector or a classifier, ready for inference.

    wh: its input's size in place of the cfg's. InputError for what does not fit together.
    """
    prepare_process()
    options = read_data(data)
    plan = plan_network(at_size(read_cfg(cfg_named(cfg)), wh))
    plan.findings.raise_errors(CfgError, training=False)
    network = Network(plan).eval()
    if network.detecting and options.classes not in (0, plan.classes):
        raise DataError(
            f"{data}: classes={options.classes}, but {cfg} has classes={plan.classes} "
            "in its last head; they must be the same"
        )
    load_weights(network, weights)
    named = options.names or options.labels
    names = read_names(options.resolve(named)) if named else ()
    project = Project(options, names, network)
    if network.detecting:
        project.refuse_wrong_names()
    return project


def class_names(project: Project) -> tuple[str, ...]:
    """A name for each class; its number where there are no names."""
    network = project.network
    count = network.plan.classes if network.detecting else network.layers[-1].plan.out.size
    numbered = tuple(str(number) for number in range(count))
    return (*project.names[:count], *numbered[len(project.names) :])


def pictures_of(project: Project, which: str, count: int) -> Some | None:
    """Some pictures of the list `train` or `valid` of the data file; None if it names none."""
    data: DataOptions = project.data
    named = getattr(data, which)
    network = project.network
    if not named or not network.detecting or channels_fault(network.plan.net):
        return None
    return Some(read_dataset(data.resolve(named), data, project.classes), count)

"""Networks, trainings and batches that the parts share."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from darkpy.cfg.reader import parse_cfg
from darkpy.data.batch import Batch
from darkpy.data.dataset import read_dataset
from darkpy.data.loader import Loader
from darkpy.flags.detector import TrainFlags
from darkpy.model.network import Network
from darkpy.model.precision import FLOAT32, Precision
from darkpy.planning.network import plan_network
from darkpy.session.loading import make_loader
from darkpy.session.project import open_project
from darkpy.training.trainer import Trainer
from scripts.device.asked import ROOT, Asked

SMALL_RATE = 1e-6  # so that the steps stay alike
TABLETOP = ROOT / "data/tabletop/tabletop.data"


def network(name: str, seed: int = 1, **keys: int) -> Network:
    """The network of cfg/`name`.cfg with other keys of [net], random weights of a seed."""
    lines = (ROOT / f"cfg/{name}.cfg").read_text()
    for key, value in keys.items():
        lines, found = re.subn(rf"(?m)^{key}\s*=.*$", f"{key}={value}", lines, count=1)
        assert found, f"{name}.cfg has no {key}="
    torch.manual_seed(seed)
    return Network(plan_network(parse_cfg(lines.splitlines(), f"{name}.cfg")))


def trainer(
    asked: Asked, net: Network, precision: Precision = FLOAT32, **options: object
) -> Trainer:
    """A training that hardly moves."""
    return Trainer(net, lambda _: SMALL_RATE, device=asked.device, precision=precision, **options)


def batch(net: Network, count: int, truths: int = 20, seed: int = 0) -> Batch:
    """Noise and boxes anywhere, on the CPU."""
    numbers = torch.Generator().manual_seed(seed)
    c, h, w = net.plan.input
    images = torch.randint(0, 256, (count, h, w, c), dtype=torch.uint8, generator=numbers)
    classes = next(iter(net.detecting.values())).options.classes
    rows = torch.rand(count, truths, 5, generator=numbers)
    span = torch.tensor([0.8, 0.8, 0.4, 0.4, classes])
    rows = rows * span + torch.tensor([0.1, 0.1, 0.02, 0.02, 0])
    return Batch(
        images=images.permute(0, 3, 1, 2),
        truths=rows,
        counts=torch.full((count,), truths),
        ignored=torch.zeros(count, 0, 5),
        indices=torch.zeros(count, dtype=torch.int64),
    )


def on_device(asked: Asked, made: Batch) -> Batch:
    """The batch with all its tensors on the device."""
    names = ("images", "truths", "counts", "ignored")
    moved = {name: getattr(made, name).to(asked.device) for name in names}
    return Batch(**moved, indices=made.indices)


def loader(
    asked: Asked,
    net: Network,
    data: Path = TABLETOP,
    *,
    cache: str = "ram",
    first: int = 1,
    processes: int | None = None,
    compiled: bool = False,
) -> Loader:
    """Batches of a data set, augmented where the device would have it."""
    nogpu = asked.device.type == "cpu"
    flags = TrainFlags(seed=1, cache=cache, nogpu=nogpu, processes=processes, compile=compiled)
    project = open_project(str(data), str(ROOT / "cfg/tabletop-tiny.cfg"))
    options = project.data
    dataset = read_dataset(options.resolve(options.train), options, project.classes)
    return make_loader(
        dataset,
        net.plan.net,
        net.plan.picture_keys,
        flags,
        seed=1,
        first=first,
        device=asked.device,
        folder=Path("cache"),
    )

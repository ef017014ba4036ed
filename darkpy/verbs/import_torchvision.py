"""`darkpy import weights torchvision`: a state dict of torchvision as a .weights file for a cfg."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from darkpy.cfg.shipped import cfg_named
from darkpy.events import Ended
from darkpy.flags.verbs import ImportTorchvisionFlags
from darkpy.importers.state_dict import read_state_dict
from darkpy.importers.torchvision import torchvision_taken_over
from darkpy.planning.network import read_network
from darkpy.verbs.import_weights import INCOMPLETE, lost_lines, matched_line


def run(source: str, cfg: str, out: str, **flags: Any) -> Iterator[object]:
    """Write the file; yields what was matched and what was not.

    Layers that nothing fits begin at random, and the verb ends with status 1.
    """
    asked = ImportTorchvisionFlags(**flags)
    path = cfg_named(cfg)
    found = torchvision_taken_over(read_state_dict(source), asked.eps, path, out)
    yield matched_line(found, source, cfg, out)
    yield f"eps of its batch norms: {asked.eps:g} (-eps gives another), taken into the variances"
    net = read_network(path).net
    if not (net.mean and net.std):
        yield (
            f"{cfg}: [net] has no mean= and std=: torchvision takes ImageNet's mean off pictures "
            "and divides by its deviation: mean=.485,.456,.406 std=.229,.224,.225"
        )
    yield from lost_lines(found)
    if found.empty:
        yield Ended(INCOMPLETE)

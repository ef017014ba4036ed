"""Small cfgs of heads that share their matching, and their plans."""

from __future__ import annotations

from darkpy.cfg.reader import parse_cfg
from darkpy.planning.network import NetworkPlan, plan_network

NET = "[net]\nbatch=4\nwidth=64\nheight=64\nchannels=3\nmax_batches=10\n"
_MAP = "[convolutional]\nfilters=8\nsize={0}\nstride={0}\nactivation=relu\n"
_OUT = "[convolutional]\nfilters={}\nsize=1\nactivation=linear\n"
# Maps of 8x8 and 4x4 cells with four anchors a cell of two classes: 4 * (2 + 5) = 28.
SSD = (
    NET
    + _MAP.format(8)
    + _OUT.format(28)
    + "[ssd]\nclasses=2\nsizes=10,20\nratios=1,2,.5\nstep=8\n"
    + "[route]\nlayers=0\n"
    + _MAP.format(2)
    + _OUT.format(28)
    + "[ssd]\nsizes=20,40\nratios=1,2,.5\nstep=16\n"
)
# Nine anchors a cell of two classes: 18 channels with scores, 36 with boxes.
_LEVEL = _OUT.format(18) + "[route]\nlayers={0}\n" + _OUT.format(36) + "[route]\nlayers=-3,-1\n"
RETINA = (
    NET
    + _MAP.format(8)
    + _LEVEL.format(0)
    + "[retina]\nclasses=2\nlayout=split\nsize=8\nratios=.5,1,2\n"
    + "[route]\nlayers=0\n"
    + _MAP.format(2)
    + _LEVEL.format(7)
    + "[retina]\nsize=16\n"
)


def planned(text: str, *changes: tuple[str, str]) -> NetworkPlan:
    """The plan of a text with replacements, which has no errors."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    plan = plan_network(parse_cfg(text.split("\n"), "my.cfg"))
    assert not plan.findings.errors, "\n".join(map(str, plan.findings.errors))
    return plan

"""A cfg at another size of its input."""

from __future__ import annotations

import dataclasses

from darkpy.cfg.reader import CfgText, Entry

# width and height of the input; 0 is the cfg's own
Wh = tuple[int, int]


def at_size(text: CfgText, wh: Wh) -> CfgText:
    """A cfg whose [net] has another width= and height=; each value stays at its line."""
    sides = {name: str(side) for name, side in zip(("width", "height"), wh, strict=True) if side}
    if not text.sections or not sides:
        return text
    net, *rest = text.sections
    entries = {name: Entry(name, side, net.line_of(name)) for name, side in sides.items()}
    changed = dataclasses.replace(net, entries={**net.entries, **entries})
    return dataclasses.replace(text, sections=(changed, *rest))

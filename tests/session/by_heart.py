"""A few pictures of data/tabletop learnt by heart, and what a training's csv says."""

from __future__ import annotations

import csv
import re

from tests.conftest import ROOT

PICTURES = (3, 10, 25, 40, 77, 100, 200, 300)  # all five classes are on them


def rows(project):
    """The csv of a training, a dict an iteration."""
    with open(project.folder / "backup/tiny_train.csv") as file:
        return list(csv.DictReader(file))


def learnt(project, cfg, changes):
    """The last mAP of cfg/<cfg>, each pattern of `changes` replaced, trained on the pictures."""
    text = (ROOT / "cfg" / cfg).read_text()
    for old, new in changes:
        text, count = re.subn(old, new, text)
        assert count, old
    project.cfg.write_text(text)
    names = [f"{ROOT}/data/tabletop/images/tabletop_{number:04d}.jpg" for number in PICTURES]
    (project.folder / "train.txt").write_text("\n".join(names))
    (project.folder / "obj.names").write_text((ROOT / "data/tabletop/tabletop.names").read_text())
    project.data.write_text(project.data.read_text().replace("classes=2", "classes=5"))

    status, _, err = project.train("-map")

    assert status == 0, err
    return [float(row["map50"]) for row in rows(project) if row["map50"]][-1]

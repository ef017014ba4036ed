"""Errors are planted as the proof of the audit says, and in a copy."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch

from darkpy.boxes import iou
from scripts.measuring.planting import KINDS, found_in, plant


def pictures(folder, count: int) -> list[str]:
    """Files that stand for pictures, each with two labels."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.png").write_bytes(b"")
        (folder / f"{number}.txt").write_text("0 .3 .3 .2 .2\n1 .7 .7 .2 .2\n")
    return [str(folder / f"{number}.png") for number in range(count)]


def test_each_kind_is_planted_as_often_and_in_a_copy(tmp_path):
    own = pictures(tmp_path / "own", 10)
    planted = plant(own, tmp_path / "copy", classes=2, each=2, seed=0)

    assert [error.kind for error in planted] == [*KINDS, *KINDS]
    assert len({error.picture for error in planted}) == 8
    for path in own:
        assert Path(path).with_suffix(".txt").read_text() == "0 .3 .3 .2 .2\n1 .7 .7 .2 .2\n"
    for error in planted:
        lines = (tmp_path / "copy" / error.picture).with_suffix(".txt").read_text().splitlines()
        assert len(lines) == {"missing": 1, "duplicate": 3}.get(error.kind, 2)
        overlap = float(iou(*(torch.from_numpy(row[1:]) for row in (error.was, error.now))))
        if error.kind == "place":
            assert 0.3 <= overlap <= 0.6
        elif error.kind == "duplicate":
            assert overlap > 0.75
        elif error.kind == "class":
            assert error.was[0] != error.now[0]


def test_a_row_counts_where_it_overlaps_the_planted_place(tmp_path):
    planted = plant(pictures(tmp_path / "own", 4), tmp_path / "copy", classes=2, each=1, seed=0)
    names = ("cx", "cy", "w", "h")
    rows = []
    for error in planted:
        row = {"picture": f"/elsewhere/{error.picture}", "kind": error.kind}
        row |= dict.fromkeys(names, "") | {f"found_{name}": "" for name in names}
        side = "found_" if error.kind == "missing" else ""
        row |= {f"{side}{n}": str(v) for n, v in zip(names, error.now[1:], strict=True)}
        rows.append(row)
    rows.append({**rows[1], **dict.fromkeys(names, "0.01")})
    with open(tmp_path / "audit.csv", "w") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)

    told = found_in(tmp_path / "audit.csv", planted, first=10)

    assert told == [*zip(KINDS, range(4), strict=True), (rows[1]["kind"], -1)]
    assert np.isfinite(planted[2].now).all()

"""Ignore boxes that an audit suggests: only -apply takes them over, and keeps what was there."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from darkpy.detector.audit_ignore import apply_suggestions, write_suggestions
from darkpy.errors import DataError
from darkpy.metrics.suspects import Boxed, Suspect

FIRST, SECOND = "0 0.25 0.5 0.125 0.25", "1 0.75 0.5 0.25 0.5"


def boxed(row: str, prob: float = float("nan")) -> Boxed:
    number, *box = row.split()
    return Boxed(int(number), np.array(box, dtype=np.float32), prob)


def suspect(kind: str, score: float, picture: str, label: str = "", found: str = "") -> Suspect:
    one = boxed(label) if label else None
    return Suspect(1, kind, score, picture, one, boxed(found, 0.4) if found else None, None)


@pytest.fixture
def picture(tmp_path) -> str:
    """A picture's path with two labels, the first with the ends of lines that Windows makes."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.txt").write_bytes(f"{FIRST}\r\n{SECOND}".encode())
    return str(tmp_path / "images/a.png")


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_is_sure_is_not_suggested(tmp_path, picture):
    sure = [
        suspect("missing", 0.6, picture, found=FIRST),
        suspect("class", 0.9, picture, label=FIRST, found=SECOND),
        suspect("place", 0.2, picture, label=FIRST, found=FIRST),
        suspect("duplicate", 0.2, picture, label=FIRST),
        suspect("unreasonable", 0.3, picture, label="0 .1 .1 .1 .1"),  # no such row any more
    ]

    assert write_suggestions(tmp_path / "ignore.csv", sure) == 0
    assert not (tmp_path / "ignore.csv").exists()


def test_each_kind_of_doubt_has_its_ignore_box(tmp_path, picture):
    places = [
        suspect("unreasonable", 0.9, picture, label=SECOND),
        suspect("missing", 0.4, picture, found="1 0.5 0.5 0.5 0.5"),
        suspect("class", 0.4, picture, label=FIRST, found="1 0.25 0.5 0.125 0.25"),
    ]
    assert write_suggestions(tmp_path / "ignore.csv", places) == 3

    told = [(it["kind"], it["label_row"], it["ignore_row"]) for it in rows(tmp_path / "ignore.csv")]
    assert told == [
        ("unreasonable", SECOND, "1 0.750000 0.500000 0.250000 0.500000"),
        ("missing", "", "1 0.500000 0.500000 0.500000 0.500000"),
        ("class", FIRST, "-1 0.250000 0.500000 0.125000 0.250000"),  # of whichever class
    ]


def test_apply_moves_rows_keeps_the_old_files_and_is_done_once(tmp_path, picture):
    label, ignored = tmp_path / "images/a.txt", tmp_path / "images/a.ign"
    before = label.read_bytes()
    ignored.write_text("-1 .1 .1 .1 .1")
    write_suggestions(
        tmp_path / "ignore.csv",
        [
            suspect("unreasonable", 0.9, picture, label=SECOND),
            suspect("missing", 0.4, picture, found="1 0.5 0.5 0.5 0.5"),
        ],
    )
    assert label.read_bytes() == before  # nothing happens by itself

    lines = list(apply_suggestions(tmp_path))
    assert lines[0] == "2 ignore boxes in 2 files"
    assert label.read_bytes() == f"{FIRST}\r\n".encode()
    assert ignored.read_text().split("\n") == [
        "-1 .1 .1 .1 .1",
        "1 0.750000 0.500000 0.250000 0.500000",
        "1 0.500000 0.500000 0.500000 0.500000",
        "",
    ]
    kept = rows(tmp_path / "replaced/files.csv")
    assert [Path(it["belongs_to"]) for it in kept] == [label, ignored]
    assert (tmp_path / "replaced" / kept[0]["copy"]).read_bytes() == before
    with pytest.raises(DataError, match="-apply takes over what an audit before it has suggested"):
        list(apply_suggestions(tmp_path))


def test_a_row_that_was_set_to_0_is_left_and_a_file_that_was_not_there_is_said(tmp_path, picture):
    label = tmp_path / "images/a.txt"
    before = label.read_bytes()
    listed = tmp_path / "ignore.csv"
    write_suggestions(
        listed,
        [
            suspect("unreasonable", 0.9, picture, label=SECOND),
            suspect("missing", 0.4, picture, found="1 0.5 0.5 0.5 0.5"),
        ],
    )
    listed.write_text(listed.read_text().replace("1,1,0.9", "0,1,0.9"))

    list(apply_suggestions(tmp_path))
    assert label.read_bytes() == before
    assert (tmp_path / "images/a.ign").read_text() == "1 0.500000 0.500000 0.500000 0.500000\n"
    assert [it["copy"] for it in rows(tmp_path / "replaced/files.csv")] == [""]


def test_labels_that_were_changed_since_stop_it_before_anything_is_written(tmp_path, picture):
    other = tmp_path / "images/b.txt"
    other.write_text(f"{FIRST}\n")
    places = [
        suspect("unreasonable", 0.9, str(other.with_suffix(".png")), label=FIRST),
        suspect("unreasonable", 0.9, picture, label=SECOND),
    ]
    write_suggestions(tmp_path / "ignore.csv", places)
    (tmp_path / "images/a.txt").write_text(f"{FIRST}\n")

    with pytest.raises(
        DataError, match=f"has no row '{SECOND}' any more: audit anew, or set apply"
    ):
        list(apply_suggestions(tmp_path))
    assert other.read_text() == f"{FIRST}\n"
    assert not (tmp_path / "images/b.ign").exists()


@pytest.mark.parametrize("text", ["nonsense\n1\n", "apply\n1\n"])
def test_a_file_of_another_kind_is_refused(tmp_path, text):
    (tmp_path / "ignore.csv").write_text(text)

    with pytest.raises(DataError, match=r"ignore\.csv:2: is no row of an audit; apply is 1 or 0"):
        list(apply_suggestions(tmp_path))


def test_a_label_behind_a_link_is_changed_where_it_lies(tmp_path, picture):
    label = tmp_path / "images/a.txt"
    real = tmp_path / "real.txt"
    label.rename(real)
    label.symlink_to(real)
    write_suggestions(
        tmp_path / "ignore.csv", [suspect("unreasonable", 0.9, picture, label=SECOND)]
    )
    list(apply_suggestions(tmp_path))

    assert label.is_symlink()
    assert real.read_bytes() == f"{FIRST}\r\n".encode()


def test_the_command_suggests_and_applies(project, monkeypatch):
    monkeypatch.setattr("darkpy.metrics.suspicion.LEAST", 0.001)  # nothing is found at all
    project.train()
    label = project.folder / "images/3.txt"
    label.write_text(label.read_text() + "0 .9 .9 .05 .05\n")
    before = {path: path.read_bytes() for path in (project.folder / "images").iterdir()}
    words = ("detector", "audit", project.data, project.cfg)
    status, out, _ = project.run(*words, "-nogpu", "-weights", project.final)

    assert status == 0
    assert {path: path.read_bytes() for path in (project.folder / "images").iterdir()} == before
    suggested = rows(project.folder / "audit/ignore.csv")
    assert suggested
    assert "ignore.csv: " in out
    status, out, err = project.run(*words, "-apply")
    assert status == 0, err
    assert f"{len(suggested)} ignore box" in out
    written = sum(len(p.read_text().splitlines()) for p in project.folder.glob("images/*.ign"))
    assert written == len(suggested)
    status, _, _ = project.run("detector", "map", project.data, project.cfg, project.final)
    assert status == 0

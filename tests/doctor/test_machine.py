"""Memory at the largest input, and room for the weights files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from darkpy.cfg.data import DataOptions
from darkpy.doctor import machine
from darkpy.doctor.machine import machine_chapter
from darkpy.doctor.report import STOP, WARNING
from darkpy.planning.footprint import Need, fitting_subdivisions, memory
from tests.doctor.patients import NET, planned, said

CPU = torch.device("cpu")


def chapter(tmp_path, net=NET, random=0.0, backup="backup"):
    data = DataOptions(tmp_path / "obj.data", backup=str(tmp_path / backup))
    return machine_chapter(planned(net), random, data, CPU, "my")


def test_memory_grows_with_the_mini_batch_and_the_largest_area():
    plan = planned()
    need, larger = Need.of(plan, 0), Need.of(plan, 1)

    # Weights, gradients, momentum and the guard's two copies: five times the file.
    assert need.fixed == larger.fixed == 5 * plan.weights_bytes
    assert need.per_picture == round(1.05 * memory(plan).training)
    # round(1.4 * 64 / 32 + 1) * 32 = 128, round(1.4 * 32 / 32 + 1) * 32 = 64: four times.
    assert larger.size_hw == (64, 128)
    assert larger.per_picture == pytest.approx(4 * need.per_picture, abs=4)
    assert need.bytes(2) - need.bytes(1) == need.per_picture


@pytest.mark.parametrize(("keys", "copies"), [("adam=1", 6), ("adam=1\nema_alpha=.9", 7)])
def test_adam_and_the_average_keep_further_copies(keys, copies):
    plan = planned(NET.replace("channels=3", f"channels=3\n{keys}"))

    assert Need.of(plan, 0).fixed == copies * plan.weights_bytes


def test_the_fewest_subdivisions_that_fit_are_named():
    need = Need(fixed=100, per_picture=10, size_hw=(32, 32))

    # Four fifths of 1000 are 800: 70 pictures. Of 64 all fit, of 144 a half does not, a third does.
    assert fitting_subdivisions(need, 1000, 64) == 1
    assert fitting_subdivisions(need, 1000, 144) == 3
    assert fitting_subdivisions(need, 130, 64) == 0


def test_too_little_memory_is_no_go_with_the_remedy(tmp_path, monkeypatch):
    plan = planned(NET.replace("batch=4\nsubdivisions=2", "batch=4\nsubdivisions=1"))
    need = Need.of(plan, 0)
    monkeypatch.setattr(machine, "available_bytes", lambda: int(need.bytes(1) / 0.79))
    found = chapter(tmp_path, NET.replace("subdivisions=2", "subdivisions=1"))

    ((severity, text),) = said(found)
    assert severity == STOP
    assert text.startswith("not enough memory: about ")
    assert text.endswith("subdivisions=4 would fit (batch=4 stays, so does the result)")


def test_little_memory_is_a_warning_and_none_at_all_has_no_remedy(tmp_path, monkeypatch):
    need = Need.of(planned(), 0)
    monkeypatch.setattr(machine, "available_bytes", lambda: int(need.bytes(2) / 0.9))
    assert said(chapter(tmp_path))[0][0] == WARNING
    monkeypatch.setattr(machine, "available_bytes", lambda: 1000)
    assert "even one picture at a time is too much" in said(chapter(tmp_path))[0][1]


def test_unknown_memory_is_no_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "available_bytes", lambda: 0)

    assert chapter(tmp_path).remarks == ()


def test_a_backup_folder_that_is_not_there_yet_is_not_made(tmp_path):
    found = chapter(tmp_path, backup="new/deep")

    assert found.remarks == ()
    assert not (tmp_path / "new").exists()
    # 20 iterations leave no numbered file, and six others at most.
    assert found.facts["disk_needed"] == 6 * planned().weights_bytes


def test_too_little_room_on_the_disk_is_no_go(tmp_path, monkeypatch):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: _Usage(free=100))
    ((severity, text),) = said(chapter(tmp_path))

    assert severity == STOP
    assert "not enough room" in text


def test_a_backup_that_is_a_file_is_no_go(tmp_path):
    Path(tmp_path / "backup").write_text("")
    ((severity, text),) = said(chapter(tmp_path))

    assert severity == STOP
    assert text.endswith("is a file; it must be a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_backup_folder_that_cannot_be_written_to_is_no_go(tmp_path):
    (tmp_path / "backup").mkdir(mode=0o500)

    assert "cannot be written to" in said(chapter(tmp_path))[0][1]


class _Usage:
    def __init__(self, free):
        self.free = free

"""scripts/parity: rows, exit status, the table."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import shutil

import numpy as np
import pytest

from tests.conftest import ROOT

ORACLE = ROOT / "tests" / "oracle"


@pytest.fixture
def parity(monkeypatch, capsys):
    """Runs the script with the given words; its exit status and what it printed."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    loader = importlib.machinery.SourceFileLoader("parity_script", str(ROOT / "scripts" / "parity"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["parity", *map(str, words)])
        status = module.main()
        return status, capsys.readouterr().out

    return run


def test_prints_a_row_a_comparison_and_a_line_for_a_folder_it_does_not_know(parity, tmp_path):
    status, printed = parity(ORACLE / "lr_rates", ORACLE / "nms", tmp_path)

    lines = printed.splitlines()
    assert status == 0
    # 8 policies, 4 kinds of suppression at 3 thresholds, one folder skipped
    assert [line[:4] for line in lines] == ["ok  "] * (8 + 12) + ["skip"]
    assert "sgdr_default" in printed


def test_a_number_past_its_tolerance_is_exit_status_1(parity, tmp_path):
    shutil.copytree(ORACLE / "lr_rates", tmp_path / "rates")
    stored = dict(np.load(tmp_path / "rates" / "rates.npz"))
    stored["poly"][7] *= 1.00001
    np.savez(tmp_path / "rates" / "rates.npz", **stored)

    status, printed = parity(tmp_path / "rates")

    assert status == 1
    assert [line for line in printed.splitlines() if line.startswith("PAST")] == [
        next(line for line in printed.splitlines() if " poly " in line)
    ]
    assert "iteration 7" in printed


def test_table_goes_between_the_marks_of_a_page(parity, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table begin -->\nold\n<!-- table end -->\nafter\n")

    parity(ORACLE / "boxes", "--markdown", page)

    text = page.read_text()
    assert text.startswith("before\n<!-- table begin -->\n\n| case | what |")
    assert text.endswith("<!-- table end -->\nafter\n")
    assert "old" not in text
    assert "| boxes | d_ciou |" in text


@pytest.mark.parametrize("missing", ["net.cfg", "net.weights", "train_loss.txt", "golden"])
def test_a_folder_that_lacks_something_fails_in_one_line(parity, tmp_path, missing):
    shutil.copytree(ORACLE / "nets" / "connected_mlp", tmp_path / "nets" / "case")
    shutil.copyfile(ORACLE / "nets" / "pictures.npz", tmp_path / "nets" / "pictures.npz")
    case = tmp_path / "nets" / "case"
    if missing == "golden":
        (case / "golden.npz").write_bytes(b"nothing that numpy reads")
    else:
        (case / missing).unlink()

    status, printed = parity(case, ORACLE / "boxes")

    assert status == 1
    (line,) = [line for line in printed.splitlines() if "cannot be compared" in line]
    assert line.startswith("PAST case")
    assert " boxes " in printed

"""Asking what the sweep does starts none of its thousands of cases."""

from __future__ import annotations

import subprocess
import sys


def test_help_says_what_it_does_and_runs_nothing():
    command = [sys.executable, "scripts/sweep_convolutions", "--help"]

    ended = subprocess.run(command, check=True, capture_output=True, text=True)

    assert "torch cannot train on this processor" in ended.stdout
    assert "cases" not in ended.stdout  # "3240 cases" is said first

"""What docs/python.md and the docstrings say is what happens."""

from __future__ import annotations

import doctest
import importlib

import pytest

import darkpy
from tests.conftest import ROOT


def test_the_page_of_the_docs(example_files):
    failed, tried = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)

    assert failed == 0
    assert tried > 15


@pytest.mark.parametrize("name", ["classifier", "detector", "found"])
def test_the_docstrings(example_files, name):
    module = importlib.import_module(f"darkpy.api.{name}")
    detector = darkpy.load("my.cfg", "my.weights", "my.names")

    classifier = darkpy.load("sorts.cfg", "sorts.weights", "sorts.names")
    given = {"darkpy": darkpy, "detector": detector, "classifier": classifier}
    failed, tried = doctest.testmod(module, extraglobs=given)

    assert failed == 0
    assert tried >= 2

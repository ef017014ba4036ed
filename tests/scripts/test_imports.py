"""What the scripts take from darkpy is there: most of them run too long for the suite."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest

from tests.conftest import ROOT

FILES = [path for path in sorted((ROOT / "scripts").rglob("*")) if path.is_file()]
SCRIPTS = [
    path
    for path in FILES
    if path.suffix == ".py" or path.read_bytes().startswith(b"#!/usr/bin/env python3\n")
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_taken_from_darkpy_exist(script):
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("darkpy"):
            module = import_module(node.module)
            for name in (alias.name for alias in node.names):
                there = hasattr(module, name) or import_module(f"{node.module}.{name}")
                assert there, f"line {node.lineno}: {node.module} has no {name}"

"""The house as CONTRIBUTING.md draws it: who imports whom, who prints, what the lists hold."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "darkpy"

# A module may import what stands before it, never what stands after it.
ROWS = (
    ("errors", "registry", "files", "processors"),
    ("cfg", "header", "sections", "reference"),
    ("boxes", "losses", "layers", "heads", "network", "weights"),
    ("opencv", "lettering", "augment", "data", "check"),
    ("solver", "nms"),
    ("inference", "shown", "draw", "windows"),
    ("allocator", "precision", "adversary", "guard", "autopsy", "checkpoint", "step"),
    ("metrics", "anchors", "anchor_masks", "train", "parity", "history", "charts", "events"),
    ("detector", "doctor", "importers", "classifier", "api"),
    ("verbs",),
    ("arguments", "progress", "cli", "__main__"),
)
ORDER = [name for row in ROWS for name in row]

# Only these may write to the screen or end the process.
TALKERS = {"cli", "progress", "__main__"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def top(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """First name below darkpy of everything that a module imports from it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if "darkpy." in name.name)
        elif isinstance(node, ast.ImportFrom) and node.module == "darkpy":
            yield from (name.name for name in node.names if name.name != "__version__")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("darkpy."):
            yield node.module.split(".")[1]


def place(name: str) -> int:
    """Position in the order; what has none comes first and fails a test of its own."""
    return ORDER.index(name) if name in ORDER else -1


def called(path: Path) -> set[str]:
    """Names of the functions that a module calls."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {ast.unparse(call.func) for call in calls}


def test_every_module_has_a_place_in_the_order():
    assert {top(path) for path in MODULES} - {"__init__"} <= set(ORDER)


def test_imports_go_one_way_only():
    backwards = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in MODULES
        if top(path) != "__init__"
        for name in imported(path)
        if place(name) > place(top(path))
    }
    assert backwards == set()


def test_only_the_command_line_talks():
    talking = {"print", "input", "tqdm", "sys.exit"}
    found = {
        f"{path.relative_to(PACKAGE)} calls {name}"
        for path in MODULES
        if top(path) not in TALKERS
        for name in called(path) & talking
    }
    assert found == set()


@pytest.mark.parametrize("package", ["sections", "layers", "heads"])
def test_a_package_imports_all_its_modules(package):
    listed = importlib.import_module(f"darkpy.{package}").__all__
    there = {path.stem for path in (PACKAGE / package).glob("*.py")}

    assert list(listed) == sorted(listed)
    assert set(listed) <= there
    registering = {
        path.stem
        for path in (PACKAGE / package).glob("*.py")
        if "@SECTIONS(" in path.read_text() or "@LAYERS(" in path.read_text()
    }
    assert registering == set(listed)


@pytest.mark.parametrize("words", [["--help"], ["detector", "train", "--help"]], ids=" ".join)
def test_help_needs_neither_torch_nor_numpy_nor_opencv(words):
    code = (
        "import sys; from darkpy.cli import main\n"
        f"try: main({words})\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'torch', 'numpy', 'cv2', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT)

    assert run.returncode == 0, run.stderr.decode()

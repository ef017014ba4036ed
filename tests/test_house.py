"""The house as CONTRIBUTING.md draws it: who imports whom, who prints, what the lists hold."""

from __future__ import annotations

import ast
import graphlib
import importlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "darkpy"

# What each room may import, besides itself. The ground may be imported by all.
GROUND = ("errors", "registry", "files", "version", "events", "boxes", "chance")
PLANS = ("cfg", "flags", "sections", "planning")
NETWORK = (*PLANS, "losses", "layers", "heads", "model")
PICTURES = ("cfg", "machine", "augment", "data")
RUNNING = (
    *NETWORK,
    *PICTURES,
    "solver",
    "inference",
    "metrics",
    "training",
    "view",
    "serve",
    "tracking",
    "session",
)
MAY_IMPORT = {
    "errors": (),
    "registry": ("errors",),
    "files": ("errors",),
    "version": (),
    "events": (),
    "boxes": (),
    "chance": (),
    "cfg": GROUND,
    "flags": (*GROUND, "cfg"),
    "sections": (*GROUND, "cfg"),
    "planning": (*GROUND, "cfg", "sections"),
    "machine": GROUND,
    "losses": (*GROUND, "cfg"),
    "layers": (*GROUND, "cfg", "sections"),
    "heads": (*GROUND, "cfg", "sections", "losses", "layers"),
    "model": (*GROUND, *NETWORK, "machine"),
    "augment": (*GROUND, "cfg", "machine"),
    "data": (*GROUND, "cfg", "machine", "augment"),
    "check": (*GROUND, *PLANS, "data"),
    "solver": (*GROUND, *PLANS),
    "inference": (*GROUND, *NETWORK, "machine", "data"),
    "tracking": (*GROUND, "cfg", "flags", "sections", "inference"),
    "metrics": (*GROUND, "flags"),
    "training": (*GROUND, *NETWORK, *PICTURES, "solver"),
    "view": (*GROUND, "machine", "inference", "metrics", "training"),
    "serve": (*GROUND, "training"),
    "session": (*GROUND, *RUNNING),
    "export": (*GROUND, *RUNNING),
    "detector": (*GROUND, *RUNNING),
    "classifier": (*GROUND, *RUNNING),
    "doctor": (*GROUND, *RUNNING, "check"),
    "importers": (*GROUND, *NETWORK, *PICTURES),
    "verbs": (
        *(*GROUND, *PLANS, "machine", "data", "metrics"),
        *("training", "session", "check", "doctor", "importers", "export", "view"),
    ),
    "opencv": (*GROUND, *NETWORK, "machine", "inference"),
    "darknet": (*GROUND, *NETWORK, "machine", "data", "inference", "view"),
    "api": (*GROUND, *RUNNING, "detector", "classifier"),
    "console": (*GROUND, "flags"),
    "__main__": ("console",),
}

# Only these may write to the screen or end the process.
TALKERS = {"console", "__main__", "darknet"}  # print_detections() is of the C program's module

# Names that a Python face bears because a wrapper, a library or our users have them so.
FOREIGN = {"Classifier", "Detector", "Net", "detect", "sample"}

# Lines. Docstrings are not counted in functions.
LONGEST_FUNCTION, LARGEST_MODULE = 40, 260

MODULES = sorted(PACKAGE.rglob("*.py"))


def top(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(path: Path) -> Iterator[str]:
    """First name below darkpy of everything that a module imports from it."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if "darkpy." in name.name)
        elif isinstance(node, ast.ImportFrom) and node.module == "darkpy":
            yield from (name.name for name in node.names if name.name != "__version__")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("darkpy."):
            yield node.module.split(".")[1]


@cache
def called(path: Path) -> set[str]:
    """Names of the functions that a module calls."""
    calls = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))
    return {ast.unparse(call.func) for call in calls}


def test_every_module_has_a_room():
    assert {top(path) for path in MODULES} - {"__init__"} == set(MAY_IMPORT)


def test_a_room_imports_only_what_it_may():
    found = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in MODULES
        if top(path) != "__init__"
        for name in set(imported(path)) - {top(path), *MAY_IMPORT[top(path)]}
    }
    assert found == set()


def test_what_rooms_may_import_has_no_circle():
    sorted_rooms = graphlib.TopologicalSorter(
        {room: set(others) - {room} for room, others in MAY_IMPORT.items()}
    )
    assert set(sorted_rooms.static_order()) == set(MAY_IMPORT)


@pytest.mark.parametrize("room", ["cfg", "flags", "sections", "planning", "check", "console"])
def test_a_room_without_torch_loads_none(room):
    modules = sorted((PACKAGE / room).glob("*.py"))
    names = [f"darkpy.{room}.{path.stem}" for path in modules if path.stem != "__init__"]
    code = f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
    code += "sys.exit('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT)

    assert names
    assert run.returncode == 0, run.stderr.decode()


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
    folder = PACKAGE / package
    # A kind is a module, or a package where one module would be too long: heads/yolo/.
    paths = [path for path in MODULES if folder in path.parents]
    kinds = {path: path.relative_to(folder).parts[0].removesuffix(".py") for path in paths}

    assert list(listed) == sorted(listed)
    assert set(listed) <= set(kinds.values())
    registering = {
        kind
        for path, kind in kinds.items()
        if "@SECTIONS(" in path.read_text() or "@LAYERS(" in path.read_text()
    }
    assert registering == set(listed)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["detector", "train", "--help"],
        ["net", "cfg/tabletop-tiny.cfg"],
        ["check", "cfg/tabletop-tiny.cfg"],
        ["explain", "mosaic"],
    ],
    ids=" ".join,
)
def test_what_answers_at_once_needs_neither_torch_nor_numpy_nor_opencv(words):
    code = (
        "import sys; from darkpy.console.cli import main\n"
        f"try: main({words})\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'torch', 'numpy', 'cv2', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT)

    assert run.returncode == 0, run.stderr.decode()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    told = ast.get_docstring(function) is not None
    return function.end_lineno - function.lineno + 1 - told * (first.end_lineno - first.lineno + 1)


def test_functions_and_modules_can_be_taken_in_at_once():
    long = [
        f"{path.relative_to(PACKAGE)}:{function.lineno} {function.name}"
        for path in MODULES
        for function in functions(parsed(path))
        if body_lines(function) > LONGEST_FUNCTION
    ]
    large = [str(path) for path in MODULES if path.read_text().count("\n") > LARGEST_MODULE]

    assert long + large == []


def test_a_public_name_is_defined_once_but_for_a_section_and_its_layer():
    """`run` is what every verb's module has; a Python face bears the names that others chose."""
    places: dict[str, set[str]] = {}
    for path in MODULES:
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                room = "layers" if top(path) == "heads" else top(path)
                kind = f"{room}/{path.stem}" if room not in ("sections", "layers") else room
                places.setdefault(node.name, set()).add(kind)
    twice = {name: found for name, found in places.items() if len(found) > 1}
    pairs = {name for name, found in twice.items() if found == {"sections", "layers"}}

    assert set(twice) - pairs - FOREIGN - {"run", "main"} == set()

"""docs/house.svg shows the rooms and imports that there are."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def house():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("house.imports")


@pytest.fixture(scope="module")
def there(house):
    """The house as it stands."""
    return house.read_house()


@pytest.fixture
def drawing(house):
    return importlib.import_module("house.drawing")


def shown(svg: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The rooms and the arrows of a picture."""
    rooms = set(re.findall(r'class="room" id="(\w+)"', svg))
    return rooms, set(re.findall(r'class="import" id="(\w+)-(\w+)"', svg))


def test_the_picture_is_not_outdated(there):
    rooms, arrows = shown((ROOT / "docs/house.svg").read_text(encoding="utf-8"))

    told = "outdated: run scripts/draw_house and commit"
    assert rooms == set(there.rooms), told
    assert arrows == there.edges | there.named, told


def test_every_folder_is_a_room_and_has_words(there, drawing):
    folders = {path.parent.name for path in (ROOT / "darkpy").glob("*/__init__.py")}

    assert folders <= set(there.rooms)
    assert set(there.rooms) == set(drawing.WORDS)


@pytest.fixture
def package(tmp_path):
    """a imports b and c, b imports c, c loads torch; d only in a function; b names d as text."""
    texts = {
        "a/__init__.py": "",
        "a/one.py": "from darkpy.b import two\nimport darkpy.c.three\nfrom darkpy import ground",
        "b/two.py": "from darkpy.c.three import x\nNAME = 'darkpy.d.four'\n",
        "c/three.py": "import torch\nx = 1\n",
        "d/four.py": "def f():\n    import torch\n",
        "ground.py": "",
    }
    for name, text in texts.items():
        path = tmp_path / "darkpy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "darkpy"


def test_an_arrow_that_a_chain_implies_is_left_out(house, package):
    found = house.read_house(package)

    assert found.rooms == ("a", "b", "c", "d")
    assert found.ground == ("ground",)
    assert found.edges == {("a", "b"), ("b", "c")}
    assert found.named == {("b", "d")}
    assert found.heavy == {"a", "b", "c"}


def test_what_is_drawn_stands_above_what_it_imports(house, drawing, package):
    svg = drawing.drawn(house.read_house(package))

    assert shown(svg) == ({"a", "b", "c", "d"}, {("a", "b"), ("b", "c"), ("b", "d")})
    tops = dict(re.findall(r'id="(\w)"><rect x="-?\d+" y="(\d+)"', svg))
    assert int(tops["a"]) < int(tops["b"]) < int(tops["c"])
    assert svg == drawing.drawn(house.read_house(package))

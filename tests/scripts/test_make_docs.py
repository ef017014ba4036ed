"""docs/cfg.md and the marked table of README.md say what the declarations say."""

from __future__ import annotations

import importlib
import re

import pytest

from darkpy.console.commands import COMMANDS
from darkpy.errors import InputError
from darkpy.planning.topics import topics
from tests.conftest import ROOT

DOCS = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("reference.pages")


def test_the_pages_are_not_outdated(pages):
    stale = [str(path.relative_to(ROOT)) for path in pages.outdated()]

    assert not stale, f"{', '.join(stale)} outdated: run scripts/make_docs and commit"


def test_readme_has_the_table_of_commands_and_stays_short(pages):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert f"<!-- begin summary: {pages.COMMAND} -->" in readme
    made = readme.split("<!-- begin summary")[1].split("<!-- end summary")[0]
    assert len(readme.splitlines()) - len(made.splitlines()) <= 107
    # A newcomer finds the first command at once, with a Darknet project and without.
    first = "\n".join(readme.splitlines()[:10])
    assert all(f"`{command}" in first for command in ("darkpy detector train", "scripts/demo"))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *DOCS])
def test_links_lead_to_files_and_headings_that_are_there(page):
    here = ROOT / page
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", here.read_text(encoding="utf-8"))
    for target, heading in links:
        if target.startswith("http"):
            continue
        there = here.parent / target if target else here
        assert there.exists(), target
        if heading:
            assert heading in headings(there.read_text(encoding="utf-8")), f"{target}#{heading}"


def headings(text: str) -> set[str]:
    """The headings of a page as GitHub links them."""
    lines = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in lines}


def test_the_page_has_a_section_and_a_row_for_everything(pages):
    page = pages.cfg_page()

    for topic in topics():
        _, _, rest = page.partition(f"\n## {topic.title}\n")
        own = rest.partition("\n## ")[0]
        assert all(f"\n| `{name}` |" in own for name in topic.keys), topic.title


def test_the_links_of_the_page_lead_to_its_headings(pages):
    page = pages.cfg_page()
    headings = {
        line[3:].strip("[].").lower().replace(" ", "-")
        for line in page.splitlines()
        if line.startswith("## ")
    }
    links = set(part.partition(")")[0] for part in page.split("](#")[1:])

    assert links <= headings


def test_tables_have_a_row_for_every_command_and_section(pages):
    commands, sections = pages.commands_table(), pages.sections_table()
    summary = pages.commands_summary()

    assert len(commands.splitlines()) == 2 + len(COMMANDS)
    assert len(summary.splitlines()) == 2 + len(COMMANDS)
    assert "| [`detector map`](docs/commands.md#detector-map) |" in summary
    assert len(sections.splitlines()) == 2 + len(topics())
    assert "| `detector map <data> <cfg> <weights>` |" in commands
    assert "-points 0" in commands
    assert "`[convolutional] [conv]`" in sections


def test_the_page_of_commands_explains_every_flag(pages):
    page = pages.commands_page()

    for words in COMMANDS:
        own = page.partition(f"\n## {' '.join(words)}\n")[2].partition("\n## ")[0]
        assert "| `" in own, words
        assert "` |  |" not in own, f"{words}: a flag without a meaning"
    assert "| `-points 0` | 0 area under the curve" in page


def test_only_what_stands_between_marks_is_replaced(pages, monkeypatch):
    monkeypatch.setattr(pages, "TABLES", {"commands": lambda: "NEW"})
    begin, end = (f"<!-- {word} commands: {pages.COMMAND} -->" for word in ("begin", "end"))
    text = f"before\n{begin}\nold\nolder\n{end}\nafter\n"

    assert pages.with_tables(text) == f"before\n{begin}\nNEW\n{end}\nafter\n"
    assert pages.with_tables("no marks\n") == "no marks\n"
    with pytest.raises(InputError, match="is not followed by"):
        pages.with_tables(f"{begin}\nold\n")

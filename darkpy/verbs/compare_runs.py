"""`darkpy compare` of two trainings: what differs, how they went, whose best mAP is higher."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from darkpy.errors import first_of, shown_text
from darkpy.files import writable_folder, write_text
from darkpy.flags.verbs import CompareFlags
from darkpy.metrics.comparison import Comparison, Result, compare, comparison_data, comparison_lines
from darkpy.session.run_differences import (
    MEASURED,
    NOT_TOLD,
    Abreast,
    Changed,
    abreast,
    changed_settings,
    flat_facts,
)
from darkpy.session.stories import Story, read_story
from darkpy.verbs.compared_pictures import changed_figures
from darkpy.verbs.runs import in_columns

_MOST_SETTINGS = 30
_EQUAL = 0.005  # points: what is not shown is no difference
_LONGEST_CELL = 40  # letters; long lists of anchors are shown whole on the page


def compare_runs(a: str, b: str, asked: CompareFlags) -> Iterator[object]:
    """Yield the lines of the comparison, and progress while both are measured."""
    stories = read_story(a), read_story(b)
    if asked.report:
        writable_folder(asked.report, "-report")
    settings = changed_settings(*stories)
    rows = abreast(stories[0].curves, stories[1].curves)
    for letter, story in zip("AB", stories, strict=True):
        yield f"{letter} {_headline(story)}"
    yield ""
    yield from _setting_lines(settings)
    yield from _row_lines(rows)
    words = verdict_of_runs(*stories)
    yield words
    results = comparison = None
    if asked.measure:
        results, comparison = yield from _measured(stories, asked)
        yield ""
        yield from comparison_lines(a, b, comparison)
    else:
        yield from _commands(stories)
    if asked.json:
        write_text(asked.json, _numbers(stories, settings, rows, comparison) + "\n")
        yield f"{asked.json}: written"
    if asked.report:
        yield from _page(stories, settings, words, results, comparison, Path(asked.report))


def verdict_of_runs(a: Story, b: Story) -> str:
    """Both best mAPs in a sentence."""
    best = a.run.best, b.run.best
    if best[0] is None or best[1] is None:
        without = " and ".join(n for n, value in zip("AB", best, strict=True) if value is None)
        return f"no mAP was measured in {without}: train with -map, or measure the weights"
    told = ", ".join(
        f"of {letter} {story.run.best:.2%}{_at(story)}"
        for letter, story in zip("AB", (a, b), strict=True)
    )
    gain = 100 * (best[1] - best[0])
    more = "higher" if gain > 0 else "lower"
    words = "as high" if abs(gain) < _EQUAL else f"{abs(gain):.2f} points {more}"
    return f"best mAP {told}: B's is {words}{_other_rules(a, b)}"


def _at(story: Story) -> str:
    return "" if story.best_at is None else f" at iteration {story.best_at}"


def _other_rules(a: Story, b: Story) -> str:
    """What the two numbers were measured differently by."""
    facts = [flat_facts(story.facts) for story in (a, b)]
    told = []
    for name, words in (("-iou_thresh", "at -iou_thresh"), (MEASURED, "pictures:")):
        values = [one.get(name) for one in facts]
        if None not in values and values[0] != values[1]:
            told.append(f"{words} {values[0]} and {values[1]}")
    return f" (but measured by other rules, {', '.join(told)})" if told else ""


def _headline(story: Story) -> str:
    run = story.run
    facts = [f"{run.iteration}{f' of {run.max_batches}' * bool(run.max_batches)} iterations"]
    facts += [f"cfg {run.cfg}"] * bool(run.cfg) + [f"data {run.data}"] * bool(run.data)
    facts += [f"in {run.parts} parts"] * (run.parts > 1) + [run.ended] * bool(run.ended)
    return shown_text(f"{run.folder / run.name}{' (earlier)' * run.earlier}: {', '.join(facts)}")


def _setting_lines(settings: Sequence[Changed]) -> Iterator[str]:
    if not settings:
        yield "no setting differs that the files tell of"
    else:
        cells = [[_short(text) for text in dataclasses.astuple(each)] for each in settings]
        lines = list(in_columns([("what differs", "A", "B"), *cells]))
        yield from first_of(
            lines, _MOST_SETTINGS + 1, "... and {} more; -json and -report have all"
        )
    yield ""


def _short(text: str) -> str:
    text = shown_text(text)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 3]}..."


def _row_lines(rows: Sequence[Abreast]) -> Iterator[str]:
    if not rows:
        yield "no history: there is no _train.csv of either"
    else:
        cells = [
            (
                str(row.iteration),
                *(NOT_TOLD if loss is None else f"{loss:.4f}" for loss in row.losses),
                *(NOT_TOLD if value is None else f"{value:.2%}" for value in row.maps),
            )
            for row in rows
        ]
        titles = ("iteration", "average loss A", "loss B", "mAP A", "mAP B")
        yield from in_columns([titles, *cells])
    yield ""


def _measured(
    stories: tuple[Story, Story], asked: CompareFlags
) -> Generator[object, None, tuple[tuple[Result, Result], Comparison]]:
    """Measure the best weights of both on the pictures that both have in valid=."""
    from darkpy.session.remeasuring import remeasured

    first = yield from remeasured(stories[0], asked)
    second = yield from remeasured(stories[1], asked)
    return (first, second), compare(first, second)


def _commands(stories: tuple[Story, Story]) -> Iterator[str]:
    """What to type to know whether the difference is more than chance."""
    for letter, story in zip("AB", stories, strict=True):
        if missing := _missing(story):
            yield f"whether that is more than chance cannot be measured: of {letter} {missing}"
            return
    a, b = (shlex.quote(story.source) for story in stories)
    yield (
        "whether that is more than chance, the weights tell on the same pictures:\n"
        f"  darkpy compare {a} {b} -measure"
    )
    for letter, story in zip("ab", stories, strict=True):
        files = [story.at_hand(story.run.data), story.at_hand(story.run.cfg), story.weights]
        if None not in files:
            words = " ".join(shlex.quote(str(file)) for file in files)
            yield f"  or, {letter.upper()} alone: darkpy detector map {words} -json {letter}.json"


def _missing(story: Story) -> str:
    if story.weights is None:
        return "no weights are left"
    if story.at_hand(story.run.data) is None:
        return f"the data file {story.run.data or ''}".rstrip() + " is not at hand"
    if not story.cfg_text and story.at_hand(story.run.cfg) is None:
        return "the cfg is not at hand"
    return ""


def _numbers(
    stories: tuple[Story, Story],
    settings: Sequence[Changed],
    rows: Sequence[Abreast],
    comparison: Comparison | None,
) -> str:
    """The file of -json."""
    data: dict[str, Any] = {
        "runs": [
            {
                "name": str(story.run.folder / story.run.name),
                "iterations": story.run.iteration,
                "best_map": story.run.best,
                "best_at": story.best_at,
                "weights": None if story.weights is None else str(story.weights),
                "ended": story.run.ended,
            }
            for story in stories
        ],
        "settings": [dataclasses.asdict(each) for each in settings],
        "abreast": [dataclasses.asdict(each) for each in rows],
        "measured": None if comparison is None else comparison_data(comparison),
    }
    return json.dumps(data, allow_nan=False)


def _page(
    stories: tuple[Story, Story],
    settings: Sequence[Changed],
    words: str,
    results: tuple[Result, Result] | None,
    comparison: Comparison | None,
    folder: Path,
) -> Generator[str, None, None]:
    from darkpy.view.report.runs import RunSide, runs_page

    changed = []
    if results is not None and comparison is not None:
        changed = yield from changed_figures(results, comparison, folder)
    sides = [RunSide(_headline(it), it.run.best, it.best_at, it.curves) for it in stories]
    differing = [(each.name, each.a, each.b) for each in settings]
    page = folder / "index.html"
    write_text(page, runs_page(sides[0], sides[1], differing, words, comparison, changed))
    yield f"{page}: written"

"""In what two trainings differ: keys of their cfgs, data, seed, flags, versions; and their curves
side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from darkpy.cfg.reader import Section, parse_cfg
from darkpy.session.agreement import changed_keys
from darkpy.session.stories import Story
from darkpy.training.history import Curves

NOT_TOLD = "-"
MEASURED = "measured pictures"
_DIGITS = 8  # of a digest that are shown
_MOST_ROWS = 12  # of the curves side by side
# Flags that change what is shown and kept of a training, not the training.
_SHOWING = {
    *("http_host", "mjpeg_port", "dont_show", "show_imgs", "chart", "log", "resume", "clear"),
    *("tensorboard", "mlflow", "dvclive", "time_limit_sec"),
}
_FACTS = ("data", "seed", "device", "device_name", "precision", "git_commit")


@dataclass(frozen=True)
class Changed:
    """A setting that differs, with its values in A and in B; `-` where it is not told."""

    name: str
    a: str
    b: str


@dataclass(frozen=True)
class Abreast:
    """Both trainings up to an iteration: average loss and last mAP, None where there is none."""

    iteration: int
    losses: tuple[float | None, float | None]
    maps: tuple[float | None, float | None]


def changed_settings(a: Story, b: Story) -> list[Changed]:
    """All settings that differ, those of the cfg first."""
    return [*_of_cfgs(a, b), *_of_facts(a.facts, b.facts)]


def abreast(a: Curves | None, b: Curves | None) -> list[Abreast]:
    """Both histories at some iterations: where one was measured, else evenly spread."""
    known = [curves for curves in (a, b) if curves is not None and len(curves)]
    if not known:
        return []
    at = np.unique(np.concatenate([it.iterations[np.isfinite(it.map50)] for it in known]))
    ends = [it.iterations[-1] for it in known]
    if len(at) < 2:
        at = np.linspace(min(it.iterations[0] for it in known), max(ends), _MOST_ROWS).round()
    kept = np.unique(np.linspace(0, len(at) - 1, min(len(at), _MOST_ROWS)).round().astype(int))
    return [_abreast(int(one), a, b) for one in np.unique([*at[kept], *ends])]


def _abreast(iteration: int, a: Curves | None, b: Curves | None) -> Abreast:
    (loss_a, map_a), (loss_b, map_b) = (_up_to(iteration, curves) for curves in (a, b))
    return Abreast(iteration, (loss_a, loss_b), (map_a, map_b))


def _up_to(iteration: int, curves: Curves | None) -> tuple[float | None, float | None]:
    """Average loss and the last mAP; neither once the training is over."""
    if curves is None or not len(curves) or iteration > curves.iterations[-1]:
        return None, None
    count = int(np.searchsorted(curves.iterations, iteration, side="right"))
    maps = curves.map50[:count]
    known = maps[np.isfinite(maps)]
    loss = float(curves.averages[count - 1]) if count else None
    return loss, float(known[-1]) if len(known) else None


def _of_cfgs(a: Story, b: Story) -> Iterator[Changed]:
    if not (a.cfg_text and b.cfg_text):
        if a.facts.get("cfg_sha256") != b.facts.get("cfg_sha256"):
            yield Changed("cfg", *(_shown(it.facts.get("cfg")) for it in (a, b)))
        return
    first, second = (_sections(story) for story in (a, b))
    matcher = SequenceMatcher(
        None, [it.kind for it in first], [it.kind for it in second], autojunk=False
    )
    for how, i, i_end, j, j_end in matcher.get_opcodes():
        if how == "equal":
            for k in range(i_end - i):
                name = _section_name(i + k, j + k, first[i + k].kind)
                yield from _of_sections(name, first[i + k], second[j + k])
            continue
        for k in range(i, i_end):
            yield Changed(_section_name(k, k, first[k].kind), "is there", NOT_TOLD)
        for k in range(j, j_end):
            yield Changed(_section_name(k, k, second[k].kind), NOT_TOLD, "is there")


def _sections(story: Story) -> Sequence[Section]:
    return parse_cfg(story.cfg_text.split("\n"), str(story.facts.get("cfg"))).sections


def _section_name(a: int, b: int, kind: str) -> str:
    """`[net]`, or a layer with its number in A, and in B if that is another one."""
    if not a == b == 0:
        return f"layer {a - 1}{f' ({b - 1} in B)' * (a != b)} [{kind}]"
    return f"[{kind}]"


def _of_sections(name: str, a: Section, b: Section) -> Iterator[Changed]:
    for key, before, now in changed_keys(a, b):
        yield Changed(f"{name} {key}", before, now)


def _of_facts(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Changed]:
    """What the `_run.json` of both tell besides the cfg; an older darkpy told less."""
    first, second = flat_facts(a), flat_facts(b)
    for name in (name for name in first if a and b and name in second):
        values = _shown(first[name]), _shown(second[name])
        if values[0] != values[1]:
            yield Changed(name, *values)


def flat_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that make a difference, by the names that are shown."""
    pictures, flags = (_inner(facts, name) for name in ("pictures", "flags"))
    versions = _inner(facts, "versions") or {n: facts[n] for n in ("darkpy", "torch") if n in facts}
    digest = facts.get("data_digest")
    told = {
        "training pictures": pictures.get("train"),
        "their paths and labels": digest[:_DIGITS] if isinstance(digest, str) else None,
        MEASURED: pictures.get("valid"),
    }
    return {
        **{name: facts[name] for name in _FACTS if name in facts},
        **{name: value for name, value in told.items() if value is not None},
        **{f"-{name}": value for name, value in flags.items() if name not in _SHOWING},
        **{f"version of {name}": value for name, value in versions.items()},
        "devices": facts.get("devices", 1),
    }


def _inner(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _shown(value: Any) -> str:
    if value is None or value == []:
        return NOT_TOLD
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)

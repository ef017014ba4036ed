"""States that are damaged, given to a training that is to go on: whole or not at all, and said."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import struct
import tempfile
import traceback
from collections import Counter
from pathlib import Path

from darkpy.console.cli import main
from darkpy.detector.train import train
from darkpy.events import Began
from darkpy.session import chart
from mutations import binary
from mutations.cfg import NUMBERS
from mutations.killed import KINDS, make_project

_TRAIN = "detector train net.data net.cfg -dont_show -nogpu -threads 0 -seed 7"
_LAST = Path("backup/net_last.weights")
_STATES = (Path("backup/net_last.state"), Path("backup/net_last.1.state"))
_RUNS = Path("backup/net_run.json")
_WHOLE = "momentum, averages and chance go on as they were"
_DIGEST_BYTES = 16
_LENGTH = struct.Struct("<Q")


def torture_states(count: int, seed: int) -> bool:
    """Damage a state `count` times and start a training with it; True if each time the one before
    it took its place, or all was begun anew, and that was said, and nothing ended in a fault.

    Every fourth one is damaged inside and given a digest that is right.
    """
    chart.training_figure, chart.save_figure = lambda *_, **__: None, lambda *_: None
    outcomes, faults, before = Counter(), 0, os.getcwd()
    with tempfile.TemporaryDirectory() as top:
        sound = _trained(Path(top))
        for number in range(count):
            rng = random.Random(f"{seed}-{number}")
            _RUNS.unlink(missing_ok=True)  # it grows by each start
            for path, raw in sound.items():
                path.write_bytes(raw)
            resealed = number % 4 == 0
            raw = sound[_STATES[0]]
            damaged = _resealed(raw, rng) if resealed else binary.mutated(raw, rng)
            _STATES[0].write_bytes(damaged)
            if rng.random() < 0.5:
                _STATES[1].unlink()
            outcome, fault = _outcome(whole=resealed or damaged == raw)
            outcomes["a right digest" if resealed else "another digest", outcome] += 1
            if fault:
                faults += 1
                print(f"case {number}: {fault}", flush=True)
        os.chdir(before)
    for (kind, outcome), times in sorted(outcomes.items()):
        print(f"{times:5} {kind}: {outcome}")
    print(f"{count} damaged states, {faults} faults")
    return not faults


def _trained(top: Path) -> dict[Path, bytes]:
    """A training of three of five iterations, in whose folder this process is then; its pairs."""
    folder = make_project(top / "net", KINDS["all"], 3)
    os.chdir(folder)
    data = folder / "net.data"
    data.write_text(data.read_text().replace("savelast=3", "savelast=1\nbackup=backup"))
    main(_TRAIN.split())
    settings = folder / "net.cfg"
    settings.write_text(settings.read_text().replace("max_batches=3", "max_batches=5"))
    return {
        path: path.read_bytes() for path in (*_STATES, _LAST, Path("backup/net_last.1.weights"))
    }


def _outcome(*, whole: bool) -> tuple[str, str]:
    """What a training says at its start, and what is wrong about it. whole: the state's digest is
    right."""
    said: list[str] = []
    try:
        for event in train("net.data", "net.cfg", resume=True, nogpu=True, threads=0, seed=7):
            if isinstance(event, Began):
                break
            said.append(str(event))
    except Exception:
        return "fault", traceback.format_exc()[-1500:]
    text = "\n".join(said)
    taken = [line for line in said if line.endswith(_WHOLE)]
    if taken and taken[0].startswith(str(_STATES[0])):
        return "taken", "" if whole else f"an altered state was taken: {text}"
    if taken:
        right = "take their place" in text
        return "the one before took its place", "" if right else f"not said: {text}"
    if "momentum begins anew" in text:
        reason = re.sub(r"[\d.]+", "N", text.split("momentum begins anew")[0].rsplit(": ", 2)[-2])
        return f"begun anew: {reason[-60:]}", ""
    return "silent", f"nothing was said: {text}"


def _resealed(raw: bytes, rng: random.Random) -> bytes:
    """The state with another text or other numbers inside, and the digest that belongs to them."""
    begin = raw.index(b"\n") + 1
    (length,) = _LENGTH.unpack_from(raw, begin)
    text = raw[begin + _LENGTH.size : begin + _LENGTH.size + length]
    numbers = raw[begin + _LENGTH.size + length : -_DIGEST_BYTES]
    if rng.random() < 0.5:
        numbers = binary.mutated(numbers, rng)
    else:
        text = _another_text(text, rng)
    body = raw[:begin] + _LENGTH.pack(len(text)) + text + numbers
    return body + hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _another_text(text: bytes, rng: random.Random) -> bytes:
    told = json.loads(text)
    place = rng.choice((told, told["facts"], told["facts"]["guard"]))
    name = rng.choice(list(place))
    number = rng.choice(NUMBERS)
    others = (None, [], {}, "x", -1, 2**70, 1e308, True, [number], place[name])
    if rng.random() < 0.2:
        del place[name]
    else:
        place[name] = rng.choice(others)
    return json.dumps(told).encode()

"""A tiny classifier's project: squares of three colours, a net that takes a moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from darkpy.classifier.train import train_classifier
from darkpy.data.pictures import write_picture
from darkpy.events import Trained
from darkpy.session import chart
from darkpy.session.signals import Signals
from tests.commands import outcome

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (40, 50, 230)}
CFG = """[net]
batch=6
subdivisions=2
width=16
height=16
channels=3
momentum=0.9
decay=0.0005
learning_rate=0.05
max_batches=8
policy=constant

[convolutional]
batch_normalize=1
filters=6
size=3
stride=2
pad=1
activation=leaky

[dropout]
probability=.1

[connected]
output=3
activation=linear

[softmax]
"""


@dataclass(frozen=True)
class Project:
    """Files of a project, whose folder is the working one, and ways to run darkpy in it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: object) -> tuple[int, str, str]:
        """Exit status, standard output and standard error of a command line."""
        return outcome(self.capsys, words)

    def train(self, *flags: object) -> tuple[int, str, str]:
        """`classifier train` on one CPU thread with a fixed seed."""
        words = "-dont_show", "-nogpu", "-seed", 7, "-threads", 0
        return self.run("classifier", "train", "c.data", "c.cfg", *words, *flags)

    def steps(self, stop_after: int = 0, weights: str = "", **flags: object) -> list[Trained]:
        """The same from Python, asked to leave after an iteration; its records."""
        heard, alike = Signals(), {"nogpu": True, "seed": 7, "threads": 0}
        found = []
        for event in train_classifier("c.data", "c.cfg", weights, heard, **{**alike, **flags}):
            if isinstance(event, Trained):
                found.append(event)
                heard.stop = 15 if event.iteration == stop_after else heard.stop
        return found

    def change(self, old: str, new: str, file: str = "c.cfg") -> None:
        """Replace text in a file; it must be there."""
        text = (self.folder / file).read_text()
        assert old in text
        (self.folder / file).write_text(text.replace(old, new))

    def weights(self, tag: str) -> bytes:
        return (self.folder / f"backup/c_{tag}.weights").read_bytes()


@pytest.fixture
def coloured(tmp_path, monkeypatch, capsys) -> Project:
    """Twelve pictures of three colours, of which valid= has half. Charts are left blank."""

    def save_blank(figure: object, *paths: Path) -> None:
        for path in paths:
            path.write_bytes(b"\x89PNG")

    monkeypatch.setattr(chart, "training_figure", lambda *_, **__: None)
    monkeypatch.setattr(chart, "save_figure", save_blank)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    names = [f"{colour}_{n}.png" for n in range(4) for colour in COLOURS]
    for name in names:
        noise = rng.integers(0, 25, (20, 24, 3))
        pixels = np.array(COLOURS[name.split("_")[0]]) + noise
        write_picture(tmp_path / name, pixels.astype(np.uint8))
    (tmp_path / "train.txt").write_text("".join(f"{name}\n" for name in names))
    (tmp_path / "valid.txt").write_text("".join(f"{name}\n" for name in names[:6]))
    (tmp_path / "labels.txt").write_text("".join(f"{colour}\n" for colour in COLOURS))
    (tmp_path / "c.data").write_text(
        "classes=3\ntrain=train.txt\nvalid=valid.txt\nlabels=labels.txt\nbackup=backup\ntop=2\n"
    )
    (tmp_path / "c.cfg").write_text(CFG)
    return Project(tmp_path, capsys)

"""What the screen makes of the records of a training."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import termios

import pytest

from darkpy.console import progress
from darkpy.console.progress import show
from darkpy.events import Progress, Trained
from darkpy.training.record import Step

STEP = Step(40, 3.2, 2.4567, 0.00013, pictures=4, size_hw=(64, 64), wait=0.1, compute=0.9)


def line(capsys, told: Trained) -> str:
    assert show([told]) == 0
    return capsys.readouterr().err


def test_an_iteration_is_one_line_of_loss_rate_speed_and_time(capsys):
    told = Trained(STEP, 90, None, None, -1.0, 31.6, 0.104, 3725.9)

    assert line(capsys, told) == (
        "training 40/90 loss 2.457, rate 0.000130, 32 pictures/s, waiting 10%, 1:02:05 left\n"
    )


def test_the_map_stands_in_the_line_once_it_was_measured(capsys):
    told = Trained(STEP, 90, 0.5432, None, 0.876, 31.6, 0.104, 65.0)

    assert line(capsys, told) == (
        "training 40/90 loss 2.457, rate 0.000130, mAP 54.3% best 87.6%, 32 pictures/s, "
        "waiting 10%, 1:05 left\n"
    )


def test_memory_and_the_parts_of_the_loss_stand_at_the_end_of_the_line(capsys):
    step = Step(40, 3.2, 2.4, 1e-3, 4, (64, 64), 0.1, 0.9, parts={"box": 0.0123456, "classes": 2.0})
    told = Trained(
        step, 90, None, None, -1.0, 31.6, 0.1, 65.0, memory=lambda: {"process": 3 * 2**29}
    )

    assert line(capsys, told).endswith("1:05 left, memory 1.5 GiB, box 0.0123, classes 2\n")


def test_a_slow_loader_is_named_with_its_remedy(capsys):
    waits = Trained(STEP, 90, None, None, -1.0, 31.6, 0.62, 65.0)

    assert (
        "waiting 62% (loading is slower than computing: more -threads, -cache ram, smaller files), "
    ) in line(capsys, waits)


def told_at(iteration: int, total: int) -> Trained:
    parts = {"box": 0.0123456, "objectness": 5.5}
    step = Step(iteration, 3.2, 12.4567, 0.00013, 4, (64, 64), wait=0.1, compute=0.9, parts=parts)
    memory = {"process": 2**29}
    return Trained(step, total, 0.458, None, 0.46, 24, 0.02, 3725.9, memory=lambda: memory)


ALL = "loss 12.457, rate 0.000130, mAP 45.8% best 46.0%, 24 pictures/s, waiting 2%, 1:02:05 left"
MAIN = "loss 12.457, mAP 45.8% best 46.0%, 24 pictures/s, 1:02:05 left"


@pytest.mark.parametrize(
    ("columns", "bar", "note"),
    [
        (182, 20, f"{ALL}, memory 0.5 GiB, box 0.0123, objectness 5.5"),
        (160, 10, f"{ALL}, memory 0.5 GiB, box 0.0123"),  # objectness would be cut
        (110, 10, MAIN),
        (100, 9, MAIN),
        (92, 0, MAIN),  # a bar of one column is none
        (80, 0, "loss 12.457, mAP 45.8% best 46.0%, 1:02:05 left"),
        (52, 0, "loss 12.457, 1:02:05 left"),
    ],
)
def test_a_narrow_terminal_keeps_what_matters_whole(columns, bar, note):
    items = progress._items(told_at(3400, 10000))

    shape, shown = progress._shape("training", 3400, 10000, items, columns)

    assert shown == note
    form = "% {n_fmt}/{total_fmt}" if not bar else f"%|{{bar:{bar}}}| {{n_fmt}}/{{total_fmt}}"
    assert form in shape
    line = f"training  34%{'|' * 2 * bool(bar)}{' ' * bar} 3400/10000, {note}"
    assert len(line) < columns


def terminal(events, columns: int = 100) -> list[str]:
    """The lines that a terminal of so many columns shows in the end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with open(theirs, "w") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", file)
        patch.setattr("sys.stdout", file)
        show(events)
    told = b""
    with contextlib.suppress(OSError):  # the other side is closed
        while piece := os.read(ours, 2**16):
            told += piece
    os.close(ours)
    lines = [""]
    for piece in re.split(r"(\r|\n|\x1b\[A)", told.decode()):
        if piece == "\n":
            lines.append("")
        elif piece not in ("\r", "\x1b[A"):
            lines[-1] = piece + lines[-1][len(piece) :]
    return [line.rstrip() for line in lines if line.strip()]


def test_of_bars_on_the_way_only_what_came_of_them_stays():
    events = [
        told_at(1, 3),
        Progress("measuring", 1, 2),
        Progress("measuring", 2, 2),
        "iteration 1: mAP 45.80%",
        told_at(3, 3),
    ]

    found = terminal(events)

    assert found[0] == "iteration 1: mAP 45.80%"
    assert found[1].startswith("training 100%|██████████|")
    assert found[1].endswith(
        "| 3/3, loss 12.457, mAP 45.8% best 46.0%, 24 pictures/s, 1:02:05 left"
    )
    assert len(found) == 2


def test_a_bar_of_a_command_that_trains_nothing_stays():
    assert terminal([Progress("counting", 2, 2), "2 boxes"], 60) == [
        "counting 100%|████████████████████| 2/2",
        "2 boxes",
    ]

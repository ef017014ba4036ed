"""What the screen makes of the records of a training."""

from __future__ import annotations

from darkpy.console.progress import show
from darkpy.events import Trained
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

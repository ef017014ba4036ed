"""`_run.json` of a training that is resumed again and again."""

from __future__ import annotations

import json

from darkpy.session.run_notes import parts_count, whole, with_part
from darkpy.session.runs import find_runs
from darkpy.session.saving import Saver

FACTS = {"cfg": "a.cfg", "cfg_text": "[net]\n" * 5000, "seed": 3, "max_batches": 200}


def part(number: int, **others) -> dict:
    return {**FACTS, "began": f"day {number}", "first_iteration": 10 * number + 1, **others}


def test_the_last_part_is_whole_and_one_before_it_holds_what_differs():
    ended = part(0) | {"ended": "day 0", "how": "stopped by SIGTERM", "last_iteration": 10}
    parts = with_part([ended], part(1, max_batches=400))

    assert parts[0] == {
        **{"began": "day 0", "first_iteration": 1, "max_batches": 200},
        **{"ended": "day 0", "how": "stopped by SIGTERM", "last_iteration": 10},
    }
    assert parts[1] == part(1, max_batches=400)
    assert whole(parts, 0) == ended


def test_what_is_of_a_part_alone_is_not_taken_from_a_later_one():
    killed = part(0)  # leaves no word of its end
    parts = with_part([killed], part(1))
    parts[-1] |= {"how": "finished", "ended": "day 2"}

    assert whole(parts, 0) == killed


def test_a_change_and_its_taking_back_are_both_told():
    parts = []
    for number, seed in enumerate((3, 4, 3)):
        parts = with_part(parts, part(number, seed=seed))

    assert [whole(parts, number)["seed"] for number in range(3)] == [3, 4, 3]
    assert [whole(parts, number)["cfg_text"] for number in range(3)] == [FACTS["cfg_text"]] * 3


def test_two_hundred_resumes_leave_a_small_file_and_their_number(tmp_path):
    saver = Saver(tmp_path, "net", 100, 100)
    sizes = []
    for number in range(200):
        path = saver.describe_run(part(number), goes_on=number > 0)
        saver.describe_end({"ended": f"day {number}", "how": "stopped by SIGTERM"})
        sizes.append(path.stat().st_size)

    once = sizes[0]
    assert once > 30_000
    assert sizes[-1] < 2 * once + 60 * 200  # two whole ones and sixty short ones
    assert max(sizes[100:]) - min(sizes[100:]) < 200
    parts = json.loads(path.read_text())["runs"]
    assert parts_count(parts) == 200
    assert parts[0]["cfg_text"] == parts[-1]["cfg_text"] == FACTS["cfg_text"]
    assert parts[1]["first_iteration"] == 11
    (run,) = find_runs(tmp_path)
    assert (run.parts, run.began, run.ended) == (200, "day 0", "stopped by SIGTERM")


def test_a_file_that_somebody_damaged_is_gone_on_from(tmp_path):
    path = tmp_path / "net_run.json"
    path.write_text('{"runs": [5, {"parts": "many"}, {"seed": 1}]}')
    Saver(tmp_path, "net", 100, 100).describe_run(part(0), goes_on=True)

    assert parts_count(json.loads(path.read_text())["runs"]) == 3

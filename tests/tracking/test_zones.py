"""Lines that are crossed, areas that are entered."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkpy.errors import DataError
from darkpy.inference.detector import Detections
from darkpy.tracking.zones import Zone, crossings, read_zones


def walk(zone, *places, track=1, size=0.1):
    """An object of class 3 that goes from place to place; the ways it crossed, - for none."""
    done = [zone.go(track, 3, np.array([x, y, size, size])) for x, y in places]
    return "".join(one.direction[0] if one else "-" for one in done)


def gate():
    """From the top of the picture straight down its middle: its left is the picture's right."""
    return Zone("gate", np.array([[0.5, 0.2], [0.5, 0.8]]))


def area():
    return Zone("area", np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]))


def test_a_line_counts_both_ways():
    zone = gate()
    # Looking down, the picture's right is at the left hand: to the picture's left is "in".
    assert walk(zone, (0.7, 0.5), (0.6, 0.5), (0.4, 0.5), (0.3, 0.5), (0.6, 0.5)) == "--i-o"
    assert list(zone.told(("a", "b", "c", "dog"))) == ["gate: dog: 1 in, 1 out"]


def test_who_passes_beyond_its_end_has_not_crossed_it():
    assert walk(gate(), (0.6, 0.9), (0.4, 0.9)) == "--"
    assert walk(gate(), (0.6, 0.1), (0.4, 0.1)) == "--"


def test_who_dithers_on_a_line_is_counted_once_when_it_is_over():
    # A tenth of the side of .1: within .01 of the line nobody is on either side.
    assert (
        walk(gate(), (0.6, 0.5), (0.505, 0.5), (0.495, 0.5), (0.505, 0.5), (0.45, 0.5)) == "----i"
    )


def test_a_quick_one_is_counted_though_never_seen_near():
    assert walk(gate(), (0.9, 0.5), (0.1, 0.5)) == "-i"


def test_an_area_is_entered_and_left():
    assert walk(area(), (0.1, 0.5), (0.3, 0.5), (0.5, 0.5), (0.9, 0.5)) == "-i-o"


def test_who_is_there_from_the_beginning_has_not_entered():
    assert walk(area(), (0.5, 0.5), (0.6, 0.6)) == "--"


def test_an_area_may_have_bays():
    bay = Zone(
        "u",
        np.array(
            [
                [0.1, 0.1],
                [0.9, 0.1],
                [0.9, 0.9],
                [0.6, 0.9],
                [0.6, 0.4],
                [0.4, 0.4],
                [0.4, 0.9],
                [0.1, 0.9],
            ]
        ),
    )
    # In the bay of the U one is outside.
    assert walk(bay, (0.5, 0.7), (0.25, 0.7), (0.5, 0.7), (0.5, 0.25)) == "-ioi"


def test_only_numbered_objects_count():
    zones = [gate()]
    for x in (0.7, 0.3):
        boxes = torch.tensor([[x, 0.5, 0.1, 0.1], [x, 0.6, 0.1, 0.1]])
        found = Detections(boxes, torch.ones(2), torch.tensor([[0.5], [0.5]]), torch.tensor([0, 4]))
        last = crossings(zones, found)

    assert [(one.track, one.direction) for one in last] == [(4, "in")]
    assert zones[0].total("in") == 1
    assert zones[0].total("out") == 0


def test_a_file_of_zones(tmp_path):
    path = tmp_path / "zones.txt"
    path.write_text("# a gate\ngate .5 .2 .5 .8\n\narea 0 0 1 0 1 1  # a corner\n")
    line, corner = read_zones(path)

    assert line.is_line
    assert not corner.is_line
    assert corner.points.tolist() == [[0, 0], [1, 0], [1, 1]]
    assert list(line.told(())) == ["gate: nothing crossed"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no zone"),
        ("gate .5 .2 .5\n", r"zones.txt:1: a zone is `name x1 y1 x2 y2 \.\.\.`"),
        ("gate 320 10 320 400\n", "the numbers shares of the picture, 0 to 1"),
        ("gate 0 0 1 one\n", "a zone is"),
        ("a 0 0 1 1\na 1 0 0 1\n", "zones.txt:2: there is a zone a already"),
    ],
)
def test_what_is_no_zone_is_a_sentence(tmp_path, text, message):
    path = tmp_path / "zones.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_zones(path)

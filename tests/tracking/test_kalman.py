"""Boxes that move on."""

from __future__ import annotations

import numpy as np
import pytest

from darkpy.tracking.kalman import Motion


def nobody(motion):
    return np.zeros(len(motion.mean), bool)


def test_a_new_box_is_expected_to_stay():
    motion = Motion()
    motion.add(np.array([[0.5, 0.25, 0.25, 0.125]]))
    motion.predict(nobody(motion))

    assert motion.boxes.tolist() == [[0.5, 0.25, 0.25, 0.125]]


def test_a_steady_speed_is_learnt():
    motion = Motion()
    motion.add(np.array([[0.1, 0.5, 0.1, 0.1]]))
    for frame in range(1, 30):
        motion.predict(nobody(motion))
        motion.see(np.array([0]), np.array([[0.1 + 0.02 * frame, 0.5, 0.1, 0.1]]))
    motion.predict(nobody(motion))

    assert motion.boxes[0] == pytest.approx([0.1 + 0.02 * 30, 0.5, 0.1, 0.1], abs=1e-3)


def test_the_first_measurement_is_weighed_by_the_uncertainties():
    # Variances of cx, w = 1: (2/20)^2 = .01 at first, after a frame + the speed's (10/160)^2 and
    # the frame's own (1/20)^2: .01 + .00390625 + .0025 = .01640625; a measurement has (1/20)^2.
    motion = Motion()
    motion.add(np.array([[0.0, 0.0, 1.0, 1.0]]))
    motion.predict(nobody(motion))
    motion.see(np.array([0]), np.array([[0.1, 0.0, 1.0, 1.0]]))

    share = 0.01640625 / (0.01640625 + 0.0025)
    assert motion.mean[0, 0] == pytest.approx(0.1 * share)
    assert motion.spread[0, 0, 0] == pytest.approx(0.01640625 * (1 - share))


def test_a_lost_box_keeps_its_size_and_goes_on():
    motion = Motion()
    motion.add(np.array([[0.5, 0.5, 0.1, 0.1]]))
    motion.mean[0, 4:] = (0.01, 0.0, 0.02, 0.02)
    motion.predict(np.array([True]))

    assert motion.boxes[0] == pytest.approx([0.51, 0.5, 0.1, 0.1])


def test_boxes_are_forgotten_one_by_one():
    motion = Motion()
    motion.add(np.array([[0.1, 0.1, 0.1, 0.1], [0.9, 0.9, 0.1, 0.1]]))
    motion.keep(np.array([False, True]))

    assert motion.boxes.tolist() == [[0.9, 0.9, 0.1, 0.1]]
    assert motion.spread.shape == (1, 8, 8)

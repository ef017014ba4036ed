"""Darknet's lines of `detector recall`."""

from __future__ import annotations

import numpy as np
import torch

from darkpy.metrics.recall import Recall

A, B = [0.2, 0.5, 0.2, 0.2], [0.7, 0.5, 0.2, 0.2]


def test_lines_count_on_from_picture_to_picture():
    recall = Recall(iou_thresh=0.5)

    # One object exactly, the other one by a box moved by half its width (IoU 1/3): (1 + 1/3) / 2.
    first = recall.add(torch.tensor([A, [0.8, 0.5, 0.2, 0.2]]), np.array([A, B]))
    # No box: 1 of 3 found, 2 boxes in 2 pictures, (4/3) / 3.
    second = recall.add(torch.zeros(0, 4), np.array([A]))

    assert first == "    0     1     2\tRPs/Img: 2.00\tIOU: 66.67%\tRecall:50.00%"
    assert second == "    1     1     3\tRPs/Img: 1.00\tIOU: 44.44%\tRecall:33.33%"


def test_one_box_may_find_two_objects():
    recall = Recall(iou_thresh=0.3)

    line = recall.add(torch.tensor([A]), np.array([A, A]))

    assert line == "    0     2     2\tRPs/Img: 1.00\tIOU: 100.00%\tRecall:100.00%"


def test_pictures_without_objects_have_no_share():
    line = Recall(iou_thresh=0.5).add(torch.tensor([A]), np.zeros((0, 4)))

    assert line == "    0     0     0\tRPs/Img: 1.00\tIOU: 0.00%\tRecall:0.00%"

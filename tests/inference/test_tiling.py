"""A large picture in tiles: every object once, wherever the borders fall."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from darkpy.inference.detector import Detections, Detector
from darkpy.inference.tiling import TiledDetector, tiles
from darkpy.model.network import Network
from tests.detector.conftest import CFG

SMALLEST, LARGEST = 0.05, 0.95  # share of the shown picture's side that the stand-in can see


def bright_blobs(_self, pictures, *, thresh, nms=0.45, letter_box=False) -> list[Detections]:
    """A stand-in for a network: finds bright rectangles that are not too small where it looks.

    What a border cuts it finds as far as it sees it, and is a little less sure of it.
    """
    found = []
    for pixels in pictures:
        h, w = pixels.shape[:2]
        count, _, stats, _ = cv2.connectedComponentsWithStats((pixels[..., 0] > 128).astype("u1"))
        rows = []
        for left, top, wide, high, _ in stats[1:count]:
            if not SMALLEST < max(wide / w, high / h) < LARGEST:
                continue
            edge = left == 0 or top == 0 or left + wide == w or top + high == h
            box = ((left + wide / 2) / w, (top + high / 2) / h, wide / w, high / h)
            rows.append([*box, 0.9, 0.7 if edge else 0.9])
        table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 6)
        found.append(Detections(table[:, :4], table[:, 4], table[:, 5:]))
    return found


@pytest.fixture
def tiled(tmp_path, monkeypatch) -> TiledDetector:
    cfg = tmp_path / "tiny.cfg"
    cfg.write_text(CFG.replace("classes=2", "classes=1").replace("filters=14", "filters=12"))
    monkeypatch.setattr(Detector, "detect", bright_blobs)
    return TiledDetector(Detector(Network.from_cfg(cfg), ["blob"]), side_px=100, overlap=0.25)


def composed(boxes_px: list[tuple[int, int, int, int]], h: int, w: int) -> np.ndarray:
    """A dark picture with bright rectangles: left, top, width, height."""
    pixels = np.zeros((h, w, 3), np.uint8)
    for left, top, wide, high in boxes_px:
        pixels[top : top + high, left : left + wide] = 255
    return pixels


def edges_px(found: Detections, h: int, w: int) -> list[tuple[int, ...]]:
    """Left, top, width, height of what has a class, sorted."""
    rows = found.boxes[found.probs[:, 0] > 0] * torch.tensor((w, h, w, h))
    left_top = rows[:, :2] - rows[:, 2:] / 2
    return sorted(
        tuple(round(v) for v in row) for row in torch.cat((left_top, rows[:, 2:]), 1).tolist()
    )


def test_tiles_cover_the_picture_and_share_what_they_shall():
    windows = tiles((150, 250), 100, 0.25)

    # 1 + ceil(150 / 75) = 3 columns, 1 + ceil(50 / 75) = 2 rows
    assert len(windows) == 6
    assert windows[0] == (0, 100, 0, 100)
    assert windows[-1] == (50, 150, 150, 250)
    seen = np.zeros((150, 250), bool)
    for top, bottom, left, right in windows:
        seen[top:bottom, left:right] = True
    assert seen.all()


def test_a_picture_of_one_tile_is_not_cut():
    assert tiles((80, 100), 100, 0.25) == [(0, 80, 0, 100)]


# 8 px: 4 % of the whole picture's height, which is too small, and 8 % of a tile's side. One lies on
# a tile's border (x = 100) and one in the corner of four.
SMALL = [(20, 20, 8, 8), (96, 30, 8, 8), (96, 96, 8, 8), (370, 170, 8, 8)]


def test_small_objects_are_found_once_wherever_the_borders_fall(tiled):
    pixels = composed(SMALL, 200, 400)
    (whole,) = bright_blobs(None, [pixels], thresh=0.25)
    (found,) = tiled.detect([pixels], thresh=0.25)

    assert len(whole.boxes) == 0
    assert edges_px(found, 200, 400) == sorted(SMALL)


def test_an_object_larger_than_a_tile_is_the_whole_pictures(tiled):
    large = (40, 20, 250, 150)
    (found,) = tiled.detect([composed([large], 200, 400)], thresh=0.25)

    assert edges_px(found, 200, 400) == [large]


def test_two_objects_side_by_side_stay_two(tiled):
    pair = [(90, 40, 14, 14), (106, 40, 14, 14)]
    (found,) = tiled.detect([composed(pair, 200, 400)], thresh=0.25)

    assert edges_px(found, 200, 400) == pair


def test_without_suppression_what_a_border_cut_is_gone_all_the_same(tiled):
    (found,) = tiled.detect([composed([(92, 30, 15, 15)], 100, 400)], thresh=0.25, nms=0)

    assert set(edges_px(found, 100, 400)) == {(92, 30, 15, 15)}


def test_an_ordinary_picture_is_looked_at_as_ever(tiled):
    pixels = composed([(10, 10, 30, 30)], 100, 100)
    (found,) = tiled.detect([pixels], thresh=0.25)
    (plain,) = bright_blobs(None, [pixels], thresh=0.25)

    assert torch.equal(found.boxes, plain.boxes)

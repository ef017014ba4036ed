"""The film of scripts/flashes takes memory: what a square is can be seen in the light alone."""

from __future__ import annotations

import cv2
import numpy as np

from scripts.film_of_flashes import (
    EPISODE,
    NAMES,
    SIDE_PX,
    SQUARE_PX,
    film_of_flashes,
    write_film,
    write_frames,
)


def test_frames_in_the_dark_look_alike_whatever_they_are():
    frames = film_of_flashes(seed=3, episodes=12)

    assert [frame.lit for frame in frames] == [True, False, False, False] * 12
    for first in range(0, len(frames), EPISODE):
        assert len({frame.number for frame in frames[first : first + EPISODE]}) == 1
    seen = {}
    for frame in frames:
        colours = frozenset(map(tuple, frame.picture.reshape(-1, 3).tolist()))
        seen.setdefault(colours, set()).add(frame.number)
    lit, other, dark = sorted(seen.values(), key=len)
    assert (len(lit), len(other)) == (1, 1)
    assert lit != other
    assert dark == {0, 1}


def test_the_box_is_where_the_square_is():
    for frame in film_of_flashes(seed=4, episodes=3):
        rows, columns = np.nonzero((frame.picture == 200).all(axis=2))
        left, top = columns.min(), rows.min()
        assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == (SQUARE_PX, SQUARE_PX)
        centre = (left + SQUARE_PX / 2) / SIDE_PX, (top + SQUARE_PX / 2) / SIDE_PX
        assert frame.box == (*centre, SQUARE_PX / SIDE_PX, SQUARE_PX / SIDE_PX)


def test_files_have_the_frames_in_order(tmp_path):
    frames = film_of_flashes(seed=5, episodes=2)

    paths = write_frames(tmp_path / "frames", frames)
    write_film(tmp_path / "film.avi", frames)

    assert sorted(paths) == paths
    assert all(NAMES[frame.number] in path for path, frame in zip(paths, frames, strict=True))
    label = (tmp_path / "frames" / paths[0].rsplit("/", 1)[1]).with_suffix(".txt").read_text()
    assert label.startswith(f"{frames[0].number} {frames[0].box[0]:.6f} ")
    assert cv2.VideoCapture(str(tmp_path / "film.avi")).get(cv2.CAP_PROP_FRAME_COUNT) == 8

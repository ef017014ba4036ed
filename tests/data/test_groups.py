"""What belongs together is kept together: videos, exports of one picture, near-duplicates."""

from __future__ import annotations

import numpy as np

from darkpy.data.groups import group_pictures


def drawn(count: int, seed: int = 0) -> np.ndarray:
    """Hashes of pictures that have nothing in common."""
    return np.random.default_rng(seed).integers(0, 2**63, count, dtype=np.uint64)


def film(count: int, seed: int = 0, bits: int = 6) -> np.ndarray:
    """Hashes of successive frames, each `bits` bits away from the one before."""
    rng = np.random.default_rng(seed)
    hashes = drawn(1, seed)
    for _ in range(count - 1):
        flips = sum(1 << int(bit) for bit in rng.choice(63, bits, replace=False))
        hashes = np.append(hashes, hashes[-1] ^ np.uint64(flips))
    return hashes


def test_numbered_frames_whose_neighbours_look_alike_are_one_group():
    paths = [f"a/walk_{n:04d}.jpg" for n in range(20)] + [f"a/street_{n}.jpg" for n in range(20)]
    groups = group_pictures(paths, np.append(film(20, 1), film(20, 2)))

    assert (groups.count, groups.videos) == (2, 2)
    assert len(set(groups.group[:20])) == 1


def test_the_order_of_frames_is_that_of_their_numbers_not_of_their_names():
    # f1 f10 f11 f2 ... as a folder lists them; by number they are a film.
    names = sorted(f"f{n}.jpg" for n in range(1, 21))
    by_number = dict(zip((f"f{n}.jpg" for n in range(1, 21)), film(20, 3), strict=True))

    assert group_pictures(names, np.array([by_number[name] for name in names])).videos == 1


def test_numbered_pictures_that_have_nothing_in_common_are_no_video():
    groups = group_pictures([f"img_{n}.jpg" for n in range(50)], drawn(50))

    assert (groups.count, groups.videos, groups.series) == (50, 0, 1)


def test_the_same_name_in_two_folders_is_two_videos():
    paths = [f"{folder}/{n}.jpg" for folder in ("one", "two") for n in range(10)]

    assert group_pictures(paths, np.append(film(10, 1), film(10, 2))).count == 2


def test_exported_copies_of_one_picture_stay_together():
    paths = [
        "car_jpg.rf.0a1b2c3d.jpg",
        "car_jpg.rf.ffff0000.jpg",
        "cart_jpg.rf.0a1b2c3d.jpg",
    ]

    assert group_pictures(paths, drawn(3)).group.tolist() == [0, 0, 1]


def test_near_duplicates_tie_pictures_of_any_name():
    hashes = drawn(4)
    hashes[3] = hashes[0] ^ np.uint64(0b101)
    groups = group_pictures(["a/x.jpg", "a/y.jpg", "b/z.jpg", "c/copy.png"], hashes)

    assert groups.group.tolist() == [0, 1, 2, 0]
    assert groups.alike == 2

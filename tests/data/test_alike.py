"""Near-duplicates are found by a hash of 64 bits, all of them and only them."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from darkpy.data.alike import (
    ALIKE_BITS,
    connected,
    difference_hash,
    distances,
    hashes_of,
    near_duplicates,
)


def scene(seed: int, side: int = 96) -> np.ndarray:
    """A picture with large soft shapes."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6), dtype=np.uint8)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


def test_a_bit_says_whether_a_pixel_is_brighter_than_its_left_neighbour():
    rising = np.tile(np.arange(9, dtype=np.uint8) * 20, (8, 1))

    assert difference_hash(rising) == np.uint64(2**64 - 1)
    assert difference_hash(rising[:, ::-1]) == 0
    assert difference_hash(np.full((8, 9), 7, dtype=np.uint8)) == 0  # equal is not brighter


def test_size_brightness_and_compression_hardly_change_the_hash():
    picture = scene(1)
    smaller = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)
    darker = (picture * 0.7).astype(np.uint8)
    coded = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 0)
    hashes = np.array([difference_hash(x) for x in (picture, smaller, darker, coded)])

    assert (distances(hashes, np.repeat(hashes[:1], 4)) <= ALIKE_BITS).all()
    assert distances(hashes[:1], np.array([difference_hash(scene(2))]))[0] > 3 * ALIKE_BITS


def test_files_that_cannot_be_decoded_have_no_hash(tmp_path):
    good, broken = tmp_path / "good.png", tmp_path / "broken.jpg"
    cv2.imwrite(str(good), scene(3))
    broken.write_bytes(b"no picture")

    found = list(hashes_of([str(good), str(broken), str(tmp_path / "missing.jpg")]))

    assert found[0] is not None
    assert found[1:] == [None, None]


def test_the_pairs_are_those_of_a_comparison_of_all_with_all():
    rng = np.random.default_rng(4)
    middles = rng.integers(0, 2**63, 40, dtype=np.uint64)
    hashes = []
    for middle in middles:  # clusters of 5, members 0 to 7 bits away from their middle
        for _ in range(5):
            flips = rng.choice(64, rng.integers(8), replace=False)
            hashes.append(middle ^ np.uint64(sum(1 << int(bit) for bit in flips)))
    hashes = np.array(hashes, dtype=np.uint64)
    all_pairs = np.array(list(itertools.combinations(range(len(hashes)), 2)))
    close = all_pairs[distances(hashes[all_pairs[:, 0]], hashes[all_pairs[:, 1]]) <= ALIKE_BITS]

    ours = connected(len(hashes), near_duplicates(hashes))

    assert len(close) > 50
    assert (ours == connected(len(hashes), close)).all()


def test_components_are_named_by_their_smallest_member():
    pairs = np.array([(4, 1), (3, 4), (5, 6)])

    # 1-4-3 is a chain, 5-6 a pair, 0 and 2 are alone.
    assert connected(7, pairs).tolist() == [0, 1, 2, 1, 1, 5, 5]
    assert connected(2, np.empty((0, 2), dtype=int)).tolist() == [0, 1]


def test_no_pictures_have_no_duplicates():
    assert near_duplicates(np.empty(0, dtype=np.uint64)).shape == (0, 2)

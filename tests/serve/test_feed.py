"""One publishes, many follow, nobody waits for the slow."""

from __future__ import annotations

import threading

from darkpy.serve.feed import Feed


def test_a_follower_gets_what_is_published_from_then_on():
    feed = Feed(kept=4)
    feed.publish("before")
    items = feed.follow()
    for item in "ab":
        feed.publish(item)
    feed.close()

    assert list(items) == ["a", "b"]


def test_a_slow_follower_misses_the_oldest_and_others_miss_nothing():
    feed = Feed(kept=2)
    slow = feed.follow()
    quick = feed.follow()
    got = []
    for number in range(5):
        feed.publish(number)
        got.append(next(quick))
    feed.close()

    assert got == [0, 1, 2, 3, 4]
    assert list(slow) == [3, 4]


def test_a_follower_waits_for_news():
    feed = Feed(kept=1)
    items = feed.follow()
    threading.Timer(0.02, feed.publish, ["late"]).start()

    assert next(items) == "late"


def test_who_leaves_is_followed_by_nobody():
    feed = Feed(kept=1)
    items = feed.follow()
    assert feed.followed
    feed.publish(1)
    next(items)
    items.close()

    assert not feed.followed

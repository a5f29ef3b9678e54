"""The store of posts: lag, order and bounds."""

import json

import pytest

from locust_ext.demo.posts import PostStore

LAG = 0.05


@pytest.fixture
def store(world):
    """Make a store that keeps ten written posts."""
    return PostStore(lag=LAG, clock=world.clock, limit=10)


VISIBILITY = [
    ("not at once", 0.0, False),
    ("not just before the lag is over", 0.049, False),
    ("when the lag is over", LAG, True),
    ("ever after", 3600.0, True),
]


@pytest.mark.parametrize("later, visible", [row[1:] for row in VISIBILITY], ids=[row[0] for row in VISIBILITY])
def test_replica_lag(store, world, later, visible):
    """The post itself and the feed show a write at the same moment, and not before."""
    post_id = store.write("7", "hello")
    world.run(later)
    assert visible == store.readable(post_id)
    assert visible == (post_id in [post.id for post in store.newest("7", 20)])


GROWTH = [  # (written after so many seconds, the lag)
    ("at the start as without", 0.0, LAG),
    ("20 ms more a second later", 1.0, LAG + 0.02),
    ("more than a second after a minute", 60.0, LAG + 1.2),
]


@pytest.mark.parametrize("written, lag", [row[1:] for row in GROWTH], ids=[row[0] for row in GROWTH])
def test_lag_that_grows(world, written, lag):
    """From the store's start on; a post that was written before keeps its lag, so that they appear in their order."""
    world.run(7.0)
    store = PostStore(lag=LAG, growth=0.02, clock=world.clock)
    early = store.write("7", "early")
    world.run(7.0 + written)
    late = store.write("7", "late")
    world.run(7.0 + written + lag - 0.001)
    assert (store.readable(early), store.readable(late)) == (written > 0, False)
    world.run(7.0 + written + lag + 0.001)
    assert store.readable(late)


def test_newest_first(store, world):
    """A feed begins with the latest write and is filled up with founding posts."""
    ids = [store.write("7", "x") for _ in range(3)]
    world.run(1.0)
    feed = [post.id for post in store.newest("7", 5)]
    assert [*reversed(ids), "20", "19"] == feed


def test_communities_are_apart(store, world):
    """A write shows in its own community only."""
    post_id = store.write("7", "x")
    world.run(1.0)
    assert post_id not in [post.id for post in store.newest("8", 100)]


def test_every_post_in_a_feed_is_readable(store, world):
    """What a feed shows can be read, founding posts included."""
    store.write("7", "x")
    world.run(1.0)
    assert all(store.readable(post.id) for post in store.newest("7", 100))


LIMITS = [("none", 0, 0), ("some", 3, 3), ("more than there are", 100, 20)]


@pytest.mark.parametrize("limit, length", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_limit(store, limit, length):
    """A feed has at most `limit` posts."""
    assert length == len(store.newest("new", limit))


def test_bounded(store, world):
    """Beyond the limit the oldest written posts go, from the feed and from the readers alike."""
    ids = [store.write(str(number % 3), "x") for number in range(100)]
    world.run(1.0)
    assert len(store) == 30
    assert [store.readable(post_id) for post_id in ids] == [False] * 90 + [True] * 10
    assert store.newest("1", 100)[0].id in ids[-10:]
    shown = {post.id for community in "012" for post in store.newest(community, 100)}
    assert shown & set(ids) == set(ids[-10:])


def test_empty_communities_are_forgotten(store):
    """A community without posts of its own leaves no trace."""
    for number in range(1000):
        store.write(str(number), "x")
    assert len(store._communities) == 10


BODIES = [("plain", "hello"), ("quotes", 'say "hi"'), ("not ASCII", "snow ☃"), ("half a surrogate pair", "\ud800")]


@pytest.mark.parametrize("body", [row[1] for row in BODIES], ids=[row[0] for row in BODIES])
def test_rendered_once(store, world, body):
    """The rendered JSON carries the id and the body as they are."""
    post_id = store.write("7", body)
    world.run(1.0)
    assert json.loads(store.newest("7", 1)[0].json) == {"id": post_id, "body": body}

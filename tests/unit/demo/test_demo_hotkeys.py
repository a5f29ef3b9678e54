"""The hot-key cache: one computation for all who miss together."""

import pytest

from locust_ext.demo.hotkeys import HotKeys

ORIGIN_SECONDS = 0.04


@pytest.fixture
def cache(world):
    """Make a cache of three keys with a life of one second, whose origin takes 40 ms."""
    return HotKeys(lambda: world.sleep(ORIGIN_SECONDS), life=1.0, clock=world.clock, limit=3)


READS = [
    ("a first read misses", [0.0], [False], 1),
    ("a second one hits", [0.0, 0.5], [False, True], 1),
    ("readers of the same moment share one computation", [0.0, 0.0, 0.01], [False, False, False], 1),
    ("life counts from the end of the computation", [0.0, 1.03], [False, True], 1),
    ("after its life it is computed again", [0.0, 1.05], [False, False], 2),
]


@pytest.mark.parametrize("moments, hits, computed", [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_reads(cache, world, spawn, moments, hits, computed):
    """Each reader learns whether the key was cached when it came."""
    readers = []
    for moment in moments:
        world.run(moment)
        readers.append(spawn(cache.read, "k"))
    world.run(10.0)
    assert hits == [reader.value for reader in readers]
    assert computed == cache.computations


STAMPEDES = [
    ("readers of the same moment compute it each", [0.0, 0.0, 0.01], [False, False, False], 3),
    ("once it is cached they all hit", [0.0, 0.5, 0.5], [False, True, True], 1),
    ("life counts from the end of the last computation", [0.0, 0.03, 1.06], [False, False, True], 2),
    ("after its life they trample again", [0.0, 0.0, 1.05, 1.05], [False] * 4, 4),
]


@pytest.mark.parametrize("moments, hits, computed", [row[1:] for row in STAMPEDES], ids=[row[0] for row in STAMPEDES])
def test_stampede(world, spawn, moments, hits, computed):
    """Without the single flight, anyone who misses computes."""
    cache = HotKeys(lambda: world.sleep(ORIGIN_SECONDS), life=1.0, clock=world.clock, single_flight=False)
    readers = []
    for moment in moments:
        world.run(moment)
        readers.append(spawn(cache.read, "k"))
    world.run(10.0)
    assert hits == [reader.value for reader in readers]
    assert computed == cache.computations


def test_keys_are_apart(cache, world, spawn):
    """Each key has a computation of its own."""
    for key in "ab":
        spawn(cache.read, key)
    world.run(1.0)
    assert cache.computations == 2


def test_bounded(cache, world, spawn):
    """Beyond the limit, the key that expires first goes."""
    for place, key in enumerate("abcd", start=1):
        spawn(cache.read, key)
        world.run(0.1 * place)
    assert len(cache) == 3
    again, gone = spawn(cache.read, "b"), spawn(cache.read, "a")
    world.run(0.6)
    assert (again.value, gone.value) == (True, False)


def test_a_waiter_takes_over_when_the_origin_fails(world, spawn):
    """A failed computation fails its own reader only; one who waited computes instead."""
    failures = [RuntimeError("origin down")]

    def origin():
        world.sleep(ORIGIN_SECONDS)
        if failures:
            raise failures.pop()

    cache = HotKeys(origin, life=1.0, clock=world.clock)

    def unlucky():
        with pytest.raises(RuntimeError, match="origin down"):
            cache.read("k")
        return "failed"

    readers = [spawn(unlucky), spawn(cache.read, "k"), spawn(cache.read, "k")]
    world.run(1.0)
    assert [reader.value for reader in readers] == ["failed", False, False]
    assert cache.computations == 2

"""What write() and read() may return, what each means, and what is said of anything else."""

from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.replicas.returned import MOST_KEYS, MistakenUseError, Newest, Sight, Written, sight_of, written_of


class Point(NamedTuple):
    """A key of a class of its own."""

    x: int
    y: int


WRITTEN = [
    pytest.param(None, None, id="nothing: the write failed"),
    pytest.param(False, None, id="no: the write failed"),
    pytest.param("7", Written("7"), id="a key"),
    pytest.param(0, Written(0), id="a key that is 0"),
    pytest.param("", Written(""), id="a key that is empty"),
    pytest.param(["a", 5], Written(["a", 5]), id="a key that is a list"),
    pytest.param(Point(1, 2), Written(Point(1, 2)), id="a key of a class of its own, though a kind of tuple"),
    pytest.param(("7", 3), Written("7", 3), id="a key and a version"),
    pytest.param((("a", "b"), -1), Written(("a", "b"), -1), id="a key that is a tuple, in one with its version"),
]


@pytest.mark.parametrize("returned, written", WRITTEN)
def test_what_was_written(returned, written):
    """The key, with its version where the team counts them."""
    assert written_of(returned, "PostUser") == written


WRONG = [
    pytest.param((), "returned (): return the key, or (key, version)", id="an empty tuple"),
    pytest.param(("a", 1, 2), "('a', 1, 2)", id="a tuple of three"),
    pytest.param((None, 1), "(None, 1)", id="a version of nothing"),
    pytest.param(("a", "1"), "'1' as a version", id="a version that is a text"),
    pytest.param(("a", 1.5), "1.5 as a version", id="a version that is not whole"),
    pytest.param(("a", True), "True as a version", id="a version that is yes"),
    pytest.param(("a", None), "None as a version", id="no version"),
]


@pytest.mark.parametrize("returned, says", WRONG)
def test_what_says_nothing_of_a_write(returned, says):
    """Is a sentence that names the class."""
    with pytest.raises(MistakenUseError) as told:
        written_of(returned, "PostUser")
    assert says in str(told.value)
    assert str(told.value).startswith("PostUser.write() returned ")


SIGHTS = [
    pytest.param(None, None, Sight(False), id="not there"),
    pytest.param(False, None, Sight(False), id="no"),
    pytest.param("7", None, Sight(True), id="there"),
    pytest.param(0, None, Sight(True), id="there, and it is 0"),
    pytest.param("", None, Sight(True), id="there, and it is empty"),
    pytest.param(None, 3, Sight(False), id="no version of it is there"),
    pytest.param(3, 3, Sight(True, 3, 0), id="its version"),
    pytest.param(4, 3, Sight(True, 4, 0), id="a later one, since somebody else has written"),
    pytest.param(2, 3, Sight(False, 2, 1), id="one version behind"),
    pytest.param(-4, 3, Sight(False, -4, 7), id="seven behind"),
]


@pytest.mark.parametrize("returned, version, sight", SIGHTS)
def test_what_a_read_saw(returned, version, sight):
    """Whether the value is there, which version, and how far behind that is."""
    assert sight_of(returned, version, "PostUser") == sight


@pytest.mark.parametrize("returned", ["3", 3.0, True, ["3"], b"3"], ids=repr)
def test_a_read_that_is_to_return_a_version(returned):
    """And returns something else: a sentence, since whether it is stale cannot be told."""
    with pytest.raises(MistakenUseError, match=r"^PostUser\.read\(\) returned "):
        sight_of(returned, 3, "PostUser")


KEYS = st.sampled_from(["a", "b", 7])


@given(st.lists(st.tuples(KEYS, st.integers(0, 5)), max_size=40))
def test_going_back(reads):
    """A read goes back where any read of the same key before it was newer."""
    newest, before = Newest(), {}
    for key, version in reads:
        assert newest.goes_back(key, version) == (version < max(before.get(key, []), default=version))
        before.setdefault(key, []).append(version)


def test_keys_that_cannot_be_looked_up():
    """Are told apart by what they say."""
    newest = Newest()
    assert not newest.goes_back(["a"], 5)
    assert not newest.goes_back(["b"], 4)
    assert newest.goes_back(["a"], 4)


def test_as_many_keys_as_are_known():
    """The one read longest ago is forgotten; that of each read is among those that are not."""
    newest, rng = Newest(), Random(1)
    for number in range(MOST_KEYS):
        newest.goes_back(number, 5)
    assert newest.goes_back(0, 4), "it is known, and now the latest"
    newest.goes_back("one more", 5)
    assert newest.goes_back(0, 4)
    assert not newest.goes_back(1, 4), "it was forgotten"
    for _ in range(3 * MOST_KEYS):
        newest.goes_back(rng.random(), 1)
    assert len(newest._versions) == MOST_KEYS

"""What the generator had too little of, in sentences with a number that would do."""

from __future__ import annotations

import pytest

from locust_ext.clients import shortage
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.shortage import UNMADE, descriptors_for, shortages_of, too_few
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import Kind

NEEDED = [(0, 200), (1, 300), (100, 300), (101, 400), (1500, 1700), (1501, 1800)]


@pytest.mark.parametrize(("users", "number"), NEEDED)
def test_how_many_will_do(users, number):
    """One a user, 200 of the process's own, in hundreds: people type it."""
    assert descriptors_for(users) == number


LIMITS = [
    ("as many as needed", 824, 1024, ""),
    ("one too few", 825, 1024, "825 users in one process need about 1,100 descriptors, and it may have 1,024"),
    ("far too few", 1500, 256, "1,500 users in one process need about 1,700 descriptors, and it may have 256"),
    ("one user", 1, 200, "1 user in one process need"),
    ("none", 0, 200, ""),
]


@pytest.mark.parametrize(("users", "limit", "beginning"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_before_the_run(users, limit, beginning):
    """What they need, what there is, and what to type."""
    sentence = too_few(users, limit)
    assert sentence.startswith(beginning)
    assert bool(sentence) is bool(beginning)
    if users == 1500:
        assert "`ulimit -n 1700`" in sentence


def store(*unmade):
    """Return what a run measured: of connections that could not be made what was lacking, the limit, how many."""
    recorder = Recorder()
    for lacking, limit, count in unmade:
        recorder.add(UNMADE, Kind.COUNTER, count, {"lacking": lacking, **({"ulimit": limit} if limit else {})})
    found = Store()
    found.merge(recorder.take())
    return found


BOTH = store(("descriptors", 1024, 7), ("descriptors", 256, 3), ("ports", None, 1))
ROWS = [
    ("nothing was lacking", store(), 1500, []),
    ("something that nobody knows", store(("luck", None, 3)), 1500, []),
    (
        "descriptors",
        store(("descriptors", 1024, 2989)),
        1500,
        ["2,989 connections could not be made: a process of the load generator had no descriptor left (it may have 1,024)"],
    ),
    ("one", store(("descriptors", 1024, 1)), 1500, ["1 connection could not be made: a process"]),
    (
        "of several limits the lowest",
        BOTH,
        1500,
        [
            "10 connections could not be made: a process of the load generator had no descriptor left (it may have 256)",
            "1 connection could not be made",
        ],
    ),
    ("ports", store(("ports", None, 60)), 1500, ["60 connections could not be made: the load generator had no port left"]),
]  # fmt: skip


@pytest.mark.parametrize(("found", "users", "beginnings"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_after_the_run(found, users, beginnings):
    """A sentence for each kind of thing; it puts the run in doubt."""
    sentences = list(shortages_of(found, users))
    assert [one[: len(start)] for one, start in zip(sentences, beginnings, strict=True)] == beginnings
    assert doubts(RunHealth(shortages=tuple(sentences))) == sentences


TYPED = [
    ("what its users need", 1500, 1024, "ulimit -n 1700`"),
    ("twice as many where those would have been enough", 100, 1024, "ulimit -n 2100`"),
    ("twice as many where they were just enough", 824, 1024, "ulimit -n 2100`"),
    ("the lowest limit counts", 1500, 256, "ulimit -n 1700`"),
]


@pytest.mark.parametrize(("users", "limit", "typed"), [row[1:] for row in TYPED], ids=[row[0] for row in TYPED])
def test_the_number_that_would_do(users, limit, typed):
    """More than there was: users may have several connections each."""
    (sentence,) = shortages_of(store(("descriptors", limit, 5)), users)
    assert typed in sentence


def test_ports_are_explained():
    """What happens to them, and the ways out."""
    (sentence,) = shortages_of(store(("ports", None, 5)), 10)
    for word in ("TIME_WAIT", "net.ipv4.ip_local_port_range", "source addresses", "machines", "keep connections"):
        assert word in sentence


def test_it_is_what_clients_count():
    """One metric under one name."""
    assert shortage.UNMADE == UNMADE
    assert BUILT_IN[UNMADE].kind is Kind.COUNTER

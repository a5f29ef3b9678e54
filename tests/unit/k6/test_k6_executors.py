"""One scenario of a script as a load of ours: its numbers, and what must be known of it."""

import pytest

from locust_ext.drafts.configuration import ConfigEntry
from locust_ext.k6.executors import load_of, scenario_entries
from locust_ext.k6.options import EXECUTORS
from locust_ext.k6.reading import read_test
from locust_ext.k6.script import read_text

STEADY = {"rate": 200, "duration": "1m", "preAllocatedVUs": 5}


def executor(name, **fields):
    """Return an executor as a script says it."""
    return EXECUTORS[name].model_validate(fields)


def told(entries):
    """Return entries as plain values."""
    return {entry.key: entry.value for entry in entries}


POOLS = [
    ("as many as at first", {}, {"users": 5}, ()),
    ("more if they are needed", {"maxVUs": 6}, {"users": 5, "max_users": 6}, ()),
    ("no more than at first", {"maxVUs": 5}, {"users": 5}, ()),
    ("none at first", {"preAllocatedVUs": 0}, {"users": 1}, ("preAllocatedVUs: k6 begins with none",)),
    ("none at first, and one at the most", {"preAllocatedVUs": 0, "maxVUs": 1}, {"users": 1}, ("preAllocatedVUs",)),
    ("time to finish", {"gracefulStop": "30s"}, {"users": 5, "graceful_stop": "30s"}, ()),
    ("no time to finish", {"gracefulStop": "0s"}, {"users": 5, "graceful_stop": "0s"}, ()),
]


@pytest.mark.parametrize("fields, pool, notes", [row[1:] for row in POOLS], ids=[row[0] for row in POOLS])
def test_pools(fields, pool, notes):
    """Users of an open load."""
    load = load_of(executor("constant-arrival-rate", **{**STEADY, **fields}))
    assert told(load.arrivals) == {"rate": "200/s", "duration": "1m", **pool}
    assert len(load.notes) == len(notes)
    assert all(said.startswith(start) for said, start in zip(load.notes, notes, strict=True))


def test_arrivals_that_follow_stages():
    """Each stage has its rate; one without an end of decimals is said once."""
    stages = [{"target": 10, "duration": "1m"}, {"target": 20, "duration": "0s"}, {"target": 70, "duration": "2m"}]
    load = load_of(executor("ramping-arrival-rate", startRate=14, timeUnit="7h", preAllocatedVUs=1, stages=stages))
    assert told(load.arrivals) == {
        "start_rate": "2/h",
        "users": 1,
        "stages": (
            {"target": "1.428571429/h", "duration": "1m"},
            {"target": "2.857142857/h", "duration": "0s"},
            {"target": "10/h", "duration": "2m"},
        ),
    }
    assert load.notes == ("stages: per 7h it has no end of decimals; it is rounded",)


SHAPES = [
    ("users in a loop", "constant-vus", {"vus": 3, "duration": "90s"}, 3, "1m30s", {}),
    (
        "a number of iterations",
        "shared-iterations",
        {"vus": 2, "iterations": 9},
        2,
        "10m",
        {"iterations": 9, "max_duration": "10m"},
    ),
    ("one of one", "shared-iterations", {}, 1, "10m", {"iterations": 1, "max_duration": "10m"}),
    (
        "of each user",
        "per-vu-iterations",
        {"vus": 2, "iterations": 9, "maxDuration": "1h"},
        2,
        "1h",
        {"iterations": {"per_user": 9}, "max_duration": "1h"},
    ),
]


@pytest.mark.parametrize(
    "name, fields, users, duration, iterations", [r[1:] for r in SHAPES], ids=[r[0] for r in SHAPES]
)
def test_shapes(name, fields, users, duration, iterations):
    """Users who are all there from the beginning; where they count iterations, exactly as many."""
    load = load_of(executor(name, **fields))
    assert load.shape == {"kind": "smoke", "users": users, "duration": duration, "ramp": "0s"}
    assert not load.arrivals
    assert told(load.iterations) == iterations
    assert not load.notes


@pytest.mark.parametrize(
    "span, note", [(None, ""), ("30s", "--stop-timeout 30s lets them end"), ("0s", "--stop-timeout 0s")]
)
def test_users_that_follow_stages(span, note):
    """From those at the start; users that are too many end at once here."""
    fields = {"startVUs": 4, "stages": [{"target": 3, "duration": "1m"}], "gracefulRampDown": span}
    load = load_of(executor("ramping-vus", **{key: value for key, value in fields.items() if value is not None}))
    assert told(load.shape) == {"kind": "stages", "start_users": 4, "stages": ({"target": 3, "duration": "1m"},)}
    assert bool(load.notes) == bool(note)
    assert note in "".join(load.notes)


def test_a_plain_scenario_says_no_more_than_it_must():
    """A closed one names its shape, an open one its arrivals."""
    closed, shape = scenario_entries("feed", executor("constant-vus", duration="1m"), ())
    assert closed == ConfigEntry("feed", (ConfigEntry("shape", "feed"),), ())
    assert shape is not None
    assert shape.key == "feed"
    opened, none = scenario_entries("feed", executor("constant-arrival-rate", **STEADY), ())
    assert none is None
    assert [entry.key for entry in opened.value] == ["arrivals"]


def test_what_all_scenarios_may_have():
    """In this order; what has no counterpart is a note."""
    fields = {
        "exec": "go",
        "env": {"A": "1", "B": "2"},
        "options": {"browser": {}},
        "startTime": "5s",
        "tags": {"a": "b"},
    }
    one = executor("constant-vus", duration="1m", gracefulStop="7s", **fields)
    scenario, _ = scenario_entries("feed", one, ("Feed",), ["first"])
    assert [(entry.key, entry.value) for entry in scenario.value] == [
        ("users", "Feed"),
        ("shape", "feed"),
        ("start_time", "5s"),
        ("tags", {"a": "b"}),
    ]
    first, runs, env, options, graceful = scenario.notes
    assert first == "first"
    assert runs.endswith("it must do the same")
    assert env.startswith("env: 'A', 'B' cannot differ")
    assert options.startswith("options: ")
    assert graceful.endswith("--stop-timeout 7s lets them end")
    several, _ = scenario_entries("feed", one, ("Feed", "Chat"))
    assert several.value[0] == ConfigEntry("users", ["Feed", "Chat"])
    nobody, _ = scenario_entries("feed", one, ())
    assert nobody.notes[0].endswith("write users: and the class that does the same")


def test_an_open_load_gives_its_users_time_by_itself():
    """There is nothing to say of it."""
    scenario, _ = scenario_entries("feed", executor("constant-arrival-rate", **STEADY, gracefulStop="7s"), ())
    assert scenario.notes == ()


def test_a_tag_that_only_a_run_could_tell():
    """Is left out, and said where it stood: at its scenario, or at the tags of the whole run."""
    script = """export const options = {
        tags: { team: now(), a: 'b' },
        scenarios: {
            feed: { executor: 'constant-vus', duration: '1m', tags: { build: now(), c: 'd' } },
            chat: { executor: 'constant-vus', duration: '1m' },
        },
    };"""
    test, problems = read_test(read_text(script, "test.js"))
    assert problems == []
    assert (test.tags, test.scenarios["feed"].tags) == ({"a": "b"}, {"c": "d"})
    assert {path: [note.split(" is left out: ")[0] for note in notes] for path, notes in test.notes.items()} == {
        ("tags",): ["tags: 'team'"],
        ("scenarios", "feed"): ["tags: 'build'"],
    }

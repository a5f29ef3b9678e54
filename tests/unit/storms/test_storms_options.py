"""What a configuration can say of storms: every mistake is a sentence at its place."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from locust_ext.storms.backoff import Backoff
from locust_ext.storms.client import Client, Option
from locust_ext.storms.clients import CLIENTS, UnknownClientError, covers, find, names
from locust_ext.storms.curves import Constant
from locust_ext.storms.options import RetryOptions, StampedeOptions, StormOptions
from locust_ext.storms.policy import read_policy

PATH = "shapes.storm.backoff"

# What is wrong, the policy, its path, and what the sentence says.
MISTAKES = [
    ("no client", {}, PATH, "names no client; write it as {client: socket.io}"),
    ("a client that is not text", {"client": 4}, PATH, "names no client"),
    ("a name that is nearly right", {"client": "socketio"}, f"{PATH}.client", "did you mean 'socket.io'?"),
    ("a name that is written large", {"client": "Constant"}, f"{PATH}.client", "did you mean 'constant'?"),
    (
        "a nearly right option",
        {"client": "socket.io", "reconectionDelay": 1},
        f"{PATH}.reconectionDelay",
        "socket.io has no such option; did you mean 'reconnectionDelay'?",
    ),
    (
        "an option that is like no other",
        {"client": "constant", "zzz": 1},
        f"{PATH}.zzz",
        "constant has no such option; there are attempts, delay, jitter",
    ),
    ("an option of a client that has none", {"client": "none", "delay": 1}, f"{PATH}.delay", "takes no options"),
    (
        "a text for a number",
        {"client": "constant", "delay": "1s"},
        f"{PATH}.delay",
        "must be a number of at least 0, not '1s'",
    ),
    (
        "a number that is too small",
        {"client": "constant", "delay": -1},
        f"{PATH}.delay",
        "must be a number of at least 0, not -1",
    ),
    (
        "a number that is too great",
        {"client": "constant", "jitter": 1.5},
        f"{PATH}.jitter",
        "must be a number of at least 0 and at most 1, not 1.5",
    ),
    ("what is not a list", {"client": "table", "delays": 3}, f"{PATH}.delays", "must be a list of numbers, not 3"),
    ("what is not a switch", {"client": "table", "stop": 1}, f"{PATH}.stop", "must be true or false, not 1"),
]


@pytest.mark.parametrize("what, given_policy, path, says", MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistakes(what, given_policy, path, says):
    """A mistake names its place, what is wrong, and what would be right; the policy then never waits."""
    policy, problems = read_policy(given_policy, PATH)
    assert [problem.path for problem in problems] == [path]
    assert says in problems[0].message
    assert policy == Backoff()


def test_all_mistakes_at_once():
    """Every wrong option is shown, in the order in which they stand."""
    _, problems = read_policy({"client": "constant", "dely": 1, "delay": True, "jitter": 2}, PATH)
    assert [problem.path for problem in problems] == [f"{PATH}.dely", f"{PATH}.delay", f"{PATH}.jitter"]


def test_a_path_of_nothing():
    """Without a path before it, an option stands alone."""
    assert [problem.path for problem in read_policy({"client": "socketio"}, "")[1]] == ["client"]
    assert [problem.path for problem in read_policy({"client": "none", "a": 1}, "")[1]] == ["a"]


@pytest.mark.parametrize("version", ["9", 9, "9.1.2", 0])
def test_unknown_versions(version):
    """An unknown version is a mistake that names the known ones, never a guess."""
    policy, (problem,) = read_policy({"client": "socket.io", "version": version}, PATH)
    assert f"not in {str(version)!r}: clients differ across versions" in problem.message
    assert "known in version" in problem.message
    assert problem.path == f"{PATH}.version"
    assert policy == Backoff()


# What is given, the policy, and its first waits.
POLICIES = [
    ("never a wait", {"client": "none"}, [0, 0, 0]),
    ("a constant", {"client": "constant", "delay": 2.5}, [2.5, 2.5, 2.5]),
    ("a list to its end", {"client": "table", "delays": [1, 3], "stop": True}, [1, 3]),
    ("a list whose last wait is repeated", {"client": "table", "delays": [1, 3]}, [1, 3, 3]),
    ("socket.io without chance, in ms", {"client": "socket.io", "randomizationFactor": 0}, [1, 2, 4]),
    ("a version as a number", {"client": "socket.io", "version": 4, "randomizationFactor": 0}, [1, 2, 4]),
    ("a longer version", {"client": "socket.io", "version": "4.8.4", "randomizationFactor": 0}, [1, 2, 4]),
    ("a version in the name", {"client": "socket.io@4", "randomizationFactor": 0}, [1, 2, 4]),
    ("no version is the newest", {"client": "constant", "version": None}, [1, 1, 1]),
]


@pytest.mark.parametrize("what, given_policy, waits", POLICIES, ids=[row[0] for row in POLICIES])
def test_read_policy(what, given_policy, waits):
    """A policy is written as its client ships it."""
    policy, problems = read_policy(given_policy, PATH)
    assert problems == []
    assert policy.first(3, Random(1)) == waits


# Why, the known version, the one that was asked for, and whether it covers it.
COVERS = [
    ("the same", "4.8", "4.8", True),
    ("a longer one", "4", "4.8.4", True),
    ("a shorter one", "4.8", "4", True),
    ("another part", "4.8", "4.7", False),
    ("digits are not parts", "1", "10", False),
    ("nor the other way round", "10", "1", False),
    ("a different beginning", "3.8", "4.8", False),
]


@pytest.mark.parametrize("what, known, asked, is_covered", COVERS, ids=[row[0] for row in COVERS])
def test_covers(what, known, asked, is_covered):
    """One version is the beginning of the other, part by part."""
    assert covers(known, asked) is is_covered


VERSIONS = st.lists(st.integers(0, 20), min_size=1, max_size=4)


@given(VERSIONS, VERSIONS)
def test_covers_is_a_common_beginning(one, other):
    """The shorter of two versions is how the longer one begins; and it does not matter which is which."""
    shorter = min(len(one), len(other))
    known, asked = (".".join(map(str, version)) for version in (one, other))
    assert covers(known, asked) is (one[:shorter] == other[:shorter])
    assert covers(known, asked) is covers(asked, known)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name} {client.version}")
def test_each_client(client):
    """Every preset is found by its name and version, its defaults are right, and they make a policy that starts."""
    assert find(client.name, client.version) is client
    assert find(f"{client.name}@{client.version}") is client
    assert client.problems({name: option.default for name, option in client.options.items()}) == []
    assert all(wait >= 0 or math.isnan(wait) for wait in client.policy().first(50, Random(1)))
    assert client.policy() == client.policy({})


def test_the_newest_version_stands_first():
    """Without a version a name finds the preset that stands first, and each name is told once."""
    told = names()
    assert len(told) == len(set(told))
    for name in told:
        assert find(name) is next(client for client in CLIENTS if client.name == name)


def test_find_what_is_not_there():
    """Who asks for an unknown client is told the nearest."""
    with pytest.raises(UnknownClientError, match=r"there is no client 'socket\.oi'; did you mean 'socket\.io'\?"):
        find("socket.oi")


NUMBER = Option(1.0, low=0.5, high=9.0)

# What may be given, the option, the value, and whether it passes.
OPTIONS = [
    ("a number", NUMBER, 3, True),
    ("the lowest", NUMBER, 0.5, True),
    ("the highest", NUMBER, 9.0, True),
    ("below the lowest", NUMBER, 0.4, False),
    ("above the highest", NUMBER, 9.1, False),
    ("what is not a number", NUMBER, math.nan, False),
    ("true is not a number", NUMBER, True, False),
    ("nothing is not a number", NUMBER, None, False),
    ("the infinite, where nothing bounds it", Option(1.0), math.inf, True),
    ("nothing, where that is the default", Option(None), None, True),
    ("a number, where nothing is the default", Option(None), 3.0, True),
    ("a text, where nothing is the default", Option(None), "3", False),
    ("a switch", Option(default=False), True, True),
    ("one is not a switch", Option(default=False), 1, False),
    ("a choice", Option("a", choices=("a", "b")), "b", True),
    ("no choice", Option("a", choices=("a", "b")), "c", False),
    ("a list", Option((1.0,)), [1, 2.5], True),
    ("an empty list", Option((1.0,)), [], True),
    ("a list with a text", Option((1.0,)), [1, "2"], False),
    ("a text is not a list", Option((1.0,)), "12", False),
    ("a list with what is too small", Option((1.0,), low=1.0), [0.5], False),
]


@pytest.mark.parametrize("what, option, value, passes", OPTIONS, ids=[row[0] for row in OPTIONS])
def test_options(what, option, value, passes):
    """What an option may be follows from its default; a refusal shows what was given."""
    wrong = option.check(value)
    assert (wrong == "") is passes
    assert passes or repr(value) in wrong


def client_of(**options):
    """Return a client with the options whose policy waits for the first of them."""
    return Client("mine", "1", "-", 1.0, options, lambda given: Backoff(Constant(given["delay"])))


def test_policy_of_a_client():
    """Given options stand over the defaults, and what is wrong in them is a ValueError with every sentence."""
    client = client_of(delay=Option(3.0), other=Option(1.0))
    assert client.policy().first(1, Random(1)) == [3.0]
    assert client.policy({"delay": 5.0}).first(1, Random(1)) == [5.0]
    with pytest.raises(ValueError, match=r"delai: mine has no such option; did you mean 'delay'\?; other: must be"):
        client.policy({"delai": 5.0, "other": "x"})


def test_what_a_policy_itself_refuses():
    """What only the whole policy can refuse is a problem at the place of the policy."""
    _, problems = read_policy({"client": "constant", "delay": "x", "attempts": "y"}, PATH)
    assert len(problems) == 2


# What is wrong, the options, and what the sentence says.
WRONG_STORMS = [
    ("nobody drops", {"drop": 0}, "a storm that drops nobody does nothing"),
    ("nobody drops, in percent", {"drop": "0%"}, "a storm that drops nobody does nothing"),
    ("more than all", {"drop": "130%"}, "between 0% and 100%"),
    ("a path without its slash", {"connect_path": "health"}, "'health' is not a path; write it as /health"),
    ("no path", {"connect_path": ""}, "is not a path"),
    ("an unknown key", {"dorp": 0.3}, "Extra inputs are not permitted"),
    ("a cause that there is not", {"cause": "fire"}, "'reset', 'close' or 'half_open'"),
    ("no strike at all", {"times": 0}, "greater than or equal to 1"),
    ("no span", {"every": 0}, "greater than 0"),
    ("a time without a unit", {"at": "10"}, "is not a duration"),
    ("before the run", {"at": -1}, "not negative"),
    ("no attempt", {"max_attempts": 0}, "greater than or equal to 1"),
    ("an unknown way to treat hints", {"server_hint": "maybe"}, "'client', 'respect' or 'ignore'"),
]


@pytest.mark.parametrize("what, options, says", WRONG_STORMS, ids=[row[0] for row in WRONG_STORMS])
def test_wrong_storms(what, options, says):
    """What a storm cannot be is refused in a sentence."""
    with pytest.raises(ValidationError) as refused:
        StormOptions(**options)
    assert says in str(refused.value)


def test_storms():
    """A storm is written as people write; one user is a list of one."""
    storm = StormOptions(users="Trader", at="1m", every="30s", drop="25%", connect_path="/health", outage="500ms")
    assert storm.users == ("Trader",)
    assert (storm.at, storm.every, storm.drop, storm.outage) == (60.0, 30.0, 0.25, 0.5)
    assert StormOptions(users=["A", "B"]).users == ("A", "B")
    assert StormOptions(drop=1).drop == 1.0


def test_the_defaults_run():
    """Without a word a storm drops 30 % of all, and they come back by a policy that is known."""
    storm = StormOptions()
    assert (storm.users, storm.drop, storm.cause) == ((), 0.3, "reset")
    assert read_policy(storm.backoff, PATH)[1] == []


def test_storms_stay_as_they_are():
    """Options that were read are not changed any more."""
    with pytest.raises(ValidationError, match="frozen"):
        StormOptions().drop = 0.5


def test_retries_and_stampedes():
    """Retries read one user as a list of one; a stampede has its defaults."""
    assert RetryOptions(users="Shopper").users == ("Shopper",)
    assert StampedeOptions().times == 3
    with pytest.raises(ValidationError):
        RetryOptions(attempts=0)

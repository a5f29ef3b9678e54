"""Our presets wait exactly as long as the real Python clients did, fed with the same numbers.

The oracle is recorded, by ``tests/vectors/record_python.py``, from the clients' own code.
"""

import importlib.util
import json
import random
from itertools import islice
from pathlib import Path

import pytest

from locust_ext.storms.clients import find
from locust_ext.storms.presets.python import PYTHON

VECTORS = Path(__file__).parents[2] / "vectors"
UNITS = {"s": 1.0, "ms": 0.001}

_spec = importlib.util.spec_from_file_location("vectors_replay", VECTORS / "replay.py")
replay = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(replay)

RECORDINGS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((VECTORS / "recorded").glob("*.json"))]
OURS = [recording for recording in RECORDINGS if recording["client"] in {client.name for client in PYTHON}]
CASES = [
    pytest.param(recording, case, id=f"{recording['client']}@{recording['version']}: {case['name']}")
    for recording in OURS
    for case in recording["cases"]
]


@pytest.mark.parametrize("recording, case", CASES)
def test_equal_to_the_real_client(recording, case):
    """Every wait equals the recorded one to the last digit, and the end comes where the client's came."""
    client = find(recording["client"], recording["version"])
    rng = replay.Replay()
    waits = client.policy(case["options"]).settled(rng).delays(rng)
    seconds = [None if delay is None else delay * UNITS[recording["unit"]] for delay in case["delays"]]
    assert [next(waits, None) for _ in seconds] == seconds


@pytest.mark.parametrize("recording", [pytest.param(one, id=f"{one['client']}@{one['version']}") for one in OURS])
def test_the_recording_is_of_the_preset(recording):
    """A file is of the package, version and unit that the preset says; and it holds enough to tell."""
    client = find(recording["client"], recording["version"])
    assert client.version == recording["version"]
    assert recording["package_version"] in client.package
    assert client.unit == UNITS[recording["unit"]]
    assert len(recording["cases"]) >= 2
    for case in recording["cases"]:
        assert len(case["delays"]) >= 12 or case["delays"][-1] is None


NOT_RECORDED = {("redis-py", "6"): ("redis-py", "7")}


def test_every_preset_is_recorded():
    """No Python preset stands on our word; one that is not recorded equals, by its source, one that is."""
    recorded = {(recording["client"], recording["version"]) for recording in OURS}
    assert {(client.name, client.version) for client in PYTHON} - recorded == set(NOT_RECORDED)
    for one, other in NOT_RECORDED.items():
        assert find(*one).policy() == find(*other).policy()


def test_the_numbers_are_those_of_one_seed():
    """Anybody can make the sequence again."""
    source = random.Random(20261124)
    assert [source.random() for _ in range(512)] == replay.UNIFORMS


def test_replayed_draws_follow_from_the_numbers():
    """A replay gives the numbers in their order, and what is built on them."""
    rng = replay.Replay()
    first, second, third = replay.UNIFORMS[:3]
    assert (rng.random(), rng.uniform(2, 6), rng.randint(0, 9)) == (first, 2 + 4 * second, int(third * 2**53) % 10)
    assert list(islice(iter(replay.Replay().random, None), 3)) == [first, second, third]
    with pytest.raises(AssertionError, match="more is drawn than was recorded"):
        list(islice(iter(replay.Replay([0.5]).random, None), 2))


OTHERS = [
    ("a version that begins as the known one", "redis-py", "7.1.0", {}, 3),
    ("the newest, without a version", "redis-py", "", {}, 10),
    ("a client that does not reconnect", "python-socketio", "5", {"reconnection": False}, 0),
    ("paho without reconnecting", "paho-mqtt", "2", {"reconnect_on_failure": False}, 0),
    ("redis without a wait", "redis-py", "8", {"backoff": "NoBackoff", "retries": 2}, 2),
    ("botocore by its own name for all attempts", "aws-standard@1.38", "", {"max_attempts": 6}, 5),
]


@pytest.mark.parametrize(
    "name, version, options, attempts", [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS]
)
def test_attempts(name, version, options, attempts):
    """A client tries so often after the first failure."""
    assert len(find(name, version).policy(options).first(40, random.Random(1))) == attempts


TIMEOUTS = [
    ("transport and namespaces", "python-socketio", {}, [6.0, 6.0]),
    ("constant", "centrifuge-python", {"timeout": 3}, [3.0, 3.0]),
    ("paho", "paho-mqtt", {}, [5.0, 5.0]),
    ("doubling up to its cap", "kafka-python", {}, [10.0, 20.0, 30.0, 30.0]),
    ("nats", "nats-py", {}, [2.0, 2.0]),
    ("redis 8", "redis-py@8", {}, [5.0]),
    ("redis 7 has none", "redis-py@7", {}, [float("inf")]),
    ("websockets", "websockets@17", {}, [10.0]),
    ("botocore", "aws-standard", {}, [60.0]),
]


@pytest.mark.parametrize("name, options, seconds", [row[1:] for row in TIMEOUTS], ids=[row[0] for row in TIMEOUTS])
def test_connect_timeout(name, options, seconds):
    """One attempt may take so long."""
    timeout = find(name).policy(options).timeout
    assert [timeout.at(n, 1.0) for n in range(len(seconds))] == seconds

"""Our presets wait exactly as long as the real JavaScript clients did, fed with the same numbers.

The oracle is recorded, by ``tests/vectors/record_javascript.mjs``, from the clients' own code.
"""

import importlib.util
import json
import math
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from locust_ext.storms.backoff import Clock, Reaction, Reset
from locust_ext.storms.clients import find
from locust_ext.storms.presets.javascript import JAVASCRIPT

VECTORS = Path(__file__).parents[2] / "vectors"

_spec = importlib.util.spec_from_file_location("vectors_replay", VECTORS / "replay.py")
replay = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(replay)

RECORDINGS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((VECTORS / "recorded").glob("*.json"))]
OURS = [recording for recording in RECORDINGS if recording["client"] in {client.name for client in JAVASCRIPT}]
CASES = [
    pytest.param(recording, case, id=f"{recording['client']}@{recording['version']}: {case['name']}")
    for recording in OURS
    for case in recording["cases"]
]


def waits_of(client, case):
    """Return as many of our waits as were recorded, in seconds; None once it has given up."""
    rng = replay.Replay()
    policy = client.policy(case["options"]).settled(rng)
    waits = policy.delays(rng)
    if start := case.get("from"):
        waits = (policy.shape(raw, rng) * policy.unit for raw in islice(policy.curve.values(rng), start, None))
    return [next(waits, None) for _ in case["delays"]]


POW = "V8's Math.pow and C's pow round some powers of a fraction differently"
LAST_DIGITS = {
    ("reconnecting-websocket", "a cap far away"): POW,
    ("partysocket", "a cap far away"): POW,
    ("cockatiel", "another exponent"): POW,
}
"""Where the last digits of some waits differ, and why; everything else is equal."""


@pytest.mark.parametrize("recording, case", CASES)
def test_equal_to_the_real_client(recording, case):
    """Every wait equals the recorded one to the last digit, and the end comes where the client's came."""
    client = find(recording["client"], recording["version"])
    expected = [None if delay is None else delay * client.unit for delay in case["delays"]]
    if (recording["client"], case["name"]) in LAST_DIGITS:
        expected = pytest.approx(expected, rel=1e-14, abs=0)
    assert waits_of(client, case) == expected


def test_what_may_differ_is_recorded():
    """No line of the list above is left over."""
    assert set(LAST_DIGITS) <= {
        (recording["client"], case["name"]) for recording in OURS for case in recording["cases"]
    }


@pytest.mark.parametrize("recording", [pytest.param(one, id=f"{one['client']}@{one['version']}") for one in OURS])
def test_the_recording_is_of_the_preset(recording):
    """A file is of the package, version and unit that the preset says; and it holds enough to tell."""
    client = find(recording["client"], recording["version"])
    assert client.version == recording["version"]
    assert client.package == f"{recording['package']} {recording['package_version']}"
    assert (client.unit, recording["unit"]) == (0.001, "ms")
    assert len(recording["cases"]) >= 2
    for case in recording["cases"]:
        assert len(case["delays"]) >= 12 or case["delays"][-1] is None


def test_every_preset_is_recorded():
    """No JavaScript preset stands on our word but pusher, whose code was read and not run."""
    recorded = {(recording["client"], recording["version"]) for recording in OURS}
    assert {(client.name, client.version) for client in JAVASCRIPT} - recorded == {("pusher", "8")}


def test_pusher_waits_its_slots_out():
    """One second, then slots that are counted from the start of an attempt."""
    policy = find("pusher").policy()
    assert policy.first(5, Random(1)) == [1.0, 15.0, 30.0, 60.0, 60.0]
    assert policy.clock is Clock.ATTEMPT_START


REACTIONS = [
    ("socket.io", "server_disconnect", Reaction.STOP),
    ("signalr", "server_disconnect", Reaction.STOP),
    ("graphql-ws", "close:1000", Reaction.IMMEDIATE),
    ("graphql-ws", "close:1006", None),
    ("graphql-ws", "close:1008", Reaction.STOP),
    ("graphql-ws", "close:1013", None),
    ("graphql-ws", "close:4403", None),
    ("graphql-ws", "close:4401", Reaction.STOP),
    ("centrifuge-js", "close:3499", None),
    ("centrifuge-js", "close:3500", Reaction.STOP),
    ("centrifuge-js", "close:1009", Reaction.STOP),
    ("phoenix", "close:1000", None),
    ("pusher", "close:4000", Reaction.IMMEDIATE),
    ("pusher", "close:4001", Reaction.STOP),
    ("pusher", "close:4150", Reaction.RETRY),
    ("pusher", "close:4201", Reaction.IMMEDIATE),
    ("mqtt.js", "connack_error", Reaction.STOP),
]


@pytest.mark.parametrize("name, cause, reaction", REACTIONS, ids=[f"{name} {cause}" for name, cause, _ in REACTIONS])
def test_reaction(name, cause, reaction):
    """What a client does about a cause."""
    assert find(name).policy().causes.get(cause) is reaction


BEHAVIOUR = [
    ("socket.io", {}, 20.0, Reset.ON_OPEN, 45.0),
    ("socket.io", {"timeout": 5000}, 5.0, Reset.ON_OPEN, 45.0),
    ("reconnecting-websocket", {}, 4.0, Reset.ON_UPTIME, None),
    ("partysocket", {"connectionTimeout": 7000}, 7.0, Reset.ON_UPTIME, None),
    ("phoenix", {}, math.inf, Reset.ON_OPEN, 60.0),
    ("phoenix", {"heartbeatIntervalMs": 5000}, math.inf, Reset.ON_OPEN, 10.0),
    ("signalr", {}, math.inf, Reset.PER_INCIDENT, 30.0),
    ("graphql-ws", {}, math.inf, Reset.ON_READY, None),
    ("graphql-ws", {"connectionAckWaitTimeout": 3000}, 3.0, Reset.ON_READY, None),
    ("centrifuge-js", {}, 5.0, Reset.ON_READY, 35.0),
    ("stompjs", {}, math.inf, Reset.ON_READY, 20.0),
    ("stompjs", {"connectionTimeout": 1000, "heartbeatIncoming": 0}, 1.0, Reset.ON_READY, None),
    ("pusher", {}, math.inf, Reset.ON_OPEN, 150.0),
    ("ably", {}, 10.0, Reset.ON_READY, 25.0),
    ("mqtt.js", {}, 30.0, Reset.ON_OPEN, 90.0),
    ("mqtt.js", {"keepalive": 0}, 30.0, Reset.ON_OPEN, None),
    ("cockatiel", {}, math.inf, Reset.PER_INCIDENT, None),
    ("exponential-backoff", {}, math.inf, Reset.PER_INCIDENT, None),
]


@pytest.mark.parametrize("name, options, timeout, reset, detection", BEHAVIOUR)
def test_behaviour_outside_the_formula(name, options, timeout, reset, detection):
    """How long an attempt may take, when the count starts again, and when a silent death is noticed."""
    policy = find(name).policy(options)
    assert policy.timeout.at(0, 1.0) == timeout
    assert policy.reset is reset
    assert policy.detection == (None if detection is None else pytest.approx(detection))


def test_uptime_is_in_seconds():
    """A connection must last for minUptime."""
    assert find("reconnecting-websocket").policy({"minUptime": 2000}).uptime == 2.0


OTHERS = [
    ("socket.io that does not reconnect", "socket.io", {"reconnection": False}, 0),
    ("mqtt.js for ever", "mqtt.js", {}, 40),
    ("mqtt.js retries a refused CONNACK if told to", "mqtt.js", {"reconnectOnConnackError": True}, 40),
    ("one call is the least", "exponential-backoff", {"numOfAttempts": 0, "delayFirstAttempt": True}, 1),
    ("phoenix with an empty table", "phoenix", {"reconnectAfterMs": []}, 0),
]


@pytest.mark.parametrize("name, options, attempts", [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_attempts(name, options, attempts):
    """A client tries so often after the first failure."""
    assert len(find(name).policy(options).first(40, Random(1))) == attempts


def test_partysocket_has_lost_its_jitter():
    """The versions differ: it is why presets have versions."""
    assert find("partysocket").version == "1.3"
    firsts = {
        version: {find("partysocket", version).policy().first(1, Random(n))[0] for n in range(9)}
        for version in ("1.3", "1.1.17")
    }
    assert [len(waits) for waits in firsts.values()] == [1, 9]

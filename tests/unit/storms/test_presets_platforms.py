"""The presets of clients whose code was read and not run: first waits, computed by hand from their formulas."""

import math
import random

import pytest

from locust_ext.storms.backoff import Clock, HintRule, Reaction, Reset
from locust_ext.storms.clients import find
from locust_ext.storms.presets.platforms import PLATFORMS


class Numbers(random.Random):
    """Draws one number for ever, or some in a row."""

    def __init__(self, *numbers):
        super().__init__(0)
        self.numbers, self.drawn = numbers, 0

    def random(self):
        """Return the next of the numbers; the last one for ever."""
        self.drawn += 1
        return self.numbers[min(self.drawn, len(self.numbers)) - 1]


ALMOST_ONE = 1 - 2**-30
"""A number as great as is ever drawn, where whole numbers follow from it."""


def waits(name, options, count, *numbers):
    """Return the first waits of a client, in its own unit, for numbers drawn."""
    client = find(name)
    return [wait / client.unit for wait in client.policy(options).first(count, Numbers(*numbers))]


RANGES = [
    (
        "core: at once, then 1 s * 1.6**n, 20 % either way",
        "grpc-core",
        {},
        [(0, 0), (800, 1200), (1280, 1920), (2048, 3072)],
    ),
    ("core: the jitter goes beyond 120 s", "grpc-core", {}, [None] * 12 + [(96_000, 144_000)]),
    (
        "core with the arguments 200, 200, 2000",
        "grpc-core",
        {"grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": 2000},
        [
            (0, 0),
            (160, 240),
            (256, 384),
            (409.6, 614.4),
            (655.36, 983.04),
            (1048.576, 1572.864),
            (1600, 2400),
            (1600, 2400),
        ],
    ),
    ("Go: the first wait has no jitter", "grpc-go", {}, [(0, 0), (1, 1), (1.28, 1.92), (2.048, 3.072)]),
    ("Go: another multiplier, no jitter", "grpc-go", {"Multiplier": 3, "Jitter": 0}, [(0, 0), (1, 1), (3, 3), (9, 9)]),
    (
        "A6: four retries of five attempts",
        "grpc-retry-policy",
        {},
        [(0.08, 0.12), (0.16, 0.24), (0.32, 0.48), (0.64, 0.96), ()],
    ),
    (
        "A6: more than five attempts are five",
        "grpc-retry-policy",
        {"maxAttempts": 9, "maxBackoff": 0.3},
        [(0.08, 0.12), (0.16, 0.24), (0.24, 0.36), (0.24, 0.36), ()],
    ),
    ("adaptive: full jitter", "aws-adaptive", {}, [(0, 0.05), (0, 0.1), ()]),
    (
        "adaptive, throttled",
        "aws-adaptive",
        {"throttling": True, "max_attempts": 7},
        [(0, 2**n) for n in range(5)] + [(0, 20), ()],
    ),
    ("Polly: 2 s three times", "polly", {}, [(2, 2), (2, 2), (2, 2), ()]),
    ("Polly: constant, jittered", "polly", {"UseJitter": True}, [(1.5, 2.5)] * 3 + [()]),
    ("Polly: linear", "polly", {"BackoffType": "Linear"}, [(2, 2), (4, 4), (6, 6), ()]),
    (
        "Polly: linear, jittered",
        "polly",
        {"BackoffType": "Linear", "UseJitter": True},
        [(1.5, 2.5), (3, 5), (4.5, 7.5), ()],
    ),
    (
        "Polly: linear, jittered, cut after the jitter",
        "polly",
        {"BackoffType": "Linear", "UseJitter": True, "MaxDelay": 4},
        [(1.5, 2.5), (3, 4), (4, 4), ()],
    ),
    (
        "Polly: exponential",
        "polly",
        {"BackoffType": "Exponential", "MaxRetryAttempts": 4},
        [(2, 2), (4, 4), (8, 8), (16, 16), ()],
    ),
    ("Resilience4j: constant", "resilience4j", {}, [(500, 500), (500, 500), ()]),
    (
        "Resilience4j: exponential, whole at each step",
        "resilience4j",
        {"enableExponentialBackoff": True, "maxAttempts": 6},
        [(500, 500), (750, 750), (1125, 1125), (1687, 1687), (2530, 2530), ()],
    ),
    (
        "Resilience4j: jitter, and the cap after it",
        "resilience4j",
        {
            "enableExponentialBackoff": True,
            "enableRandomizedWait": True,
            "exponentialMaxWaitDuration": 1000,
            "maxAttempts": 5,
        },
        [(250, 750), (375, 1000), (562, 1000), (843, 1000), ()],
    ),
    (
        "Resilience4j: never less than a millisecond",
        "resilience4j",
        {"waitDuration": 1, "enableRandomizedWait": True, "randomizedWaitFactor": 1},
        [(1, 2), (1, 2), ()],
    ),
    ("OkHttp: no wait, one more route", "okhttp", {}, [(0, 0), ()]),
    ("OkHttp: four more routes", "okhttp", {"routes": 4}, [(0, 0)] * 4 + [()]),
    ("OkHttp: none", "okhttp", {"retryOnConnectionFailure": False}, [()]),
    ("Envoy: one retry", "envoy", {}, [(0, 24), ()]),
    (
        "Envoy: up to ten times the base",
        "envoy",
        {"num_retries": 6},
        [(0, 24), (0, 49), (0, 99), (0, 199), (0, 249), (0, 249), ()],
    ),
    (
        "Envoy: another cap",
        "envoy",
        {"num_retries": 3, "base_interval": 10, "max_interval": 15},
        [(0, 9), (0, 14), (0, 14), ()],
    ),
    (
        "Kafka: never above 1000",
        "kafka-java",
        {},
        [(40, 59), (80, 119), (160, 239), (320, 479), (640, 959), (800, 1000), (800, 1000)],
    ),
    (
        "Kafka: the greatest equals the first where only that is set",
        "kafka-java",
        {"reconnect.backoff.ms": 300},
        [(300, 300)] * 3,
    ),
    (
        "Kafka: both set",
        "kafka-java",
        {"reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 30},
        [(8, 11), (16, 23), (24, 30), (24, 30)],
    ),
    ("nats.go: 2 s and up to 100 ms", "nats.go", {}, [(2, 2.1)] * 60 + [()]),
    ("nats.go: over TLS", "nats.go", {"Secure": True, "MaxReconnect": 2}, [(2, 3), (2, 3), ()]),
    ("nats.go: for ever", "nats.go", {"MaxReconnect": -1}, [(2, 2.1)] * 70),
    ("Chromium", "eventsource-chromium", {}, [(3000, 3000)] * 4),
    ("Chromium, told to", "eventsource-chromium", {"retry": 10}, [(10, 10)] * 4),
    ("Gecko", "eventsource-gecko", {}, [(5000, 5000)] * 4),
    ("Gecko, told to, and its least", "eventsource-gecko", {"retry": 10}, [(500, 500)] * 4),
]


@pytest.mark.parametrize("name, options, rows", [row[1:] for row in RANGES], ids=[row[0] for row in RANGES])
def test_from_the_least_to_the_greatest(name, options, rows):
    """Drawing 0 gives the least waits and drawing almost 1 the greatest; ``()`` is the end, ``None`` is not looked at."""
    least, greatest = (waits(name, options, len(rows), number) for number in (0.0, ALMOST_ONE))
    ends = [index for index, row in enumerate(rows) if row == ()]
    if ends:
        assert (len(least), len(greatest)) == (ends[0], ends[0])
    seen = [(low, high) for low, high, row in zip(least, greatest, rows, strict=False) if row]
    wanted = [row for row in rows if row]
    assert [one for pair in seen for one in pair] == pytest.approx(
        [one for row in wanted for one in row], rel=1e-8, abs=1e-8
    )


def smooth(t):
    """Return Polly's curve by the definition of the hyperbolic tangent."""
    power = math.exp(2 * 2 * math.sqrt(t))
    return 2**t * (power - 1) / (power + 1)


EXACT = [
    ("core", "grpc-core", {}, (0.25, 0.75), [0, 900, 1760]),
    ("Go draws nothing for its first two", "grpc-go", {}, (0.25, 0.75), [0, 1, 1.44, 2.816]),
    ("A6", "grpc-retry-policy", {}, (0.5, 0.125), [0.1, 0.17]),
    ("adaptive", "aws-adaptive", {"service_name": "dynamodb"}, (0.5, 0.25, 0.125), [0.0125, 0.0125, 0.0125]),
    ("Polly, constant", "polly", {"UseJitter": True}, (0.25, 0.5), [1.75, 2.0]),
    (
        "Polly, exponential",
        "polly",
        {"BackoffType": "Exponential", "UseJitter": True},
        (0.25, 0.5, 0.0),
        [smooth(0.25) / 0.7, (smooth(1.5) - smooth(0.25)) / 0.7, (smooth(2.0) - smooth(1.5)) / 0.7],
    ),
    (
        "Polly, exponential and cut",
        "polly",
        {"BackoffType": "Exponential", "UseJitter": True, "MaxDelay": 0.5},
        (0.25, 0.5, 0.0),
        [0.5, 0.5, 0.5],
    ),
    (
        "the version before",
        "polly-v2",
        {"medianFirstRetryDelay": 0.7},
        (0.5, 0.5, 0.5),
        [smooth(0.5) / 2, (smooth(1.5) - smooth(0.5)) / 2, (smooth(2.5) - smooth(1.5)) / 2],
    ),
    ("Resilience4j", "resilience4j", {"enableRandomizedWait": True}, (0.5, 0.25), [500, 375]),
    ("Envoy", "envoy", {"num_retries": 3}, (0.5, 0.99, 0.25), [12, 49, 25]),
    ("Kafka", "kafka-java", {}, (0.25, 0.125, 0.75), [45, 85, 220]),
    ("nats.go", "nats.go", {}, (0.25, 0.75), [2.025, 2.075]),
    ("Finagle: 2, 4, 8 times what was drawn before", "finagle-failfast", {}, (0.75, 0.5, 0.25), [1, 1.5, 3, 6]),
    ("Finagle: at the cap it stays", "finagle-failfast", {}, (0.9, 0.9, 0.9), [1, 1.8, 6.48, *[32] * 30]),
    ("Finagle: after 16 it is constant", "finagle-failfast", {}, (0.0,), [1, *[0] * 15, *[32] * 20]),
]


@pytest.mark.parametrize("name, options, numbers, wanted", [row[1:] for row in EXACT], ids=[row[0] for row in EXACT])
def test_for_numbers_drawn(name, options, numbers, wanted):
    """These numbers make these waits."""
    assert waits(name, options, len(wanted), *numbers) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


TIMEOUTS = [
    ("core: 20 s, or the wait where that is longer", "grpc-core", [(0, 1.0, 20.0), (5, 31.0, 31.0)]),
    ("Go: likewise", "grpc-go", [(0, 1.0, 20.0), (5, 31.0, 31.0)]),
    ("Kafka: 10 s doubling up to 30", "kafka-java", [(0, 1.0, 10.0), (1, 1.0, 20.0), (2, 1.0, 30.0), (9, 50.0, 30.0)]),
    ("OkHttp", "okhttp", [(0, 0.0, 10.0), (3, 0.0, 10.0)]),
    ("nats.go", "nats.go", [(0, 0.0, 2.0)]),
    ("Envoy says none", "envoy", [(0, 0.0, math.inf)]),
]


@pytest.mark.parametrize("name, rows", [row[1:] for row in TIMEOUTS], ids=[row[0] for row in TIMEOUTS])
def test_connect_timeout(name, rows):
    """One attempt may take so long."""
    timeout = find(name).policy().timeout
    assert [timeout.at(n, wait) for n, wait, _ in rows] == [seconds for _, _, seconds in rows]


def test_what_ends_and_restarts_them():
    """Clocks, resets, hints and causes are as the sources have them."""
    assert find("grpc-core").policy().clock is Clock.ATTEMPT_START
    assert find("grpc-go").policy().clock is Clock.ATTEMPT_END
    pushback = find("grpc-retry-policy").policy().hint
    assert (pushback.rule, pushback.resets) == (HintRule.REPLACE, True)
    assert find("kafka-java").policy().reset is Reset.ON_READY
    assert find("eventsource-chromium").policy().hint.rule is HintRule.REPLACE
    assert find("eventsource-gecko").policy().causes["status:204"] is Reaction.STOP
    okhttp = find("okhttp").policy().causes
    assert ("status:408" in okhttp, okhttp["status:503"]) == (False, Reaction.STOP)


@pytest.mark.parametrize("client", PLATFORMS, ids=lambda client: client.name)
def test_every_preset(client):
    """Each has a policy without options, says what it is, where it comes from, and what its options mean."""
    assert client.policy().unit == client.unit
    assert all((client.about, client.package, client.version))
    assert all(option.about for option in client.options.values())

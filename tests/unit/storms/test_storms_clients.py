"""The presets of clients as a whole: what each is without a configuration, and what their makers make."""

from __future__ import annotations

import math

import pytest

from locust_ext.storms.clients import CLIENTS, find
from locust_ext.storms.jitter import Full, NoJitter
from locust_ext.storms.presets import javascript_sockets, milliseconds, platforms, redis, retries
from tests.golden.clients import GOLDEN, clients


def test_clients_are_what_they_were():
    """Each number was read in a client's source; after another reading: python -m tests.golden.clients"""
    assert clients() == GOLDEN.read_text("utf-8")


def test_no_client_stands_there_twice():
    """A name and a version are one client."""
    known = [(client.name, client.version) for client in CLIENTS]
    assert len(set(known)) == len(known)


MADE = [  # what makes clients of one kind, the client, one that it made
    (
        "redis",
        lambda: redis._redis_client("8", "redis-py 8.1.0", 10.0, 0.01, 1.0, 5.0),
        redis.REDIS[0],
    ),
    (
        "EventSource",
        lambda: platforms._event_source_client("eventsource-gecko", "Gecko", 5000.0, 500.0),
        platforms.PLATFORMS[-1],
    ),
    (
        "backoff",
        lambda: retries._backoff_client("constant", retries.RETRIES[-1].about, retries.RETRIES[-1].options),
        retries.RETRIES[-1],
    ),
    (
        "tenacity",
        lambda: retries._tenacity_client(
            "wait_exponential", lambda _: NoJitter(), retries.Order.CAP_FIRST, retries.RETRIES[1].about, {}
        ),
        retries.RETRIES[1],
    ),
]


@pytest.mark.parametrize("make, known", [pytest.param(*row[1:], id=row[0]) for row in MADE])
def test_what_makes_clients_of_one_kind(make, known):
    """Makes this one again, with its options and its policy."""
    made = make()
    assert (made.name, made.version, made.package, made.unit) == (known.name, known.version, known.package, known.unit)
    assert (made.options, made.about) == (known.options, known.about)
    assert made.policy() == known.policy()


def test_options_that_two_clients_share():
    """Those of the reconnecting sockets differ in their first wait alone, and those of the blog in the jitter."""
    low = milliseconds.ms(3000.0)
    assert javascript_sockets._reconnecting_options(low) == javascript_sockets.SOCKETS[2].options
    assert (low.default, low.about) == (3000.0, "milliseconds")
    assert milliseconds.ms(None, "to connect").about == "milliseconds, to connect"
    policy = redis._blog(Full())({"base": 0.5, "cap": 4.0})
    assert (policy.jitter, policy.cap, policy.curve.base, policy.curve.first) == (Full(), 4.0, 0.5, 1)


ENDINGS = [  # the client, its options, the attempts
    ("nats.go", {"MaxReconnect": -1}, math.inf),
    ("nats.go", {"MaxReconnect": 0}, 0),
    ("nats.go", {"MaxReconnect": 7}, 7),
    ("socket.io", {"reconnectionAttempts": 0}, math.inf),
    ("socket.io", {"reconnectionAttempts": 3}, 3),
    ("socket.io", {"reconnection": False}, 0),
    ("tenacity.wait_exponential", {"stop_after_attempt": 1}, 0),
    ("tenacity.wait_exponential", {"stop_after_attempt": 4}, 3),
    ("tenacity.wait_exponential", {}, math.inf),
    ("backoff.expo", {"max_tries": 4}, 3),
    ("stamina", {"attempts": None}, math.inf),
    ("envoy", {"num_retries": 0}, 0),
]


@pytest.mark.parametrize("name, options, attempts", ENDINGS)
def test_how_often_a_client_tries(name, options, attempts):
    """In its own way of counting: with or without the first, and with its own word for ever."""
    assert find(name).policy(options).attempts == attempts

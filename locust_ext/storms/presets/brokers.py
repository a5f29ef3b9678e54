"""Python clients of message brokers: MQTT, Kafka, NATS.

Law: data only, in each client's own option names and units; what is not modelled is said in ``about``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import MILLISECONDS, SECONDS, Backoff, Draw, Reset, Timeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Exponential
from locust_ext.storms.jitter import Scaled


def _paho(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Exponential(options["min_delay"]),
        cap=options["max_delay"],
        attempts=math.inf if options["reconnect_on_failure"] else 0,
        reset=Reset.ON_READY,
        timeout=Timeout(options["connect_timeout"]),
    )


def _kafka(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Exponential(options["reconnect_backoff_ms"]),
        jitter=Scaled.between(0.8, 1.2),
        cap=options["reconnect_backoff_max_ms"],
        unit=MILLISECONDS,
        reset=Reset.ON_READY,
        timeout=Timeout(
            options["socket_connection_setup_timeout_ms"] * MILLISECONDS,
            factor=2.0,
            cap=options["socket_connection_setup_timeout_max_ms"] * MILLISECONDS,
        ),
    )


def _nats(options: Mapping[str, Any]) -> Backoff:
    most = options["max_reconnect_attempts"]
    return Backoff(
        Constant(options["reconnect_time_wait"]),
        prefix=(Draw(0.0),),
        attempts=most + 1 if most > 0 else math.inf,
        reset=Reset.ON_READY,
        timeout=Timeout(options["connect_timeout"]),
    )


BROKERS: tuple[Client, ...] = (
    Client(
        "paho-mqtt",
        "2",
        "paho-mqtt 2.2.0",
        SECONDS,
        {
            "min_delay": Option(1.0, "seconds before the first attempt (reconnect_delay_set)"),
            "max_delay": Option(120.0, "seconds (reconnect_delay_set)"),
            "connect_timeout": Option(5.0, "seconds"),
            "reconnect_on_failure": Option(default=True, about="whether it reconnects at all"),
        },
        _paho,
        "doubling waits without jitter, from the beginning after a CONNACK that accepts",
    ),
    Client(
        "kafka-python",
        "3",
        "kafka-python 3.0.12",
        MILLISECONDS,
        {
            "reconnect_backoff_ms": Option(50.0, "milliseconds before the first attempt"),
            "reconnect_backoff_max_ms": Option(30_000.0, "milliseconds, before the jitter of 20 %"),
            "socket_connection_setup_timeout_ms": Option(10_000.0, "milliseconds; doubles with each failure"),
            "socket_connection_setup_timeout_max_ms": Option(30_000.0, "milliseconds"),
        },
        _kafka,
        "doubling waits, 80 to 120 % of them; the same jitter of its connect timeout is not modelled",
    ),
    Client(
        "nats-py",
        "2",
        "nats-py 2.16.0",
        SECONDS,
        {
            "reconnect_time_wait": Option(2.0, "seconds between two attempts on one server"),
            "max_reconnect_attempts": Option(60.0, "failures before it gives up, one more; 0 or -1 for ever", low=-1.0),
            "connect_timeout": Option(2.0, "seconds"),
        },
        _nats,
        "one attempt at once, then a constant; for one server and a connection that was older than the wait",
    ),
)

"""Clients on the Java virtual machine: Resilience4j, OkHttp, Kafka, Finagle.

Law: data only. Sources: Resilience4j at af9e7c9, OkHttp at 1682d9b, Kafka of October 2024, Finagle at 4feb34c.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import MILLISECONDS, SECONDS, Backoff, Order, Quantise, Reaction, Reset, Timeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Exponential
from locust_ext.storms.jitter import Around, NoJitter, Scaled
from locust_ext.storms.walks import Compounding

_KAFKA_FIRST, _KAFKA_MOST = 50.0, 1000.0
_FAIL_FAST_MOST, _FAIL_FAST_JITTERED = 32.0, 16


def _resilience4j(options: Mapping[str, Any]) -> Backoff:
    base, most = options["waitDuration"], options["exponentialMaxWaitDuration"]
    growing = options["enableExponentialBackoff"]
    return Backoff(
        Exponential(base, options["exponentialBackoffMultiplier"], stepwise=True, truncate=True)
        if growing
        else Constant(base),
        jitter=Around(options["randomizedWaitFactor"]) if options["enableRandomizedWait"] else NoJitter(),
        cap=most if growing and most is not None else math.inf,
        order=Order.CAP_LAST,
        unit=MILLISECONDS,
        attempts=options["maxAttempts"] - 1,
        reset=Reset.PER_INCIDENT,
    )


def _okhttp(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Constant(0.0),
        unit=MILLISECONDS,
        attempts=options["routes"] if options["retryOnConnectionFailure"] else 0,
        reset=Reset.PER_INCIDENT,
        timeout=Timeout(options["connectTimeout"] * MILLISECONDS or math.inf),
        causes={f"status:{status}": Reaction.STOP for status in range(400, 600) if status != 408},  # noqa: PLR2004
    )


def _kafka(options: Mapping[str, Any]) -> Backoff:
    first, most = options["reconnect.backoff.ms"], options["reconnect.backoff.max.ms"]
    if most is None:
        most = _KAFKA_MOST if first is None else first
    if first is None:
        first = _KAFKA_FIRST
    return Backoff(
        Exponential(first),
        jitter=Scaled.between(0.8, 1.2) if most > first else NoJitter(),
        cap=most,
        order=Order.BOTH,
        quantise=Quantise.FLOOR,
        unit=MILLISECONDS,
        reset=Reset.ON_READY,
        timeout=Timeout(
            options["socket.connection.setup.timeout.ms"] * MILLISECONDS,
            factor=2.0,
            cap=options["socket.connection.setup.timeout.max.ms"] * MILLISECONDS,
        ),
    )


def _fail_fast(_: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Compounding(1.0, _FAIL_FAST_MOST), attempts=_FAIL_FAST_JITTERED, then=Backoff(Constant(_FAIL_FAST_MOST))
    )


JVM: tuple[Client, ...] = (
    Client(
        "resilience4j",
        "2",
        "Resilience4j af9e7c9",
        MILLISECONDS,
        {
            "waitDuration": Option(500.0, "milliseconds", low=1.0),
            "maxAttempts": Option(3.0, "attempts in all, the first included", low=1.0),
            "enableExponentialBackoff": Option(default=False, about="whether the wait grows"),
            "exponentialBackoffMultiplier": Option(1.5, "by which it grows", low=1.0),
            "exponentialMaxWaitDuration": Option(None, "milliseconds, after the jitter"),
            "enableRandomizedWait": Option(default=False, about="whether there is jitter"),
            "randomizedWaitFactor": Option(0.5, "share of the wait that chance adds or takes", high=1.0),
        },
        _resilience4j,
        "whole milliseconds; a constant by default",
    ),
    Client(
        "okhttp",
        "5",
        "OkHttp 1682d9b",
        MILLISECONDS,
        {
            "retryOnConnectionFailure": Option(default=True, about="whether it tries the next route"),
            "connectTimeout": Option(10_000.0, "milliseconds; 0 for none"),
            "routes": Option(1.0, "further addresses of the host, each tried once; found by DNS, not an option there"),
        },
        _okhttp,
        "no wait: the next route at once; 408 is repeated; that 503 is where Retry-After is 0 is not modelled",
    ),
    Client(
        "kafka-java",
        "3",
        "Kafka of October 2024",
        MILLISECONDS,
        {
            "reconnect.backoff.ms": Option(None, "milliseconds; 50 by default"),
            "reconnect.backoff.max.ms": Option(
                None, "milliseconds; 1000, or reconnect.backoff.ms where only that is set"
            ),
            "socket.connection.setup.timeout.ms": Option(10_000.0, "milliseconds; doubles with each failure"),
            "socket.connection.setup.timeout.max.ms": Option(30_000.0, "milliseconds"),
        },
        _kafka,
        "doubling waits, 80 to 120 % of them, never above the greatest; its connect timeout has no jitter here",
    ),
    Client(
        "finagle-failfast",
        "1",
        "Finagle 4feb34c",
        SECONDS,
        {},
        _fail_fast,
        "16 waits from 1 s on, of which each is what the next grows from at random, then 32 s for ever",
    ),
)

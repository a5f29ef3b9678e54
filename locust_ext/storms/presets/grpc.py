"""gRPC: how its channels reconnect in C-core and in Go, and how a retry policy (proposal A6) repeats a call.

Law: data only. Sources: the connection back-off specification, C-core and grpc-go at 4793ad0, proposal A6 at 1fd061a.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import MILLISECONDS, SECONDS, Backoff, Clock, Draw, Hint, HintRule, Reset, Timeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Exponential
from locust_ext.storms.jitter import Scaled

_AT_ONCE = Draw(0.0)


def _core(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Exponential(options["grpc.initial_reconnect_backoff_ms"], 1.6),
        jitter=Scaled.between(0.8, 1.2),
        cap=options["grpc.max_reconnect_backoff_ms"],
        prefix=(_AT_ONCE,),
        unit=MILLISECONDS,
        clock=Clock.ATTEMPT_START,
        reset=Reset.ON_READY,
        timeout=Timeout(options["grpc.min_reconnect_backoff_ms"] * MILLISECONDS, at_least_the_wait=True),
    )


def _go(options: Mapping[str, Any]) -> Backoff:
    share = options["Jitter"]
    return Backoff(
        Exponential(options["BaseDelay"], options["Multiplier"], first=1),
        jitter=Scaled.between(1 - share, 1 + share),
        cap=options["MaxDelay"],
        prefix=(_AT_ONCE, Draw(options["BaseDelay"])),
        reset=Reset.ON_READY,
        timeout=Timeout(options["MinConnectTimeout"], at_least_the_wait=True),
    )


def _retry_policy(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Exponential(options["initialBackoff"], options["backoffMultiplier"]),
        jitter=Scaled.between(0.8, 1.2),
        cap=options["maxBackoff"],
        attempts=min(options["maxAttempts"], 5) - 1,
        reset=Reset.PER_INCIDENT,
        hint=Hint(HintRule.REPLACE, resets=True),
    )


GRPC: tuple[Client, ...] = (
    Client(
        "grpc-core",
        "1",
        "grpc C-core 4793ad0",
        MILLISECONDS,
        {
            "grpc.initial_reconnect_backoff_ms": Option(1000.0, "milliseconds"),
            "grpc.max_reconnect_backoff_ms": Option(120_000.0, "milliseconds, before the jitter of 20 %"),
            "grpc.min_reconnect_backoff_ms": Option(20_000.0, "milliseconds that one attempt may take at least"),
        },
        _core,
        "at once after a drop, then 1.6 times as long each time, from start to start of the attempts",
    ),
    Client(
        "grpc-go",
        "1",
        "grpc-go 4793ad0",
        SECONDS,
        {
            "BaseDelay": Option(1.0, "seconds, without jitter"),
            "Multiplier": Option(1.6, "by which the wait grows", low=1.0),
            "Jitter": Option(0.2, "share of the wait that chance adds or takes", high=1.0),
            "MaxDelay": Option(120.0, "seconds, before the jitter"),
            "MinConnectTimeout": Option(20.0, "seconds that one attempt may take at least"),
        },
        _go,
        "at once after a drop, then 1.6 times as long each time, from the end of each attempt",
    ),
    Client(
        "grpc-retry-policy",
        "1",
        "gRPC proposal A6 1fd061a",
        SECONDS,
        {
            "maxAttempts": Option(5.0, "attempts in all, the first included; more than 5 count as 5", low=2.0),
            "initialBackoff": Option(0.1, "seconds; a service config must say it, this is an example"),
            "maxBackoff": Option(1.0, "seconds, before the jitter of 20 %; likewise"),
            "backoffMultiplier": Option(2.0, "by which the wait grows; likewise"),
        },
        _retry_policy,
        "grpc-retry-pushback-ms replaces a wait and starts again; its retry throttling is a budget apart from this",
    ),
)

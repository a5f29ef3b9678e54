"""redis-py by version, and the three jitters of the AWS Architecture Blog, which it ships.

Law: data only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from locust_ext.storms.backoff import SECONDS, Backoff, Order, Reset, Timeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Exponential
from locust_ext.storms.jitter import Equal, Full, Jitter, NoJitter
from locust_ext.storms.walks import Decorrelated

_KINDS: Mapping[str, tuple[Jitter, Order]] = {
    "ExponentialWithJitterBackoff": (Full(), Order.CAP_LAST),
    "FullJitterBackoff": (Full(), Order.CAP_FIRST),
    "EqualJitterBackoff": (Equal(), Order.CAP_FIRST),
    "ExponentialBackoff": (NoJitter(), Order.CAP_FIRST),
}


def _redis(options: Mapping[str, Any]) -> Backoff:
    kind, base, cap = options["backoff"], options["base"], options["cap"]
    connect = options["socket_connect_timeout"]
    common: dict[str, Any] = {
        "attempts": options["retries"],
        "reset": Reset.PER_INCIDENT,
        "timeout": Timeout() if connect is None else Timeout(connect),
    }
    if kind == "NoBackoff":
        return Backoff(Constant(0.0), **common)
    if kind == "DecorrelatedJitterBackoff":
        return Backoff(Decorrelated(base, cap, start=0.0), **common)
    jitter, order = _KINDS[kind]
    return Backoff(Exponential(base, first=1), jitter=jitter, cap=cap, order=order, **common)


def _redis_client(version: str, package: str, retries: float, base: float, cap: float, connect: float | None) -> Client:
    return Client(
        "redis-py",
        version,
        package,
        SECONDS,
        {
            "backoff": Option(
                "ExponentialWithJitterBackoff",
                "how it waits",
                choices=(*_KINDS, "DecorrelatedJitterBackoff", "NoBackoff"),
            ),
            "base": Option(base, "seconds, half of the first wait"),
            "cap": Option(cap, "seconds"),
            "retries": Option(retries, "attempts after the first one"),
            "socket_connect_timeout": Option(connect, "seconds"),
        },
        _redis,
        "full jitter over a doubling wait, capped after the jitter; each command counts from the start",
    )


def _blog(jitter: Jitter) -> Callable[[Mapping[str, Any]], Backoff]:
    def build(options: Mapping[str, Any]) -> Backoff:
        return Backoff(Exponential(options["base"], first=1), jitter=jitter, cap=options["cap"])

    return build


def _decorrelated(options: Mapping[str, Any]) -> Backoff:
    return Backoff(Decorrelated(options["base"], options["cap"]))


_BLOG = {"base": Option(0.008, "seconds"), "cap": Option(0.512, "seconds")}
_BLOG_PACKAGE = "the AWS Architecture Blog's, as in redis-py 8.1.0"

REDIS: tuple[Client, ...] = (
    _redis_client("8", "redis-py 8.1.0", 10.0, 0.01, 1.0, 5.0),
    _redis_client("7", "redis-py 7.4.0", 3.0, 1.0, 10.0, None),
    _redis_client("6", "redis-py 6.4.0", 3.0, 1.0, 10.0, None),
    Client("full-jitter", "1", _BLOG_PACKAGE, SECONDS, _BLOG, _blog(Full()), "anything up to base * 2**n, n from 1"),
    Client(
        "equal-jitter", "1", _BLOG_PACKAGE, SECONDS, _BLOG, _blog(Equal()), "the upper half of base * 2**n, n from 1"
    ),
    Client(
        "decorrelated-jitter",
        "1",
        _BLOG_PACKAGE,
        SECONDS,
        _BLOG,
        _decorrelated,
        "anything from the base to three times the wait before",
    ),
)

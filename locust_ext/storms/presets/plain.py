"""The policies that are nobody's: none, constant, table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import SECONDS, Backoff, Hint, HintRule
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Table
from locust_ext.storms.jitter import NoJitter, Scaled


def _none(_: Mapping[str, Any]) -> Backoff:
    return Backoff(Constant(0.0))


def _constant(options: Mapping[str, Any]) -> Backoff:
    share = options["jitter"]
    return Backoff(
        Constant(options["delay"]),
        jitter=Scaled.between(1 - share, 1 + share) if share else NoJitter(),
        attempts=options["attempts"],
        hint=Hint(HintRule.AT_LEAST),
    )


def _table(options: Mapping[str, Any]) -> Backoff:
    return Backoff(Table(tuple(options["delays"]), "stop" if options["stop"] else "last"), hint=Hint(HintRule.AT_LEAST))


PLAIN: tuple[Client, ...] = (
    Client("none", "1", "-", SECONDS, {}, _none, "no wait at all: it shows the stampede"),
    Client(
        "constant",
        "1",
        "-",
        SECONDS,
        {
            "delay": Option(1.0, "seconds"),
            "jitter": Option(0.0, "share of the wait that chance adds or takes", high=1.0),
            "attempts": Option(float("inf"), "attempts before it gives up"),
        },
        _constant,
        "always the same wait",
    ),
    Client(
        "table",
        "1",
        "-",
        SECONDS,
        {
            "delays": Option((1.0, 2.0, 5.0, 10.0), "seconds, one after the other"),
            "stop": Option(default=False, about="give up at the end of the list; else its last wait is repeated"),
        },
        _table,
        "a list of waits",
    ),
)

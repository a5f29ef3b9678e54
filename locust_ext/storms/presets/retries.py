"""Python packages that repeat a call: urllib3, tenacity, stamina, backoff.

Law: data only, in each package's own option names; all of them count from the start for each call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from locust_ext.storms.backoff import SECONDS, Backoff, Draw, Hint, HintRule, Order, Reset
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Exponential, Fibonacci
from locust_ext.storms.jitter import Additive, Full, Jitter, NoJitter

_JITTERS: Mapping[str, Jitter] = {
    "full_jitter": Full(),
    "random_jitter": Additive(0.0, 1.0),
    "none": NoJitter(),
}


def _retries(attempts: float | None) -> float:
    """Return the repetitions of so many attempts; None is for ever."""
    return math.inf if attempts is None else attempts - 1


def _or_never(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds


def _urllib3(options: Mapping[str, Any]) -> Backoff:
    spread = options["backoff_jitter"]
    return Backoff(
        Exponential(options["backoff_factor"], first=1),
        jitter=Additive(0.0, spread) if spread else NoJitter(),
        cap=options["backoff_max"],
        order=Order.CAP_LAST,
        floor=0.0,
        prefix=(Draw(0.0),),
        attempts=options["total"],
        reset=Reset.PER_INCIDENT,
        hint=Hint(HintRule.REPLACE, options["retry_after_max"]) if options["respect_retry_after_header"] else Hint(),
    )


def _tenacity(options: Mapping[str, Any], *, jitter: Callable[[Mapping[str, Any]], Jitter], order: Order) -> Backoff:
    base = options["multiplier"] if options.get("initial", 1) == 1 else options["initial"]
    return Backoff(
        Exponential(base, options["exp_base"]),
        jitter=jitter(options),
        cap=options["max"],
        order=order,
        floor=options["min"],
        attempts=_retries(options["stop_after_attempt"]),
        reset=Reset.PER_INCIDENT,
    )


def _stamina(options: Mapping[str, Any]) -> Backoff:
    spread = options["wait_jitter"]
    return Backoff(
        Exponential(options["wait_initial"], options["wait_exp_base"]),
        jitter=Additive(0.0, spread) if spread else NoJitter(),
        cap=options["wait_max"],
        order=Order.CAP_LAST,
        attempts=_retries(options["attempts"]),
        elapsed=_or_never(options["timeout"]),
        reset=Reset.PER_INCIDENT,
    )


def _backoff(options: Mapping[str, Any]) -> Backoff:
    curve = (
        Exponential(options["factor"], options["base"])
        if "factor" in options
        else Constant(options["interval"])
        if "interval" in options
        else Fibonacci()
    )
    return Backoff(
        curve,
        jitter=_JITTERS[options["jitter"]],
        cap=_or_never(options.get("max_value")),
        attempts=_retries(options["max_tries"]),
        elapsed=_or_never(options["max_time"]),
        cut=True,
        reset=Reset.PER_INCIDENT,
    )


def _tenacity_client(
    wait: str, jitter: Callable[[Mapping[str, Any]], Jitter], order: Order, about: str, more: Mapping[str, Option]
) -> Client:
    options = {
        "multiplier": Option(1.0, "seconds of the first wait"),
        "max": Option(math.inf, "seconds"),
        "exp_base": Option(2.0, "by which the wait grows"),
        "min": Option(0.0, "seconds"),
        "stop_after_attempt": Option(None, "attempts in all, the first included; never by default", low=1.0),
        **more,
    }
    build = partial(_tenacity, jitter=jitter, order=order)
    return Client(f"tenacity.{wait}", "9", "tenacity 9.2.1", SECONDS, options, build, about)


def _backoff_client(wait: str, about: str, options: Mapping[str, Option]) -> Client:
    common = {
        "jitter": Option("full_jitter", "how chance spreads the wait", choices=tuple(_JITTERS)),
        "max_tries": Option(None, "attempts in all, the first included; for ever by default", low=1.0),
        "max_time": Option(None, "seconds; the last wait is cut to what is left of it"),
    }
    return Client(f"backoff.{wait}", "2", "backoff 2.2.1", SECONDS, {**options, **common}, _backoff, about)


_MAX_VALUE = Option(None, "seconds, before the jitter")

RETRIES: tuple[Client, ...] = (
    Client(
        "urllib3",
        "2",
        "urllib3 2.8.0",
        SECONDS,
        {
            "total": Option(10.0, "attempts after the first one"),
            "backoff_factor": Option(0.0, "seconds, half of the second wait"),
            "backoff_max": Option(120.0, "seconds"),
            "backoff_jitter": Option(0.0, "seconds that chance adds"),
            "respect_retry_after_header": Option(default=True, about="whether Retry-After replaces its own wait"),
            "retry_after_max": Option(21_600.0, "seconds, the longest Retry-After that is followed"),
        },
        _urllib3,
        "never waits before the first repetition, and by default before none",
    ),
    _tenacity_client("wait_exponential", lambda _: NoJitter(), Order.CAP_FIRST, "doubling waits without jitter", {}),
    _tenacity_client(
        "wait_random_exponential",
        lambda options: Full(options["min"]),
        Order.CAP_FIRST,
        "anything from the least wait to a doubling one",
        {},
    ),
    _tenacity_client(
        "wait_exponential_jitter",
        lambda options: Additive(0.0, options["jitter"]),
        Order.CAP_LAST,
        "doubling waits, and up to a second more",
        {
            "jitter": Option(1.0, "seconds that chance adds"),
            "initial": Option(1.0, "the old name of multiplier"),
        },
    ),
    Client(
        "stamina",
        "26",
        "stamina 26.1.0",
        SECONDS,
        {
            "attempts": Option(10.0, "attempts in all, the first included; null for ever", low=1.0, optional=True),
            "timeout": Option(45.0, "seconds after which no attempt follows; null for never", optional=True),
            "wait_initial": Option(0.1, "seconds"),
            "wait_max": Option(5.0, "seconds, after the jitter"),
            "wait_jitter": Option(1.0, "seconds that chance adds"),
            "wait_exp_base": Option(2.0, "by which the wait grows"),
        },
        _stamina,
        "doubling waits, and up to a second more",
    ),
    _backoff_client(
        "expo",
        "full jitter over a doubling wait without a cap",
        {
            "base": Option(2.0, "by which the wait grows"),
            "factor": Option(1.0, "seconds of the first wait"),
            "max_value": _MAX_VALUE,
        },
    ),
    _backoff_client("fibo", "full jitter over 1, 1, 2, 3, 5, ... seconds", {"max_value": _MAX_VALUE}),
    _backoff_client("constant", "full jitter over a constant", {"interval": Option(1.0, "seconds")}),
)

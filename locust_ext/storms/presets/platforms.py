"""Clients outside Python and JavaScript whose code was read and not run, and all of them together.

Law: data only, in each client's own option names and units; what is not modelled is said in ``about``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import MILLISECONDS, SECONDS, Backoff, Hint, HintRule, Order, Quantise, Reaction, Reset
from locust_ext.storms.backoff import Timeout as ConnectTimeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Exponential
from locust_ext.storms.jitter import Additive, Full, NoJitter
from locust_ext.storms.presets.aws import STANDARD_2026, standard_2026
from locust_ext.storms.presets.dotnet import DOTNET
from locust_ext.storms.presets.grpc import GRPC
from locust_ext.storms.presets.jvm import JVM


def _envoy(options: Mapping[str, Any]) -> Backoff:
    base, most = options["base_interval"], options["max_interval"]
    return Backoff(
        Exponential(base),
        jitter=Full(),
        cap=10 * base if most is None else most,
        quantise=Quantise.FLOOR,
        unit=MILLISECONDS,
        attempts=options["num_retries"],
        reset=Reset.PER_INCIDENT,
    )


def _nats_go(options: Mapping[str, Any]) -> Backoff:
    most = options["MaxReconnect"]
    spread = options["ReconnectJitterTLS" if options["Secure"] else "ReconnectJitter"]
    return Backoff(
        Constant(options["ReconnectWait"]),
        jitter=Additive(0.0, spread) if spread else NoJitter(),
        order=Order.CAP_LAST,
        attempts=math.inf if most < 0 else most,
        reset=Reset.ON_READY,
        timeout=ConnectTimeout(options["Timeout"]),
    )


def _event_source(least: float, options: Mapping[str, Any]) -> Backoff:
    stop = {f"status:{status}": Reaction.STOP for status in (204, *range(400, 600))}
    return Backoff(
        Constant(options["retry"]),
        floor=least,
        unit=MILLISECONDS,
        causes=stop,
        hint=Hint(HintRule.REPLACE),
    )


def _event_source_client(name: str, package: str, retry: float, least: float) -> Client:
    return Client(
        name,
        "1",
        package,
        MILLISECONDS,
        {"retry": Option(retry, "milliseconds; what the server's last `retry:` field said")},
        lambda options: _event_source(least, options),
        "a constant wait without jitter; any answer but 200 ends it, as the HTML standard has it",
    )


PLATFORMS: tuple[Client, ...] = (
    *GRPC,
    *DOTNET,
    *JVM,
    Client(
        "aws-adaptive",
        "2026",
        "botocore 1.44.5",
        SECONDS,
        STANDARD_2026,
        standard_2026,
        "the waits of aws-standard; the rate limiter, which is what adaptive mode adds, is not modelled",
    ),
    Client(
        "envoy",
        "1",
        "envoy 4280ef7",
        MILLISECONDS,
        {
            "base_interval": Option(25.0, "milliseconds", low=1.0),
            "max_interval": Option(None, "milliseconds; ten times the base by default", low=1.0),
            "num_retries": Option(1.0, "attempts after the first one"),
        },
        _envoy,
        "a whole number of milliseconds below a doubling one; older versions double once more before the first; its "
        "retry budget is apart from this",
    ),
    Client(
        "nats.go",
        "1",
        "nats.go 850f889",
        SECONDS,
        {
            "ReconnectWait": Option(2.0, "seconds"),
            "ReconnectJitter": Option(0.1, "seconds that chance adds"),
            "ReconnectJitterTLS": Option(1.0, "seconds that chance adds where TLS is used"),
            "Secure": Option(default=False, about="whether TLS is used"),
            "MaxReconnect": Option(60.0, "attempts on one server; -1 for ever", low=-1.0),
            "Timeout": Option(2.0, "seconds to connect"),
        },
        _nats_go,
        "a constant and a little jitter, for one server; with more it waits once each time it has tried all of them",
    ),
    _event_source_client("eventsource-chromium", "Chromium", 3000.0, 0.0),
    _event_source_client("eventsource-gecko", "Gecko", 5000.0, 500.0),
)

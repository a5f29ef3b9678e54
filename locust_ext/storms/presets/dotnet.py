"""Polly: version 8 with its delay types, and the decorrelated jitter of the version before, from its contributions.

Law: data only. Source: Polly at 173d6d1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import SECONDS, Backoff, Order, Reset
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Curve, Exponential, Linear
from locust_ext.storms.jitter import NoJitter, Scaled
from locust_ext.storms.walks import PollyV2


def _polly(options: Mapping[str, Any]) -> Backoff:
    base, kind, jittered = options["Delay"], options["BackoffType"], options["UseJitter"]
    curves: dict[str, Curve] = {
        "Constant": Constant(base),
        "Linear": Linear(base, base),
        "Exponential": PollyV2(base) if jittered else Exponential(base),
    }
    return Backoff(
        curves[kind],
        jitter=Scaled.between(0.75, 1.25) if jittered and kind != "Exponential" else NoJitter(),
        cap=math.inf if options["MaxDelay"] is None else options["MaxDelay"],
        order=Order.CAP_LAST,
        attempts=options["MaxRetryAttempts"],
        reset=Reset.PER_INCIDENT,
    )


def _polly_v2(options: Mapping[str, Any]) -> Backoff:
    return Backoff(PollyV2(options["medianFirstRetryDelay"]), attempts=options["retryCount"], reset=Reset.PER_INCIDENT)


DOTNET: tuple[Client, ...] = (
    Client(
        "polly",
        "8",
        "Polly 173d6d1",
        SECONDS,
        {
            "MaxRetryAttempts": Option(3.0, "attempts after the first one"),
            "Delay": Option(2.0, "seconds"),
            "BackoffType": Option("Constant", "how the wait grows", choices=("Constant", "Linear", "Exponential")),
            "UseJitter": Option(default=False, about="25 % to either side; decorrelated where it is exponential"),
            "MaxDelay": Option(None, "seconds, after the jitter"),
        },
        _polly,
        "a constant by default",
    ),
    Client(
        "polly-v2",
        "1",
        "Polly.Contrib.WaitAndRetry, the formula of Polly 173d6d1",
        SECONDS,
        {
            "medianFirstRetryDelay": Option(1.0, "seconds; it must be said there, this is an example"),
            "retryCount": Option(5.0, "attempts after the first one; likewise"),
        },
        _polly_v2,
        "DecorrelatedJitterBackoffV2, a smooth exponential spread without peaks",
    ),
)

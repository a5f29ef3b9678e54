"""The retries of AWS's SDK for Python: standard and legacy mode, by version.

Law: data only. The retry quota that all calls of one client share is a budget, and no part of a policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import SECONDS, Backoff, Hint, HintRule, Reset, Timeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Exponential
from locust_ext.storms.jitter import Full, NoJitter

_ATTEMPTS = "attempts in all, the first included, as AWS_MAX_ATTEMPTS counts them"
_CAP = 20.0
_QUOTA = "its retry quota, shared by all calls of one client, is a budget apart from this"
_CONNECT = Timeout(60.0)


def standard_2026(options: Mapping[str, Any]) -> Backoff:
    """Return the policy of standard mode since 2026."""
    dynamo = options["service_name"] != "other"
    attempts = options["max_attempts"] or (4 if dynamo else 3)
    scale = 1.0 if options["throttling"] else 0.025 if dynamo else 0.05
    return Backoff(
        Exponential(scale),
        jitter=Full(),
        cap=_CAP,
        attempts=attempts - 1,
        reset=Reset.PER_INCIDENT,
        timeout=_CONNECT,
        hint=Hint(HintRule.AT_LEAST, beyond=5.0),
    )


def _standard_1_38(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Exponential(1.0),
        jitter=Full(),
        cap=_CAP,
        attempts=options["max_attempts"] - 1,
        reset=Reset.PER_INCIDENT,
        timeout=_CONNECT,
    )


def _legacy(options: Mapping[str, Any]) -> Backoff:
    dynamo = options["service_name"] == "dynamodb"
    attempts = options["max_attempts"] or (10 if dynamo else 5)
    return Backoff(
        Exponential(0.05 if dynamo else 1.0),
        jitter=NoJitter() if dynamo else Full(),
        attempts=attempts - 1,
        reset=Reset.PER_INCIDENT,
        timeout=_CONNECT,
    )


STANDARD_2026: dict[str, Option] = {
    "max_attempts": Option(None, _ATTEMPTS + "; 3 by default, 4 for DynamoDB", low=1.0),
    "service_name": Option("other", "DynamoDB waits half as long", choices=("other", "dynamodb", "dynamodbstreams")),
    "throttling": Option(default=False, about="whether the failures are throttling errors, which wait longer"),
}

AWS: tuple[Client, ...] = (
    Client(
        "aws-standard",
        "2026",
        "botocore 1.44.5",
        SECONDS,
        STANDARD_2026,
        standard_2026,
        f"full jitter from 50 ms up to 20 s; its hint is x-amz-retry-after; {_QUOTA}",
    ),
    Client(
        "aws-standard",
        "1.38",
        "botocore 1.38.0",
        SECONDS,
        {"max_attempts": Option(3.0, _ATTEMPTS, low=1.0)},
        _standard_1_38,
        f"full jitter from 1 s up to 20 s; {_QUOTA}",
    ),
    Client(
        "aws-legacy",
        "1.38",
        "botocore 1.38.0",
        SECONDS,
        {
            "max_attempts": Option(None, _ATTEMPTS + "; 5 by default, 10 for DynamoDB", low=1.0),
            "service_name": Option("other", "DynamoDB has no jitter", choices=("other", "dynamodb")),
        },
        _legacy,
        "full jitter from 1 s without a cap",
    ),
)

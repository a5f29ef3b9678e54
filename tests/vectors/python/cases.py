"""Which clients are recorded, and with which options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import reconnecting
import retrying

Cases = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Recording:
    """One client in one version: how it is run, and the options of each case by its name."""

    client: str
    version: str
    package: str
    run: Callable[[Mapping[str, Any]], list[float | None]]
    cases: Cases
    unit: str = "s"
    file: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "file", self.file or self.client)


_WEBSOCKETS = {
    "defaults": {},
    "no wait at first, slow growth": {"initial_delay": 0, "min_delay": 0.5, "max_delay": 7, "factor": 1.1},
    "a long first wait": {"initial_delay": 30, "factor": 3},
}
_REDIS = {
    "defaults": {},
    "full jitter": {"backoff": "FullJitterBackoff", "base": 0.03, "cap": 0.7, "retries": 16},
    "equal jitter": {"backoff": "EqualJitterBackoff", "base": 0.03, "cap": 0.7, "retries": 16},
    "decorrelated jitter": {"backoff": "DecorrelatedJitterBackoff", "base": 0.03, "cap": 0.7, "retries": 16},
    "exponential": {"backoff": "ExponentialBackoff", "base": 0.03, "cap": 0.7, "retries": 16},
    "other base and cap": {"backoff": "ExponentialWithJitterBackoff", "base": 0.3, "cap": 7, "retries": 12},
    "more retries": {"retries": 14},
}
_AWS = {
    "defaults": {},
    "more attempts": {"max_attempts": 16},
    "DynamoDB": {"service_name": "dynamodb"},
    "DynamoDB, more attempts": {"service_name": "dynamodb", "max_attempts": 14},
}
_THROTTLED = {"throttled": {"throttling": True, "max_attempts": 10}}
_STREAMS = {"DynamoDB Streams": {"service_name": "dynamodbstreams", "max_attempts": 10}}
_JITTER = {
    "defaults": {},
    "other base and cap": {"base": 0.3, "cap": 11.0},
    "a cap that is not a power of the base": {"base": 0.07, "cap": 0.9},
}
_EXPO = {
    "defaults": {},
    "other base, factor and greatest value": {"base": 1.7, "factor": 0.3, "max_value": 9},
    "no jitter, in time": {"jitter": "none", "max_time": 20},
    "random jitter, few tries": {"jitter": "random_jitter", "max_tries": 5},
}

NEWEST: tuple[Recording, ...] = (
    Recording(
        "python-socketio",
        "5",
        "python-socketio",
        reconnecting.socketio,
        {
            "defaults": {},
            "small swing, high cap": {
                "reconnection_delay": 0.3,
                "reconnection_delay_max": 17,
                "randomization_factor": 0.1,
            },
            "a swing below nothing": {"reconnection_delay": 0.2, "reconnection_delay_max": 1},
            "four attempts": {"reconnection_attempts": 4},
        },
    ),
    Recording(
        "signalrcore",
        "1",
        "signalrcore",
        reconnecting.signalrcore,
        {
            "defaults": {},
            "three attempts": {"type": "raw", "reconnect_interval": 1.5, "max_attempts": 3},
            "a table": {"type": "interval", "intervals": [1, 3, 5, 6, 7, 87, 3]},
            "an empty table": {"type": "interval", "intervals": []},
        },
    ),
    Recording(
        "centrifuge-python",
        "0.7",
        "centrifuge-python",
        reconnecting.centrifuge,
        {"defaults": {}, "changed": {"min_reconnect_delay": 0.7, "max_reconnect_delay": 9.1}},
    ),
    Recording(
        "paho-mqtt",
        "2",
        "paho-mqtt",
        reconnecting.paho,
        {"defaults": {}, "changed": {"min_delay": 3, "max_delay": 1000}},
    ),
    Recording(
        "kafka-python",
        "3",
        "kafka-python",
        reconnecting.kafka,
        {"defaults": {}, "changed": {"reconnect_backoff_ms": 70, "reconnect_backoff_max_ms": 1300}},
        unit="ms",
    ),
    Recording(
        "nats-py",
        "2",
        "nats-py",
        reconnecting.nats,
        {
            "defaults": {},
            "four attempts": {"max_reconnect_attempts": 4, "reconnect_time_wait": 0.7},
            "for ever": {"max_reconnect_attempts": -1},
        },
    ),
    Recording("websockets", "17", "websockets", reconnecting.websockets, _WEBSOCKETS),
    Recording(
        "aws-standard",
        "2026",
        "botocore",
        partial(retrying.botocore, mode="standard"),
        {**_AWS, **_THROTTLED, **_STREAMS},
        file="aws-standard@2026",
    ),
    Recording(
        "urllib3",
        "2",
        "urllib3",
        retrying.urllib3,
        {
            "defaults": {},
            "with a factor": {"backoff_factor": 0.3, "total": 14},
            "with jitter and a cap": {"backoff_factor": 0.3, "backoff_jitter": 0.7, "backoff_max": 5, "total": 14},
            "three": {"backoff_factor": 1, "total": 3},
        },
    ),
    Recording(
        "tenacity.wait_exponential",
        "9",
        "tenacity",
        partial(retrying.tenacity, wait="wait_exponential"),
        {
            "defaults": {},
            "changed": {"multiplier": 0.3, "exp_base": 1.7, "max": 11, "min": 0.5},
            "five attempts": {"stop_after_attempt": 5},
        },
    ),
    Recording(
        "tenacity.wait_random_exponential",
        "9",
        "tenacity",
        partial(retrying.tenacity, wait="wait_random_exponential"),
        {
            "defaults": {},
            "changed": {"multiplier": 0.3, "exp_base": 1.7, "max": 11, "min": 0.5},
            "five attempts": {"max": 60, "stop_after_attempt": 5},
        },
    ),
    Recording(
        "tenacity.wait_exponential_jitter",
        "9",
        "tenacity",
        partial(retrying.tenacity, wait="wait_exponential_jitter"),
        {
            "defaults": {},
            "changed": {"multiplier": 0.3, "exp_base": 1.7, "max": 11, "jitter": 3, "min": 0.5},
            "by its old name": {"initial": 0.2, "jitter": 0, "stop_after_attempt": 9},
        },
    ),
    Recording(
        "stamina",
        "26",
        "stamina",
        retrying.stamina,
        {
            "defaults": {},
            "changed": {
                "attempts": None,
                "timeout": None,
                "wait_initial": 0.7,
                "wait_max": 9,
                "wait_jitter": 3,
                "wait_exp_base": 1.3,
            },
            "no jitter, in time": {"attempts": None, "timeout": 12, "wait_jitter": 0},
        },
    ),
    Recording("backoff.expo", "2", "backoff", partial(retrying.backoff, wait="expo"), _EXPO),
    Recording(
        "backoff.fibo",
        "2",
        "backoff",
        partial(retrying.backoff, wait="fibo"),
        {
            "defaults": {},
            "with a greatest value": {"max_value": 30},
            "no jitter, in time": {"jitter": "none", "max_time": 30},
        },
    ),
    Recording(
        "backoff.constant",
        "2",
        "backoff",
        partial(retrying.backoff, wait="constant"),
        {
            "defaults": {},
            "random jitter": {"interval": 0.3, "jitter": "random_jitter"},
            "few tries": {"interval": 2, "jitter": "none", "max_tries": 4},
        },
    ),
    Recording("redis-py", "8", "redis", retrying.redis, _REDIS),
    Recording("full-jitter", "1", "redis", partial(retrying.jitter, kind="FullJitterBackoff"), _JITTER),
    Recording("equal-jitter", "1", "redis", partial(retrying.jitter, kind="EqualJitterBackoff"), _JITTER),
    Recording("decorrelated-jitter", "1", "redis", partial(retrying.jitter, kind="DecorrelatedJitterBackoff"), _JITTER),
)

OLDER: tuple[Recording, ...] = (
    Recording(
        "websockets",
        "12",
        "websockets",
        reconnecting.websockets_legacy,
        {
            "defaults": {},
            "changed": {"BACKOFF_MIN": 0.7, "BACKOFF_MAX": 33.3, "BACKOFF_FACTOR": 1.3, "BACKOFF_INITIAL": 11},
        },
        file="websockets@12",
    ),
    Recording(
        "aws-standard",
        "1.38",
        "botocore",
        partial(retrying.botocore, mode="standard"),
        {"defaults": {}, "more attempts": {"max_attempts": 16}},
        file="aws-standard@1.38",
    ),
    Recording("aws-legacy", "1.38", "botocore", partial(retrying.botocore, mode="legacy"), _AWS),
    Recording("redis-py", "7", "redis", retrying.redis, _REDIS, file="redis-py@7"),
)

"""A client's configuration as it ships: from the file that the real client reads to its name and its options.

Law: pure; text comes in, ``(client, options)`` goes out. What the real client would refuse, or what is probably a
misspelt option, raises ValueError with a sentence; a loader never falls back to a default in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from locust_ext.storms.reading import (
    camel,
    mapping,
    milliseconds,
    number,
    numbers,
    read_json,
    read_properties,
    refuse_misspelt,
    switch,
)
from locust_ext.text.document import parse
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError

Shipped = tuple[str, dict[str, Any]]
"""The name of a client, and its options in its own names."""

_MOST_GRPC_ATTEMPTS = 5
_GRPC_DURATIONS = ("initialBackoff", "maxBackoff")
_GRPC_POLICY = ("maxAttempts", *_GRPC_DURATIONS, "backoffMultiplier", "retryableStatusCodes")
_GRPC_ARGUMENTS = tuple(f"grpc.{which}_reconnect_backoff_ms" for which in ("initial", "min", "max"))
_KAFKA = ("reconnect.backoff.ms", "reconnect.backoff.max.ms")
_KAFKA_CONNECTING = ("socket.connection.setup.timeout.ms", "socket.connection.setup.timeout.max.ms")
_RESILIENCE4J_SPANS = ("waitDuration", "exponentialMaxWaitDuration")
_RESILIENCE4J_SWITCHES = ("enableExponentialBackoff", "enableRandomizedWait")
_RESILIENCE4J_NUMBERS = ("maxAttempts", "exponentialBackoffMultiplier", "randomizedWaitFactor")
_RESILIENCE4J = (*_RESILIENCE4J_SPANS, *_RESILIENCE4J_SWITCHES, *_RESILIENCE4J_NUMBERS)
_AWS = ("AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS")
_AWS_MODES = ("standard", "legacy", "adaptive")


def load(text: str, filename: str = "") -> Shipped:
    """Return what ``text`` configures; its content chooses the loader, then the file's ending."""
    ending = filename.lower().rpartition(".")[2]
    is_yaml = ending in {"yml", "yaml"}
    if ending == "json" or (text.lstrip().startswith(("{", "[")) and not is_yaml):
        values = read_json(text)
        is_arguments = isinstance(values, list) or any(str(key).startswith("grpc.") for key in values)
        return grpc_channel_arguments(values) if is_arguments else grpc_service_config(values)
    if any(key in text for key in _AWS) or ending == "env":
        return aws_environment(text)
    if "reconnect.backoff" in text or ending == "properties":
        return kafka_properties(text)
    if is_yaml or "resilience4j" in text:
        return resilience4j(text)
    raise ValueError(
        "it is not a configuration that is known here: a gRPC service config or channel arguments (.json), Kafka's "
        ".properties, Resilience4j's YAML, or an environment with AWS_RETRY_MODE"
    )


def grpc_service_config(given: str | Mapping[str, Any], method: str = "") -> Shipped:
    """Return the retryPolicy of a gRPC service config; ``method`` (``service/method``) chooses among several.

    Waits become seconds. As in gRPC, more than five attempts are five.
    """
    config = mapping(read_json(given) if isinstance(given, str) else given, "a service config")
    entries = config.get("methodConfig")
    if not isinstance(entries, list):
        raise ValueError("the service config has no list methodConfig")  # noqa: TRY004 one kind of error
    found = [
        mapping(entry["retryPolicy"], "retryPolicy")
        for entry in (_methods_own(entries, method) if method else entries)
        if isinstance(entry, Mapping) and "retryPolicy" in entry
    ]
    if not found:
        raise ValueError("no methodConfig" + (f" for {quoted(method)}" if method else "") + " has a retryPolicy")
    if any(policy != found[0] for policy in found):
        raise ValueError(f"{len(found)} methodConfigs differ in their retryPolicy; say which method is meant")
    policy = found[0]
    refuse_misspelt(policy, _GRPC_POLICY)
    if missing := [key for key in _GRPC_POLICY[:-1] if key not in policy]:
        raise ValueError(f"the retryPolicy lacks {', '.join(missing)}, and gRPC refuses it")
    attempts = policy["maxAttempts"]
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts <= 1:
        raise ValueError(f"maxAttempts must be a whole number above 1, not {quoted(attempts)}")
    factor = number("backoffMultiplier", policy["backoffMultiplier"])
    waits = {key: _grpc_duration(key, policy[key]) for key in _GRPC_DURATIONS}
    if not (factor and all(waits.values())):
        raise ValueError("initialBackoff, maxBackoff and backoffMultiplier must be more than 0")
    return "grpc-retry-policy", {
        "maxAttempts": min(attempts, _MOST_GRPC_ATTEMPTS),
        **waits,
        "backoffMultiplier": factor,
    }


def grpc_channel_arguments(given: str | Mapping[str, Any] | list[Any]) -> Shipped:
    """Return the reconnect back-off in gRPC channel arguments: an object, or a list of pairs as in Python."""
    values = read_json(given) if isinstance(given, str) else given
    if isinstance(values, list):
        if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in values):  # noqa: PLR2004 a pair
            raise ValueError('channel arguments are an object, or a list of pairs ["grpc.name", value]')
        values = {str(key): value for key, value in values}
    arguments = mapping(values, "channel arguments")
    refuse_misspelt(arguments, _GRPC_ARGUMENTS)
    return "grpc-core", numbers(arguments, _GRPC_ARGUMENTS)


def kafka_properties(given: str | Mapping[str, Any]) -> Shipped:
    """Return the reconnect back-off of Kafka's Java client.

    Its quirk is kept: where only ``reconnect.backoff.ms`` is set the greatest wait is the same, and nothing grows.
    """
    values = read_properties(given) if isinstance(given, str) else given
    refuse_misspelt(values, _KAFKA + _KAFKA_CONNECTING)
    options = numbers(values, _KAFKA + _KAFKA_CONNECTING)
    return "kafka-java", {_KAFKA[1]: options[_KAFKA[0]], **options} if _KAFKA[0] in options else options


def resilience4j(given: str | Mapping[str, Any], name: str = "") -> Shipped:
    """Return one retry of Resilience4j's YAML, in milliseconds; ``name`` chooses among several instances.

    Reads a whole ``application.yml``, or the bare options; ``wait-duration`` is the same as ``waitDuration``.
    """
    try:
        values = parse(given, "", is_ours=False).values if isinstance(given, str) else given
    except ConfigurationError as error:
        raise ValueError("; ".join(map(str, error.problems))) from None
    options = camel(_one_retry(values, name))
    refuse_misspelt(options, _RESILIENCE4J)
    read: dict[str, Any] = {key: milliseconds(key, options[key]) for key in _RESILIENCE4J_SPANS if key in options}
    read |= {key: switch(key, options[key]) for key in _RESILIENCE4J_SWITCHES if key in options}
    read |= {key: number(key, options[key]) for key in _RESILIENCE4J_NUMBERS if key in options}
    if not read:
        raise ValueError(f"it sets none of {', '.join(_RESILIENCE4J)}")
    return "resilience4j", read


def aws_environment(given: str | Mapping[str, str]) -> Shipped:
    """Return the retry mode of the AWS SDKs from an environment, or from the text of an ``.env`` file."""
    values = given if isinstance(given, Mapping) else read_properties(re.sub(r"(?m)^[ \t]*export[ \t]+", "", given))
    refuse_misspelt({key: value for key, value in values.items() if str(key).startswith("AWS_")}, _AWS)
    chosen = {key: str(values[key]).strip().strip("\"'") for key in _AWS if key in values}
    if not chosen:
        raise ValueError(f"it sets neither {_AWS[0]} nor {_AWS[1]}")
    mode, attempts = chosen.get(_AWS[0], _AWS_MODES[0]).lower(), chosen.get(_AWS[1])
    if mode not in _AWS_MODES:
        raise ValueError(f"{_AWS[0]} must be one of {', '.join(_AWS_MODES)}, not {quoted(mode)}")
    if attempts is not None and not (attempts.isascii() and attempts.isdigit() and int(attempts)):
        raise ValueError(f"{_AWS[1]} must be a whole number of at least 1, not {quoted(attempts)}")
    return f"aws-{mode}", {} if attempts is None else {"max_attempts": int(attempts)}


def _methods_own(entries: list[Any], method: str) -> list[Any]:
    """Return the entries for one method: those that name it, else its service, else those for everything."""
    service, _, name = method.partition("/")
    patterns: tuple[dict[str, str], ...] = ({"service": service, "method": name}, {"service": service}, {})
    for pattern in patterns:
        if found := [entry for entry in entries if isinstance(entry, Mapping) and pattern in _names(entry)]:
            return found
    return []


def _names(entry: Mapping[str, Any]) -> list[Any]:
    names = entry.get("name")
    return names if isinstance(names, list) else []


def _grpc_duration(key: str, value: Any) -> float:
    if not isinstance(value, str) or not re.fullmatch(r"\d+(\.\d{1,9})?s", value):
        raise ValueError(f'{key} must be seconds as text such as "0.1s", not {quoted(value)}')
    return float(value[:-1])


def _one_retry(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the options of one instance over those of its base; the values themselves where they are bare options."""
    if set(camel(values)) & set(_RESILIENCE4J):
        return values
    retry: Any = values
    for key in ("resilience4j", "resilience4j.retry", "retry"):
        retry = retry.get(key, retry) if isinstance(retry, Mapping) else retry
    retry = mapping(retry, "resilience4j.retry")
    configs = mapping(retry.get("configs") or {}, "configs")
    instances = mapping(retry.get("instances") or {}, "instances")
    there = {**configs, **instances}
    if name not in there and (name or len(instances or configs) != 1):
        raise ValueError(f"say which retry is meant: there are {', '.join(map(str, there)) or 'none'}")
    chosen = name or next(iter(instances or configs))
    options = camel(mapping(there[chosen] or {}, str(chosen)))
    base = str(options.pop("baseConfig", "default"))
    if base not in configs and base != "default":
        raise ValueError(f"{chosen} is based on {quoted(base)}, and configs has no such entry")
    return {**camel(mapping(configs.get(base) or {}, base)), **options}

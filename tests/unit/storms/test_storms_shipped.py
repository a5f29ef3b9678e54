"""Configuration as it ships: what each loader reads, and the sentence for what it refuses."""

from __future__ import annotations

import json

import pytest

from locust_ext.storms.shipped import (
    aws_environment,
    grpc_channel_arguments,
    grpc_service_config,
    kafka_properties,
    load,
    resilience4j,
)

POLICY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
SERVICE = {"methodConfig": [{"name": [{"service": "shop.Cart"}], "retryPolicy": POLICY}]}
READ = {"maxAttempts": 4, "initialBackoff": 0.1, "maxBackoff": 1.0, "backoffMultiplier": 2}
APPLICATION = """
resilience4j.retry:
  configs:
    default: {maxAttempts: 5, waitDuration: 200}
    patient: {wait-duration: PT1M1.5S}
  instances:
    cart: {baseConfig: default, enableExponentialBackoff: true, exponentialBackoffMultiplier: 2}
"""


def changed(**changes):
    """The service config with another policy; None takes a key away."""
    policy = {key: value for key, value in {**POLICY, **changes}.items() if value is not None}
    return json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": policy}]})


READS = [
    ("a gRPC service config", grpc_service_config, json.dumps(SERVICE), ("grpc-retry-policy", READ)),
    ("the same, already read", grpc_service_config, SERVICE, ("grpc-retry-policy", READ)),
    ("more than five are five", grpc_service_config, changed(maxAttempts=9), ("grpc-retry-policy", {**READ, "maxAttempts": 5})),
    (
        "gRPC channel arguments",
        grpc_channel_arguments,
        '{"grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": 2000, "grpc.keepalive_time_ms": 1}',
        ("grpc-core", {"grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": 2000}),
    ),
    (
        "the same as pairs",
        grpc_channel_arguments,
        '[["grpc.min_reconnect_backoff_ms", 5000]]',
        ("grpc-core", {"grpc.min_reconnect_backoff_ms": 5000}),
    ),
    (
        "Kafka's properties",
        kafka_properties,
        "# reconnect\nbootstrap.servers=a:9092,\\\n  b:9092\nreconnect.backoff.ms = 100\nreconnect.backoff.max.ms: 9000\n",
        ("kafka-java", {"reconnect.backoff.ms": 100, "reconnect.backoff.max.ms": 9000}),
    ),
    (
        "Kafka's quirk: one alone is the greatest too",
        kafka_properties,
        "reconnect.backoff.ms=700",
        ("kafka-java", {"reconnect.backoff.ms": 700, "reconnect.backoff.max.ms": 700}),
    ),
    (
        "but not the other way round",
        kafka_properties,
        "reconnect.backoff.max.ms 700",
        ("kafka-java", {"reconnect.backoff.max.ms": 700}),
    ),
    (
        "retry.backoff.ms is another thing, and not misspelt",
        kafka_properties,
        "retry.backoff.ms=3\nretry.backoff.max.ms=4\nreconnect.backoff.max.ms=5",
        ("kafka-java", {"reconnect.backoff.max.ms": 5}),
    ),
    (
        "Resilience4j's application.yml, an instance over its base",
        resilience4j,
        APPLICATION,
        (
            "resilience4j",
            {"waitDuration": 200, "enableExponentialBackoff": True, "maxAttempts": 5, "exponentialBackoffMultiplier": 2},
        ),
    ),
    (
        "bare options of Resilience4j, in all units",
        resilience4j,
        "{waitDuration: 500ms, exponentialMaxWaitDuration: 1s, enableRandomizedWait: 'true', randomizedWaitFactor: 0.3}",
        (
            "resilience4j",
            {"waitDuration": 500, "exponentialMaxWaitDuration": 1000, "enableRandomizedWait": True, "randomizedWaitFactor": 0.3},
        ),
    ),
    ("AWS's standard", aws_environment, "AWS_RETRY_MODE=standard\nPATH=/bin", ("aws-standard", {})),
    ("AWS's legacy", aws_environment, {"AWS_RETRY_MODE": "legacy", "AWS_MAX_ATTEMPTS": "7"}, ("aws-legacy", {"max_attempts": 7})),
    ("AWS's adaptive, exported", aws_environment, "export AWS_RETRY_MODE='adaptive'", ("aws-adaptive", {})),
    ("no mode is the standard one", aws_environment, "AWS_MAX_ATTEMPTS=2", ("aws-standard", {"max_attempts": 2})),
]  # fmt: skip


@pytest.mark.parametrize(("loader", "given", "expected"), [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_reads(loader, given, expected):
    assert loader(given) == expected


REFUSED = [
    ("no JSON", grpc_service_config, "{", "not valid JSON"),
    ("JSON that nests for ever", grpc_service_config, "[" * 100_000, "not valid JSON"),
    ("a service config without methods", grpc_service_config, "{}", "no list methodConfig"),
    ("methods without a policy", grpc_service_config, '{"methodConfig": [{}]}', "has a retryPolicy"),
    ("a policy that is a number", grpc_service_config, '{"methodConfig": [{"retryPolicy": 3}]}', "must be an object"),
    ("a key that is missing", grpc_service_config, changed(maxBackoff=None), "lacks maxBackoff"),
    ("a key that is misspelt", grpc_service_config, changed(maxBackof="1s"), "did you mean 'maxBackoff'"),
    ("a duration without its unit", grpc_service_config, changed(initialBackoff="0.1"), 'such as "0.1s", not \'0.1\''),
    ("a duration as a number", grpc_service_config, changed(initialBackoff=0.1), 'such as "0.1s"'),
    ("a duration of nothing", grpc_service_config, changed(initialBackoff="0s"), "more than 0"),
    ("one attempt", grpc_service_config, changed(maxAttempts=1), "above 1, not 1"),
    ("a factor that is text", grpc_service_config, changed(backoffMultiplier="much"), "backoffMultiplier must be a number"),
    ("arguments without ours", grpc_channel_arguments, '{"grpc.keepalive_time_ms": 1}', "sets none of grpc.initial"),
    ("a misspelt argument", grpc_channel_arguments, '{"grpc.max_reconnect_backof_ms": 1}', "did you mean 'grpc.max_"),
    ("no pairs", grpc_channel_arguments, "[1]", "a list of pairs"),
    ("a wait below zero", kafka_properties, "reconnect.backoff.ms=-1", "at least 0, not '-1'"),
    ("an endless wait", kafka_properties, "reconnect.backoff.ms=inf", "not 'inf'"),
    ("nothing of ours", kafka_properties, "acks=all", "sets none of reconnect.backoff.ms"),
    ("a misspelt property", kafka_properties, "reconect.backoff.ms=5", "did you mean 'reconnect.backoff.ms'"),
    ("no YAML", resilience4j, "a: [", "not valid YAML"),
    ("no duration", resilience4j, "waitDuration: soon", "such as 500ms, 1s or PT1S, not 'soon'"),
    ("no switch", resilience4j, "enableRandomizedWait: maybe", "true or false, not 'maybe'"),
    ("a misspelt option", resilience4j, "{waitDuration: 1s, maxAtempts: 3}", "did you mean 'maxAttempts'"),
    ("a base that is not there", resilience4j, "{instances: {a: {baseConfig: [b]}}}", "based on"),
    ("several instances", resilience4j, "{instances: {a: {maxAttempts: 1}, b: {}}}", "there are a, b"),
    ("an instance that says nothing", resilience4j, "{instances: {a: {}}}", "sets none of waitDuration"),
    ("an unknown mode", aws_environment, "AWS_RETRY_MODE=eager", "standard, legacy, adaptive, not 'eager'"),
    ("no attempts", aws_environment, "AWS_MAX_ATTEMPTS=0", "at least 1, not '0'"),
    ("an environment without it", aws_environment, {}, "neither AWS_RETRY_MODE nor AWS_MAX_ATTEMPTS"),
    ("a misspelt variable", aws_environment, {"AWS_MAX_ATTEMPT": "1"}, "did you mean 'AWS_MAX_ATTEMPTS'"),
    ("nothing that is known", load, "hello", "not a configuration that is known here"),
]  # fmt: skip


@pytest.mark.parametrize(("loader", "given", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refuses(loader, given, sentence):
    with pytest.raises(ValueError, match=r".") as caught:
        loader(given)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "filename", "client"),
    [
        (json.dumps(SERVICE), "", "grpc-retry-policy"),
        ('{"grpc.min_reconnect_backoff_ms": 1}', "channel.json", "grpc-core"),
        ("reconnect.backoff.ms=1", "", "kafka-java"),
        (APPLICATION, "application.yml", "resilience4j"),
        ("maxAttempts: 3", "retry.YAML", "resilience4j"),
        ("{maxAttempts: 3}", "retry.yml", "resilience4j"),
        ("AWS_RETRY_MODE=legacy", ".env", "aws-legacy"),
    ],
)
def test_the_content_chooses_the_loader(text, filename, client):
    assert load(text, filename)[0] == client


def test_one_of_several_is_chosen_by_name():
    """A method's own policy goes before its service's; an instance is named."""
    quick = {**POLICY, "maxAttempts": 2}
    both = {
        "methodConfig": [
            *SERVICE["methodConfig"],
            {"name": [{"service": "shop.Cart", "method": "Add"}], "retryPolicy": quick},
        ]
    }

    assert grpc_service_config(both, "shop.Cart/Add")[1]["maxAttempts"] == 2
    assert grpc_service_config(both, "shop.Cart/List")[1]["maxAttempts"] == 4
    with pytest.raises(ValueError, match="say which method"):
        grpc_service_config(both)
    assert resilience4j(APPLICATION, "patient")[1] == {"waitDuration": 61500, "maxAttempts": 5}

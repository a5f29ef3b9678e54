"""Policies whose options stand where they are shipped."""

from __future__ import annotations

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.storms.sources import with_shipped
from locust_ext.text.problems import ConfigurationError

KAFKA = "bootstrap.servers=broker:9092\nreconnect.backoff.ms=100\nreconnect.backoff.max.ms=2000\n"


def test_without_from_a_policy_stays_what_it_is(tmp_path):
    """Nothing is read."""
    assert with_shipped({"client": "socket.io"}, tmp_path) == {"client": "socket.io"}


def test_options_come_from_the_file_and_those_beside_it_win(tmp_path):
    """A Kafka client's properties, one of them changed."""
    (tmp_path / "client.properties").write_text(KAFKA)

    read_in = with_shipped({"from": "client.properties", "reconnect.backoff.ms": 70}, tmp_path)

    assert read_in["client"] == "kafka-java"
    assert (read_in["reconnect.backoff.ms"], read_in["reconnect.backoff.max.ms"]) == (70, 2000)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        pytest.param({"from": "absent.json"}, "cannot be read", id="no such file"),
        pytest.param({"from": 3}, "is not a source", id="no name of a file"),
        pytest.param({"from": "client.properties", "client": "phoenix"}, "of kafka-java, not of phoenix", id="another"),
        pytest.param({"from": {"nod": "x.js"}}, "is not a key of from", id="a wrong key"),
    ],
)
def test_what_is_wrong_is_a_sentence(policy, sentence, tmp_path):
    """Each mistake says what it is."""
    (tmp_path / "client.properties").write_text(KAFKA)

    with pytest.raises(ValueError, match=sentence):
        with_shipped(policy, tmp_path)


def test_the_environment_of_the_aws_sdks(tmp_path, monkeypatch):
    """AWS_RETRY_MODE names the client, AWS_MAX_ATTEMPTS its option."""
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")

    assert with_shipped({"from": "environment"}, tmp_path) == {"client": "aws-legacy", "max_attempts": 7}


def test_a_plan_carries_what_was_read(tmp_path):
    """Relative files are seen from the configuration; workers get options, no file."""
    (tmp_path / "client.properties").write_text(KAFKA)
    config = tmp_path / "c.yml"
    config.write_text("version: 1\nstorm: {backoff: {from: client.properties}}\n")

    plan = make_plan(CommandLine(file=str(config)))

    assert plan.config.storm.backoff["client"] == "kafka-java"
    assert "from" not in plan.config.storm.backoff


def test_a_plan_says_where_the_mistake_stands(tmp_path):
    """File, line and path."""
    config = tmp_path / "c.yml"
    config.write_text("version: 1\nstorm: {backoff: {from: absent.properties}}\n")

    with pytest.raises(ConfigurationError) as caught:
        make_plan(CommandLine(file=str(config)))

    assert "c.yml:2: storm.backoff.from" in str(caught.value)


@pytest.mark.parametrize("section", ["storm", "stampede"])
def test_a_stress_run_has_levels_and_no_storms(section, tmp_path):
    """A storm's phase would cover a level, and the cliff would be judged by it."""
    config = tmp_path / "c.yml"
    config.write_text(f"version: 1\nshape: stress\n{section}: {{at: 3s}}\n")

    with pytest.raises(ConfigurationError, match="level by level"):
        make_plan(CommandLine(file=str(config)))

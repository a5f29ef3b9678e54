"""What is asked before a run: whether figures can be pushed where the configuration or a variable wants them."""

from __future__ import annotations

import os

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.exports.options import ExportOptions, OtlpOptions
from locust_ext.run import collectors
from locust_ext.safety.known_secrets import secrets_of
from locust_ext.safety.outlet import Outlet

E = "OTEL_EXPORTER_OTLP_"


@pytest.fixture
def no_sdk(monkeypatch):
    monkeypatch.setattr(collectors, "find_spec", lambda name: None)


def plan_of(text, tmp_path):
    (tmp_path / "loadtest.yml").write_text(text, "utf-8")
    return make_plan(CommandLine(file=str(tmp_path / "loadtest.yml")))


WRONG = (
    # the case; what the configuration says of otlp; variables; path and beginning of the sentence
    ("fine", "{}", {}, []),
    ("a variable that is not set", "{headers_env: MINE}", {}, ["export.otlp.headers_env: $MINE is not set"]),
    ("a variable that holds none", "{headers_env: MINE}", {"MINE": "hunter2hunter2"}, ["export.otlp.headers_env: $MINE must hold headers"]),
    ("a certificate that is not there", "{}", {f"{E}CERTIFICATE": "/not/there"}, [f"export.otlp: {E}CERTIFICATE: the file '/not/there' cannot be read"]),
    ("switched off", "{headers_env: MINE}", {"OTEL_SDK_DISABLED": "true"}, []),
    ("both", "{headers_env: MINE}", {f"{E}LOGS_CLIENT_KEY": "/not/there"}, ["export.otlp.headers_env: $MINE is not set", f"export.otlp: {E}LOGS_CLIENT_KEY: the file"]),
)  # fmt: skip


@pytest.mark.parametrize("options, environment, expected", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_before_a_run(options, environment, expected, tmp_path):
    found = collectors.problems_of(plan_of(f"version: 1\nexport: {{otlp: {options}}}\n", tmp_path), environment)
    told = [f"{problem.path}: {problem.message}" for problem in found]
    assert len(told) == len(expected)
    assert all(one.startswith(beginning) for one, beginning in zip(told, expected, strict=True))
    assert {problem.line for problem in found} <= {2}
    assert "hunter2" not in "".join(told)


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_without_the_sdk_it_says_what_to_install(protocol, tmp_path, no_sdk):
    plan = plan_of(f"version: 1\nexport: {{otlp: {{protocol: {protocol}}}}}\n", tmp_path)
    (problem,) = collectors.problems_of(plan, {})
    assert problem.path == "export.otlp"
    assert problem.message.endswith("which is not installed: pip install 'locust-ext-pack[otel]'")


def test_a_configuration_that_asks_for_nothing_has_nothing_wrong(tmp_path, no_sdk):
    assert collectors.problems_of(plan_of("version: 1\n", tmp_path), {f"{E}ENDPOINT": "http://c"}) == []


ALONE = (
    # the case; variables; whether the SDK is there; what is said, if anything
    ("a mistake is a warning", {f"{E}ENDPOINT": "c:port"}, True, [f"no live figures are pushed: {E}ENDPOINT: 'the collector' is not a URL of http or https; write it as http://localhost:4318"]),
    ("without the SDK nobody asked us", {f"{E}ENDPOINT": "http://c"}, False, []),
)  # fmt: skip


@pytest.mark.parametrize("environment, has_sdk, said", [row[1:] for row in ALONE], ids=[row[0] for row in ALONE])
def test_variables_alone_end_no_run(environment, has_sdk, said, monkeypatch, caplog):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if not has_sdk:
        monkeypatch.setattr(collectors, "find_spec", lambda name: None)
    assert collectors.pushing_to(None, None, ExportOptions()) is None
    assert [record.message for record in caplog.records] == said


CHECKED = (
    # the case; options, None: nothing; variables; the line
    ("nothing", None, {}, ""),
    ("asked", OtlpOptions(endpoint="http://u:hunter2@c:4318/x", interval="5s"), {}, "to http://c:4318 by http/protobuf every 5s"),
    ("a variable", None, {f"{E}ENDPOINT": "http://c:4317"}, "to http://c:4317 by grpc every 10s, as OTEL_EXPORTER_OTLP_ENDPOINT says"),
    ("off", OtlpOptions(), {"OTEL_METRICS_EXPORTER": "none"}, "to no collector: OTEL_METRICS_EXPORTER=none"),
    ("off, and not asked", None, {"OTEL_METRICS_EXPORTER": "none"}, ""),
    ("wrong", OtlpOptions(headers_env="MINE"), {}, "to no collector: headers_env: $MINE is not set"),
)  # fmt: skip


@pytest.mark.parametrize("options, environment, line", [row[1:] for row in CHECKED], ids=[row[0] for row in CHECKED])
def test_check_says_where_figures_go(options, environment, line):
    assert collectors.said_of(options, environment) == line


def test_check_says_what_is_not_installed(no_sdk):
    assert "pip install" in collectors.said_of(OtlpOptions(), {})
    assert collectors.said_of(None, {f"{E}ENDPOINT": "http://c"}) == ""


TOKEN = "abc123-def456-ghi789"

HELD = (
    # the case; the name of a variable; what it holds
    ("the variable of OpenTelemetry", f"{E}HEADERS", f"authorization=Bearer {TOKEN}"),
    ("percent-encoded", f"{E}METRICS_HEADERS", f"x=1,authorization=Bearer%20{TOKEN}"),
    ("a key", f"{E}TRACES_HEADERS", f"api-key={TOKEN},x=1"),
)


@pytest.mark.parametrize("name, value", [row[1:] for row in HELD], ids=[row[0] for row in HELD])
def test_a_token_among_headers_is_a_secret_alone_too(name, value):
    assert TOKEN in secrets_of({name: value})
    assert TOKEN not in Outlet({name: value}).text(f"it said {TOKEN} twice")


def test_the_variable_that_the_configuration_names_is_a_secret(tmp_path):
    plan = plan_of("version: 1\nexport: {otlp: {headers_env: MINE}, prometheus: {token_env: OTHER}}\n", tmp_path)
    assert {"MINE", "OTHER"} <= set(plan.secret_variables)
    assert TOKEN in secrets_of({"MINE": f"authorization=Bearer%20{TOKEN}"}, ["MINE"])


def test_files_that_can_be_read_are_fine(tmp_path):
    plan = plan_of("version: 1\nexport: {otlp: {}}\n", tmp_path)
    assert collectors.problems_of(plan, {f"{E}CERTIFICATE": os.devnull}) == []

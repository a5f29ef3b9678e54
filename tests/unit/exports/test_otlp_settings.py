"""To which collector figures go: the configuration over OpenTelemetry's own variables; what is wrong is said at once."""

from __future__ import annotations

import pytest

from locust_ext.exports.options import OtlpOptions
from locust_ext.exports.otlp_headers import headers_in
from locust_ext.exports.otlp_settings import LONGEST, SettingsError, collector_of, is_asked, shown, switched_off

E = "OTEL_EXPORTER_OTLP_"
HTTP = "http/protobuf"

ASKED = (
    # the case; what the configuration says of otlp, None: nothing; variables; whether figures are pushed
    ("nobody", None, {}, False),
    ("the configuration alone", {}, {}, True),
    ("a variable alone", None, {f"{E}ENDPOINT": "http://c:4318"}, True),
    ("the variable of figures alone", None, {f"{E}METRICS_ENDPOINT": "http://c:4318/v1/metrics"}, True),
    ("the variable of events alone", None, {f"{E}LOGS_ENDPOINT": "http://c:4318/v1/logs"}, False),
    ("an empty variable", None, {f"{E}ENDPOINT": " "}, False),
    ("the SDK is off", {}, {"OTEL_SDK_DISABLED": "TRUE"}, False),
    ("figures are off", {}, {"OTEL_METRICS_EXPORTER": "none"}, False),
    ("figures go elsewhere", None, {f"{E}ENDPOINT": "http://c:4318", "OTEL_METRICS_EXPORTER": "console"}, False),
    ("figures go here too", None, {f"{E}ENDPOINT": "http://c:4318", "OTEL_METRICS_EXPORTER": "console, otlp"}, True),
    ("the configuration says it", {}, {"OTEL_METRICS_EXPORTER": "console"}, True),
    ("not quite off", {}, {"OTEL_SDK_DISABLED": "1"}, True),
)


@pytest.mark.parametrize("said, environment, expected", [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_whether_figures_are_pushed(said, environment, expected):
    options = None if said is None else OtlpOptions(**said)
    assert is_asked(options, environment) is expected
    assert (collector_of(options, environment) is not None) is expected


PLACES = (
    # the case; options; variables; protocol, where figures go, where events go, what people see
    ("nothing but that", {}, {}, (HTTP, "http://localhost:4318/v1/metrics", "http://localhost:4318/v1/logs", "http://localhost:4318")),
    ("by gRPC", {"protocol": "grpc"}, {}, ("grpc", "http://localhost:4317", "http://localhost:4317", "http://localhost:4317")),
    ("an endpoint", {"endpoint": "https://c:4318/"}, {}, (HTTP, "https://c:4318/v1/metrics", "https://c:4318/v1/logs", "https://c:4318")),
    ("with a path", {"endpoint": "http://prometheus:9090/api/v1/otlp"}, {}, (HTTP, "http://prometheus:9090/api/v1/otlp/v1/metrics", "http://prometheus:9090/api/v1/otlp/v1/logs", "http://prometheus:9090")),
    ("with the path of figures", {"endpoint": "http://c/v1/metrics"}, {}, (HTTP, "http://c/v1/metrics", "http://c/v1/logs", "http://c")),
    ("with a user", {"endpoint": "http://u:hunter2hunter2@c:4318"}, {}, (HTTP, "http://u:hunter2hunter2@c:4318/v1/metrics", "http://u:hunter2hunter2@c:4318/v1/logs", "http://c:4318")),
    ("of IPv6", {"endpoint": "http://[::1]:4318"}, {}, (HTTP, "http://[::1]:4318/v1/metrics", "http://[::1]:4318/v1/logs", "http://[::1]:4318")),
    ("a variable", None, {f"{E}ENDPOINT": "http://c:4318"}, (HTTP, "http://c:4318/v1/metrics", "http://c:4318/v1/logs", "http://c:4318")),
    ("the configuration before it", {"endpoint": "http://d"}, {f"{E}ENDPOINT": "http://c:4318", f"{E}LOGS_ENDPOINT": "http://e"}, (HTTP, "http://d/v1/metrics", "http://d/v1/logs", "http://d")),
    ("variables for each", None, {f"{E}METRICS_ENDPOINT": "http://c/m", f"{E}LOGS_ENDPOINT": "http://d/l"}, (HTTP, "http://c/m", "http://d/l", "http://c")),
    ("figures alone", None, {f"{E}METRICS_ENDPOINT": "http://c/m"}, (HTTP, "http://c/m", "", "http://c")),
    ("no events", None, {f"{E}ENDPOINT": "http://c", "OTEL_LOGS_EXPORTER": "none"}, (HTTP, "http://c/v1/metrics", "", "http://c")),
    ("gRPC by a variable", None, {f"{E}ENDPOINT": "http://c:4317", f"{E}PROTOCOL": "grpc"}, ("grpc", "http://c:4317", "http://c:4317", "http://c:4317")),
    ("the port of gRPC", None, {f"{E}ENDPOINT": "http://c:4317"}, ("grpc", "http://c:4317", "http://c:4317", "http://c:4317")),
    ("the port of gRPC in the configuration", {"endpoint": "http://c:4317/"}, {}, ("grpc", "http://c:4317/", "http://c:4317/", "http://c:4317")),
    ("the port of gRPC, and HTTP", None, {f"{E}ENDPOINT": "http://c:4317", f"{E}PROTOCOL": "HTTP"}, (HTTP, "http://c:4317/v1/metrics", "http://c:4317/v1/logs", "http://c:4317")),
    ("gRPC without a scheme", None, {f"{E}ENDPOINT": "c:4317", f"{E}PROTOCOL": "grpc"}, ("grpc", "c:4317", "c:4317", "c:4317")),
    ("the protocol of figures", None, {f"{E}ENDPOINT": "http://c", f"{E}PROTOCOL": "grpc", f"{E}METRICS_PROTOCOL": HTTP}, (HTTP, "http://c/v1/metrics", "http://c/v1/logs", "http://c")),
)  # fmt: skip


@pytest.mark.parametrize("said, environment, expected", [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_where_they_go(said, environment, expected):
    found = collector_of(None if said is None else OtlpOptions(**said), environment)
    assert (found.protocol, found.metrics, found.logs, found.host) == expected
    assert found.by_variables is (said is None)


TIMES = (
    # the case; variables; seconds between pushes; seconds for one; notes
    ("as usual", {}, 10.0, 10.0, 0),
    ("each minute", {"OTEL_METRIC_EXPORT_INTERVAL": "60000"}, 60.0, 10.0, 0),
    ("too often", {"OTEL_METRIC_EXPORT_INTERVAL": "5"}, 1.0, 10.0, 0),
    ("hardly ever", {"OTEL_METRIC_EXPORT_INTERVAL": "1e12"}, 3600.0, 10.0, 0),
    ("not a number", {"OTEL_METRIC_EXPORT_INTERVAL": "10s"}, 10.0, 10.0, 1),
    ("not a number at all", {"OTEL_METRIC_EXPORT_INTERVAL": "nan"}, 10.0, 10.0, 1),
    ("never", {"OTEL_METRIC_EXPORT_INTERVAL": "inf"}, 10.0, 10.0, 1),
    ("below zero", {f"{E}TIMEOUT": "-1"}, 10.0, LONGEST, 1),
    ("soon", {f"{E}TIMEOUT": "2.5"}, 10.0, 2.5, 0),
    ("too long", {f"{E}METRICS_TIMEOUT": "10000", f"{E}TIMEOUT": "2"}, 10.0, LONGEST, 0),
    ("a protocol that is none", {f"{E}PROTOCOL": "http/json"}, 10.0, 10.0, 1),
    ("deltas", {f"{E}METRICS_TEMPORALITY_PREFERENCE": "delta"}, 10.0, 10.0, 1),
    ("as it is", {f"{E}METRICS_TEMPORALITY_PREFERENCE": "Cumulative"}, 10.0, 10.0, 0),
)  # fmt: skip


@pytest.mark.parametrize("environment, every, within, notes", [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_how_often_and_for_how_long(environment, every, within, notes):
    found = collector_of(OtlpOptions(), environment)
    assert (found.interval, found.timeout, len(found.notes)) == (every, within, notes)


def test_the_interval_of_the_configuration_comes_first():
    assert collector_of(OtlpOptions(interval="2s"), {"OTEL_METRIC_EXPORT_INTERVAL": "60000"}).interval == 2.0


HEADERS = (
    # the case; the name in the configuration; variables; headers of figures; headers of events
    ("none", "", {}, {}, {}),
    ("of all", "", {f"{E}HEADERS": "Api-Key=a1, b = c%20d ,"}, {"api-key": "a1", "b": "c d"}, {"api-key": "a1", "b": "c d"}),
    ("of figures", "", {f"{E}HEADERS": "a=1", f"{E}METRICS_HEADERS": "b=2"}, {"b": "2"}, {"a": "1"}),
    ("the configuration's too", "MINE", {f"{E}HEADERS": "a=1,c=3", "MINE": "A=2"}, {"a": "2", "c": "3"}, {"a": "2", "c": "3"}),
    ("a base64", "MINE", {"MINE": "authorization=Basic dXNlcjpwYXNz=="}, {"authorization": "Basic dXNlcjpwYXNz=="}, {"authorization": "Basic dXNlcjpwYXNz=="}),
)  # fmt: skip


@pytest.mark.parametrize(
    "name, environment, metrics, logs", [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS]
)
def test_what_is_sent_beside_them(name, environment, metrics, logs):
    found = collector_of(OtlpOptions(headers_env=name), environment)
    assert (found.metric_headers, found.log_headers) == (metrics, logs)


WRONG = (
    # the case; options; variables; places
    ("headers that are not there", {"headers_env": "MINE"}, {}, ["headers_env"]),
    ("headers that are none", {"headers_env": "MINE"}, {"MINE": "hunter2hunter2"}, ["headers_env"]),
    ("a colon", {"headers_env": "MINE"}, {"MINE": "authorization: hunter2hunter2"}, ["headers_env"]),
    ("a line break", {"headers_env": "MINE"}, {"MINE": "authorization=hunter2%0d%0ahunter2hunter2"}, ["headers_env"]),
    ("no value", {"headers_env": "MINE"}, {"MINE": "a=,b=hunter2hunter2"}, ["headers_env"]),
    ("a variable that holds none", {}, {f"{E}HEADERS": "hunter2hunter2"}, [f"{E}HEADERS"]),
    ("the variable of figures", {}, {f"{E}METRICS_HEADERS": "hunter2hunter2"}, [f"{E}METRICS_HEADERS"]),
    ("not a URL", None, {f"{E}ENDPOINT": "u:hunter2hunter2@c"}, [f"{E}ENDPOINT"]),
    ("not a URL of http", None, {f"{E}METRICS_ENDPOINT": "ftp://u:hunter2hunter2@c"}, [f"{E}METRICS_ENDPOINT"]),
    ("not a host", None, {f"{E}ENDPOINT": "http://["}, [f"{E}ENDPOINT"]),
    ("all of it", {"headers_env": "MINE"}, {f"{E}HEADERS": "x", f"{E}ENDPOINT": "x"}, [f"{E}ENDPOINT", f"{E}HEADERS", "headers_env"]),
)  # fmt: skip


@pytest.mark.parametrize("said, environment, places", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_cannot_be_is_said_at_once_and_never_repeated(said, environment, places):
    with pytest.raises(SettingsError) as caught:
        collector_of(None if said is None else OtlpOptions(**said), environment)
    assert [place for place, _ in caught.value.troubles] == places
    assert "hunter2" not in str(caught.value)


def test_an_address_is_shown_without_what_may_be_secret():
    assert shown("https://user:hunter2@c:1/path?key=hunter2#x") == "https://c:1"
    assert shown("http://[") == shown("http://c:port") == "the collector"


def test_which_variable_forbids_it_is_told():
    assert switched_off({"OTEL_SDK_DISABLED": "true"}) == "OTEL_SDK_DISABLED=true"
    assert switched_off({"OTEL_METRICS_EXPORTER": "NONE"}) == "OTEL_METRICS_EXPORTER=none"
    assert switched_off({}) == ""


def test_a_variable_that_is_not_set_is_told_by_its_name():
    with pytest.raises(ValueError, match=r"^\$MINE is not set$"):
        headers_in("MINE", {"MINE": "  "})

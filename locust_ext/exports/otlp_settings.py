"""To which collector figures go, and how: what the configuration says over the standard variables ``OTEL_*``.

Law: pure; the environment is an argument. Whatever is wrong is said at once, and no secret is repeated. Variables alone
switch figures on where they name an endpoint; they can switch them off again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast, get_args
from urllib.parse import urlsplit

from locust_ext.exports.options import SOONEST, SPELLINGS, OtlpOptions, Protocol
from locust_ext.exports.otlp_headers import LOGS, METRICS, headers_for, headers_in
from locust_ext.text.fields import is_http
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted

ENDPOINT, METRICS_ENDPOINT, LOGS_ENDPOINT = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
)
PROTOCOLS = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
TIMEOUTS = ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
INTERVAL, DISABLED = "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_SDK_DISABLED"
TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
METRICS_EXPORTER, LOGS_EXPORTER = "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"
FILES = tuple(
    f"OTEL_EXPORTER_OTLP_{signal}{kind}"
    for signal in ("METRICS_", "LOGS_", "")
    for kind in ("CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY")
)
"""Variables that name files."""

EVERY = 10.0
"""Seconds between two pushes, unless told."""

LONGEST = 10.0
"""Seconds that a push may take at the most."""

LONGEST_EVERY = 3600.0

DEFAULTS: Mapping[Protocol, str] = {"http/protobuf": "http://localhost:4318", "grpc": "http://localhost:4317"}

GRPC_PORT = re.compile(r":4317/?$")
"""How an address ends that listens for gRPC."""

Trouble = tuple[str, str]
"""The key below ``export.otlp``, or the name of a variable; and a sentence."""


@dataclass(frozen=True)
class Collector:
    """Where figures go."""

    protocol: Protocol
    metrics: str
    """The whole URL for figures; of gRPC where the host is, which may do without a scheme."""
    logs: str
    """The same for events; empty: they are sent nowhere."""
    metric_headers: Mapping[str, str]
    log_headers: Mapping[str, str]
    interval: float = EVERY
    timeout: float = LONGEST
    by_variables: bool = False
    """Whether nothing in the configuration asked for it."""
    notes: tuple[str, ...] = ()
    """What is worth a sentence, and changes nothing."""

    @property
    def host(self) -> str:
        """The address as people may see it: without user, path and query."""
        return shown(self.metrics)


class SettingsError(ValueError):
    """What is asked for cannot be."""

    def __init__(self, troubles: list[Trouble]) -> None:
        super().__init__("; ".join(f"{place}: {sentence}" for place, sentence in troubles))
        self.troubles = tuple(troubles)


def shown(url: str) -> str:
    """Return an address without what may be secret in it."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the collector"
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    return f"{scheme}{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def switched_off(environment: Mapping[str, str]) -> str:
    """Return which variable forbids to push figures, as it is written; empty: none does."""
    if environment.get(DISABLED, "").strip().lower() == "true":
        return f"{DISABLED}=true"
    return f"{METRICS_EXPORTER}=none" if _exporters(METRICS_EXPORTER, environment) == ["none"] else ""


def is_asked(options: OtlpOptions | None, environment: Mapping[str, str]) -> bool:
    """Tell whether figures are to be pushed: the configuration says so, or a variable names an endpoint."""
    if switched_off(environment):
        return False
    named = any(_value(name, environment) for name in (ENDPOINT, METRICS_ENDPOINT))
    exporters = _exporters(METRICS_EXPORTER, environment)
    return options is not None or (named and (not exporters or "otlp" in exporters))


def collector_of(options: OtlpOptions | None, environment: Mapping[str, str]) -> Collector | None:
    """Return where figures go, or None where nobody asks for it; raises SettingsError with all that is wrong."""
    if not is_asked(options, environment):
        return None
    by_variables, options = options is None, options or OtlpOptions()
    troubles: list[Trouble] = []
    notes: list[str] = []
    protocol = options.protocol or _protocol(options, environment, notes)
    if _value(TEMPORALITY, environment).lower() in ("delta", "lowmemory"):
        _note(
            notes,
            f"{TEMPORALITY} asks for deltas: figures are sums since the start of the run, "
            "which the processor cumulativetodelta of a collector converts",
        )
    metrics, logs = _endpoints(options, protocol, environment)
    for url, name in ((metrics, METRICS_ENDPOINT), (logs, LOGS_ENDPOINT)):
        if url and not options.endpoint and (what := _unusable(url, protocol)):
            place = name if _value(name, environment) else ENDPOINT
            troubles += [(place, what)] if (place, what) not in troubles else []
    return _checked(
        Collector(
            protocol,
            metrics,
            "" if _exporters(LOGS_EXPORTER, environment) == ["none"] else logs,
            _headers(options, METRICS, environment, troubles),
            _headers(options, LOGS, environment, troubles),
            options.interval or _interval(environment, notes),
            _timeout(environment, notes),
            by_variables,
            tuple(notes),
        ),
        troubles,
    )


def _checked(collector: Collector, troubles: list[Trouble]) -> Collector:
    if troubles:
        raise SettingsError(list(dict.fromkeys(troubles)))
    return collector


def _endpoints(options: OtlpOptions, protocol: Protocol, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return where figures and events go; events nowhere, where only the endpoint of figures is named."""
    base = options.endpoint or _value(ENDPOINT, environment)
    own = ("", "") if options.endpoint else (_value(METRICS_ENDPOINT, environment), _value(LOGS_ENDPOINT, environment))
    if not base and not any(own):
        base = DEFAULTS[protocol]
    if protocol == "grpc":
        return own[0] or base, own[1] or base
    for path in ("v1/metrics", "v1/logs"):
        base = base.rstrip("/").removesuffix(f"/{path}")
    general = (f"{base}/v1/metrics", f"{base}/v1/logs") if base else ("", "")
    return own[0] or general[0] or f"{DEFAULTS[protocol]}/v1/metrics", own[1] or general[1]


def _unusable(url: str, protocol: Protocol) -> str:
    if is_http(url) or (protocol == "grpc" and "://" not in url and is_http(f"http://{url}")):
        return ""
    return f"{quoted(shown(url))} is not a URL of http or https; write it as {DEFAULTS[protocol]}"


def _headers(
    options: OtlpOptions, signal: str, environment: Mapping[str, str], troubles: list[Trouble]
) -> dict[str, str]:
    """Return the headers for a signal: those that the configuration names come before others of the same name."""
    found: dict[str, str] = {}
    try:
        found = headers_for(signal, environment)
    except ValueError as error:
        troubles.append((str(error).partition(" ")[0].lstrip("$"), str(error)))
    if options.headers_env:
        try:
            found |= headers_in(options.headers_env, environment)
        except ValueError as error:
            troubles.append(("headers_env", str(error)))
    return found


def _protocol(options: OtlpOptions, environment: Mapping[str, str], notes: list[str]) -> Protocol:
    """Return the protocol that a variable says; else that of the port, which is one of gRPC's alone; else HTTP."""
    for name in PROTOCOLS:
        if said := _value(name, environment).lower():
            said = SPELLINGS.get(said, said)
            if said in get_args(Protocol):
                return cast("Protocol", said)
            _note(notes, f"{name} asks for {quoted(said)}, which is not known here: write http/protobuf or grpc")
            break
    endpoint = options.endpoint or _value(METRICS_ENDPOINT, environment) or _value(ENDPOINT, environment)
    return "grpc" if GRPC_PORT.search(endpoint) else "http/protobuf"


def _interval(environment: Mapping[str, str], notes: list[str]) -> float:
    """Return the seconds between two pushes: the variable has milliseconds."""
    every = _number(INTERVAL, environment, notes, EVERY * 1000, "milliseconds")
    return min(max(every / 1000, SOONEST), LONGEST_EVERY)


def _timeout(environment: Mapping[str, str], notes: list[str]) -> float:
    """Return the seconds that a push may take, as the SDK for Python reads the variable; never more than ten."""
    name = next((name for name in TIMEOUTS if _value(name, environment)), TIMEOUTS[-1])
    return min(_number(name, environment, notes, LONGEST, "seconds"), LONGEST)


def _number(name: str, environment: Mapping[str, str], notes: list[str], usual: float, unit: str) -> float:
    said = _value(name, environment)
    try:
        number = float(said or usual)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        _note(notes, f"{name} must be a number of {unit} above 0: {usual:g} is used")
        return usual
    return number


def _note(notes: list[str], sentence: str) -> None:
    if sentence not in notes:
        notes.append(sentence)


def _exporters(name: str, environment: Mapping[str, str]) -> list[str]:
    return [one for one in map(str.strip, environment.get(name, "").lower().split(",")) if one]


def _value(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name, "").strip()

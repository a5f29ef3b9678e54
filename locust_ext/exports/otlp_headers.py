"""The headers that a collector asks for, such as its token, from the variables that hold them.

Law: pure; what a variable holds is never repeated. It is written as OpenTelemetry has it: ``key=value,key2=value2``,
values percent-encoded or as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from locust_ext.safety.options import check_header

GENERIC, METRICS, LOGS = (
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
)


def headers_in(variable: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a variable holds, names in small letters; raises ValueError where it is not set or not readable."""
    value = environment.get(variable, "").strip()
    if not value:
        raise ValueError(f"${variable} is not set")
    pairs = [part.partition("=") for part in filter(None, map(str.strip, value.split(",")))]
    headers: dict[str, str] = {}
    for name, equals, text in pairs:
        clean = unquote(text).strip()
        try:
            key = check_header(unquote(name).strip() if equals else "").lower()
        except ValueError:
            key = ""
        if not (key and clean and clean.isascii() and clean.isprintable()):
            raise ValueError(
                f"${variable} must hold headers as key=value,key2=value2, such as authorization=Bearer%20..."
            )
        headers[key] = clean
    return headers


def headers_for(signal: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the headers for a signal as the standard variables say; none where they say nothing. Raises ValueError."""
    variable = next((name for name in (signal, GENERIC) if environment.get(name, "").strip()), "")
    return headers_in(variable, environment) if variable else {}

"""What every way to a collector has: what it raises, what it says, and that the SDK's own loggers are still meanwhile.

Law: no sentence holds a secret, and none repeats more of an answer than a status.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from opentelemetry import context
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData

MOST_READ = 64 * 1024
"""Bytes of an answer that are looked at: it says how many points were refused, if any."""

TALKERS = (
    "opentelemetry.exporter.otlp.common.http",
    "opentelemetry.exporter.otlp.proto.common._internal",
    "opentelemetry.exporter.otlp.proto.common._internal.metrics_encoder",
    "opentelemetry.exporter.otlp.proto.grpc.exporter",
    "opentelemetry.exporter.otlp.proto.grpc.metric_exporter",
    "opentelemetry.exporter.otlp.proto.http._common",
    "opentelemetry.exporter.otlp.proto.http._log_exporter",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.attributes",
    "opentelemetry.sdk.resources",
    "opentelemetry.util.re",
    "urllib3.connectionpool",
)
"""Loggers that would tell of each failure, with tracebacks and with headers; and again of what we say ourselves."""

_is_ours: ContextVar[bool] = ContextVar("locust_ext_pushes", default=False)


class UndeliveredError(Exception):
    """A push did not arrive; the text goes on from the collector's name, and is one of few kinds.

    ``unknown``: the collector has nothing that takes this signal.
    """

    def __init__(self, why: str, *, unknown: bool = False) -> None:
        super().__init__(why)
        self.unknown = unknown


class Sender(Protocol):
    """A way to a collector; one call at a time."""

    refused: int
    """Points and events that the collector took the message of, and said that it refused them."""

    def send(self, figures: MetricsData, within: float) -> None:
        """Deliver figures within so many seconds; raises UndeliveredError."""

    def tell(self, events: Sequence[ReadableLogRecord], within: float) -> None:
        """Deliver events, as figures."""

    def drop(self) -> None:
        """Let go of what hangs; it can be used again."""


class _Hush(logging.Filter):
    """Keeps back what the SDK logs of our own pushes; of those that others make it may say what it likes."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 the interface
        return not _is_ours.get()


HUSH = _Hush("locust_ext")


@contextmanager
def ours() -> Iterator[None]:
    """Have what happens within be ours: nothing is logged of it, and no instrumentation makes a trace of it."""
    for name in TALKERS:
        talker = logging.getLogger(name)
        if HUSH not in talker.filters:
            talker.addFilter(HUSH)
    before = _is_ours.set(True)
    suppressed = context.get_current()
    for key in ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY"):
        if name := getattr(context, key, ""):
            suppressed = context.set_value(name, value=True, context=suppressed)
    token = context.attach(suppressed)
    try:
        yield
    finally:
        context.detach(token)
        _is_ours.reset(before)


def said_of(status: int) -> str:
    """Return what a status of HTTP other than success means, after the name of who answered."""
    if status in (401, 403):
        return f"it refused the token or the right to write ({status})"
    if 300 <= status < 400:  # noqa: PLR2004 the class of redirects
        return f"it redirects elsewhere ({status}), and is not followed"
    return f"it answered {status}"

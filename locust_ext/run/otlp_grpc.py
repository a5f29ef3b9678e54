"""Figures go to a collector by gRPC, by the SDK's own exporters, in a thread of their own.

gRPC waits in its own C code, which knows nothing of gevent: called from a greenlet, it stops every user of the process
until the collector answers. So one thread of gevent's pool waits for it, while greenlets go on; and who gives up closes
the channel, which ends that wait at once.

Law: one try a push, one push at a time, and an end in time for each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData

from locust_ext.exports.otlp_settings import Collector
from locust_ext.run.otlp_sending import UndeliveredError, ours

AFTER_DROP = 1.0
"""Seconds in which a wait that was given up comes to its end."""

QUIET = "GRPC_VERBOSITY"
"""The variable that says how much gRPC's C code writes to standard error."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Have gRPC write nothing by itself, unless somebody has said how much; it looks when it is loaded."""
    said = os.environ.get(QUIET)
    os.environ.setdefault(QUIET, "NONE")
    try:
        yield
    finally:
        if said is None:
            os.environ.pop(QUIET, None)


with _quiet():
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

FAILURES: Mapping[Any, str] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: "it took too long",
    grpc.StatusCode.UNAUTHENTICATED: "it refused the token or the right to write (UNAUTHENTICATED)",
    grpc.StatusCode.PERMISSION_DENIED: "it refused the token or the right to write (PERMISSION_DENIED)",
}

UNAVAILABLE = (
    ("certificate", "it has a certificate that was not accepted"),
    ("handshake", "it has a certificate that was not accepted"),
    ("connection refused", "it refused the connection"),
    ("dns", "it has a host that no name service knows"),
    ("socket closed", "it closed the connection without an answer"),
    ("connection reset", "it cut the connection"),
)
"""What gRPC's own words mean where it says UNAVAILABLE: of the first row that is in them."""


class GrpcSender:
    """The way to one collector."""

    def __init__(self, collector: Collector) -> None:
        self.refused = 0
        self._collector = collector
        self._pool: ThreadPool | None = None
        self._under_way: AsyncResult | None = None
        self._exporters: tuple[Any, Any] | None = None

    def send(self, figures: MetricsData, within: float) -> None:
        """Deliver figures."""
        self._deliver(lambda metrics, _: metrics.export(figures), within)

    def tell(self, events: Sequence[ReadableLogRecord], within: float) -> None:
        """Deliver events."""
        self._deliver(lambda _, logs: logs.export(events), within)

    def drop(self) -> None:
        """Close the channels: what waits for an answer waits no longer."""
        exporters, self._exporters = self._exporters, None
        with ours():
            for exporter in exporters or ():
                exporter.shutdown()

    def _deliver(self, export: Callable[[Any, Any], Any], within: float) -> None:
        if self._under_way is not None:
            self._under_way.wait(min(AFTER_DROP, within))
        if self._under_way is not None and not self._under_way.ready():
            raise UndeliveredError("it still hangs in the push before")
        self._pool = self._pool or ThreadPool(1)
        if self._exporters is None:
            self._exporters = self._made()
        late = gevent.Timeout(within)
        under_way = self._under_way = self._pool.spawn(_export, export, self._exporters, within)
        try:
            with late:
                failed, refused = under_way.get()
        except gevent.Timeout as over:
            self.drop()
            if over is not late:
                raise
            raise UndeliveredError("it took too long") from None
        except BaseException:
            self.drop()
            raise
        self.refused += refused
        if failed is not None:
            self.drop()
            raise failed

    def _made(self) -> tuple[Any, Any]:
        collector = self._collector
        with ours():
            metrics = _exporter(OTLPMetricExporter, collector.metrics, collector.metric_headers, collector.timeout)
            url = collector.logs or collector.metrics
            return metrics, _exporter(OTLPLogExporter, url, collector.log_headers, collector.timeout)


def _exporter(kind: Any, url: str, headers: Mapping[str, str], timeout: float) -> Any:
    secure = {"insecure": url.startswith("http://")} if "://" in url else {}
    exporter = kind(endpoint=url, headers=tuple(headers.items()), timeout=timeout, **secure)
    exporter._client = _OneTry(exporter._client)  # noqa: SLF001 else it tries again and again, and sleeps meanwhile
    return exporter


def _export(
    export: Callable[[Any, Any], Any], exporters: tuple[Any, Any], within: float
) -> tuple[UndeliveredError | None, int]:
    """Export in a thread; return what failed, and how many points were refused."""
    stubs: list[_OneTry] = [exporter._client for exporter in exporters]  # noqa: SLF001 as above
    for stub in stubs:
        stub.within, stub.refused = within, 0
    try:
        with ours():
            result = export(*exporters)
    except UndeliveredError as error:
        return error, 0
    if getattr(result, "name", "") != "SUCCESS":
        return UndeliveredError("the figures could not be put into a message"), 0
    return None, sum(stub.refused for stub in stubs)


class _OneTry:
    """The service of a collector, called once; raises what no exporter takes for something to try again."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub
        self.within = 0.0
        self.refused = 0

    def Export(self, request: Any, metadata: Any = None, timeout: float | None = None) -> Any:  # noqa: N802 gRPC's own
        """Deliver a message."""
        limit = min(self.within, timeout or self.within)
        try:
            answer = self._stub.Export(request=request, metadata=metadata, timeout=limit)
        except grpc.RpcError as error:
            raise _failure(error) from None
        except Exception as error:  # noqa: BLE001 whatever is sent may make a client raise anything
            raise UndeliveredError(f"it could not be asked: {type(error).__name__}") from None
        partial = answer.partial_success
        self.refused += max(
            0, getattr(partial, "rejected_data_points", 0) or getattr(partial, "rejected_log_records", 0)
        )
        return answer


def _failure(error: Any) -> UndeliveredError:
    """Return what a failure means; no text of the collector's own is in it."""
    code, details = error.code(), str(error.details() or "").lower()
    if code is grpc.StatusCode.UNAVAILABLE:
        known = (words for sign, words in UNAVAILABLE if sign in details)
        return UndeliveredError(next(known, "it cannot be reached (UNAVAILABLE)"))
    words = FAILURES.get(code, f"it answered {code.name}")
    return UndeliveredError(words, unknown=code is grpc.StatusCode.UNIMPLEMENTED)

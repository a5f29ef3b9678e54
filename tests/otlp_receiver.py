"""A collector for tests: it takes OTLP over HTTP or gRPC, decodes it with OpenTelemetry's own classes, and can be rude."""

from __future__ import annotations

import gzip
import http.server
import math
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)


@dataclass
class Received:
    """All that came."""

    figures: list[ExportMetricsServiceRequest] = field(default_factory=list)
    events: list[ExportLogsServiceRequest] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    """How often somebody began to send something."""

    def points(self, name: str, **labels: str) -> list[Any]:
        """Return all points of a metric with these labels, in the order in which they came; ``__`` stands for a dot."""
        wanted = {key.replace("__", "."): value for key, value in labels.items()}
        return [
            point
            for request in self.figures
            for metric in _metrics_of(request)
            if metric.name == name
            for point in getattr(metric, metric.WhichOneof("data")).data_points
            if wanted.items() <= texts(point.attributes).items()
        ]

    def last(self, name: str, **labels: str) -> Any:
        """Return the last point of a metric with these labels."""
        return self.points(name, **labels)[-1]

    def metrics(self) -> dict[str, Any]:
        """Return the last metric of each name."""
        return {metric.name: metric for request in self.figures for metric in _metrics_of(request)}

    def resources(self) -> list[dict[str, str]]:
        """Return the attributes of the resource of each message of figures."""
        return [texts(one.resource.attributes) for request in self.figures for one in request.resource_metrics]

    def records(self) -> list[Any]:
        """Return all events."""
        return [
            record
            for request in self.events
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


def _metrics_of(request: ExportMetricsServiceRequest) -> Iterator[Any]:
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            yield from scope.metrics


def texts(attributes: Any) -> dict[str, str]:
    """Return the attributes that are texts."""
    return {one.key: one.value.string_value for one in attributes if one.value.HasField("string_value")}


def percentile_of(point: Any, percent: float) -> float:
    """Return a percentile of an exponential histogram: the middle of the bucket that holds it."""
    rank = max(1, math.ceil(point.count * percent / 100))
    seen = point.zero_count
    if rank <= seen:
        return 0.0
    for index, count in enumerate(point.positive.bucket_counts, point.positive.offset):
        seen += count
        if seen >= rank:
            middle = 2 ** ((index + 0.5) / 2**point.scale)
            return min(max(middle, point.min), point.max)
    raise AssertionError("the counts do not add up")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.receiver.connections.append(self.connection)

    def do_POST(self) -> None:
        receiver = self.server.receiver
        receiver.received.asked += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if receiver.behave is not None:
            receiver.behave(self, body)
            return
        self.take(body)

    def take(self, body: bytes) -> None:
        """Do as a collector does."""
        received = self.server.receiver.received
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        received.headers.append({key.lower(): value for key, value in self.headers.items()})
        if self.path.endswith("/v1/metrics"):
            received.figures.append(ExportMetricsServiceRequest.FromString(body))
        elif self.path.endswith("/v1/logs"):
            received.events.append(ExportLogsServiceRequest.FromString(body))
        else:
            self.answer(404)
            return
        self.answer(200, self.server.receiver.answers)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    receiver: HttpReceiver

    def handle_error(self, *_: Any) -> None:
        """Say nothing: clients go away in many ways here."""


Behave = Callable[[_Handler, bytes], None]


class HttpReceiver:
    """A collector over HTTP on a free port; ``behave`` is what it does instead of its work, if anything."""

    def __init__(self, behave: Behave | None = None, certificate: Path | None = None) -> None:
        self.received = Received()
        self.behave = behave
        self.answers = b""
        self.connections: list[socket.socket] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def hang_up(self) -> None:
        """Close the connections that lie idle."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def http_receiver(behave: Behave | None = None, certificate: Path | None = None) -> Iterator[HttpReceiver]:
    """Yield a collector over HTTP."""
    receiver = HttpReceiver(behave, certificate)
    try:
        yield receiver
    finally:
        receiver.close()


def certified(place: Path) -> Path:
    """Return a file with a certificate that is its own authority, and its key."""
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    made = ("openssl", "req", "-x509", *kind, "-keyout", "key", "-out", "crt", *subject)
    subprocess.run(made, cwd=place, check=True, capture_output=True, timeout=30)
    both = place / "both.pem"
    both.write_bytes((place / "key").read_bytes() + (place / "crt").read_bytes())
    return both


def answering(status: int, **headers: str) -> Behave:
    """Return what answers with a status alone."""
    return lambda handler, _: handler.answer(status, b"secret-in-an-answer", **headers)


def hanging(handler: _Handler, _: bytes) -> None:
    """Answer nothing for a minute."""
    time.sleep(60)


def dripping(handler: _Handler, _: bytes) -> None:
    """Answer a byte at a time, without end."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b"\x00")
        handler.wfile.flush()
        time.sleep(0.1)


def cutting(handler: _Handler, _: bytes) -> None:
    """Close the connection without an answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def flooding(handler: _Handler, _: bytes) -> None:
    """Answer with much more than anybody wants to know."""
    handler.answer(200, b"x" * 50_000_000)


def refusing_points(count: int) -> bytes:
    """Return the answer of a collector that refuses some points of a message that it takes."""
    answer = ExportMetricsServiceResponse()
    answer.partial_success.rejected_data_points = count
    answer.partial_success.error_message = "secret-in-an-answer"
    return answer.SerializeToString()


class GrpcReceiver:
    """A collector by gRPC on a free port; ``behave`` is called with each message and its context before it is taken."""

    def __init__(
        self, behave: Callable[[Any, Any], None] | None = None, certificate: Path | None = None, *, events: bool = True
    ) -> None:
        from concurrent.futures import ThreadPoolExecutor

        import grpc
        from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
        from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc

        self.received = received = Received()
        self.answers = ExportMetricsServiceResponse()

        def taken(request: Any, context: Any, into: list[Any]) -> None:
            received.asked += 1
            if behave is not None:
                behave(request, context)
            received.headers.append(dict(context.invocation_metadata()))
            into.append(request)

        class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
            def Export(inner, request: Any, context: Any) -> Any:  # noqa: N805 self is the receiver
                taken(request, context, received.figures)
                return self.answers

        class Logs(logs_service_pb2_grpc.LogsServiceServicer):
            def Export(inner, request: Any, context: Any) -> Any:  # noqa: N805 self is the receiver
                taken(request, context, received.events)
                return logs_service_pb2.ExportLogsServiceResponse()

        self._server = grpc.server(ThreadPoolExecutor(4))
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Metrics(), self._server)
        if events:
            logs_service_pb2_grpc.add_LogsServiceServicer_to_server(Logs(), self._server)
        if certificate is None:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            pem = certificate.read_bytes()
            self.port = self._server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pem, pem)]))
        self.url = f"{'http' if certificate is None else 'https'}://127.0.0.1:{self.port}"
        self._server.start()

    def close(self) -> None:
        self._server.stop(None)


@contextmanager
def grpc_receiver(*given: Any, **more: Any) -> Iterator[GrpcReceiver]:
    """Yield a collector by gRPC."""
    receiver = GrpcReceiver(*given, **more)
    try:
        yield receiver
    finally:
        receiver.close()


def aborting(code: str) -> Callable[[Any, Any], None]:
    """Return what answers with a code of gRPC's alone."""
    import grpc

    return lambda _, context: context.abort(grpc.StatusCode[code], "secret-in-an-answer")


def as_told(_: Any, context: Any) -> None:
    """Do what the header ``mode`` of a message says: hang, or answer with that code."""
    mode = dict(context.invocation_metadata()).get("mode", "")
    if mode == "hang":
        time.sleep(60)
    elif mode:
        aborting(mode)(None, context)


def main(certificate: str = "") -> None:
    """Be a collector by gRPC in a process of its own: within one that gevent has patched, a server's threads stop it."""
    import sys

    receiver = GrpcReceiver(as_told, Path(certificate) if certificate else None, events=False)
    receiver.answers.partial_success.rejected_data_points = 2
    print(receiver.url, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])

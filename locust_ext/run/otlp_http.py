"""Figures go to a collector over HTTP, by the SDK's own exporters.

Law: one try a push, which blocks nobody, and an end in time for the whole of it. No redirect is followed: headers go to
the collector's host alone. The answer is read up to a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http.client import RemoteDisconnected
from typing import Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import gevent
import requests
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from requests.utils import get_auth_from_url

from locust_ext.exports.otlp_settings import Collector
from locust_ext.run.otlp_sending import MOST_READ, UndeliveredError, ours, said_of
from locust_ext.safety.remote import in_words

LACKING = (404, 405, 501)
"""What is answered where there is nothing that takes this signal."""

CUT = (RemoteDisconnected, ConnectionResetError, BrokenPipeError)
"""What becomes of a connection that the collector has closed while it lay idle."""


class HttpSender:
    """The way to one collector."""

    def __init__(self, collector: Collector) -> None:
        self.refused = 0
        self._session = OneTry(collector)
        given: dict[str, Any] = {"timeout": collector.timeout, "session": self._session}
        with ours():
            self._metrics = OTLPMetricExporter(
                endpoint=collector.metrics, headers={**collector.metric_headers}, **given
            )
            self._logs = OTLPLogExporter(
                endpoint=collector.logs or collector.metrics, headers={**collector.log_headers}, **given
            )

    def send(self, figures: MetricsData, within: float) -> None:
        """Deliver figures."""
        self._deliver(lambda: self._metrics.export(figures), within)

    def tell(self, events: Sequence[ReadableLogRecord], within: float) -> None:
        """Deliver events."""
        self._deliver(lambda: self._logs.export(events), within)

    def drop(self) -> None:
        """Close the connection."""
        self._session.close()

    def _deliver(self, export: Callable[[], Any], within: float) -> None:
        late, session = gevent.Timeout(within), self._session
        session.begin(within)
        result: Any = None
        try:
            with late, ours():
                result = export()
        except UndeliveredError:
            pass  # older exporters let it through
        except gevent.Timeout as over:
            if over is not late:
                raise
            session.failed = UndeliveredError("it took too long")
        except BaseException:
            session.close()  # a half of a message is on its way
            raise
        self.refused += session.refused
        if session.failed is None and getattr(result, "name", "") != "SUCCESS":
            session.failed = UndeliveredError("the figures could not be put into a message")
        if session.failed is not None:
            session.close()
            raise session.failed


class OneTry(requests.Session):
    """Sends a message once, and tells the exporter of a failure in a way that makes it give up at once."""

    def __init__(self, collector: Collector) -> None:
        super().__init__()
        user = get_auth_from_url(collector.metrics)
        self.auth = user if any(user) else _as_it_is  # else requests would take what it finds in .netrc
        self.failed: UndeliveredError | None = None
        self.refused = 0
        self._within = collector.timeout

    def begin(self, within: float) -> None:
        """Begin with a message, for which there are so many seconds."""
        self.failed, self.refused, self._within = None, 0, within

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **given: Any) -> requests.Response:
        """Send the message; raises UndeliveredError, which no exporter takes for something to try again."""
        given |= {"allow_redirects": False, "stream": True, "timeout": self._within}
        if isinstance(self.verify, str):
            given["verify"] = self.verify  # else REQUESTS_CA_BUNDLE comes before what OpenTelemetry's variable names
        try:
            try:
                answer = super().request(method, url, *args, **given)
            except requests.ConnectionError as error:
                if not isinstance(_last_cause(error), CUT):
                    raise
                answer = super().request(method, url, *args, **given)  # it lay idle, and nothing of it was read
            with answer:
                self._look_at(answer)
        except UndeliveredError as error:
            self.failed = error
            raise
        except Exception as error:  # noqa: BLE001 whatever is sent may make a client raise anything
            self.failed = UndeliveredError(f"it {in_words(error)}")
            raise self.failed from None
        return answer

    def _look_at(self, answer: requests.Response) -> None:
        status = answer.status_code
        if not answer.ok or answer.is_redirect or status >= 300:  # noqa: PLR2004 the classes of HTTP
            raise UndeliveredError(said_of(status), unknown=status in LACKING)
        body = answer.raw.read(MOST_READ, decode_content=True)
        self.refused += refused_in(body)


def refused_in(body: bytes) -> int:
    """Return how many points or events an answer says that it refused; both kinds of answers say it alike."""
    said = ExportMetricsServiceResponse()
    try:
        said.ParseFromString(body)
    except Exception:  # noqa: BLE001 JSON, or a page of a proxy: it said that all went well
        return 0
    return max(0, said.partial_success.rejected_data_points)


def _last_cause(error: BaseException) -> BaseException:
    """Return what an error of requests began with: it is in the arguments, or in the reason, of each in turn."""
    for _ in range(8):
        inner = [one for one in (*error.args, getattr(error, "reason", None)) if isinstance(one, BaseException)]
        if not inner:
            break
        error = inner[-1]
    return error


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request

"""What the target saw of its callers, as Prometheus reads it.

`app_requests_total` counts an API request when its answer is known, whether or not the caller is still there to
receive it; those still being served are in `app_requests_in_flight`. The two together are every API request that
reached the target. Requests for /health and /metrics are nobody's load and are not counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from locust_ext.demo.service import Service
from locust_ext.demo.ticks import Ticks


@dataclass(slots=True)
class RequestCounts:
    """API requests by route and status; both come from fixed tables, so there are few of them."""

    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    in_flight: int = 0
    untagged: int = 0

    @contextmanager
    def receive(self, *, tagged: bool) -> Iterator[None]:
        """Count a request as being served for as long as the block runs."""
        self.in_flight += 1
        self.untagged += not tagged
        try:
            yield
        finally:
            self.in_flight -= 1


class Exposition(Collector):
    """The target's metrics, read from the live objects at the moment of the scrape."""

    def __init__(self, requests: RequestCounts, service: Service, ticks: Ticks) -> None:
        self._requests = requests
        self._service = service
        self._ticks = ticks
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything in the text format of Prometheus."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Yield the application's own metrics; those of the process come from the library."""
        requests = CounterMetricFamily("app_requests", "API requests answered.", labels=["route", "status"])
        for (route, status), count in self._requests.answered.items():
            requests.add_metric([route, str(status)], count)
        yield requests
        writes = CounterMetricFamily(
            "app_writes", "Posts written, the synthetic ones to the sandbox.", labels=["traffic"]
        )
        for traffic, count in self._service.writes.items():
            writes.add_metric([traffic], count)
        yield writes
        for name, text, count in (
            ("app_requests_untagged", "API requests without a tenant header.", self._requests.untagged),
            ("app_origin_computations", "Hot keys computed at the origin.", self._service.hot_keys.computations),
            ("app_ws_connects", "WebSockets accepted.", self._ticks.connects),
        ):
            yield CounterMetricFamily(name, text, value=count)
        for name, text, level in (
            ("app_requests_in_flight", "API requests being served.", self._requests.in_flight),
            ("app_ws_open", "WebSockets open now.", self._ticks.open),
            ("app_pool_slots", "Worker slots; infinite without the cold-pool fault.", self._service.pool.slots),
            ("app_pool_queued", "Requests that wait for a worker slot.", self._service.pool.queued),
            (
                "app_ws_handshakes_queued",
                "WebSocket handshakes that wait their turn.",
                self._service.handshake_limiter.queued,
            ),
            ("app_capacity_slots", "Work slots; infinite without the retry fault.", self._service.capacity.slots),
            ("app_capacity_in_use", "Work slots occupied, failures included.", self._service.capacity.in_use),
            ("app_held_bytes", "Memory that faults hold.", self._service.wear.ballast.held),
            ("app_held_descriptors", "Descriptors that the fd-leak fault holds.", self._service.wear.descriptors.held),
        ):
            yield GaugeMetricFamily(name, text, value=level)

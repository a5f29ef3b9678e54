"""From Locust's request event into the store.

Law: nothing here waits, locks, formats or logs; an event that makes no sense is counted, never raised.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from locust_ext.measure.catalogue import HTTP, HTTP_METHODS, OTHER_REQUESTS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.phases import PhaseLog
from locust_ext.measure.series import MOST_LEAVES, Store, tags_of
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, Kind, RateSink

Slot = tuple[Histogram, RateSink, CounterSink]


class Recorder:
    """Measurements of this process since they were last taken."""

    def __init__(self, limit: int = MOST_LEAVES) -> None:
        self.phases = PhaseLog()
        self._store = Store(limit)
        self._slots: dict[tuple[Any, ...], Slot] = {}
        self._most_slots = 2 * limit
        self._leaves: dict[tuple[str, str], AnySink] = {}

    def take(self) -> list[list[object]]:
        """Return the rows measured since the last call and begin anew."""
        self._slots.clear()
        self._leaves.clear()
        return self._store.take()

    def enter_phase(self, name: str) -> None:
        """Begin a phase now."""
        self.phases.enter(name, time.perf_counter())

    def on_request(
        self,
        request_type: str = "",
        name: str = "",
        response_time: float | None = None,
        response: Any = None,
        context: Mapping[str, Any] | None = None,
        exception: BaseException | None = None,
        **_: Any,
    ) -> None:
        """Record one request event: its duration, whether it failed, and that it was.

        It belongs to the phase in which it began. Tags are its ``name``, ``method`` (or ``type``, where it is not
        HTTP), ``status``, and what its context holds under ``tags``.
        """
        try:
            tags = context.get("tags") if context else None
            phases = self.phases
            began = time.perf_counter() - (response_time or 0) * 0.001
            phase = phases.name if began >= phases.since else phases.at(began)
            status = getattr(response, "status_code", None)
            key = (request_type, name, status, phase, tags if tags is None else tuple(tags.items()))
            slot = self._slots.get(key) or self._slot(key, tags)
        except Exception:  # noqa: BLE001 whatever a client hands over, the run goes on and the count tells
            self.add("unreadable_events", Kind.COUNTER, 1)
            return
        duration, failed, count = slot
        duration.record(response_time)  # type: ignore[arg-type]  # None is counted as invalid
        failed.total += 1
        if exception is not None:
            failed.hits += 1
        count.value += 1
        count.steps += 1
        count.seen = True

    def _slot(self, key: tuple[Any, ...], context_tags: Mapping[str, Any] | None) -> Slot:
        request_type, name, status, phase, _ = key
        http = str(request_type).upper() in HTTP_METHODS
        tags = tags_of(
            {
                **(context_tags or {}),
                "name": name,
                "method" if http else "type": request_type,
                "status": status,
                "phase": phase,
            }
        )
        duration, failed, count = HTTP if http else OTHER_REQUESTS
        slot = (
            self._store.leaf(duration, tags, Kind.TREND),
            self._store.leaf(failed, tags, Kind.RATE),
            self._store.leaf(count, tags, Kind.COUNTER),
        )
        if len(self._slots) < self._most_slots:
            self._slots[key] = slot  # type: ignore[assignment]
        return slot  # type: ignore[return-value]

    def listen(self, counter: str) -> None:
        """Count nothing yet: from now on the counter is 0, and not absent."""
        self._store.leaf(counter, (), Kind.COUNTER).merge(CounterSink(seen=True))  # type: ignore[arg-type]

    def add(self, metric: str, kind: Kind, value: float, tags: Mapping[str, object] | None = None) -> None:
        """Add one value to a metric: a trend's value, a rate's yes or no, a counter's step, a gauge's reading."""
        phase = self.phases.name
        leaf = self._leaves.get((metric, phase)) if tags is None else None
        if leaf is None:
            leaf = self._store.leaf(metric, tags_of({**(tags or {}), "phase": phase}), kind)
            if tags is None:
                self._leaves[metric, phase] = leaf
        _ADD[kind](leaf, value)


def _add_rate(sink: AnySink, value: float) -> None:
    assert isinstance(sink, RateSink)
    sink.merge(RateSink(int(bool(value)), 1))


def _add_counter(sink: AnySink, value: float) -> None:
    assert isinstance(sink, CounterSink)
    sink.add(value)


def _add_gauge(sink: AnySink, value: float) -> None:
    assert isinstance(sink, GaugeSink)
    sink.set(time.time(), value)


def _add_trend(sink: AnySink, value: float) -> None:
    assert isinstance(sink, Histogram)
    sink.record(value)


_ADD = {Kind.TREND: _add_trend, Kind.RATE: _add_rate, Kind.COUNTER: _add_counter, Kind.GAUGE: _add_gauge}

"""From Locust's request event into the store.

Law: nothing here waits, locks, formats or logs; an event that makes no sense is counted, never raised.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from time import perf_counter
from typing import Any

from gevent import getcurrent

from locust_ext.measure.catalogue import CORRECTED, HTTP, HTTP_METHODS, OTHER_REQUESTS
from locust_ext.measure.censored import censored_rows
from locust_ext.measure.error_notes import ErrorNotes
from locust_ext.measure.event import number_of, read_event
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.iteration_context import IterationContext, current, iteration_of
from locust_ext.measure.open_requests import MARK, OpenRequests, Sample
from locust_ext.measure.phases import PhaseLog
from locust_ext.measure.rows import Rows, Tags
from locust_ext.measure.series import MOST_LEAVES, Hide, Store, as_it_is, tags_of
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, Kind, RateSink, TimelineSink
from locust_ext.measure.slow_traces import SlowTraces
from locust_ext.measure.tally import BATCH, Tally
from locust_ext.process.clock import SteadyClock


class Recorder:
    """Measurements of this process since they were last taken; ``hide`` takes secrets out of their tags."""

    def __init__(self, limit: int = MOST_LEAVES, hide: Hide = as_it_is) -> None:
        self._hide = hide
        self.phases = PhaseLog()
        self.open = OpenRequests()
        self.errors = ErrorNotes(hide)
        self.traces = SlowTraces(perf_counter, hide)
        self._store = Store(limit)
        self._tallies: dict[Hashable, Tally] = {}
        self._latest: dict[Hashable, Tally] = {}
        """Of those of one kind, whose tags alone differ, the one that was needed last."""
        self._most_tallies = 2 * limit
        self._iterations: Tally | None = None
        """The one of ``_tallies`` that gathers iterations in the current phase."""
        self._leaves: dict[tuple[str, str], AnySink] = {}
        self.by_iteration = False
        """Whether measurements belong to iterations: in open runs, and in those of several scenarios."""
        self._corrects = False

    @property
    def corrects(self) -> bool:
        """Whether durations are measured from when iterations were due, too: in open runs."""
        return self._corrects

    @corrects.setter
    def corrects(self, wanted: bool) -> None:
        self._fold()  # what was gathered before has no part in it
        self._corrects = wanted

    def take(self, *, ends: bool = False) -> Rows:
        """Return the rows measured since the last call and start again.

        Requests that are open stand in them as they are now; ``ends``: the run is judged, and they are lost.
        """
        self._fold()
        self._leaves.clear()
        if ends:
            self.open.close()
        limit, now = self._store.limit, perf_counter()
        self.phases.look(now)
        return self._store.take() + censored_rows(self.open, now, limit, corrects=self.corrects, hide=self._hide)

    def take_errors(self, *, ends: bool = False) -> list[dict[str, Any]]:
        """Return the errors since the last call, as :class:`ErrorTold` reads them; ``ends``: all of what is known."""
        return self.errors.take(perf_counter(), ends=ends)

    def take_traces(self) -> list[dict[str, Any]]:
        """Return the slowest requests with a trace that are new since the last call; after :meth:`take`."""
        return self.traces.take(perf_counter())

    def forget(self) -> None:
        """Begin another run: what was measured before it, and what is still open of it, is none of it."""
        self.open.clear()
        self.errors.clear()
        self.take()
        self.traces.clear()

    @staticmethod
    def iteration_now() -> IterationContext | None:
        """Return what a request that begins now belongs to."""
        return current()

    def enter_phase(self, name: str) -> None:
        """Begin a phase now."""
        self._iterations = None
        self.phases.enter(name, perf_counter())

    def on_request(  # noqa: PLR0917 Locust names its arguments
        self,
        request_type: str = "",
        name: str = "",
        response_time: float | None = None,
        response: Any = None,
        context: Mapping[str, Any] | None = None,
        exception: BaseException | None = None,
        response_length: object = 0,  # noqa: ARG002 named, since gathering it into a dictionary costs more
        start_time: object = 0,  # noqa: ARG002
        url: object = "",  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Record one request event: its duration, whether it failed, and that it was.

        It belongs to the phase in which it began. Tags are its ``name``, ``method`` (or ``type``, where it is not
        HTTP), ``status``, and what its context holds under ``tags``.
        """
        try:
            tags = context.get("tags") if context else None
            phases = self.phases
            seconds = (response_time or 0) * 0.001
            phase = phases.name if seconds < phases.lasted else phases.at(perf_counter() - seconds)
            status = getattr(response, "status_code", None)
            iteration = iteration_of(getcurrent()) if self.by_iteration else None
            label = "" if iteration is None else iteration.label
            kind = (request_type, name, status, phase, label)
            tally = self._latest.get(kind)
            if tally is None or tally.tags != tags:
                tally = self._among(kind, tags, iteration)
            if exception:
                tally.failed += 1
                self.errors.note(request_type, name, status, exception, response, perf_counter())
        except Exception:  # noqa: BLE001 whatever a client hands over, what can be read of it counts
            tally, response_time, iteration = self._odd(request_type, name, response_time, response, context, exception)
        values = tally.values
        values.append(response_time)
        if tally.late is not None:
            tally.late.append(0.0 if iteration is None else iteration.late)
        if self.open.unreported:
            self.open.opened.pop(getattr(response, MARK, None), None)
        if len(values) >= BATCH:
            self._fold_one(tally)

    def _odd(
        self, request_type: object, name: object, response_time: Any, response: Any, context: object, exception: object
    ) -> tuple[Tally, float | None, IterationContext | None]:
        """Read piece by piece an event that makes no sense as a whole; what cannot be read is left out and counted."""
        event = read_event(request_type, name, response_time, response, context, exception)
        if event.unreadable:
            self.add("unreadable_events", Kind.COUNTER, 1)
        iteration = current() if self.by_iteration else None
        label = "" if iteration is None else iteration.label
        phase = self.phases.at(perf_counter() - (event.duration or 0) * 0.001)
        tally = self._among((event.method, event.name, event.status, phase, label), event.tags, iteration)
        tally.failed += event.failed
        if event.failed:
            self.errors.note(event.method, event.name, event.status, exception, response, perf_counter())
        return tally, event.duration, iteration

    def _among(
        self, kind: tuple[Any, ...], tags: Mapping[str, Any] | None, iteration: IterationContext | None
    ) -> Tally:
        """Return the tally of a kind of events with these tags, and expect the next of the kind to have them, too."""
        key = (*kind, None if tags is None else tuple(tags.items()))
        tally = self._latest[kind] = self._tallies.get(key) or self._tally(key, tags, iteration)
        return tally

    def _tally(
        self, key: tuple[Any, ...], context_tags: Mapping[str, Any] | None, iteration: IterationContext | None
    ) -> Tally:
        request_type, name, status, phase, *_ = key
        if name is None:
            self.add("unreadable_events", Kind.COUNTER, 1)
        http = str(request_type).upper() in HTTP_METHODS
        tags = tags_of(
            {
                **(context_tags or {}),
                **(iteration.tags if iteration is not None else {}),
                "name": name,
                "method" if http else "type": request_type,
                "status": status,
                "phase": phase,
            },
            self._hide,
        )
        duration, failed, count = HTTP if http else OTHER_REQUESTS
        return self._keep(
            key,
            Tally(
                self._store.leaf(duration, tags, Kind.TREND),  # type: ignore[arg-type]
                self._store.leaf(count, tags, Kind.COUNTER),  # type: ignore[arg-type]
                self._store.leaf(failed, tags, Kind.RATE),  # type: ignore[arg-type]
                self._corrected(duration, tags),
                None if context_tags is None else dict(context_tags),
                self.traces.durations(request_type, name, status, phase),
            ),
        )

    def _corrected(self, duration: str, tags: Tags) -> Histogram | None:
        if not self.corrects:
            return None
        return self._store.leaf(CORRECTED[duration], tags, Kind.TREND)  # type: ignore[return-value]

    def on_iteration(self, milliseconds: float) -> None:
        """Record one task that ran to its end."""
        iteration = current() if self.by_iteration else None
        tags = iteration.tags if iteration is not None else None
        tally = (None if tags else self._iterations) or self._iteration_tally(tags)
        values = tally.values
        values.append(milliseconds)
        if tally.late is not None:
            tally.late.append(0.0 if iteration is None else iteration.late)
        if len(values) >= BATCH:
            self._fold_one(tally)

    def lose_iteration(self, began: float) -> None:
        """Note a task that was killed in the middle of a request; ``began`` is of ``perf_counter``."""
        iteration = current() if self.by_iteration else None
        tags = {**(iteration.tags if iteration is not None else {}), "phase": self.phases.name}
        age = (perf_counter() - began) * 1000
        self.open.lose_sample(Sample("iteration_duration", tags, age))
        if iteration is not None and self.corrects:
            self.open.lose_sample(Sample(CORRECTED["iteration_duration"], tags, age + iteration.late))

    def _iteration_tally(self, own_tags: Mapping[str, str] | None) -> Tally:
        key = ("iterations", self.phases.name, tuple(own_tags.items()) if own_tags else None)
        tally = self._tallies.get(key)
        if tally is None:
            tags = tags_of({**(own_tags or {}), "phase": self.phases.name}, self._hide)
            duration = self._store.leaf("iteration_duration", tags, Kind.TREND)
            count = self._store.leaf("iterations", tags, Kind.COUNTER)
            corrected = self._corrected("iteration_duration", tags)
            tally = self._keep(key, Tally(duration, count, corrected=corrected))  # type: ignore[arg-type]
        if not own_tags:
            self._iterations = tally
        return tally

    def _keep(self, key: Hashable, tally: Tally) -> Tally:
        if len(self._tallies) >= self._most_tallies:
            self._fold()
        self._tallies[key] = tally
        return tally

    def _fold(self) -> None:
        for tally in list(self._tallies.values()):
            self._fold_one(tally)
        self._tallies.clear()
        self._latest.clear()
        self._iterations = None

    def _fold_one(self, tally: Tally) -> None:
        unreadable = tally.fold()
        if unreadable:
            self.add("unreadable_events", Kind.COUNTER, unreadable)

    def listen(self, counter: str) -> None:
        """Count nothing yet: from now on the counter is 0, and not absent."""
        self._store.leaf(counter, (), Kind.COUNTER).merge(CounterSink(seen=True))  # type: ignore[arg-type]

    def add(self, metric: str, kind: Kind, value: float, tags: Mapping[str, object] | None = None) -> None:
        """Add one value to a metric: a trend's value, a rate's yes or no, a counter's step, a gauge's reading.

        Of a timeline, the slot. It belongs to the phase of the moment, unless a tag ``phase`` says otherwise.

        A step or a reading that is not a finite number would poison its sum; it counts as an unreadable event.
        """
        if kind in _NUMBERS:
            number = number_of(value)
            if number is None:
                metric, kind, value, tags = "unreadable_events", Kind.COUNTER, 1, {"metric": metric}
            else:
                value = number
        phase = self.phases.name
        iteration = current() if self.by_iteration else None
        if iteration is not None and iteration.tags:
            tags = {**iteration.tags, **(tags or {})}
        leaf = self._leaves.get((metric, phase)) if tags is None else None
        if leaf is None:
            leaf = self._store.leaf(metric, tags_of({"phase": phase, **(tags or {})}, self._hide), kind)
            if tags is None:
                self._leaves[metric, phase] = leaf
        _ADD[kind](leaf, value)

    def add_failed_check(self, name: str, value: object, error: BaseException | None) -> None:
        """Note a condition on ``value`` that did not hold, or raised ``error``; it is counted by :meth:`add`."""
        self.errors.check(name, value, error, perf_counter())

    def add_raised(self, error: BaseException, line: str, place: str) -> None:
        """Note an exception of user code, of which ``line`` is what is said; it is counted elsewhere."""
        self.errors.raised(place, error, line, perf_counter())

    def add_all(self, metric: str, values: Iterable[float], tags: Mapping[str, object]) -> None:
        """Add many values to a trend at once; they belong to the phase that ``tags`` name."""
        iteration = current() if self.by_iteration else None
        own = iteration.tags if iteration is not None and iteration.tags else {}
        leaf = self._store.leaf(metric, tags_of({**own, **tags}, self._hide), Kind.TREND)
        assert isinstance(leaf, Histogram)
        leaf.record_all(values)


_CLOCK = SteadyClock()
"""What orders readings of a gauge, also those of other processes: the latest one counts."""

_NUMBERS = frozenset({Kind.COUNTER, Kind.GAUGE})


def _add_rate(sink: AnySink, value: float) -> None:
    assert isinstance(sink, RateSink)
    sink.merge(RateSink(int(bool(value)), 1))


def _add_counter(sink: AnySink, value: float) -> None:
    assert isinstance(sink, CounterSink)
    sink.add(value)


def _add_gauge(sink: AnySink, value: float) -> None:
    assert isinstance(sink, GaugeSink)
    sink.set(_CLOCK.now(), value)


def _add_trend(sink: AnySink, value: float) -> None:
    assert isinstance(sink, Histogram)
    sink.record(value)


def _add_timeline(sink: AnySink, value: float) -> None:
    assert isinstance(sink, TimelineSink)
    sink.add(int(value))


_ADD = {
    Kind.TIMELINE: _add_timeline,
    Kind.TREND: _add_trend,
    Kind.RATE: _add_rate,
    Kind.COUNTER: _add_counter,
    Kind.GAUGE: _add_gauge,
}

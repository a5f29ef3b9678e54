"""The charts of a run under way that take more to make: one family in an answer, made again every few seconds.

Law: what is made is made once for all who ask, a step at a time, so that others have their turn; one that the page has
already is not sent again. They are the charts of the report, made by the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from time import monotonic
from typing import Any

from gevent.lock import Semaphore

from locust_ext.gates.baseline import mismatches
from locust_ext.gates.figures import select
from locust_ext.load.schedule import Phase
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind, TimelineSink
from locust_ext.measure.spectrum import spectrum_of
from locust_ext.measure.timeline import Timeline
from locust_ext.reports.distributions import WHOLE, Curve, herd_chart_of, spectrum_chart
from locust_ext.reports.drift_charts import each_drift_chart
from locust_ext.reports.figure import Chart, shorten
from locust_ext.reports.live_charts import drawable
from locust_ext.reports.probe_charts import probe_charts
from locust_ext.reports.redacted import redacted
from locust_ext.reports.result import RunResult, SeriesRow
from locust_ext.reports.running import under_way
from locust_ext.run.run import Run
from locust_ext.run.turns import take_turns
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.strict_json import compact_json
from locust_ext.web.encoded import Encoded

LASTS = 4.0
"""Seconds for which a chart is told as it was made."""

MOST_NAME = 200
MOST_KEPT = 50
"""Distributions of endpoints that are kept: as many as people look at in a few seconds."""

SPECTRUM, HERD, PROBES, DRIFT = "spectrum", "herd", "probes", "drift"
FAMILIES = (SPECTRUM, HERD, PROBES, DRIFT)


class WatchedFigures:
    """The piece that has one family of charts: ``figure`` says which, ``of`` which endpoint, ``mark`` what is there."""

    def __init__(self, run: Callable[[], Run | None]) -> None:
        self._run = run
        self._turn = Semaphore()
        self._made: dict[tuple[str, str, str], tuple[float, str, str]] = {}
        self._before: dict[tuple[str, str], Histogram] = {}

    def piece(self, asked: Mapping[str, str]) -> Any:
        """Return the charts that were asked for, or that they are as the page has them."""
        run, figure = self._run(), asked.get("figure", "")
        if run is None or figure not in FAMILIES:
            return {"figure": ""}
        name = asked.get("of", "")[:MOST_NAME] if figure == SPECTRUM else ""
        with self._turn:
            mark, text = self._fresh(run, figure, name)
        head = compact_json({"run": run.id, "figure": figure, "of": name, "mark": mark}).rstrip()
        return Encoded(head if mark == asked.get("mark") else f'{head[:-1]},"charts":{text}}}')

    def _fresh(self, run: Run, figure: str, name: str) -> tuple[str, str]:
        key = (run.id, figure, name)
        made = self._made.get(key)
        if made is None or monotonic() > made[0] + LASTS:
            if len(self._made) >= MOST_KEPT or any(one[0] != run.id for one in self._made):
                self._made.clear()
            charts: list[dict[str, Any]] = []
            take_turns(_gather(charts, self._charts(run, figure, name)))
            text = compact_json(charts).rstrip()
            mark = blake2b(text.encode(), digest_size=8).hexdigest()
            made = self._made[key] = (monotonic(), mark, text)
        return made[1:]

    def _charts(self, run: Run, figure: str, name: str) -> Iterator[Chart]:
        if figure == SPECTRUM:
            yield from self._spectrum(run, name)
        elif figure == HERD:
            found = herd_chart_of(_light(run, series=_herds(run)))
            yield from [found] if found else []
        elif figure == PROBES:
            yield from probe_charts(_light(run, drifts=run.drifts, watched=run.drifting.watched()))
        else:
            yield from each_drift_chart(_light(run, drifts=run.drifts, watched=run.drifting.watched()))

    def _spectrum(self, run: Run, name: str) -> Iterator[Chart]:
        """Yield the distribution of an endpoint, or of all, beside that of the earlier runs that were made alike."""
        excluded = run.plan.policy.excluded if run.context.before else ()
        now, before = Histogram(), Histogram()
        for metric in DURATIONS:
            for tags, sink in list(run.resets.shown.store.of(metric)):
                told = {**run.resets.shown.store.common, **dict(tags)}
                if isinstance(sink, Histogram) and name in ("", told.get("name")) and told.get("phase") not in excluded:
                    now.merge(sink)
            before.merge(self._earlier(run, metric, name, excluded))
        curve = Curve(shorten(OUTLET.text(name)) or WHOLE, spectrum_of(now), spectrum_of(before))
        if curve.now or curve.before:
            yield spectrum_chart([curve])

    def _earlier(self, run: Run, metric: str, name: str, excluded: tuple[str, ...]) -> Histogram:
        """Return what the earlier runs measured; they do not change, so it is merged once."""
        key = (run.id, f"{metric} {name}")
        if key not in self._before:
            if len(self._before) >= MOST_KEPT:
                self._before.clear()
            merged = self._before[key] = Histogram()
            selector = Selector(metric, (("name", name),) if name else ())
            made = {**run.context.fingerprint, "workers": str(max(1, len(run.ledger.workers)))}
            alike = [one for one in run.context.before if not mismatches(made, one.fingerprint)]
            for earlier in alike[-run.plan.policy.most_runs :]:
                found = select(selector, Kind.TREND, earlier, excluded)
                if isinstance(found, Histogram):
                    merged.merge(found)
        return self._before[key]


def _gather(found: list[dict[str, Any]], charts: Iterator[Chart]) -> Iterator[None]:
    for chart in charts:
        found.append(drawable(chart))
        yield


def _herds(run: Run) -> tuple[SeriesRow, ...]:
    herds = [(dict(tags), sink) for tags, sink in run.judge.store.of("reconnect_herd")]
    return tuple(
        SeriesRow("reconnect_herd", tags, 0, {}, sink) for tags, sink in herds if isinstance(sink, TimelineSink)
    )


def _light(run: Run, **parts: Any) -> RunResult:
    """Return the run as far as some charts need it, free of secrets."""
    seconds = max(1.0, run.at(monotonic()))
    result = RunResult(
        name="",
        verdict=under_way(run.started_at),
        started_at=run.started_at,
        duration=seconds,
        workers=1,
        complete=False,
        phases=tuple(Phase(one.name, one.start, one.end) for one in run.phases(run.began + seconds)),
        timeline=Timeline(seconds, (None,)),
        **parts,
    )
    return redacted(result, OUTLET.redaction)

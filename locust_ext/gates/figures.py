"""The figures of a run that are compared with those of others, and how each is measured.

Law: pure; histograms are merged, percentiles never averaged. Endpoints are named by their ``name`` and method alone,
so that a status or a phase more makes no new figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property

from locust_ext.gates.intervals import count_interval, quantile_interval, share_interval
from locust_ext.gates.policy import FEWER_IS_WORSE, Policy
from locust_ext.gates.regression import CONFIDENCE_ERROR
from locust_ext.gates.rules import Figure, Rule
from locust_ext.load.schedule import Phase
from locust_ext.measure.catalogue import HTTP, OTHER_REQUESTS
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Tags
from locust_ext.measure.series import OTHER, Selector, Store, tags_of
from locust_ext.measure.sinks import SINKS, AnySink, CounterSink, Kind, RateSink, merge_into
from locust_ext.measure.spectrum import Spectrum, spectrum_of
from locust_ext.text.frozen import dataclass

MOST_ENDPOINTS = 50
"""Endpoints that are compared one by one: those with the most requests."""

RATE_FLOOR = 0.005
"""Half a percent: shares that differ by less do not matter."""


@dataclass(frozen=True)
class Snapshot:
    """What a comparison knows of a run; ``duration`` in seconds."""

    id: str
    started_at: str
    fingerprint: Mapping[str, str]
    duration: float
    phases: tuple[Phase, ...]
    store: Store
    censored: CensoredStore = field(default_factory=CensoredStore, compare=False)
    """What of it did not come back."""
    open_requests: int = 0
    """How many requests did not come back; of a run that was read back nothing else is known of them."""

    @cached_property
    def by_metric(self) -> Mapping[str, Sequence[tuple[Mapping[str, str], AnySink]]]:
        """Its series by metric, each with all of its tags: many figures are read off the same series."""
        found: dict[str, list[tuple[Mapping[str, str], AnySink]]] = {}
        for metric, tags, sink in self.store:
            found.setdefault(metric, []).append(({**self.store.common, **dict(tags)}, sink))
        return found

    @cached_property
    def selected(self) -> dict[tuple[Selector, tuple[str, ...]], AnySink]:
        """What was merged once, as a figure has several percentiles and is asked for more than once."""
        return {}


def rules_for(runs: Sequence[Snapshot], policy: Policy) -> list[Rule]:
    """Return what is compared: what was named, then durations, failures and throughput of endpoints and of all."""
    metrics = {metric for run in runs for metric in run.by_metric}
    rules: dict[tuple[Selector, str], Rule] = {}
    for selector, limits in policy.own_limits.items():
        for method in [m for m in limits if m] or methods_of(policy.kinds[selector.metric], policy):
            rule = _rule(selector, policy.kinds[selector.metric], method, policy)
            rules[selector, method] = replace(rule, limit=limits.get(method, limits.get("", rule.limit)), required=True)
    for duration, failed, count in (HTTP, OTHER_REQUESTS):
        if duration not in metrics:
            continue
        endpoints = _endpoints(duration, runs)
        for method in methods_of(Kind.TREND, policy):
            each = [_rule(Selector(duration, tags), Kind.TREND, method, policy) for tags in endpoints]
            whole = _rule(Selector(duration), Kind.TREND, method, policy)
            # The whole is judged where an endpoint alone has too few samples; else it would add but its mixture.
            thin = len(each) != 1 and any(not _enough(rule, runs, policy) for rule in each)
            for rule in [*([whole] if thin or not each else []), *each]:
                rules.setdefault((rule.selector, method), rule)
        several = endpoints if len(endpoints) > 1 else []
        for tags in [(), *several]:
            rules.setdefault((Selector(failed, tags), "rate"), _rule(Selector(failed, tags), Kind.RATE, "rate", policy))
        rules.setdefault((Selector(count), "rate"), _rule(Selector(count), Kind.COUNTER, "rate", policy))
    return list(rules.values())


def methods_of(kind: Kind, policy: Policy) -> list[str]:
    """Return the methods that are compared of a kind of metric."""
    return [f"p({percent:g})" for percent in policy.quantiles] if kind is Kind.TREND else ["rate"]


def _rule(selector: Selector, kind: Kind, method: str, policy: Policy) -> Rule:
    return Rule(
        selector,
        kind,
        method,
        policy.max_regression,
        floor={Kind.TREND: policy.floor, Kind.RATE: RATE_FLOOR}.get(kind, 0.0),
        rising=selector.metric not in FEWER_IS_WORSE,
    )


def _endpoints(duration: str, runs: Sequence[Snapshot]) -> list[Tags]:
    """Return the tags that name the endpoints, those with the most requests first."""
    counts: dict[Tags, int] = {}
    for run in runs:
        for tags, sink in run.by_metric.get(duration, ()):
            if isinstance(sink, Histogram) and tags.get("name") not in (None, OTHER):
                kept = tags_of({key: tags.get(key) for key in ("name", "method", "type")})
                counts[kept] = counts.get(kept, 0) + sink.count
    return sorted(counts, key=lambda tags: (-counts[tags], tags))[:MOST_ENDPOINTS]


def _enough(rule: Rule, runs: Sequence[Snapshot], policy: Policy) -> bool:
    figures = (figure_of(rule, run, policy, CONFIDENCE_ERROR) for run in runs)
    return all(figure is not None and figure.count >= rule.needed for figure in figures)


def figure_of(rule: Rule, run: Snapshot, policy: Policy, error: float) -> Figure | None:
    """Return one figure of one run, the phases left out that the policy excludes; None when it was not measured."""
    sink = select(rule.selector, rule.kind, run, policy.excluded)
    match sink:
        case Histogram() if sink.counts and rule.percent is not None:
            value = sink.percentile(rule.percent) or 0.0
            return Figure(value, *quantile_interval(sink, rule.percent, error), sink.count)
        case RateSink() if sink.total:
            return Figure(sink.hits / sink.total, *share_interval(sink.hits, sink.total, error), sink.total)
        case CounterSink() if sink.seen and (seconds := _seconds(run, policy)) > 0:
            low, high = count_interval(sink.value, error)
            return Figure(sink.value / seconds, low / seconds, high / seconds, sink.steps)
        case _:
            return None


def select(selector: Selector, kind: Kind, run: Snapshot, excluded: tuple[str, ...]) -> AnySink:
    """Return what a run measured under a selection, without the excluded phases unless it names one; only to read."""
    known = run.selected.get((selector, excluded))
    if known is not None:
        return known
    asked = dict(selector.tags).get("phase")
    sink = run.selected[selector, excluded] = SINKS[kind]()
    for tags, part in run.by_metric.get(selector.metric, ()):
        steady = asked is not None or tags.get("phase") not in excluded
        if steady and selector.matches(tags):
            merge_into(sink, part)
    return sink


def spectra_of(rules: Sequence[Rule], runs: Sequence[Snapshot], policy: Policy) -> dict[Selector, Spectrum]:
    """Return how the values of all ``runs`` together are distributed: each selection that is compared, and all."""
    spectra: dict[Selector, Spectrum] = {}
    compared = [rule.selector for rule in rules if rule.kind is Kind.TREND]
    for selector in dict.fromkeys([*(Selector(one.metric) for one in compared), *compared]):
        merged = Histogram()
        for run in runs:
            merge_into(merged, select(selector, Kind.TREND, run, policy.excluded))
        spectra[selector] = spectrum_of(merged)
    return spectra


def _seconds(run: Snapshot, policy: Policy) -> float:
    return run.duration - sum(phase.end - phase.start for phase in run.phases if phase.name in policy.excluded)

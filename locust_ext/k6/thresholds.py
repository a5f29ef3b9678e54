"""k6's thresholds as ours: kept, put on the metric that means the same, or switched off with what to do.

Law: no gate is lost in silence, and none is moved to another metric without evidence that it stays as strict.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from locust_ext.drafts.configuration import ConfigEntry
from locust_ext.gates.labels import CodeTags, Labels
from locust_ext.gates.thresholds import Assertion, check_kind, parse_assertion, parse_selector
from locust_ext.k6.metric_sources import OwnMetric
from locust_ext.k6.options import Threshold
from locust_ext.k6.spans import spell_span
from locust_ext.k6.unsupported import METRICS, OWN_TAGS, TAGS, UNMEASURED, UNMEASURED_OTHERS
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass

OWN_METRICS_PAGE = "docs/how-to/own-metrics.md"

_ITERATIONS = "an iteration is one task here"
_FINISH = "{name}: not all of its samples are translated; go through the TODOs of the locustfile, then take the # away"
_BY_METHOD: Mapping[str, str] = {"value": "Gauge", "count": "Counter", "rate": "Rate"}


@dataclass
class Gate:
    """A selector with its thresholds, as it will stand in the configuration."""

    key: str
    items: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    off: bool = False
    moved: int = 0
    """How many of the items came from a metric of the script's own."""

    def entry(self) -> ConfigEntry:
        """Return the entry of the configuration."""
        return ConfigEntry(self.key, self.items, tuple(dict.fromkeys(self.notes)), self.off)


@dataclass(frozen=True)
class WrittenCode:
    """What a locustfile that is made of the script does for its thresholds.

    It takes all samples of the metrics in ``whole``, with their kinds such as Trend, and some of those in ``partly``.
    Tags of requests and of checks are names with their values, None for a value that only a run knows.
    """

    whole: Mapping[str, str] = field(default_factory=dict)
    partly: frozenset[str] = frozenset()
    tags: frozenset[tuple[str, str | None]] = frozenset()
    check_tags: frozenset[tuple[str, str | None]] = frozenset()
    has_checks: bool = False


UNWRITTEN = WrittenCode()
"""A locustfile that is still to be written."""


@dataclass(frozen=True)
class ScriptContext:
    """What is known of the script: its own metrics, its scenarios with their tags, and the tags of its run.

    ``code`` is what the locustfile does that is made of it; by default it is still to be written.
    """

    metrics: Mapping[str, OwnMetric] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    scenarios: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    code: WrittenCode = UNWRITTEN

    def _labels(self, *, tagged: bool) -> Labels:
        """Return what a run of it can carry, in a locustfile that is ``tagged`` or in one that sets no tags."""
        return Labels(scenarios=self.scenarios, tags=self.tags, code=lambda: CodeTags(is_read=True, has_any=tagged))

    @property
    def _given(self) -> set[str]:
        """The tags that the script sets, without the one that has another meaning here."""
        return {*self.tags, *(tag for tags in self.scenarios.values() for tag in tags)} - {"phase"}

    def place(self, key: str, thresholds: Sequence[Threshold]) -> Gate:
        """Return where the thresholds of one of k6's selectors go; raises ThresholdError for what k6 refuses too."""
        selector = parse_selector(key)
        assertions = [parse_assertion(each.threshold) for each in thresholds]
        items = [_item(each) for each in thresholds]
        own = self.metrics.get(selector.metric)
        if selector.metric in METRICS:
            # A script that declares a metric of k6's own adds to that one.
            gate = self._built_in(key, selector, assertions, items)
            gate.notes += [f"{selector.metric}: what the script adds to it does not count here"] if own else []
            return gate
        if own is not None:
            for assertion in assertions:
                check_kind(assertion, Kind(own.kind.lower()), selector.metric)
        moved = _moved(selector, own, assertions) if own is not None else None
        if moved is None and selector.metric in self.code.whole:
            return Gate(key, items)
        if moved is None and selector.metric in self.code.partly:
            return Gate(key, items, [_FINISH.format(name=selector.metric[:60])], off=True)
        if moved is None:
            return Gate(key, items, [_declare(selector.metric, own, assertions)], off=True)
        metric, note = moved
        gate = self._built_in(_renamed(selector, metric), Selector(metric, selector.tags), assertions, items)
        gate.notes.insert(0, note)
        return replace(gate, moved=0 if gate.off else len(items))

    def _built_in(self, key: str, selector: Selector, assertions: list[Assertion], items: list[Any]) -> Gate:
        known = BUILT_IN.get(selector.metric)
        if known is None:
            return Gate(
                key, items, [f"{selector.metric}: {UNMEASURED.get(selector.metric, UNMEASURED_OTHERS)}"], off=True
            )
        for assertion in assertions:
            check_kind(assertion, known.kind, selector.metric)
        unsupported = [f"{tag}: {TAGS[tag]}" for tag, _ in selector.tags if tag in TAGS and tag not in self._given]
        labels = self._labels(tagged=True)
        never = labels.never(replace(selector, tags=tuple(pair for pair in selector.tags if pair[0] != "scenario")))
        if unsupported or never:
            return Gate(key, items, unsupported or [never], off=True)
        never = labels.never(selector)
        unmatched = (
            [f"{never}: k6 lets that pass; here it is refused until it is corrected, or optional"] if never else []
        )
        return Gate(key, items, [*unmatched, *self._reminders(selector)])

    def _reminders(self, selector: Selector) -> list[str]:
        """Return what must be so for a threshold to find its samples."""
        notes = [_ITERATIONS] if selector.metric in {"iterations", "iteration_duration"} else []
        is_check = selector.metric == "checks"
        if is_check and not self.code.has_checks:
            notes.append("checks are counted where the locustfile calls locust_ext.check")
        carried = self.code.check_tags if is_check else self.code.tags
        for tag, value in selector.tags:
            if not carried.isdisjoint({(tag, value), (tag, None)}):
                continue
            alone = Selector(selector.metric, ((tag, value),))
            if tag == "name" and "://" in value:
                notes.append("name: here it is the path of a URL, or the name that the locustfile gives")
            elif tag not in OWN_TAGS | self._given or self._labels(tagged=False).never(alone):
                tags = f'{{"{tag[:60]}": "{value[:60]}"}}'
                way = f"locust_ext.check(response, {{...}}, {tags})" if is_check else f'context={{"tags": {tags}}}'
                notes.append(f"the locustfile must tag these {'checks' if is_check else 'requests'}: {way}")
        return notes


def _item(threshold: Threshold) -> Any:
    """Return a threshold as our configuration writes it."""
    if not threshold.abortOnFail and threshold.delayAbortEval is None:
        return threshold.threshold
    options: dict[str, Any] = {"threshold": threshold.threshold, "abort_on_fail": threshold.abortOnFail}
    if threshold.delayAbortEval is not None:
        options["delay_abort"] = spell_span(threshold.delayAbortEval)
    return options


def _renamed(selector: Selector, metric: str) -> str:
    tags = ",".join(f"{key}:{value}" for key, value in selector.tags)
    return f"{metric}{{{tags}}}" if tags else metric


def _moved(selector: Selector, own: OwnMetric, assertions: Iterable[Assertion]) -> tuple[str, str] | None:
    """Return the built-in metric that says the same as one of the script's own, and why; None if that is not proven."""
    name, chosen = selector.metric[:60], any(tag not in TAGS and tag not in OWN_TAGS for tag, _ in selector.tags)
    # Ours counts more failures and longer durations: only where more is worse is that at least as strict.
    upper = all(assertion.operator in {"<", "<="} for assertion in assertions)
    if own.kind == "Trend" and own.durations and (own.whole or (own.paired and chosen)) and upper:
        return "http_req_duration", f"{name}: the script feeds it {own.fed}, and that is http_req_duration"
    if own.kind == "Rate" and own.failures and own.whole and upper:
        why = (
            f"{name}: the script feeds it {own.fed} for each request; http_req_failed counts that, all other errors "
            f"from 400 on and missing answers, so this is at least as strict. For exactly that share, declare "
            f'Rate("{name}") in the locustfile ({OWN_METRICS_PAGE})'
        )
        return "http_req_failed", why
    return None


def _declare(name: str, own: OwnMetric | None, assertions: list[Assertion]) -> str:
    methods = {assertion.method for assertion in assertions}
    kind = own.kind if own is not None else next((_BY_METHOD[each] for each in methods if each in _BY_METHOD), "Trend")
    return f'declare {kind}("{name[:60]}") in the locustfile ({OWN_METRICS_PAGE}), then take the # away'


def merged(gates: Iterable[Gate]) -> list[Gate]:
    """Return the gates with those of one selector together: a key can stand in a configuration only once."""
    found: dict[tuple[Selector, bool], Gate] = {}
    for gate in gates:
        first = found.setdefault((parse_selector(gate.key), gate.off), gate)
        if first is not gate:
            more = [item for item in gate.items if item not in first.items]
            first.items += more
            first.moved += min(gate.moved, len(more))
            first.notes += gate.notes
    return list(found.values())


def counted(gates: Iterable[Gate]) -> str:
    """Return how many thresholds are on, moved and off; "" where there are none."""
    found = list(gates)
    on, off = (sum(len(gate.items) for gate in found if gate.off is is_off) for is_off in (False, True))
    moved = sum(gate.moved for gate in found)
    return f"thresholds: {on} on, {moved} of them moved, {off} off" if found else ""


def judges(gates: Iterable[Gate], metrics: Container[str]) -> bool:
    """Return whether one of the gates that count is about one of ``metrics``."""
    return any(parse_selector(gate.key).metric in metrics for gate in gates if not gate.off)

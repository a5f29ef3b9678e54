"""What the names and the durations of a selection do not tell, although they are there.

Law: pure. Durations of 0 were measured by nobody: clients that send and do not wait report them so. A name that was cut
stands for all that begin like it. Both are said where a threshold selects them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.measure.catalogue import CORRECTED, DURATIONS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import CUT, MOST_TEXT, Store
from locust_ext.text.spelling import plural

MOST_NAMED = 3

MEASURED = frozenset({*DURATIONS, *(CORRECTED[name] for name in DURATIONS)})
"""The metrics whose durations come from request events."""


def doubt_zeros(outcome: Outcome, store: Store) -> Outcome:
    """Return the outcome, inconclusive where over half of the durations that it judges are 0, and of which events."""
    threshold = outcome.threshold
    if threshold.judged.metric not in MEASURED or threshold.assertion.method == "count":
        return outcome
    counts: dict[str, int] = {}
    total = 0
    for metric, tags, sink in store:
        named = {**store.common, **dict(tags)}
        if metric != threshold.judged.metric or not isinstance(sink, Histogram) or not threshold.judged.matches(named):
            continue
        total += sink.count
        if zeros := sink.counts.get(0, 0):
            name = " ".join(filter(None, (named.get("method") or named.get("type"), named.get("name"))))
            counts[name] = counts.get(name, 0) + zeros
    if 2 * sum(counts.values()) <= total:
        return outcome
    first = sorted(counts, key=lambda name: -counts[name])[:MOST_NAMED]
    reason = (
        f"{sum(counts.values()):,} of {plural(total, 'duration')} are 0, which nobody measured: {', '.join(first)};"
        " select the events that wait for an answer, by name"
    )
    return replace(outcome, status=Status.INCONCLUSIVE, reason=reason)


def tell_cut_names(outcome: Outcome, store: Store) -> Outcome:
    """Return the outcome, saying so where the name that it selects was cut."""
    wanted = dict(outcome.threshold.judged.tags).get("name", "")
    if not wanted:
        return outcome
    if len(wanted) > MOST_TEXT:
        return _said(outcome, f"names are cut at {MOST_TEXT} characters, and the selected one is longer: end it with *")
    if any(_is_cut(name) for name in _names(outcome, store)):
        return _said(outcome, f"its name was cut at {MOST_TEXT} characters: all that begin like it are judged together")
    return outcome


def _names(outcome: Outcome, store: Store) -> Iterable[str]:
    judged = outcome.threshold.judged
    for metric, tags, _ in store:
        named: Mapping[str, str] = {**store.common, **dict(tags)}
        if metric == judged.metric and judged.matches(named):
            yield named.get("name", "")


def _is_cut(name: str) -> bool:
    return len(name) == MOST_TEXT and name.endswith(CUT)


def _said(outcome: Outcome, sentence: str) -> Outcome:
    return replace(outcome, reason="; ".join(filter(None, (outcome.reason, sentence))))

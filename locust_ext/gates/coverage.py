"""Which failed requests no threshold looks at.

Law: pure. A failed request is covered when a threshold on failures of its own family selects it, its phase included;
what Locust counted as failed and we never saw is covered by nothing. What nobody judges ends as Locust ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from locust_ext.gates.thresholds import Threshold
from locust_ext.measure.catalogue import FAILURES
from locust_ext.measure.series import OTHER, Store
from locust_ext.measure.sinks import RateSink
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

BOUND = "rate<0.01"
"""What is suggested, as in every example."""


@dataclass(frozen=True)
class Uncovered:
    """Failed requests that no threshold looks at: of one family or of none that we know."""

    count: int = 0
    metric: str = ""
    first: str = ""
    """The series with the most of them, as a person would name it."""

    def __str__(self) -> str:
        requests = plural(self.count, "request")
        verb = "looks at it" if self.count == 1 else "looks at them"
        if not self.metric:
            return f"{requests} failed that Locust counted and no listener of ours could read: no threshold {verb}"
        where = f"{self.metric}, first: {self.first}" if self.first else self.metric
        return f'{requests} failed ({where}) and no threshold {verb}; add {self.metric}: ["{BOUND}"]'


def uncovered(thresholds: Sequence[Threshold], store: Store, counted: int = 0) -> tuple[Uncovered, ...]:
    """Return what is not covered, by family; ``counted`` is how many failures Locust itself has counted."""
    found = []
    seen = 0
    for metric in FAILURES:
        selectors = [threshold.selector for threshold in thresholds if threshold.selector.metric == metric]
        missed: list[tuple[int, Mapping[str, str]]] = []
        for name, pairs, sink in store:
            if name != metric or not isinstance(sink, RateSink) or not sink.hits:
                continue
            seen += sink.hits
            tags = {**store.common, **dict(pairs)}
            if not any(selector.matches(tags) for selector in selectors):
                missed.append((sink.hits, tags))
        if missed:
            _, most = max(missed, key=lambda each: each[0])
            found.append(Uncovered(sum(hits for hits, _ in missed), metric, _spelled(most)))
    unseen = counted - seen
    return (*found, *([Uncovered(unseen)] if unseen > 0 else []))


def _spelled(tags: Mapping[str, str]) -> str:
    """Return how a person names a series: ``GET /feed``, and the phase where it has one."""
    if tags.get("name") == OTHER:
        return "one of too many to tell apart"
    name = " ".join(filter(None, (tags.get("method") or tags.get("type"), tags.get("name"))))
    return f"{name} in {tags['phase']}" if tags.get("phase") else name


def total(found: Iterable[Uncovered]) -> int:
    """Return how many failed requests are covered by nothing."""
    return sum(one.count for one in found)

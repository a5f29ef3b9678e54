"""A run as it would be if its open requests had ended one way or the other, for comparisons with other runs.

Law: pure. Whatever became of them, the run lies between the two: they took no longer than they had been open and
worked, or they never end and have failed. A figure that is judged differently in the two is not judged.
"""

from __future__ import annotations

from dataclasses import replace

from locust_ext.gates.figures import Snapshot
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.censored import FAILS_WITH, CensoredStore
from locust_ext.measure.histogram import HIGHEST, Histogram, bucket_of
from locust_ext.measure.rows import Leaf
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import AnySink, Kind, RateSink, merge_into

FAILURES_OF = {duration: failures for failures, duration in FAILS_WITH.items()}

SHARES = frozenset(metric.name for metric in BUILT_IN.values() if metric.kind is Kind.RATE)
"""Metrics of which an open sample may count among the hits, or not."""


def extremes(run: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Return the run with its open requests as old as they are, and with them as endless failures."""
    return _imagined(run, endless=False), _imagined(run, endless=True)


def _imagined(run: Snapshot, *, endless: bool) -> Snapshot:
    store = Store(limit=run.store.limit, common=run.store.common)
    for (metric, tags), sink in run.store.series.items():
        store.put(metric, tags, sink)
    censored: CensoredStore = run.censored
    for (metric, tags), ages in censored.leaves.items():
        count = ages.count
        shares = RateSink(count if endless else 0, count)
        if metric in SHARES:
            _add(store, (metric, tags), shares)
            continue
        never = Histogram.of({bucket_of(HIGHEST): count}, HIGHEST * count, HIGHEST, HIGHEST)
        _add(store, (metric, tags), never if endless else ages)
        if metric in FAILURES_OF:
            _add(store, (FAILURES_OF[metric], tags), shares)
    return replace(run, store=store, censored=CensoredStore())


def _add(store: Store, leaf: Leaf, more: AnySink) -> None:
    """Add to a series; the one of the run itself stays as it is."""
    merged = type(more)()
    known = store.series.get(leaf)
    if known is not None:
        merge_into(merged, known)
    merge_into(merged, more)
    store.put(*leaf, merged)

"""What reconnect storms did: one finding for all of a run's, with the figures that people ask for.

Law: pure; users who never came back count, in every figure.
"""

from __future__ import annotations

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import CounterSink, Kind, RateSink
from locust_ext.reports.result import Finding
from locust_ext.storms.herd import peaks_of
from locust_ext.text.spelling import plural


def storms_of(store: Store) -> list[Finding]:
    """Return the finding on the storms of a run; none when nobody was dropped."""
    in_storm = {"phase": "storm"}
    drops = store.select(Selector("reconnect_drops").narrowed(**in_storm), Kind.COUNTER)
    back = store.select(Selector("reconnect_time").narrowed(**in_storm), Kind.TREND)
    attempts = store.select(Selector("reconnect_attempts").narrowed(**in_storm), Kind.TREND)
    failed = store.select(Selector("reconnects_failed").narrowed(**in_storm), Kind.RATE)
    assert isinstance(drops, CounterSink)
    assert isinstance(back, Histogram)
    assert isinstance(attempts, Histogram)
    assert isinstance(failed, RateSink)
    if not drops.value:
        return []
    short, long = peaks_of(store) or (0, 0)
    returned = failed.total - failed.hits
    p50, p99 = back.percentile(50), back.percentile(99)
    figures: dict[str, object] = {
        "dropped": int(drops.value),
        "returned": returned,
        "never_back": failed.hits,
        "amplification": attempts.mean,
        "peak_100ms": short,
        "peak_1s": long,
    }
    text = f"{plural(drops.value, 'user')} dropped, {returned:,} came back"
    if p50 is not None and p99 is not None and not failed.hits:
        text += f" (p50 {p50:,.0f} ms, p99 {p99:,.0f} ms)"
    if attempts.mean is not None:
        text += f", {attempts.mean:.2f} attempts each"
    return [Finding("storm", f"{text}; at most {plural(short, 'attempt')} in 100 ms and {long:,} in a second", figures)]

"""What an open load offered, and what its latency is from when iterations were due beside that from when they began.

Law: pure; what was dropped is told beside what was begun, also when it is nothing.
"""

from __future__ import annotations

from locust_ext.measure.catalogue import CORRECTED, DURATIONS
from locust_ext.measure.series import Store
from locust_ext.reports.result import Finding


def arrivals_of(store: Store, left_over: int = 0) -> list[Finding]:
    """Return the finding on the arrivals of a run; none when it was closed.

    ``left_over`` are the iterations that were never due, since the longest time of their load was over.
    """
    lateness = store.trend("arrival_lateness")
    if not lateness.count:
        return []
    begun, dropped = lateness.count, round(store.counted("dropped_iterations")) - left_over
    late = lateness.percentile(99) or 0.0
    figures: dict[str, object] = {"due": begun + dropped, "begun": begun, "dropped": dropped, "lateness_p99": late}
    text = f"{begun + dropped:,} iterations due, {begun:,} begun, {dropped:,} dropped"
    text += f"; they began {late:,.1f} ms late at p99"
    for metric in DURATIONS:
        due, actual = (store.trend(name).percentile(99) for name in (CORRECTED[metric], metric))
        if due is not None and actual is not None:
            figures[f"{metric}_p99"], figures[f"{CORRECTED[metric]}_p99"] = actual, due
            text += f"; {metric} p(99) is {due:,.1f} ms from when they were due, {actual:,.1f} ms from when they began"
    return [Finding("arrivals", text, figures)]

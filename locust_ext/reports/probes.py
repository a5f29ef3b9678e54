"""What probes of the target cost: one finding an instance, so that a probe that is the load itself is seen.

Law: pure; what the target said is not told here, only how it was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.reports.result import Finding
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration


def probes_of(store: Store, every: Mapping[str, float]) -> Iterator[Finding]:
    """Yield what each probe cost; ``every`` are the seconds between its reads, by instance."""
    for instance, seconds in every.items():
        took = store.trend("probe_duration", instance=instance)
        failed = store.select(Selector("probe_failed").narrowed(instance=instance), Kind.RATE)
        assert isinstance(took, Histogram)
        assert isinstance(failed, RateSink)
        if not failed.total:
            continue
        read, mean = failed.total - failed.hits, took.mean or 0.0
        size = store.counted("probe_bytes", instance=instance) / read if read else 0.0
        cost = f"{mean:,.1f} ms" + (f" and {size:,.0f} bytes" if size else "")
        text = f"the probe {instance} read the target {plural(failed.total, 'time')}, every {format_duration(seconds)}"
        text += f", for {cost} each" + (f"; {failed.hits:,} brought nothing" if failed.hits else "")
        figures = {
            "instance": instance,
            "reads": failed.total,
            "failed": failed.hits,
            "mean_ms": round(mean, 3),
            "mean_bytes": round(size, 1),
            "every_s": seconds,
        }
        yield Finding("probe", text, figures)

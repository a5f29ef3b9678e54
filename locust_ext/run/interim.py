"""A run as its summary tells of it while it lasts: all but its trends, which stand in the log beside it.

Law: pure, it changes nothing, and it is cheap: it is made again each interval, in a process that may make load.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from locust_ext.archive.provenance import software
from locust_ext.gates.outcomes import Outcome
from locust_ext.load.schedule import Phase
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store
from locust_ext.reports.redacted import redacted
from locust_ext.reports.result import RunResult, rows_of
from locust_ext.reports.running import Running, under_way
from locust_ext.run.conclusion import open_requests_in

if TYPE_CHECKING:
    from locust_ext.run.run import Run
    from locust_ext.safety.redaction import Redaction

_software = functools.cache(software)


def interim_of(run: Run, now: float, outcomes: Sequence[Outcome], writer: Running, redaction: Redaction) -> RunResult:
    """Return the run as it stands at ``now``, without a verdict; ``outcomes``: how its thresholds stood last."""
    around, workers = run.context, max(1, len(run.ledger.workers))
    counted = Store(limit=len(run.judge.store.series) + 1, common=run.judge.store.common)
    for (metric, tags), sink in run.judge.store.series.items():
        if not isinstance(sink, Histogram):
            counted.put(metric, tags, sink)
    measured = RunResult(
        name=run.plan.name,
        verdict=under_way(run.started_at),
        started_at=run.started_at,
        duration=round(run.at(now), 3),
        workers=workers,
        complete=False,
        tags=dict(run.tags),
        phases=tuple(Phase(p.name, round(p.start, 3), round(p.end, 3)) for p in run.phases(now)),
        outcomes=tuple(outcomes),
        series=rows_of(redaction.store(counted)),
        warnings=(*around.warnings, *run.blemishes, *run.troubles.values()),
        id=run.id,
        fingerprint={**around.fingerprint, "workers": str(workers)},
        clients=tuple(around.clients),
        software=_software(),
        timeline=run.course.timeline(),
        open_requests=open_requests_in(run),
        errors=run.errors(),
        traces=run.traced.all(),
        trace_url=run.plan.config.trace.url if run.plan.config.trace else "",
        running=writer,
    )
    return redacted(measured, redaction)

"""Which trend of a run is the worst so far: what the progress line says of drift.

Law: a look takes a few milliseconds for each rule and comes every ten seconds, one rule at a time, so that no user of
this process waits for long. It decides nothing.
"""

from __future__ import annotations

import time

import gevent

from locust_ext.process.supervised import Stake, Work
from locust_ext.run.run import Run

TRENDS = Work("the look at the trends", Stake.LOOKS)

LOOK_EVERY = 10.0


def follow_trends(run: Run) -> None:
    """Note the worst trend of a run until it is over."""
    if not run.plan.drift:
        return
    from locust_ext.gates.worst_trend import worst_trend  # noqa: PLC0415 only a run that is watched for drift
    from locust_ext.run.drift_verdict import stretch_of  # noqa: PLC0415

    while run.ended is None:
        gevent.sleep(LOOK_EVERY)
        seen = []
        for drift in run.drifting.each(stretch_of(run, time.monotonic())):
            seen.append(drift)
            gevent.sleep()
        run.drifts, run.trend = tuple(seen), worst_trend(seen)

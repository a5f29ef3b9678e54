"""What else happened in a run, beside its measurements, and when that puts all of it in doubt.

Law: pure; a run in doubt can fail, it can never pass.
"""

from __future__ import annotations

from math import inf

from locust_ext.gates.coverage import Uncovered
from locust_ext.gates.lag import LAG_LIMIT
from locust_ext.text.frozen import dataclass

SHORT = 5.0
"""Seconds of a run under which one pause is all of its lag at p99: only more than one make it doubtful."""

DROPPED_LIMIT = 0.01
"""Share of the due iterations that may be dropped: beyond it, what was measured is another load."""


@dataclass(frozen=True)
class RunHealth:
    """What else happened in the run."""

    configuration_errors: int = 0
    safety_stop: str = ""
    user_errors: int = 0
    """Exceptions of user code that nobody caught."""
    unseen_errors: int = 0
    """Those of them that Locust itself never sees."""
    first_error: str = ""
    ended_by: str = ""
    """What of user code ended the process, if any did."""
    no_run: str = ""
    """Why no run began, if none did."""
    incomplete: tuple[str, ...] = ()
    other_users: tuple[str, ...] = ()
    """Where there were fewer users, or more, than were planned."""
    unmade_iterations: float = 0.0
    """Of the dropped iterations, those that no process began: it was cut off, or had no users."""
    missing_iterations: tuple[str, ...] = ()
    """Where a load did not make all the iterations that it was to end with, in a sentence each."""
    starved: tuple[str, ...] = ()
    """That users waited most of their time for rows, if so."""
    cut_short: str = ""
    """Why it ended before its planned end, if nobody told it to."""
    lag: float | None = None
    """p99 of the generator's own lag, in milliseconds."""
    lag_samples: int = 0
    """How often the process that paused most has paused for over that long."""
    duration: float = inf
    """Seconds that the run lasted."""
    storm_lag: float | None = None
    """p99 of how much later than planned attempts to reconnect began, in milliseconds."""
    arrival_lateness: float | None = None
    """p99 of how late iterations began by the generator's own part, in milliseconds."""
    iterations: float = 0.0
    dropped_iterations: float = 0.0
    """Due iterations that were begun, and those that found no free user."""
    signal: str = ""
    failed_requests: int = 0
    uncovered: tuple[Uncovered, ...] = ()
    """Failed requests that no threshold looks at, where there are thresholds or a comparison."""
    shortages: tuple[str, ...] = ()
    """What the generator had too little of to make connections, if it had."""
    unreadable: float = 0.0
    """Events and values of which a part could not be read."""
    regressions: tuple[str, ...] = ()
    """What got worse than in the earlier runs, the worst first."""
    uncompared: tuple[str, ...] = ()
    """Why the comparison with the earlier runs proves nothing, where there had to be one."""
    compared: int = 0
    """How many figures were compared and are no worse than before."""
    drifting: tuple[str, ...] = ()
    """What drifts, in a sentence each."""
    undrifted: int = 0
    """How many figures were watched for drift and do not."""
    unwatched: tuple[str, ...] = ()
    """What had to be watched for drift and could not be judged."""
    stock_exit_code: int = 1
    """What Locust itself exits with when requests failed that no threshold looks at."""
    theirs: int | None = None
    """The exit code that the locustfile chose, if it chose one."""
    theirs_by: str = "a listener of the locustfile set that"
    """How it did."""


def doubts(health: RunHealth) -> list[str]:
    """Return why the run as a whole proves nothing, if it does not."""
    found = [
        *filter(None, [health.no_run]),
        *health.incomplete,
        *filter(None, [health.cut_short]),
        *health.missing_iterations,
        *health.other_users,
        *health.starved,
    ]
    one_pause = health.duration < SHORT and health.lag_samples <= 1
    if health.lag is not None and health.lag > LAG_LIMIT and not one_pause:
        found.append(
            f"the load generator could not keep up: it woke {health.lag:.0f} ms late at p99"
            f" (limit {LAG_LIMIT:.0f} ms); give it more workers or less load"
        )
    if health.storm_lag is not None and health.storm_lag > LAG_LIMIT:
        found.append(
            f"the load generator smeared the storm: reconnects began {health.storm_lag:.0f} ms"
            f" later than planned at p99 (limit {LAG_LIMIT:.0f} ms); give it more workers or fewer users"
        )
    if health.arrival_lateness is not None and health.arrival_lateness > LAG_LIMIT:
        found.append(
            f"the load generator could not keep up: iterations began {health.arrival_lateness:.0f} ms"
            f" after they were due at p99 (limit {LAG_LIMIT:.0f} ms); give it more workers or a lower rate"
        )
    found += health.shortages
    if health.unreadable:
        found.append(
            f"{health.unreadable:,.0f} events could not be read as a whole: figures or tags are missing;"
            " give request events a name, a number of milliseconds and tags that are a mapping"
        )
    due = health.iterations + health.dropped_iterations
    unmade = health.unmade_iterations
    if health.dropped_iterations > DROPPED_LIMIT * due and unmade:
        found.append(
            f"{unmade:,.0f} of {due:,.0f} due iterations were made by no process (limit {DROPPED_LIMIT:.0%}): one that"
            " lost touch with its master lets its share lapse, and it is dropped"
        )
    pooled = health.dropped_iterations - unmade
    if pooled > DROPPED_LIMIT * due:
        found.append(
            f"{pooled:,.0f} of {due:,.0f} due iterations found no free user and were dropped"
            f" (limit {DROPPED_LIMIT:.0%}): the load was not the one that was asked for; give the pool more max_users,"
            " or the target less load"
        )
    return found

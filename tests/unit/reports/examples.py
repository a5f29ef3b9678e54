"""Runs with everything in them that a report has to show, made without a clock and with seeded chance."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from random import Random

from locust_ext.gates.baseline import compare
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.policy import Policy
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import conclude
from locust_ext.load.schedule import Phase
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, TimelineSink
from locust_ext.measure.timeline_builder import TimelineBuilder
from locust_ext.reports.result import Finding, RunResult, rows_of

FEED = "/communities/:id/posts"
NASTY = "/a|b`<script>alert(1)</script>\n]]>\x00\x1b[31m\u202e" + "x" * 10_000
PHASES = (Phase("warmup", 0, 5), Phase("steady", 5, 40), Phase("storm", 40, 50), Phase("recovery", 50, 60))
FINGERPRINT = {"name": "feed", "shape": "smoke users=10", "workers": "1", "cores": "2"}


def rows(factor: float = 1.0, seed: int = 1, requests: int = 3000, names: tuple[str, ...] = (FEED, "/hot/:key")):
    """Return the rows of one store: log-normal durations, a few failures, a herd."""
    rng, store = Random(seed), Store()
    noise = math.exp(rng.gauss(0, 0.04))
    for name in names:
        for phase, share in (("warmup", 0.1), ("steady", 0.9)):
            tags = tags_of({"name": name, "method": "GET", "phase": phase, "status": 200})
            durations = store.leaf("http_req_duration", tags, Kind.TREND)
            count = store.leaf("http_reqs", tags, Kind.COUNTER)
            failures = store.leaf("http_req_failed", tags, Kind.RATE)
            many, failed, took = int(requests * share), 0, []
            for _ in range(many):
                took.append(20 * factor * noise * rng.lognormvariate(0, 0.5))
                count.add(1)
                failed += rng.random() < 0.002
            durations.record_all(took)
            failures.merge(type(failures)(failed, many))
    lag = store.leaf("generator_lag", tags_of({"phase": "steady"}), Kind.TREND)
    back = store.leaf("reconnect_time", tags_of({"phase": "storm"}), Kind.TREND)
    for _ in range(200):
        lag.record(rng.random())
        back.record(1000 * rng.random())
    herd = store.leaf("reconnect_herd", tags_of({"storm": "1"}), Kind.TIMELINE)
    assert isinstance(herd, TimelineSink)
    for _ in range(60):
        herd.add(int(10 * rng.expovariate(0.5)))
    store.leaf("vus", (), Kind.GAUGE).set(1.0, 10)
    return store.take()


def example(
    factor: float = 1.0,
    seed: int = 1,
    names: tuple[str, ...] = (FEED, "/hot/:key"),
    outcomes: tuple[Outcome, ...] = (),
    **changes: object,
) -> RunResult:
    """Return a run of a minute whose durations are ``factor`` times as long as they should be."""
    return replace(_run(factor, seed, names, outcomes), **changes)  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def _run(factor: float, seed: int, names: tuple[str, ...], outcomes: tuple[Outcome, ...]) -> RunResult:
    store, course = Store(common={"git_sha": "0a1b2c3d"}), TimelineBuilder()
    for second in range(60):
        part = rows(factor, seed * 1000 + second, 50, names)
        store.merge(part)
        course.add(second + 0.5, part)
        course.look(second + 0.5, min(10, 2 * second), 20 + second % 7)
    verdict = conclude(outcomes, RunHealth())
    return RunResult(
        name="feed",
        verdict=verdict,
        started_at=f"2026-11-24T10:{seed % 60:02}:00+00:00",
        duration=60.0,
        workers=1,
        complete=True,
        tags={"git_sha": "0a1b2c3d", "run_type": "pr"},
        phases=PHASES,
        outcomes=outcomes,
        series=rows_of(store),
        findings=(Finding("storm", "60 users dropped, 60 came back", {"dropped": 60, "returned": 60}),),
        warnings=(),
        id=f"{seed:032x}",
        fingerprint=FINGERPRINT,
        software={"locust": "2.47.0", "python": "3.11.7"},
        timeline=course.timeline(),
        clients=("HttpUser", "LeanHttpUser"),
    )


def outcome(selector: str, assertion: str, status: str, value: float | None, count: int = 3000, reason: str = ""):
    """Return one judged threshold."""
    kind = Kind.RATE if assertion.startswith("rate") else Kind.TREND
    threshold = Threshold(parse_selector(selector), parse_assertion(assertion), kind)
    return Outcome(threshold, Status(status), value, count, reason)


OUTCOMES = (
    outcome("http_req_duration{endpoint:feed}", "p(95)<400", "passed", 48.21),
    outcome("http_req_duration{endpoint:feed}", "p(99)<60", "failed", 75.5),
    outcome("http_req_failed", "rate<0.01", "passed", 0.002),
    outcome("http_req_duration{name:/export}", "p(99.9)<400", "inconclusive", None, 0, "no samples"),
)


@lru_cache(maxsize=16)
def compared(factor: float = 1.5, names: tuple[str, ...] = (FEED, "/hot/:key")) -> RunResult:
    """Return a run beside five before it; at a factor of 1.5 it is a regression."""
    before = [example(1.0, seed, names).snapshot for seed in range(2, 7)]
    result = example(factor, 9, names, OUTCOMES)
    comparison = compare([result.snapshot], before, Policy())
    regressions = tuple(row.text for row in comparison.regressions)
    verdict = conclude(result.outcomes, RunHealth(regressions=regressions, uncompared=comparison.gaps))
    return replace(result, comparison=comparison, verdict=verdict)

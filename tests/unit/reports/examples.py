"""Runs with everything in them that a report has to show, made without a clock and with seeded chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random
from statistics import median

from locust_ext.gates.baseline import compare
from locust_ext.gates.breaks import Step
from locust_ext.gates.drift import Drift, Retained
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.policy import Policy
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import Verdict, conclude
from locust_ext.load.planned_course import with_plan
from locust_ext.load.schedule import Phase, lines
from locust_ext.load.user_time import Planned
from locust_ext.measure.error_kinds import REST, Answer, ErrorKind
from locust_ext.measure.series import OTHER, Selector, Store, tags_of
from locust_ext.measure.sinks import Kind, TimelineSink
from locust_ext.measure.timeline import Timeline
from locust_ext.measure.timeline_builder import TimelineBuilder
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.result import Finding, RunResult, SeriesRow, rows_of
from locust_ext.reports.watched import Watched

FEED = "/communities/:id/posts"
NASTY = "/a|b`<script>alert(1)</script>\n]]>\x00\x1b[31m\u202e" + "x" * 10_000
PHASES = (Phase("warmup", 0, 5), Phase("steady", 5, 40), Phase("storm", 40, 50), Phase("recovery", 50, 60))
FINGERPRINT = {"name": "feed", "shape": "smoke users=10", "workers": "1", "cores": "2"}


def rows(factor: float = 1.0, seed: int = 1, requests: int = 3000, names: tuple[str, ...] = (FEED, "/hot/:key")):
    """Return the rows of one store: log-normal durations, a few failures, a herd."""
    store = Store()
    _fill(store, factor, seed, requests, names)
    return store.take()


def _fill(store: Store, factor: float, seed: int, requests: int, names: tuple[str, ...]) -> None:
    rng = Random(seed)
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
    drawn = [(rng.random(), 1000 * rng.random()) for _ in range(200)]
    lag.record_all(late for late, _ in drawn)
    back.record_all(took for _, took in drawn)
    herd = store.leaf("reconnect_herd", tags_of({"storm": "1"}), Kind.TIMELINE)
    assert isinstance(herd, TimelineSink)
    for _ in range(60):
        herd.add(int(10 * rng.expovariate(0.5)))
    store.leaf("vus", (), Kind.GAUGE).set(1.0, 10)


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
def _measured(
    factor: float, seed: int, names: tuple[str, ...], has_course: bool
) -> tuple[tuple[SeriesRow, ...], Timeline]:
    store, course = Store(common={"git_sha": "0a1b2c3d"}), TimelineBuilder()
    for second in range(60):
        if not has_course:
            _fill(store, factor, seed * 1000 + second, 50, names)
            continue
        part = rows(factor, seed * 1000 + second, 50, names)
        store.merge(part)
        course.add(second + 0.5, part)
        course.look(second + 0.5, min(10, 2 * second), 20 + second % 7)
    return rows_of(store), course.timeline()


@lru_cache(maxsize=64)
def _run(
    factor: float, seed: int, names: tuple[str, ...], outcomes: tuple[Outcome, ...], has_course: bool = True
) -> RunResult:
    series, timeline = _measured(factor, seed, names, has_course)
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
        series=series,
        findings=(Finding("storm", "60 users dropped, 60 came back", {"dropped": 60, "returned": 60}),),
        warnings=(),
        id=f"{seed:032x}",
        fingerprint=FINGERPRINT,
        software={"locust": "2.47.0", "python": "3.11.7"},
        timeline=timeline,
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
    before = [_run(1.0, seed, names, (), has_course=False).snapshot for seed in range(2, 7)]
    result = example(factor, 9, names, OUTCOMES)
    comparison = compare([result.snapshot], before, Policy())
    regressions = tuple(row.text for row in comparison.regressions)
    verdict = conclude(result.outcomes, RunHealth(regressions=regressions, uncompared=comparison.gaps))
    return replace(result, comparison=comparison, verdict=verdict)


ERRORS = (
    ErrorKind(
        "http_req_failed",
        FEED,
        "GET",
        "503",
        412,
        41.207,
        52.9,
        f"503 Server Error: Service Unavailable for url: {FEED}",
        Answer(
            "503",
            (("Content-Type", "application/json"), ("Retry-After", "2"), ("Set-Cookie", "***")),
            '{"error": "the pool of connections is used up", "waiting": 250}',
            "",
            "0af7651916cd43dd8448eb211c80319c",
        ),
    ),
    ErrorKind("http_req_failed", "/hot/:key", "GET", "ConnectionResetError", 37, 40.01, 40.9, "[Errno 104] reset"),
    ErrorKind(
        "http_req_failed",
        "/communities/:id/posts",
        "POST",
        "CatchResponseError",
        9,
        12.5,
        44.25,
        "no id in the answer",
        Answer(
            "200",
            (("Content-Type", "text/html"),),
            "<html>\n<title>502 Bad Gateway</title>",
            "the beginning of 20,480 bytes",
        ),
    ),
    ErrorKind("req_failed", "connect /ticks", "WS", "status:503", 5, 40.5, 41.0, "status:503", Answer("503")),
    ErrorKind(
        "checks", "has posts", "", "did not hold", 3, 5.0, 9.125, "", Answer("200", (), "", "binary, 3,072 bytes")
    ),
    ErrorKind("iteration_errors", "feed.py:31", "", "KeyError", 1, 20.0, 20.0, "KeyError: 'id' (feed.py:31)"),
    ErrorKind("", OTHER, "", REST, 1234, 30.0, 59.5),
)


def failing(**changes: object) -> RunResult:
    """Return a run whose requests failed in every way that there is."""
    return replace(example(outcomes=OUTCOMES), **{"errors": ERRORS, **changes})  # type: ignore[arg-type]


def requests_a_second(bound: str, status: str, value: float, selector: str = "http_reqs") -> Outcome:
    """Return a judged threshold on throughput."""
    threshold = Threshold(parse_selector(selector), parse_assertion(f"rate{bound}"), Kind.COUNTER)
    return Outcome(threshold, Status(status), value, 3000)


@lru_cache(maxsize=1)
def limited() -> RunResult:
    """Return a run with a threshold of each kind that charts show, planned users, arrivals, and open requests."""
    outcomes = (
        outcome("http_req_duration", "p(95)<60", "passed", 44.5, 6000),
        outcome("http_req_duration", "max<30000", "passed", 163.0, 6000),
        outcome(f"http_req_duration{{name:{FEED}}}", "p(99)<50", "failed", 63.3),
        outcome(f"http_req_duration{{name:{FEED},phase:steady}}", "p(99)<45", "failed", 63.1),
        outcome("http_req_failed", "rate<0.01", "passed", 0.002, 6000),
        outcome("http_req_failed{name:/hot/:key}", "rate<0.001", "failed", 0.00185),
        requests_a_second(">80", "passed", 100.0),
        outcome("http_req_duration{name:/export}", "p(99.9)<400", "inconclusive", None, 0, "no samples"),
    )
    run = example(outcomes=outcomes)
    opened = OpenRequests.of([OpenRow(FEED, "GET", 12, 30_500.0), OpenRow("/hot/:key", "GET", 1, 900.0)])
    timeline = with_plan(
        run.timeline,
        Planned(lines(0.0, [("", 5.0, 12.0), ("", 55.0, 12.0)])),
        Planned(lines(50.0, [("", 60.0, 50.0)])),
    )
    still = tuple(float(min(13, second // 3)) for second in range(60))
    timeline = replace(timeline, open=still, begun=tuple(50 - second % 2 for second in range(60)))
    return replace(run, timeline=timeline, open_requests=opened, verdict=conclude(outcomes, RunHealth()))


def watched_for(series: str, instance: str = "api", **changes: object) -> Drift:
    """Return a verdict on a series of a probe; without changes nothing of it is known."""
    selector = Selector("probe", tags_of({"series": series, "instance": instance}))
    rule = DriftRule(selector, Kind.GAUGE, **{key: changes.pop(key) for key in RULE & changes.keys()})
    return Drift(rule, **{"status": Status.INCONCLUSIVE, "limit": rule.limit, **changes})  # type: ignore[arg-type]


RULE = {"min_growth", "limit", "must_return", "is_written"}
SOAK = (Phase("ramp", 0, 300), Phase("soak", 300, 6900), Phase("cooldown", 6900, 7200))
STEADY = (300.0, 6900.0)


def seen(
    value: Callable[[float], float], noise: float, seed: int, every: float = 30.0
) -> tuple[tuple[float, float], ...]:
    """Return what a probe reads in two hours."""
    rng = Random(seed)
    return tuple((every * n, float(f"{value(every * n) + rng.gauss(0, noise):.6g}")) for n in range(int(7200 / every)))


def blocks(
    points: tuple[tuple[float, float], ...], start: float = 300.0, count: int = 24
) -> tuple[tuple[float, float], ...]:
    """Return medians of blocks of what follows a moment of the steady load."""
    width, found = (STEADY[1] - start) / count, []
    for number in range(count):
        some = [value for at, value in points if start + number * width <= at < start + (number + 1) * width]
        found.append((round(start + (number + 0.5) * width, 3), float(f"{median(some):.6g}")))
    return tuple(found)


@lru_cache(maxsize=1)
def drifting() -> RunResult:
    """Return a soak of two hours: a leak, a healthy saw, a cache that fills, a restart with a step, and what is unclear."""
    leak = seen(lambda at: 180 + 38 * at / 3600, 2.0, 1)
    saw = seen(lambda at: 4e8 * (1 + 0.3 * (at % 720) / 720), 2e6, 2)
    cache = seen(lambda at: 2e9 * (1 - math.exp(-at / 900)), 4e6, 3)
    late = seen(lambda at: 80 + 30 * at / 3600, 3.0, 4)
    moved = seen(lambda at: 40 + (12 if at > 2400 else 0), 0.4, 5)
    lows = tuple((720.0 * n + 30, 4.02e8 + 1e5 * (n % 3)) for n in range(1, 10))
    drifts = (
        watched_for(
            "process_open_fds",
            status=Status.FAILED,
            rate=38.0,
            low=31.4,
            visible=9.2,
            growth=0.3211,
            level=217.0,
            start=437.5,
            end=6762.5,
            hours_left=21.2,
            limit=1024.0,
            points=leak,
            judged=blocks(leak),
        ),
        watched_for(
            "process_resident_memory_bytes",
            status=Status.PASSED,
            rate=2e5,
            low=-1.1e6,
            visible=1.8e7,
            growth=0.001,
            level=4.6e8,
            start=750.0,
            end=6510.0,
            teeth=9,
            points=saw,
            judged=lows,
        ),
        watched_for(
            "cache_bytes",
            min_growth=0.1,
            status=Status.PASSED,
            rate=-2e6,
            low=-5e6,
            visible=5.5e7,
            growth=-0.001,
            level=1.99e9,
            start=3000.0,
            end=6800.0,
            settled=2900.0,
            points=cache,
            judged=blocks(cache, 2900.0, 14),
            retained=Retained(1e6, 2e9, 4e8),
        ),
        Drift(
            DriftRule(parse_selector(f"http_req_duration{{name:{FEED}}}"), Kind.TREND, "p(99)", 99.0, min_growth=0.25),
            Status.FAILED,
            rate=30.4,
            low=27.0,
            visible=4.4,
            growth=0.5,
            level=110.0,
            start=437.5,
            end=6762.5,
            points=late,
            judged=blocks(late),
        ),
        watched_for(
            "process_threads",
            is_written=False,
            status=Status.PASSED,
            rate=0.02,
            low=-0.4,
            visible=1.4,
            growth=0.001,
            level=40.0,
            start=437.5,
            end=6762.5,
            restarts=1,
            steps=(Step(2400.0, 12.0),),
            points=moved,
            judged=tuple((at, value - 12 * (2400 <= at < 4800)) for at, value in blocks(moved)),
        ),
        watched_for(
            "db_lag_seconds",
            "db",
            is_written=False,
            reason="only 4 blocks; needs 8: 6m of load",
            points=((60.0, 0.004),),
        ),
    )
    watched = (
        Watched("process_threads", "api", moved, (4800.0,)),
        *(
            Watched("app_requests_total", instance, seen(lambda at, h=high: h + at / 900, 1.5, 6 + high), restarts)
            for instance, high, restarts in (("api-1", 90, ()), ("api-2", 70, (3600.0,)), ("api-3", 60, ()))
        ),
        Watched("go_goroutines", "api", seen(lambda at: 130 + 4 * math.sin(at / 300), 1.0, 9)),
        Watched("nothing_seen", "api"),
    )
    run = example(outcomes=OUTCOMES[:1], phases=SOAK, duration=7200.0, drifts=drifts, watched=watched)
    found = "drift: probe{instance:api,series:process_open_fds}, http_req_duration{name:" + FEED + "}: p(99)"
    return replace(run, timeline=replace(run.timeline, width=120.0), verdict=Verdict("failed", 99, found))

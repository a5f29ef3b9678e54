"""What a run of days holds is no more than what one of an hour does: each list and table that its seconds add to."""

from random import Random
from types import SimpleNamespace

import pytest
from locust.stats import RequestStats

from locust_ext.config.plan import Plan
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.load.asked import Asked
from locust_ext.load.profiles import Smoke
from locust_ext.load.shapes import PlannedShape
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.interval_history import MOST_INTERVALS, IntervalHistory
from locust_ext.measure.report_ledger import MOST_TOLD, ReportLedger
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.measure.timeline_builder import MOST_SLICES
from locust_ext.run.run import Run
from locust_ext.run.stock_stats import KEPT, trim

HOUR = 3600


def holds(thing, seen=None):
    """Return how many objects hang on a thing of ours: what is shared counts once, classes and modules not at all."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, (type, str, bytes, int, float, bool, type(None))) or callable(thing):
        return 0
    seen.add(id(thing))
    slots = [getattr(thing, name, None) for one in type(thing).__mro__ for name in getattr(one, "__slots__", ())]
    if isinstance(thing, dict):
        inner = [*thing.keys(), *thing.values()]
    elif isinstance(thing, (list, tuple, set, frozenset)) or type(thing).__name__ in {"deque", "array"}:
        inner = list(thing)
    else:
        inner = [*slots, *getattr(thing, "__dict__", {}).values()]
    return len(inner) + sum(holds(one, seen) for one in inner)


def threshold(selector, text, **options):
    """Return a threshold."""
    chosen = parse_selector(selector)
    return Threshold(chosen, parse_assertion(text), BUILT_IN[chosen.metric].kind, **options)


def rows(rng):
    """Return what a worker measured in three seconds: three endpoints, always of the same kind."""
    store = Store()
    for name in ("/feed", "/posts", "/hot"):
        tags = tags_of({"name": name, "method": "GET", "phase": "soak"})
        store.leaf("http_req_duration", tags, Kind.TREND).record_all([rng.randrange(1, 6) for _ in range(5)])
        store.leaf("http_reqs", tags, Kind.COUNTER).add(5)
        store.leaf("http_req_failed", tags, Kind.RATE).merge(RateSink(0, 5))
    store.leaf("generator_lag", (), Kind.TREND).record(rng.randrange(3))
    return store.take()


@pytest.mark.slow
def test_a_run_of_eight_hours_holds_what_one_of_two_hours_does():
    """Reports of two workers every 3 s, a threshold with a window, a drift history: nothing adds up but counts."""
    rng, held = Random(1), {}
    limits = (threshold("http_req_duration", "p(99)<1000"), threshold("http_req_duration", "p(95)<900", window=60.0))
    run = Run(Plan("soak", thresholds=limits), {}, "2026-11-28T00:00:00", 0.0, "r")
    history = IntervalHistory(most=64)
    run.ledger.enrol(["a", "b"])
    run.enter_phase("soak", 0.0)
    for number in range(1, 8 * HOUR // 12 + 1):
        at = number * 12.0
        for worker in "ab":
            report = {"run": "r", "sequence": number, "rows": rows(rng)}
            assert run.receive(worker, report, at)
        history.add(at, rng.random())
        run.look(10, 20.0, at)
        run.outcomes(at)
        if at % HOUR == 0:
            run.course.timeline()
            held[int(at) // HOUR] = holds(run) + holds(history)
    assert held[8] < 1.05 * held[4] < 1.1 * held[2]
    assert len(run.course.timeline().users) <= MOST_SLICES
    assert len(history.history().points) <= MOST_INTERVALS


def test_the_measure_of_that_test_sees_growth():
    """A list that grows is more each time."""
    grows = SimpleNamespace(inner={"a": [(1, (2, 3))]})
    before = holds(grows)
    grows.inner["a"].append((4, 5))
    assert holds(grows) == before + 3


def test_what_is_wrong_with_workers_is_told_of_some():
    """A worker that comes back every few seconds for days has a new name each time."""
    ledger = ReportLedger("r")
    ledger.enrol(map(str, range(5000)))
    told = ledger.problems(100.0)
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == f"and the same or the like of {5000 - MOST_TOLD:,} workers more"
    ledger.workers = dict(list(ledger.workers.items())[:MOST_TOLD])
    assert len(ledger.problems(100.0)) == MOST_TOLD


def test_a_shape_of_ours_leaves_no_list_of_aims():
    """Its schedule says what was asked for; of others each change is kept."""
    runner = SimpleNamespace(target_user_count=0, spawn_rate=1.0)
    for shape, most in ((PlannedShape(lambda: Smoke().schedule()), 1), (None, 100)):
        asked = Asked(SimpleNamespace(runner=runner, shape_class=shape, parsed_options=None))
        for second in range(100):
            runner.target_user_count = second
            asked.note(float(second))
        assert len(asked.aims) == most


def test_counts_of_locust_are_those_of_the_last_minute(monkeypatch):
    """Nothing that it shows changes: its current rates are those of the last seconds."""
    now = [1_000_000.0]
    monkeypatch.setattr("locust.stats.time.time", lambda: now[0])
    stats = RequestStats()
    for second in range(600):
        now[0] += 1
        for name in ("/feed", "/posts"):
            stats.log_request("GET", name, 5, 100)
            stats.log_error("GET", name, "no")
        if second % 100 == 99:
            before = [(entry.current_rps, entry.current_fail_per_sec, entry.total_rps) for entry in _all(stats)]
            trim(_all(stats))
            assert [(e.current_rps, e.current_fail_per_sec, e.total_rps) for e in _all(stats)] == before
            assert all(rate > 0 for rate, *_ in before)
    for entry in _all(stats):
        assert len(entry.num_reqs_per_sec) <= KEPT + 1
        assert len(entry.num_fail_per_sec) <= KEPT + 1
    trim(_all(RequestStats()))


def _all(stats):
    return [stats.total, *stats.entries.values()]

"""The rules that end a run because it does harm: only evidence does, and each says what it saw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.figures import Snapshot
from locust_ext.load.schedule import Phase
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.safety.abort import Watch, usual_p99
from locust_ext.safety.options import AbortOptions


def requests(good=0, bad=0, milliseconds=10.0, kind="GET"):
    """Return the rows of so many requests."""
    recorder = Recorder()
    for n in range(good + bad):
        error = OSError("broken") if n < bad else None
        recorder.on_request(kind, f"/{n % 3}", response_time=milliseconds, exception=error)
    return recorder.take()


def answers(acknowledged=0, missed=0):
    """Return the rows of so many answers that were looked at."""
    recorder = Recorder()
    for n in range(acknowledged + missed):
        recorder.add("tenant_acks", Kind.RATE, n < acknowledged)
    return recorder.take()


ERRORS = [
    ("nothing was sent", {}, [], 0, ""),
    ("all is well", {}, [(0, requests(1000))], 0, ""),
    ("as many as may fail", {}, [(0, requests(95, 5))], 0, ""),
    ("one more", {}, [(0, requests(94, 6))], 0, "6.0% of 100 requests failed within 10s (http_req_failed; limit 5.0%)"),
    ("all of too few", {}, [(0, requests(0, 49))], 0, ""),
    ("all of just enough", {}, [(0, requests(0, 50))], 0, "100.0% of 50 requests failed"),
    ("a smaller number is enough if it is asked for", {"min_requests": 1}, [(0, requests(0, 1))], 0, "100.0% of 1 "),
    ("another limit", {"error_rate": "50%"}, [(0, requests(50, 50))], 0, ""),
    ("above it", {"error_rate": "50%"}, [(0, requests(49, 51))], 0, "limit 50.0%"),
    ("none may fail", {"error_rate": 0}, [(0, requests(999, 1))], 0, "0.1% of 1,000 requests failed"),
    ("all may fail", {"error_rate": "100%"}, [(0, requests(0, 999))], 0, ""),
    ("over several seconds together", {}, [(0, requests(0, 25)), (9, requests(0, 25))], 9.9, "100.0% of 50 requests"),
    ("old ones are forgotten", {}, [(0, requests(0, 25)), (9, requests(0, 25))], 10, ""),
    ("also without anything new", {}, [(0, requests(0, 99))], 10, ""),
    ("old good ones hide nothing", {}, [(0, requests(9999)), (11, requests(0, 50))], 11, "100.0% of 50 requests"),
    ("a longer window", {"error_window": "1m"}, [(0, requests(0, 50))], 59, "failed within 1m"),
    ("other types of requests", {}, [(0, requests(0, 60, kind="WS"))], 0, "failed within 10s (req_failed; limit 5.0%)"),
    ("the two families are not mixed", {}, [(0, requests(9999)), (0, requests(0, 60, kind="WS"))], 0, "(req_failed;"),
    ("too few of both", {}, [(0, requests(0, 49)), (0, requests(0, 49, kind="WS"))], 0, ""),
]


@pytest.mark.parametrize("options, taken, at, why", [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_errors(options, taken, at, why):
    """A run ends when more requests fail than may, of enough of them, within the window."""
    watch = Watch(AbortOptions.model_validate(options))
    for when, rows in taken:
        watch.take(rows, when)
    harm = watch.harm(at)
    assert why in harm
    assert bool(why) == bool(harm)
    assert not harm or harm.startswith("abort rule: ")


@given(
    st.lists(st.tuples(st.floats(0, 4), st.integers(0, 6), st.integers(0, 6)), max_size=12),
    st.integers(1, 20),
    st.sampled_from([0.0, 0.05, 0.25, 0.5, 1.0]),
)
def test_errors_are_a_share_of_what_is_in_the_window(story, least, limit):
    """At every moment: harm exactly if, counted by hand, enough of the last ten seconds failed."""
    watch = Watch(AbortOptions(min_requests=least, error_rate=limit))
    now, seen = 0.0, []
    for gap, good, bad in story:
        now += gap
        watch.take(requests(good, bad), now)
        seen.append((now, good, bad))
        recent = [row for row in seen if row[0] > now - 10]
        total, failed = sum(good + bad for _, good, bad in recent), sum(bad for _, _, bad in recent)
        assert bool(watch.harm(now)) == (total >= least and failed > limit * total)


FAST, SLOW, HARMLESS = requests(20, milliseconds=100), requests(20, milliseconds=300), requests(20, milliseconds=200)


def slow_for(watch, first, last):
    """Let every second from ``first`` to ``last`` be slow, and return the first harm with its moment."""
    for at in range(first, last + 1):
        watch.take(SLOW, at)
        if harm := watch.harm(at):
            return at, harm
    return None


def test_slowness():
    """Above twice the usual p99 for half a minute, without a break, ends a run; a second less does not."""
    at, harm = slow_for(Watch(AbortOptions(), usual=100.0), 5, 99)
    assert at == 35
    assert harm == ("abort rule: p99 has been above 200 ms, 2 times the baseline's 100 ms, for 30s; now it is 300 ms")


def test_slowness_that_lasts_is_told_as_long_as_it_lasts():
    """Also when nobody asked in between: it says for how long it has been."""
    watch = Watch(AbortOptions(p99_for=10), usual=100.0)
    assert slow_for(watch, 0, 9) is None
    watch.take(SLOW, 12.9)
    assert ", for 12s;" in watch.harm(12.9)


LIMITS = [
    ("no baseline", None, {}, SLOW, False),
    ("a slower baseline", 200.0, {}, SLOW, False),
    ("exactly twice as slow", 100.0, {}, HARMLESS, False),
    ("another ratio", 100.0, {"p99_ratio": 4}, SLOW, False),
    ("above another ratio", 100.0, {"p99_ratio": 2.5}, SLOW, True),
    ("too few of them", 100.0, {}, requests(1, milliseconds=300), False),
    ("other types of requests have no baseline", 100.0, {}, requests(50, milliseconds=300, kind="WS"), False),
]


@pytest.mark.parametrize("usual, options, rows, harmful", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_when_it_is_slow(usual, options, rows, harmful):
    """It is slow when the p99 of enough HTTP requests is above so many times the usual one; without one never."""
    watch = Watch(AbortOptions.model_validate(options), usual)
    found = []
    for at in range(0, 100, 2):
        watch.take(rows, at)
        found.append(watch.harm(at))
    assert any(found) == harmful


def test_one_that_is_fast_again_begins_anew():
    """A break sets the clock back, however short it is."""
    watch = Watch(AbortOptions(), usual=100.0)
    assert slow_for(watch, 0, 29) is None
    watch.take(FAST, 40)
    assert watch.harm(40) == ""
    assert slow_for(watch, 51, 99)[0] == 81


def test_a_few_slow_ones_among_many_are_no_slowness():
    """The p99 is of all requests: less than one in a hundred does not move it."""
    watch = Watch(AbortOptions(p99_for=1), usual=100.0)
    for at in range(10):
        watch.take(requests(991, milliseconds=100), at)
        watch.take(requests(9, milliseconds=9000), at)
        assert watch.harm(at) == ""


def test_too_few_samples_neither_count_nor_set_back():
    """While hardly anything is sent nobody knows: it is neither harm nor the end of it."""
    watch = Watch(AbortOptions(), usual=100.0)
    assert slow_for(watch, 0, 5) is None
    assert [watch.harm(at) for at in (16, 20, 31, 40)] == ["", "", "", ""], "nothing was sent: no harm"
    watch.take(requests(19, milliseconds=1), 41)
    assert watch.harm(41) == "", "too few to be fast again"
    watch.take(SLOW, 55)
    assert ", for 55s;" in watch.harm(55)


ACKS = [
    ("all acknowledge", {}, [(0, answers(99))], 0, ""),
    ("one does not", {}, [(0, answers(0, 1))], 0, ""),
    ("two do not", {}, [(0, answers(0, 2))], 0, ""),
    ("three do not", {}, [(0, answers(0, 3))], 0, "abort rule: 3 of 3 answers"),
    ("three of many", {}, [(0, answers(97, 3))], 0, "abort rule: 3 of 100 answers"),
    ("one after the other", {}, [(n, answers(5, 1)) for n in range(3)], 3, "abort rule: 3 of 18 answers"),
    ("over a longer time", {}, [(5 * n, answers(5, 1)) for n in range(9)], 40, ""),
    ("old ones are forgotten", {}, [(0, answers(0, 3))], 10, ""),
    ("nobody wants it", {"ack": False}, [(0, answers(0, 99))], 0, ""),
    ("the window of errors is another", {"error_window": "1m"}, [(0, answers(0, 3))], 30, ""),
]


@pytest.mark.parametrize("options, taken, at, why", [row[1:] for row in ACKS], ids=[row[0] for row in ACKS])
def test_acknowledgements(options, taken, at, why):
    """One answer without it may come from a cache, two as well; three within ten seconds end a run."""
    watch = Watch(AbortOptions.model_validate(options))
    for when, rows in taken:
        watch.take(rows, when)
    assert why in watch.harm(at)
    assert bool(why) == bool(watch.harm(at))


def test_what_comes_first_is_told():
    """With several kinds of harm there is one reason, and asking again gives the same."""
    watch = Watch(AbortOptions())
    watch.take(answers(0, 9), 0)
    watch.take(requests(0, 50), 0)
    assert "requests failed" in watch.harm(0)
    assert watch.harm(0) == watch.harm(0)


def snapshot(*durations, metric="http_req_duration", phase="steady"):
    """Return a run with these durations."""
    store = Store()
    for n, value in enumerate(durations):
        store.leaf(metric, tags_of({"name": f"/{n % 2}", "phase": phase}), Kind.TREND).record(value)
    return Snapshot("id", "2026-01-01T00:00:00+00:00", {}, 60.0, (Phase(phase, 0, 60),), store)


USUAL = [
    ("no runs", [], None),
    ("one", [snapshot(100.0)], 100.0),
    ("the slowest of few is the p99", [snapshot(*[10.0] * 50, 90.0)], 90.0),
    ("one in a thousand is not", [snapshot(*[10.0] * 999, 90.0)], 10.0),
    ("the middle of three", [snapshot(300.0), snapshot(100.0), snapshot(200.0)], 200.0),
    ("an outlier changes little", [snapshot(100.0), snapshot(9000.0), snapshot(100.0)], 100.0),
    ("between two", [snapshot(100.0), snapshot(200.0)], 150.0),
    ("a run without HTTP does not count", [snapshot(), snapshot(100.0)], 100.0),
    ("nor do other types", [snapshot(900.0, metric="req_duration"), snapshot(100.0)], 100.0),
    ("no run with HTTP", [snapshot(), snapshot(900.0, metric="req_duration")], None),
    ("all phases count", [snapshot(100.0, phase="warmup")], 100.0),
]


@pytest.mark.parametrize("runs, usual", [row[1:] for row in USUAL], ids=[row[0] for row in USUAL])
def test_the_usual_p99(runs, usual):
    """It is the median over runs of the p99 of their HTTP requests, to a thousandth; None without any."""
    found = usual_p99(runs)
    assert (found is None) == (usual is None)
    if usual is not None:
        assert found == pytest.approx(usual, rel=0.001)


def still(*seconds, metric="http_req_duration"):
    """Return rows of requests that have been open for so long."""
    ages = Histogram()
    ages.record_all(1000 * one for one in seconds)
    return [["", [], "open", [[metric, [["name", "/a"]], ages.to_row()]] if seconds else []]]


SILENCES = [
    ("requests are on their way", [(0, requests(99)), (3, still(*[3] * 20))], 3, ""),
    ("nothing is sent and nothing is open", [(0, requests(99)), (3, still())], 60, ""),
    ("nothing came back, but nothing is overdue", [(0, requests(99)), (11, still(*[9] * 20))], 11, ""),
    (
        "the target stopped answering",
        [(0, requests(99)), (12, still(*[11] * 4))],
        12,
        "abort rule: nothing came back within 10s, and 4 requests sent before that are still open (http_req_failed;",
    ),
    ("one user waits", [(12, still(11))], 12, "1 request sent before that is still open"),
    ("overdue ones count as failed", [(12, requests(94) + still(*[11] * 6))], 12, "6.0% of 100 requests failed"),
    ("fewer of them may", [(12, requests(95) + still(*[11] * 5))], 12, ""),
    ("with failed ones together", [(12, requests(91, 3) + still(*[11] * 6))], 12, "9.0% of 100 requests failed"),
    ("they have come back", [(12, still(*[11] * 9)), (13, requests(9) + still())], 13, ""),
    ("another family is silent", [(12, requests(99) + still(11, metric="req_duration"))], 12, "(req_failed; limit"),
    ("a silence that is not a request", [(12, still(99, metric="stale_time"))], 12, ""),
]


@pytest.mark.parametrize("taken, at, why", [row[1:] for row in SILENCES], ids=[row[0] for row in SILENCES])
def test_a_target_that_does_not_answer(taken, at, why):
    """What has been open for longer than the window has failed; where nothing else came back, that is enough."""
    watch = Watch(AbortOptions())
    for when, rows in taken:
        watch.take(rows, when)
    assert why in watch.harm(at)
    assert bool(why) == bool(watch.harm(at))


def test_slowness_of_what_is_open():
    """A target that slows down to a halt is slow, before anything of it has come back."""
    watch = Watch(AbortOptions(p99_for=3), usual=100.0)
    watch.take(requests(50, milliseconds=100), 0)
    found = [(watch.take(still(*[at] * 20), at), watch.harm(at))[1] for at in range(1, 6)]
    assert [bool(one) for one in found] == [False, False, False, True, True]
    assert "p99 has been above 200 ms" in found[-1]


def test_open_ones_of_two_processes():
    """Each process tells of its own."""
    watch = Watch(AbortOptions())
    for process in ("a", "b"):
        watch.take(still(*[11] * 2), 12, process)
    assert "and 4 requests sent before that" in watch.harm(12)
    watch.take(still(), 13, "a")
    assert "and 2 requests sent before that" in watch.harm(13)

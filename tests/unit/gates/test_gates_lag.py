"""A lag proves nothing: neither a pass, nor a failure that it explains."""

import pytest

from locust_ext.gates.cliff import judge_level
from locust_ext.gates.judge import Judge
from locust_ext.gates.lag import LAG, LENGTHENED, Lags, pauses_in, without_lag
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind

FAILED, INCONCLUSIVE, PASSED = Status.FAILED, Status.INCONCLUSIVE, Status.PASSED


def threshold(text, selector="http_req_duration", **options):
    """Return a threshold on a built-in metric, or on a trend of a locustfile."""
    chosen = parse_selector(selector)
    kind = BUILT_IN[chosen.metric].kind if chosen.metric in BUILT_IN else Kind.TREND
    return Threshold(chosen, parse_assertion(text), kind, **options)


def lag(*values):
    """Return a lag with these values."""
    made = Histogram()
    made.record_all(list(values))
    return made


ROWS = [
    ("explained", threshold("p(95)<400"), 450.0, 60.0, INCONCLUSIVE),
    ("not explained", threshold("p(95)<400"), 450.0, 40.0, FAILED),
    ("a strict bound is not met by being equal", threshold("max<400"), 450.0, 50.0, FAILED),
    ("a loose one is", threshold("max<=400"), 450.0, 50.0, INCONCLUSIVE),
    ("an average", threshold("avg<400"), 450.0, 60.0, INCONCLUSIVE),
    ("too short is not the lag's fault", threshold("p(95)>400"), 300.0, 200.0, FAILED),
    ("exactly so long", threshold("med==400"), 450.0, 60.0, INCONCLUSIVE),
    ("exactly so long, but far off", threshold("med==400"), 450.0, 20.0, FAILED),
    ("anything but so long", threshold("med!=400"), 400.0, 20.0, INCONCLUSIVE),
    ("samples are not a duration", threshold("count<400"), 450.0, 100.0, FAILED),
    ("no lag was measured", threshold("p(95)<400"), 450.0, None, FAILED),
    ("no lag at all", threshold("p(95)<400"), 450.0, 0.0, FAILED),
    ("who cannot keep up is late twice", threshold("p(95)<400"), 900.0, 300.0, INCONCLUSIVE),
    ("and a slow target is slow all the same", threshold("p(95)<400"), 1500.0, 300.0, FAILED),
    ("who is late twice is not late three times", threshold("p(95)<400"), 1150.0, 300.0, FAILED),
    ("failures take no time", threshold("rate<0.01", "http_req_failed"), 0.5, 500.0, FAILED),
    ("the lag itself", threshold("p(95)<5", LAG), 50.0, 60.0, FAILED),
    ("lateness is the generator's own", threshold("p(95)<5", "arrival_lateness"), 50.0, 60.0, FAILED),
    ("a trend of one's own may not be a time", threshold("p(95)<10", "queue_length"), 12.0, 5.0, FAILED),
    ("other requests", threshold("p(95)<400", "req_duration{type:WS}"), 450.0, 60.0, INCONCLUSIVE),
    ("coming back", threshold("max<6000", "reconnect_time{phase:storm}"), 6050.0, 60.0, INCONCLUSIVE),
    ("from when it was due", threshold("p(95)<400", corrected=True), 450.0, 60.0, INCONCLUSIVE),
]


@pytest.mark.parametrize("rule, value, late, status", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_without_lag(rule, value, late, status):
    """A failure stands where the value less the lag fails too, and says how late the generator was where it does not."""
    judged = without_lag(Outcome(rule, FAILED, value, 100), lag(*([] if late is None else [late])))
    assert judged.status is status
    assert judged.value == value
    assert ("less that, it would hold" in judged.reason) == (status is INCONCLUSIVE)


@pytest.mark.parametrize("status", [PASSED, INCONCLUSIVE])
def test_only_failures_are_excused(status):
    """A lag makes nothing pass."""
    outcome = Outcome(threshold("p(95)<400"), status, 450.0, 100, "why")
    assert without_lag(outcome, lag(500.0)) is outcome


def test_what_is_lengthened_is_a_time():
    """Every metric that is excused is a trend in milliseconds."""
    assert all(BUILT_IN[name].unit == "ms" for name in LENGTHENED if name in BUILT_IN)


def rows(durations, lags=(), phase="", pauses=0):
    """Return rows of requests and of the lag beside them."""
    store, tags = Store(), tags_of({"phase": phase})
    store.leaf("http_req_duration", tags, Kind.TREND).record_all(list(durations))
    store.leaf(LAG, tags, Kind.TREND).record_all(list(lags))
    for _ in range(pauses):
        store.leaf("generator_pauses", tags, Kind.COUNTER).add(1)
    return store.take()


SLOW, FAST, LATE = [450.0] * 20, [10.0] * 20, [80.0] * 50


def test_the_lag_of_another_phase_excuses_nothing():
    """The recovery is judged beside the lag of the recovery alone; the whole run beside all of it."""
    judge = Judge([threshold("p(95)<400", "http_req_duration{phase:recovery}"), threshold("p(95)<400")])
    judge.merge(rows(SLOW, [1.0] * 50, "recovery"), 1)
    judge.merge(rows([], LATE, "peak"), 2)
    assert [one.status for one in judge.outcomes(10, {"recovery": 5})] == [FAILED, INCONCLUSIVE]


WINDOWS = [
    ("a lag in the window explains it", [(SLOW, LATE)], INCONCLUSIVE),
    ("a lag before the window does not", [(FAST, LATE), (FAST, ()), (SLOW, [1.0] * 50)], FAILED),
    ("what was explained once is not a pass later", [(SLOW, LATE), (FAST, ()), (FAST, ())], INCONCLUSIVE),
    ("but a failure without a lag is one", [(SLOW, LATE), (FAST, ()), (SLOW, [1.0] * 50)], FAILED),
    ("nor was it a pass before", [(FAST, ()), (SLOW, LATE), (FAST, ())], INCONCLUSIVE),
    ("all is well", [(FAST, LATE), (FAST, ())], PASSED),
]


@pytest.mark.parametrize("course, status", [row[1:] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_windows(course, status):
    """A window is judged beside the lag of that window."""
    judge = Judge([threshold("p(95)<400", window=5.0)])
    for number, (durations, lags) in enumerate(course, start=1):
        judge.merge(rows(durations, lags), 6.0 * number)
        (outcome,) = judge.outcomes(6.0 * number, {})
    assert outcome.status is status


SHORT_WINDOW, LONG_WINDOW = (threshold("p(95)<400", window=seconds) for seconds in (3.0, 30.0))

KEPT = [
    ("just now", 3.0, SHORT_WINDOW, INCONCLUSIVE),
    ("just over", 4.0, SHORT_WINDOW, FAILED),
    ("over for the shorter one alone", 4.0, LONG_WINDOW, INCONCLUSIVE),
    ("almost over", 30.9, LONG_WINDOW, INCONCLUSIVE),
    ("at the instant at which it is over", 31.0, LONG_WINDOW, FAILED),
]


@pytest.mark.parametrize("at, rule, status", [pytest.param(*row[1:], id=row[0]) for row in KEPT])
def test_a_lag_is_kept_for_the_longest_window(at, rule, status):
    """Each threshold is judged beside the lag of its own window, and no shorter one makes a longer one forget."""
    lags = Lags(Store(), [SHORT_WINDOW, LONG_WINDOW])
    lags.add(1.0, rows([], LATE))
    lags.add(at, rows([], ()))
    assert lags.excuse(Outcome(rule, FAILED, 450.0, 100), at).status is status


def test_without_windows_no_lag_is_kept():
    """What is judged over a whole phase has its lag in the store."""
    lags = Lags(Store(), [threshold("p(95)<400")])
    lags.add(1.0, rows([], LATE))
    assert not lags._slices


def test_a_level_of_a_stress_run_is_not_broken_by_a_lag():
    """The cliff is the target's, not the generator's."""
    judge = Judge([])
    judge.merge(rows(SLOW, LATE, "level-10"), 1)
    judge.merge(rows(SLOW, [1.0] * 50, "level-20"), 2)
    levels = [judge_level([threshold("p(95)<400")], judge.store, phase, 60)[0] for phase in ("level-10", "level-20")]
    assert [one.status for one in levels] == [INCONCLUSIVE, FAILED]


SHORT = [
    ("one pause in a short run", 500.0, 1, 4.9, False),
    ("two pauses in a short run", 500.0, 2, 4.9, True),
    ("one pause in a run of 5 s", 500.0, 1, 5.0, True),
    ("no lag to speak of", 100.0, 9, 60.0, False),
]


@pytest.mark.parametrize("late, pauses, seconds, doubted", [row[1:] for row in SHORT], ids=[row[0] for row in SHORT])
def test_one_pause_alone(late, pauses, seconds, doubted):
    """One pause is all of the lag of a short run at p99, however good the rest was."""
    assert bool(doubts(RunHealth(lag=late, lag_samples=pauses, duration=seconds))) == doubted


def test_pauses():
    """Pauses are counted, of all phases."""
    assert pauses_in([*rows(FAST, LATE, "peak", pauses=2), *rows(FAST, LATE, pauses=1)]) == 3


def test_the_lag_at_p99_counts_and_not_the_latest_of_all():
    """One wake-up in a thousand that was late excuses nothing, and one that was late in a hundred does."""
    failed = Outcome(threshold("p(95)<400"), FAILED, 450.0, 100)
    assert without_lag(failed, lag(*[1.0] * 999, 90.0)) is failed
    found = without_lag(failed, lag(*[1.0] * 98, 90.0, 90.0))
    assert (found.status, found.reason) == (
        INCONCLUSIVE,
        "the load generator itself was 90 ms late at p99: less that, it would hold",
    )


def test_who_keeps_up_is_late_once():
    """At the limit still; beyond it a request waits twice."""
    failed = Outcome(threshold("p(95)<400"), FAILED, 550.0, 100)
    assert without_lag(failed, lag(100.0)) is failed
    assert without_lag(failed, lag(101.0)).status is INCONCLUSIVE

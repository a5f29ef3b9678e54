"""The judge of one run: windows latch, phases have their own time, and hints say what was there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.judge import Judge
from locust_ext.gates.outcomes import Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind


def threshold(selector, text, **options):
    """Return a threshold on a built-in metric."""
    chosen = parse_selector(selector)
    return Threshold(chosen, parse_assertion(text), BUILT_IN[chosen.metric].kind, **options)


def times(*values, **tags):
    """Return rows with these durations."""
    store = Store()
    for value in values:
        store.leaf("http_req_duration", tags_of(tags), Kind.TREND).record(value)
    return store.take()


def steps(count, **tags):
    """Return rows with so many requests."""
    store = Store()
    for _ in range(count):
        store.leaf("http_reqs", tags_of(tags), Kind.COUNTER).add(1)
    return store.take()


def statuses(judge, at, seconds_in=None):
    """Return how the thresholds stand."""
    return [outcome.status for outcome in judge.outcomes(at, seconds_in or {})]


GOOD, BAD, FEW = [10.0] * 20, [900.0] * 20, [10.0]
P95, W95 = threshold("http_req_duration", "p(95)<400"), threshold("http_req_duration", "p(95)<400", window=10.0)

WINDOWS = [
    ("good all the time", [(5, GOOD), (12, GOOD)], 15, Status.PASSED),
    ("the latest full window is bad", [(5, GOOD), (12, BAD)], 15, Status.FAILED),
    ("longer than the run", [(2, GOOD)], 9.9, Status.INCONCLUSIVE),
    ("bad, but longer than the run", [(2, BAD)], 9.9, Status.INCONCLUSIVE),
    ("as long as the run", [(2, GOOD)], 10, Status.PASSED),
    ("too few samples in it", [(5, FEW)], 12, Status.INCONCLUSIVE),
    ("what is older has left the window", [(5, BAD), (16, GOOD)], 17, Status.PASSED),
    ("nothing was ever there", [], 60, Status.INCONCLUSIVE),
]


@pytest.mark.parametrize("arrivals, at, status", [row[1:] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_window(arrivals, at, status):
    """A window judges the samples of its last seconds, and nothing before the run was that long."""
    judge = Judge([W95])
    for arrived, values in arrivals:
        judge.merge(times(*values), arrived)
    assert [status] == statuses(judge, at)


def test_a_failed_window_has_failed():
    """A failure latches: good windows after it change nothing."""
    judge = Judge([W95])
    judge.merge(times(*BAD), 10)
    assert statuses(judge, 11) == [Status.FAILED]
    judge.merge(times(*GOOD), 30)
    assert statuses(judge, 31) == [Status.FAILED]
    assert judge.outcomes(31, {})[0].value == 900


def test_a_quiet_window_keeps_the_last_one_that_had_samples():
    """In a lull a window stands as it stood when it last had enough samples."""
    judge = Judge([W95])
    judge.merge(times(*GOOD), 10)
    assert statuses(judge, 11) == [Status.PASSED]
    assert statuses(judge, 60) == [Status.PASSED]


def test_a_window_that_goes_blind_passes_no_more():
    """Once series were lumped together, a window on a name proves nothing, whatever it showed before."""
    judge = Judge([threshold("http_req_duration{name:a}", "p(95)<400", window=10.0)])
    judge.merge(times(*GOOD, name="a"), 10)
    assert statuses(judge, 11) == [Status.PASSED]
    judge.merge([["http_req_duration", [], "lumped", [3]]], 12)
    assert statuses(judge, 13) == [Status.INCONCLUSIVE]


def test_blind_without_a_window():
    """The same holds for a threshold over the whole run, and a failure stays one."""
    judge = Judge([threshold("http_req_duration{name:a}", text) for text in ("p(95)<400", "p(95)<5")])
    judge.merge(times(*GOOD, name="a"), 10)
    judge.merge([["http_req_duration", [], "lumped", [3]]], 12)
    assert statuses(judge, 13) == [Status.INCONCLUSIVE, Status.FAILED]


def test_a_phase_is_judged_alone():
    """A selection of a phase sees only that phase's samples."""
    judge = Judge([threshold("http_req_duration{phase:recovery}", "p(95)<400"), P95])
    judge.merge(times(*BAD, phase="surge") + times(*GOOD, phase="recovery"), 5)
    assert statuses(judge, 6) == [Status.PASSED, Status.FAILED]


RATES = [
    ("the whole run", "http_reqs", 100, {"surge": 10}, 1.0),
    ("a phase, over its own time", "http_reqs{phase:surge}", 100, {"surge": 10}, 10.0),
    ("a phase that has not begun has no rate", "http_reqs{phase:surge}", 100, {}, None),
    ("at the very start there is no rate", "http_reqs", 0, {}, None),
]


@pytest.mark.parametrize("selector, at, seconds_in, value", [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_rates_of_counters(selector, at, seconds_in, value):
    """A counter's rate is its sum over the time of its phase, or of the run."""
    judge = Judge([threshold(selector, "rate>0")])
    judge.merge(steps(100, phase="surge"), 5)
    assert value == judge.outcomes(at, seconds_in)[0].value


CHUNKS = st.lists(st.lists(st.integers(0, 1000).map(float), max_size=20), max_size=6)


@given(CHUNKS)
def test_arrival_in_pieces_does_not_matter(chunks):
    """Over the whole run, the outcome is that of all samples at once, however the reports were cut."""
    pieces, whole = Judge([P95]), Judge([P95])
    for number, values in enumerate(chunks):
        pieces.merge(times(*values), number)
    whole.merge(times(*(value for values in chunks for value in values)), 0)
    assert whole.outcomes(10, {}) == pieces.outcomes(10, {})


@given(CHUNKS)
def test_reading_changes_nothing(chunks):
    """Reading the outcomes twice at one time gives the same twice, windows included."""
    judge = Judge([P95, W95])
    for number, values in enumerate(chunks):
        judge.merge(times(*values), number * 3)
        assert judge.outcomes(number * 3 + 10, {}) == judge.outcomes(number * 3 + 10, {})


HINTS = [
    ("the metric was never measured", "http_reqs", ": nothing was measured for http_reqs"),
    ("the tag is not carried", "http_req_duration{team:x}", ": no http_req_duration carries the tag 'team'"),
    ("the value is a slip", "http_req_duration{name:fed}", ": there is no name:fed; did you mean 'feed'?"),
    (
        "the name was measured with a query",
        "http_req_duration{name:fe}",
        ": there is no name:fe; measured was 'fe?page=1': give these requests name='fe' in the locustfile,",
    ),
    ("each tag is there, but never together", "http_req_duration{name:feed,phase:b}", ": no series carries all of"),
    ("a run-wide tag with another value", "http_req_duration{run_type:main}", ": there is no run_type:main"),
]


@pytest.mark.parametrize("selector, hint", [row[1:] for row in HINTS], ids=[row[0] for row in HINTS])
def test_hints(selector, hint):
    """A threshold without samples says what was there instead."""
    text = "count>1" if selector.startswith("http_reqs") else "p(95)<400"
    judge = Judge([threshold(selector, text)], {"run_type": "pr"})
    judge.merge(times(*GOOD, name="feed", phase="a") + times(*GOOD, name="post", phase="b"), 1)
    judge.merge(times(*GOOD, name="fe?page=1", phase="a"), 1)
    outcome = judge.explain(judge.outcomes(2, {}))[0]
    assert outcome.status is Status.INCONCLUSIVE
    assert hint in outcome.reason


def test_no_hint_where_there_are_samples():
    """An outcome with a value stays as it is."""
    judge = Judge([P95])
    judge.merge(times(*GOOD), 1)
    assert judge.outcomes(2, {}) == judge.explain(judge.outcomes(2, {}))


def lost(*values):
    """Return rows of requests that were lost, so old."""
    ages = Histogram()
    ages.record_all(values)
    return [["http_req_duration", [], "lost", ages.to_row()]]


def still(*values):
    """Return rows of requests that are open, so old."""
    ages = Histogram()
    ages.record_all(values)
    return [["", [], "open", [["http_req_duration", [], ages.to_row()]] if values else []]]


OPEN_WINDOWS = [
    (
        "an empty window while requests are open is not a pass",
        [(12, times(*GOOD)), (24, still(*[9e3] * 5))],
        25,
        "inconclusive",
    ),
    ("and a failure, when they alone are too old", [(12, times(*GOOD)), (24, still(*[9e3] * 20))], 25, "failed"),
    (
        "open ones that come back in time leave no trace",
        [(12, still(*[5] * 9)), (20, times(*GOOD) + still())],
        21,
        "passed",
    ),
    ("nor does a frozen moment", [(12, times(*GOOD) + still(*[300] * 9)), (20, times(*GOOD) + still())], 21, "passed"),
    ("open ones that come back late fail", [(12, still(*[300] * 9)), (20, times(*BAD) + still())], 21, "failed"),
    ("few open ones among many", [(12, times(*GOOD * 5) + still(9e3))], 13, "passed"),
    ("few lost ones among many", [(12, times(*GOOD * 5) + lost(9e3))], 13, "passed"),
    (
        "lost ones that it depends on stay lost",
        [(12, times(*GOOD) + lost(5, 5)), (30, times(*GOOD))],
        31,
        "inconclusive",
    ),
    ("lost ones do not hide a failure", [(12, times(*GOOD) + lost(5, 5)), (30, times(*BAD))], 31, "failed"),
    ("lost ones that are too old fail alone", [(12, times(*GOOD) + lost(*[9e3] * 9))], 13, "failed"),
    ("a quiet end after lost ones", [(12, lost(5)), (30, times(*GOOD))], 60, "inconclusive"),
]


@pytest.mark.parametrize(
    "arrivals, at, status", [row[1:] for row in OPEN_WINDOWS], ids=[row[0] for row in OPEN_WINDOWS]
)
def test_a_window_while_requests_are_open(arrivals, at, status):
    """Open ones wait to be judged until they have ended; lost ones belong to the windows in which they were lost."""
    judge = Judge([W95])
    for arrived, rows in arrivals:
        judge.merge(rows, arrived)
        judge.outcomes(arrived, {})
    assert [Status(status)] == statuses(judge, at)


def test_open_requests_of_a_process_that_says_no_more_stay_open():
    """A worker that was killed takes nothing back."""
    judge = Judge([threshold("http_req_duration", "max<400")])
    judge.merge(times(*GOOD) + still(5), 3, "one")
    judge.merge(times(*GOOD) + still(), 30, "other")
    assert statuses(judge, 31) == [Status.INCONCLUSIVE]
    assert "1 of 41 requests was still open" in judge.outcomes(31, {})[0].reason

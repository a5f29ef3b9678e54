"""What a process measured, as it travels: read whole or refused whole, whatever comes."""

import copy
import math
import time

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.config.plan import Plan
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.censored import censored_rows
from locust_ext.measure.histogram import HIGHEST, Histogram, bucket_of
from locust_ext.measure.open_requests import OpenRequests, Sample
from locust_ext.measure.report import Report
from locust_ext.measure.rows import MOST_ROWS, MOST_TAGS, read_rows
from locust_ext.measure.series import MOST_METRICS, OTHER, Selector, Store, tags_of
from locust_ext.measure.sinks import MOST_SLOTS, SINKS, Kind
from locust_ext.process.wire import UnfitError
from locust_ext.run.conclusion import Ending
from locust_ext.run.context import RunContext
from locust_ext.run.run import Run
from locust_ext.safety.options import AbortOptions

ONE = bucket_of(1000)
TREND = [2000, 1000, 1000, 0, 0, [ONE, 2]]


def row(kind, inner, metric="steps", tags=(("name", "a"),)):
    """Return one row."""
    return [metric, [list(pair) for pair in tags], kind, inner]


FITS = [
    ("a trend", row("trend", TREND)),
    ("an empty trend", row("trend", Histogram().to_row())),
    ("a trend with values beyond the range", row("trend", [HIGHEST, HIGHEST, HIGHEST, 1, 7, [bucket_of(HIGHEST), 1]])),
    ("a rate", row("rate", [1, 2])),
    ("a counter", row("counter", [-2.5, 3, 1])),
    ("a counter of nothing", row("counter", [0, 0, 1])),
    ("a gauge", row("gauge", [1.0, 2.0, 1.0, 3.0])),
    ("an empty gauge", row("gauge", SINKS[Kind.GAUGE]().to_row())),
    ("a timeline", row("timeline", [[0, 1], [7, 2]])),
    ("leaves too many", row("lumped", [3], tags=())),
    ("what was lost", row("lost", TREND, "http_req_duration")),
    ("what is open", row("open", [["http_req_duration", [["name", "a"]], TREND]], "", ())),
    ("a text at its longest", row("rate", [0, 1], "m" * 200, [("k" * 200, "v" * 200)])),
]


@pytest.mark.parametrize("one", [r[1] for r in FITS], ids=[r[0] for r in FITS])
def test_what_fits(one):
    """It is read, from the lists that msgpack makes as from tuples."""
    read_rows([one])
    read_rows(tuple(map(tuple, [one])))


MISFITS = [
    ("rows that are none", None),
    ("rows that are a text", "rows"),
    ("rows that have keys", {"rows": []}),
    ("too many rows", [row("rate", [0, 1])] * (MOST_ROWS + 1)),
    ("a row that is none", [None]),
    ("a row that is too short", [["steps", [], "rate"]]),
    ("a kind that nobody knows", [row("spectrum", [1])]),
    ("a kind that is a list", [row(["rate"], [1, 2])]),
    ("a metric without a name", [row("rate", [0, 1], "")]),
    ("a metric that is a number", [row("rate", [0, 1], 5)]),
    ("a metric that is too long", [row("rate", [0, 1], "m" * 201)]),
    ("a metric with a bell", [row("rate", [0, 1], "m\a")]),
    ("one metric of two kinds", [row("rate", [0, 1]), row("trend", TREND)]),
    ("a built-in metric of another kind", [row("rate", [0, 1], "http_req_duration")]),
    ("a built-in counter that shrinks", [row("counter", [-1, 1, 1], "http_reqs")]),
    ("tags that have keys", [["steps", {"name": "a"}, "rate", [0, 1]]]),
    ("tags that are none", [["steps", None, "rate", [0, 1]]]),
    ("a tag that is a number", [row("rate", [0, 1], tags=[("name", 5)])]),
    ("a tag that is a list", [row("rate", [0, 1], tags=[("name", ["a"])])]),
    ("a tag of three", [row("rate", [0, 1], tags=[("name", "a", "b")])]),
    ("a tag that is too long", [row("rate", [0, 1], tags=[("name", "a" * 201)])]),
    ("a tag with an escape", [row("rate", [0, 1], tags=[("name", "\x1b[31m")])]),
    ("a tag twice", [row("rate", [0, 1], tags=[("name", "a"), ("name", "b")])]),
    ("tags that are not sorted", [row("rate", [0, 1], tags=[("name", "a"), ("method", "b")])]),
    ("too many tags", [row("rate", [0, 1], tags=[(f"{n:03}", "a") for n in range(MOST_TAGS + 1)])]),
    *(
        (f"a trend with {what}", [row("trend", inner)])
        for what, inner in [
            ("a bucket that is a text", [2000, 1000, 1000, 0, 0, ["a", 2]]),
            ("a bucket that is a list", [2000, 1000, 1000, 0, 0, [[ONE], 2]]),
            ("a bucket beyond all buckets", [2000, 1000, 1000, 0, 0, [2**40, 2]]),
            ("a bucket beyond all buckets, and values to it", [2**80, 2**40, 2**40, 0, 0, [2**40, 1]]),
            ("a bucket that is negative", [2000, 1000, 1000, 0, 0, [-1, 2]]),
            ("a bucket twice", [2000, 1000, 1000, 0, 0, [ONE, 1, ONE, 1]]),
            ("a bucket that is a fraction", [2000, 1000, 1000, 0, 0, [float(ONE), 2]]),
            ("a bucket that is yes", [1, 1, 1, 0, 0, [True, 1]]),
            ("half a pair", [2000, 1000, 1000, 0, 0, [ONE]]),
            ("a count that is negative", [2000, 1000, 1000, 0, 0, [ONE, -2]]),
            ("a count of nothing", [0, 1000, 1000, 0, 0, [ONE, 0]]),
            ("a count that is none", [2000, 1000, 1000, 0, 0, [ONE, math.nan]]),
            ("a count beyond all counting", [1000 * 2**62, 1000, 1000, 0, 0, [ONE, 2**62]]),
            ("a sum that is none", [math.nan, 1000, 1000, 0, 0, [ONE, 2]]),
            ("a sum that is too low", [1999, 1000, 1000, 0, 0, [ONE, 2]]),
            ("a sum that is too high", [2001, 1000, 1000, 0, 0, [ONE, 2]]),
            ("a lowest value of another bucket", [2000, 10, 1000, 0, 0, [ONE, 2]]),
            ("a highest value of another bucket", [2000, 1000, 10**9, 0, 0, [ONE, 2]]),
            ("extremes and no values", [0, 1000, 1000, 0, 0, []]),
            ("a negative count of odd values", [2000, 1000, 1000, 0, -1, [ONE, 2]]),
            ("more values beyond the range than values", [2000, 1000, 1000, 3, 0, [ONE, 2]]),
            ("no buckets", [2000, 1000, 1000, 0, 0, 7]),
            ("buckets that have keys", [2000, 1000, 1000, 0, 0, {"1000": 2}]),
            ("a part too many", [*TREND, 1]),
            ("nothing", None),
        ]
    ),
    *(
        (f"a rate of {inner}", [row("rate", inner)])
        for inner in ([2, 1], [-1, 1], [0.0, 1], [True, 1], [0, 2**62], [0], None, "01", {"0": 0, "1": 1})
    ),
    *(
        (f"a counter of {inner}", [row("counter", inner)])
        for inner in ([math.nan, 1, 1], [math.inf, 1, 1], [1, -1, 1], [1, 1, 2], ["1", 1, 1], [5, 0, 1], [1, 1.0, 1])
    ),
    *(
        (f"a gauge of {inner}", [row("gauge", inner)])
        for inner in ([math.nan, 1, 1, 1], [1e300, 1, 1, 1], [1, math.inf, 1, 1], [1, 5, 1, 2], [1, 0, 1, 2], [1, 1, 1])
    ),
    *(
        (f"a timeline of {what}", [row("timeline", inner)])
        for what, inner in [
            ("a slot far away", [[MOST_SLOTS, 1]]),
            ("a negative count", [[1, -1]]),
            ("a slot twice", [[1, 1], [1, 1]]),
            ("a slot that is a list", [[[1], 1]]),
            ("a slot that is a fraction", [[1.5, 1]]),
            ("too many slots", [[n, 1] for n in range(MOST_SLOTS + 1)]),
            ("half a pair", [[1]]),
            ("a number", [5]),
        ]
    ),
    *((f"lumped of {inner}", [row("lumped", inner, tags=())]) for inner in ([-1], [1.5], ["1"], [], None)),
    ("what was lost without a name", [row("lost", TREND, "")]),
    ("what was lost that is none", [row("lost", [1, 2], "http_req_duration")]),
    ("what is open that is a number", [row("open", 5, "", ())]),
    ("what is open that is none", [row("open", [["http_req_duration", []]], "", ())]),
    ("what is open, told twice", [row("open", [], "", ()), row("open", [], "", ())]),
    ("one of what is open, told twice", [row("open", [["m", [], TREND], ["m", [], TREND]], "", ())]),
]


@pytest.mark.parametrize("rows", [r[1] for r in MISFITS], ids=[r[0] for r in MISFITS])
def test_what_does_not_fit(rows):
    """All of it is refused, and quickly, however far a bucket is away."""
    began = time.process_time()
    with pytest.raises(UnfitError):
        read_rows(rows)
    assert time.process_time() - began < 1


def test_a_refusal_says_which_row():
    """It does not say what stands there: that may be a secret."""
    with pytest.raises(UnfitError, match=r"^row 1: a rate is two counts, the second of all$"):
        read_rows([row("rate", [1, 2]), row("rate", ["hunter2", 2])])


def test_what_was_read_stays_so():
    """It is read once, however many ask."""
    measured = read_rows([row("rate", [1, 2])])
    assert read_rows(measured) is measured


def test_the_number_of_metrics_is_bounded():
    """A store takes as many names as two processes may declare, and no more."""
    store = Store()
    store.merge([row("rate", [0, 1], f"m{n}") for n in range(MOST_METRICS)])
    assert "metrics" in store.refusal(read_rows([row("rate", [0, 1], "one more")]))
    assert store.refusal(read_rows([row("rate", [0, 1], "m7")])) == ""


def test_the_number_of_leaves_is_bounded():
    """Not even what passes for lumped together is kept without end."""
    store = Store(limit=10)
    for n in range(1000):
        store.merge([row("rate", [0, 1], tags=[("name", OTHER), ("phase", f"p{n}")])])
        store.merge([row("rate", [0, 1], tags=[("method", f"m{n}"), ("name", OTHER)])])
    assert len(store.series) < 250
    assert store.select(Selector("steps"), Kind.RATE).total == 2000


# --- whatever comes ---------------------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def measured():
    """Return the rows of a process that has measured something of every kind."""
    store = Store()
    for value in (1.0, 2.5, 900.0):
        store.leaf("http_req_duration", tags_of({"name": "/a", "method": "GET"}), Kind.TREND).record(value)
        store.leaf("generator_lag", (), Kind.TREND).record(value)
    store.leaf("http_req_failed", tags_of({"name": "/a"}), Kind.RATE).merge(SINKS[Kind.RATE](1, 3))
    store.leaf("http_reqs", tags_of({"name": "/a"}), Kind.COUNTER).add(3)
    store.leaf("generator_pauses", (), Kind.COUNTER).add(1)
    store.leaf("vus", (), Kind.GAUGE).set(1.0, 5.0)
    store.leaf("reconnect_herd", (), Kind.TIMELINE).add(7)
    register = OpenRequests()
    register.lose_sample(Sample("http_req_duration", {"name": "/b"}, 30.0))
    register.said_open = True
    return [*store.take(), *censored_rows(register, 0.0, 10)]


PAYLOAD = {"run": "r1", "sequence": 1, "rows": measured(), "user_code": {"count": 1, "first": "E", "left": ""}}


def places(value, path=()):
    """Return the paths to everything in a payload."""
    found = [path]
    if isinstance(value, dict):
        return found + [place for key, inner in value.items() for place in places(inner, (*path, key))]
    if isinstance(value, list):
        return found + [place for index, inner in enumerate(value) for place in places(inner, (*path, index))]
    return found


PLACES = [place for place in places(PAYLOAD) if place]


@st.composite
def corrupted(draw):
    """Return a payload in which something was replaced, left out or doubled, as it arrives."""
    payload = copy.deepcopy(PAYLOAD)
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(PLACES))
        inside = payload
        try:
            for step in way:
                inside = inside[step]
            match draw(st.sampled_from(("replace", "leave out", "double"))):
                case "replace":
                    inside[last] = draw(ANYTHING)
                case "leave out":
                    del inside[last]
                case "double":
                    inside.insert(last, inside[last])
        except (LookupError, TypeError, AttributeError):
            pass  # an earlier change took that place away
    return msgpack.unpackb(msgpack.packb(payload), strict_map_key=False)


def under_way():
    """Return a run that judges, has a window, and rules that end it."""
    thresholds = [
        Threshold(parse_selector("http_req_duration"), parse_assertion("p(95)<400"), Kind.TREND),
        Threshold(parse_selector("http_req_failed"), parse_assertion("rate<0.01"), Kind.RATE, window=10.0),
    ]
    around = RunContext(abort=AbortOptions())
    return Run(Plan("feed", thresholds=tuple(thresholds)), {}, "2026-11-23T00:00:00", 0.0, "r1", around)


def picture(run):
    """Return all that a run has taken."""
    store, censored = run.judge.store, run.judge.censored
    rows = [(metric, tags, [*map(str, sink.to_row())]) for metric, tags, sink in store]
    return rows, store.lumped, {leaf: ages.to_row() for leaf, ages in censored.leaves.items()}, run.course.timeline()


@given(corrupted())
@pytest.mark.slow
def test_a_corrupted_report(payload):
    """It never raises, and is taken as a whole or leaves everything as it was, in doubt; there is always a verdict."""
    run = under_way()
    assert run.receive("w", PAYLOAD | {"rows": []}, 3.0)
    before = picture(run)
    payload = payload | {"sequence": 2} if payload.get("sequence") == 1 else payload
    taken = run.receive("w", payload, 6.0)
    if taken:
        whole = under_way()
        whole.take(read_rows(payload["rows"]), 6.0, 3.0)
        assert picture(whole) == picture(run)
    else:
        assert before == picture(run)
    run.harm(7.0)
    run.ended = 10.0
    run.ledger.finish("w", 10.0)
    result = run.result(10.0, Ending())
    if not taken and payload.get("run") == "r1":
        assert (result.complete, result.verdict.exit_code in {111, 99}) == (False, True)


@given(corrupted())
def test_reading_raises_one_thing(payload):
    """Whatever a report holds, it is read or refused."""
    try:
        report = Report.of(payload)
    except UnfitError:
        return
    assert report.rows is read_rows(report.rows)

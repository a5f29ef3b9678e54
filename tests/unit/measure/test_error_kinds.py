"""The errors of a run: merged from all processes, bounded, and told by what came first."""

from collections import Counter
from random import Random

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.error_kinds import MOST_KINDS, REST, Answer, ErrorKind, ErrorKinds, renamed
from locust_ext.measure.errors_told import LONGEST_BODY, MOST_HEADERS, MOST_TOLD, ErrorTold
from locust_ext.measure.report import Report
from locust_ext.measure.series import OTHER, as_it_is
from locust_ext.process.wire import UnfitError

KIND = {"metric": "http_req_failed", "name": "/a", "method": "GET", "what": "503"}
TOLD = {**KIND, "count": 3, "first": 2.0, "last": 0.5}
RESPONSE = {"status": "503", "headers": [["Retry-After", "2"]], "body": "a\nb", "note": "", "trace_id": "t1"}


def told(**changes):
    """Return what a process tells of one kind, as it arrives."""
    return ErrorTold.of(msgpack.loads(msgpack.dumps({**TOLD, **changes})))


def merged(*tellings):
    """Return the kinds of what is told, each at a moment of the run."""
    kinds = ErrorKinds(as_it_is)
    for now, one in tellings:
        kinds.add([one], now)
    return kinds.all()


def test_two_processes_tell_of_one_kind():
    """Counts are added, the earliest and the latest are those of the run, and the answer is the earliest one's."""
    (kind,) = merged(
        (10.0, told(first=2.0, last=0.5, message="later", response={"status": "503"})),
        (11.0, told(count=4, first=6.0, last=5.0, message="earlier", response=RESPONSE)),
        (12.0, told(first=0.25, last=0.0)),
    )
    answer = Answer("503", (("Retry-After", "2"),), "a\nb", "", "t1")
    assert kind == ErrorKind("http_req_failed", "/a", "GET", "503", 10, 5.0, 12.0, "earlier", answer)


def test_what_came_before_the_run_came_at_its_begin():
    """A worker's clock and the way that a report takes make no time negative."""
    (kind,) = merged((1.0, told(first=5.0, last=4.0)))
    assert (kind.first, kind.last) == (0.0, 0.0)


TELLINGS = st.lists(
    st.tuples(
        st.integers(20, 40).map(float),
        st.builds(
            lambda name, count, first, lasted, text: told(
                name=name, count=count, first=float(first + lasted), last=float(first), message=text
            ),
            st.sampled_from(["/a", "/b", "/c"]),
            st.integers(1, 9),
            st.integers(0, 9),
            st.integers(0, 9),
            st.sampled_from(["", "x", "y"]),
        ),
    ),
    max_size=12,
)


@given(TELLINGS, st.randoms(use_true_random=False))
def test_the_order_of_reports_changes_nothing(tellings, rng):
    """Whoever tells first: counts, times, and what is told."""
    shuffled = list(tellings)
    rng.shuffle(shuffled)
    first, second = merged(*tellings), merged(*shuffled)
    assert [(k.key, k.count, k.first, k.last) for k in first] == [(k.key, k.count, k.first, k.last) for k in second]
    assert sum(kind.count for kind in first) == sum(one.count for _, one in tellings)
    assert [kind.count for kind in first] == sorted((kind.count for kind in first), reverse=True)


def test_the_bound_holds_for_all_processes_together():
    """Ten workers with fifty kinds each: fifty are kept apart, and the rest is one more, which comes last."""
    kinds, rng, sent = ErrorKinds(as_it_is), Random(1), Counter()
    for worker in range(10):
        names = [f"/{worker}/{number}" for number in range(50)]
        counts = {name: rng.randint(1, 9) for name in names}
        sent.update(counts)
        kinds.add([told(name=name, count=count) for name, count in counts.items()], 10.0)
        kinds.add([told(metric="", name=OTHER, method="", what=REST, count=1000)], 10.0)
    found = kinds.all()
    assert len(found) == MOST_KINDS + 1
    assert found[-1].is_rest
    assert not any(kind.is_rest for kind in found[:-1])
    assert sum(kind.count for kind in found) == sum(sent.values()) + 10_000


def test_there_is_one_rest():
    """Whatever else a process says of it."""
    kinds = ErrorKinds(as_it_is)
    for number in range(200):
        kinds.add([told(metric=f"m{number}", name=OTHER, method=f"M{number}", what=REST, message="x", count=2)], 10.0)
    (kind,) = kinds.all()
    assert (kind.count, kind.metric, kind.message) == (400, "", "")


def test_asking_again_costs_nothing():
    """The page asks each second: without news it gets the same tuple."""
    kinds = ErrorKinds(as_it_is)
    kinds.add([told()], 10.0)
    assert kinds.all() is kinds.all()


def test_secrets_are_hidden_on_arrival():
    """Names that become alike are one kind."""
    kinds = ErrorKinds(lambda text: text.split("?")[0])
    for query in ("?token=1", "?token=2"):
        kinds.add([told(name=f"/a{query}", message=f"/a{query}", response={**RESPONSE, "body": f"x{query}"})], 10.0)
    (kind,) = kinds.all()
    assert (kind.name, kind.count, kind.message, kind.response.body) == ("/a", 6, "/a", "x")
    (again,) = renamed([kind, kind], lambda text: text.upper())
    assert (again.name, again.count, again.response.headers) == ("/A", 12, (("RETRY-AFTER", "2"),))


HEADER = [["a", "b"]]
UNFIT = [
    ("a negative count", {"count": -1}),
    ("a count that is a text", {"count": "3"}),
    ("an age that is negative", {"first": -0.1}),
    ("an age that is none", {"last": float("nan")}),
    ("no name", {"name": None}),
    ("a name that is too long", {"name": "x" * 201}),
    ("a name with control characters", {"name": "\x1b[31m"}),
    ("a message that is too long", {"message": "x" * 301}),
    ("a message with control characters", {"message": "a\x00"}),
    ("a body that is too long", {"response": {"body": "x" * (LONGEST_BODY + 1)}}),
    ("a body with control characters", {"response": {"body": "a\x1b"}}),
    ("a body that is bytes", {"response": {"body": b"a"}}),
    ("headers too many", {"response": {"headers": HEADER * (MOST_HEADERS + 1)}}),
    ("a header of three parts", {"response": {"headers": [["a", "b", "c"]]}}),
    ("a header that is long", {"response": {"headers": [["a", "b" * 201]]}}),
    ("headers with too much in them", {"response": {"headers": [["a", "b" * 199]] * 11}}),
    ("a response that is a text", {"response": "503"}),
]


@pytest.mark.parametrize("changes", [row[1] for row in UNFIT], ids=[row[0] for row in UNFIT])
def test_what_is_refused(changes):
    """Refused as a whole, with the report that it stands in."""
    report = {"run": "r", "sequence": 1, "rows": []}
    assert Report.of({**report, "errors": [TOLD]}).errors == (ErrorTold.of(TOLD),)
    with pytest.raises(UnfitError, match="errors"):
        Report.of({**report, "errors": [TOLD, {**TOLD, **changes}]})


def test_a_report_is_bounded():
    """50 kinds and the rest."""
    report = {"run": "r", "sequence": 1, "rows": []}
    assert len(Report.of({**report, "errors": [TOLD] * MOST_TOLD}).errors) == MOST_TOLD
    with pytest.raises(UnfitError):
        Report.of({**report, "errors": [TOLD] * (MOST_TOLD + 1)})


def test_other_releases():
    """One that tells of no errors, and one that tells more of each."""
    assert Report.of({"run": "r", "sequence": 1, "rows": []}).errors == ()
    assert told(severity="high") == told()

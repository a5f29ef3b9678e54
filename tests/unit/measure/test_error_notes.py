"""The errors of a process by kind: a success pays nothing, a kind that is known little, and nothing is raised."""

import gc
import weakref
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure import recorder as module
from locust_ext.measure.error_kinds import MOST_KINDS, REST
from locust_ext.measure.error_notes import LONGEST_ALIAS, MOST_ALIASES, MOST_SHOWN, ErrorNotes
from locust_ext.measure.errors_told import ErrorTold
from locust_ext.measure.metrics import DECLARED, check
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import OTHER, Store
from locust_ext.measure.sinks import RateSink
from locust_ext.storms.link import ConnectFailed


class Watching:
    """A witness that remembers whom it saw."""

    is_ready = True

    def __init__(self):
        self.seen = []

    def take(self, response, exception):
        """Remember the answer."""
        self.seen.append(response)
        return response

    def tell(self, taken):
        """Return its status."""
        return {"status": str(getattr(taken, "status_code", ""))}

    def message(self, text):
        """Hide one word."""
        return text.replace("secret", "***")


def answer(status):
    """Return a response."""
    return SimpleNamespace(status_code=status)


def told(recorder):
    """Return what a recorder tells, as it is read."""
    return [ErrorTold.of(one) for one in recorder.take_errors()]


def kinds(recorder):
    """Return {(metric, name, method, what): count} of what a recorder tells."""
    return {(one.metric, one.name, one.method, one.what): one.count for one in told(recorder)}


class TornError(Exception):
    """An exception that has no text, and whose cause cannot be asked for."""

    @property
    def cause(self):
        """Raise."""
        raise RuntimeError

    def __str__(self):
        raise RuntimeError


KINDS = [
    ("a status that says it", "GET", 503, ValueError("x"), ("http_req_failed", "503")),
    ("a method in small letters", "post", 404, ValueError("x"), ("http_req_failed", "404")),
    ("a status that is none", "GET", 0, ConnectionResetError(104), ("http_req_failed", "ConnectionResetError")),
    ("a check of the answer", "GET", 200, KeyError("id"), ("http_req_failed", "KeyError")),
    ("no answer at all", "GET", None, TimeoutError(), ("http_req_failed", "TimeoutError")),
    ("another type", "WS", None, ValueError(), ("req_failed", "ValueError")),
    ("a connect that failed", "WS", None, ConnectFailed("status:503"), ("req_failed", "status:503")),
    ("a text in the place of an exception", "grpc", None, "no leader", ("req_failed", "failed")),
    ("a cause that is not a text", "WS", None, type("Odd", (Exception,), {"cause": []})(), ("req_failed", "Odd")),
    ("a cause that is long", "WS", None, ConnectFailed("x" * 41), ("req_failed", "ConnectFailed")),
    ("an exception that tells nothing", "GET", None, TornError(), ("", REST)),
]


@pytest.mark.parametrize("method, status, exception, expected", [r[1:] for r in KINDS], ids=[r[0] for r in KINDS])
def test_kinds(method, status, exception, expected):
    """A kind is a metric, a name, and the status where that says it, else the type of the exception."""
    recorder = Recorder()
    recorder.on_request(method, "/a", 5.0, None if status is None else answer(status), exception=exception)
    metric, what = expected
    name, how = ("/a", method) if metric else (OTHER, "")
    assert kinds(recorder) == {(metric, name, how, what): 1}


def test_a_success_pays_nothing():
    """What gathers errors is not even looked at."""
    recorder = Recorder()
    recorder.errors = None
    recorder.on_request("GET", "/a", 5.0, answer(200))
    assert any(row[0] == "http_reqs" for row in recorder.take())


class CountedError(Exception):
    """An exception that counts how often its text was asked for."""

    texts = 0

    def __str__(self):
        CountedError.texts += 1
        return "text"


def test_of_a_known_kind_nothing_is_read():
    """Neither its answer nor its exception's text: both were those of the first."""
    recorder, witness = Recorder(), Watching()
    recorder.errors.witness = witness
    first, CountedError.texts = answer(503), 0
    for response in (first, answer(503), answer(503)):
        recorder.on_request("GET", "/a", 5.0, response, exception=CountedError())
    assert [one is first for one in witness.seen] == [True]
    assert CountedError.texts == 1


def test_one_status_is_one_kind():
    """With whatever exception it comes: that of a client, or a check of the answer; the first one's text is told."""
    recorder = Recorder()
    for error in (ValueError("of the client"), KeyError("of the check"), ValueError("again")):
        recorder.on_request("GET", "/a", 5.0, answer(500), exception=error)
    (one,) = told(recorder)
    assert (one.count, one.message) == (3, "of the client")


def test_the_answer_is_told_once():
    """A later report counts on, without what was told."""
    recorder = Recorder()
    recorder.errors.witness = Watching()
    recorder.on_request("GET", "/a", 5.0, answer(503), exception=ValueError("a secret"))
    (one,) = told(recorder)
    assert (one.count, one.message, one.response.status) == (1, "a ***", "503")
    for _ in range(2):
        recorder.on_request("GET", "/a", 5.0, answer(503), exception=ValueError("another"))
    (one,) = told(recorder)
    assert (one.count, one.message, one.response) == (2, "", None)
    assert not told(recorder)


def test_first_answers_are_told_a_few_at_a_time():
    """To clear one of secrets takes a moment; the count of each is told at once, and all of it at the end."""
    recorder, seen = Recorder(), []
    recorder.errors.witness = Watching()
    for number in range(2 * MOST_SHOWN + 2):
        recorder.on_request("GET", f"/{number}", 5.0, answer(503), exception=ValueError())
    for _ in range(4):
        found = told(recorder)
        seen.append((sum(one.count for one in found), sum(one.response is not None for one in found)))
    assert seen == [(12, 5), (0, 5), (0, 2), (0, 0)]
    for number in range(20, 40):
        recorder.on_request("GET", f"/{number}", 5.0, answer(503), exception=ValueError())
    assert sum("response" in one for one in recorder.take_errors(ends=True)) == 20


def test_a_witness_that_is_not_ready():
    """Only counts are told, until it is, or the run ends."""
    recorder = Recorder()
    recorder.errors.witness = witness = Watching()
    witness.is_ready = False
    recorder.on_request("GET", "/a", 5.0, answer(503), exception=ValueError())
    assert [(one.count, one.response) for one in told(recorder)] == [(1, None)]
    assert told(recorder) == []
    (late,) = recorder.take_errors(ends=True)
    assert (late["count"], late["response"]) == (0, {"status": "503"})


def test_what_is_told_late_came_first(monkeypatch):
    """Its age is that of the first of its kind, so that it stands before what other processes tell."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "perf_counter", lambda: clock.now)
    recorder = Recorder()
    for number in range(MOST_SHOWN + 1):
        recorder.on_request("GET", f"/{number}", 5.0, answer(503), exception=ValueError("first"))
    told(recorder)
    clock.now = 107.0
    (late,) = told(recorder)
    assert (late.count, late.first, late.message) == (0, 7.0, "first")


def test_times_are_ages(monkeypatch):
    """Seconds before it was told; what came since then began no earlier than it."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "perf_counter", lambda: clock.now)
    recorder = Recorder()
    seen = []
    for moments in ((101.0, 102.5), (104.0,)):
        for clock.now in moments:
            recorder.on_request("GET", "/a", 5.0, answer(503), exception=ValueError())
        clock.now = moments[0] + 2
        seen += [(one.first, one.last) for one in told(recorder)]
    assert seen == [(2.0, 0.5), (3.0, 2.0)]


def test_kinds_too_many_are_one():
    """50 are kept apart, whichever come first; the rest is counted, and one that is known goes on."""
    recorder = Recorder()
    recorder.errors.witness = witness = Watching()
    for number in range(MOST_KINDS + 20):
        recorder.on_request("GET", f"/{number}", 5.0, answer(404), exception=ValueError())
    recorder.on_request("GET", "/3", 5.0, answer(404), exception=KeyError())
    found = kinds(recorder)
    assert len(found) == MOST_KINDS + 1
    assert found["", OTHER, "", REST] == 20
    assert found["http_req_failed", "/3", "GET", "404"] == 2
    assert len(witness.seen) == MOST_KINDS


def test_names_of_a_megabyte():
    """They are shortened, and none of them is kept."""
    recorder = Recorder()
    for number in range(300):
        recorder.on_request("GET", f"/{number:03}" + "x" * 1_000_000, 5.0, answer(404), exception=ValueError())
    recorder.on_request("GET", "/000" + "x" * 1_000_000, 5.0, answer(404), exception=ValueError())
    assert max(len(name) for _, name, _, _ in kinds(recorder)) == 200
    assert len(recorder.errors._aliases) <= MOST_ALIASES
    assert all(len(name) <= LONGEST_ALIAS for _, name, *_ in recorder.errors._aliases)


class Blind:
    """A witness that can see nothing."""

    is_ready = True

    def take(self, response, exception):
        """Raise."""
        raise RuntimeError

    def tell(self, taken):
        """Raise."""
        raise RuntimeError

    def message(self, text):
        """Raise: nobody knows what is secret in it."""
        raise RuntimeError


def test_what_cannot_be_cleared_is_not_told():
    """The error counts all the same."""
    recorder = Recorder()
    recorder.errors.witness = Blind()
    recorder.on_request("GET", "/a", 5.0, answer(503), exception=ValueError("secret"))
    (one,) = told(recorder)
    assert (one.count, one.message, one.response) == (1, "", None)


ODD = [
    ("a name that is a list", {"name": ["/a"], "exception": ValueError()}, "['/a']"),
    ("no name", {"name": None, "exception": ValueError()}, ""),
    ("control characters", {"name": "/\x00\x1b[31m", "exception": ValueError()}, "/\ufffd\ufffd[31m"),
    ("a duration that is a text", {"name": "/a", "response_time": "5", "exception": ValueError()}, "/a"),
]


@pytest.mark.parametrize("event, name", [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_odd_events_count_once(event, name):
    """Read whole or piece by piece: as often as http_req_failed counts it."""
    recorder = Recorder()
    recorder.on_request(**{"request_type": "GET", "response_time": 5.0, **event})
    assert kinds(recorder) == {("http_req_failed", name, "GET", "ValueError"): 1}
    assert failures(recorder) == 1


def failures(recorder):
    """Return how many requests failed, by the metric that thresholds judge."""
    store = Store()
    store.merge(recorder.take())
    return sum(sink.hits for metric, _, sink in store if isinstance(sink, RateSink) and metric.endswith("req_failed"))


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["GET", "POST", "WS"]),
        st.integers(0, 80).map("/{}".format),
        st.sampled_from([None, 0, 200, 404, 503]),
        st.sampled_from([None, ValueError("a"), KeyError("b"), "text", ConnectFailed("refused"), TornError()]),
        st.booleans(),
    ),
    max_size=120,
)


@given(EVENTS)
def test_as_many_errors_as_failed_requests(events):
    """In every report, and of each kind that there is room for as many as there were."""
    recorder, expected, found = Recorder(), 0, Counter()
    for method, name, status, exception, tells in events:
        response = None if status is None else answer(status)
        recorder.on_request(method, name, 5.0, response, exception=exception)
        expected += exception is not None
        if tells:
            found.update(kinds(recorder))
    found.update(kinds(recorder))
    assert sum(found.values()) == failures(recorder) == expected
    assert len(found) <= MOST_KINDS + 1


def test_another_run_begins_without_them():
    """What came before it is none of it, and its first answer is told again."""
    recorder = Recorder()
    for message in ("before", "of the run"):
        recorder.forget()
        recorder.on_request("GET", "/a", 5.0, answer(503), exception=ValueError(message))
    (one,) = told(recorder)
    assert (one.count, one.message) == (1, "of the run")


def test_checks_that_did_not_hold():
    """Each by its name, with the answer that was looked at; those that held are none."""
    recorder, response = Recorder(), answer(200)
    recorder.errors.witness = Watching()
    DECLARED.listen(recorder)
    try:
        for _ in range(2):
            check(response, {"holds": lambda _: True, "does not": lambda _: False, "raises": lambda one: one.nothing})
    finally:
        DECLARED.forget(recorder)
    found = {(one.metric, one.name, one.what): (one.count, one.response.status) for one in told(recorder)}
    assert found == {
        ("checks", "does not", "did not hold"): (2, "200"),
        ("checks", "raises", "AttributeError"): (2, "200"),
    }


def test_a_check_that_raises_keeps_no_answer_alive():
    """Nor its exception: until they are collected, a thousand a second would fill the memory."""
    responses = [Watching(), Watching()]
    refs = [weakref.ref(response) for response in responses]
    gc.disable()
    try:
        while responses:
            check(responses.pop(), {"raises": lambda one: one.nothing})
        assert [ref() for ref in refs] == [None, None]
    finally:
        gc.enable()


def test_a_cause_that_is_a_secret():
    """It is hidden before it leaves the process, as a name is."""
    recorder = Recorder(hide=lambda text: text.replace("secret", "***"))
    recorder.on_request("WS", "/feed", 1.0, None, {}, ConnectFailed("secret"))
    assert kinds(recorder) == {("req_failed", "/feed", "WS", "***"): 1}


def test_exceptions_of_user_code():
    """By the place where they were raised."""
    notes = ErrorNotes()
    for place, error in (("a.py:1", KeyError("x")), ("a.py:1", KeyError("y")), ("b.py:2", KeyError("z"))):
        notes.raised(place, error, f"KeyError ({place})", 1.0)
    found = {(one["metric"], one["name"], one["what"]): (one["count"], one["message"]) for one in notes.take(2.0)}
    assert found == {
        ("iteration_errors", "a.py:1", "KeyError"): (2, "KeyError (a.py:1)"),
        ("iteration_errors", "b.py:2", "KeyError"): (1, "KeyError (b.py:2)"),
    }

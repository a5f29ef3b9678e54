"""What did not come back: how it is noted, how it travels, and what is selected of it."""

import gc
from types import SimpleNamespace
from weakref import ref

import pytest

from locust_ext.measure import open_requests as module
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.censored import CensoredStore, censored_rows
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.iteration_context import IterationContext
from locust_ext.measure.open_requests import MOST_OPEN, Begun, OpenRequests, Sample
from locust_ext.measure.series import Selector


class Sent(Begun):
    """A request that says what it is called."""

    __slots__ = ("method", "name", "tags")

    def __init__(self, name="/a", method="GET", phase="surge", **tags):
        super().__init__()
        self.name, self.method, self.tags, self.phase = name, method, tags, phase

    def describe(self):
        """Return it."""
        return self.method, self.name, self.tags


@pytest.fixture
def clock(monkeypatch):
    """The clock of the register, in seconds."""
    state = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "perf_counter", lambda: state.now)
    return state


def ages(*values):
    """Return a histogram's row of these ages."""
    found = Histogram()
    found.record_all(values)
    return found.to_row()


def lost(*values, metric="http_req_duration", **tags):
    """Return a row of what was lost."""
    return [metric, [list(pair) for pair in sorted(tags.items())], "lost", ages(*values)]


def still(*values, metric="http_req_duration", **tags):
    """Return a row of what is open; of no values, that nothing is."""
    named = [list(pair) for pair in sorted(tags.items())]
    return ["", [], "open", [[metric, named, ages(*values)]] if values else []]


def select(store, metric="http_req_duration", **tags):
    """Return how many surely belong to a selection, how many perhaps, how many are lost, and whether it is blind."""
    found = store.select(Selector(metric, tuple(sorted(tags.items()))))
    return found.ages.count, found.possible.count, found.lost, found.blind


MERGED = [
    ("nothing", [], (0, 0, 0, False)),
    ("what is lost adds up", [("a", lost(5)), ("a", lost(6)), ("b", lost(7))], (3, 0, 3, False)),
    ("what is open replaces what the process said before", [("a", still(5, 6)), ("a", still(7))], (1, 0, 0, False)),
    ("but not what another one said", [("a", still(5, 6)), ("b", still(7))], (3, 0, 0, False)),
    ("until nothing is open any more", [("a", still(5, 6)), ("b", still(7)), ("a", still())], (1, 0, 0, False)),
    ("rows of other kinds change nothing", [("a", still(5)), ("a", ["x", [], "rate", [1, 2]])], (1, 0, 0, False)),
    ("what was open and then is lost counts once", [("a", still(5)), ("a", lost(6)), ("a", still())], (1, 0, 1, False)),
]


@pytest.mark.parametrize("rows, expected", [row[1:] for row in MERGED], ids=[row[0] for row in MERGED])
def test_merging(rows, expected):
    """Nothing that a process says is counted twice, or forgotten."""
    store = CensoredStore()
    for process, row in rows:
        store.merge([row], process)
    assert select(store) == expected


SELECTED = [
    ("all of a metric", {}, (2, 0, 1, False)),
    ("by name", {"name": "/a"}, (1, 0, 1, False)),
    ("by the beginning of a name", {"name": "/*"}, (2, 0, 1, False)),
    ("by phase", {"phase": "surge"}, (1, 0, 0, False)),
    ("a name that none has", {"name": "/c"}, (0, 0, 0, False)),
    ("by a tag of the whole run", {"run_type": "pr"}, (2, 0, 1, False)),
    ("by another value of it", {"run_type": "main"}, (0, 0, 0, False)),
    ("a status comes with the answer, so they may have any", {"status": "200"}, (0, 2, 1, False)),
    ("a status and a name", {"status": "200", "name": "/b"}, (0, 1, 0, False)),
    ("failures are of the same requests", {"metric": "http_req_failed"}, (2, 0, 1, False)),
    ("and have a status too", {"metric": "http_req_failed", "status": "503"}, (0, 2, 1, False)),
    ("another family has none", {"metric": "req_failed"}, (0, 0, 0, False)),
    ("a counter counts what ends", {"metric": "http_reqs"}, (0, 0, 0, False)),
]


@pytest.mark.parametrize("wanted, expected", [row[1:] for row in SELECTED], ids=[row[0] for row in SELECTED])
def test_selecting(wanted, expected):
    """By all tags that a request has when it begins; what its answer would tell is not known."""
    store = CensoredStore({"run_type": "pr"})
    store.merge([lost(5, name="/a", phase="warmup"), still(6, name="/b", phase="surge")], "a")
    assert select(store, **wanted) == expected


def test_how_many_are_open():
    """As each process said last, of the metrics that are asked for; what was lost is not open any more."""
    store = CensoredStore()
    store.merge([still(5.0, 6.0), lost(9.0)], "one")
    store.merge([still(7.0, metric="http_req_duration_corrected")], "two")
    store.merge([still(7.0, metric="req_duration")], "three")
    assert store.count_open(DURATIONS) == 3
    store.merge([still(1.0)], "one")
    assert (store.count_open(DURATIONS), store.count_open(["http_req_duration"])) == (2, 1)
    assert CensoredStore().count_open(DURATIONS) == 0


def test_lumped_ones_blind_a_selection_by_name(clock):
    """One name too many is kept under its phase; nobody knows any more whether it belongs to a name."""
    register = OpenRequests()
    for number in range(4):
        register.begin(Sent(f"/{number}"))
    store = CensoredStore()
    store.merge(censored_rows(register, clock.now, 2))
    assert select(store) == (4, 0, 0, False)
    assert select(store, phase="surge") == (4, 0, 0, False)
    assert select(store, name="/0") == (1, 0, 0, True)


LIVES = [
    ("it has begun", lambda register, one: None, (0, 1)),
    ("it has ended", lambda register, one: register.end(one), (0, 0)),
    ("it has ended twice", lambda register, one: (register.end(one), register.end(one)), (0, 0)),
    ("it was killed", lambda register, one: register.lose(one), (1, 0)),
    ("it was killed after its end", lambda register, one: (register.end(one), register.lose(one)), (0, 0)),
    ("it was killed twice", lambda register, one: (register.lose(one), register.lose(one)), (1, 0)),
    ("its event came after it was given up", lambda register, one: (register.lose(one), register.end(one)), (1, 0)),
    ("the run is judged", lambda register, one: register.close(), (1, 0)),
    ("another run begins", lambda register, one: register.clear(), (0, 0)),
]


@pytest.mark.parametrize("happens, expected", [row[1:] for row in LIVES], ids=[row[0] for row in LIVES])
def test_the_life_of_a_request(clock, happens, expected):
    """It is open until it ends or is lost, and one thing at a time."""
    register, one = OpenRequests(), Sent()
    register.begin(one)
    happens(register, one)
    store = CensoredStore()
    store.merge(censored_rows(register, clock.now, 9))
    found = store.select(Selector("http_req_duration"))
    assert (found.lost, found.count - found.lost) == expected


@pytest.mark.slow
def test_ages(clock):
    """An open one is as old as it is now, a lost one as it was then, an answered one as it was when its answer came."""
    register = OpenRequests()
    young, gone, answered = Sent("/open"), Sent("/lost"), Sent("/answered")
    for one in (young, gone, answered):
        register.begin(one)
    clock.now += 1
    register.lose(gone)
    response = SimpleNamespaceOfItsOwn()
    answered.answered, answered._response = clock.now, ref(response)  # as a client does it
    register.unreported += 1
    clock.now += 1
    store = CensoredStore()
    store.merge(censored_rows(register, clock.now, 9))
    oldest = {
        name: store.select(Selector("http_req_duration", (("name", name),))).oldest for name in ("/open", "/lost")
    }
    assert oldest == {"/open": 2000, "/lost": 1000}
    assert store.select(Selector("http_req_duration", (("name", "/answered"),))).oldest == 1000
    assert register.unreported == 1
    del response
    gc.collect()
    store.merge(censored_rows(register, clock.now, 9))
    assert select(store, name="/answered") == (1, 0, 1, False), "its result was forgotten: nobody reports it any more"
    assert register.unreported == 0


class SimpleNamespaceOfItsOwn:
    """A response that can be thrown away."""


def test_the_last_word_is_that_nothing_is_open(clock):
    """A process that told of open requests tells once when there are none; one that never did says nothing."""
    register, one = OpenRequests(), Sent()
    assert censored_rows(register, clock.now, 9) == []
    register.begin(one)
    assert censored_rows(register, clock.now, 9)[0][2] == "open"
    register.end(one)
    assert censored_rows(register, clock.now, 9) == [["", [], "open", []]]
    assert censored_rows(register, clock.now, 9) == []


def test_what_is_lost_is_told_once(clock):
    """The next report adds only what was lost since."""
    register, one = OpenRequests(), Sent()
    register.begin(one)
    register.lose(one)
    register.lose_sample(Sample("stale_time", {"phase": "surge"}, 5.0))
    assert [row[0] for row in censored_rows(register, clock.now, 9)] == ["http_req_duration", "stale_time"]
    assert censored_rows(register, clock.now, 9) == []


def test_the_lost_are_bounded(clock, monkeypatch):
    """However many are killed in between two reports."""
    monkeypatch.setattr(module, "MOST_OPEN", 3)
    register = OpenRequests()
    for _ in range(5):
        one = Sent()
        register.begin(one)
        register.lose(one)
        register.lose_sample(Sample("stale_time", {}, 1.0))
    assert len(register.lost) == len(register.lost_samples) == 3
    assert MOST_OPEN >= 10_000


NAMED = [
    ("HTTP", Sent("/a"), "http_req_duration", {"name": "/a", "method": "GET", "phase": "surge"}),
    ("another type", Sent("Pay", "grpc"), "req_duration", {"name": "Pay", "type": "grpc", "phase": "surge"}),
    ("with tags", Sent(team="x"), "http_req_duration", {"name": "/a", "method": "GET", "phase": "surge", "team": "x"}),
    ("without a name", Sent(None), "http_req_duration", {"method": "GET", "phase": "surge"}),
    ("before the first phase", Sent(phase=""), "http_req_duration", {"name": "/a", "method": "GET"}),
]


@pytest.mark.parametrize("one, metric, tags", [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_it_is_called_as_its_event_will_be(clock, one, metric, tags):
    """Metric and tags are those of the event that has not come."""
    register = OpenRequests()
    register.begin(one)
    ((_, _, _, leaves),) = censored_rows(register, clock.now, 9)
    assert [(leaf[0], dict(leaf[1])) for leaf in leaves] == [(metric, tags)]


def test_one_that_cannot_be_named_counts(clock):
    """Looking its name up is user code, which may raise."""
    register, one = OpenRequests(), Sent()
    del one.name
    register.begin(one)
    ((_, _, _, leaves),) = censored_rows(register, clock.now, 9)
    assert [leaf[0] for leaf in leaves] == ["req_duration"]


def test_in_an_open_run_it_is_as_late_as_its_iteration_too(clock):
    """The corrected duration counts from when the iteration was due."""
    register, one = OpenRequests(), Sent()
    one.iteration = IterationContext({"scenario": "soak"}, late=500.0)
    register.begin(one)
    register.begin(Sent("/login"))
    store = CensoredStore()
    store.merge(censored_rows(register, clock.now + 1, 9, corrects=True))
    assert store.select(Selector("http_req_duration_corrected", (("scenario", "soak"),))).oldest == 1500
    assert store.select(Selector("http_req_duration_corrected", (("name", "/login"),))).oldest == 1000, (
        "due as it began"
    )
    assert store.select(Selector("http_req_duration")).oldest == 1000


def test_in_a_closed_run_there_is_nothing_to_correct(clock):
    """Scenarios without arrivals measure durations once."""
    register, one = OpenRequests(), Sent()
    one.iteration = IterationContext({"scenario": "soak"})
    register.begin(one)
    ((_, _, _, leaves),) = censored_rows(register, clock.now, 9)
    assert [leaf[0] for leaf in leaves] == ["http_req_duration"]


def test_another_run_knows_nothing_of_the_one_before(clock):
    """All that waited, was lost or was answered is forgotten; what the user code put there stays."""
    register = OpenRequests()
    one, gone, answered = Sent("/open"), Sent("/lost"), Sent("/answered")
    for each in (one, gone, answered):
        register.begin(each)
    register.lose(gone)
    register.lose_sample(Sample("ws_silence", {}, 5.0))
    register.others["a feed"] = one
    register.unreported, register.said_open = 1, True
    register.clear()
    assert not register.opened
    assert not register.others
    assert (register.unreported, register.said_open) == (0, False)
    assert register.take_lost() == ([], [])


def test_what_is_lost_is_taken_once(clock):
    """Requests with when that was known, and what else was; no more than so many of each."""
    register, one = OpenRequests(), Sent()
    sample = Sample("ws_silence", {}, 5.0)
    register.begin(one)
    register.lose(one)
    register.lose_sample(sample)
    assert register.take_lost() == ([(one, 1000.0)], [sample])
    assert register.take_lost() == ([], [])
    for _ in range(MOST_OPEN + 1):
        another = Sent()
        register.begin(another)
        register.lose(another)
        register.lose_sample(sample)
    lost_ones, samples = register.take_lost()
    assert (len(lost_ones), len(samples), len(register.opened)) == (MOST_OPEN, MOST_OPEN, 0)


def test_begun_by_nobody(clock):
    """A request that no user sent belongs to none; one that cannot say what it is is a mistake of ours."""
    register = OpenRequests()
    register.begin(Sent())
    assert register.users() == set()
    assert not register.of("a user")
    with pytest.raises(NotImplementedError):
        Begun().describe()

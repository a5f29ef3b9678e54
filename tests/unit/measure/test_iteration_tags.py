"""Whose tags a measurement carries: those of its iteration, where measurements belong to iterations at all."""

import gevent
import pytest

from locust_ext.measure.catalogue import CORRECTED
from locust_ext.measure.censored import Censored, together
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.iteration_context import IterationContext, begin, current, iteration_of
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import Kind
from locust_ext.measure.tally import BATCH

OPERATIONS = {
    "one value": lambda recorder: recorder.add("mine", Kind.TREND, 1.0),
    "one value with tags": lambda recorder: recorder.add("mine", Kind.TREND, 1.0, {"queue": "a"}),
    "many values": lambda recorder: recorder.add_all("mine", [1.0, 2.0], {"queue": "a"}),
    "a request": lambda recorder: recorder.on_request("GET", "/a", 1.0),
    "an odd request": lambda recorder: recorder.on_request("GET", "/a", 1.0, context={"tags": 5}),
    "an iteration": lambda recorder: recorder.on_iteration(1.0),
}


def measured(operation, *, by_iteration, tags):
    """Return the scenarios that an operation's series carry, done within an iteration with these tags."""
    recorder = Recorder()
    recorder.by_iteration = by_iteration

    def work():
        begin(IterationContext(tags))
        OPERATIONS[operation](recorder)

    gevent.spawn(work).get(timeout=5)
    store = Store()
    store.merge(recorder.take())
    return {dict(found).get("scenario") for metric, found, _ in store if metric != "unreadable_events"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_tags_of_an_iteration(operation):
    """They are carried in runs whose measurements belong to iterations, and in no other."""
    assert measured(operation, by_iteration=True, tags={"scenario": "feed"}) == {"feed"}
    assert measured(operation, by_iteration=False, tags={"scenario": "feed"}) == {None}
    assert measured(operation, by_iteration=True, tags={}) == {None}


def test_own_tags_come_before_those_of_the_iteration():
    """What a measurement says of itself is nearer."""
    recorder = Recorder()
    recorder.by_iteration = True

    def work():
        begin(IterationContext({"scenario": "feed", "queue": "b"}))
        recorder.add("one", Kind.COUNTER, 1, {"queue": "a"})
        recorder.add_all("two", [1.0], {"queue": "a"})

    gevent.spawn(work).get(timeout=5)
    store = Store()
    store.merge(recorder.take())
    assert [dict(tags) for _, tags, _ in store] == [{"scenario": "feed", "queue": "a"}] * 2


@pytest.mark.parametrize("by_iteration, corrects", [(True, True), (True, False), (False, True), (False, False)])
def test_a_lost_iteration(by_iteration, corrects):
    """It carries its tags, and in an open run it is as late as it began, too."""
    recorder = Recorder()
    recorder.by_iteration, recorder.corrects = by_iteration, corrects

    def work():
        begin(IterationContext({"scenario": "feed"}, late=500.0))
        recorder.lose_iteration(0.0)

    gevent.spawn(work).get(timeout=5)
    _, samples = recorder.open.take_lost()
    plain, *corrected = samples
    assert (plain.metric, plain.tags.get("scenario")) == ("iteration_duration", "feed" if by_iteration else None)
    if by_iteration and corrects:
        assert [(one.metric, one.tags["scenario"]) for one in corrected] == [(CORRECTED[plain.metric], "feed")]
        assert corrected[0].age - plain.age == pytest.approx(500.0)
    else:
        assert not corrected


def test_how_many_tallies_are_kept():
    """Twice as many as there are series; with one more all are handed on, and none is lost."""
    recorder, sizes = Recorder(limit=2), []
    for number in range(6):
        recorder.on_request("GET", f"/{number}", 1.0)
        sizes.append(len(recorder._tallies))
    assert sizes == [1, 2, 3, 4, 1, 2]
    store = Store()
    store.merge(recorder.take())
    assert store.counted("http_reqs") == 6
    assert not recorder._tallies
    assert not recorder._latest


@pytest.mark.parametrize("corrects", [False, True])
@pytest.mark.parametrize("operation", ["a request", "an iteration"])
def test_events_are_handed_on_in_batches(operation, corrects):
    """Each of them is kept until there are enough, and what was kept is counted with the rest."""
    recorder, kept = Recorder(), []
    recorder.corrects = corrects
    for _ in range(BATCH + 1):
        OPERATIONS[operation](recorder)
        kept.extend(len(tally.values) for tally in recorder._tallies.values())
    assert kept == [*range(1, BATCH), 0, 1]
    store = Store()
    store.merge(recorder.take())
    assert store.counted("http_reqs" if operation == "a request" else "iterations") == BATCH + 1


def test_outside_of_an_iteration_there_is_none():
    """Neither here nor in what is no greenlet of gevent's."""
    assert current() is None
    assert iteration_of(object()) is None
    assert IterationContext().late == 0.0
    assert (IterationContext().label, IterationContext({"a": "b"}).label) == ("", "[('a', 'b')]")


def test_nothing_is_open():
    """Of no parts nothing is open, lost or old."""
    nothing = together([])
    assert (nothing.count, nothing.oldest, nothing.lost, nothing.blind) == (0, 0.0, 0, False)
    old, older = Histogram(), Histogram()
    old.record_all([3.0])
    older.record_all([4.0, 4.0])
    both = together([Censored(old, Histogram(), 1), Censored(Histogram(), older, 2, blind=True)])
    assert (both.count, both.oldest, both.lost, both.blind) == (3, 4.0, 3, True)
    assert together([Censored(old), Censored(old)]).blind is False

"""What measurements of one kind add up to: the laws of merging hold for every kind."""

import copy

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import (
    MOST_SLOTS,
    SINKS,
    CounterSink,
    GaugeSink,
    Kind,
    RateSink,
    TimelineSink,
    kind_of,
    merge_into,
)

WHOLE = st.integers(-1000, 1000).map(float)  # sums of whole numbers are exact, so that merging can be compared exactly


def record(kind, sink, value):
    """Add one value to a sink of this kind."""
    match kind:
        case Kind.TREND:
            sink.record(value)
        case Kind.RATE:
            sink.merge(RateSink(int(value > 0), 1))
        case Kind.COUNTER:
            sink.add(value)
        case Kind.GAUGE:
            sink.set(abs(value), value)
        case Kind.TIMELINE:
            sink.add(int(value))


def sink_of(kind, values):
    """Return the sink that has seen the values."""
    sink = SINKS[kind]()
    for value in values:
        record(kind, sink, value)
    return sink


def contents(sink):
    """Return all that a sink knows."""
    if isinstance(sink, Histogram):
        return [*sink.to_row()[:-1], sorted(sink.counts.items())]
    return sink.to_row()


def merged(*sinks):
    """Return the sinks merged into a new one."""
    total = type(sinks[0])()
    for sink in sinks:
        merge_into(total, sink)
    return total


KINDS = st.sampled_from(list(Kind))
LISTS = st.lists(WHOLE, max_size=10)


@given(KINDS, LISTS, LISTS, LISTS)
def test_laws_of_merging(kind, one, two, three):
    """Merging is associative and commutative, the empty sink is its identity, and nothing is lost."""
    a, b, c = (sink_of(kind, values) for values in (one, two, three))
    assert contents(merged(merged(a, b), c)) == contents(merged(a, merged(b, c)))
    assert contents(merged(a, b)) == contents(merged(b, a))
    assert contents(a) == contents(merged(a, SINKS[kind]())) == contents(merged(SINKS[kind](), a))
    assert contents(sink_of(kind, one + two + three)) == contents(merged(a, b, c))


@given(KINDS, LISTS)
def test_wire(kind, values):
    """Through msgpack a sink arrives as it was, also an empty one."""
    sink = sink_of(kind, values)
    row = msgpack.loads(msgpack.dumps(sink.to_row()), raw=False, strict_map_key=False)
    assert contents(sink) == contents(SINKS[kind].from_row(row))


@pytest.mark.parametrize("kind", list(Kind))
def test_kind_of(kind):
    """Each kind has its own sink, and the sink knows its kind."""
    assert kind is kind_of(SINKS[kind]())


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("other", list(Kind))
def test_two_kinds_do_not_mix(kind, other):
    """Sinks of two kinds are a TypeError that names both, and nothing is changed."""
    sink = sink_of(kind, [1.0])
    before = copy.deepcopy(contents(sink))
    if kind is other:
        merge_into(sink, SINKS[other]())
    else:
        with pytest.raises(TypeError, match=f"{kind} here and a {other} there"):
            merge_into(sink, SINKS[other]())
    assert before == contents(sink)


GAUGES = [
    ("the later reading wins", [(1, 10), (2, 5)], (5, 5, 10)),
    ("in whatever order they arrive", [(2, 5), (1, 10)], (5, 5, 10)),
    ("the greater where both are of one moment", [(1, 3), (1, 4)], (4, 3, 4)),
    ("a negative reading is one", [(1, -7)], (-7, -7, -7)),
]


@pytest.mark.parametrize("readings, expected", [row[1:] for row in GAUGES], ids=[row[0] for row in GAUGES])
def test_gauge(readings, expected):
    """A gauge is its latest reading and the extremes of all."""
    sink = GaugeSink()
    for stamp, value in readings:
        sink.set(stamp, value)
    assert expected == (sink.value, sink.low, sink.high)


SEEN = [
    ("untouched", CounterSink(), (0, 0, False)),
    ("a step of 0 is a step", CounterSink(0, 1), (0, 1, True)),
    ("listened to without a step", CounterSink(seen=True), (0, 0, True)),
]


@pytest.mark.parametrize("sink, expected", [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_zero_is_not_nothing(sink, expected):
    """A counter knows whether anybody listened, through merging and through the wire."""
    arrived = CounterSink.from_row(msgpack.loads(msgpack.dumps(sink.to_row())))
    for found in (sink, arrived, merged(sink, CounterSink()), merged(CounterSink(), sink)):
        assert expected == (found.value, found.steps, found.seen)


def test_as_many_slots_as_there_may_be():
    """They are read; one more is refused by the wire's own tests."""
    rows = [[slot, 1] for slot in range(MOST_SLOTS)]
    assert TimelineSink.from_row(rows).to_row() == rows

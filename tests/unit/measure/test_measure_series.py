"""Series: selections, the limit of leaves, and a store that loses nothing."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import MOST_LUMPED, MOST_METRICS, MOST_TEXT, OTHER, Selector, Store, shorten, tags_of
from locust_ext.measure.sinks import CounterSink, Kind, RateSink

MATCHES = [
    ("no tags match everything", {}, {"name": "/a"}, True),
    ("the same value", {"name": "/a"}, {"name": "/a", "status": "200"}, True),
    ("another value", {"name": "/a"}, {"name": "/b"}, False),
    ("the tag is missing", {"phase": "surge"}, {"name": "/a"}, False),
    ("all tags must match", {"name": "/a", "status": "200"}, {"name": "/a", "status": "500"}, False),
    ("a star matches the beginning", {"name": "/communities/*"}, {"name": "/communities/7/posts"}, True),
    ("a star matches nothing more", {"name": "/a*"}, {"name": "/a"}, True),
    ("a star alone needs the tag", {"name": "*"}, {"phase": "x"}, False),
    ("a star in the middle is a star", {"name": "/*/x"}, {"name": "/a/x"}, False),
]


@pytest.mark.parametrize("wanted, tags, expected", [row[1:] for row in MATCHES], ids=[row[0] for row in MATCHES])
def test_matching(wanted, tags, expected):
    """A selection matches the series that carry all of its tags."""
    assert expected is Selector("m", tags_of(wanted)).matches(tags)


TAGS = [
    ("sorted", {"b": 1, "a": 2}, (("a", "2"), ("b", "1"))),
    ("empty values are not tags", {"a": "", "b": None}, ()),
    ("zero and false are values", {"a": 0, "b": False}, (("a", "0"), ("b", "False"))),
]


@pytest.mark.parametrize("pairs, tags", [row[1:] for row in TAGS], ids=[row[0] for row in TAGS])
def test_tags(pairs, tags):
    """Tags are sorted pairs of text."""
    assert tags == tags_of(pairs)


@given(st.text(max_size=500))
def test_shorten(text):
    """A tag's value has at most 200 characters, and a cut shows."""
    short = shorten(text)
    assert len(short) <= MOST_TEXT
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_narrowed():
    """More tags are demanded, and one that was there is replaced."""
    selector = Selector("m", (("name", "/a"), ("phase", "x")))
    assert str(selector.narrowed(phase="surge")) == "m{name:/a,phase:surge}"


def fill(store, events):
    """Record events (metric, name, value) and return the store."""
    for metric, name, value in events:
        tags = tags_of({"name": name, "phase": "p"})
        if metric == "times":
            store.leaf(metric, tags, Kind.TREND).record(value)
        elif metric == "fails":
            store.leaf(metric, tags, Kind.RATE).merge(RateSink(int(value > 50), 1))
        else:
            store.leaf(metric, tags, Kind.COUNTER).add(value)
    return store


def contents(sink):
    """Return all that a sink knows."""
    if isinstance(sink, Histogram):
        return [*sink.to_row()[:-1], sorted(sink.counts.items())]
    return sink.to_row()


def picture(store):
    """Return all that a store knows."""
    return [(metric, tags, contents(sink)) for metric, tags, sink in store], store.lumped


def sent(rows):
    """Return rows as they arrive after Locust's msgpack."""
    return msgpack.loads(msgpack.dumps(rows), raw=False, strict_map_key=False)


def gathered(*parts, **options):
    """Return a store that has the rows of the parts, in this order."""
    store = Store(**options)
    for part in parts:
        store.merge(part)
    return store


METRICS = {"times": Kind.TREND, "fails": Kind.RATE, "steps": Kind.COUNTER}
EVENTS = st.lists(
    st.tuples(st.sampled_from(list(METRICS)), st.sampled_from("abcdef"), st.integers(0, 100)), max_size=30
)


@given(EVENTS, EVENTS, EVENTS)
def test_laws_of_merging(one, two, three):
    """Workers' rows, in any order and grouping, through the wire, give what one process would have recorded."""
    a, b, c = (sent(fill(Store(), events).take()) for events in (one, two, three))
    whole = picture(fill(Store(), one + two + three))
    assert whole == picture(gathered(a, b, c)) == picture(gathered(c, a, b))
    assert whole == picture(gathered(gathered(a, b).take(), c)) == picture(gathered(a, gathered(b, c).take()))


@given(EVENTS, EVENTS)
def test_take_empties(one, two):
    """What was taken is not there any more, so that nothing is sent twice, and taking from nothing is nothing."""
    store = fill(Store(), one)
    first = store.take()
    assert picture(store) == ([], {})
    assert store.take() == []
    second = fill(store, two).take()
    assert picture(fill(Store(), one + two)) == picture(gathered(first, second))


@given(EVENTS, st.integers(1, 4))
def test_over_the_limit_nothing_is_lost(events, limit):
    """However few leaves are allowed, the totals are those of a store without a limit, and what is lumped is counted."""
    free, tight = fill(Store(), events), fill(Store(limit), events)
    for metric, kind in METRICS.items():
        names = {name for seen, name, _ in events if seen == metric}
        whole = Selector(metric)
        assert contents(free.select(whole, kind)) == contents(tight.select(whole, kind))
        assert (len(names) > limit) == (tight.lumped.get(metric, 0) > 0)
        assert sum(leaf == metric for leaf, _, _ in tight) <= limit + 1


@given(EVENTS, EVENTS, st.integers(1, 4))
def test_the_limit_holds_across_workers(one, two, limit):
    """Merging limited stores into a limited one keeps the totals too, and carries the counts of what was lumped."""
    parts = [fill(Store(limit), events).take() for events in (one, two)]
    master, free = gathered(*map(sent, parts), limit=limit), fill(Store(), one + two)
    for metric, kind in METRICS.items():
        assert contents(free.select(Selector(metric), kind)) == contents(master.select(Selector(metric), kind))
        counted = sum(row[3][0] for part in parts for row in part if row[0] == metric and row[2] == "lumped")
        assert master.lumped.get(metric, 0) >= counted


def test_what_is_one_too_many_keeps_its_phase():
    """A leaf over the limit goes to __other__, in its phase and of its type, so that gates on phases still see it."""
    store = Store(limit=1)
    for name in ("a", "b", "c"):
        tags = tags_of({"name": name, "phase": "surge", "type": "WS", "status": "200"})
        store.leaf("steps", tags, Kind.COUNTER).add(1)
    leaves = [dict(tags) for _, tags, _ in store]
    assert {"name": OTHER, "phase": "surge"} in leaves
    assert len(leaves) == 2
    assert store.lumped == {"steps": 2}


BLIND = [
    ("the whole metric", {}, False),
    ("a phase", {"phase": "surge"}, False),
    ("a name", {"name": "a"}, True),
    ("a name in a phase", {"name": "a", "phase": "surge"}, True),
]


@pytest.mark.parametrize("tags, blind", [row[1:] for row in BLIND], ids=[row[0] for row in BLIND])
def test_blind(tags, blind):
    """Only a selection by a tag that __other__ has lost is blind, and only once something was lumped."""
    store = Store(limit=1)
    selector = Selector("steps", tags_of(tags))
    store.leaf("steps", tags_of({"name": "a"}), Kind.COUNTER)
    assert store.blind(selector) is False
    store.leaf("steps", tags_of({"name": "b"}), Kind.COUNTER)
    assert blind is store.blind(selector)


SELECTORS = [Selector("times"), Selector("times", (("name", "a"),)), Selector("times", (("name", "b*"),))]


@given(EVENTS, EVENTS)
def test_a_watched_selection_is_a_selection(one, two):
    """A view that began early, late, or between is always what selecting now would merge."""
    store = Store()
    early = store.watch(SELECTORS[0], Kind.TREND)
    store.merge(fill(Store(), one).take())
    views = [early, *(store.watch(selector, Kind.TREND) for selector in SELECTORS[1:])]
    store.merge(fill(Store(), two).take())
    for selector, view in zip(SELECTORS, views, strict=True):
        assert contents(store.select(selector, Kind.TREND)) == contents(view)
        assert view is store.watch(selector, Kind.TREND)


def test_run_wide_tags_are_selected_but_not_stored():
    """Every series carries the run's tags, and none spends room on them."""
    store = Store(common={"run_type": "pr"})
    store.leaf("steps", (), Kind.COUNTER).add(2)
    assert contents(store.select(Selector("steps", (("run_type", "pr"),)), Kind.COUNTER)) == [2, 1, 1]
    assert contents(store.select(Selector("steps", (("run_type", "main"),)), Kind.COUNTER)) == [0, 0, 0]
    assert [tags for _, tags, _ in store] == [()]


def test_one_metric_of_two_kinds():
    """A worker that means another kind by a name is a TypeError, not a wrong figure."""
    store = Store()
    store.leaf("steps", (), Kind.COUNTER).add(1)
    other = Store()
    other.leaf("steps", (), Kind.TREND).record(1)
    with pytest.raises(TypeError, match="one metric"):
        store.merge(other.take())
    assert isinstance(store.select(Selector("steps"), Kind.COUNTER), CounterSink)


def test_one_metric_is_read_without_a_look_at_the_others():
    """Its series as they are now: those that were put there as a whole, none that was taken away."""
    store = Store()
    store.leaf("gone", (), Kind.COUNTER).add(1)
    store.take()
    store.put("steps", tags_of({"phase": "a"}), CounterSink(2, 1))
    store.leaf("steps", tags_of({"phase": "b"}), Kind.COUNTER).add(3)
    store.series = Unread(store.series)
    assert {tags: sink.value for tags, sink in store.of("steps")} == {(("phase", "a"),): 2, (("phase", "b"),): 3}
    assert store.counted("steps", phase="a") == 2
    assert [*store.of("gone"), *store.of("never")] == []


class Unread(dict):
    """Series that nobody may look through as a whole."""

    def __iter__(self):
        raise AssertionError("all series were looked through")

    items = keys = values = __iter__


def test_the_phases_of_what_is_one_too_many_are_bounded():
    """So many of them are kept apart, and all others are one; that holds for what another process has lumped, too."""
    store = Store(limit=1)
    for number in range(MOST_LUMPED + 3):
        store.leaf("steps", tags_of({"name": "a", "phase": f"{number:03}"}), Kind.COUNTER).add(1)
    leaves = [dict(tags) for _, tags, _ in store]
    assert len(leaves) == 1 + MOST_LUMPED + 1
    assert {"name": OTHER} in leaves
    assert {"name": OTHER, "phase": f"{MOST_LUMPED:03}"} in leaves
    assert store.lumped == {"steps": MOST_LUMPED + 2}
    assert store.counted("steps") == MOST_LUMPED + 3


@pytest.mark.parametrize("room, count", [(1, 0), (0, 1)], ids=["the last that is kept", "one too many"])
def test_what_was_lumped_elsewhere_takes_a_place_while_there_is_one(room, count):
    """It is counted there, and here only where it is lumped once more."""
    store = Store(limit=1)
    for number in range(1 + MOST_LUMPED - room):
        store.leaf("steps", tags_of({"name": "a", "phase": f"{number:03}"}), Kind.COUNTER)
    before = store.lumped["steps"]
    store.leaf("steps", tags_of({"name": OTHER, "phase": "new"}), Kind.COUNTER)
    assert store.lumped["steps"] - before == count
    assert ({"name": OTHER, "phase": "new"} in [dict(tags) for _, tags, _ in store]) is bool(room)


def test_metrics_are_bounded():
    """As many as there may be are taken; one more is refused, and nothing of it is merged."""
    store, other = Store(), Store()
    for number in range(MOST_METRICS):
        store.leaf(f"m{number}", (), Kind.COUNTER)
    other.leaf("m0", (), Kind.COUNTER).add(1)
    store.merge(other.take())
    other.leaf("m0", (), Kind.COUNTER).add(1)
    other.leaf("one more", (), Kind.COUNTER).add(1)
    with pytest.raises(TypeError, match=f"over {MOST_METRICS:,} metrics"):
        store.merge(other.take())
    assert store.counted("m0") == 1

"""Metrics of one's own."""

import logging

import pytest

from locust_ext.measure import metrics
from locust_ext.measure.metrics import MOST_DECLARED, Counter, Declarations, Gauge, Rate, Trend, check
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import Kind


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    """A process in which nothing has been declared."""
    fresh = Declarations()
    monkeypatch.setattr(metrics, "DECLARED", fresh)
    return fresh


@pytest.fixture
def recorder(declared):
    """A recorder that listens."""
    found = Recorder()
    declared.listen(found)
    return found


def select(recorder, name, kind, **tags):
    """Return the sink of what was recorded."""
    store = Store()
    store.merge(recorder.take())
    return store.select(Selector(name, tags_of(tags)), kind)


CLASSES = [(Trend, Kind.TREND), (Rate, Kind.RATE), (Counter, Kind.COUNTER), (Gauge, Kind.GAUGE)]


@pytest.mark.parametrize("cls, kind", CLASSES, ids=[row[1].value for row in CLASSES])
def test_declaring(declared, recorder, cls, kind):
    """Declaring names the metric for thresholds and records nothing; adding records, with tags."""
    metric = cls("mine")
    assert kind is declared.kinds["mine"]
    assert "mine" in declared.own
    assert recorder.take() == []
    metric.add(1, {"a": "b"})
    sink = select(recorder, "mine", kind, a="b")
    assert sink.to_row() != type(sink)().to_row()


def test_twice_the_same(declared):
    """The same name of the same kind may be declared again, as when a locustfile is loaded twice."""
    Trend("mine")
    Trend("mine")
    assert "mine" in declared.own


CONFLICTS = [("an own one", lambda: Trend("mine"), "mine"), ("a built-in one", lambda: None, "http_req_duration")]


@pytest.mark.parametrize("before, name", [row[1:] for row in CONFLICTS], ids=[row[0] for row in CONFLICTS])
def test_two_kinds(before, name):
    """One name cannot be of two kinds, and the error says which it is."""
    before()
    with pytest.raises(ValueError, match=f"'{name}' is a trend already"):
        Counter(name)


def test_built_in_is_not_own(declared):
    """Declaring a built-in metric again does not make it the locustfile's own."""
    Trend("http_req_duration")
    assert declared.own == set()


def test_too_many(declared):
    """Metrics made in a loop end in an error that says what to do; what was declared before stays usable."""
    for number in range(MOST_DECLARED - len(declared.kinds)):
        Counter(f"m{number}")
    with pytest.raises(ValueError, match="use tags"):
        Counter("one too many")
    assert len(declared.kinds) == MOST_DECLARED
    assert Counter("m0").name == "m0"


def test_nobody_listens(caplog):
    """Without install() a value is lost with one warning, not one for each."""
    metric = Counter("mine")
    with caplog.at_level(logging.WARNING):
        metric.add(1)
        metric.add(1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "install()" in caplog.text


CHECKS = [
    ("all hold", {"a": lambda value: value == 5, "b": lambda value: value}, True, (2, 2)),
    ("one does not", {"a": lambda value: value == 5, "b": lambda value: value > 9}, False, (1, 2)),
    ("one raises", {"a": lambda value: value["x"]}, False, (0, 1)),
    ("none at all", {}, True, (0, 0)),
]


@pytest.mark.parametrize("conditions, every, counts", [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS])
def test_check(recorder, conditions, every, counts):
    """Every condition counts, also after one has failed, and what raises does not hold."""
    assert every is check(5, conditions)
    sink = select(recorder, "checks", Kind.RATE)
    assert counts == (sink.hits, sink.total)


def test_check_carries_its_name_and_tags(recorder):
    """A check is found under its name, with the tags that were given."""
    check(5, {"is five": lambda value: value == 5}, {"team": "feed", "check": "not this"})
    assert select(recorder, "checks", Kind.RATE, check="is five", team="feed").total == 1

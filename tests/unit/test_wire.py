"""Messages between processes: read as a whole or refused as a whole, said once, never raised."""

import logging
import math
from types import SimpleNamespace
from typing import Annotated

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from locust_ext.process.wire import (
    LONGEST_NAME,
    LONGEST_SENTENCE,
    MOST_COUNT,
    MOST_SAID,
    MOST_SECONDS,
    Count,
    Inbox,
    Item,
    Message,
    Moment,
    Name,
    Number,
    Seconds,
    Sentence,
    UnfitError,
)


class IterationQueue(Item):
    """A part with keys of its own."""

    name: Name
    idle: Count = 0


class Hello(Message):
    """A message with a field of each kind."""

    type = "locust_ext.hello"
    run: Name
    number: Number
    asked: Moment
    lasts: Seconds | None
    due: Seconds = Field(alias="in")
    why: Sentence = ""
    lanes: Annotated[tuple[IterationQueue, ...], Field(max_length=3, strict=False)] = ()
    ends: bool = False


GOOD = {"run": "r1", "number": 1, "asked": -2.5, "lasts": 3, "in": 0.5}


def sent(data, sender="w1"):
    """Return what Locust hands to a listener, after its way over the wire."""
    return SimpleNamespace(node_id=sender, data=msgpack.loads(msgpack.dumps(data), raw=False, strict_map_key=False))


class Runner:
    """Keeps what it is told to send."""

    def __init__(self):
        self.sent = []

    def send_message(self, kind, data, **to):
        """Keep a message, as it travels."""
        self.sent.append((kind, msgpack.loads(msgpack.dumps(data), raw=False, strict_map_key=False), to))


@pytest.mark.parametrize("to", [None, "w1"])
def test_what_is_sent_is_read(to):
    """A message comes out as it went in, no matter who it is for."""
    runner = Runner()
    message = Hello(
        run="r1", number=7, asked=1.5, lasts=None, due=0.25, why="so", lanes=(IterationQueue(name="a", idle=2),)
    )
    message.send(runner, to)
    ((kind, data, kept),) = runner.sent
    assert (kind, kept) == (Hello.type, {} if to is None else {"client_id": to})
    assert Hello.of(data) == message


FITS = [
    ("with a key of a newer release", {"colour": "red"}),
    ("whole seconds", {"lasts": 3}),
    ("with parts", {"lanes": [{"name": "a", "idle": 1, "newer": []}]}),
    ("as long a name as there may be", {"run": "x" * LONGEST_NAME}),
]


@pytest.mark.parametrize("change", [row[1] for row in FITS], ids=[row[0] for row in FITS])
def test_what_fits(change):
    """Keys that nobody knows are dropped, the others are kept."""
    assert Hello.of(msgpack.loads(msgpack.dumps(GOOD | change))).number == 1


def test_texts_for_people():
    """They are cut and made printable: a reason that is too long is not a reason to refuse."""
    told = Hello.of(GOOD | {"why": "\x1b[31m" + "x" * 9999}).why
    assert len(told) == LONGEST_SENTENCE
    assert told.isprintable()


MISFITS = [
    ("a number that is 0", {"number": 0}, "number: "),
    ("a number that is negative", {"number": -1}, "number: "),
    ("a number that is a fraction", {"number": 1.5}, "number: "),
    ("a number that is yes", {"number": True}, "number: "),
    ("a number that is text", {"number": "1"}, "number: "),
    ("a number beyond all counting", {"number": MOST_COUNT + 1}, "number: "),
    ("a moment that is none", {"asked": math.nan}, "asked: "),
    ("a moment without end", {"asked": math.inf}, "asked: "),
    ("a moment that is missing", {"asked": None}, "asked: "),
    ("a moment out of all time", {"asked": 2 * MOST_SECONDS}, "asked: "),
    ("negative seconds", {"lasts": -0.1}, "lasts: "),
    ("a run that is a number", {"run": 5}, "run: "),
    ("a run that is bytes", {"run": b"r1"}, "run: "),
    ("a run that is a list", {"run": ["r1"]}, "run: "),
    ("a run with a bell", {"run": "r\a"}, "run: every character must be printable"),
    ("a run that is too long", {"run": "x" * (LONGEST_NAME + 1)}, "run: "),
    ("too many parts", {"lanes": [{"name": "a"}] * 4}, "lanes: "),
    ("parts that are none", {"lanes": {"name": "a"}}, "lanes: "),
    ("a part that does not fit", {"lanes": [{"name": "a"}, {"name": "a", "idle": -1}]}, "lanes.1: "),
    ("a yes that is a number", {"ends": 1}, "ends: "),
]


@pytest.mark.parametrize("change, why", [row[1:] for row in MISFITS], ids=[row[0] for row in MISFITS])
def test_what_does_not_fit(change, why):
    """It is refused as a whole, and the place is told."""
    with pytest.raises(UnfitError) as refused:
        Hello.of(msgpack.loads(msgpack.dumps(GOOD | change), raw=False))
    assert str(refused.value).startswith(why)


@pytest.mark.parametrize("key", GOOD)
def test_a_key_that_is_missing(key):
    """Without a key that it must have a message is refused."""
    with pytest.raises(UnfitError, match=f"^{key}: is missing$"):
        Hello.of({name: value for name, value in GOOD.items() if name != key})


@pytest.mark.parametrize("data", [None, [], "text", 5, math.nan, [["run", "r1"]]])
def test_what_is_no_message_at_all(data):
    """Whatever holds no keys is refused."""
    with pytest.raises(UnfitError, match="it holds no keys"):
        Hello.of(data)


def test_many_mistakes():
    """The first few are told."""
    with pytest.raises(UnfitError, match=r"^run: is missing; number: is missing; asked: is missing; 2 more$"):
        Hello.of({})


def test_nothing_of_it_is_spelled_out():
    """A refusal tells where, never what: that may be a secret."""
    with pytest.raises(UnfitError) as refused:
        Hello.of(GOOD | {"asked": "hunter2", "lanes": [{"name": "hunter2\a", "idle": "hunter2"}]})
    assert "hunter2" not in str(refused.value)


@pytest.fixture
def inbox():
    """An inbox, with its ``doubts`` and what was ``taken``."""
    doubts, taken = [], []
    one = Inbox(doubts.append, named=lambda sender: f"worker {sender}")
    one.doubts, one.taken = doubts, taken
    return one


def take(inbox, message, kind=Hello):
    """Hand a message to the listener that Locust would call."""
    _, listener, _ = inbox.takes(kind, lambda sender, told: inbox.taken.append((sender, told)))
    listener(environment=None, msg=message)


def test_it_is_registered_with_its_type():
    """Locust is told the type, the listener, and whether that runs beside others."""
    inbox = Inbox(print)
    assert [inbox.takes(Hello, print, concurrent=c)[::2] for c in (False, True)] == [(Hello.type, c) for c in (0, 1)]
    assert inbox.takes(Hello, print)[2] is inbox.loads(Hello.type, lambda: (Hello, print))[2] is False


def test_what_fits_is_handed_on(inbox):
    """With its sender."""
    take(inbox, sent(GOOD))
    ((sender, told),) = inbox.taken
    assert (sender, told.run, inbox.doubts) == ("w1", "r1", [])


def test_what_does_not_fit_is_said_once(inbox, caplog):
    """For each sender and type, in the log and to the one that judges; again in the next run."""
    with caplog.at_level(logging.WARNING):
        for sender in ("w1", "w1", "w2", "w1"):
            take(inbox, sent({}, sender))
    said = "a locust_ext.hello message from worker w1 was refused: run: is missing; number: is missing"
    assert [doubt.startswith(said) for doubt in inbox.doubts] == [True, False]
    assert [record.getMessage() for record in caplog.records] == inbox.doubts
    assert inbox.taken == []
    inbox.begin()
    take(inbox, sent({}))
    assert len(inbox.doubts) == 3


def test_a_flood_is_not_said_for_ever(inbox):
    """After some, one sentence stands for all others."""
    for number in range(1000):
        take(inbox, sent({}, f"w{number}"))
    assert len(inbox.doubts) == MOST_SAID + 1
    assert inbox.doubts[-1].startswith("further messages")
    assert len(inbox._said) == MOST_SAID + 1


SENDERS = [None, 5, ["w1"], {"a": 1}, b"w1", "", "x" * 201, "w\x1b[31m"]


@pytest.mark.parametrize("sender", SENDERS, ids=map(repr, SENDERS))
def test_a_sender_without_a_name(inbox, sender):
    """It is refused: nobody could be told apart by it."""
    take(inbox, sent(GOOD, sender))
    assert inbox.taken == []
    assert "message from somebody without a name was refused" in inbox.doubts[0]


def test_a_listener_that_finds_that_a_message_does_not_fit(inbox, caplog):
    """What only shows where it is used is refused all the same."""

    def listens(*_):
        raise UnfitError("rows: one of them is of no metric")

    _, listener, _ = inbox.takes(Hello, listens)
    with caplog.at_level(logging.WARNING):
        listener(msg=sent(GOOD))
    assert inbox.doubts == ["a locust_ext.hello message from worker w1 was refused: rows: one of them is of no metric"]
    assert "Traceback" not in caplog.text


def test_a_listener_that_raises(inbox):
    """It is a fault of ours, and the one that registers it hears of it: see supervised.py."""
    _, listener, _ = inbox.takes(Hello, lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        listener(msg=sent(GOOD))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(0, 9), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "why", "lanes", "ends"]), ANYTHING), ANYTHING)
@pytest.mark.slow
def test_nothing_raises(change, whole):
    """Whatever comes, it is taken as a whole or refused as a whole."""
    for data in (GOOD | change, whole):
        doubts, taken = [], []
        _, listener, _ = Inbox(doubts.append).takes(Hello, lambda *told, kept=taken: kept.append(told))
        listener(msg=sent(data))
        assert len(doubts) + len(taken) == 1
        if taken:
            assert msgpack.dumps(taken[0][1].told())

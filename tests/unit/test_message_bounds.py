"""How large what one process says to another may be, in numbers: what is larger is refused, or cut."""

import pytest
from pydantic import ValidationError

from locust_ext.process.orders import Follows, Hello, Orders, Spawn, run_named
from locust_ext.process.wire import Count, Inbox, Item, Moment, Name, Number, Seconds, Text, UnfitError, printable


class Whole(Item):
    """One field of each kind."""

    name: Name = ""
    text: Text = ""
    count: Count = 0
    number: Number = 1
    seconds: Seconds = 0.0
    moment: Moment = 0.0


BOUNDS = [
    pytest.param("name", "x" * 200, "x" * 201, id="a name"),
    pytest.param("text", "x" * 2000, "x" * 2001, id="a text"),
    pytest.param("count", 10**12, 10**12 + 1, id="a count"),
    pytest.param("count", 0, -1, id="a count of nothing"),
    pytest.param("number", 10**12, 10**12 + 1, id="a number"),
    pytest.param("number", 1, 0, id="the first number"),
    pytest.param("seconds", 1e10, 1.0001e10, id="seconds"),
    pytest.param("seconds", 0.0, -0.0001, id="no seconds"),
    pytest.param("moment", 1e10, 1.0001e10, id="the last moment"),
    pytest.param("moment", -1e10, -1.0001e10, id="the first moment"),
]


@pytest.mark.parametrize("key, fits, is_too_much", BOUNDS)
def test_a_bound(key, fits, is_too_much):
    """As much as fits comes through as it is; a bit more is refused."""
    assert getattr(Whole.of({key: fits}), key) == fits
    with pytest.raises(UnfitError, match=f"^{key}: "):
        Whole.of({key: is_too_much})


def test_a_sentence_is_cut():
    """At two thousand characters, the last of which says so; a shorter one is not touched."""
    assert Follows.of({"run": "a", "refused": "x" * 2000}).refused == "x" * 2000
    assert Follows.of({"run": "a", "refused": "x" * 2001}).refused == "x" * 1999 + "…"


def test_what_is_not_printable():
    """Is replaced, character by character."""
    assert printable("plain, and schön") == "plain, and schön"
    assert printable("a\x1bb\nc") == "a\ufffdb\ufffdc"


def test_three_mistakes_are_told():
    """And how many more there are, if any."""
    wrong = {"name": 1, "text": 1, "count": "x"}
    with pytest.raises(UnfitError) as caught:
        Whole.of(wrong)
    assert str(caught.value).count("; ") == 2
    assert "more" not in str(caught.value)
    with pytest.raises(UnfitError, match=r"; 2 more$"):
        Whole.of({**wrong, "number": 0, "seconds": -1})


def test_twenty_refusals_are_said_one_by_one():
    """Then one for all others."""
    doubts = []
    inbox = Inbox(doubts.append)
    for number in range(30):
        inbox.refuse(f"w{number}", "kind", "why")
    assert len(doubts) == 21
    assert doubts[0] == "a kind message from w0 was refused: why"
    assert doubts[20] == "further messages were refused that are not what they should be"


@pytest.mark.parametrize("sender, is_one", [("x" * 200, True), ("x" * 201, False)])
def test_how_long_a_sender_s_name_may_be(sender, is_one):
    """Longer ones are nobody's."""

    class Sent:
        node_id, data = sender, {}

    doubts = []
    assert (Inbox(doubts.append).read(Hello, Sent()) is not None) is is_one
    assert len(doubts) == (not is_one)


def orders(**changes):
    """Return the orders of a run, changed."""
    return {"id": "a", "host": None, "parts": {}, **changes}


def test_how_many_parts_a_run_has():
    """A hundred, and each by its name."""
    assert len(Orders.of(orders(parts={f"p{number}": {} for number in range(100)})).parts) == 100
    for wrong in ({"parts": {f"p{number}": {} for number in range(101)}}, {"id": ""}, {"parts": {"a": 1}}, {"host": 1}):
        with pytest.raises(UnfitError):
            Orders.of(orders(**wrong))


SPAWN = {"timestamp": 1.0, "user_classes_count": {"User": 1}, "host": None, "stop_timeout": None, "parsed_options": {}}
SPAWNS = [
    pytest.param({"user_classes_count": {"User": 1_000_000}}, True, id="a million users"),
    pytest.param({"user_classes_count": {"User": 1_000_001}}, False, id="more of them"),
    pytest.param({"user_classes_count": {"User": 0}}, True, id="none"),
    pytest.param({"user_classes_count": {"User": -1}}, False, id="fewer than none"),
    pytest.param({"user_classes_count": {f"U{n}": 1 for n in range(1000)}}, True, id="a thousand classes"),
    pytest.param({"user_classes_count": {f"U{n}": 1 for n in range(1001)}}, False, id="more classes"),
    pytest.param({"stop_timeout": 5.0, "host": "http://x"}, True, id="with a host"),
    pytest.param({"timestamp": None}, False, id="without a time"),
]


@pytest.mark.parametrize("change, fits", SPAWNS)
def test_how_many_users_are_asked_for(change, fits):
    """Locust's own message is obeyed as far as it makes sense."""
    if fits:
        assert Spawn.of({**SPAWN, **change}).told() == {**SPAWN, **change}
    else:
        with pytest.raises(UnfitError):
            Spawn.of({**SPAWN, **change})


NAMED = [
    pytest.param({"id": "run-1"}, "run-1", id="a name"),
    pytest.param({"id": "x" * 200}, "x" * 200, id="a long one"),
    pytest.param({"id": "x" * 201}, "", id="one that is too long"),
    pytest.param({"id": "a\x1bb"}, "", id="one that cannot be printed"),
    pytest.param({"id": 5}, "", id="a number"),
    pytest.param({}, "", id="none"),
    pytest.param(["id"], "", id="a list"),
    pytest.param(None, "", id="nothing"),
]


@pytest.mark.parametrize("data, run", NAMED)
def test_the_run_that_unreadable_orders_name(data, run):
    """As far as that can be told."""
    assert run_named(data) == run


def test_what_is_told_does_not_change():
    """Nobody can set a field of what has come."""
    with pytest.raises(ValidationError):
        Whole().count = 1

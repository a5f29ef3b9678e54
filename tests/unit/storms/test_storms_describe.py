"""What is said of a back-off: ranges, the end, the picture and the judgement; and the command around it."""

from __future__ import annotations

import json
import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.commands.backoff import asked, backoff, parse_value, printable
from locust_ext.reports.pages import Herd, herd_page
from locust_ext.storms.backoff import Backoff, Clock, Draw, Hint, HintRule, Order, Reaction, Reset, Timeout
from locust_ext.storms.clients import CLIENTS
from locust_ext.storms.curves import Constant, Exponential, Table
from locust_ext.storms.describe import describe, judgement, nth, picture
from locust_ext.storms.herd import simulate
from locust_ext.storms.jitter import Full, Scaled
from locust_ext.storms.study import span_of, spell, study
from locust_ext.text.problems import ConfigurationError

CAPPED = Backoff(Exponential(1.0), jitter=Scaled(0.5, 1.0), cap=5.0, order=Order.CAP_LAST)
"""As socket.io: spread at first, and from the fifth wait on the cap alone."""


def seen(policy, seed=0):
    return study("mine", "1", "-", policy, span_of(policy), seed)


SAID = [
    ("always the same", Backoff(Constant(2.0)), "1st wait   2 s, always the same"),
    ("a range", Backoff(Constant(2.0), jitter=Scaled.between(0.5, 1.5)), "1st wait   1 s .. 3 s"),
    ("it ends", Backoff(Table((1.0, 2.0), "stop")), "ends        after 2 attempts"),
    ("it ends by its own count", Backoff(Constant(1.0), attempts=3000), "ends        after 3,000 attempts"),
    ("it ends in time", Backoff(Constant(2.0), elapsed=5.0), "ends        after 3 attempts, as 5 s of waiting are over"),
    ("it does not begin", Backoff(Table((), "stop")), "ends        at once: it does not try again"),
    ("it never ends", Backoff(), "ends        never: it tries for ever"),
    (
        "it goes on otherwise",
        Backoff(Constant(1.0), elapsed=3.0, then=Backoff(Constant(9.0))),
        "never; after 3 s of waiting it goes on in another way",
    ),
    ("no timeout", Backoff(), "connecting  no limit of its own"),
    ("a timeout", Backoff(timeout=Timeout(20.0)), "connecting  20 s for one attempt\n"),
    ("a growing timeout", Backoff(timeout=Timeout(10.0, 2.0, 30.0)), "10 s for one attempt, times 2 with each up to 30 s"),
    ("a timeout that follows", Backoff(timeout=Timeout(20.0, at_least_the_wait=True)), "or as long as the wait before"),
    ("its reset", Backoff(reset=Reset.ON_UPTIME, uptime=5.0), "starts again when the connection has lasted for 5 s"),
    ("its clock", Backoff(clock=Clock.ATTEMPT_START), "counted     from the start of the attempt"),
    ("the server's hint", Backoff(hint=Hint(HintRule.AT_LEAST)), "asked for a wait, it waits at least as long as that"),
    ("a cause", Backoff(causes={"close:1000": Reaction.STOP}), "on close:1000 give up"),
    (
        "all the same",
        Backoff(Constant(1.0)),
        "At the worst 1,000 attempts of 1,000 clients arrive within the same 100 ms: all of them wait the same each time",
    ),
    ("a first attempt at one instant", Backoff(Constant(8.0), jitter=Full(), prefix=(Draw(0.0),)), "at one instant, after 0 s, and only later"),
    ("a later wait for everyone", CAPPED, "from the 5th on each wait is exactly 5 s for everyone"),
    ("spread", Backoff(Constant(9.0), jitter=Full()), "and chance spreads every wait."),
    ("hardly spread", Backoff(Constant(2.0), jitter=Scaled.between(0.99, 1.0)), "over 20 ms only."),
    ("nobody", Backoff(Table((), "stop")), "Nobody comes back: the client does not reconnect."),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "text"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
@pytest.mark.slow
def test_says(policy, text):
    assert text in describe(seen(policy)) + "\n"


def test_a_range_is_that_of_the_formula():
    """2,000 draws come within 1 % of both ends, and never beyond: 1.5 s to 2.5 s here."""
    (wait,) = seen(Backoff(Table((2.0,), "stop"), jitter=Scaled.between(0.75, 1.25))).waits

    assert 1.5 <= wait.low < 1.51
    assert 2.49 < wait.high <= 2.5
    assert wait.share == 1


def few(monkeypatch):
    """Have the study look at fewer clients, where it is not about them."""
    monkeypatch.setattr("locust_ext.storms.study.HERD", 50)
    monkeypatch.setattr("locust_ext.storms.study.DRAWS", 100)


def test_the_same_seed_says_the_same(monkeypatch):
    few(monkeypatch)
    assert describe(seen(CAPPED, 3)) == describe(seen(CAPPED, 3))
    assert describe(seen(CAPPED, 3)) != describe(seen(CAPPED, 4))


@pytest.mark.parametrize(
    "policy", [Backoff(Constant(0.37)), Backoff(Table((0.0, 1.0, 4.0))), Backoff(Table((3.0,), "stop"))]
)
def test_one_client_without_chance_stands_for_the_herd(policy):
    assert seen(policy).slots == simulate(policy, 1000, 10.0, Random(1))


def test_a_herd_is_followed_until_its_last_first_attempt():
    """A client that waits 30 s has its peak there, and not none in the first ten."""
    found = seen(Backoff(Constant(30.0)))

    assert found.span == 31
    assert found.peak == 1000
    assert "1,000 attempts" in judgement(found)


def test_json_is_complete_and_finite():
    value = json.loads(json.dumps(seen(CAPPED).as_json(), allow_nan=False))

    assert len(value["waits"]) == 8
    assert value["waits"][7] == {"low": 5.0, "high": 5.0, "share": 1.0}
    assert value["same_for_everyone_from"] == 5
    assert value["connect_timeout"] is None
    assert len(value["attempts_per_100ms"]) == 100
    assert max(value["attempts_per_100ms"]) == value["peak_per_100ms"]


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=100))
def test_the_picture_shows_whatever_is_not_nothing(counts):
    """A column is empty if and only if its count is zero, and the highest one is full."""
    *rows, _, _ = picture(counts)
    columns = ["".join(row[10:].ljust(len(counts))[at] for row in rows) for at in range(len(counts))]

    assert [bool(column.strip()) for column in columns] == [count > 0 for count in counts]
    if max(counts):
        assert columns[counts.index(max(counts))] == "████"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.05, "50 ms"), (1, "1 s"), (1.254, "1.25 s"), (120, "120 s"), (900, "15 min")],
)
def test_spells_seconds(seconds, text):
    assert spell(seconds) == text


def test_counts():
    assert [nth(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102)] == [
        "1st",
        "2nd",
        "3rd",
        "4th",
        "11th",
        "12th",
        "13th",
        "21st",
        "102nd",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("null", None),
        ("[1, 2.5]", [1, 2.5]),
        ('"3"', "3"),
        ("inf", math.inf),
        ("LINEAR", "LINEAR"),
        ("a=b", "a=b"),
        ('{"a": 1}', '{"a": 1}'),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=range(11),
)
def test_reads_values(text, value):
    assert parse_value(text) == value


def test_without_a_client_the_first_word_may_be_an_option(tmp_path):
    question = asked("reconnect.backoff.ms=3", ("a=b=c",), shipped=tmp_path)

    assert question.clients == ()
    assert question.options == {"reconnect.backoff.ms": 3, "a": "b=c"}


WRONG = [
    ("an unknown client", ("constnt", ()), ["no client 'constnt'; did you mean 'constant'?"]),
    ("two unknown clients", ("constnt,tabel", ()), ["'constant'", "'table'"]),
    ("an unknown version", ("constant", (), "7"), ["constant is known in version 1, not in '7'"]),
    ("two wrong options", ("constant", ("dely=1", "jitter=9")), ["dely: constant has no such option; did you mean 'delay'?", "jitter: must be"]),
    ("a word that is not an option", ("constant", ("delay",)), ["delay: is not an option; write it as OPTION=VALUE"]),
    ("a version of several", ("constant,table", (), "1"), ["--version: is for one client"]),
    ("an option that none of several has", ("constant,table", ("dely=1",)), ["none of the clients has such an option; did you mean 'delay'?"]),
    ("a version of nobody", ("", (), "1"), ["--version: belongs to a client, and none is named"]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "sentences"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_mistakes_are_sentences(words, sentences):
    with pytest.raises(ConfigurationError) as caught:
        backoff(asked(*words))
    for sentence in sentences:
        assert sentence in str(caught.value)


def test_several_take_the_options_that_they_have():
    text = backoff(asked("constant,table", ("delay=3", "delays=[7]")))

    assert "1st wait   3 s" in text
    assert "1st wait   7 s" in text


@pytest.mark.long
def test_every_client_can_be_described(monkeypatch):
    """With its defaults, whichever it is, and as JSON too; a herd of fifty says that as well as one of a thousand."""
    few(monkeypatch)
    rows = json.loads(backoff(asked("", ()), as_json=True))

    assert [(row["client"], row["version"]) for row in rows] == [(client.name, client.version) for client in CLIENTS]
    for row in rows:
        found = json.loads(backoff(asked(row["client"], (), row["version"]), as_json=True))
        assert found["version"] == row["version"]
        assert found["judgement"].endswith(".")


def test_a_poor_terminal_gets_what_it_can_show():
    assert printable("█▁ é", "ascii") == "## ?"
    assert printable("█▁ é", "utf-8") == "█▁ é"


def test_the_page_works_offline_and_trusts_no_name():
    page = herd_page([Herd("</script><script>alert(1)</script>", "<b>4", {0: 700, 5: 300})])

    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>4" not in page
    assert "attempts after 1,000 connections dropped at once" in page
    assert "at most 700 in 100 ms" in page
    assert '<script src="http' not in page
    assert len(page) > 1_000_000


def test_several_herds_stand_in_one_page():
    page = herd_page([Herd("one", "1", {0: 1000}), Herd("two", "2", {3: 12})], seconds=30)

    assert "one 1: at most 1,000 in 100 ms" in page
    assert "two 2: at most 12 in 100 ms" in page
    assert "Attempts after 1,000 connections dropped at once" in page

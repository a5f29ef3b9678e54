"""The message to Slack: short, plain, and calling nobody."""

import json
import re
from dataclasses import replace
from functools import cache

import pytest
from examples import FEED, NASTY, OUTCOMES, example, outcome
from examples import compared as make_compared
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.verdict import Verdict
from locust_ext.reports.slack import escape, message

compared = cache(make_compared)

MENTION = re.compile(r"<|>|@(?!\u200b)|&(?!amp;|lt;|gt;)")


def texts(found):
    """Return every text in the message that Slack reads as its own markup."""
    for block in found["blocks"]:
        for part in [block["text"]] if "text" in block else block["elements"]:
            assert part["type"] == "mrkdwn"
            assert part["verbatim"] is True
            yield part["text"]


def check(found):
    """Hold the message against Slack's limits, and look for anything that is more than text."""
    assert set(found) == {"text", "blocks"}
    assert len(found["blocks"]) <= 50
    assert len(json.dumps(found)) < 12_000
    found["text"].encode("utf-8")
    for text in [found["text"], *texts(found)]:
        assert 0 < len(text) <= 3000
        assert not MENTION.search(text)


@given(data=st.data())
def test_message_keeps_the_limits(results, data):
    """Whatever the result, the message is within the limits, and no name is more than text."""
    check(message(data.draw(results)))


@given(sign=st.characters(), count=st.integers(1, 20_000))
def test_long_names_keep_the_limits(sign, count):
    """Names of any length, of any sign, keep the limits too."""
    name = sign * count
    outcomes = (outcome("m{name:x" + name.replace("}", "") + "}", "p(99)<1", "failed", 2.0),) * 9
    tags = {f"{name}{number}": name for number in range(20)}
    verdict = Verdict("failed", 99, name)
    check(message(replace(SMALL, name=name, outcomes=outcomes, tags=tags, started_at=name, verdict=verdict)))


SMALL = example(series=(), findings=())


def test_a_regression():
    """The message tells the name, the verdict, the reason, what got worse, and the tags."""
    found = message(compared())
    check(found)
    head, problems, context = texts(found)
    assert head.startswith("❌ *Load test FAILED*: feed\n1 of 4 thresholds failed: ")
    assert head.endswith("(exit code 99)")
    lines = problems.split("\n")
    assert len(lines) == 5
    assert lines[0].startswith("• http_req_duration{method:GET,name:/hot/:key}: p(99) 103.1 ms, 1.64 times the 62.7 ms")
    assert lines[4] == "• http_req_duration{endpoint:feed}: p(99)&lt;60 failed: 75.50 of 3,000 samples"
    assert context == "git_sha: 0a1b2c3d  ·  run_type: pr  ·  1m  ·  2026-11-24T10:09:00+00:00"
    assert found["text"].startswith("❌ Load test FAILED: feed: 1 of 4 thresholds failed")


def test_problems_beyond_five_are_counted():
    """Five problems are named, the others counted."""
    outcomes = tuple(outcome(f"http_req_failed{{name:/{n}}}", "rate<0.01", "failed", 0.5) for n in range(8))
    _, problems, _ = texts(message(replace(SMALL, outcomes=outcomes)))
    assert problems.count("•") == 5
    assert problems.endswith("\nand 3 more")


WORDS = [("passed", 0, "✅ *Load test PASSED*"), ("inconclusive", 111, "⚠️ *Load test INCONCLUSIVE*")]


@pytest.mark.parametrize("word, code, start", WORDS)
def test_without_problems(word, code, start):
    """A run without problems has two blocks."""
    head, _ = texts(message(replace(SMALL, verdict=Verdict(word, code, "because"))))
    assert head == f"{start}: feed\nbecause (exit code {code})"


ESCAPES = [
    ("plain", "feed", "feed"),
    ("a mention of all", "<!channel>", "&lt;!channel&gt;"),
    ("a mention in words", "@channel", "@\u200bchannel"),
    ("a link", "<http://evil|ok>", "&lt;http://evil|ok&gt;"),
    ("an entity", "&lt;", "&amp;lt;"),
    ("a line break", "a\nb", "a�b"),
    ("right to left", "a\u202eb", "a�b"),
    ("half a surrogate pair", "\ud800", "�"),
    ("too long", "x" * 41, "x" * 39 + "…"),
    ("cut before an entity, not inside", "x" * 37 + "&&", "x" * 37 + "…"),
]


@pytest.mark.parametrize("text, shown", [row[1:] for row in ESCAPES], ids=[row[0] for row in ESCAPES])
def test_escape(text, shown):
    """Slack's signs are escaped, and a long text is cut between two signs."""
    assert shown == escape(text, 40)


@pytest.mark.slow
def test_nasty_names():
    """An endpoint with everything in it is text."""
    found = message(replace(compared(1.5, (NASTY, FEED)), name=NASTY, outcomes=OUTCOMES))
    check(found)
    assert "&lt;script&gt;" in "".join(texts(found))

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
LINK = "https://ci.example.com/runs/7?a=1&b=2"
LINKED = "\n<https://ci.example.com/runs/7?a=1&amp;b=2|The run in CI>"


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


@given(data=st.data())
def test_a_link_keeps_the_limits(results, data):
    """The longest address of the CI run, too, and nothing else is a link."""
    found = message(data.draw(results), "https://ci.example.com/" + "a" * 477)
    head = found["blocks"][0]["text"]["text"]
    assert head.endswith("a|The run in CI>")
    found["blocks"][0]["text"]["text"] = head.rpartition("\n")[0]
    check(found)


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
    assert head == "❌ *Load test FAILED*: feed\n1 of 4 thresholds failed, 4 regressions (exit code 99)"
    lines = problems.split("\n")
    assert len(lines) == 5
    assert lines[0] == "• http_req_duration{endpoint:feed}: p(99)&lt;60 (75.5 ms, limit 60 ms) of 3,000 samples"
    assert lines[1].startswith("• http_req_duration{method:GET,name:/hot/:key}: p(99) 103.1 ms, 1.64 times the 62.")
    assert context == "git_sha: 0a1b2c3d  ·  run_type: pr  ·  1m  ·  2026-11-24T10:09:00+00:00"
    assert found["text"].startswith("❌ Load test FAILED: feed: 1 of 4 thresholds failed")


def broke(count, name="/"):
    """Return a run whose thresholds all failed."""
    outcomes = tuple(outcome(f"http_req_failed{{name:{name}{n}}}", "rate<0.01", "failed", 0.5) for n in range(count))
    return replace(SMALL, outcomes=outcomes, verdict=Verdict("failed", 99, "because"))


def test_all_that_failed_is_named():
    """Each has its value and its limit; what has no room in one section has it in the next."""
    found = message(broke(30))
    check(found)
    head, *sections, _ = texts(found)
    lines = [line for section in sections for line in section.split("\n")]
    assert lines[7] == "• http_req_failed{name:/7}: rate&lt;0.01 (50 %, limit 1 %) of 3,000 samples"
    assert len(lines) == 30
    assert head.endswith("30 of 30 thresholds failed (exit code 99)")


def test_what_has_no_room_is_counted():
    """Of very many with long names the first are named, and how many more there are is said."""
    found = message(broke(100, name="/" + "x" * 300))
    check(found)
    _, *sections, last, _ = texts(found)
    named = sum(section.count("•") for section in sections)
    assert 5 <= named < 100
    assert last == f"and {100 - named} more"


def test_the_run_in_ci():
    """The address of the CI run is a link below the reason; without one there is none."""
    assert (
        message(broke(1), LINK)["blocks"][0]["text"]["text"] == message(broke(1))["blocks"][0]["text"]["text"] + LINKED
    )
    assert "CI" not in json.dumps(message(broke(1)))


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

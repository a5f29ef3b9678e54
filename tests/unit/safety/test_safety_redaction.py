"""What must not be seen: users of URLs, values of queries, values of variables that are called secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.safety.redaction import HIDDEN, Redaction

KNOWN = Redaction(("s3cr3t-token",))

ROWS = [
    ("a plain name", "/communities/:id/posts", "/communities/:id/posts"),
    ("a token in a query", "/feed?token=abc123xyz", "/feed?token=***"),
    ("a word in a query may be one", "/feed?q=CANARY", "/feed?q=***"),
    ("short numbers stay", "/feed?limit=20&page=2", "/feed?limit=20&page=2"),
    ("what stands for a value stays", "/feed?user=:id&x={y}&z=true", "/feed?user=:id&x={y}&z=true"),
    ("several values", "/a?limit=20&key=abcdef&sig=1a2b", "/a?limit=20&key=***&sig=***"),
    ("a long number", "/a?pin=123456789", "/a?pin=***"),
    ("a user and a password", "https://bob:hunter2@example.com/x", "https://***@example.com/x"),
    ("a password with an @ in it", "https://bob:hunt@er2@example.com/x", "https://***@example.com/x"),
    ("a token as user", "https://abc@example.com", "https://***@example.com"),
    ("a known secret anywhere", "Bearer s3cr3t-token!", "Bearer ***!"),
    (
        "within a selector",
        "http_req_duration{name:/a?token=abcdefg}: p(95)<400",
        "http_req_duration{name:/a?token=***}: p(95)<400",
    ),
    ("an address is no user", "mail bob@example.com", "mail bob@example.com"),
]


@pytest.mark.parametrize("text, expected", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_text(text, expected):
    """Hidden where it may be a secret, kept where it cannot."""
    assert KNOWN.text(text) == expected


@given(st.text(st.sampled_from("ab1?&=;:/@ *.,{}"), max_size=40))
def test_text_is_idempotent(text):
    """What has been redacted stays as it is."""
    once = KNOWN.text(text)
    assert KNOWN.text(once) == once


ENVIRONMENT = {
    "LOAD_TEST_TOKEN": "token-0123456789",
    "MY_API_KEY": "key-0123456789",
    "SLACK_LOAD_WEBHOOK": "https://hooks.example.com/services/T0/B0/xyz",
    "DB_PASSWORD": "short",
    "PATH": "/usr/local/bin",
    "MINE": "named-0123456789",
}


def test_of_an_environment():
    """Variables that say so, and those that are named; not short values, not the others."""
    found = set(Redaction.of(ENVIRONMENT, ["MINE", "ABSENT"]).secrets)
    assert found == {ENVIRONMENT[name] for name in ("LOAD_TEST_TOKEN", "MY_API_KEY", "SLACK_LOAD_WEBHOOK", "MINE")}


def test_a_secret_that_holds_another_is_hidden_whole():
    """The longest goes first, so that no rest of it is left."""
    assert Redaction.of({"A_TOKEN": "abcdefgh", "B_TOKEN": "abcdefgh-ijkl"}).text("abcdefgh-ijkl") == HIDDEN


def test_store():
    """Series that become alike are merged, and nothing is lost."""
    store = Store(common={"url": "https://bob:hunter2@example.com"})
    for token in ("abcdefg", "hijklmn"):
        store.leaf("http_reqs", tags_of({"name": f"/a?token={token}"}), Kind.COUNTER).add(2)
    clean = KNOWN.store(store)
    assert [(tags, sink.value) for _, tags, sink in clean] == [((("name", "/a?token=***"),), 4)]
    assert clean.common == {"url": "https://***@example.com"}


def test_selector():
    """A selection of redacted series."""
    assert str(KNOWN.selector(Selector("m", (("name", "/a?token=abcdefg"),)))) == "m{name:/a?token=***}"

"""The mark of synthetic traffic, on plain dictionaries: set on what goes to the host under test, taken off elsewhere."""

import pytest

from locust_ext.safety.options import TenantOptions
from locust_ext.safety.origin import Origins
from locust_ext.safety.tenant import TenantHeaders, mark_for

HOST, ELSEWHERE = "https://feed.example.com/a", "https://evil.org/a"
ORIGINS = Origins.of(["https://feed.example.com"])
PLAIN = TenantHeaders("x-synthetic-tenant", "true", ORIGINS)
SIGNED = TenantHeaders("x-synthetic-tenant", "true", ORIGINS, "Bearer secret")
MARKED = {"x-synthetic-tenant": "true"}
BOTH = {**MARKED, "Authorization": "Bearer secret"}

ROWS = [
    ("to the host it is set", PLAIN, HOST, {}, MARKED),
    ("with the token", SIGNED, HOST, {}, BOTH),
    ("an own authorization stays", SIGNED, HOST, {"Authorization": "mine"}, {**MARKED, "Authorization": "mine"}),
    (
        "even an empty authorization is the locustfile's own",
        SIGNED,
        HOST,
        {"Authorization": ""},
        {**MARKED, "Authorization": ""},
    ),
    ("other headers stay", PLAIN, HOST, {"Accept": "*/*"}, {**MARKED, "Accept": "*/*"}),
    ("another value is replaced", PLAIN, HOST, {"x-synthetic-tenant": "no"}, MARKED),
    ("elsewhere nothing is set", SIGNED, ELSEWHERE, {}, {}),
    ("elsewhere it is taken off, as after a redirect", SIGNED, ELSEWHERE, BOTH, {}),
    ("elsewhere an own authorization stays", SIGNED, ELSEWHERE, {"Authorization": "x"}, {"Authorization": "x"}),
    ("elsewhere without a token", PLAIN, ELSEWHERE, BOTH, {"Authorization": "Bearer secret"}),
]


@pytest.mark.parametrize("mark, url, before, after", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_stamp(mark, url, before, after):
    """The mark is there exactly on requests to the host under test, and stamping twice changes nothing more."""
    headers = dict(before)
    mark.stamp(url, headers)
    assert after == headers
    mark.stamp(url, headers)
    assert after == headers


TOKENS = [
    ("none", None, ""),
    ("one", "secret", "Bearer secret"),
    ("blanks", "  ", ""),
    ("a line end", "s\n", "Bearer s"),
]


@pytest.mark.parametrize("token, authorization", [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS])
def test_the_token_comes_from_the_environment(monkeypatch, token, authorization):
    """The token is read from the variable that the options name, if it is set."""
    monkeypatch.delenv("LOAD_TEST_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("LOAD_TEST_TOKEN", token)
    assert authorization == mark_for(TenantOptions(), ["https://feed.example.com"]).authorization


@pytest.mark.parametrize("token", ["a\nb", "schlüssel", "a\x01b"], ids=["two lines", "umlaut", "control"])
def test_a_token_that_cannot_be_sent(monkeypatch, token):
    """It is refused in a sentence that names the variable and does not show the token."""
    monkeypatch.setenv("LOAD_TEST_TOKEN", token)
    with pytest.raises(ValueError, match="LOAD_TEST_TOKEN") as caught:
        mark_for(TenantOptions(), [])
    assert token not in str(caught.value)


def test_the_token_is_in_no_text_of_the_mark():
    """Printing a mark shows no secret."""
    assert "secret" not in repr(SIGNED)

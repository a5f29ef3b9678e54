"""Where a request of a browser comes from: from our own pages, or from another site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.web.strangers import is_foreign

HERE = "http://load-box:8089/"
PUBLIC = "https://load.example.com"

REQUESTS = [
    ("curl", None, None, False),
    ("our own page", "http://load-box:8089", "same-origin", False),
    ("our own page without TLS, where browsers say less", "http://load-box:8089", None, False),
    ("in capitals", "HTTP://Load-Box:8089", None, False),
    ("typed by somebody", None, "none", False),
    ("our own page, which hides where it is", "null", "same-origin", False),
    ("the public origin", PUBLIC, "same-origin", False),
    ("the public origin, from an older browser", f"{PUBLIC}:443", None, False),
    ("another site", "https://evil.example", "cross-site", True),
    ("another site, from an older browser", "https://evil.example", None, True),
    ("another site that is silent of its origin", None, "cross-site", True),
    ("a neighbour", "https://wiki.example.com", "same-site", True),
    ("a neighbour that is silent of its origin", None, "same-site", True),
    ("another port", "http://load-box:8090", "same-site", True),
    ("another port, from an older browser", "http://load-box:8090", None, True),
    ("another scheme", "https://load-box:8089", None, True),
    ("a proxy that ended TLS", "https://load-box:8089", "same-origin", False),
    ("a file, or a frame in a sandbox", "null", "cross-site", True),
    ("the same, from an older browser", "null", None, True),
    ("one of the two says that it is foreign", "https://evil.example", "same-origin", True),
    ("the other says so", "http://load-box:8089", "cross-site", True),
    ("a word that nobody knows", "http://load-box:8089", "sibling", True),
    ("nothing", "", None, True),
    ("two", "http://load-box:8089, https://evil.example", None, True),
    ("a name that begins alike", "http://load-box:8089.evil.example", None, True),
    ("a name in the place of a user", "http://load-box:8089@evil.example", None, True),
    ("the public one with another scheme", "http://load.example.com", None, True),
]


@pytest.mark.parametrize("origin, site, foreign", [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_where_it_comes_from(origin, site, foreign):
    """Either header is enough to refuse, and both together never make a stranger one of us."""
    assert is_foreign(origin, site, HERE, PUBLIC) is foreign


def test_the_public_origin_is_foreign_until_it_is_named():
    """Behind a proxy that hides the name under which it was reached, nobody can know it."""
    assert is_foreign(PUBLIC, "same-origin", HERE)
    assert not is_foreign(PUBLIC, "same-origin", "http://load.example.com/"), "a proxy that hands the name on"


@given(st.text(), st.sampled_from([None, "none", "same-origin"]))
def test_any_origin(origin, site):
    """No text but our own two, and a hidden one of our own page, passes."""
    known = {"http://load-box:8089", PUBLIC, "null"}
    assert is_foreign(origin, site, HERE, PUBLIC) or origin.lower().startswith(tuple(known))


def test_a_host_that_is_none():
    """Anyone who sends a Host that leads nowhere cannot be of there."""
    assert is_foreign("http://x", None, "http:///")
    assert not is_foreign(None, None, "http:///")

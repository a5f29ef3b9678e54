"""Where a request goes: scheme, host and port, and nothing less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.origin import Origins, origin_of

ORIGINS = [
    ("http", "http://host/a?b#c", ("http", "host", 80)),
    ("https", "https://host", ("https", "host", 443)),
    ("a port", "http://host:8080/", ("http", "host", 8080)),
    ("the default port written out", "https://host:443/", ("https", "host", 443)),
    ("capital letters", "HTTP://HOST/", ("http", "host", 80)),
    ("a WebSocket counts with HTTP", "ws://host/ticks", ("http", "host", 80)),
    ("a secure WebSocket counts with HTTPS", "wss://host/ticks", ("https", "host", 443)),
    ("an IPv6 address", "http://[::1]:8080/", ("http", "::1", 8080)),
    ("a user is not the host", "http://host@evil/", ("http", "evil", 80)),
    ("no scheme", "//host/", None),
    ("a path", "/feed", None),
    ("another scheme", "ftp://host/", None),
    ("no host", "http:///feed", None),
    ("a port that is none", "http://host:x/", None),
    ("a port that is too large", "http://host:99999/", None),
    ("half an IPv6 address", "http://[::1/", None),
    ("nothing", "", None),
]


@pytest.mark.parametrize("url, origin", [row[1:] for row in ORIGINS], ids=[row[0] for row in ORIGINS])
def test_origin(url, origin):
    """An origin is scheme, host and port, or there is none."""
    assert origin == origin_of(url)


HOST = Origins.of(["https://feed.example.com", None, ""])
COVERS = [
    ("its root", "https://feed.example.com", True),
    ("a path", "https://feed.example.com/a", True),
    ("its port", "https://feed.example.com:443/a", True),
    ("its WebSockets", "wss://feed.example.com/ticks", True),
    ("capital letters", "https://FEED.example.com/a", True),
    ("another scheme", "http://feed.example.com/a", False),
    ("another port", "https://feed.example.com:8443/a", False),
    ("a longer name", "https://feed.example.com.evil.org/a", False),
    ("a longer name without a path", "https://feed.example.comevil", False),
    ("a shorter name", "https://example.com/", False),
    ("the host as a user", "https://feed.example.com@evil.org/", False),
    ("the host as user and password", "https://feed.example.com:443@evil.org/", False),
    ("a backslash", "https://feed.example.com\\@evil.org/", False),
    ("the host in the path", "https://evil.org/https://feed.example.com/", False),
    ("a path alone", "/a", False),
]


@pytest.mark.parametrize("url, covered", [row[1:] for row in COVERS], ids=[row[0] for row in COVERS])
def test_covers(url, covered):
    """Only a URL of the same origin goes to the host under test."""
    assert covered is HOST.covers(url)


def test_without_hosts_nothing_is_covered():
    """Where no host is known, no URL is the host under test."""
    assert not Origins.of([None, ""]).covers("https://feed.example.com/")
    assert not Origins.of(["demo"]).covers("demo/")


def test_a_host_with_a_user():
    """A host with a user covers its origin, with and without the user."""
    origins = Origins.of(["http://me:secret@host:81/base"])
    assert origins.covers("http://me:secret@host:81/a")
    assert origins.covers("http://host:81/a")
    assert not origins.covers("http://me:secret@other:81/a")


@given(st.text(), st.text())
def test_the_short_cut_is_no_loophole(host, url):
    """For any text, being covered means being of the same origin, and nothing is raised."""
    for start in ("", "http://", "http://h", "https://h:1/"):
        covered = Origins.of([host, "http://h", "https://h:1"]).covers(start + url)
        origins = {origin_of(host), ("http", "h", 80), ("https", "h", 1)} - {None}
        assert covered is (origin_of(start + url) in origins)


def test_what_urls_of_a_host_begin_with():
    """A host with a user in it has no beginning: its URLs are read, and so are those of what is none."""
    origins = Origins.of(["https://a.test/v1", "https://bob@b.test", "ftp://c.test", "http://D.test:81", None])
    assert origins.beginnings == ("http://D.test:81/", "https://a.test/")
    assert origins.beginning_of("https://a.test/v2?x=1") == "https://a.test/"
    assert origins.beginning_of("https://b.test/") == origins.beginning_of("https://bob@b.test/") == ""
    assert [origins.covers(f"{host}/x") for host in ("https://b.test", "http://d.test:81", "http://d.test")] == [
        True,
        True,
        False,
    ]

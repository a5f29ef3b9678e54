"""Who may scrape: the token in every way that Prometheus sends it, and what this machine is."""

from __future__ import annotations

import base64

import pytest

from locust_ext.exports.options import PrometheusOptions
from locust_ext.exports.scrape_access import is_local, is_loopback, is_token, token_of

TOKEN = "s3cr:et-ü".replace("ü", "u")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


GIVEN = [
    ("a bearer", f"Bearer {TOKEN}", True),
    ("in other capitals", f"bEARER   {TOKEN} ", True),
    ("a password of anyone", basic(f"prometheus:{TOKEN}"), True),
    ("a password of nobody", basic(f":{TOKEN}"), True),
    ("nothing", "", False),
    ("the token alone", TOKEN, False),
    ("another one", "Bearer other", False),
    ("its beginning", f"Bearer {TOKEN[:-1]}", False),
    ("an empty one", "Bearer ", False),
    ("another scheme", f"Digest {TOKEN}", False),
    ("as a user name", basic(f"{TOKEN}:"), False),
    ("not base64", "Basic %%%", False),
    ("not UTF-8", "Basic " + base64.b64encode(b"\xff\xfe:x").decode(), False),
    ("without a colon", basic("abc"), False),
    ("half a character", "Bearer \ud800", False),
    ("a megabyte", "Bearer " + "x" * 1_000_000, False),
]


@pytest.mark.parametrize("given, is_it", [row[1:] for row in GIVEN], ids=[row[0] for row in GIVEN])
def test_the_token(given, is_it):
    assert is_token(given, TOKEN) is is_it


TOKENS = [
    ("nothing configured", None, {}, None),
    ("no token", PrometheusOptions(), {}, None),
    ("a token", PrometheusOptions(token_env="T"), {"T": " abc\n"}, "abc"),
    ("not set", PrometheusOptions(token_env="T"), {}, ValueError),
    ("empty", PrometheusOptions(token_env="T"), {"T": "  "}, ValueError),
    ("two lines", PrometheusOptions(token_env="T"), {"T": "a\nb"}, ValueError),
    ("not ASCII", PrometheusOptions(token_env="T"), {"T": "ä"}, ValueError),
]


@pytest.mark.parametrize("options, environment, token", [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS])
def test_the_token_that_is_configured(options, environment, token):
    if token is ValueError:
        with pytest.raises(ValueError, match=r"^\$T ") as caught:
            token_of(options, environment)
        assert not any(value.strip() in str(caught.value) for value in environment.values() if value.strip())
    else:
        assert token_of(options, environment) == token


HERE = {"Host": "127.0.0.1:8089"}
LOCAL = [
    ("Prometheus on this machine", "127.0.0.1", HERE, "HTTP/1.1", True),
    ("by its name", "127.0.0.1", {"Host": "localhost:8089"}, "HTTP/1.1", True),
    ("by IPv6", "::1", {"Host": "[::1]:8089"}, "HTTP/1.1", True),
    ("IPv4 in IPv6", "::ffff:127.0.0.1", HERE, "HTTP/1.1", True),
    ("a browser's own address line", "127.0.0.1", {**HERE, "Sec-Fetch-Site": "none"}, "HTTP/1.1", True),
    ("another machine", "10.0.0.7", HERE, "HTTP/1.1", False),
    ("no address, as over a socket file", "", HERE, "HTTP/1.1", False),
    ("through a proxy that says so", "127.0.0.1", {**HERE, "X-Forwarded-For": "10.0.0.7"}, "HTTP/1.1", False),
    ("through one that says this machine", "127.0.0.1", {**HERE, "X-Forwarded-For": "127.0.0.1"}, "HTTP/1.1", False),
    ("through one that says it in the new way", "127.0.0.1", {**HERE, "Forwarded": "for=1.2.3.4"}, "HTTP/1.1", False),
    ("through one that says its own name", "127.0.0.1", {**HERE, "Via": "1.1 caddy"}, "HTTP/1.1", False),
    ("through nginx as it ships", "127.0.0.1", HERE, "HTTP/1.0", False),
    ("through one that keeps the name", "127.0.0.1", {"Host": "load.example.com"}, "HTTP/1.1", False),
    ("a name that leads here", "127.0.0.1", {"Host": "evil.example.com:8089"}, "HTTP/1.1", False),
    ("a page of another site", "127.0.0.1", {**HERE, "Origin": "https://evil.example.com"}, "HTTP/1.1", False),
    ("an image of one", "127.0.0.1", {**HERE, "Sec-Fetch-Site": "cross-site"}, "HTTP/1.1", False),
    ("no name", "127.0.0.1", {}, "HTTP/1.1", False),
    ("a name that is none", "127.0.0.1", {"Host": "[::1"}, "HTTP/1.1", False),
]


@pytest.mark.parametrize("address, headers, protocol, is_it", [row[1:] for row in LOCAL], ids=[row[0] for row in LOCAL])
def test_this_machine(address, headers, protocol, is_it):
    assert is_local(address, headers, protocol) is is_it


@pytest.mark.parametrize(
    "address, is_it",
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("x", False)],
)
def test_loopback(address, is_it):
    assert is_loopback(address) is is_it

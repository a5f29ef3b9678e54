"""User classes that mark their requests by themselves, without the plugin."""

from __future__ import annotations

import contextlib
import time

import pytest
from locust import FastHttpUser, HttpUser, User
from locust.clients import HttpSession
from locust.contrib.fasthttp import LocustUserAgent
from locust.env import Environment
from requests import Response

from locust_ext.clients.synthetic_tenant import SyntheticTenant
from locust_ext.safety.middleware import read_keys, verify
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.tenant import tenants_of

HOST, ELSEWHERE = "https://feed.example.com", "https://evil.example.org"
KEYS = "2026-01:a secret of sixteen"


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """Return the headers of what is sent by URL; there is neither a key nor a token."""
    for name in ("LOAD_TEST_KEY", "LOAD_TEST_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    found = {}

    def send(_session, request, **_):
        found[request.url] = dict(request.headers)
        answer = Response()
        answer.status_code, answer.request, answer._content = 200, request, b""
        return answer

    def urlopen(_agent, request):
        found[request.url] = dict(request.headers.items())
        raise ConnectionRefusedError

    monkeypatch.setattr(HttpSession, "send", send)
    monkeypatch.setattr(LocustUserAgent, "_urlopen", urlopen)
    return found


def made(base, **attributes):
    """Return a user of a class that marks its requests."""
    return type("FeedUser", (SyntheticTenant, base), {"host": HOST, **attributes})(Environment())


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_its_requests_are_marked(sent, base):
    """Each one to its host, and none elsewhere; by the name and the value of the class."""
    user = made(base, tenant_header="X-Load-Test", tenant_value="feed")
    for url in (f"{HOST}/a", f"{HOST}/b", f"{ELSEWHERE}/a"):
        with contextlib.suppress(ConnectionRefusedError):
            user.client.get(url)
    assert sent[f"{HOST}/a"]["X-Load-Test"] == sent[f"{HOST}/b"]["X-Load-Test"] == "feed"
    assert "X-Load-Test" not in sent[f"{ELSEWHERE}/a"]


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_another_user_is_not(sent, base):
    """The mark is a matter of one client, not of its class."""
    made(base)
    other = type("Other", (base,), {"host": HOST})(Environment())
    with contextlib.suppress(ConnectionRefusedError):
        other.client.get("/a")
    assert "x-synthetic-tenant" not in sent[f"{HOST}/a"]


def test_the_headers_of_a_handshake(monkeypatch):
    """With the token, to its host alone."""
    monkeypatch.setenv("LOAD_TEST_TOKEN", "s3cr3t")
    user = made(User)
    assert user.tenant_headers(f"{HOST}/ticks") == {"x-synthetic-tenant": "true", "Authorization": "Bearer s3cr3t"}
    assert user.tenant_headers(f"{ELSEWHERE}/ticks") == {}


def test_where_token_and_key_come_from(monkeypatch):
    """From the variables that the class names; what the key has signed names the host."""
    monkeypatch.setenv("MY_TOKEN", "s3cr3t")
    monkeypatch.setenv("MY_KEY", KEYS)
    user = made(User, token_env="MY_TOKEN", key_env="MY_KEY")
    headers = user.tenant_headers(f"{HOST}/ticks")
    assert headers["Authorization"] == "Bearer s3cr3t"
    verify(
        headers["x-synthetic-tenant"], "feed.example.com", read_keys(KEYS), time.time()
    )  # which raises, unless it is signed


def test_a_client_of_another_kind_is_left_alone():
    """There is nothing that could be marked, and nothing fails."""
    client = object()
    assert made(User, client=client).client is client


def test_how_requests_are_marked():
    """By the configuration, and by user classes themselves; the others have nothing to say."""
    mine = type("Mine", (SyntheticTenant, User), {"tenant_header": "X-Mine", "abstract": True})
    configured = TenantOptions(header="X-Configured")
    assert [options.header for options in tenants_of([User, mine], configured)] == ["X-Configured", "X-Mine"]
    assert [options.header for options in tenants_of([mine, User])] == ["X-Mine"]
    assert tenants_of([User]) == []

"""The door of FastHttpUser: its turn comes with its connection, and its agent learns the mark."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from geventhttpclient.connectionpool import ConnectionPool
from locust.contrib.fasthttp import LocustUserAgent
from requests.structures import CaseInsensitiveDict

from locust_ext.clients.fasthttp import stamp
from locust_ext.safety.middleware import read_keys, verify
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.tenant import BAGGAGE, mark_for
from tests.unit.clients.door_stand_ins import HEADER, HOST, STEPS, request

NOW = 1_900_000_000.0
KEYS = "2026-01:a secret of sixteen"
FEED, SHOP = "https://feed.example.com", "http://shop.example.com:8443"
MEMBER = "synthetic-tenant=true"


@pytest.fixture
def key(monkeypatch):
    """There is a key, and no token."""
    monkeypatch.setenv("LOAD_TEST_KEY", KEYS)
    monkeypatch.delenv("LOAD_TEST_TOKEN", raising=False)


def signed(hosts=(FEED,), run="nightly-7"):
    return mark_for(TenantOptions(), list(hosts), run, NOW)


def holding(mark):
    """Return what holds a mark, and learns nothing."""
    return SimpleNamespace(mark=mark, learn=lambda _: None)


def test_a_fast_session(doors, guard, stubs, calls):
    """Its turn is taken with its connection: it needs another one to send the same request again."""
    STEPS["all"](doors, guard)
    agent = SimpleNamespace(default_headers=CaseInsensitiveDict())
    assert LocustUserAgent._urlopen(agent, request()) == "answer"
    assert calls == [("open", f"{HOST}/a", {HEADER: "true"})]
    for _ in range(2):
        ConnectionPool.get_socket(None)
    assert calls[1:] == ["turn", "socket", "turn", "socket"]


class Agent:
    """Geventhttpclient's agent, as far as the mark is concerned: default headers, and requests that have them."""

    def __init__(self, marks):
        self.default_headers = CaseInsensitiveDict()
        self.sent = []
        self._urlopen = stamp(marks, lambda agent, request: agent.sent.append(dict(request.headers)))

    def get(self, url, headers=None):
        """Send one request, and return its headers as they went out."""
        merged = CaseInsensitiveDict({**self.default_headers, **(headers or {})})
        self._urlopen(self, SimpleNamespace(url=url, headers=merged))
        return self.sent[-1]


def run_of(headers, host="feed.example.com"):
    """Return the run for which a request's header verifies."""
    return verify(headers[HEADER], host, read_keys(KEYS), NOW).run


@pytest.mark.usefixtures("key")
def test_a_fast_agent():
    """From its first request on each carries the mark of its host, once, and none goes elsewhere."""
    holder = holding(signed([FEED, SHOP]))
    agent = Agent(holder)
    for _ in range(3):
        assert run_of(agent.get(f"{FEED}/a")) == "nightly-7"
        assert agent.get(f"{FEED}/a", {BAGGAGE: "user=7"})[BAGGAGE] == f"user=7,{MEMBER}"
        assert run_of(agent.get(f"{SHOP}/a"), "shop.example.com:8443") == "nightly-7"
        assert agent.get("https://evil.com/", {"Accept": "*/*"}) == {"Accept": "*/*"}
        assert agent.get("https://feed.example.com@evil.com/") == {}
        assert run_of(agent.get("HTTPS://feed.example.com/a")) == "nightly-7"


@pytest.mark.usefixtures("key")
def test_a_fast_agent_learns_the_next_mark():
    """When it was signed again, the next request carries the new one; without a mark nothing is touched."""
    holder = holding(signed())
    agent = Agent(holder)
    agent.get(f"{FEED}/a")
    holder.mark = signed(run="nightly-8")
    assert run_of(agent.get(f"{FEED}/a")) == "nightly-8"
    assert run_of(agent.get(f"{FEED}/a")) == "nightly-8"
    holder.mark = None
    assert agent.get(f"{FEED}/a", {HEADER: "own"})[HEADER] == "own"


def test_a_host_that_was_learned_on_the_way_is_answered_too():
    """The request goes out with the mark, and what came back is handed on."""
    marks = {"before": mark_for(TenantOptions(), [HOST]), "after": mark_for(TenantOptions(), [HOST, SHOP])}
    holder = SimpleNamespace(mark=marks["before"])

    def learn(_):
        holder.mark = marks["after"]
        return holder.mark

    holder.learn = learn
    agent = SimpleNamespace(default_headers=CaseInsensitiveDict())
    request = SimpleNamespace(url=f"{SHOP}/a", headers=CaseInsensitiveDict())
    assert stamp(holder, lambda _, sent: dict(sent.headers))(agent, request) == {"x-synthetic-tenant": "true"}

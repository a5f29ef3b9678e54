"""Trace context of a process: what stands where while a run has it, and that nothing does where it has not."""

from __future__ import annotations

import pytest
import websocket
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from locust.env import Environment

from locust_ext.clients.lean.agent import LeanAgent
from locust_ext.clients.lean.heads import Head
from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.trace_places import PLACES
from locust_ext.clients.tracing import TraceIntent, TraceTold, Tracing
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.trace_options import TraceOptions

HOST = "http://shop.example.com"

WAY = [
    *((owner, name) for owner, name, _ in PLACES),
    (HttpSession, "send"),
    (HttpSession, "request"),
    (LocustUserAgent, "_urlopen"),
    (FastHttpSession, "request"),
    (LeanSession, "request"),
    (LeanSession, "_plain"),
    (LeanAgent, "_urlopen"),
    (Head, "fill"),
    (websocket._core, "handshake"),
]


@pytest.fixture
def tracing():
    """Return the part of a process; it leaves after the test."""
    found = Tracing(Environment(host=HOST), Recorder(), lambda url: False)
    yield found
    found.let_go()


def _standing(tracing):
    """Return all that a request and its event meet, down to whether a class has it of its own."""
    recorder = tracing._recorder
    own = {(owner, name): (vars(owner).get(name), getattr(owner, name)) for owner, name in WAY}
    listeners = list(tracing._environment.events.request._handlers)
    kinds = type(recorder.traces.durations("GET", "/", 200, "")), dict(vars(recorder.open)), dict(vars(recorder.errors))
    return own, listeners, kinds


@pytest.mark.parametrize("options", [None, TraceOptions(share=0.0)], ids=["absent", "a share of 0"])
def test_without_it_all_is_as_it_was(tracing, options):
    """The very same functions, lists and listeners."""
    before = _standing(tracing)
    told = tracing.orders(TraceIntent(options))
    assert told is None
    tracing.follow(told, "run")
    assert _standing(tracing) == before


def test_with_it_something_stands_at_each_place(tracing):
    """And goes with the run; a second run finds it as the first did."""
    before = _standing(tracing)
    for _ in range(2):
        tracing.follow(tracing.orders(TraceIntent(TraceOptions())), "run")
        during = _standing(tracing)
        assert all(during[0][owner, name] != before[0][owner, name] for owner, name, _ in PLACES)
        assert during[1] == before[1], "no listener"
        tracing.leave()
        assert _standing(tracing) == before


def test_a_run_without_it_after_one_that_had_it(tracing):
    """Also where the first was never left."""
    before = _standing(tracing)
    tracing.follow(TraceTold(share=0.5, sampled=True, origins=()), "first")
    tracing.follow(None, "second")
    assert _standing(tracing) == before


def test_what_every_process_is_told(tracing):
    """It travels as it is: a worker reads it from lists."""
    told = tracing.orders(TraceIntent(TraceOptions(share=0.1, sampled=False), ("https://login.example.com",)))
    assert tracing.reads().of({**told.told(), "origins": list(told.origins)}) == told


ORIGINS = [
    pytest.param(f"{HOST}/a", True, id="the host"),
    pytest.param(f"{HOST}:80/a", True, id="with its port"),
    pytest.param("HTTP://SHOP.example.com/a", True, id="in capitals"),
    pytest.param("https://login.example.com/", True, id="an origin of the configuration"),
    pytest.param("ws://shop.example.com/feed", True, id="a WebSocket of it"),
    pytest.param("https://shop.example.com/a", False, id="another scheme"),
    pytest.param("http://shop.example.com.evil.com/a", False, id="a longer name"),
    pytest.param("http://shop.example.com@evil.com/a", False, id="a name of a user"),
    pytest.param("http://shop.example.com:8080/a", False, id="another port"),
    pytest.param("", False, id="none"),
]


@pytest.mark.parametrize("url, covered", ORIGINS)
def test_where_traces_go(tracing, monkeypatch, url, covered):
    """To the hosts of the test alone."""
    seen = []
    monkeypatch.setattr(
        "locust_ext.clients.trace_places.PLACES", ((Head, "fill", lambda tracer, fill: seen.append(tracer)),)
    )
    tracing.follow(TraceTold(share=1.0, sampled=True, origins=("https://login.example.com",)), "run")
    headers = {}
    seen[0].begin(url, headers)
    assert bool(headers) is covered


def test_a_host_that_only_a_user_knows(monkeypatch):
    """It is asked for what goes to none of the others."""
    seen, asked = [], []
    monkeypatch.setattr(
        "locust_ext.clients.trace_places.PLACES", ((Head, "fill", lambda tracer, fill: seen.append(tracer)),)
    )
    tracing = Tracing(Environment(host=HOST), Recorder(), lambda url: asked.append(url) or url.startswith("http://own"))
    tracing.follow(TraceTold(share=1.0, sampled=True, origins=()), "run")
    for url in (f"{HOST}/a", "http://own.example.com/", "http://evil.com/"):
        headers = {}
        seen[0].begin(url, headers)
        assert bool(headers) is (url != "http://evil.com/")
    assert asked == ["http://own.example.com/", "http://evil.com/"]
    tracing.let_go()

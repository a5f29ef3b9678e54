"""The doors through which requests leave: every request passes them, and afterwards nothing of them is left."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import requests
import websocket
from geventhttpclient.connectionpool import ConnectionPool
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from requests.structures import CaseInsensitiveDict
from urllib3.util.retry import Retry

from locust_ext.safety.guard import Blocked
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.tenant import mark_for
from tests.unit.clients.door_stand_ins import EVIL, HEADER, HOST, MARK, STEPS, Acks, request, send, shake, standing

STORIES = list(itertools.product(STEPS, repeat=3))


@pytest.mark.parametrize("story", STORIES, ids="-".join)
def test_what_stood_there_stands_there_again(doors, guard, environment, story):
    """In whatever order they are opened and closed: closed at last, each place holds the very thing that it held."""
    before = standing(environment)
    for step in story:
        STEPS[step](doors, guard)
    doors.close()
    after = standing(environment)
    assert all(before[place] is after[place] for place in before)
    assert (doors.mark, doors.guard, doors.acks) == (None, None, None)
    doors.close()
    assert all(before[place] is value for place, value in standing(environment).items())


OPENED = {
    "bare": {
        (HttpSession, "send"),
        (requests.Session, "send"),
        (LocustUserAgent, "_urlopen"),
        (websocket._core, "connect"),
        (websocket._core, "handshake"),
    },
}
OPENED["mark"] = OPENED["bare"]
OPENED["acks"] = OPENED["mark"] | {(HttpSession, "request"), (FastHttpSession, "request")}
OPENED["waits"] = OPENED["bare"] | {
    (HttpSession, "_build_url"),
    (FastHttpSession, "_build_url"),
    (Retry, "sleep"),
    (ConnectionPool, "get_socket"),
}
OPENED["all"] = OPENED["acks"] | OPENED["waits"]
OPENED["late"] = {"fire"}
OPENED["close"] = set()


@pytest.mark.parametrize("step", STEPS)
def test_only_where_they_are_needed(doors, guard, environment, step):
    """They stand where this run needs them, and leave the rest of the process as fast as it was."""
    before = standing(environment)
    STEPS[step](doors, guard)
    changed = {place for place, value in standing(environment).items() if value is not before[place]}
    assert changed == OPENED[step]


def test_who_begins_a_request_takes_its_turn(doors, guard):
    """Where requests may have to wait, and once the passage has closed; not before a run, nor after it."""
    turns = []
    steps = (
        lambda: doors.open(mark=None, guard=guard, waits=True),
        lambda: doors.open(mark=None, guard=guard),
        doors.shut,
        doors.close,
        doors.shut,
    )
    for step in steps:
        step()
        turns.append(doors.admission.begun.turn)
    assert turns == [doors.admission.prepay, None, doors.admission.prepay, None, None]


def test_opening_again_stands_there_once(doors, guard, stubs, calls):
    """A second run does not pass through the doors of the first."""
    for _ in range(3):
        STEPS["all"](doors, guard)
    send(HttpSession)
    assert calls.count("turn") == 1


def test_the_guard_comes_first(doors, guard, stubs, calls):
    """What must not leave takes no turn, and is an error that users expect of their client."""
    STEPS["all"](doors, guard)
    with pytest.raises(requests.ConnectionError, match=r"if http://evil\.com is not production") as caught:
        send(HttpSession, f"{EVIL}/a")
    assert caught.value.request.url == f"{EVIL}/a"
    with pytest.raises(Blocked):
        LocustUserAgent._urlopen(SimpleNamespace(default_headers={}), request(f"{EVIL}/a"))
    with pytest.raises(Blocked):
        shake("ws://evil.com/feed")
    assert calls == []


def test_without_a_cap_nobody_takes_a_turn(doors, guard, stubs, calls):
    """Then the doors only look where requests go."""
    STEPS["bare"](doors, guard)
    send(HttpSession)
    LocustUserAgent._urlopen(None, request())
    shake()
    assert [call[0] for call in calls] == ["send", "open", "connect", "shake"]


def test_the_turn_comes_before_the_clock(doors, guard, stubs, calls):
    """Locust's clients make the URL before their clock starts: there is the turn, and the request takes no other."""
    STEPS["waits"](doors, guard)
    for session in (HttpSession, FastHttpSession):
        client = SimpleNamespace(base_url=HOST, user=None)
        assert session._build_url(client, "/a") == f"{HOST}/a"
        assert calls == ["turn"]
        if session is HttpSession:
            send(HttpSession)
        else:
            ConnectionPool.get_socket(None)
        assert calls.count("turn") == 1
        calls.clear()


def test_answers_are_looked_at(doors, guard, monkeypatch):
    """Those of both clients, and they reach their callers."""
    for session in (HttpSession, FastHttpSession):
        monkeypatch.setattr(session, "request", lambda client, method, url, name=None: (method, url, name))
    acks = Acks()
    doors.open(mark=MARK, guard=guard, acks=acks)
    for session in (HttpSession, FastHttpSession):
        assert session.request(None, "GET", "/a", name="a") == ("GET", "/a", "a")
    assert acks.seen == [("GET", "/a", "a")] * 2


def test_an_event_is_told_without_the_wait(doors, guard, stubs, environment):
    """What a request waited in the middle of its measurement is not the target's; the next event is as it is."""
    heard = []
    environment.events.request.add_listener(lambda **event: heard.append(event))
    STEPS["waits"](doors, guard)

    def ask(seconds):
        HttpSession._build_url(SimpleNamespace(base_url=HOST, user=None), "/a")
        send(HttpSession)
        doors.admission.late = seconds
        send(HttpSession)  # a redirect
        doors.admission.late = 0.0
        environment.events.request.fire(name="/a", response_time=1000.0, request_type="GET")

    for seconds in (0.0, 0.25, 0.0):
        ask(seconds)
    assert [event["response_time"] for event in heard] == [1000.0, 750.0, 1000.0]
    assert all(
        event == {"name": "/a", "request_type": "GET", "response_time": event["response_time"]} for event in heard
    )


OTHER = "http://127.0.0.1:7777"
LEARNED = [
    ("where its client sends", SimpleNamespace(client=SimpleNamespace(base_url=OTHER)), f"{OTHER}/a", True),
    ("its own host, without such a client", SimpleNamespace(host=OTHER), f"{OTHER}/a", True),
    ("another port", SimpleNamespace(host=OTHER), "http://127.0.0.1:7778/a", False),
    ("a login elsewhere", SimpleNamespace(host=HOST), f"{OTHER}/login", False),
    ("no host at all", SimpleNamespace(), f"{OTHER}/a", False),
    ("a host that is not text", SimpleNamespace(host=7), f"{OTHER}/a", False),
]


@pytest.mark.parametrize("user, url, marked", [row[1:] for row in LEARNED], ids=[row[0] for row in LEARNED])
def test_a_host_that_only_a_user_knows_is_marked(doors, guard, stubs, calls, environment, user, url, marked):
    """Requests of a user to its own host carry the mark, and those to other places do not."""
    doors.open(mark=MARK, guard=guard)
    doors.mark_too = lambda host: mark_for(TenantOptions(header=HEADER, token_env="", key_env=""), [HOST, host])
    agent = SimpleNamespace(default_headers=CaseInsensitiveDict())

    def both(_):
        send(HttpSession, url)
        LocustUserAgent._urlopen(agent, request(url))
        shake(url.replace("http", "ws"))

    environment.runner.user_greenlets.spawn(both, user).get(timeout=5)
    seen = [call[2] or {} for call in calls if call[0] in ("send", "open", "shake")]
    assert [HEADER in headers for headers in seen] == [marked] * 3
    assert HEADER not in send_headers(doors, calls, "http://127.0.0.1:1/x")


def send_headers(doors, calls, url):
    """Return the headers of one more request, of nobody."""
    calls.clear()
    send(HttpSession, url)
    return calls[-1][2]

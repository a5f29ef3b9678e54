"""The doors through which requests leave: every request passes them, and afterwards nothing of them is left."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import gevent
import pytest
import requests
import websocket
from gevent.pool import Group
from geventhttpclient.connectionpool import ConnectionPool
from greenlet import greenlet as bare_greenlet
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from locust.event import EventHook
from requests.structures import CaseInsensitiveDict
from urllib3.util.retry import Retry

from locust_ext.measure.recorder import Recorder
from locust_ext.safety.admission import PAID, Admission
from locust_ext.safety.guard import Blocked, Guard, Targets
from locust_ext.safety.interceptors import Interceptors, _take_off
from locust_ext.safety.options import SafetyOptions, TenantOptions
from locust_ext.safety.origin import Origins
from locust_ext.safety.tenant import TenantHeaders, mark_for

HOST, EVIL = "http://shop.example.com", "http://evil.com"
HEADER = "x-synthetic-tenant"
MARK = TenantHeaders(HEADER, "true", Origins.of([HOST]))

PLACES = [
    (HttpSession, "send"),
    (HttpSession, "request"),
    (HttpSession, "_build_url"),
    (requests.Session, "send"),
    (FastHttpSession, "request"),
    (FastHttpSession, "_build_url"),
    (LocustUserAgent, "_urlopen"),
    (ConnectionPool, "get_socket"),
    (Retry, "sleep"),
    (websocket._core, "connect"),
    (websocket._core, "handshake"),
]


class Acks:
    """Looks at answers."""

    def __init__(self):
        self.seen = []

    def look(self, response):
        self.seen.append(response)


@pytest.fixture
def calls():
    """Return what happened at the doors, in order."""
    return []


class Turns(Admission):
    """An admission that lets everything pass, and tells what it was asked."""

    def __init__(self, calls):
        super().__init__(Recorder())
        self._calls = calls
        self.late = 0.0
        """For how long each turn seems to have waited."""

    def turn(self, user=None):
        self._calls.append("turn")
        return self.late


@pytest.fixture
def environment():
    """Return an environment as far as doors are concerned."""
    return SimpleNamespace(events=SimpleNamespace(request=EventHook()), runner=SimpleNamespace(user_greenlets=Group()))


@pytest.fixture
def guard():
    """Return a guard who knows one host of production."""
    rules = SafetyOptions.model_validate({"production": {"go_ahead_for": "shop.example.com"}})
    return Guard(Targets.of([HOST], rules), lambda _: None)


@pytest.fixture
def stubs(monkeypatch, calls):
    """Let what lies behind the doors only tell what comes through; ``stubs.inside`` happens meanwhile."""
    inside = SimpleNamespace(inside=lambda: None)

    def send(session, request, **options):
        calls.append(("send", request.url, dict(request.headers)))
        inside.inside()
        return "answer"

    def urlopen(agent, request):
        calls.append(("open", request.url, dict(request.headers)))
        return "answer"

    def handshake(sock, url, *address, **options):
        calls.append(("shake", url, options.get("header")))
        return "answer"

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setattr(LocustUserAgent, "_urlopen", urlopen)
    monkeypatch.setattr(websocket._core, "connect", lambda url, *_: (calls.append(("connect", url)), (url,)))
    monkeypatch.setattr(websocket._core, "handshake", handshake)
    monkeypatch.setattr(Retry, "sleep", lambda retry, response=None: calls.append("pause"))
    monkeypatch.setattr(ConnectionPool, "get_socket", lambda pool: calls.append("socket"))
    return inside


@pytest.fixture
def doors(environment, calls, monkeypatch):  # it closes before the patches are undone
    """Return doors, and close them after the test."""
    setattr(gevent.getcurrent(), PAID, False)
    found = Interceptors(environment, Turns(calls))
    yield found
    found.close()
    setattr(gevent.getcurrent(), PAID, False)


def standing(environment):
    """Return what stands at each place, down to whether a class has it of its own."""
    found = {(owner, name): vars(owner).get(name) for owner, name in PLACES}
    return {**found, "fire": vars(environment.events.request).get("fire")}


STEPS = {
    "close": lambda doors, guard: doors.close(),
    "bare": lambda doors, guard: doors.open(mark=None, guard=guard),
    "mark": lambda doors, guard: doors.open(mark=MARK, guard=guard),
    "waits": lambda doors, guard: doors.open(mark=None, guard=guard, waits=True),
    "acks": lambda doors, guard: doors.open(mark=MARK, guard=guard, acks=Acks()),
    "all": lambda doors, guard: doors.open(mark=MARK, guard=guard, acks=Acks(), waits=True),
    "late": lambda doors, guard: doors.admission.on_late(),
}
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


def request(url=f"{HOST}/a", **headers):
    return SimpleNamespace(url=url, headers=CaseInsensitiveDict(headers))


def send(session=requests.Session, url=f"{HOST}/a"):
    """Send one request below the clock, as redirects are."""
    return session.send(SimpleNamespace(user=None), request(url))


def shake(url="ws://shop.example.com/feed", **options):
    """Connect and shake hands, as websocket-client does for each connection and each redirect."""
    connection, _ = websocket._core.connect(url, None, None, None)
    return websocket._core.handshake(connection, url, "host", 80, "/feed", **options)


def test_a_session_of_a_user(doors, guard, stubs, calls):
    """The turn comes before the request, which carries the mark; another origin's does not."""
    STEPS["all"](doors, guard)
    assert send(HttpSession) == "answer"
    assert send(HttpSession, "http://localhost:1/") == "answer"
    assert calls == [
        *("turn", ("send", f"{HOST}/a", {HEADER: "true"})),
        *("turn", ("send", "http://localhost:1/", {})),
    ]


def test_the_guard_comes_first(doors, guard, stubs, calls):
    """What must not leave takes no turn, and is an error that users expect of their client."""
    STEPS["all"](doors, guard)
    with pytest.raises(requests.ConnectionError, match=r"http://evil\.com counts as production") as caught:
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


def test_a_fast_session(doors, guard, stubs, calls):
    """Its turn is taken with its connection: it needs another one to send the same request again."""
    STEPS["all"](doors, guard)
    agent = SimpleNamespace(default_headers=CaseInsensitiveDict())
    assert LocustUserAgent._urlopen(agent, request()) == "answer"
    assert calls == [("open", f"{HOST}/a", {HEADER: "true"})]
    for _ in range(2):
        ConnectionPool.get_socket(None)
    assert calls[1:] == ["turn", "socket", "turn", "socket"]


def test_a_websocket(doors, guard, stubs, calls):
    """Its handshake takes a turn, and carries the mark beside the headers of its own, as pairs or as lines."""
    STEPS["all"](doors, guard)
    for own in (None, {"Accept": "*/*"}, ["Accept: */*"]):
        assert shake(**({} if own is None else {"header": own})) == "answer"
    marked = {HEADER: "true"}
    assert [call[2] for call in calls if call[0] == "shake"] == [marked, *[{"Accept": "*/*", **marked}] * 2]
    assert calls.count("turn") == 3


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


def test_a_retry_of_the_client_takes_a_turn(doors, guard, stubs, calls):
    """One that urllib3 makes by itself within a request; a pause of others does not."""
    STEPS["waits"](doors, guard)
    Retry().sleep()
    assert calls == ["pause"]
    calls.clear()
    stubs.inside = lambda: Retry().sleep()
    send(HttpSession)
    assert [call for call in calls if isinstance(call, str)] == ["turn", "pause", "turn"]
    calls.clear()
    Retry().sleep()
    assert calls == ["pause"], "the request has ended"


def test_a_retry_after_a_request_that_failed(doors, guard, stubs, calls):
    """What ended in an error is over, too."""

    def fail():
        raise OSError("broken")

    STEPS["waits"](doors, guard)
    stubs.inside = fail
    with pytest.raises(OSError, match="broken"):
        send(HttpSession)
    calls.clear()
    Retry().sleep()
    assert calls == ["pause"]


def as_user(environment, function):
    """Run ``function`` in a user's greenlet and return what it returned."""
    return environment.runner.user_greenlets.spawn(function).get(timeout=5)


def test_a_plain_session_of_a_user(doors, guard, stubs, calls, environment):
    """It is watched and takes turns, and carries no mark: what it is for is not known."""
    STEPS["all"](doors, guard)

    def plain():
        send()
        with pytest.raises(requests.ConnectionError, match="counts as production"):
            send(url=f"{EVIL}/a")

    as_user(environment, plain)
    assert [call for call in calls if call != "turn"] == [("send", f"{HOST}/a", {})]
    assert calls[0] == "turn"


def test_a_plain_session_that_was_blocked_has_taken_no_turn(doors, guard, stubs, calls, environment):
    """First comes the guard, then the turn, at each door."""
    STEPS["all"](doors, guard)

    def plain():
        with pytest.raises(requests.ConnectionError):
            send(url=f"{EVIL}/a")

    as_user(environment, plain)
    assert calls == []


def test_a_plain_session_of_a_stranger(doors, guard, stubs, calls):
    """An exporter, a listener: neither watched nor held back."""
    STEPS["all"](doors, guard)
    assert send(url=f"{EVIL}/a") == "answer"
    assert calls == [("send", f"{EVIL}/a", {})]


def test_who_is_a_users(doors, environment):
    """A user's own greenlet is, and whatever it has started, and what that has started; a stranger is not."""
    deeper = [
        doors.is_users,
        lambda: gevent.spawn(doors.is_users).get(timeout=5),
        lambda: gevent.spawn(lambda: gevent.spawn(doors.is_users).get(timeout=5)).get(timeout=5),
    ]
    for ask in deeper:
        assert as_user(environment, ask) is True
        assert gevent.spawn(ask).get(timeout=5) is False
    assert doors.is_users() is False
    assert bare_greenlet(doors.is_users).switch() is False


class Generation:
    """A greenlet, as far as its parent is concerned."""

    def __init__(self, parent):
        self.spawning_greenlet = lambda: parent


def descendant(ancestor, generations):
    """Return the last of a chain of children."""
    for _ in range(generations):
        ancestor = Generation(ancestor)
    return ancestor


def endless():
    """Return a greenlet that is its own parent."""
    one = Generation(None)
    one.spawning_greenlet = lambda: one
    return one


LINES = [
    ("a child whose parent nobody remembers", lambda user: Generation(None), False),
    ("a child", lambda user: descendant(user, 1), True),
    ("many generations", lambda user: descendant(user, 31), True),
    ("more than anybody asks", lambda user: descendant(user, 32), False),
    ("a circle", lambda user: endless(), False),
]


@pytest.mark.parametrize("make, is_users", [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_lines_of_descent(doors, environment, monkeypatch, make, is_users):
    """Parents are asked whose child they are, until one is a user's, is gone, or it has been enough."""
    user = Generation(None)
    environment.runner.user_greenlets = {user}
    with monkeypatch.context() as patch:
        patch.setattr(gevent, "getcurrent", lambda: make(user))
        found = doors.is_users()
    assert found is is_users


def test_a_user_that_is_only_finishing_is_one(doors, environment, monkeypatch):
    """It is counted no more, and its requests are a user's all the same."""
    user = Generation(None)
    environment.runner.user_greenlets, environment.locust_ext_finishing = set(), {user}
    with monkeypatch.context() as patch:
        patch.setattr(gevent, "getcurrent", lambda: user)
        found = doors.is_users()
    assert found


TIMES = [
    ("a part", 100.0, 0.04, 60.0),
    ("all of it", 100.0, 0.1, 0.0),
    ("more than it took", 100.0, 9.0, 0.0),
    ("nothing", 100.0, 0.0, 100.0),
    ("without a time", None, 1.0, None),
]


@pytest.mark.parametrize("before, seconds, after", [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_take_off(before, seconds, after):
    """The wait is taken off in milliseconds, and never makes a time negative."""
    event = {"response_time": before, "name": "/a"}
    _take_off(event, seconds)
    assert event == {"response_time": pytest.approx(after) if after is not None else None, "name": "/a"}
    empty = {}
    _take_off(empty, seconds)
    assert empty == {}


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


def test_an_event_fired_backwards(doors, guard, environment):
    """Whatever else Locust's event can be given reaches it, also while we stand there."""
    heard = []
    for n in (1, 2):
        environment.events.request.add_listener(lambda n=n, **_: heard.append(n))
    doors.admission.on_late()
    environment.events.request.fire(reverse=True, name="/a")
    assert heard == [2, 1]


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


def test_locusts_own_greenlets_take_no_turn(doors, environment):
    """What hears the master calls listeners; what those start is on its own."""
    environment.runner.greenlet = Group()
    assert not doors.admission.is_locusts()
    hearing = environment.runner.greenlet.spawn(
        lambda: (doors.admission.is_locusts(), gevent.spawn(doors.admission.is_locusts).get())
    )
    assert hearing.get(timeout=5) == (True, False)

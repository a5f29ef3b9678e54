"""Trace context as servers see it: three clients and WebSockets, over real sockets."""

from __future__ import annotations

import re

import gevent
import pytest
import requests
from locust import HttpUser

from locust_ext.clients.doors import DOORS
from locust_ext.clients.trace_places import PLACES
from locust_ext.clients.tracer import trace_of_open
from locust_ext.clients.tracing import TraceTold
from locust_ext.safety.admission import Admission
from locust_ext.safety.guard import Guard, Targets
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.options import SafetyOptions
from locust_ext.safety.origin import Origins
from locust_ext.safety.tenant import TenantHeaders
from tests.unit.clients.traced_server import HTTP_USERS, WEB_SOCKET, Server, Stage

pytestmark = pytest.mark.sockets

ALL = {"share": "100%"}
SHAPE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01")
THEIRS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def other():
    """Return a server of another origin."""
    found = Server()
    yield found
    found.stop()


@pytest.fixture
def server(other):
    """Return the server under test, which leads to the other one, too."""
    found = Server(elsewhere=other.url)
    yield found
    found.stop()


@pytest.fixture
def stage(server):
    """Return a function that sets the stage with some options; it is cleared after the test."""
    stages = []

    def made(options=ALL):
        stages.append(Stage(server, options))
        return stages[-1]

    with gevent.Timeout(30):
        yield made
    for one in stages:
        one.close()


clients = pytest.mark.parametrize("kind", HTTP_USERS, ids=lambda kind: kind.__name__)


@clients
def test_each_request_carries_a_trace_of_its_own(kind, stage, server):
    """Of version 00, sampled, and the report knows the same ids, slowest first."""
    setting = stage()
    client = setting.user(kind).client
    for number in range(4):
        assert client.get("/ok", name=f"/{number}").status_code == 200
    client.post("/ok", data="a body", name="/post")
    assert all(SHAPE.fullmatch(asked.traceparent) for asked in server.asked)
    assert len({asked.trace_id for asked in server.asked}) == 5
    told = setting.told()
    assert {one["trace_id"] for one in told} == {asked.trace_id for asked in server.asked}
    assert [one["duration"] for one in told] == sorted((one["duration"] for one in told), reverse=True)
    assert {(one["method"], one["status"]) for one in told} == {("GET", "200"), ("POST", "200")}


@clients
def test_unsampled(kind, stage, server):
    """The flag says that nobody needs to record it."""
    stage({"share": "100%", "sampled": False}).user(kind).client.get("/ok")
    (asked,) = server.asked
    assert asked.traceparent.endswith("-00")


@clients
@pytest.mark.parametrize("options", [None, {"share": "0%"}], ids=["absent", "0 %"])
def test_off(kind, options, stage, server):
    """No request carries anything, and nothing is told."""
    setting = stage(options)
    client = setting.user(kind).client
    for path in ("/ok", "/fail", "/here", "/away"):
        client.get(path)
    assert not any(asked.traceparent for asked in server.asked)
    assert setting.told() == []
    assert not any(kind.get("traces") for kind in setting.recorder.take_errors())


@clients
def test_a_redirect_of_the_same_origin_stays_in_the_trace(kind, stage, server):
    """Each hop has a span of its own."""
    setting = stage()
    assert setting.user(kind).client.get("/here").status_code == 200
    first, second = server.asked
    assert first.trace_id == second.trace_id
    assert first.span != second.span
    assert [one["trace_id"] for one in setting.told()] == [first.trace_id]


@clients
def test_a_request_that_left_without_stays_without(kind, stage, server):
    """No trace begins in the middle, at a redirect."""
    setting = stage(None)
    gaps = iter([2] * len(PLACES))
    setting.follow_by(lambda: next(gaps, 10**9))
    list(gaps)
    client = setting.user(kind).client
    client.get("/here")
    assert [asked.traceparent for asked in server.asked] == [None, None]
    client.get("/ok")
    assert server.asked[-1].traceparent


@clients
def test_a_redirect_elsewhere_loses_the_trace(kind, stage, server, other):
    """What is ours goes nowhere else; the report knows the request by it nevertheless."""
    setting = stage()
    assert setting.user(kind).client.get("/away").status_code == 200
    (asked,) = server.asked
    assert SHAPE.fullmatch(asked.traceparent)
    assert [one.traceparent for one in other.asked] == [None]
    assert [one["trace_id"] for one in setting.told()] == [asked.trace_id]


@clients
def test_a_request_elsewhere_carries_none(kind, stage, server, other):
    """It is none of the test's."""
    setting = stage()
    setting.user(kind).client.get(f"{other.url}/ok")
    assert [one.traceparent for one in other.asked] == [None]
    assert setting.told() == []


@clients
@pytest.mark.parametrize("where", ["request", "session"])
@pytest.mark.parametrize("name", ["traceparent", "TraceParent"])
@pytest.mark.parametrize("share", ["100%", "0.000001%"])
def test_what_the_user_says_stays(kind, where, name, share, stage, server, other):
    """Its own header goes where it says, and is what the report knows, whatever the share: of each request."""
    setting = stage({"share": share})
    user = setting.user(kind, default_headers={name: THEIRS} if where == "session" else {})
    if where == "session" and hasattr(user.client, "headers"):
        user.client.headers[name] = THEIRS
    given = {"headers": {name: THEIRS}} if where == "request" else {}
    for path in ("/ok", "/here", "/away", "/cut"):
        user.client.get(path, **given)
    user.client.post("/post", "a body", **given)
    assert {asked.traceparent for asked in (*server.asked, *other.asked)} == {THEIRS}
    told = {(one["name"], one["trace_id"]) for one in setting.told()}
    assert told == {(path, THEIRS.split("-")[1]) for path in ("/ok", "/here", "/away", "/cut", "/post")}


@clients
def test_failures_keep_their_trace(kind, stage, server):
    """Three of a kind at most; the first answer has its own."""
    setting = stage()
    setting.recorder.errors.witness = None
    client = setting.user(kind).client
    for _ in range(5):
        client.get("/fail")
    (told,) = setting.recorder.take_errors()
    assert told["count"] == 5
    assert told["traces"] == [asked.trace_id for asked in server.asked[:3]]


@clients
def test_a_connection_that_is_cut(kind, stage, server):
    """There is no answer, and yet the trace is known that the server saw."""
    setting = stage()
    client = setting.user(kind).client
    client.get("/cut")
    (told,) = setting.recorder.take_errors()
    assert told["traces"] == [server.asked[0].trace_id]
    (slow,) = setting.told()
    assert (slow["trace_id"], slow["status"]) == (server.asked[0].trace_id, "")


@clients
def test_one_that_never_comes_back(kind, stage, server):
    """It is told as lost when the run ends, with its age."""
    setting = stage()
    user = setting.user(kind)
    sending = gevent.spawn(user.client.get, "/never")
    gevent.sleep(0.1)
    assert setting.told() == []
    (told,) = setting.told(ends=True)
    sending.kill()
    (asked,) = server.asked
    assert (told["trace_id"], told["lost"], told["name"], told["status"]) == (asked.trace_id, True, "/never", "")
    assert told["duration"] >= 90


@clients
def test_one_whose_user_is_killed(kind, stage, server):
    """It is lost at once."""
    setting = stage()
    sending = gevent.spawn(setting.user(kind).client.get, "/never")
    gevent.sleep(0.1)
    sending.kill()
    (told,) = setting.told()
    assert (told["trace_id"], told["lost"]) == (server.asked[0].trace_id, True)


@clients
def test_what_user_code_has_not_reported_yet(kind, stage, server):
    """The request within the block is not taken for the one around it."""
    setting = stage()
    client = setting.user(kind).client
    with client.get("/ok", name="/outer", catch_response=True) as outer:
        client.get("/ok", name="/inner")
        outer.failure("no")
    told = {one["name"]: one["trace_id"] for one in setting.told()}
    assert told == {"/outer": server.asked[0].trace_id, "/inner": server.asked[1].trace_id}
    (kind_,) = setting.recorder.take_errors()
    assert kind_["traces"] == [server.asked[0].trace_id]


@clients
@pytest.mark.parametrize("path", ["/ok", "/fail"])
def test_one_without_a_trace_within_one_that_has_one(kind, path, stage, server):
    """It is not told under the trace of the one around it, though that is open meanwhile."""
    setting = stage(None)
    gaps = iter([1] * len(PLACES))
    setting.follow_by(lambda: next(gaps, 10**9))
    list(gaps)
    client = setting.user(kind).client
    with client.get("/ok", name="/outer", catch_response=True) as outer:
        client.get(path, name="/inner")
        outer.success()
    assert [asked.traceparent is None for asked in server.asked] == [False, True]
    assert [one["name"] for one in setting.told()] == ["/outer"]
    assert not any(one.get("traces") for one in setting.recorder.take_errors())


@clients
def test_the_request_of_a_response_tells_what_was_sent(kind, stage, server):
    """So that user code can write it down."""
    response = stage().user(kind).client.get("/ok")
    assert response.request.headers["traceparent"] == server.asked[0].traceparent


@clients
def test_a_body_that_looks_like_one(kind, stage, server, other):
    """What is not a header is not taken for one."""
    response = stage().user(kind).client.post(f"{other.url}/ok", data=f"a\r\ntraceparent: {THEIRS}\r\n\r\n")
    assert "traceparent" not in response.request.headers


@clients
def test_a_share(kind, stage, server):
    """Some carry one, the others nothing at all."""
    setting = stage({"share": "20%"})
    client = setting.user(kind).client
    for _ in range(200):
        client.get("/ok")
    carried = [asked.trace_id for asked in server.asked if asked.traceparent]
    assert 15 <= len(carried) <= 70
    assert {one["trace_id"] for one in setting.told()} <= set(carried)


@clients
def test_what_leaves_beside_it_is_the_same(kind, stage, server):
    """But for the trace, the request is as without it."""
    for options in (None, ALL):
        setting = stage(options)
        setting.user(kind).client.post("/ok", json={"a": 1}, headers={"X-Team": "feed"})
        setting.close()
    bare, traced = (asked.headers for asked in server.asked)
    assert {name: value for name, value in traced.items() if name != "traceparent"} == bare


def test_a_web_socket(stage, server):
    """Its handshake carries one, each time another."""
    setting = stage()
    user = setting.user(WEB_SOCKET, headers={"X-Team": "feed"})
    user.connect()
    user.disconnect()
    user.connect()
    first, second = server.asked
    assert SHAPE.fullmatch(first.traceparent)
    assert first.trace_id != second.trace_id
    assert first.headers["x-team"] == "feed"
    assert {one["trace_id"] for one in setting.told()} == {first.trace_id, second.trace_id}


def test_a_web_socket_with_a_trace_of_the_user(stage, server):
    """It stays, and is what the report knows."""
    setting = stage({"share": "0.000001%"})
    setting.user(WEB_SOCKET, headers={"Traceparent": THEIRS}).connect()
    assert server.asked[0].traceparent == THEIRS
    assert [one["trace_id"] for one in setting.told()] == [THEIRS.split("-")[1]]


def test_a_web_socket_within_the_event_of_another(stage, server):
    """A listener may connect, too: each is told with its own trace, and the outer one goes on."""
    setting = stage()
    first, second = (setting.user(type(name, (WEB_SOCKET,), {"path": "/ws"})) for name in ("First", "Second"))
    again = [second.connect]
    setting.environment.events.request.add_listener(lambda **_: again.pop()() if again else None)
    first.connect()
    assert {one["trace_id"] for one in setting.told()} == {asked.trace_id for asked in server.asked}
    assert (len(server.asked), dict(setting.recorder.open.opened)) == (2, {})


def test_many_web_sockets_at_once(stage, server):
    """As in a storm: however many have begun before the first shakes hands, the trace of each is known if it is lost."""
    setting = stage()
    kind = type("Silent", (WEB_SOCKET,), {"path": "/never"})
    connects = [gevent.spawn(setting.user(kind).connect) for _ in range(100)]
    while len(server.asked) < len(connects):
        gevent.sleep(0.01)
    opened = list(setting.recorder.open.opened)
    assert {trace_of_open(one) for one in opened} == {asked.trace_id for asked in server.asked}
    assert len(opened) == len({asked.trace_id for asked in server.asked}) == len(connects)
    gevent.killall(connects)


def test_a_client_that_keeps_what_redirects_lose(stage, server, other):
    """Where nobody of ours sees that a session leads elsewhere, it gets no trace: none may leak."""
    setting = stage()
    client = setting.user(HttpUser).client
    client.rebuild_auth = lambda request, response: None
    client.get("/away")
    assert [one.traceparent for one in (*server.asked, *other.asked)] == [None, None]


@pytest.mark.parametrize("kind", HTTP_USERS[1:], ids=lambda kind: kind.__name__)
def test_attempts_of_the_client_itself(kind, stage, server):
    """Each is another span of the same trace."""
    setting = stage()
    client = setting.user(kind, max_retries=2, network_timeout=0.1).client
    client.get("/never")
    assert len({asked.trace_id for asked in server.asked}) == 1
    assert len({asked.span for asked in server.asked}) == 3
    assert len(server.asked) == 3
    assert [one["trace_id"] for one in setting.told()] == [server.asked[0].trace_id]


@clients
def test_two_requests_of_a_user_at_once(kind, stage, server):
    """Each is told with its own trace."""
    setting = stage()
    user = setting.user(kind)
    slow = gevent.spawn(user.client.get, "/late", name="/late")
    gevent.sleep(0.02)
    user.client.get("/ok", name="/ok")
    slow.get()
    told = {one["name"]: one["trace_id"] for one in setting.told()}
    assert told == {asked.path: asked.trace_id for asked in server.asked}


@clients
def test_a_response_that_is_reported_late(kind, stage, server):
    """What user code does within its block is not a reason to lose the trace."""
    setting = stage()
    with setting.user(kind).client.get("/ok", catch_response=True) as response:
        gevent.sleep(0.05)
        response.success()
    assert [one["trace_id"] for one in setting.told()] == [server.asked[0].trace_id]


@clients
def test_one_without_a_trace_is_not_taken_for_the_one_before(kind, stage, server):
    """Of the first alone the trace is known, though both are of one endpoint, fail and end in the same greenlet."""
    setting = stage()
    setting.tracing.leave()
    gaps = iter([1] * len(PLACES))  # each place asks once, before anything is sent
    setting.follow_by(lambda: next(gaps, 10**9))
    list(gaps)
    client = setting.user(kind).client
    for _ in range(3):
        client.get("/fail")
    carried = [asked.trace_id for asked in server.asked if asked.traceparent]
    assert len(carried) == 1
    assert [one["trace_id"] for one in setting.told()] == carried
    (failed,) = setting.recorder.take_errors()
    assert (failed["count"], failed["traces"]) == (3, carried)


def test_what_somebody_behind_us_puts_in_its_place(stage, server, monkeypatch):
    """As OpenTelemetry's instrumentation does: that is what the server sees, and what the report knows."""
    send = requests.Session.send

    def instrumented(session, request, **options):
        request.headers["traceparent"] = THEIRS
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", instrumented)
    setting = stage()
    setting.user(HttpUser).client.get("/fail")
    assert server.asked[0].traceparent == THEIRS
    assert [one["trace_id"] for one in setting.told()] == [THEIRS.split("-")[1]]
    (failed,) = setting.recorder.take_errors()
    assert failed["traces"] == [THEIRS.split("-")[1]]


@clients
@pytest.mark.parametrize("first", ["mark", "trace"])
def test_beside_the_mark_of_the_tenant(kind, first, stage, server, other):
    """In either order both go to the host of the test, and neither goes elsewhere."""
    setting = stage(None)
    interceptors = Interceptors(setting.environment, Admission(setting.recorder), DOORS)
    setting.environment.create_local_runner()
    mark = TenantHeaders("x-synthetic-tenant", "true", Origins.of([server.url]))
    opening = [
        lambda: interceptors.open(mark=mark, guard=Guard(Targets.of([server.url, other.url], SafetyOptions()), print)),
        lambda: setting.tracing.follow(TraceTold(share=1.0, sampled=True, origins=()), "run"),
    ]
    for step in opening if first == "mark" else reversed(opening):
        step()
    setting.user(kind).client.get("/away")
    for step in (setting.tracing.leave, interceptors.close) if first == "mark" else (interceptors.close,):
        step()
    assert SHAPE.fullmatch(server.asked[0].traceparent)
    assert server.asked[0].headers["x-synthetic-tenant"] == "true"
    assert [(one.traceparent, one.headers.get("x-synthetic-tenant")) for one in other.asked] == [(None, None)]

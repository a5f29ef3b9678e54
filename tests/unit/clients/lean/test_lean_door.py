"""Safety stands at the door of LeanHttpUser as at the others': heads that were built before let nobody past it."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
from gevent.pool import Group
from locust.env import Environment
from locust.event import EventHook

from locust_ext.clients.doors import DOORS
from locust_ext.clients.lean.agent import LeanAgent
from locust_ext.clients.lean.user import LeanHttpUser
from locust_ext.clients.synthetic_tenant import SyntheticTenant
from locust_ext.measure.open_requests import OpenRequests
from locust_ext.measure.recorder import Recorder
from locust_ext.process.seam import Seam
from locust_ext.safety.admission import PAID, Admission
from locust_ext.safety.closed_interceptors import ClosedInterceptors
from locust_ext.safety.guard import Blocked, Guard, Targets
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.middleware import read_keys, verify
from locust_ext.safety.options import SafetyOptions, TenantOptions
from locust_ext.safety.tenant import BAGGAGE, mark_for
from tests.unit.clients.lean.serving import Server

pytestmark = pytest.mark.sockets

HEADER = "x-synthetic-tenant"
KEYS = "2026-01:a secret of sixteen"
NOW = 1_900_000_000.0


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch):
    """There is neither a key nor a token."""
    for name in ("LOAD_TEST_KEY", "LOAD_TEST_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def doors():
    """Return doors, and close them after the test."""
    events = SimpleNamespace(request=EventHook())
    environment = SimpleNamespace(events=events, runner=SimpleNamespace(user_greenlets=Group()))
    found = Interceptors(environment, Admission(Recorder()), DOORS)
    yield found
    found.close()
    vars(gevent.getcurrent()).pop(PAID, None)


def guard(*urls):
    return Guard(Targets.of(urls, SafetyOptions()), lambda _: None)


def mark(*urls, run="nightly-7"):
    return mark_for(TenantOptions(), list(urls), run, NOW)


REQUESTS = {
    "a plain one": {},
    "one with a header": {"headers": {"X-Own": "1"}},
    "one with parameters": {"params": {"a": "b"}},
    "one with a password": {"auth": ("me", "secret")},
    "one that geventhttpclient sends": {"headers": {"X-Own": 1}},
    "one that FastHttpUser sends": {"stream": True},
}


@pytest.mark.parametrize("options", REQUESTS.values(), ids=REQUESTS)
def test_each_is_marked_and_only_while_it_should_be(doors, server, user, options):
    """Before the doors open, while they stand open, and after they have closed."""
    told = []
    for step in (doors.close, lambda: doors.open(mark=mark(server.url), guard=guard(server.url)), doors.close):
        step()
        user.client.client.default_headers.pop(HEADER, None)  # which FastHttpUser's agent keeps, too
        for _ in range(2):
            user.client.get("/a", **options)
            told.append(server.headers().get(HEADER))
    assert told == [None, None, "true", "true", None, None]


def test_a_mark_that_is_signed_again_is_sent_at_once(doors, server, user, monkeypatch):
    """Heads are good for one signature."""
    monkeypatch.setenv("LOAD_TEST_KEY", KEYS)
    doors.open(mark=mark(server.url), guard=guard(server.url))
    runs = []
    for run in ("nightly-7", "nightly-7", "nightly-8", "nightly-9"):
        doors.mark = mark(server.url, run=run)
        for _ in range(2):
            user.client.get("/a", headers={BAGGAGE: "user=7"})
            said = server.headers()
            assert said[BAGGAGE] == "user=7,synthetic-tenant=true"
            host = server.url.removeprefix("http://")
            runs.append(verify(said[HEADER], host, read_keys(KEYS), NOW).run)
    assert runs == [run for run in ("nightly-7", "nightly-7", "nightly-8", "nightly-9") for _ in range(2)]


def test_neither_mark_nor_token_goes_elsewhere(doors, server, user, monkeypatch):
    """By its address or by a redirect, also when it was there before."""
    monkeypatch.setenv("LOAD_TEST_TOKEN", "s3cr3t")
    other = Server()
    doors.open(mark=mark(server.url), guard=guard(server.url, other.url))
    server.answers["/away"] = b"HTTP/1.1 302 Found\r\nLocation: %b/a\r\nContent-Length: 0\r\n\r\n" % other.url.encode()
    for _ in range(2):
        for url in ("/a", f"{other.url}/a", "/away"):
            assert user.client.get(url).status_code == 200
    other.stop()
    assert {server.headers(number)[HEADER] for number in range(len(server.requests))} == {"true"}
    assert {server.headers(number)["authorization"] for number in range(len(server.requests))} == {"Bearer s3cr3t"}
    assert len(other.requests) == 4
    for number in range(len(other.requests)):
        assert not {HEADER, "authorization", BAGGAGE} & set(other.headers(number))


def test_what_the_guard_does_not_know_does_not_leave(doors, server, user):
    """By its address, by a redirect, and where a head was built before; each is counted once, as FastHttpUser's are."""
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    assert user.client.get(f"{elsewhere}/a").status_code == 200
    rules, counted = SafetyOptions.model_validate({"production": {"hosts": "localhost"}}), []
    doors.open(mark=None, guard=Guard(Targets.of([server.url], rules), counted.append))
    server.answers["/away"] = b"HTTP/1.1 302 Found\r\nLocation: %b/a\r\nContent-Length: 0\r\n\r\n" % elsewhere.encode()
    for url in (f"{elsewhere}/a", "/away", f"{elsewhere}/a"):
        with pytest.raises(Blocked, match="counts as production"):
            user.client.get(url, catch_response=True).raise_for_status()
    assert user.client.get("/a").status_code == 200
    assert counted == [elsewhere] * 3
    assert [head.split()[1] for head in server.requests] == ["/a", "/away", "/a"]


def test_between_runs_nothing_leaves(server, user):
    """Also with a head that was built while the doors were open, and whoever asks."""
    begun = OpenRequests()
    closed = ClosedInterceptors(user.environment, begun, gevent.getcurrent, DOORS)
    closed.install()
    closed.open()
    user.client.get("/a")
    closed.close()
    for options in ({}, {"headers": {"X": 1}}, {"stream": True}):
        with pytest.raises(gevent.GreenletExit):
            user.client.get("/a", **options)
    closed.leave()
    assert user.client.get("/a").status_code == 200
    assert len(server.requests) == 2


def test_nothing_passes_an_exit_that_is_shut(server, user):
    """Also not with a head that was built before."""

    class ShutError(Exception):
        pass

    def shut(_):
        def refuse(*_):
            raise ShutError

        return refuse

    user.client.get("/a")
    seams = [Seam(owner, name, shut) for door in DOORS for owner, name in door.exits]
    for seam in seams:
        seam.open()
    for options in ({}, {"headers": {"X": 1}}, {"stream": True}):
        with pytest.raises(ShutError):
            user.client.get("/a", **options)
    for seam in reversed(seams):
        seam.close()
    assert len(server.requests) == 1
    assert user.client.get("/a").status_code == 200


TURNS = {
    "a plain answer": (b"", 1),
    "an error": (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 1),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", 2),
    "a connection that closes": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 1),
}


@pytest.mark.parametrize("answer, turns", TURNS.values(), ids=TURNS)
def test_each_request_that_leaves_takes_one_turn(doors, server, user, answer, turns):
    """As many as the server was sent, also where geventhttpclient goes through what came already."""
    admission = doors.admission
    admission.cap()
    admission.lend(1_000, 1.0, float("inf"))
    doors.open(mark=None, guard=guard(server.url), waits=True)
    server.answers["/b"] = answer or b"HTTP/1.1 204 No Content\r\n\r\n"
    before = admission._pace.sent
    user.client.get("/b")
    assert admission._pace.sent - before == turns == len(server.requests)


def test_nothing_leaves_after_the_switch_was_pulled(doors, server, user):
    """The user ends, as others do."""
    user.client.get("/a")
    doors.open(mark=None, guard=guard(server.url), waits=True)
    doors.admission.close("pulled")
    with pytest.raises(gevent.GreenletExit):
        user.client.get("/a")
    assert len(server.requests) == 1


def test_answers_are_looked_at(doors, server, user):
    """Once each, whichever way they came."""
    seen = []
    acks = SimpleNamespace(look=lambda response: seen.append(response.status_code))
    doors.open(mark=None, guard=guard(server.url), acks=acks)
    server.answers["/missing"] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    for path, options in (("/a", {}), ("/missing", {}), ("/a", {"stream": True}), ("/a", {"catch_response": True})):
        user.client.get(path, **options)
    assert seen == [200, 404, 200, 200]


@pytest.mark.parametrize("options", REQUESTS.values(), ids=REQUESTS)
def test_a_user_that_marks_itself(server, options):
    """Its requests are marked without doors, and those of others are not."""
    kinds = [type("Own", (SyntheticTenant, LeanHttpUser), {"host": server.url})]
    kinds.append(type("Other", (LeanHttpUser,), {"host": server.url}))
    for kind in kinds:
        kind(Environment()).client.get("/a", **options)
    assert [server.headers(number).get(HEADER) for number in range(2)] == ["true", None]


def test_a_header_of_the_client_that_changes_is_sent(server, user):
    """Set, changed and taken away between two requests."""
    said = []
    defaults = user.client.client.default_headers
    for change in (lambda: None, lambda: defaults.update({"X-Own": "1"}), lambda: defaults.update({"X-Own": "2"})):
        change()
        user.client.get("/a")
        said.append(server.headers().get("x-own"))
    del defaults["X-Own"]
    user.client.get("/a")
    assert [*said, server.headers().get("x-own")] == [None, "1", "2", None]


def test_what_stands_at_its_door(doors):
    """Its own way out, not only FastHttpUser's."""
    before = LeanAgent._urlopen
    doors.open(mark=None, guard=guard("http://127.0.0.1"))
    assert LeanAgent._urlopen is not before
    doors.close()
    assert LeanAgent._urlopen is before

"""Requests of Locust's clients are noted when they begin, and struck off when their event was recorded."""

import functools
import gc
import http.server
import threading

import gevent
import pytest
from gevent.event import Event
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.event import EventHook
from locust.exception import RescheduleTask

from locust_ext.clients import beginning, requests_client
from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.sessions import SESSIONS
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store

pytestmark = pytest.mark.sockets

SECOND = 1000.0


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers every path but /hang, which it never does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/hang"):
            self.server.released.wait(5)
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    """A small server on a port of its own."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.released = threading.Event()
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def recorder():
    """A recorder that both clients tell of their requests."""
    one = Recorder()
    seams = [session.begins(one) for session in SESSIONS]
    for seam in seams:
        seam.open()
    yield one
    for seam in reversed(seams):
        seam.close()


class Caller:
    """A user, as far as its client knows it."""

    context = dict


@pytest.fixture(params=["requests", "fasthttp", "lean"])
def client(request, url, recorder):
    """Either client, with a request event to which the recorder listens."""
    event = EventHook()
    event.add_listener(recorder.on_request)
    user = Caller()
    if request.param == "requests":
        return HttpSession(url, request_event=event, user=user)
    session = FastHttpSession if request.param == "fasthttp" else LeanSession
    return session(url, request_event=event, user=user, max_retries=0)


def censored(recorder):
    """Return what did not come back, as the master would see it."""
    store = CensoredStore()
    store.merge(recorder.take())
    return store


def names(recorder):
    """Return the names of what did not come back."""
    return sorted(dict(tags)["name"] for _, tags in censored(recorder).leaves)


def test_what_is_answered_is_struck_off(client, recorder):
    """A request whose event came is in its figures alone."""
    client.get("/ok")
    with client.get("/ok", catch_response=True) as response:
        assert names(recorder) == ["/ok"]  # its result has still to be reported
        response.failure("wrong")
    assert not recorder.open.opened
    assert not censored(recorder).leaves


NAMES = [
    ("as its path", "/hang", {}, "/hang"),
    ("by its name", "/hang", {"name": "/:hang"}, "/:hang"),
]


@pytest.mark.parametrize("path, options, name", [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_an_open_request_has_its_name_and_tags(client, recorder, path, options, name):
    """Tags of its context and the phase in which it began are known before the answer."""
    recorder.enter_phase("surge")
    greenlet = gevent.spawn(client.get, path, context={"tags": {"team": "feed"}}, **options)
    gevent.sleep(0.05)
    (leaf,) = censored(recorder).leaves
    assert leaf == (
        "http_req_duration",
        (("method", "GET"), ("name", name), ("phase", "surge"), ("team", "feed")),
    )
    greenlet.kill()


def test_the_query_is_in_the_name_as_requests_builds_it(url, recorder):
    """Without a name, the session reports the path that was built."""
    session = HttpSession(url, request_event=EventHook(), user=None)
    greenlet = gevent.spawn(session.get, "/hang", params={"q": "a b"})
    gevent.sleep(0.05)
    assert names(recorder) == ["/hang?q=a+b"]
    greenlet.kill()


def kill(client):
    greenlet = gevent.spawn(client.get, "/hang")
    gevent.sleep(0.05)
    greenlet.kill()


def forget_the_with(client):
    client.get("/ok", catch_response=True)


def jump_out_of_the_with(client):
    with pytest.raises(RescheduleTask), client.get("/ok", catch_response=True):
        raise RescheduleTask


LOST = [kill, forget_the_with, jump_out_of_the_with]


@pytest.mark.parametrize("lose", LOST)
@pytest.mark.slow
def test_what_will_never_be_reported_is_lost(client, recorder, lose):
    """It took at least its age, and its outcome is unknown: once, and for good."""
    lose(client)
    gc.collect()
    store = censored(recorder)
    assert store.select(Selector("http_req_duration")).lost == 1
    assert not store.open
    assert not censored(recorder).leaves


def test_giving_up_is_a_failure_to_one_client_and_unseen_by_the_other(client, recorder):
    """Geventhttpclient's session reports a gevent.Timeout as a failure, requests' session fires no event."""
    with gevent.Timeout(0.05, False):
        client.get("/hang")
    rows = recorder.take()
    store, events = CensoredStore(), Store()
    store.merge(rows)
    events.merge(rows)
    assert store.select(Selector("http_req_duration")).lost + events.counted("http_reqs") == 1
    assert events.counted("http_reqs") == isinstance(client, FastHttpSession)


def test_a_listener_that_jumps_has_been_told(client, recorder):
    """What leaves ``request`` out of a listener was recorded before."""

    def jump(**_):
        raise RescheduleTask

    client.request_event.add_listener(jump)
    with pytest.raises(RescheduleTask):
        client.get("/ok")
    assert not censored(recorder).leaves


def test_a_listener_that_waits_has_been_told(client, recorder):
    """Its request is in the figures already: it is not open as well, and not lost when the run is judged meanwhile."""
    goes_on = Event()
    client.request_event.add_listener(lambda **_: goes_on.wait())
    greenlet = gevent.spawn(client.get, "/ok")
    store, events = CensoredStore(), Store()
    with gevent.Timeout(50):
        while not events.counted("http_reqs"):
            gevent.sleep(0.01)
            rows = recorder.take()
            events.merge(rows)
            store.merge(rows)
    store.merge(recorder.take(ends=True))
    goes_on.set()
    greenlet.join()
    assert not store.leaves


def test_a_listener_that_ends_the_run_has_been_told(client, recorder):
    """The run is judged in the middle of the event of the request that ended it."""
    store = CensoredStore()
    client.request_event.add_listener(lambda **_: store.merge(recorder.take(ends=True)))
    client.get("/ok")
    assert not store.leaves


def test_at_the_end_what_is_open_is_lost(client, recorder):
    """The run is judged now: nobody waits for it any longer."""
    greenlet = gevent.spawn(client.get, "/hang")
    gevent.sleep(0.05)
    assert not recorder.open.lost
    store = CensoredStore()
    store.merge(recorder.take(ends=True))
    found = store.select(Selector("http_req_duration"))
    assert (found.count, found.lost) == (1, 1)
    assert 40 <= found.oldest < SECOND
    greenlet.kill()
    assert not censored(recorder).leaves


def test_a_leaving_user_is_asked_before_anything_is_noted(client, recorder):
    """What the bar raises comes before the request begins; nobody else is asked."""
    asked = []

    def bar(user):
        asked.append(user)
        raise gevent.GreenletExit

    recorder.open.bar = bar
    client.get("/")
    assert not asked
    recorder.open.leaving[client.user] = True
    with pytest.raises(gevent.GreenletExit):
        client.get("/")
    recorder.open.leaving.clear()
    assert asked == [client.user]
    assert not names(recorder)


def test_what_is_open_is_named_without_waiting_for_a_turn(recorder, monkeypatch):
    """Under a cap or a kill switch a request asks for its turn where its address is built; a report must not."""

    @functools.wraps(HttpSession._build_url)
    def asking(*_):
        pytest.fail("a report asked for a turn")

    client = HttpSession("http://127.0.0.1:1", request_event=EventHook(), user=Caller())
    begun = requests_client.SentByRequests()
    begun.arguments, begun.options = (client, "GET", "/feed"), {"params": {"limit": 20}}
    begun.began, begun.phase, begun.has_iteration = 0.0, "", False
    begun.greenlet, begun.answered = gevent.getcurrent(), None
    recorder.open.begin(begun)
    monkeypatch.setattr(HttpSession, "_build_url", asking)
    assert names(recorder) == ["/feed?limit=20"]


def test_a_listener_that_sends_has_been_told(client, recorder):
    """Of its own request nothing is known yet, and of the one that it heard of everything."""
    heard = []

    def send(**_):
        if not heard:
            heard.append(True)
            client.get("/hang")

    client.request_event.add_listener(send)
    greenlet = gevent.spawn(client.get, "/ok")
    with gevent.Timeout(50):
        while not heard:
            gevent.sleep(0.01)
    gevent.sleep(0.05)
    assert [begun.is_told for begun in recorder.open.opened] == [True, False]
    assert names(recorder) == ["/hang"]
    greenlet.kill()


def test_whose_request_it_is(client, recorder):
    """The user's of its client, who is asked what is open of it."""
    greenlet = gevent.spawn(client.get, "/hang")
    gevent.sleep(0.05)
    ((begun, _),) = recorder.open.opened.items()
    assert begun.user is client.user
    assert begun.given("method") == "GET"
    assert begun.given("name") is None
    assert begun.is_told is False
    greenlet.kill()


def test_what_has_no_name_of_its_own_cannot_be_named():
    """Each client says what it calls a request without a name."""
    with pytest.raises(NotImplementedError):
        beginning.SentByLocust().unnamed()

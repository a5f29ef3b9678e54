"""A request of a client of one's own belongs to the user in whose greenlet it began."""

from contextlib import suppress
from types import SimpleNamespace

import gevent
import pytest
from locust import User
from locust.env import Environment

import locust_ext
from locust_ext.clients import own
from locust_ext.clients.own import RequestFailed, user_of
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder


class Caller(User):
    """A user whose greenlet is what the test makes of it."""


def test_whose_request_it_is():
    """The user's own greenlet, one that it started, and one that nobody knows."""
    user, found = Caller(Environment()), []

    def look(_):
        found.append(user_of(gevent.getcurrent()))
        gevent.spawn(lambda: found.append(user_of(gevent.getcurrent()))).join()

    gevent.spawn(look, user).join()
    gevent.spawn(look, "no user").join()
    assert found == [user, user, None, None]


@pytest.fixture
def recorder(monkeypatch):
    """The recorder of this process."""
    one = Recorder()
    monkeypatch.setattr(DECLARED, "_recorder", one)
    return one


def test_a_leaving_user_is_asked_before_anything_is_noted(recorder):
    """And the block of one that has begun encloses what begins in it."""
    user, asked = Caller(Environment()), []

    def bar(whose):
        asked.append((whose, [(one.user is user, one.encloses) for one in recorder.open.opened]))

    def task(_):
        with locust_ext.request("grpc", "Pay", event=Environment().events.request):
            recorder.open.leaving[user] = True
            with locust_ext.request("grpc", "Bill", event=Environment().events.request):
                pass

    recorder.open.bar = bar
    gevent.spawn(task, user).join()
    assert asked == [(user, [(True, True)])]


def test_how_far_back_it_looks_for_a_user():
    """Thirty-two generations of greenlets, and no further."""
    user, found = Caller(Environment()), []

    def descend(generations, *_):
        if generations:
            gevent.spawn(descend, generations - 1).join()
        else:
            found.append(user_of(gevent.getcurrent()))

    for generations in (31, 32):
        gevent.spawn(lambda _, generations=generations: descend(generations), user).join()
    assert found == [user, None]


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    fake = SimpleNamespace(now=100.0, time=lambda: 1000.0 + fake.now, perf_counter=lambda: fake.now)
    monkeypatch.setattr(own, "time", fake)
    return fake


@pytest.fixture
def event():
    """A request event that keeps what it is told."""
    one = Environment().events.request
    one.told = []
    one.add_listener(lambda **event: one.told.append(event))
    return one


@pytest.mark.usefixtures("recorder")
def test_what_it_reports(clock, event):
    """Its time in milliseconds, from when it began, and all that it was given."""
    with locust_ext.request("grpc", "Pay", {"tags": {"team": "feed"}}, event) as request:
        clock.now += 20.0
        request.response_length = 7
    assert event.told == [
        {
            "request_type": "grpc",
            "name": "Pay",
            "response_time": 20_000.0,
            "response_length": 7,
            "response": None,
            "context": {"tags": {"team": "feed"}},
            "exception": None,
            "start_time": 1100.0,
            "url": None,
        }
    ]


def fail(request, reason):
    """Call a request failed."""
    with request as begun:
        begun.failure(reason)


ERROR = OSError("gone")
REASONS = [
    pytest.param("wrong", RequestFailed, "wrong", id="a text"),
    pytest.param(404, RequestFailed, "404", id="anything"),
    pytest.param(ERROR, OSError, "gone", id="an exception, as it is"),
]


@pytest.mark.parametrize("reason, kind, text", REASONS)
def test_a_failure(event, reason, kind, text):
    """It is the exception of the request, which goes on."""
    fail(locust_ext.request("grpc", "Pay", event=event), reason)
    (told,) = event.told
    assert type(told["exception"]) is kind
    assert str(told["exception"]) == text
    assert told["context"] == {}


def test_an_exception_is_a_failure_and_goes_on(event):
    """What was called a failure before it comes first."""
    with suppress(OSError), locust_ext.request("grpc", "Pay", event=event):
        raise ERROR
    with suppress(OSError), locust_ext.request("grpc", "Pay", event=event) as request:
        request.failure("wrong")
        raise ERROR
    assert [str(told["exception"]) for told in event.told] == ["gone", "wrong"]


TAGS = [
    pytest.param({"tags": {"team": "feed"}}, (("team", "feed"),), id="tags"),
    pytest.param({"tags": ["feed"]}, (), id="no tags"),
    pytest.param(None, (), id="no context"),
]


@pytest.mark.parametrize("context, tags", TAGS)
def test_an_open_one_has_its_name_and_tags(recorder, event, context, tags):
    """They are known before the answer, with the phase in which it began; one that a user is killed in is lost."""
    recorder.enter_phase("surge")

    def task():
        with locust_ext.request("grpc", "Pay", context, event):
            gevent.sleep(60)

    greenlet = gevent.spawn(task)
    gevent.sleep(0)
    recorder.enter_phase("calm")
    store = CensoredStore()
    store.merge(recorder.take())
    ((metric, found),) = store.leaves
    assert metric == "req_duration"
    assert found == tuple(sorted((("name", "Pay"), ("phase", "surge"), ("type", "grpc"), *tags)))
    greenlet.kill()
    store.merge(recorder.take())
    assert not event.told
    assert [lost.count for lost in store.lost.values()] == [1]

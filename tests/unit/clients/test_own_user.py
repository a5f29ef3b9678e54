"""A request of a client of one's own belongs to the user in whose greenlet it began."""

import gevent
import pytest
from locust import User
from locust.env import Environment

import locust_ext
from locust_ext.clients.own import user_of
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

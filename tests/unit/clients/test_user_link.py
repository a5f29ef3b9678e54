"""The link of a user that connects by itself: what a drop does to the sockets that it tells of."""

import math
from types import SimpleNamespace

import gevent
import pytest
from locust import User

from locust_ext.clients import user_link as module
from locust_ext.clients.links import UserLinks, can_storm
from locust_ext.clients.user_link import UserLink
from locust_ext.storms.link import ConnectFailed


class Connects:
    """A user that connects by itself, and tells its sockets."""

    def __init__(self, *there, error=None):
        self.there, self.error, self.left = there, error, 0

    def connect(self):
        """Connect, or fail, or hang."""
        if self.error == "hangs":
            gevent.sleep(60)
        elif self.error:
            raise self.error

    def disconnect(self):
        """Count it."""
        self.left += 1

    def sockets(self):
        """Return those that are there."""
        return iter(self.there)


@pytest.fixture
def dropped(monkeypatch):
    """What was dropped, and how."""
    found = []
    monkeypatch.setattr(module, "drop_all", lambda sockets, cause: found.append((list(sockets), cause)))
    return found


@pytest.mark.parametrize("cause", ["reset", "close"])
def test_a_drop_is_of_the_sockets(dropped, cause):
    """As they are dropped everywhere; the user is not asked to leave."""
    user = Connects("a", "b")
    link = UserLink(user)
    link.drop(cause)
    assert dropped == [(["a", "b"], cause)]
    link.forget()
    assert dropped[1:] == [([], "reset")]
    assert user.left == 0


def test_half_open_sockets_wait_for_the_end(dropped):
    """Nothing is said to their peers before; then they are reset, once."""
    user = Connects("a")
    link = UserLink(user)
    link.drop("half_open")
    user.there = ("b",)
    link.drop("half_open")
    assert dropped == []
    link.forget()
    link.forget()
    assert next((sorted(sockets), cause) for sockets, cause in dropped) == (["a", "b"], "reset")
    assert len(dropped) == 2


class LateError(Exception):
    """Says when to come back."""

    def __init__(self, after):
        super().__init__()
        self.retry_after = after


ERRORS = [
    pytest.param("hangs", ("timeout", None), id="it takes too long"),
    pytest.param(ConnectFailed("refused", 3.0), ("refused", 3.0), id="it says why itself"),
    pytest.param(OSError("no"), ("OSError", None), id="an error of its own"),
    pytest.param(LateError(2), ("LateError", 2.0), id="with a hint"),
    pytest.param(LateError("soon"), ("LateError", None), id="with a hint that is none"),
    pytest.param(LateError(math.inf), ("LateError", None), id="with a hint without end"),
]


@pytest.mark.parametrize("error, told", ERRORS)
def test_why_an_attempt_failed(error, told):
    """Nothing has opened."""
    with pytest.raises(ConnectFailed) as caught:
        UserLink(Connects(error=error)).connect(0.01, pytest.fail)
    assert (caught.value.cause, caught.value.hint) == told


def test_a_user_that_is_killed_while_it_connects():
    """Ends, and its attempt has not failed."""
    with pytest.raises(gevent.GreenletExit):
        UserLink(Connects(error=gevent.GreenletExit())).connect(1.0, pytest.fail)


def test_whose_link_it_is():
    """The user's own stands above all; who cannot drop is told what it lacks."""
    own = SimpleNamespace(storm_link=lambda: "its own")
    assert UserLinks().link(own, "/") == "its own"
    assert isinstance(UserLinks().link(Connects(), "/"), UserLink)
    with pytest.raises(TypeError, match=r"^SimpleNamespace has no connection that could drop: give it connect\(\) and"):
        UserLinks().link(SimpleNamespace(), "/")
    assert not can_storm(User)

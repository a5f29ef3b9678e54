"""The door of HttpUser, and of plain sessions of requests in a user's hands."""

from __future__ import annotations

import pytest
import requests
from locust.clients import HttpSession
from urllib3.util.retry import Retry

from tests.unit.clients.door_stand_ins import EVIL, HEADER, HOST, STEPS, as_user, send


def test_a_session_of_a_user(doors, guard, stubs, calls):
    """The turn comes before the request, which carries the mark; another origin's does not."""
    STEPS["all"](doors, guard)
    assert send(HttpSession) == "answer"
    assert send(HttpSession, "http://localhost:1/") == "answer"
    assert calls == [
        *("turn", ("send", f"{HOST}/a", {HEADER: "true"})),
        *("turn", ("send", "http://localhost:1/", {})),
    ]


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

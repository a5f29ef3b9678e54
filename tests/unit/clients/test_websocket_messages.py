"""What a WebSocketUser reads and sends, alone and in a storm, and what its ear hears of it."""

from __future__ import annotations

import json
from contextlib import suppress
from types import SimpleNamespace

import pytest
import websocket
from websocket import ABNF

from locust_ext.clients.websocket_client import listener_for
from locust_ext.measure.feeds import Feeds
from locust_ext.measure.recorder import Recorder
from locust_ext.storms.link import ConnectFailed
from tests.unit.clients.stand_ins import CLOSE_FRAME, CLOSED, Connection, Storm, connected, made, text

LOSSES = [
    pytest.param(CLOSE_FRAME, CLOSED, "lost closed", id="the server closes"),
    pytest.param(ConnectionResetError(), ConnectionResetError, "lost closed", id="reset"),
    pytest.param(AttributeError("sock"), AttributeError, "lost closed", id="its socket was taken away while it read"),
    pytest.param(
        websocket.WebSocketBadStatusException("no", 502), websocket.WebSocketException, "lost status:502", id="a status"
    ),
]


@pytest.mark.parametrize("frame, error, _lost", LOSSES)
def test_alone_a_loss_is_an_error(net, frame, error, _lost):
    """Nobody else would tell the user."""
    user, _ = connected(net, text("a"), frame)
    assert user.recv() == "a"
    with pytest.raises(error):
        user.recv()


@pytest.mark.parametrize("frame, _error, lost", LOSSES)
def test_in_a_storm_a_loss_is_a_wait(net, frame, _error, lost):
    """The next message is the first of the new connection."""
    user, _ = connected(net, text("a"), frame)
    user._storm = Storm(user, Connection(text("b")))
    assert [user.recv(), user.recv()] == ["a", "b"]
    assert user._storm.calls == ["data", lost, "wait", "data"]


def test_one_that_never_connected_has_no_messages():
    """And sends none."""
    user, _ = made()
    with pytest.raises(CLOSED, match="not connected"):
        user.recv()
    with pytest.raises(CLOSED, match="not connected"):
        user.send("a")


def test_in_a_storm_one_that_is_not_connected_waits():
    """Its policy connects it."""
    user, _ = made()
    user._storm = Storm(user, Connection(text("a")))
    assert user.recv() == "a"
    assert user._storm.calls == ["lost closed", "wait", "data"]


def test_a_loss_that_is_known_is_not_told_again(net):
    """While the user read, it was dropped and came back on another connection."""
    user, connection = connected(net)
    new = Connection(text("b"))
    user._storm = Storm()

    def switched():
        user.ws = new
        raise ConnectionResetError

    connection.recv_data = switched
    assert user.recv() == "b"
    assert user._storm.calls == ["wait", "data"]


def test_what_comes_over_a_dead_connection_is_not_heard(net):
    """A storm has dropped it half open: to the client it is gone."""
    user, _ = connected(net, text("dead"))
    user._storm = Storm(user, Connection(text("new")))
    user._storm.is_away = True
    assert user.recv() == "new"
    assert user._storm.calls == ["wait", "data"]


SENT = [
    pytest.param("hello", ABNF.OPCODE_TEXT, id="a text"),
    pytest.param(b"\x00\xff", ABNF.OPCODE_BINARY, id="bytes"),
]


@pytest.mark.parametrize("message, opcode", SENT)
def test_send(net, message, opcode):
    """Text is sent as text and bytes as bytes."""
    user, connection = connected(net)
    user.send(message)
    assert connection.sent == [(message, opcode)]


def test_alone_what_cannot_be_sent_is_an_error(net):
    """The connection was reset."""
    user, _ = connected(net, ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        user.send("a")


def test_in_a_storm_what_cannot_be_sent_is_sent_on_the_next_connection(net):
    """Once."""
    user, old = connected(net, ConnectionResetError())
    new = Connection()
    user._storm = Storm(user, new)
    user.send("a")
    assert user._storm.calls == ["lost lost", "wait"]
    assert (old.sent, new.sent) == ([], [("a", ABNF.OPCODE_TEXT)])


def test_when_a_message_was_made():
    """By default it says so itself."""
    user, _ = made()
    assert user.message_time('{"t": 12.5}') == 12.5
    assert user.message_time("hello") is None


class Heard:
    """A user with an ear that notes what it is told, in a run that measures."""

    def __init__(self, net, *frames, **attributes):
        recorder = Recorder()
        storms = SimpleNamespace(recorder=recorder, feeds=Feeds(recorder))
        self.user, self.connection = connected(net, *frames, storms=storms, **attributes)
        self.calls = calls = []

        class Ear:
            """Notes each call, and the message of one."""

            def __getattr__(self, name):
                return lambda *told, **more: calls.append((name, *told[:1], *more.values()))

        self.user._listener = Ear()


def test_it_waits_while_it_reads_and_no_longer(net):
    """A message, and an error, both end the wait."""
    heard = Heard(net, text("a"), ConnectionResetError())
    assert heard.user.recv() == "a"
    with suppress(ConnectionResetError):
        heard.user.recv()
    assert heard.calls == [("wait",), ("hear", "a", False), ("give_up",), ("wait",), ("give_up",)]


def test_its_ear_hears_of_the_connection(net):
    """By its address; of a connect that failed it hears nothing."""
    heard = Heard(net)
    net.answers += [ConnectionRefusedError(), Connection()]
    with suppress(ConnectFailed):
        heard.user.connect()
    assert not heard.calls
    heard.user.connect()
    assert heard.calls == [("connected", "ws://127.0.0.1:7000/")]


@pytest.mark.parametrize("is_dropped", [True, False], ids=["our storm dropped it", "the target did"])
@pytest.mark.parametrize("is_away", [True, False], ids=["half open", "lost"])
def test_whose_silence_a_loss_is(net, is_away, is_dropped):
    """What a storm dropped is none of the target's silence; the first message after it may be one of stale data."""
    heard = Heard(net, *([text("dead")] if is_away else [CLOSE_FRAME]))
    storm = heard.user._storm = Storm(heard.user, Connection(text("new")))
    storm.is_away, storm.was_dropped, storm.is_stale = is_away, is_dropped, True
    assert heard.user.recv() == "new"
    anew = [("forget",), ("wait",)] if is_dropped else []
    assert heard.calls == [("wait",), *anew, ("hear", "new", True), ("give_up",)]


def test_who_has_an_ear():
    """Where nothing is measured nobody has one; the ear reads times as the user does."""
    recorder = Recorder()
    storms = SimpleNamespace(recorder=recorder, feeds=Feeds(recorder))
    assert made()[0]._listener is None
    plain, _ = made(storms=storms)
    own, _ = made(storms=storms, message_time=lambda _, message: 1000 * json.loads(message)["at"])
    message = '{"t": 5, "at": 7, "seq": 3}'
    assert plain._listener._reader(message) == (5.0, 3)
    assert own._listener._reader(message) == (7000.0, 3)
    assert own._listener._reader('{"at": 1e12}') == (None, None)
    assert listener_for(SimpleNamespace(environment=own.environment), None)._reader(message) == (5.0, 3)

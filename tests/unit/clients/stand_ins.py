"""Stand-ins for websocket-client, the sockets under it, and a user's part in storms."""

from __future__ import annotations

import socket
from collections import deque

import websocket
from gevent.event import Event
from locust.env import Environment
from websocket import ABNF

from locust_ext.clients import websocket_user
from locust_ext.clients.websocket_user import WebSocketUser

CLOSED = websocket.WebSocketConnectionClosedException
CLOSE_FRAME = (ABNF.OPCODE_CLOSE, b"")


class Sock:
    """A socket that notes what is done to it."""

    def __init__(self):
        self.done = []

    def setsockopt(self, level, option, value):
        self.done.append({(socket.IPPROTO_TCP, socket.TCP_NODELAY): f"nodelay {value}"}.get((level, option), "linger"))

    def settimeout(self, timeout):
        self.done.append(f"timeout {timeout}")

    def shutdown(self, how):
        self.done.append(f"shutdown {how}")

    def close(self):
        self.done.append("close")


class Connection:
    """A connection of websocket-client: it has frames to give, and keeps what is sent."""

    def __init__(self, *frames, sock=None):
        self.frames, self.sent, self.sock = deque(frames), [], sock or Sock()

    def recv_data(self):
        """Return the next frame, or raise it; without one it waits for good."""
        if not self.frames:
            Event().wait()
        frame = self.frames.popleft()
        if isinstance(frame, BaseException):
            raise frame
        return frame

    def send(self, message, opcode):
        """Keep it, or raise what the connection has instead of an ear."""
        if self.frames and isinstance(self.frames[0], BaseException):
            raise self.frames.popleft()
        self.sent.append((message, opcode))

    def settimeout(self, timeout):
        self.sock.settimeout(timeout)


def text(message):
    """Return the frame of a text."""
    return (ABNF.OPCODE_TEXT, message.encode())


class Net:
    """What answers when one connects: a connection, or an error, and what it was asked."""

    def __init__(self, monkeypatch):
        self.answers, self.asked, self.dialled, self.socks = deque(), [], [], []
        monkeypatch.setattr(websocket, "create_connection", self._create)
        monkeypatch.setattr(websocket_user, "dial", self._dial)

    def _create(self, url, **options):
        self.asked.append((url, options))
        answer = self.answers.popleft()
        if isinstance(answer, BaseException):
            raise answer
        if "socket" in options:
            answer.sock = options["socket"]
        return answer

    def _dial(self, address, timeout):
        self.dialled.append((address, timeout))
        self.socks.append(Sock())
        return self.socks[-1]


def made(host="ws://127.0.0.1:7000", storms=None, **attributes):
    """Return a user with the requests that it reports."""
    environment = Environment()
    environment.locust_ext_storms = storms
    told = []
    environment.events.request.add_listener(lambda **event: told.append(event))
    user = type("TickUser", (WebSocketUser,), {"host": host, **attributes})(environment)
    return user, told


def connected(net, *frames, **how):
    """Return a user that is connected, and its connection."""
    connection = Connection(*frames)
    net.answers.append(connection)
    user, _ = made(**how)
    user.connect()
    return user, connection


class Storm:
    """A user's part in storms, as far as the user asks it."""

    def __init__(self, user=None, back=None):
        self.user, self.back = user, back
        self.is_away = self.is_stale = self.was_dropped = False
        self.calls = []

    def arrive(self):
        self.calls.append("arrive")

    def lost(self, why):
        self.calls.append(f"lost {why}")

    def wait(self):
        """Come back on the next connection."""
        self.calls.append("wait")
        self.is_away = False
        if self.back is not None:
            self.user.ws = self.back

    def saw_data(self):
        self.calls.append("data")

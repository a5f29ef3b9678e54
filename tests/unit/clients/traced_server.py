"""A small server that writes down what it is asked, and Locust's clients that send to it with or without traces."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

import gevent
from gevent.server import StreamServer
from locust import FastHttpUser, HttpUser
from locust.env import Environment

from locust_ext.clients.begun import RequestsBegun
from locust_ext.clients.lean.user import LeanHttpUser
from locust_ext.clients.tracing import TraceIntent, TraceTold, Tracing
from locust_ext.clients.websocket_user import WebSocketUser
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.trace_options import TraceOptions
from locust_ext.process.last_word import hear_first

HTTP_USERS = [HttpUser, FastHttpUser, LeanHttpUser]
_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]

    @property
    def traceparent(self) -> str | None:
        return self.headers.get("traceparent")

    @property
    def trace_id(self) -> str:
        return (self.traceparent or "--").split("-")[1]

    @property
    def span(self) -> str:
        return (self.traceparent or "---").split("-")[2]


@dataclass
class Server:
    """Answers by what the path says: /ok, /fail, /away (to ``elsewhere``), /here (to /ok), /cut, /never, /late, /ws."""

    elsewhere: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """Headers of each answer."""

    def __post_init__(self) -> None:
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.stop(timeout=0)

    def _serve(self, sock: Any, _: Any) -> None:
        file = sock.makefile("rb")
        while first := file.readline().decode():
            lines = iter(lambda: file.readline().decode().strip(), "")
            pairs = [line.partition(":")[::2] for line in lines]
            assert len([name for name, _ in pairs if name.lower() == "traceparent"]) <= 1, "two of them"
            headers = {name.lower(): value.strip() for name, value in pairs}
            file.read(int(headers.get("content-length", 0)))
            path = first.split()[1]
            self.asked.append(Asked(path, headers))
            if path == "/cut":
                break
            gevent.sleep({"/never": 30, "/late": 0.1}.get(path, 0))
            sock.sendall(self._answer(path, headers))
        sock.close()

    def _answer(self, path: str, headers: dict[str, str]) -> bytes:
        more = [f"{name}: {value}" for name, value in self.answers.items()]
        if path == "/ws":
            accept = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + _KEY).encode()).digest()).decode()
            more += ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
            return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *more, "", ""]).encode()
        status = {"/fail": "500 Oh", "/away": "302 Found", "/here": "302 Found"}.get(path, "200 OK")
        more += {"/away": [f"Location: {self.elsewhere}/ok"], "/here": ["Location: /ok"]}.get(path, [])
        return "\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 2", *more, "", "{}"]).encode()


class Stage:
    """Users of one environment, whose requests carry traces as ``options`` say."""

    def __init__(self, server: Server, options: dict[str, Any] | None) -> None:
        self.environment = Environment(user_classes=[], host=server.url)
        self.recorder = Recorder()
        hear_first(self.environment.events.request, self.recorder.on_request)
        self.environment.locust_ext_storms = SimpleNamespace(recorder=self.recorder, feeds=None)  # as the plugin has it
        self.begun = RequestsBegun(self.recorder)
        self.begun.install()
        self.tracing = Tracing(self.environment, self.recorder, lambda url: False)
        intent = TraceIntent(None if options is None else TraceOptions.model_validate(options))
        self.tracing.follow(self.tracing.orders(intent), "run")

    def follow_by(self, gap: Callable[[], int]) -> None:
        """Have the requests carry a trace that ``gap`` says, instead of those that chance does."""
        with mock.patch("locust_ext.clients.tracing.gaps", return_value=gap):
            self.tracing.follow(TraceTold(share=0.5, sampled=True, origins=()), "run")

    def user(self, kind: type[Any], **attributes: Any) -> Any:
        return type("Reader", (kind,), {"host": self.environment.host, **attributes})(self.environment)

    def told(self, *, ends: bool = False) -> list[dict[str, Any]]:
        """Return what the process tells of traces."""
        self.recorder.take(ends=ends)
        return self.recorder.take_traces()

    def close(self) -> None:
        self.tracing.let_go()
        self.begun.let_go()


WEB_SOCKET = type("Hearer", (WebSocketUser,), {"path": "/ws"})

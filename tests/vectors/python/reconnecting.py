"""Clients that keep a connection: each function runs the real client's own code for one set of options."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

from tape import COUNT, Tape

Delays = list[float | None]
Options = Mapping[str, Any]


def socketio(options: Options) -> Delays:
    """python-socketio: its own loop, with an abort event that only notes, and a connect that fails."""
    import socketio

    client, tape = socketio.Client(**options), Tape()

    def connect(*_: Any, **__: Any) -> None:
        tape.attempt()
        raise socketio.exceptions.ConnectionError

    client._reconnect_abort = SimpleNamespace(clear=lambda: None, wait=tape.sleep)
    client.connect = connect
    return tape.follow(client._handle_reconnect, ())


def signalrcore(options: Options) -> Delays:
    """signalrcore: its transport's handling of a loss, called again by us for each, with the wait left to us."""
    from signalrcore.hub_connection_builder import HubConnectionBuilder
    from signalrcore.transport.base_transport import BaseTransport

    tape = Tape()
    builder = HubConnectionBuilder().with_automatic_reconnect(dict(options))
    transport = mock.Mock()
    transport.manually_closing = False
    transport.reconnection_handler = builder.reconnection_handler
    transport.is_reconnecting.return_value = False
    transport._client = mock.Mock()
    transport._client.is_connection_closed.return_value = True
    transport.deferred_reconnect.side_effect = tape.sleep

    def start(reconnection: bool) -> None:
        tape.attempt()
        raise ConnectionError

    transport.start.side_effect = start

    def lost() -> None:
        while True:
            BaseTransport.handle_reconnect(transport)

    return tape.follow(lost, (ValueError,))


def centrifuge(options: Options) -> Delays:
    """centrifuge-python: the wait of each attempt, by the number that the client counts."""
    from centrifuge import utils

    low, high = options.get("min_reconnect_delay", 0.1), options.get("max_reconnect_delay", 20.0)
    return [utils._backoff(n, low, high) for n in range(COUNT)]


def paho(options: Options) -> Delays:
    """paho-mqtt: the wait is kept between the attempts; in this state the client does not sleep it."""
    from paho.mqtt import client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if options:
        client.reconnect_delay_set(**options)
    client._state = mqtt._ConnectionState.MQTT_CS_DISCONNECTED
    delays: Delays = []
    for _ in range(COUNT):
        client._reconnect_wait()
        delays.append(client._reconnect_delay)
    return delays


def kafka(options: Options) -> Delays:
    """kafka-python: the wait of each failure; the connect timeout, which draws too, is left out."""
    from kafka.net.manager import KafkaConnectionManager

    manager = KafkaConnectionManager.__new__(KafkaConnectionManager)
    manager.config = KafkaConnectionManager.DEFAULT_CONFIG | dict(options)
    return [manager._calculate_exp_timeout("reconnect_backoff_ms", n) for n in range(1, COUNT + 1)]


def nats(options: Options) -> Delays:
    """nats-py: one server, to which the connection was made long ago."""
    from nats.aio import client as module
    from nats.errors import NoServersError

    tape, client = Tape(), module.Client()
    client.options = {"reconnect_time_wait": 2, "max_reconnect_attempts": 60, **options}
    server = module.Srv(mock.Mock())
    server.last_attempt = tape.now - 1000
    client._server_pool = [server]
    client._error_cb = mock.AsyncMock()

    async def connect(_: Any) -> None:
        tape.attempt()
        raise ConnectionRefusedError

    client._connect_to_server = connect
    with (
        mock.patch.object(module.asyncio, "sleep", tape.async_sleep),
        mock.patch.object(module.time, "monotonic", tape.monotonic),
    ):
        return tape.follow(lambda: _drive(client._select_next_server()), (NoServersError,))


def _drive(coroutine: Any) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the client waits for something that is not replayed")


def websockets(options: Options) -> Delays:
    """Websockets 13 and later: ``async for`` over connect(); the first connection opens, and drops."""
    from websockets.asyncio.client import connect
    from websockets.client import backoff

    return _for_each_connection(connect("ws://localhost", reconnect_delays=partial(backoff, **options)))


def websockets_legacy(options: Options) -> Delays:
    """Websockets until 12: the same, where the options are attributes of the class."""
    from websockets.legacy.client import connect

    class Changed(connect):  # type: ignore[misc,valid-type]
        """The client with other options."""

    for name, value in options.items():
        assert hasattr(connect, name)
        setattr(Changed, name, value)
    loop = asyncio.new_event_loop()
    try:
        return _for_each_connection(Changed("ws://localhost", loop=loop))
    finally:
        loop.close()


def _for_each_connection(client: Any) -> Delays:
    tape = Tape(unseen=1)
    opened: list[bool] = []

    async def enter(_: Any) -> str:
        tape.attempt()
        if opened:
            raise ConnectionRefusedError
        opened.append(True)
        return "connection"

    async def leave(*_: Any) -> None:
        return None

    async def consume() -> None:
        async for _ in client:
            pass

    with (
        mock.patch.object(type(client), "__aenter__", enter),
        mock.patch.object(type(client), "__aexit__", leave),
        mock.patch("asyncio.sleep", tape.async_sleep),
    ):
        return tape.follow(lambda: _drive(consume()), ())

"""JavaScript clients of WebSockets and of protocols of one framework, in their own option names and units.

Law: data only. ``detection`` is the longest time until a dead connection is noticed, with the defaults of the server.
"""

from __future__ import annotations

import math

from locust_ext.storms.backoff import MILLISECONDS, Backoff, Order, Quantise, Reaction, Reset
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Exponential, Table
from locust_ext.storms.jitter import Additive, Backo2
from locust_ext.storms.presets.milliseconds import Options, ms, stops_at, timeout_of


def _socketio(options: Options) -> Backoff:
    factor = options["randomizationFactor"]
    return Backoff(
        Exponential(options["reconnectionDelay"] or 1000),
        Backo2(factor if factor <= 1 else 0.0),
        cap=options["reconnectionDelayMax"] or 5000,
        order=Order.CAP_LAST,
        quantise=Quantise.INT32,
        unit=MILLISECONDS,
        attempts=(options["reconnectionAttempts"] or math.inf) if options["reconnection"] else 0,
        timeout=timeout_of(options["timeout"]),
        causes={"server_disconnect": Reaction.STOP},
        detection=45.0,
    )


def _reconnecting(options: Options) -> Backoff:
    low = options["minReconnectionDelay"]
    return Backoff(
        Exponential(
            1000.0 if low is None else low,
            options["reconnectionDelayGrowFactor"],
            spread=4000.0 if low is None else 0.0,
        ),
        cap=options["maxReconnectionDelay"],
        unit=MILLISECONDS,
        reset=Reset.ON_UPTIME,
        uptime=options["minUptime"] * MILLISECONDS,
        attempts=options["maxRetries"],
        timeout=timeout_of(options["connectionTimeout"]),
    )


def _phoenix(options: Options) -> Backoff:
    heartbeat = (options["heartbeatIntervalMs"] or 30_000) * MILLISECONDS
    return Backoff(Table(tuple(options["reconnectAfterMs"])), unit=MILLISECONDS, detection=2 * heartbeat)


def _signalr(options: Options) -> Backoff:
    return Backoff(
        Table(tuple(options["withAutomaticReconnect"]), "stop"),
        unit=MILLISECONDS,
        reset=Reset.PER_INCIDENT,
        causes={"server_disconnect": Reaction.STOP},
        detection=options["serverTimeoutInMilliseconds"] * MILLISECONDS,
    )


_GRAPHQL_FATAL = (1002, 1003, 1004, *range(1007, 1012), *range(1015, 2000))
_GRAPHQL_FATAL_OF_THE_PROTOCOL = (4004, 4005, 4400, 4401, 4406, 4409, 4429, 4500)


def _graphql(options: Options) -> Backoff:
    stops = stops_at(*_GRAPHQL_FATAL, *_GRAPHQL_FATAL_OF_THE_PROTOCOL)
    return Backoff(
        Exponential(1000.0),
        Additive(300.0, 3000.0, whole=True),
        unit=MILLISECONDS,
        reset=Reset.ON_READY,
        attempts=options["retryAttempts"],
        timeout=timeout_of(options["connectionAckWaitTimeout"] or math.inf),
        causes={"close:1000": Reaction.IMMEDIATE, **stops},
    )


def _reconnecting_options(low: Option) -> dict[str, Option]:
    return {
        "minReconnectionDelay": low,
        "maxReconnectionDelay": ms(10_000.0),
        "reconnectionDelayGrowFactor": Option(1.3, "by which the wait grows"),
        "minUptime": ms(5000.0, "open for so long, and the count starts again"),
        "connectionTimeout": ms(4000.0),
        "maxRetries": Option(math.inf, "attempts before it gives up"),
    }


_DRAWN_ONCE = ms(None, "without it 1000 to 5000, drawn once for each load of the page")

SOCKETS: tuple[Client, ...] = (
    Client(
        "socket.io",
        "4",
        "socket.io-client 4.8.4",
        MILLISECONDS,
        {
            "reconnection": Option(default=True, about="whether it reconnects at all"),
            "reconnectionDelay": ms(1000.0, "0 means 1000"),
            "reconnectionDelayMax": ms(5000.0, "0 means 5000"),
            "randomizationFactor": Option(0.5, "share of the wait that chance adds or takes; beyond 1 it is none"),
            "reconnectionAttempts": Option(math.inf, "attempts before it gives up; 0 means for ever"),
            "timeout": ms(20_000.0, "to connect"),
        },
        _socketio,
        "doubling waits with the jitter before the cap: from the fifth on everybody waits exactly the cap",
    ),
    Client(
        "reconnecting-websocket",
        "4",
        "reconnecting-websocket 4.4.0",
        MILLISECONDS,
        _reconnecting_options(_DRAWN_ONCE),
        _reconnecting,
        "a first wait that is drawn once for each client, then growing without jitter",
    ),
    Client(
        "partysocket",
        "1.3",
        "partysocket 1.3.0",
        MILLISECONDS,
        _reconnecting_options(ms(3000.0)),
        _reconnecting,
        "as reconnecting-websocket without its jitter: everybody waits the same",
    ),
    Client(
        "partysocket",
        "1.1.17",
        "partysocket 1.1.17",
        MILLISECONDS,
        _reconnecting_options(_DRAWN_ONCE),
        _reconnecting,
        "as reconnecting-websocket",
    ),
    Client(
        "phoenix",
        "1.8",
        "phoenix 1.8.16",
        MILLISECONDS,
        {
            "reconnectAfterMs": Option(
                (10.0, 50.0, 100.0, 150.0, 200.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0),
                "milliseconds, one after the other, then the last; a function there",
            ),
            "heartbeatIntervalMs": ms(30_000.0),
        },
        _phoenix,
        "a table without jitter; when channels join again is not modelled",
    ),
    Client(
        "signalr",
        "10",
        "@microsoft/signalr 10.0.11",
        MILLISECONDS,
        {
            "withAutomaticReconnect": Option((0.0, 2000.0, 10_000.0, 30_000.0), "milliseconds, then it gives up"),
            "serverTimeoutInMilliseconds": ms(30_000.0, "without a word from the server"),
        },
        _signalr,
        "a table without jitter, then the end; a close message of the server ends it at once",
    ),
    Client(
        "graphql-ws",
        "6",
        "graphql-ws 6.4.2",
        MILLISECONDS,
        {
            "retryAttempts": Option(5.0, "attempts before it gives up"),
            "connectionAckWaitTimeout": ms(0.0, "0 means for ever"),
        },
        _graphql,
        "doubling waits and 300 to 3000 ms; after close 1000 it comes back at once and without end",
    ),
)
"""Of one name the newest version stands first."""

"""Python clients of Socket.IO, SignalR, Centrifugo and plain WebSockets, and all the Python presets together.

Law: data only, in each client's own option names and units; what is not modelled is said in ``about``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import SECONDS, Backoff, Draw, Order, Quantise, Reaction, Reset, Timeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Exponential, Table
from locust_ext.storms.jitter import Full, Swing
from locust_ext.storms.presets.aws import AWS
from locust_ext.storms.presets.brokers import BROKERS
from locust_ext.storms.presets.redis import REDIS
from locust_ext.storms.presets.retries import RETRIES

_AT_ONCE = Draw(0.0)


def _socketio(options: Mapping[str, Any]) -> Backoff:
    attempts = options["reconnection_attempts"] or math.inf
    return Backoff(
        Exponential(options["reconnection_delay"]),
        jitter=Swing(options["randomization_factor"]),
        cap=options["reconnection_delay_max"],
        attempts=attempts if options["reconnection"] else 0,
        reset=Reset.PER_INCIDENT,
        timeout=Timeout(options["request_timeout"] + 1.0),
        causes={"server_disconnect": Reaction.STOP},
        detection=45.0,
    )


def _signalrcore(options: Mapping[str, Any]) -> Backoff:
    most = options["max_attempts"]
    if options["type"] == "interval":
        return Backoff(Table(tuple(options["intervals"]), tail="stop"), prefix=(_AT_ONCE,))
    attempts = math.inf if most is None else most + 2
    return Backoff(Constant(options["reconnect_interval"]), prefix=(_AT_ONCE,), attempts=attempts)


def _centrifuge(options: Mapping[str, Any]) -> Backoff:
    low = options["min_reconnect_delay"]
    return Backoff(
        Exponential(low, last=31),
        jitter=Full(),
        cap=options["max_reconnect_delay"],
        order=Order.BOTH,
        offset=low,
        reset=Reset.ON_READY,
        timeout=Timeout(options["timeout"]),
        causes={f"close:{code}": Reaction.STOP for code in (*range(3500, 4000), *range(4500, 5000))},
        detection=25.0 + options["max_server_ping_delay"],
    )


def _websockets(options: Mapping[str, Any]) -> Backoff:
    retried = {500, 502, 503, 504}
    return Backoff(
        Exponential(options["min_delay"], options["factor"], stepwise=True),
        cap=options["max_delay"],
        prefix=(_AT_ONCE, Draw(0.0, options["initial_delay"])),
        timeout=Timeout(options["open_timeout"]),
        causes={f"status:{status}": Reaction.STOP for status in range(400, 600) if status not in retried},
        detection=40.0,
    )


def _websockets_12(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Exponential(options["BACKOFF_MIN"], options["BACKOFF_FACTOR"], first=1, stepwise=True),
        cap=options["BACKOFF_MAX"],
        quantise=Quantise.FLOOR,
        prefix=(_AT_ONCE, Draw(0.0, options["BACKOFF_INITIAL"])),
        timeout=Timeout(options["open_timeout"]),
        detection=40.0,
    )


_RECONNECTING: tuple[Client, ...] = (
    Client(
        "python-socketio",
        "5",
        "python-socketio 5.18.1",
        SECONDS,
        {
            "reconnection": Option(default=True, about="whether it reconnects at all"),
            "reconnection_delay": Option(1.0, "seconds before the first attempt"),
            "reconnection_delay_max": Option(5.0, "seconds, before the jitter"),
            "randomization_factor": Option(
                0.5, "seconds to either side, whatever the wait (its documents say a share)"
            ),
            "reconnection_attempts": Option(0.0, "attempts before it gives up; 0 for ever"),
            "request_timeout": Option(5.0, "seconds for the transport; one more follows for the namespaces"),
        },
        _socketio,
        "doubling waits that swing by half a second; a DISCONNECT from the server ends it; notices a dead server after "
        "the server's usual 25 + 20 s",
    ),
    Client(
        "signalrcore",
        "1",
        "signalrcore 1.0.2",
        SECONDS,
        {
            "type": Option("raw", "a constant wait, or a table", choices=("raw", "interval")),
            "reconnect_interval": Option(5.0, "seconds, for raw"),
            "max_attempts": Option(None, "waits before it gives up, for raw; it makes one more than it says"),
            "intervals": Option((), "seconds, one after the other, for interval"),
        },
        _signalrcore,
        "one attempt at once, then a constant or a table, as its handlers say; over WebSocket 1.0.2 itself stops "
        "after a first attempt that fails, by a mistake of its own, so it storms less than this",
    ),
    Client(
        "centrifuge-python",
        "0.7",
        "centrifuge-python 0.7.0",
        SECONDS,
        {
            "min_reconnect_delay": Option(0.1, "seconds, added to every wait"),
            "max_reconnect_delay": Option(20.0, "seconds"),
            "timeout": Option(5.0, "seconds to connect"),
            "max_server_ping_delay": Option(10.0, "seconds beyond the server's ping interval (25) until it is dead"),
        },
        _centrifuge,
        "full jitter over a floor; close codes 3500-3999 and 4500-4999 end it",
    ),
    Client(
        "websockets",
        "17",
        "websockets 17.4",
        SECONDS,
        {
            "initial_delay": Option(5.0, "seconds, the most that the wait after the first failure is"),
            "min_delay": Option(3.1, "seconds after the second failure"),
            "max_delay": Option(90.0, "seconds"),
            "factor": Option(1.618, "by which the wait grows", low=1.0),
            "open_timeout": Option(10.0, "seconds to connect"),
        },
        _websockets,
        "at once after a drop; the first failure's wait is random; gives up on statuses but 500, 502, 503 and 504. The "
        "first four are WEBSOCKETS_BACKOFF_INITIAL_DELAY, _MIN_DELAY, _MAX_DELAY and _FACTOR in the environment",
    ),
    Client(
        "websockets",
        "12",
        "websockets 12.0",
        SECONDS,
        {
            "BACKOFF_INITIAL": Option(5.0, "seconds, the most that the wait after the first failure is"),
            "BACKOFF_MIN": Option(1.92, "seconds, times the factor after the second failure"),
            "BACKOFF_MAX": Option(60.0, "seconds"),
            "BACKOFF_FACTOR": Option(1.618, "by which the wait grows", low=1.0),
            "open_timeout": Option(10.0, "seconds to connect"),
        },
        _websockets_12,
        "as 17, in whole seconds, and it retries on every status",
    ),
)

PYTHON: tuple[Client, ...] = (*_RECONNECTING, *BROKERS, *AWS, *RETRIES, *REDIS)
"""Of one name the newest version stands first."""

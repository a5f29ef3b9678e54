"""JavaScript clients of messaging services and brokers, in their own option names and units.

Law: data only. ``detection`` is the longest time until a dead connection is noticed, with the defaults of the server.
"""

from __future__ import annotations

import math

from locust_ext.storms.backoff import MILLISECONDS, Backoff, Clock, Draw, Order, Reaction, Reset
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Constant, Exponential, Table
from locust_ext.storms.jitter import Full, Scaled
from locust_ext.storms.presets.milliseconds import Options, ms, stops_at, timeout_of


def _centrifuge(options: Options) -> Backoff:
    return Backoff(
        Exponential(options["minReconnectDelay"], last=31),
        Full(whole=True),
        cap=options["maxReconnectDelay"],
        order=Order.BOTH,
        offset=options["minReconnectDelay"],
        unit=MILLISECONDS,
        reset=Reset.ON_READY,
        timeout=timeout_of(options["timeout"]),
        causes=stops_at(1009, *range(3500, 4000), *range(4500, 5000)),
        detection=25.0 + options["maxServerPingDelay"] * MILLISECONDS,
    )


def _stomp(options: Options) -> Backoff:
    first, is_exponential = options["reconnectDelay"], options["reconnectTimeMode"] == "EXPONENTIAL"
    return Backoff(
        Exponential(first, first=1) if is_exponential else Constant(first),
        cap=(options["maxReconnectDelay"] or math.inf) if is_exponential else math.inf,
        prefix=(Draw(first),),
        unit=MILLISECONDS,
        reset=Reset.ON_READY,
        attempts=math.inf if first else 0,
        timeout=timeout_of(options["connectionTimeout"] or math.inf),
        detection=2 * options["heartbeatIncoming"] * MILLISECONDS or None,
    )


def _pusher(options: Options) -> Backoff:
    retried = {"close:4000": Reaction.IMMEDIATE, **{f"close:{code}": Reaction.RETRY for code in range(4100, 4200)}}
    at_once = {f"close:{code}": Reaction.IMMEDIATE for code in range(4200, 4300)}
    return Backoff(
        Table((15_000.0, 30_000.0, 60_000.0)),
        prefix=(Draw(1000.0),),
        unit=MILLISECONDS,
        clock=Clock.ATTEMPT_START,
        causes={**stops_at(*range(4000, 5000)), **retried, **at_once},
        detection=(options["activityTimeout"] + options["pongTimeout"]) * MILLISECONDS,
    )


def _ably(options: Options) -> Backoff:
    retry = options["disconnectedRetryTimeout"]
    growing = [retry * min((count + 2) / 3, 2) for count in range(2, 5)]
    return Backoff(
        Table((0.0, *growing)),  # the drop is retried at once, and draws its jitter all the same
        Scaled(1.0, -0.2),
        unit=MILLISECONDS,
        reset=Reset.ON_READY,
        elapsed=options["connectionStateTtl"] * MILLISECONDS,
        cut=True,
        then=Backoff(Constant(options["suspendedRetryTimeout"]), unit=MILLISECONDS),
        timeout=timeout_of(options["realtimeRequestTimeout"]),
        detection=15.0 + options["realtimeRequestTimeout"] * MILLISECONDS,
    )


def _mqtt(options: Options) -> Backoff:
    return Backoff(
        Constant(options["reconnectPeriod"]),
        unit=MILLISECONDS,
        attempts=math.inf if options["reconnectPeriod"] else 0,
        timeout=timeout_of(options["connectTimeout"]),
        causes={} if options["reconnectOnConnackError"] else {"connack_error": Reaction.STOP},
        detection=1.5 * options["keepalive"] or None,
    )


MESSAGING: tuple[Client, ...] = (
    Client(
        "centrifuge-js",
        "5",
        "centrifuge 5.8.0",
        MILLISECONDS,
        {
            "minReconnectDelay": ms(500.0),
            "maxReconnectDelay": ms(20_000.0),
            "timeout": ms(5000.0, "to connect"),
            "maxServerPingDelay": ms(10_000.0),
        },
        _centrifuge,
        "full jitter above the least wait; that a close of 3500 or 4500 and more ends it holds where it has a reason",
    ),
    Client(
        "stompjs",
        "7",
        "@stomp/stompjs 7.5.0",
        MILLISECONDS,
        {
            "reconnectDelay": ms(5000.0, "0 means never"),
            "maxReconnectDelay": ms(900_000.0, "if EXPONENTIAL and from the second wait on; 0 means no limit"),
            "reconnectTimeMode": Option("LINEAR", "LINEAR is constant", choices=("LINEAR", "EXPONENTIAL")),
            "connectionTimeout": ms(0.0, "0 means for ever"),
            "heartbeatIncoming": ms(10_000.0, "lost after two of them; 0 means never"),
        },
        _stomp,
        "always the same wait, or doubling, without jitter",
    ),
    Client(
        "pusher",
        "8",
        "pusher-js 8.6.0",
        MILLISECONDS,
        {"activityTimeout": ms(120_000.0), "pongTimeout": ms(30_000.0)},
        _pusher,
        "1 s, then slots of 15, 30 and 60 s from start to start; its parallel HTTP transports are not modelled",
    ),
    Client(
        "ably",
        "2",
        "ably 2.28.0",
        MILLISECONDS,
        {
            "disconnectedRetryTimeout": ms(15_000.0),
            "suspendedRetryTimeout": ms(30_000.0),
            "connectionStateTtl": ms(120_000.0, "after which it is suspended"),
            "realtimeRequestTimeout": ms(10_000.0, "to connect"),
        },
        _ably,
        "at once after a drop, then up to twice the timeout less 0 to 20 %, then constant; its fallback hosts are not "
        "modelled",
    ),
    Client(
        "mqtt.js",
        "5",
        "mqtt 5.16.0",
        MILLISECONDS,
        {
            "reconnectPeriod": ms(1000.0, "0 means never"),
            "connectTimeout": ms(30_000.0),
            "keepalive": Option(60.0, "seconds; lost after one and a half of them; 0 means never"),
            "reconnectOnConnackError": Option(
                default=False, about="whether it comes back after a CONNACK that refuses"
            ),
        },
        _mqtt,
        "always the same wait without jitter",
    ),
)

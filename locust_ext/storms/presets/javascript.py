"""Clients that ship in web pages, and those of Node."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from locust_ext.storms.backoff import MILLISECONDS, Backoff, Order, Quantise, Timeout
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Exponential
from locust_ext.storms.jitter import Backo2


def _socket_io(options: Mapping[str, Any]) -> Backoff:
    return Backoff(
        Exponential(options["reconnectionDelay"] or 1000),
        jitter=Backo2(options["randomizationFactor"]),
        cap=options["reconnectionDelayMax"] or 5000,
        order=Order.CAP_LAST,
        quantise=Quantise.INT32,
        unit=MILLISECONDS,
        attempts=options["reconnectionAttempts"] or inf,
        timeout=Timeout(options["timeout"] / 1000),
        detection=45.0,
    )


JAVASCRIPT: tuple[Client, ...] = (
    Client(
        "socket.io",
        "4",
        "socket.io-client 4.8.4",
        MILLISECONDS,
        {
            "reconnectionDelay": Option(1000, "ms before the first attempt"),
            "reconnectionDelayMax": Option(5000, "ms at most"),
            "randomizationFactor": Option(0.5, "share of the wait that chance adds or takes", high=1.0),
            "reconnectionAttempts": Option(inf, "attempts before it gives up"),
            "timeout": Option(20000, "ms for one attempt"),
        },
        _socket_io,
    ),
)

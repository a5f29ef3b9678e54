"""Where requests of each client leave, and what is put around that so that some of them carry a trace.

Law: a table; it stands there only while a run lasts whose requests have traces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

from locust.clients import HttpSession
from locust.contrib.fasthttp import LocustUserAgent
from websocket import _core

from locust_ext.clients import fasthttp, requests_client, websocket_door
from locust_ext.clients.fasthttp import OPEN
from locust_ext.clients.lean import heads, traced
from locust_ext.clients.lean.agent import LeanAgent
from locust_ext.clients.lean.heads import Head
from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.tracer import Tracer
from locust_ext.process.seam import Seam

Place = tuple[Any, str, Callable[[Tracer, Callable[..., Any]], Callable[..., Any]]]

PLACES: Sequence[Place] = (
    (HttpSession, "rebuild_auth", requests_client.trace_redirect),
    (HttpSession, "prepare_request", requests_client.trace),
    (LocustUserAgent, OPEN, fasthttp.trace),
    (LeanAgent, OPEN, traced.at_open),
    (heads, "_head", traced.in_own_heads),  # before the next one: what these fill is not among the others
    (Head, "fill", traced.in_heads),
    (LeanSession, "_other", traced.at_replay),
    (_core, "handshake", websocket_door.trace),
)
"""Where requests of each client leave, and what is put around that."""


def seams_of(tracer: Tracer) -> Iterator[Seam]:
    """Yield what stands at each place, in the order of the table."""
    for owner, name, wrap in PLACES:
        yield Seam(owner, name, _around(wrap, tracer))


def _around(wrap: Callable[[Tracer, Callable[..., Any]], Callable[..., Any]], tracer: Tracer) -> Callable[..., Any]:
    return lambda stock: wrap(tracer, stock)

"""The checklist before the first user: the host answers, knows synthetic traffic, the flag allows, the clocks agree.

Law: one request to each host and one read of each flag, each with a limit of time; all of them are made, and all that
fail are told together. What could not be found out is told too, and fails nothing.
"""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import gevent
import requests

from locust_ext.process.clock import SteadyClock
from locust_ext.safety.flags import Source, alarm_of, sources_of
from locust_ext.safety.guard import Targets
from locust_ext.safety.intent import SafetyIntent
from locust_ext.safety.killswitch import TIMEOUT as FLAG_TIMEOUT
from locust_ext.safety.redaction import Redaction
from locust_ext.safety.tenant import TenantHeaders, mark_for
from locust_ext.safety.window import parse_window
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import Problem
from locust_ext.text.units import format_duration, format_rate

HOST_TIMEOUT = 5.0
"""Seconds that a host may take to answer."""

CLOCKS_DIFFER = 30.0
"""Seconds by which a host's clock may differ from ours: signatures expire by the host's."""

PREFLIGHT = "preflight"
"""What the signature of the checklist's own requests says for the run."""

SERVER_ERROR = 500


class Found(StrEnum):
    """What a check found."""

    FINE = "ok"
    WRONG = "NO"
    UNKNOWN = "??"


@dataclass(frozen=True)
class Check:
    """One line of the list; ``path`` is where the configuration speaks of it."""

    found: Found
    what: str
    path: str = ""


def take_stock(intent: SafetyIntent, hosts: Sequence[str], now: datetime) -> list[Check]:
    """Return the checklist for a run against ``hosts``: for production whole, else the flags and alarms."""
    targets = Targets.of(hosts, intent.options)
    checks = list(_go_ahead(targets, now)) if targets.is_production else []
    mark = mark_for(intent.tenant, hosts, PREFLIGHT) if intent.tenant else None
    asking = [gevent.spawn(_flags, intent)]
    if targets.is_production:
        asking += [gevent.spawn(_host, intent, host, mark) for host in targets.hosts]
    gevent.joinall(asking)
    return [*checks, *(check for greenlet in asking for check in greenlet.get())]


def _go_ahead(targets: Targets, now: datetime) -> Iterator[Check]:
    """Yield what was found in writing before; it only has to be read."""
    production, cap = targets.safety.production, targets.safety.rate_cap
    remaining = format_duration(int(parse_window(production.window).remaining(now)))
    yield Check(Found.FINE, f"{', '.join(targets.production)}: production, with a go-ahead")
    yield Check(Found.FINE, f"the window {production.window} is open, for another {remaining}")
    yield Check(Found.FINE, f"on call: {production.on_call}; dashboard: {production.dashboard}")
    yield Check(Found.FINE, f"announced: {production.announcement}")
    yield Check(Found.FINE, f"cap: {format_rate(cap)} over all workers" if cap else "no cap")


def _flags(intent: SafetyIntent) -> list[Check]:
    switch, rules = intent.options.kill_switch, intent.options.abort
    alarm = rules.alarm if rules else None
    found = _read("safety.kill_switch", lambda: sources_of(switch)) if switch else []
    return found + (_read("safety.abort.alarm", lambda: (alarm_of(alarm),)) if alarm else [])


def _read(path: str, make: Callable[[], tuple[Source, ...]]) -> list[Check]:
    try:
        readings = [source.read(FLAG_TIMEOUT) for source in make()]
    except ValueError as error:
        return [Check(Found.WRONG, str(error), path)]
    return [Check(Found.FINE if reading.allowed else Found.WRONG, reading.why, path) for reading in readings]


def _host(intent: SafetyIntent, host: str, mark: TenantHeaders | None) -> list[Check]:
    url = host.rstrip("/") + intent.options.check_path
    headers: dict[str, str] = {}
    if mark is not None:
        mark.stamp(url, headers)
    try:
        with gevent.Timeout(HOST_TIMEOUT, requests.Timeout()), requests.Session() as session:
            answer = session.get(url, headers=headers, timeout=HOST_TIMEOUT, allow_redirects=False, stream=True)
    except requests.Timeout:
        return [Check(Found.WRONG, f"{url} did not answer within {HOST_TIMEOUT:g} s", "host")]
    except requests.RequestException as error:
        return [Check(Found.WRONG, f"{url} does not answer: {type(error).__name__}", "host")]
    status = answer.status_code
    answers = Check(Found.FINE if status < SERVER_ERROR else Found.WRONG, f"{url} answers: {status}", "host")
    return [answers, *_acknowledged(intent, url, mark, answer), _clocks(url, answer)]


def _acknowledged(
    intent: SafetyIntent, url: str, mark: TenantHeaders | None, answer: requests.Response
) -> Iterator[Check]:
    options = intent.tenant
    if options is None or mark is None:
        return
    said = answer.headers.get(options.ack_header)
    rules = intent.options.abort
    if said is not None and (not mark.signed or said == PREFLIGHT):
        how = "signed" if mark.signed else "not signed"
        yield Check(Found.FINE, f"{url} acknowledges the synthetic tenant ({how})", "tenant")
    elif rules is not None and not rules.ack:
        yield Check(Found.UNKNOWN, f"{url} does not acknowledge the synthetic tenant; abort.ack is false", "tenant")
    else:
        forbidden = answer.status_code == requests.codes.forbidden
        refused = " and refuses it: does it have the same key?" if forbidden else ""
        what = f"{url} does not acknowledge the synthetic tenant by {options.ack_header}{refused}"
        yield Check(Found.WRONG, what, "tenant")


def _clocks(url: str, answer: requests.Response) -> Check:
    date: Any = None
    with suppress(TypeError, ValueError, IndexError, OverflowError):
        date = email.utils.parsedate_to_datetime(answer.headers.get("Date", ""))
    if date is None:
        return Check(Found.UNKNOWN, f"{url} does not tell the time")
    at = date if date.tzinfo else date.replace(tzinfo=UTC)  # RFC 9110: also where the form has no zone
    ahead = SteadyClock().now() - at.timestamp()
    if abs(ahead) > CLOCKS_DIFFER:
        how = "ahead of" if ahead > 0 else "behind"
        return Check(Found.WRONG, f"this clock is {format_duration(int(abs(ahead)))} {how} that of {url}", "host")
    return Check(Found.FINE, f"the clocks agree: {abs(ahead):.0f} s apart")


def in_lines(checks: Sequence[Check], redaction: Redaction) -> str:
    """Return the list as it is printed."""
    return "\n".join(f"  [{check.found}] {redaction.text(check.what)}" for check in checks)


def problems_of(checks: Sequence[Check], source: str) -> list[Problem]:
    """Return a problem for each check that failed."""
    wrong = [check for check in checks if check.found is Found.WRONG]
    return [replace(Problem(check.path, check.what), source=source) for check in wrong]

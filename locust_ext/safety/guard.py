"""The guard: where a run may go, and what production asks for in writing.

Law: deny by default. What is not private, not staging and not declared gets no request; a host that is production gets
none without a whole go-ahead that names it, inside of its window. The window is looked up once, on the wall clock; from
then on only the time that has passed counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from inspect import getattr_static
from typing import Any

from locust_ext.safety.hosts import HostKind, classify, in_yaml, is_named, pattern_for
from locust_ext.safety.intent import SafetyIntent
from locust_ext.safety.options import AbortOptions, SafetyOptions
from locust_ext.safety.origin import Origin, Origins, authority_of, origin_of
from locust_ext.safety.window import parse_window
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import Problem
from locust_ext.text.units import format_duration

_MOST_KNOWN = 1000
"""Origins whose kind is remembered."""

UNCLEAR = "unclear"
"""What is counted for an origin, where the address does not lead to one."""

_WEB = ("http:", "https:", "ws:", "wss:")

GO_AHEAD = (
    ("window", "when it may be tested, such as 2026-11-24 02:00/03:00 Europe/Berlin"),
    ("on_call", "who is called when it goes wrong"),
    ("dashboard", "the link to look at meanwhile"),
    ("announcement", "the link to where it was announced"),
)
"""What ``safety.production`` must say, and what for."""

GO_AHEAD_FOR = "safety.production.go_ahead_for"
"""Where the go-ahead says for which hosts it is."""

STAGING = "safety.production.staging"
"""Where the configuration says which hosts are not production."""


def hosts_of(environment: Any) -> list[str]:
    """Return the hosts under test, as Locust takes them: that of the environment, else those of the user classes."""
    hosts = [environment.host] if environment.host else map(host_of, environment.user_classes)
    return [host for host in hosts if host]


def host_of(user: type[Any]) -> str:
    """Return the host of a user class, nothing where only its users know it; no code of it runs."""
    host = getattr_static(user, "host", None)
    return host if isinstance(host, str) else ""


@dataclass(frozen=True)
class Targets:
    """Where a run goes: the hosts under test, and other origins that are declared."""

    hosts: tuple[str, ...]
    safety: SafetyOptions

    @classmethod
    def of(cls, hosts: Iterable[str | None], safety: SafetyOptions) -> Targets:
        """Return the targets among these hosts, None left out."""
        return cls(tuple(sorted({host for host in hosts if host})), safety)

    def kind_of(self, host: str) -> HostKind:
        """Return the kind of a host, by the patterns of the configuration."""
        production = self.safety.production
        return classify(host, production.staging, production.hosts)

    @property
    def kind(self) -> HostKind:
        """The kind that asks for most, of all that was declared."""
        kinds = {self.kind_of(host) for host in (*self.hosts, *self.safety.origins)}
        return max(kinds, key=list(HostKind).index, default=HostKind.PRIVATE)

    @property
    def is_production(self) -> bool:
        """Whether any of it is production."""
        return self.kind is HostKind.PRODUCTION

    @property
    def production(self) -> list[str]:
        """What of it is production."""
        return [host for host in (*self.hosts, *self.safety.origins) if self.kind_of(host) is HostKind.PRODUCTION]

    @property
    def without_go_ahead(self) -> list[str]:
        """What of it is production, and is not what the go-ahead is for."""
        return [host for host in self.production if not is_named(host, self.safety.production.go_ahead_for)]

    @property
    def abort(self) -> AbortOptions | None:
        """The rules that end the run: those of the configuration; in production there always are some."""
        return self.safety.abort or (AbortOptions() if self.is_production else None)


def go_ahead_problems(intent: SafetyIntent, hosts: Iterable[str | None], now: datetime) -> list[Problem]:
    """Return everything that is missing before a run may go to ``hosts`` at ``now`` (with a zone)."""
    targets = Targets.of(hosts, intent.options)
    return _told(intent, targets, [*_missing(intent, targets), *_outside(intent, now)])


def told_in_one(problems: Iterable[Problem]) -> str:
    """Return why a run may not go where it would, in one sentence: how to cure it where there is a cure, and why."""
    first, *rest = problems
    return "; ".join(f"{one.path}: {one.message}" for one in (first, *(rest[:1] if first.path == STAGING else [])))


def lasting_problems(intent: SafetyIntent, hosts: Iterable[str | None]) -> list[Problem]:
    """Return what is missing before a run may go to ``hosts``, at whatever time of the day."""
    targets = Targets.of(hosts, intent.options)
    return _told(intent, targets, [*_missing(intent, targets), *_too_long(intent)])


def _told(intent: SafetyIntent, targets: Targets, missing: Iterable[tuple[str, str]]) -> list[Problem]:
    if not targets.is_production:
        return []
    names = ", ".join(targets.production)
    found = [Problem(path, f"{what}; {names} counts as production", source=intent.source) for path, what in missing]
    return _hint(targets, intent) + found


def _missing(intent: SafetyIntent, targets: Targets) -> Iterator[tuple[str, str]]:
    safety = targets.safety
    production = safety.production
    for key, what in GO_AHEAD:
        if not getattr(production, key):
            yield f"safety.production.{key}", f"it is missing: {what}"
    if targets.without_go_ahead:
        yield GO_AHEAD_FOR, _line_to_add(targets)
    if safety.rate_cap is None:
        yield "safety.rate_cap", "it is missing: how many requests a second there may be at most, such as 50/s"
    if safety.kill_switch is None:
        yield "safety.kill_switch", "it is missing: the flag that stops the run, such as {file: run/allowed}"
    if intent.tenant is None:
        yield "tenant", "it is missing: the header that marks synthetic traffic, such as {}"
    if intent.seeks_limit:
        yield "shape", "a stress shape looks for the point at which its target breaks; it never runs there"


def _line_to_add(targets: Targets) -> str:
    """Return what to write, so that the go-ahead is for all of ``targets``."""
    given, others = targets.safety.production.go_ahead_for, targets.without_go_ahead
    wanted = [pattern for host in others if (pattern := pattern_for(host))]
    if not wanted:
        return "no go-ahead can be for an address that leads nobody knows where; write it as https://shop.example.com"
    line = f"go_ahead_for: {in_yaml([*given, *wanted])}"
    if not given:
        return f"it is missing: the hosts that the go-ahead is for; add {line}"
    return f"the go-ahead is for {', '.join(given)} alone; if it is for {', '.join(others)} too, write {line}"


def _too_long(intent: SafetyIntent) -> Iterator[tuple[str, str]]:
    """Yield that the run is longer than its window, where that is a single one."""
    text = intent.options.production.window
    window = parse_window(text) if text else None
    if window is None or window.on is None or intent.schedule is None:
        return
    opens, closes = window.span(window.on)
    lasts = (closes - opens).total_seconds()
    if intent.schedule.duration > lasts:
        takes = format_duration(intent.schedule.duration)
        yield "safety.production.window", f"the run takes {takes}, and the window is {format_duration(lasts)} long"


def _outside(intent: SafetyIntent, now: datetime) -> Iterator[tuple[str, str]]:
    production = intent.options.production
    if not production.window:
        return
    window = parse_window(production.window)
    remaining = window.remaining(now)
    if not remaining:
        opens = window.opens(now)
        when = f"it opens at {opens:%Y-%m-%d %H:%M %Z}" if opens else "it is over"
        yield "safety.production.window", f"now is outside of {production.window}: {when}"
    elif intent.schedule and intent.schedule.duration > remaining:
        takes, rest = format_duration(intent.schedule.duration), format_duration(int(remaining))
        yield "safety.production.window", f"the run takes {takes}, and the window closes in {rest}"


def _hint(targets: Targets, intent: SafetyIntent) -> list[Problem]:
    """Return how to say that a host is not production, where the configuration does not show that it is known to be."""
    production = targets.safety.production
    if not production.go_ahead_for and any(getattr(production, key) for key, _ in GO_AHEAD):
        return []  # anyone who has written any of it knows that it is production
    cure = cure_for([host for host in targets.without_go_ahead if not is_named(host, production.hosts)])
    return [Problem(STAGING, cure, source=intent.source)] if cure else []


def cure_for(hosts: Iterable[str]) -> str:
    """Return how to say that hosts which count as production are not; ``""`` where nothing can be written for them."""
    names = sorted({pattern for host in hosts if (pattern := pattern_for(host))})
    this, it = ("this host is", "it") if len(names) == 1 else ("these hosts are", "them")
    return f"if {this} not production, add {it} to {STAGING}: {in_yaml(names)}" if names else ""


class Blocked(ConnectionError):  # noqa: N818 it reads as what happened
    """A request that did not leave: its origin was not declared."""


def undeclared(where: str) -> str:
    """Return that an origin counts as production and was not declared: first what to do about it."""
    return (
        f"if {where} is not production, add it to {STAGING}, else name it in safety.origins:"
        " it counts as production and was not declared"
    )


class Guard:
    """Looks at where each request of this process goes."""

    def __init__(self, targets: Targets, count: Callable[[str], None]) -> None:
        self._targets, self._count = targets, count
        declared, without = [*targets.hosts, *targets.safety.origins], set(targets.without_go_ahead)
        self._declared = Origins.of(host for host in declared if host not in without)
        self._refused = Origins.of(without)
        self._allowed: dict[Origin, bool] = {}

    @cached_property
    def beginnings(self) -> tuple[str, ...]:
        """What URLs of declared origins mostly begin with: they need no closer look."""
        return self._declared.beginnings

    def check(self, url: str) -> None:
        """Raise Blocked, and count, when ``url`` goes to production that was not declared."""
        if not self.blocks(url):
            return
        origin = origin_of(url)
        if origin is None:
            self._count(UNCLEAR)
            raise Blocked("it is not clear where this address leads, so that nothing was sent")
        where = f"{origin[0]}://{authority_of(origin)}"
        self._count(where)
        if origin in self._refused.origins:
            raise Blocked(f"{where} counts as production, and the go-ahead is not for it: see {GO_AHEAD_FOR}")
        raise Blocked(undeclared(where))

    def blocks(self, url: str) -> bool:
        """Tell whether ``url`` goes to production that was not declared, or into the web without saying where."""
        if url.startswith(self.beginnings):
            return False
        origin = origin_of(url)
        if origin is None:
            return url.strip().lower().startswith(_WEB)  # other schemes do not lead into the web
        allowed = self._allowed.get(origin)
        if allowed is None:
            allowed = origin in self._declared.origins or not self._is_production(origin)
            if len(self._allowed) < _MOST_KNOWN:
                self._allowed[origin] = allowed
        return not allowed

    def _is_production(self, origin: Origin) -> bool:
        return self._targets.kind_of(origin[1]) is HostKind.PRODUCTION

"""What a runbook must say, and where a configuration says it.

Law: what is not said is open; nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Callable

from locust_ext.config.plan import Plan
from locust_ext.runbook.saying import link, shown
from locust_ext.runbook.stopping import flags_of, kind_of
from locust_ext.safety.hosts import HostKind
from locust_ext.safety.logbook import RUN_LOG
from locust_ext.safety.options import ProductionOptions
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration, format_rate


@dataclass(frozen=True)
class Point:
    """One thing to say: the word that stands for it while it is open, and the key that says it."""

    name: str
    word: str
    key: str
    what: str
    said: Callable[[Plan], str]
    """Returns it as Markdown; nothing when it is open."""

    def __str__(self) -> str:
        return f"{self.word}: {self.what}; {self.key} says it"


def _production(say: Callable[[ProductionOptions], str]) -> Callable[[Plan], str]:
    return lambda plan: say(plan.config.safety.production)


def _duration(plan: Plan) -> str:
    return format_duration(plan.schedule.duration) if plan.schedule else ""


def _users(plan: Plan) -> str:
    return plural(plan.most_users, "user") if plan.most_users else ""


def _cap(plan: Plan) -> str:
    cap = plan.config.safety.rate_cap
    return format_rate(cap) if cap else ""


def _mark(plan: Plan) -> str:
    return shown(f"{plan.tenant.header}: {plan.tenant.value}") if plan.tenant else ""


def _run_log(plan: Plan) -> str:
    usual = RUN_LOG if kind_of(plan) is HostKind.PRODUCTION else ""
    return shown(plan.config.safety.run_log or usual)


POINTS = (
    Point(
        "announcement",
        "ANNOUNCEMENT",
        "safety.production.announcement",
        "the link to where it was announced",
        _production(lambda said: link(said.announcement)),
    ),
    Point("host", "HOST", "host", "what is tested", lambda plan: shown(plan.host)),
    Point(
        "window",
        "WINDOW",
        "safety.production.window",
        "when it may be tested",
        _production(lambda said: shown(said.window)),
    ),
    Point(
        "go_ahead_for",
        "GO-AHEAD",
        "safety.production.go_ahead_for",
        "which hosts it is given for",
        _production(lambda said: ", ".join(map(shown, said.go_ahead_for))),
    ),
    Point("duration", "DURATION", "shape", "how long it takes", _duration),
    Point("shape", "SHAPE", "shape", "how the load rises and falls", lambda plan: shown(plan.shape)),
    Point("users", "USERS", "shape", "how many there are at the peak", _users),
    Point("cap", "CAP", "safety.rate_cap", "how many requests a second there may be at most", _cap),
    Point("mark", "HEADER", "tenant", "what marks synthetic traffic", _mark),
    Point(
        "dashboard",
        "DASHBOARD",
        "safety.production.dashboard",
        "the link to look at meanwhile",
        _production(lambda said: link(said.dashboard)),
    ),
    Point(
        "on_call",
        "NAME AND PHONE",
        "safety.production.on_call",
        "who is called when it goes wrong",
        _production(lambda said: shown(said.on_call)),
    ),
    Point("flags", "FLAG", "safety.kill_switch", "what stops the run", lambda plan: "; ".join(flags_of(plan))),
    Point(
        "run_log",
        "RUN LOG",
        "safety.run_log",
        "the file in which runs are recorded",
        _run_log,
    ),
)
"""In the order in which a runbook needs them."""

"""How a run can be stopped, and when it ends by itself, in words.

Law: names of variables are shown, never what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from locust_ext.config.plan import Plan
from locust_ext.runbook.saying import shown
from locust_ext.safety.guard import Targets
from locust_ext.safety.hosts import HostKind
from locust_ext.safety.options import KillSwitchOptions
from locust_ext.text.units import format_duration


def kind_of(plan: Plan) -> HostKind:
    """Return the kind that asks for most, of the host and of other origins; a host that is not known is production."""
    return targets_of(plan).kind


def targets_of(plan: Plan) -> Targets:
    """Return where the run goes; a host that is not known is kept, as the empty name that it is."""
    return Targets((plan.host,), plan.config.safety)


def flags_of(plan: Plan) -> list[str]:
    """Return the flags of the kill switch."""
    return _each(plan.config.safety.kill_switch, _FLAGS)


def stops_of(plan: Plan) -> list[str]:
    """Return what to do to them, so that the run ends."""
    return _each(plan.config.safety.kill_switch, _STOPS)


def _each(switch: KillSwitchOptions | None, words: Mapping[str, Callable[[KillSwitchOptions], str]]) -> list[str]:
    return [say(switch) for source, say in words.items() if getattr(switch, source)] if switch else []


def _asked(url: str, pointer: str | None, headers: Mapping[str, str]) -> str:
    """Return where something is asked, and with which variables."""
    where = f", at {shown(pointer)}" if pointer else ""
    variables = ", ".join(shown(f"${variable}") for variable in headers.values())
    return f"{shown(url)}{where}{f', asked with {variables}' if variables else ''}"


def _provider(switch: KillSwitchOptions) -> str:
    return f" from {shown(switch.provider)}" if switch.provider else ""


_FLAGS: Mapping[str, Callable[[KillSwitchOptions], str]] = {
    "file": lambda switch: f"the file {shown(switch.file)}",
    "url": lambda switch: f"the answer of {_asked(switch.url, switch.pointer, switch.headers_env)}",
    "env": lambda switch: f"the variable {shown(switch.env)}",
    "openfeature": lambda switch: f"the flag {shown(switch.openfeature)} of OpenFeature{_provider(switch)}",
}

_STOPS: Mapping[str, Callable[[KillSwitchOptions], str]] = {
    "file": lambda switch: f"Remove the file {shown(switch.file)}, or write `stop` into it.",
    "url": lambda switch: f"Let {_asked(switch.url, switch.pointer, switch.headers_env)}, say anything but yes.",
    "env": lambda switch: (
        f"Without the variable {shown(switch.env)} no run begins. It is the process's own: from outside it stops none."
    ),
    "openfeature": lambda switch: f"Turn off the flag {shown(switch.openfeature)} of OpenFeature{_provider(switch)}.",
}


def rules_of(plan: Plan) -> list[tuple[str, str]]:
    """Return the rules that end a run, each with its figures; production always has some."""
    targets = targets_of(plan)
    is_production, rules = targets.is_production, targets.abort
    if rules is None:
        return []
    slow = (
        f"p99 is above {rules.p99_ratio:g} times that of the baseline for {format_duration(rules.p99_for)}"
        f"{'' if plan.baseline else '; without a `baseline` this rule is off'}"
    )
    share, window = f"{rules.error_rate * 100:.4g} %", format_duration(rules.error_window)
    failed = f"more than {share} of at least {rules.min_requests:,} requests fail within {window}"
    found = [("errors", failed), ("latency", slow)]
    if rules.ack and plan.tenant and is_production:
        header = shown(plan.tenant.ack_header)
        found.append(("mark", f"answers lack {header}: what the run writes may be taken for real"))
    if rules.alarm:
        alarm = rules.alarm
        where = _asked(alarm.url, alarm.pointer, alarm.headers_env)
        every = format_duration(alarm.every)
        found.append(("alarm", f"{where}, does not say that the alarm is off; it is read every {every}"))
    if plan.config.safety.production.window and is_production:
        found.append(("window", f"{shown(plan.config.safety.production.window)} is over"))
    return found

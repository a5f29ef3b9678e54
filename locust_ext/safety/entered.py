"""What somebody enters for a host in the web UI, which is not what the team has written down.

Law: another host is refused at its field, with the line that lets it; what is read is what Locust makes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from locust_ext.safety.destinations import refusal, secrets_in_use, strangers
from locust_ext.safety.guard import GO_AHEAD_FOR, go_ahead_problems, host_of
from locust_ext.safety.intent import SafetyIntent
from locust_ext.safety.tenant import tenants_of
from locust_ext.text.form_fields import FORM
from locust_ext.text.problems import Problem

FIELD = "host"
"""The name of the field, in the form and in the settings of a user class."""


def hosts_entered(form: Mapping[str, Any], environment: Any) -> list[str]:
    """Return the hosts that a test would go to which Locust starts with this form."""
    entered = form.get(FIELD)
    host = environment.host if entered is None else str(entered).replace("<", "").replace(">", "")  # as Locust does
    return [host] if host else [own for user in _users_chosen(form, environment) if (own := host_of(user))]


def _users_chosen(form: Mapping[str, Any], environment: Any) -> list[type[Any]]:
    if not getattr(environment.web_ui, "userclass_picker_is_active", False):
        return list(environment.user_classes)
    names: list[str] = form.getlist("user_classes") if isinstance(form, MultiDict) else []
    known = environment.available_user_classes or {}
    return [known[name] for name in names if name in known] or list(known.values())


def problems_entered(
    intent: SafetyIntent, hosts: Iterable[str], named: Iterable[str], users: Iterable[type[Any]], now: datetime
) -> list[Problem]:
    """Return why a test may not go to ``hosts``, as far as they are not among those that are ``named`` elsewhere."""
    hosts = list(hosts)
    if problems := [_at_field(_SPACE) for host in hosts if host != host.strip()]:
        return problems
    others = strangers(hosts, named)
    secrets = secrets_in_use(tenants_of(users, intent.tenant))
    origins = intent.options.origins
    problems = [_at_field(refusal(host, secrets, origins)) for host in others] if secrets else []
    missing = go_ahead_problems(intent, others, now) if others else []
    at_field = f"{FORM}: {FIELD}: {GO_AHEAD_FOR}"
    return problems + [replace(one, path=at_field, source="") if one.path == GO_AHEAD_FOR else one for one in missing]


def moved(host: str, hosts: Iterable[str]) -> list[Problem]:
    """Return what is wrong with entering another host than the test goes to that is under way."""
    hosts = list(hosts)
    if not strangers([host], hosts):
        return []
    return [_at_field(f"the test that is under way goes to {', '.join(hosts)}; stop it before it goes elsewhere")]


_SPACE = "there is a space before or behind it; take it away"


def _at_field(what: str) -> Problem:
    return Problem(f"{FORM}: {FIELD}", what)

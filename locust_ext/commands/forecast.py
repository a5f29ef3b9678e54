"""What ``locust-ext check`` says that a run will do beside its load: storms, retries, the comparison, the tenant.

Law: one line a section, and none for what is not configured. Files and variables are looked at, nothing is sent. Names
of variables are told, never what they hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from locust_ext.archive.baselines import read_baselines
from locust_ext.config.horizon import Horizon
from locust_ext.config.plan import Plan
from locust_ext.exports.options import ExportOptions, PrometheusOptions
from locust_ext.exports.scrape_access import PATH
from locust_ext.measure.trace_options import TraceOptions
from locust_ext.probes.options import ProbeOptions
from locust_ext.run.collectors import said_of
from locust_ext.safety.flags import sources_of
from locust_ext.safety.guard import Targets
from locust_ext.safety.killswitch import TIMEOUT
from locust_ext.safety.options import AbortOptions, ProductionOptions, TenantOptions
from locust_ext.storms.moments import moments, releases
from locust_ext.storms.options import RetryOptions, StampedeOptions, StormOptions
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

MOST_TOLD = 5
"""Moments that are told one by one."""


def forecast(plan: Plan, horizon: Horizon, hosts: Sequence[str]) -> Iterator[str]:
    """Yield the lines about a run of ``plan`` against ``hosts`` that goes as far as ``horizon``."""
    config = plan.config
    if config.storm is not None:
        yield _line("storm", _storm(config.storm, plan, horizon))
    if config.stampede is not None:
        yield _line("stampede", _stampede(config.stampede, plan))
    if config.retry is not None:
        yield _line("retry", _retry(config.retry))
    for name, probe in config.probes.items():
        yield _line("probe", f"{name}: {_probe(probe, plan.time_scale)}")
    yield from _exports(config.export)
    if plan.baseline:
        yield _line("baseline", _baseline(plan))
    yield from _on_requests(plan)
    targets = Targets.of(hosts, config.safety)
    if targets.abort is not None:
        yield _line("abort", _abort(targets.abort))
    if targets.is_production:
        yield _line("go-ahead", _go_ahead(config.safety.production))


def _on_requests(plan: Plan) -> Iterator[str]:
    """Yield what requests carry."""
    if plan.tenant is not None:
        yield _line("tenant", _tenant(plan.tenant))
    if plan.config.trace is not None:
        yield _line("trace", _traced(plan.config.trace))


def at_start(plan: Plan, hosts: Sequence[str]) -> Iterator[str]:
    """Yield what is looked at when a run starts: what this machine knows now, and what has to be asked then."""
    safety = plan.config.safety
    switch, alarm = safety.kill_switch, safety.abort.alarm if safety.abort else None
    asked = []
    if switch is not None:
        near = switch.model_copy(update={"url": "", "openfeature": ""})
        for reading in (source.read(TIMEOUT) for source in sources_of(near)):
            yield _line("now" if reading.allowed else "open", reading.why)
        asked += [f"the flag of {kind}" for kind in ("url", "openfeature") if getattr(switch, kind)]
    asked += ["the alarm"] if alarm is not None else []
    targets = Targets.of(hosts, safety)
    asked += list(targets.hosts) if targets.is_production else []
    if asked:
        yield _line("at start", f"it asks {', '.join(asked)}")


def _line(key: str, text: str) -> str:
    return f"{key:<12} {text}"


def _storm(storm: StormOptions, plan: Plan, horizon: Horizon) -> str:
    at = moments(storm, horizon.schedule.phases if horizon.schedule else (), plan.time_scale)
    when = _times(at) if at else "when somebody starts one in the web UI"
    who = ", ".join(storm.users) or "the storm users"
    outage = f", an outage of {format_duration(storm.outage)}" if storm.outage else ""
    return f"{when}: {storm.drop:.0%} of {who} drop ({storm.cause}){outage}, back as {_client(storm.backoff)}"


def _stampede(stampede: StampedeOptions, plan: Plan) -> str:
    life = format_duration(stampede.life)
    return f"{_times(releases(stampede, plan.time_scale))}: a key of {stampede.path} goes cold, which lives for {life}"


def _probe(probe: ProbeOptions, scale: float) -> str:
    every, timeout = format_duration(probe.interval(scale)), format_duration(probe.timeout)
    process = probe.process
    what = probe.url or (
        f"process {process.pid}" if process and process.pid else f"processes named {process and process.name}"
    )
    headers = ", ".join(
        f"{name or 'headers'} by {variable}{'' if os.environ.get(variable, '').strip() else ' (not set)'}"
        for name, variable in probe.headers_env.items()
    )
    series = f"{len(probe.series)} series" if probe.series else "what the process says of itself"
    return ", ".join(filter(None, (f"{what} every {every}, for at most {timeout}", series, headers)))


def _exports(options: ExportOptions) -> Iterator[str]:
    """Yield where live figures go."""
    if collector := said_of(options.otlp):
        yield _line("figures", collector)
    if options.prometheus is not None:
        yield _line("prometheus", _scraped(options.prometheus))


def _scraped(options: PrometheusOptions) -> str:
    """Return where figures can be scraped, and by whom; where nobody says otherwise, Locust's web UI has them, too."""
    token = f", {_variable('token', options.token_env)}" if options.token_env else ""
    if options.port is None:
        return f"/metrics of Locust's web UI{token}"
    host = f"[{options.address}]" if ":" in options.address else options.address
    where = f"http://{host}:{options.port}{PATH}" if options.port else f"a free port of {host}"
    lasts = f", up to {format_duration(options.linger)} after the verdict" if options.linger else ""
    return f"{where}{token}{lasts}"


def _retry(retry: RetryOptions) -> str:
    who = ", ".join(retry.users) or "the retry users"
    attempts = f", at most {plural(retry.attempts, 'attempt')}" if retry.attempts else ""
    return f"{who}, as {_client(retry.policy)}{attempts}, budget {retry.budget.kind}"


def _client(policy: Mapping[str, Any]) -> str:
    """Return the client whose policy it is, and its version, where that is said."""
    return " ".join(str(policy[key]) for key in ("client", "version") if policy.get(key) is not None)


def _times(at: Sequence[float]) -> str:
    told = ", ".join(format_duration(moment) for moment in at[:MOST_TOLD])
    more = f" and so on, {len(at):,} times" if len(at) > MOST_TOLD else ""
    return f"at {told}{more}"


def _baseline(plan: Plan) -> str:
    policy, shelved = plan.policy, read_baselines(Path(plan.baseline))
    there = plural(len(shelved.runs), "run")
    lacking = "" if len(shelved.runs) >= policy.min_runs else f", needs {policy.min_runs}"
    unread = f", {len(shelved.unreadable)} cannot be read" if shelved.unreadable else ""
    quantiles = ", ".join(f"p{quantile:g}" for quantile in policy.quantiles)
    floor = format_duration(policy.floor / 1000)
    most = f"{quantiles} may be {policy.max_regression:.0%} worse, and {floor}"
    return f"{plan.baseline}: {there}{lacking}{unread}; {most}"


def _tenant(tenant: TenantOptions) -> str:
    token = f", {_variable('token', tenant.token_env)}" if tenant.token_env else ""
    key = f", {_variable('signature', tenant.key_env)}" if tenant.key_env else ""
    return f"{tenant.header}: {tenant.value}{token}{key}"


def _traced(trace: TraceOptions) -> str:
    if not trace.share:
        return "no request carries one"
    asks = "asks" if trace.sampled else "does not ask"
    return f"{trace.share * 100:.6g}% of requests carry a traceparent, which {asks} the target to record them"


def _variable(what: str, name: str) -> str:
    """Return where a secret comes from."""
    return f"{what} by {name}" if os.environ.get(name, "").strip() else f"no {what} ({name} is not set)"


def _abort(rules: AbortOptions) -> str:
    window, over = format_duration(rules.error_window), format_duration(rules.p99_for)
    failed = f"when {rules.error_rate * 100:.4g} % of at least {rules.min_requests:,} requests fail within {window}"
    return f"{failed}, or p99 is over {rules.p99_ratio:g} times the usual for {over}"


def _go_ahead(production: ProductionOptions) -> str:
    return f"{production.window}; on call: {production.on_call}; for {', '.join(production.go_ahead_for)}"

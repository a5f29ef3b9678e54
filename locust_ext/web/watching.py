"""What the live page says of the run under way, or the last: how it stands, and how all that makes it is doing.

Law: it asks, and changes nothing. All that it says is free of secrets and of control characters, and short: of a long
list there is its beginning, what matters first, and how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

import psutil

from locust_ext.clients.shortage import limit
from locust_ext.gates.lag import LAG_LIMIT
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import format_limit, format_value
from locust_ext.measure.histogram import Histogram
from locust_ext.reports.figure import shorten
from locust_ext.reports.live_charts import frame_of, limits_of
from locust_ext.reports.open_requests import open_requests_of
from locust_ext.reports.threshold_rows import ranked
from locust_ext.run.controller import RunController
from locust_ext.run.preparation import Preparation
from locust_ext.run.run import Run
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.units import format_age, format_duration, format_rate

MOST_ROWS = 60
"""Thresholds and workers in an answer."""

MOST_OPEN = 12
"""Endpoints with open requests in an answer."""

MOST_PHASES = 200
"""Phases that are shaded: the latest."""

MOST_SAID = 300
"""Characters of a sentence."""

SHORTEST = 60.0
"""Seconds that a chart spans at the least."""

LIVENESS = 3
"""What Locust sets a worker's count of heartbeats to when it hears of it, and counts down each second."""

Said = Callable[..., str]
"""Takes a text, and how many characters of it are told at the most."""


class Watching:
    """The pieces of the page's state that are told whole each time."""

    def __init__(
        self, environment: Any, controller: RunController, safety: SafetyAgent, preparation: Preparation
    ) -> None:
        self._environment, self._controller = environment, controller
        self._safety, self._preparation = safety, preparation
        self._process = psutil.Process()

    @property
    def pieces(self) -> Mapping[str, Callable[[Mapping[str, str]], Any]]:
        """The pieces by name."""
        return {"glance": self._glance, "frame": self._frame, "health": self._health}

    def _glance(self, _: Mapping[str, str]) -> dict[str, Any]:
        """Return how the run stands: its verdict so far, where it is, and its thresholds, the failed ones first."""
        run, result, outcomes = self._controller.run, self._controller.result, self._controller.outcomes
        if run is None:
            return {"run": "", "state": "waiting", "outcomes": [], "counts": {}}
        now, said = monotonic(), _teller()
        verdict = result.verdict if result else None
        return {
            "run": run.id,
            "name": said(run.plan.name),
            "state": "ended" if result else "ending" if run.ended is not None else "running",
            "verdict": {"word": verdict.word, "reason": said(verdict.reason, 600), "code": verdict.exit_code}
            if verdict
            else None,
            "phase": said(run.phase),
            "at": round(run.at(now), 1),
            "end": _finite(self._end(run)),
            "users": self._environment.runner.user_count,
            "note": said(self._controller.account.note_of(run)),
            "halted": said(run.halted or run.abort),
            "warnings": [said(one) for one in (result.warnings if result else ())[:MOST_OPEN]],
            "doubts": [said(one) for one in list(run.troubles.values())[:MOST_OPEN]],
            "counts": {status.value: sum(one.status is status for one in outcomes) for status in Status},
            "outcomes": [_outcome(one) for one in ranked(outcomes)[:MOST_ROWS]],
        }

    def _end(self, run: Run) -> float | None:
        """Return after how many seconds of the run its load is planned to end."""
        end = self._controller.account.end
        begins = self._begins(run)
        return None if end is None else end + begins

    @staticmethod
    def _begins(run: Run) -> float:
        """Return when the load begins: pools of arrivals are made before it."""
        phases = run.phases(run.began)
        return phases[0].start if phases else 0.0

    def _frame(self, _: Mapping[str, str]) -> dict[str, Any]:
        """Return the clock and the phases that all charts share, what was planned, and thresholds as lines."""
        run = self._controller.run
        if run is None:
            return {"run": ""}
        at = run.at(monotonic())
        hide = OUTLET.redaction.text
        phases = [replace(phase, name=hide(phase.name)) for phase in run.phases(run.began + at)[-MOST_PHASES:]]
        users, arrivals = self._controller.account.curves(run, at)
        return {
            "run": run.id,
            "seconds": max(at, SHORTEST),
            **frame_of(max(at, SHORTEST), phases),
            "limits": limits_of(self._controller.outcomes, phases),
            "planned": [[round(t, 3), round(level, 2)] for t, level in users],
            "due": [[round(t, 3), round(level, 2)] for t, level in arrivals],
        }

    def _health(self, _: Mapping[str, str]) -> dict[str, Any]:
        """Return how the generator, its connections, its workers and its locks are doing, and what is open."""
        run, checks, said = self._controller.run, self._preparation.checks[:MOST_ROWS], _teller()
        return {
            "run": run.id if run else "",
            "workers": [*self._workers(said)],
            "worker_count": len(getattr(self._environment.runner, "clients", ())),
            "descriptors": [self._process.num_fds() if hasattr(self._process, "num_fds") else None, limit()],
            "checks": [{"found": one.found.value, "what": said(one.what)} for one in checks],
            "killed": said(self._safety.switch.pulled or self._controller.halted or self._safety.killed),
            **(self._of_run(run, said) if run else {}),
        }

    def _of_run(self, run: Run, said: Said) -> dict[str, Any]:
        store, safety = run.judge.store, run.plan.config.safety
        waited = store.trend("cap_wait")
        open_now: dict[Any, Histogram] = {}
        for part in run.judge.censored.open.values():
            for (metric, tags), ages in part.items():
                if metric in ("http_req_duration", "req_duration"):
                    open_now.setdefault(tags, Histogram()).merge(ages)
        found = open_requests_of(open_now)
        lag = run.lag.percentile(99) if isinstance(run.lag, Histogram) else None
        return {
            "lag": lag and round(lag, 1),
            "lag_limit": LAG_LIMIT,
            "opened": round(store.counted("connections_opened")),
            "unmade": round(store.counted("connections_unmade")),
            "blocked": round(store.counted("blocked_requests")),
            "cap": safety.rate_cap,
            "cap_said": format_rate(safety.rate_cap) if safety.rate_cap else "",
            "cap_waits": waited.count,
            "cap_wait": format_age(waited.percentile(99)) if waited.count else "",
            "switch": safety.kill_switch is not None,
            "open": found.count,
            "oldest": format_age(found.oldest),
            "open_rows": [[said(row.label), row.count, format_age(row.oldest)] for row in found.by[:MOST_OPEN]],
        }

    def _workers(self, said: Said) -> Iterator[dict[str, Any]]:
        """Yield the workers, those that are missing first."""
        nodes = list(getattr(self._environment.runner, "clients", {}).values())
        for node in sorted(nodes, key=lambda one: (one.state != "missing", one.id))[:MOST_ROWS]:
            yield {
                "id": said(node.id),
                "state": node.state,
                "users": node.user_count,
                "cpu": node.cpu_usage,
                "heard": max(0, LIVENESS - node.heartbeat),
            }


def _teller() -> Said:
    """Return what makes a text such as the page may have: without secrets, printable, and not longer than it may be.

    It is made for each answer: a look at the environment for each text would cost more than all else.
    """
    hide = OUTLET.redaction.text
    return lambda text, most=MOST_SAID: shorten(hide(text), most)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    """Return how a threshold stands; the outcomes are free of secrets already."""
    threshold = outcome.threshold
    return {
        "status": outcome.status.value,
        "of": shorten(str(threshold.selector), MOST_SAID),
        "rule": f"{threshold.assertion.aggregate} {format_limit(threshold)}",
        "value": format_value(outcome),
        "samples": outcome.count,
        "reason": shorten(outcome.reason, MOST_SAID),
        "aborts": threshold.abort_on_fail,
        "window": format_duration(threshold.window) if threshold.window else "",
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None

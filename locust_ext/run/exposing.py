"""What is told of a run under way to systems that watch it: made when it is asked for, once for all who ask.

Law: it decides nothing, and costs nothing while nobody asks. What is told is free of secrets. A step at a time, so that
users of this process have their turn.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from gevent.lock import Semaphore

from locust_ext.exports.buckets import bounds_of
from locust_ext.exports.family import Exposition, Family, Moment, RunTold
from locust_ext.exports.measured import gather_measured
from locust_ext.exports.standing import threshold_families, verdict_families
from locust_ext.exports.under_way import UnderWay, families_under_way, phase_moments
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Tags
from locust_ext.run.controller import RunController
from locust_ext.run.run import Run
from locust_ext.run.turns import take_turns
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.redaction import Redaction
from locust_ext.text.spelling import plural

if TYPE_CHECKING:
    from locust_ext.reports.result import RunResult

FRESH = 0.9
"""Seconds for which an exposition is told as it was made: figures are judged once a second."""

AHEAD = 1.0
"""Seconds by which a plan is looked at further than its run has come: at its end a plan has no users."""

MOST_STORMS = 100
MOST_HIDDEN = 10_000
"""Texts whose clean form is remembered."""


class Exposing:
    """Tells of the runs of one environment."""

    def __init__(self, environment: Any, controller: RunController) -> None:
        self._environment, self._controller = environment, controller
        self._turn = Semaphore()
        self._made_at = 0.0
        self._made: Exposition | None = None
        self._of: RunResult | None = None
        self._storms: list[Moment] = []
        self._dropped = 0.0
        self._run = ""
        self._hidden: tuple[Redaction, dict[str, str]] = (OUTLET.redaction, {})

    def now(self) -> Exposition | None:
        """Return how the current run stands, or how the last one ended; None before any."""
        with self._turn:
            run, result = self._controller.run, self._controller.result
            if run is None:
                return None
            is_other = self._made is None or self._made.run.id != run.id or self._of is not result
            if is_other or monotonic() - self._made_at > FRESH:
                self._made, self._of, self._made_at = self._exposition(run, result), result, monotonic()
            return self._made

    def mention(self, sentence: str) -> None:
        """Have the report say what failed, and changes nothing."""
        self._controller.mention(sentence)

    def note_storms(self) -> None:
        """Note that users were dropped since the last look: asked for each second while somebody is told of it."""
        run = self._controller.run
        if run is None:
            return
        if run.id != self._run:
            self._run, self._dropped, self._storms = run.id, 0.0, []
        dropped = run.judge.store.counted("reconnect_drops")
        if dropped > self._dropped and len(self._storms) < MOST_STORMS:
            text = f"a storm dropped {plural(int(dropped - self._dropped), 'user')}"
            self._storms.append(Moment("loadtest.storm", run.at(monotonic()), (), text))
        self._dropped = dropped

    def _exposition(self, run: Run, result: RunResult | None) -> Exposition:
        hide = self._hide()
        at = run.at(monotonic())
        self.note_storms()
        measured: list[Family] = []
        take_turns(gather_measured(run.judge.store, hide, measured))
        phases = run.phases(run.began + at)
        users, arrivals = self._controller.account.curves(run, at + AHEAD)
        runner = self._environment.runner
        workers = list(runner.clients.values()) if hasattr(runner, "clients") else None
        busy = [worker.cpu_usage for worker in workers or ()] or [runner.current_cpu_usage]
        under_way = UnderWay(
            at,
            run.ended is None,
            runner.user_count,
            None if workers is None else sum(worker.state != "missing" for worker in workers),
            phases,
            users,
            arrivals,
            max(busy) or None,  # 0: Locust has not looked yet
            open_now(run),
        )
        verdict = result.verdict if result else None
        moments = sorted([*phase_moments(phases, hide), *self._storms], key=lambda one: one.at)
        if verdict is not None:
            labels = (("exit_code", str(verdict.exit_code)), ("verdict", verdict.word))
            moments.append(Moment("loadtest.verdict", at, labels, hide(f"{verdict.word}: {verdict.reason}")))
        told = RunTold(run.id, hide(run.plan.name), run.started_at, {hide(k): hide(v) for k, v in run.tags.items()})
        families = (
            *measured,
            *families_under_way(under_way, hide),
            *threshold_families(result.outcomes if result else self._controller.outcomes),
            *verdict_families(verdict),
        )
        bounds = bounds_of(run.plan.thresholds)
        return Exposition(told, at, families, tuple(moments), bounds, is_final=verdict is not None)

    def _hide(self) -> Callable[[str], str]:
        """Return what takes secrets out of texts, the same few thousand of which are told again and again."""
        if self._hidden[0] is not OUTLET.redaction or len(self._hidden[1]) > MOST_HIDDEN:
            self._hidden = (OUTLET.redaction, {})
        redaction, known = self._hidden

        def hide(text: str) -> str:
            if text not in known:
                known[text] = redaction.text(text)
            return known[text]

        return hide


def open_now(run: Run) -> list[tuple[Tags, Histogram]]:
    """Return the ages of what is open, as each process said last, by tags; when the run is over, of all that was.

    Its users are gone then, and what they waited for never comes back: the summary says the same.
    """
    censored = run.judge.censored
    parts = censored.open.values() if run.ended is None else [censored.leaves]
    return [(tags, ages) for part in parts for (metric, tags), ages in part.items() if metric in DURATIONS]

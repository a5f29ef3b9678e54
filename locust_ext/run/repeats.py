"""Confirming a suspicion: when one run looks slower, two more are made, and the median of the three is judged.

Law: each run is a whole Locust process of its own, started the same way; this process only starts them, hands signals
on, and judges. Thresholds are judged by the first run. Where a run proves nothing, nothing is confirmed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from locust_ext.archive.baselines import read_baselines
from locust_ext.archive.provenance import REPEAT
from locust_ext.archive.publish import save, show, tell
from locust_ext.archive.report_dir import SUMMARY, UnreadableRunError, read_report_dir
from locust_ext.archive.whereabouts import whereabouts
from locust_ext.config.plan import Plan
from locust_ext.gates.baseline import compare
from locust_ext.gates.coverage import uncovered
from locust_ext.gates.outcomes import Status
from locust_ext.gates.regression import REPEATS
from locust_ext.gates.rules import Rule
from locust_ext.gates.run_health import RunHealth
from locust_ext.process.spoken import say
from locust_ext.reports.compared import beside
from locust_ext.reports.console import plain
from locust_ext.reports.result import RunResult
from locust_ext.run.claim import CONFIRM
from locust_ext.run.signals import EXIT_CODE as INTERRUPTED
from locust_ext.run.survey import redaction_for
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.units import format_duration

JUDGED = frozenset({0, 99})
"""Exit codes of runs that prove something."""

_FORWARDED = (signal.SIGINT, signal.SIGTERM)


def wants_confirmation(plan: Plan, options: Namespace) -> bool:
    """Tell whether this process is to watch over runs instead of being one; raises ConfigurationError."""
    if not plan.confirm or os.environ.get(REPEAT):
        return False
    if not options.headless:
        raise ConfigurationError([Problem("--confirm", "it repeats headless runs: add --headless")])
    if options.master and not options.processes:
        what = "the workers of a master leave after one run; start them by --processes, or confirm by hand"
        raise ConfigurationError([Problem("--confirm", what)])
    return True


def confirm(plan: Plan, stock_exit_code: int = 1) -> int:
    """Run once, and twice more if that looks like a regression; return the exit code.

    ``stock_exit_code`` is what Locust itself exits with when requests failed.
    """
    with tempfile.TemporaryDirectory(prefix="locust-ext-") as spare:
        return _Watch(plan, Path(plan.report_dir or spare), stock_exit_code).watch()


@dataclass
class _Watch:
    plan: Plan
    reports: Path
    stock_exit_code: int = 1
    process: subprocess.Popen[bytes] | None = None
    signals: list[int] = field(default_factory=list)

    def watch(self) -> int:
        """Return the exit code of all runs together."""
        before = {number: signal.signal(number, self._forward) for number in _FORWARDED}
        try:
            return self._judge()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _judge(self) -> int:
        code = self._run(self.reports)
        first = self._read(self.reports)
        if first is None:
            return code
        if code not in JUDGED or _broke_threshold(first) or not (first.comparison and first.comparison.suspect):
            say(f"\n{ended(1, code, first)}: {_settled(code, first)}")
            if where := whereabouts(self.plan):
                say(OUTLET.text(where))
            tell(first, self.plan)
            return code
        suspicion = next(row for row in first.comparison.rows if row.suspect)
        say(f"\n{ended(1, code, first, suspicion.rule)}: suspected; two more runs confirm it or clear it\n")
        runs, gaps, notes = [first], [], []
        for number in range(2, REPEATS + 1):
            place = self.reports / f"{CONFIRM}{number}"
            code = self._run(place)
            run = self._read(place)
            say(f"\n{ended(number, code, run, suspicion.rule)}\n")
            if run is None or code not in JUDGED or self.signals:
                gaps.append(f"run {number} of {REPEATS} ended with exit code {code}: nothing is confirmed")
                break
            notes += [f"run {number} of {REPEATS} broke a threshold"] if _broke_threshold(run) else []
            runs.append(run)
        return self._conclude(runs, gaps, notes)

    def _conclude(self, runs: Sequence[RunResult], gaps: list[str], notes: list[str]) -> int:
        shelved = read_baselines(Path(self.plan.baseline))
        policy = self.plan.policy.renamed(redaction_for(self.plan).selector)
        before = [run.snapshot for _, run in shelved.runs]
        comparison = compare([run.snapshot for run in runs], before, policy, shelved.unreadable)
        for gap in gaps:
            comparison = comparison.doubted(gap)
        comparison = replace(comparison, notes=(*comparison.notes, *notes))
        signals = [signal.Signals(number).name for number in self.signals]
        missed = uncovered(self.plan.thresholds, runs[0].snapshot.store)
        found = RunHealth(signal=", ".join(signals), uncovered=missed, stock_exit_code=self.stock_exit_code)
        result = beside(runs[0], comparison, found)
        save(result, self.plan)
        show(result, self.plan)
        tell(result, self.plan)
        return result.verdict.exit_code

    def _run(self, reports: Path) -> int:
        if self.signals:
            return INTERRUPTED
        with suppress(OSError):  # what is read afterwards must be of this run
            (reports / SUMMARY).unlink()
        environment = {**os.environ, REPEAT: "1"}
        module = "locust_ext" if Path(sys.argv[0]).parent.name == "locust_ext" else "locust"
        command = [
            sys.executable,
            "-m",
            module,
            *sys.argv[1:],
            "--locust-ext-report-dir",
            str(reports),
            "--locust-ext-summary-export",
            "",
        ]
        # A session of its own: a Ctrl-C of the terminal reaches the run once, through us, and not twice.
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        return self.process.wait()

    def _forward(self, number: int, _: FrameType | None) -> None:
        self.signals.append(number)
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _read(self, place: Path) -> RunResult | None:
        try:
            return read_report_dir(place)
        except UnreadableRunError as error:
            say(f"locust_ext: {error}", aloud=True)
            return None


def ended(number: int, code: int, run: RunResult | None, rule: Rule | None = None) -> str:
    """Return in a line how one of the runs ended: its verdict, how long it took, and the figure that is looked into."""
    among = f"run {number} of {REPEATS}"
    if run is None:
        return f"{among}: exit code {code}, without a report"
    line = f"{among}: {run.verdict.word} (exit code {code}), {format_duration(run.duration)}"
    if rule is None:
        return plain(line)
    rows = run.comparison.rows if run.comparison else ()
    return plain(f"{line}: {next((row.beside_limit for row in rows if row.rule == rule), f'{rule} was not compared')}")


def _settled(code: int, run: RunResult) -> str:
    """Return why the first run needs no others."""
    if code not in JUDGED:
        return "it proves nothing that others could confirm"
    if _broke_threshold(run):
        return "it broke a threshold, which others do not change"
    return "nothing is suspected, and no more runs are needed" if run.comparison else "it was not compared"


def _broke_threshold(run: RunResult) -> bool:
    return any(outcome.status is Status.FAILED for outcome in run.outcomes)

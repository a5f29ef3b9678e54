"""The comment on a pull request: verdict, what failed, what changed against the baseline, and where the rest is.

Law: pure; whatever came from outside stands in a code span, or is the address of a link that can be nothing else. At
most 60 kB. A run that left no report or that of another commit, or whose command ended otherwise than its report says,
never looks like a pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.regression import Compared
from locust_ext.measure.series import shorten
from locust_ext.reports.comment_marker import Marker
from locust_ext.reports.formats import moment, ranked, spell, times
from locust_ext.reports.markdown import (
    MARKS,
    MOST_REASON,
    MOST_SENTENCE,
    code,
    drift_table,
    error_table,
    mark_of,
    open_table,
    threshold_table,
)
from locust_ext.reports.markdown_blocks import listing, table
from locust_ext.reports.result import RunResult
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

BEST = 3
"""Improvements that are shown, of those that are more than chance."""

MOST_URL = 2000

NOT_BAD = ("", "success", "succeeded", "passed", "ok", "0", "running")
"""How CI says that a step or a job succeeded, or that it has not ended; any other word, or exit code, is a failure."""

SKIPPED = "skipped"

UNPROVEN = MARKS[Status.INCONCLUSIVE]

_IN_URLS = "%/:?#@!$&'*+,;=~"
"""Signs that stay in the address of a link; whatever could end it is spelled in hexadecimal digits."""

PASSED = "passed"
WORDS = {PASSED: "passed", "failed": "failed", "inconclusive": "proves nothing", "aborted": "was aborted"}
"""What a heading says of a verdict; of any other that the run ended with an error."""


@dataclass(frozen=True)
class About:
    """What CI says of the run; each may be empty."""

    outcome: str = ""
    """How the step that ran it ended."""
    commits: tuple[str, ...] = ()
    """The commit that people know it by, and others that it goes under, such as the one that merges it."""
    run_url: str = ""
    artifact_url: str = ""

    @property
    def ended_badly(self) -> bool:
        """Whether CI says that the step did not succeed."""
        return self.outcome.lower() not in NOT_BAD


def comment(marker: Marker, name: str, result: RunResult | None, about: About, why: str = "") -> str:
    """Return the comment on a run; without a result ``why`` says, in a sentence, what became of its report."""
    if about.outcome.lower() == SKIPPED:
        result, why = None, "The step that runs it was skipped: one before it had failed."
    parts = [[str(marker)]]
    if result is None:
        mark = "❌" if about.ended_badly else UNPROVEN
        parts += [[f"### {mark} Load test {code(name)} left no report"], [code(why, MOST_SENTENCE)], [_ended(about)]]
    else:
        parts += _of(result, about)
    return "\n".join(line for part in [*parts, [_where(result, about)]] if any(part) for line in [*part, ""])


def link(text: str, url: str) -> str:
    """Return a link with this address; nothing where it is not a plain one of the web."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    is_plain = is_plain and len(url) <= MOST_URL and url.isprintable() and " " not in url and "\\" not in url
    return f"[{text}]({quote(url, safe=_IN_URLS)})" if is_plain else ""


def _of(result: RunResult, about: About) -> list[list[str]]:
    verdict = result.verdict
    is_denied = verdict.word == PASSED and bool(about.ended_badly or verdict.exit_code)
    other = _of_another_commit(result, about)
    mark = "❌" if is_denied else UNPROVEN if other and verdict.word == PASSED else mark_of(verdict)
    says = WORDS.get(verdict.word, "ended with an error")
    unclear = [outcome for outcome in result.outcomes if outcome.status is not Status.PASSED]
    findings = [f"{code(finding.kind)}: {code(finding.text, MOST_SENTENCE)}" for finding in result.findings]
    return [
        [f"### {mark} Load test {code(result.name)} {says}{', but its command did not' if is_denied else ''}"],
        [f"**Exit code {verdict.exit_code}**: {code(verdict.reason, MOST_REASON)}"],
        [_ended(about) if is_denied else ""],
        [other],
        threshold_table(unclear),
        error_table(result.errors),
        drift_table([drift for drift in result.drifts if drift.status is not Status.PASSED]),
        open_table(result.open_requests),
        _changes(result.comparison) if result.comparison else [],
        listing("Findings", findings, 5000),
        listing("Warnings", [code(warning, MOST_SENTENCE) for warning in result.warnings], 3000),
        _passed([outcome for outcome in result.outcomes if outcome.status is Status.PASSED]),
    ]


def _ended(about: About) -> str:
    """Return what CI says of the step, where that is not a success."""
    return f"CI says that it ended as {code(about.outcome.lower())}: see the log." if about.ended_badly else ""


def _of_another_commit(result: RunResult, about: About) -> str:
    said = result.tags.get("git_sha", "")
    known = [commit for commit in about.commits if commit]
    if not said or not known or any(commit.startswith(said) for commit in known):
        return ""
    return f"{UNPROVEN} The report says that it is of commit {code(said)}, not of {code(known[0][:8])}."


def _changes(comparison: Comparison) -> list[str]:
    """Return the change against the earlier runs: what got worse, what got better, and what is unclear."""
    worse, rows = comparison.regressions, ranked(comparison)
    better = sorted(filter(is_better, rows), key=lambda row: -abs(_change(row)))[:BEST]
    unclear = [f"{code(str(row.rule))}: {code(row.reason)}" for row in rows if row.status is Status.INCONCLUSIVE]
    repeats = f", the median of {comparison.repeats} runs" if comparison.repeats > 1 else ""
    return [
        f"### Beside {plural(len(comparison.runs), 'earlier run')}{repeats}",
        "",
        _said(comparison),
        *table("", "|figure|value:|before:|change:|ratio:|limit:", [_row(row) for row in (*worse, *better)], 8000),
        "",
        *_details("Figures of which nothing can be said", listing("", unclear, 3000)),
    ]


def _said(comparison: Comparison) -> str:
    figures = plural(len(comparison.rows), "figure")
    if comparison.regressions:
        return f"{len(comparison.regressions)} of {figures} got worse."
    if comparison.gaps:
        return f"Whether anything got worse is not known: {code(comparison.gaps[0], MOST_SENTENCE)}"
    return f"Nothing got worse among {figures}."


def is_better(row: Compared) -> bool:
    """Tell whether a figure got better by as much as it would have to get worse to be a regression."""
    if row.status is not Status.PASSED or not row.limit or row.value is None or row.median is None:
        return False
    worst, change = math.log(row.limit), _change(row)
    return change * worst < 0 and abs(change) >= abs(worst) and abs(row.value - row.median) > row.rule.floor


def _change(row: Compared) -> float:
    """Return the logarithm of the ratio; endless to or from nothing."""
    if not row.ratio:
        return 0.0 if row.ratio is None else -math.inf
    return math.log(row.ratio)


def _row(row: Compared) -> tuple[str, ...]:
    known = row.ratio is not None and math.isfinite(row.ratio)
    change = f"{100 * ((row.ratio or 0) - 1):+,.0f} %" if known else "new"
    values = spell(row.value, row), spell(row.median, row), change, times(row.ratio), times(row.limit)
    return MARKS[row.status], f"{code(str(row.rule.selector))} {code(row.rule.method)}", *values


def _passed(passed: Sequence[Outcome]) -> list[str]:
    """Return the thresholds that passed, for those who open them."""
    lines = threshold_table(passed, 6000)[1:]  # without its heading: the summary is one
    return _details(f"{plural(len(passed), 'threshold')} passed", lines)


def _details(summary: str, lines: Sequence[str]) -> list[str]:
    return ["<details>", f"<summary>{summary}</summary>", *lines, "", "</details>"] if lines else []


def _where(result: RunResult | None, about: About) -> str:
    """Return the last line: the report, the run of CI, the commit, and when."""
    facts = [link("Reports", about.artifact_url), link("CI run", about.run_url)]
    facts += [f"commit {code(about.commits[0][:8])}"] if about.commits and about.commits[0] else []
    if result is not None:
        facts += [f"began {code(shorten(moment(result.started_at)))}", format_duration(result.duration)]
        facts += [plural(result.workers, "worker")]
    return " · ".join(filter(None, facts))

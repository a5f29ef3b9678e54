"""junit.xml: the run as test cases, for the test reports of GitLab, Jenkins, GitHub Actions and others.

Law: a run that does not exit with 0 has a failure in it. What proves nothing is skipped, never passed. The XML is the
subset of xunit2 that all readers share; names come from outside, so characters that XML does not have are replaced,
and no two cases have the same name (GitLab keeps one of such).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser import xunit2 as flavour

from locust_ext.gates.drift_words import sentence
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.regression import Compared
from locust_ext.gates.values import format_value, limit_of
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.error_kinds import ErrorKind
from locust_ext.measure.series import Selector, shorten
from locust_ext.measure.sinks import Kind
from locust_ext.reports.console import plain
from locust_ext.reports.error_lines import TITLE, errors_behind, lines, total
from locust_ext.reports.formats import ORDER
from locust_ext.reports.result import RunResult
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift

MOST_ERRORS = 10
MOST_TEXT, MOST_NAME = 2000, 300
"""Characters of a message and of a test case's name; a name in it has at most 200."""

FINDINGS: Mapping[str, Status] = dict.fromkeys(("mistake", "aborted", "stopped"), Status.FAILED)
"""Findings that are failures; others inform."""

ENDPOINT_TAGS = ("name", "endpoint")
"""Tags that say which endpoint a selection is about, the first that is there."""


@dataclass(frozen=True)
class Case:
    """One test case: where it belongs, what it is called, how it ended, and what there is to say of it."""

    suite: str
    name: str
    kind: str
    status: Status
    text: str
    seconds: float = 0.0
    evidence: tuple[str, ...] = ()
    """Which errors occurred, in lines."""


def junit(result: RunResult) -> str:
    """Return the text of ``junit.xml``."""
    suite = flavour.TestSuite(plain(shorten(result.name)))
    suite.timestamp = plain(shorten(result.started_at))
    for key, value in result.tags.items():
        suite.add_property(plain(shorten(key)), plain(shorten(value)))
    suite.add_testcases([_element(case) for case in cases_of(result)])
    xml = flavour.JUnitXml(plain(shorten(result.name)))
    return _text(xml, suite)


def cases_of(result: RunResult) -> list[Case]:
    """Return all cases, the verdict first, then what failed, then what is unclear; no two of a suite have one name."""
    cases = [
        *(_threshold(outcome, result.errors) for outcome in result.outcomes),
        *map(_drift, result.drifts),
        *_compared(result),
        *_findings(result),
    ]
    failed = any(case.status is Status.FAILED for case in cases)
    verdict = result.verdict
    status = Status.FAILED if verdict.exit_code and not failed else Status.PASSED
    text = f"{verdict.word}, exit code {verdict.exit_code}: {verdict.reason}"
    if lost := result.open_requests.text:
        text = f"{text[: MOST_TEXT - len(lost) - 2]}; {lost}"
    evidence = (f"{TITLE}: {total(result.errors)}", *lines(result.errors, MOST_ERRORS)) if result.errors else ()
    seconds = round(result.duration, 3) if 0 < result.duration < math.inf else 0.0
    told = list(_distinct([Case("verdict", "verdict", "verdict", status, text, seconds, evidence), *cases]))
    return [told[0], *sorted(told[1:], key=lambda case: ORDER[case.status])]  # named before: a name stays what it is


def _threshold(outcome: Outcome, errors: Sequence[ErrorKind]) -> Case:
    threshold = outcome.threshold
    window = f" over {format_duration(threshold.window)}" if threshold.window else ""
    suite, unsaid = _suite(threshold.selector)
    rule = f"{shorten(str(threshold.selector))}: {threshold.rule}{window}"
    beside = f"{format_value(outcome)} (limit {limit_of(threshold)}) of {plural(outcome.count, 'sample')}"
    text = f"{rule}: {outcome.status}, {beside}"
    text += f" ({outcome.reason})" if outcome.reason else ""
    behind = errors_behind(threshold.selector, errors) if outcome.status is Status.FAILED else []
    evidence = tuple(lines(behind, MOST_ERRORS))
    return Case(suite, f"{unsaid}{threshold.rule}{window}", "threshold", outcome.status, text, evidence=evidence)


def _drift(drift: Drift) -> Case:
    suite, unsaid = _suite(drift.rule.selector)
    method = "" if drift.rule.kind is Kind.GAUGE else f"{drift.rule.method} "
    return Case(suite, f"{unsaid}{method}does not drift", "drift", drift.status, sentence(drift))


def _compared(result: RunResult) -> Iterator[Case]:
    comparison = result.comparison
    for row in comparison.rows if comparison else ():
        yield _row(row)
    for number, gap in enumerate(comparison.gaps if comparison else (), 1):
        yield Case("comparison", f"gap {number}", "gap", Status.INCONCLUSIVE, gap)


def _row(row: Compared) -> Case:
    suite, unsaid = _suite(row.rule.selector)
    return Case(suite, f"{unsaid}{row.rule.method} no worse than before", "regression", row.status, row.text)


def _findings(result: RunResult) -> Iterator[Case]:
    """Return the findings, numbered by kind: a name that holds figures would be another one in every run."""
    seen: dict[str, int] = {}
    for finding in result.findings:
        seen[finding.kind] = seen.get(finding.kind, 0) + 1
        status = FINDINGS.get(finding.kind, Status.PASSED)
        yield Case(finding.kind, f"{finding.kind} {seen[finding.kind]}", finding.kind, status, finding.text)


def _suite(selector: Selector) -> tuple[str, str]:
    """Return the endpoint, or the metric where there is none, and what that leaves unsaid of the selection."""
    tags = dict(selector.tags)
    key = next((key for key in ENDPOINT_TAGS if key in tags), "")
    metric = selector.metric if key and selector.metric not in DURATIONS else ""
    unsaid = str(Selector(metric, tuple(pair for pair in selector.tags if pair[0] != key)))
    return tags.get(key) or selector.metric, f"{shorten(unsaid)}: " if unsaid else ""


def _distinct(cases: list[Case]) -> Iterator[Case]:
    """Return the cases with names as they are written; those that come again are numbered."""
    taken: set[tuple[str, str]] = set()
    for case in cases:
        suite, name = f"loadtest.{plain(shorten(case.suite))}", plain(case.name[:MOST_NAME])
        names = (name if number == 1 else f"{name} ({number})" for number in count(1))
        free = next(name for name in names if (suite, name) not in taken)
        taken.add((suite, free))
        yield replace(case, suite=suite, name=free)


def _element(case: Case) -> TestCase:
    element = flavour.TestCase(case.name, case.suite, case.seconds)
    text = plain(case.text[:MOST_TEXT])
    evidence = "\n".join(map(plain, case.evidence))
    if case.status is Status.PASSED:
        element.system_out = "\n".join(filter(None, [text, evidence]))
        return element
    found = (Failure if case.status is Status.FAILED else Skipped)(text, plain(shorten(case.kind)))
    found.text = "\n".join(filter(None, [text, evidence]))  # GitLab shows the text, Jenkins the message
    element.result = [found]
    return element


def _text(xml: JUnitXml, suite: TestSuite) -> str:
    xml.add_testsuite(suite)
    xml.update_statistics()
    stream = io.BytesIO()
    xml.write(stream, pretty=True)
    return stream.getvalue().decode("utf-8")

"""A result without secrets: a canary in every text, found in none of the reports."""

import dataclasses
from dataclasses import replace

import pytest
from examples import compared, outcome, watched_for

from locust_ext.archive.report_dir import REPORTS, render
from locust_ext.gates.outcomes import Status
from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.error_kinds import REST, Answer, ErrorKind
from locust_ext.measure.series import OTHER
from locust_ext.reports.export import export
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.redacted import redacted
from locust_ext.reports.result import Finding
from locust_ext.reports.slack import message
from locust_ext.reports.watched import Watched
from locust_ext.safety.redaction import Redaction

CANARY = "canary-5f3a9b"
NAME = f"/feed?token={CANARY}"
ANSWER = Answer("503", ((CANARY, "a"), ("location", f"/b?x={CANARY}")), f"<p>{CANARY}", "", CANARY)


def everywhere():
    """Return a run with the canary wherever a text comes from outside."""
    result = compared(names=(NAME, "/other"))
    return replace(
        result,
        name=f"feed {CANARY}",
        verdict=Verdict("failed", 99, f"https://user:{CANARY}@example.com failed"),
        tags={"build": f"https://ci.example.com/?job={CANARY}", CANARY: "key"},
        outcomes=(outcome(f"http_req_duration{{name:{NAME}}}", "p(95)<4", "failed", 9.0, reason=f"see {CANARY}"),),
        findings=(Finding("mistake", f"host {CANARY}", {"at": CANARY, "of": [{CANARY: 1.0}]}),),
        phases=(Phase(CANARY, 0.0, 60.0),),
        warnings=(f"warning {CANARY}",),
        drifts=(replace(watched_for(NAME, CANARY, status=Status.FAILED, rate=1.0), reason=f"see {CANARY}"),),
        watched=(Watched(f"token={CANARY}", CANARY, ((0.0, 1.0),)), Watched(CANARY, "api")),
        errors=(
            ErrorKind("http_req_failed", NAME, CANARY, CANARY, 2, 1.0, 2.0, f"see {CANARY}", ANSWER),
            ErrorKind("", OTHER, "", REST, 7, 3.0, 4.0),
        ),
        open_requests=OpenRequests.of([OpenRow(NAME, CANARY, 7, 31_000.0)]),
        comparison=replace(result.comparison, notes=(f"note {CANARY}",), gaps=(f"gap {CANARY}",)),
    )


@pytest.mark.slow
def test_no_report_shows_the_canary():
    """Known as a secret, or only standing in a query: it is in no artefact."""
    clean = redacted(everywhere(), Redaction((CANARY,)))
    for name, (_, how) in REPORTS.items():
        assert CANARY in render(how)(everywhere()) or name == "gitlab-load-performance.json", name
        assert CANARY not in render(how)(clean), name
    assert CANARY not in export(clean)
    assert CANARY not in str(message(clean))


def test_a_query_is_hidden_though_nobody_knows_it():
    """Without a word of the environment the endpoint's name loses its value."""
    clean = redacted(compared(names=(NAME, "/other")), Redaction())
    assert CANARY not in render("summary:summary")(clean) + render("hlog:hlog")(clean)


def test_every_text_is_covered():
    """Fields that hold text from outside are those that are redacted: a new one must be thought of."""
    ours = {
        "verdict",
        "started_at",
        "duration",
        "workers",
        "complete",
        "id",
        "software",
        "clients",
        "running",
        "reset_at",
    }
    touched = {"name", "tags", "outcomes", "series", "findings", "warnings", "fingerprint", "timeline", "comparison"}
    touched |= {"censored", "open_requests", "phases", "drifts", "watched", "feeders", "errors", "traces", "trace_url"}
    assert {field.name for field in dataclasses.fields(compared())} == ours | touched

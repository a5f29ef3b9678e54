"""Drift in every report that people read: failures first, in words, and names that are nothing but text."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from examples import NASTY, drifting, example, watched_for

from locust_ext.gates.outcomes import Status
from locust_ext.gates.verdict import Verdict
from locust_ext.reports.console_tables import final_table
from locust_ext.reports.html import html
from locust_ext.reports.junit import junit
from locust_ext.reports.markdown import markdown
from locust_ext.reports.slack import message, problems_of

RUN = drifting()
LEAK = "probe{instance:api,series:process_open_fds}"


def endings(result):
    """Return how the cases on drift ended, and what they say."""
    found = {}
    for case in ET.fromstring(junit(result).encode()).iter("testcase"):
        part = next((part for part in case if part.tag in {"failure", "skipped"}), None)
        if "drift" in case.get("name"):
            text = case.findtext("system-out") if part is None else part.get("message")
            found[case.get("classname"), case.get("name")] = ("passed" if part is None else part.tag, text)
    return found


def test_the_console():
    """A table: mark, rule, rate, bound, what would have been seen, when the limit is reached, and what there is to say."""
    lines = [line for line in final_table(RUN).splitlines() if "probe{" in line or "p(99)" in line]
    assert [line.split("│")[1].strip() for line in lines[:6]] == list("✗✗?✓✓✓")
    cells = [cell.strip() for cell in lines[0].split("│")[2:-1]]
    assert cells == [LEAK, "+38", "+31.4", "+9.2", "21 hours", "32 % over the load"]
    assert "Drift" not in final_table(replace(RUN, drifts=()))


def test_markdown():
    """The same as a table, in code spans."""
    text = markdown(RUN)
    assert "### Drift" in text
    assert f"| ❌ | `{LEAK}` | +38 | +31.4 | +9.2 | 21 hours | `32 % over the load` |" in text
    assert text.index("### Thresholds") < text.index("### Drift")
    assert "### Drift" not in markdown(replace(RUN, drifts=()))


def test_junit():
    """One case a rule, whose name holds no figure; what proves nothing is skipped."""
    found = endings(RUN)
    leak = found["loadtest.probe", "{instance:api,series:process_open_fds}: does not drift"]
    assert leak[0] == "failure"
    assert leak[1].startswith(f"{LEAK}: process_open_fds rises by 38 an hour (at least 31.4)")
    assert found["loadtest./communities/:id/posts", "p(99) does not drift"][0] == "failure"
    unclear = found["loadtest.probe", "{instance:db,series:db_lag_seconds}: does not drift"]
    assert unclear[0] == "skipped"
    assert unclear[1].endswith("inconclusive: only 4 blocks; needs 8: 6m of load; a rule by default")
    assert [ending for ending, _ in found.values()].count("passed") == 3


def test_a_default_rule_in_doubt_fails_nothing():
    """Neither its own case nor that of the verdict."""
    unclear = watched_for("process_open_fds", is_written=False, reason="only 4 blocks")
    text = junit(example(drifts=(unclear,), verdict=Verdict("passed", 0, "all is well")))
    assert "<failure" not in text
    assert "<skipped" in text


def test_slack():
    """A line for each that failed."""
    problems = list(problems_of(RUN))
    assert len(problems) == 2
    assert problems[0].startswith(f"{LEAK}: process_open_fds rises by 38 an hour")
    assert "1,024 are reached in 21 hours" in str(message(RUN))


def test_the_page():
    """Behind the thresholds a table and charts; what no rule is about stands behind the run over time."""
    page = html(RUN)
    order = ["Thresholds</h2>", "Drift</h2>", 'data-chart="drift-4"', "Over time</h2>", "What the probes saw</h2>"]
    order += ['data-chart="probe-1"', "nothing_seen", "Endpoints</h2>"]
    places = [page.index(part) for part in order]
    assert places == sorted(places)
    assert "<dt>watched for drift</dt><dd>2 failed, 1 inconclusive, 3 passed</dd>" in page
    assert "Without a chart: 1." in page
    bare = html(replace(RUN, drifts=(), watched=()))
    assert "Drift</h2>" not in bare
    assert "What the probes saw" not in bare
    assert "no rule of drift" not in html(replace(RUN, drifts=()))


def test_names_are_text():
    """A hostile series is shown, and does nothing."""
    drift = watched_for(NASTY, NASTY, status=Status.FAILED, rate=1.0, low=0.5, points=((0.0, 1.0), (60.0, 2.0)))
    run = replace(RUN, drifts=(replace(drift, reason=NASTY),))
    page = html(run)
    assert "<script>alert" not in page
    assert "\x1b" not in page + final_table(run) + markdown(run) + junit(run)
    assert "\u202e" not in page + final_table(run) + markdown(run) + junit(run)
    assert "<script>" not in markdown(run).replace("`<script>alert(1)</script>", "")
    ET.fromstring(junit(run).encode())

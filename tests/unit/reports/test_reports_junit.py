"""junit.xml: always XML, never green for a run that was not."""

import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import pytest
from examples import FEED, NASTY, OUTCOMES, example, outcome
from examples import compared as make_compared
from hypothesis import given
from hypothesis import strategies as st
from junitparser import xunit2

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.verdict import Verdict, conclude
from locust_ext.reports.junit import junit
from locust_ext.reports.result import Finding

compared = cache(make_compared)


def read(result):
    """Return the one suite of the file, as the library reads it, and as plain XML."""
    text = junit(result)
    suites = list(xunit2.JUnitXml.fromstring(text.encode("utf-8")))
    assert len(suites) == 1
    return suites[0], ET.fromstring(text.encode("utf-8")).find("testsuite")


def ending(case):
    """Return how a case ended."""
    return next((part.tag for part in case if part.tag in {"failure", "skipped"}), "passed")


def cases(result):
    """Return how each case ended, by class and name."""
    _, suite = read(result)
    return {(case.get("classname"), case.get("name")): ending(case) for case in suite.iter("testcase")}


@given(data=st.data())
def test_junit_is_xml(results, data):
    """Whatever the result: XML with the numbers of its cases, one case an item, and a failure where the code is not 0."""
    result = data.draw(results)
    suite, tree = read(result)
    endings = [ending(case) for case in tree.iter("testcase")]
    assert len(endings) == suite.tests == 1 + len(result.outcomes) + len(result.drifts) + len(result.findings)
    assert endings.count("failure") == suite.failures
    assert endings.count("skipped") == suite.skipped
    assert suite.errors == 0
    assert endings.count("failure") > 0 or result.verdict.exit_code == 0
    assert len(cases(result)) == suite.tests


def test_a_run_with_everything():
    """Thresholds, comparison and findings are cases, under their endpoint or metric."""
    get = "{method:GET}: "
    assert cases(compared()) == {
        ("loadtest.verdict", "verdict"): "passed",
        ("loadtest.feed", "p(95)<400"): "passed",
        ("loadtest.feed", "p(99)<60"): "failure",
        ("loadtest.http_req_failed", "rate<0.01"): "passed",
        ("loadtest./export", "p(99.9)<400"): "skipped",
        (f"loadtest.{FEED}", f"{get}p(95) no worse than before"): "failure",
        (f"loadtest.{FEED}", f"{get}p(99) no worse than before"): "failure",
        ("loadtest./hot/:key", f"{get}p(95) no worse than before"): "failure",
        ("loadtest./hot/:key", f"{get}p(99) no worse than before"): "failure",
        ("loadtest.http_req_failed", "rate no worse than before"): "passed",
        (f"loadtest.{FEED}", f"http_req_failed{get}rate no worse than before"): "passed",
        ("loadtest./hot/:key", f"http_req_failed{get}rate no worse than before"): "passed",
        ("loadtest.http_reqs", "rate no worse than before"): "passed",
        ("loadtest.storm", "storm 1"): "passed",
    }


def test_the_suite():
    """The suite has its name, its time, its beginning and the tags of the run."""
    suite, tree = read(compared())
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("feed", 14, 5, 0, 1)
    assert (suite.time, suite.timestamp) == (60.0, "2026-11-24T10:09:00+00:00")
    assert {one.name: one.value for one in suite.properties()} == {"git_sha": "0a1b2c3d", "run_type": "pr"}
    assert set(tree.keys()) == {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
    whole = ET.fromstring(junit(compared()).encode("utf-8"))
    counts = {key: float(whole.get(key)) for key in ("tests", "failures", "errors", "time")}
    assert counts == {"tests": 14, "failures": 5, "errors": 0, "time": 60.0}


def test_a_failure_says_what_it_is():
    """A failure has a message, a type and a text; a skipped case says why."""
    _, tree = read(compared())
    failure = next(tree.iter("failure"))
    text = "http_req_duration{endpoint:feed}: p(99)<60: failed, 75.5 ms (limit 60 ms) of 3,000 samples"
    assert (failure.get("message"), failure.get("type"), failure.text) == (text, "threshold", text)
    skipped = next(tree.iter("skipped"))
    assert skipped.get("message").endswith("p(99.9)<400: inconclusive, – (limit 400 ms) of 0 samples (no samples)")
    worse = [one for one in tree.iter("failure") if one.get("type") == "regression"]
    assert any("1.56 times the 45.3 ms before" in one.get("message") for one in worse)


PASSED = (outcome("http_req_failed", "rate<0.01", "passed", 0.0),)
UNCLEAR = (outcome("http_req_duration", "p(99)<60", "inconclusive", None, 0, "no samples"),)
FAILED = (outcome("http_req_duration", "p(99)<60", "failed", 75.0),)
VERDICTS = [
    ("all is well", PASSED, RunHealth(), (), "passed", 0),
    ("a threshold failed: that is the failure", FAILED, RunHealth(), (), "passed", 1),
    ("inconclusive alone is not green", UNCLEAR, RunHealth(), (), "failure", 1),
    ("workers were lost", PASSED, RunHealth(incomplete=("worker 1 was lost",)), (), "failure", 1),
    ("user code raised", PASSED, RunHealth(user_errors=3), (), "failure", 1),
    ("a signal", PASSED, RunHealth(signal="SIGTERM"), (), "failure", 1),
    ("a safety stop", PASSED, RunHealth(safety_stop="too many errors"), (), "failure", 1),
    ("requests failed, and nothing judges them", (), RunHealth(failed_requests=4), (), "failure", 1),
    ("a mistake", (), RunHealth(configuration_errors=1), (Finding("mistake", "no such key"),), "passed", 1),
    ("aborted", PASSED, RunHealth(safety_stop="stop"), (Finding("aborted", "stop"),), "passed", 1),
    ("a cliff informs", PASSED, RunHealth(), (Finding("cliff", "level-50 was the last"),), "passed", 0),
]


@pytest.mark.parametrize(
    "outcomes, found, findings, ending, failures", [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS]
)
def test_the_verdict_is_a_case(outcomes, found, findings, ending, failures):
    """The verdict fails where the run does and no other case says so."""
    result = example(outcomes=outcomes, findings=findings, verdict=conclude(outcomes, found))
    all_cases = cases(result)
    assert all_cases["loadtest.verdict", "verdict"] == ending
    assert list(all_cases.values()).count("failure") == failures


def test_gaps_are_skipped():
    """What keeps a comparison from proving anything is skipped; the verdict fails the run."""
    gaps = ("2 runs to compare with; needs 3", "there is nothing to compare")
    verdict = Verdict("inconclusive", 111, f"baseline: {gaps[0]}")
    all_cases = cases(example(outcomes=PASSED, comparison=Comparison(gaps=gaps), verdict=verdict))
    assert [all_cases["loadtest.comparison", f"gap {number}"] for number in (1, 2)] == ["skipped", "skipped"]
    assert all_cases["loadtest.verdict", "verdict"] == "failure"


NAMES = [
    ("the endpoint and its default metric", "http_req_duration{name:/a}", "loadtest./a", "p(99)<500"),
    ("a phase too", "http_req_duration{name:/a,phase:surge}", "loadtest./a", "{phase:surge}: p(99)<500"),
    ("another metric", "stale_time{name:/a}", "loadtest./a", "stale_time: p(99)<500"),
    ("no endpoint", "reconnect_time", "loadtest.reconnect_time", "p(99)<500"),
    ("no endpoint, a phase", "reconnect_time{phase:storm}", "loadtest.reconnect_time", "{phase:storm}: p(99)<500"),
    ("the tag endpoint", "http_req_duration{endpoint:feed}", "loadtest.feed", "p(99)<500"),
]


@pytest.mark.parametrize("selector, suite, name", [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
@pytest.mark.slow
def test_names(selector, suite, name):
    """A case stands under its endpoint, and its name says what that does not."""
    assert (suite, name) in cases(example(outcomes=(outcome(selector, "p(99)<500", "passed", 1.0),)))


def test_windows_and_equal_names():
    """A window stands in the name, and cases that would have the same name are numbered."""
    one = outcome("http_req_duration", "p(99)<500", "passed", 1.0)
    window = replace(one, threshold=replace(one.threshold, window=30.0))
    names = [name for _, name in cases(example(outcomes=(one, one, window)))]
    assert names[1:4] == ["p(99)<500", "p(99)<500 (2)", "p(99)<500 over 30s"]


@pytest.mark.slow
def test_nasty_names():
    """A name with markup, control characters and ten thousand letters is text, and short."""
    result = compared(1.5, (NASTY, "/x"))
    result = replace(result, name=NASTY, tags={NASTY: NASTY}, findings=(Finding(NASTY, NASTY),))
    result = replace(
        result, outcomes=(*OUTCOMES, outcome("http_req_duration{name:" + NASTY + "}", "p(99)<1", "failed", 2.0))
    )
    text = junit(result)
    _, tree = read(result)
    assert not [sign for sign in text if unicodedata.category(sign) in {"Cc", "Cf", "Cs"} and sign not in "\n\t"]
    assert not list(tree.iter("script"))
    assert all(len(case.get("name")) <= 310 and len(case.get("classname")) <= 210 for case in tree.iter("testcase"))
    assert len(text) < 60_000

"""How --confirm makes its runs, hands signals on, and judges all of them together."""

import json
import os
import signal
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from examples import example, outcome

from locust_ext.archive.baselines import put
from locust_ext.archive.provenance import REPEAT
from locust_ext.archive.report_dir import SUMMARY, write_report_dir
from locust_ext.config.plan import Plan
from locust_ext.reports.options import ReportOptions
from locust_ext.run import repeats as module
from locust_ext.run.repeats import INTERRUPTED, _Watch, confirm, wants_confirmation
from locust_ext.text.problems import ConfigurationError

pytestmark = pytest.mark.slow


@pytest.fixture
def locust(tmp_path, monkeypatch):
    """Have a stand-in run in place of Python; return what it was called with, in order."""
    calls = tmp_path / "calls"
    calls.touch()
    script = tmp_path / "python"
    script.write_text(
        f"#!{sys.executable} -S\nimport json, os, sys\n"
        f"told = [sys.argv[1:], os.environ.get({REPEAT!r}), os.getsid(0) == os.getpid(), sys.stdin.read()]\n"
        f"open({str(calls)!r}, 'a').write(json.dumps(told) + '\\n')\n"
        "sys.exit(7)\n"
    )
    script.chmod(0o755)
    monkeypatch.delenv(REPEAT, raising=False)
    monkeypatch.setattr(sys, "executable", str(script))
    monkeypatch.setattr(sys, "argv", ["/usr/bin/locust", "-f", "feed.py", "--headless"])
    return lambda: [json.loads(line) for line in calls.read_text().splitlines()]


def test_a_run_is_a_process_like_this_one(locust, tmp_path):
    """It is started the same way, with reports of its own, no export, and out of reach of the terminal's Ctrl-C."""
    assert _Watch(Plan("feed"), tmp_path)._run(tmp_path / "confirm-2") == 7
    own = ["--locust-ext-report-dir", str(tmp_path / "confirm-2"), "--locust-ext-summary-export", ""]
    assert locust() == [[["-m", "locust", "-f", "feed.py", "--headless", *own], "1", True, ""]]
    assert REPEAT not in os.environ


def test_a_run_of_python_m_locust_ext(locust, tmp_path, monkeypatch):
    """Is started as it was itself."""
    monkeypatch.setattr(sys, "argv", ["/lib/locust_ext/__main__.py", "--headless"])
    _Watch(Plan("feed"), tmp_path)._run(tmp_path)
    assert locust()[0][0][:3] == ["-m", "locust_ext", "--headless"]


def test_what_is_read_is_of_this_run(locust, tmp_path):
    """An older summary goes before the run; where there is none, nothing is amiss."""
    (tmp_path / SUMMARY).write_text("old")
    watch = _Watch(Plan("feed"), tmp_path)
    watch._run(tmp_path)
    assert not (tmp_path / SUMMARY).exists()
    watch._run(tmp_path)
    assert len(locust()) == 2


def test_a_signal_before_a_run(locust, tmp_path):
    """Nothing is started any more."""
    watch = _Watch(Plan("feed"), tmp_path)
    watch._forward(signal.SIGINT, None)
    assert (watch.signals, watch._run(tmp_path), locust()) == ([signal.SIGINT], INTERRUPTED, [])


@pytest.mark.parametrize("code, sent", [(None, [signal.SIGTERM]), (0, [])], ids=["under way", "over"])
def test_a_signal_is_handed_on(tmp_path, code, sent):
    """To the run that is under way, and never to one that is over."""
    found = []
    watch = _Watch(Plan("feed"), tmp_path, process=SimpleNamespace(poll=lambda: code, send_signal=found.append))
    watch._forward(signal.SIGTERM, None)
    assert (found, watch.signals) == (sent, [signal.SIGTERM])


def test_whoever_watches_hears_signals(tmp_path):
    """As long as the runs last; then they are what they were before, whatever happened."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    watch = _Watch(Plan("feed"), tmp_path)

    def judge():
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == [watch._forward] * 2
        return 99

    watch._judge = judge
    assert watch.watch() == 99
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    watch._judge = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        watch.watch()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_run_without_a_report(locust, tmp_path, capsys):
    """Its code is the last word, and why nothing more can be said is said."""
    plan = Plan("feed", report_dir=str(tmp_path / "reports"))
    assert confirm(plan, 3) == 7
    assert locust()[0][0][-3] == str(tmp_path / "reports")
    said = capsys.readouterr()
    assert "locust_ext: " in said.out + said.err


def test_reports_that_nobody_asked_for_are_spare(locust):
    """They lie in a directory that is gone afterwards."""
    assert confirm(Plan("feed")) == 7
    place = locust()[0][0][-3]
    assert "locust-ext-" in place
    assert not os.path.exists(place)  # noqa: PTH110 it is a name


PASSED = outcome("http_req_duration", "p(95)<400", "passed", 48.0)


@pytest.fixture
def concluded(tmp_path, monkeypatch):
    """Return what watches runs, with a shelf of three runs before them, and what it shows of the result."""
    shelf, shown = tmp_path / "shelf", []
    for seed in (1, 2, 3):
        write_report_dir(example(1.0, seed), tmp_path / "run", ReportOptions(html=False))
        put(tmp_path / "run", shelf, 9)
    for name in ("save", "show", "tell"):
        monkeypatch.setattr(module, name, lambda result, plan, name=name: shown.append((name, result)))
    watch = _Watch(Plan("feed", baseline=str(shelf)), tmp_path, 0)
    watch.shown = shown
    return watch


def runs(*factors):
    """Return runs that are so many times as slow, with a threshold that was kept."""
    return [replace(example(factor, 11 + place), outcomes=(PASSED,)) for place, factor in enumerate(factors)]


CONCLUDED = [
    pytest.param((2.0, 2.0, 2.0), [], 99, "failed", id="all are slower: confirmed"),
    pytest.param((2.0, 1.0, 1.0), [], 0, "passed", id="the median is not: cleared"),
    pytest.param((2.0, 2.0), ["run 3 of 3 ended with exit code 1: nothing is confirmed"], 111, "", id="a gap"),
]


@pytest.mark.parametrize("factors, gaps, code, word", CONCLUDED)
def test_the_median_is_judged(concluded, factors, gaps, code, word):
    """The result is saved, shown and told, once each; what was noted stands in it."""
    assert concluded._conclude(runs(*factors), gaps, ["run 2 of 3 broke a threshold"]) == code
    assert [name for name, _ in concluded.shown] == ["save", "show", "tell"]
    result = concluded.shown[0][1]
    assert all(one is result for _, one in concluded.shown)
    assert result.verdict.word == word or not word
    assert "run 2 of 3 broke a threshold" in result.comparison.notes
    assert all(gap in str(result.comparison) for gap in gaps)


def test_a_signal_is_named(concluded):
    """Runs that somebody ended are no pass."""
    concluded.signals = [signal.SIGINT, signal.SIGTERM]
    code = concluded._conclude(runs(1.0, 1.0, 1.0), [], [])
    assert code != 0
    assert "SIGINT, SIGTERM" in concluded.shown[0][1].verdict.reason


def test_requests_that_failed_end_with_the_code_of_locust(concluded):
    """Where the comparison is cleared, a run of which requests failed ends with what Locust ends with."""
    concluded.stock_exit_code = 3
    assert concluded._conclude(runs(1.0, 1.0, 1.0), [], []) == 3


def test_the_first_run_is_the_one_that_is_reported(concluded, monkeypatch):
    """Its thresholds, its measurements and its name; the others only say whether it was slower by chance."""
    stores = []
    monkeypatch.setattr(module, "uncovered", lambda thresholds, store: stores.append(store) or ())
    found = runs(2.0, 1.0, 1.0)
    concluded._conclude(found, [], [])
    result = concluded.shown[0][1]
    assert (result.id, result.outcomes) == (found[0].id, found[0].outcomes)
    (store,) = stores
    medians = [one.trend("http_req_duration").percentile(50) for one in (store, *(run.snapshot.store for run in found))]
    assert medians[0] == medians[1] != medians[2]


WANTS = [
    pytest.param({}, False, "", id="it was asked for"),
    pytest.param({"headless": False}, None, "it repeats headless runs: add --headless", id="with a web UI"),
    pytest.param({"master": True}, None, "the workers of a master leave after one run", id="a master"),
    pytest.param({"master": True, "processes": 2}, False, "", id="a master with processes of its own"),
    pytest.param({}, True, "", id="it is one of the repeated runs"),
]


@pytest.mark.parametrize("given, is_repeat, why", WANTS)
def test_who_watches_over_runs(monkeypatch, given, is_repeat, why):
    """A headless run that can be started again as it was; what it starts does not watch."""
    monkeypatch.delenv(REPEAT, raising=False)
    if is_repeat:
        monkeypatch.setenv(REPEAT, "1")
    options = SimpleNamespace(**{"headless": True, "master": False, "processes": None, **given})
    if why:
        with pytest.raises(ConfigurationError, match=why):
            wants_confirmation(Plan("feed", confirm=True), options)
        return
    assert wants_confirmation(Plan("feed", confirm=True), options) is not is_repeat
    assert wants_confirmation(Plan("feed"), options) is False


def test_what_locust_ends_with_if_nobody_says(monkeypatch, tmp_path):
    """Is 1, where requests failed."""
    made = []
    monkeypatch.setattr(_Watch, "watch", lambda watch: made.append(watch.stock_exit_code) or 0)
    confirm(Plan("feed", report_dir=str(tmp_path)))
    confirm(Plan("feed", report_dir=str(tmp_path)), 5)
    assert [*made, _Watch(Plan("feed"), tmp_path).stock_exit_code] == [1, 5, 1]

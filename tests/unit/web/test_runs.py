"""The runs of a process on the live page: their list, their reports, a baseline, a comparison. Flask's client, no sockets."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest
from locust import User
from locust.env import Environment

from locust_ext.archive.baselines import put_result, read_baselines
from locust_ext.archive.bundle import MISSING, bundle
from locust_ext.archive.known_runs import known_runs
from locust_ext.archive.report_dir import REPORTS, SUMMARY, write_report_dir, written
from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.gates.since_reset import PART
from locust_ext.gates.verdict import Verdict
from locust_ext.reports.options import ReportOptions
from locust_ext.run.aside import BUSY, Aside
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.actions import TOKEN
from locust_ext.web.pages import add_pages
from tests.unit.reports.examples import NASTY, compared, example

PAGE = "/locust-ext/"


class Process:
    """A process with a web UI, in which runs end as the test says."""

    def __init__(self, **plan):
        environment = Environment(user_classes=[User])
        environment.create_local_runner()
        self.environment = environment
        web_ui = environment.create_web_ui(delayed_start=True)
        self.judged = []
        self.controller = SimpleNamespace(
            outcomes=[],
            result=None,
            run=None,
            account=SimpleNamespace(note_stop=lambda: None),
            halted="",
            on_judged=lambda result, plan: self.judged.append(result.id),
        )
        self.preparation = SimpleNamespace(
            plan=Plan("feed", **plan),
            checks=[],
            prepare_form=lambda form: None,
            prepare_user=lambda settings: None,
        )
        safety = SimpleNamespace(stop_now=str, never_begin=lambda reason: "")
        add_pages(web_ui, self.controller, SimpleNamespace(strike_now=str), safety, self.preparation, SimpleNamespace())
        self.client = web_ui.app.test_client()
        self.token = re.search(r'data-token="(\w+)"', self.get("").text)[1]

    def get(self, path, **how):
        return self.client.get(PAGE + path, **how)

    def end(self, result, **plan):
        """End a run, and return its id."""
        self.controller.on_judged(result, replace(self.preparation.plan, **plan))
        assert self.judged[-1] == result.id  # who was there before is told, too
        return result.id

    def piece(self, **asked):
        return self.get("state", query_string=asked).get_json()["runs"]

    def act(self, name, **what):
        return self.client.post(f"{PAGE}do/{name}", json=what, headers={TOKEN: self.token})


@pytest.fixture
def process(monkeypatch):
    """Return what starts a process with a plan."""
    monkeypatch.setattr("locust_ext.web.answers.FRESH", -1.0)  # each answer is made for the one who asks
    monkeypatch.setattr(sys, "argv", ["locust"])
    started = []

    def start(**plan):
        started.append(Process(**plan))
        return started[-1]

    yield start
    for one in started:
        one.environment.runner.quit()


def passed(number=1, **changes):
    """Return a run that passed."""
    return example(1.0, number, id=f"{number:032x}", **changes)


def test_the_list(process):
    """Newest first, each with its verdict and what failed; a page that has it is not told again."""
    one = process()
    assert one.piece() == {"version": "0--", "under_way": False, "rows": []}
    one.end(passed())
    one.end(compared())
    found = one.piece()
    assert [row["verdict"] for row in found["rows"]] == ["failed", "passed"]
    assert {"name", "load", "began", "duration", "exit_code", "reason", "thresholds", "kept"} <= found["rows"][0].keys()
    assert [row["threshold"] for row in found["rows"][0]["failed"]]
    assert one.piece(runs=found["version"]) == {"version": found["version"]}
    one.controller.run = SimpleNamespace(id="a")
    assert one.piece(runs=found["version"])["under_way"] is True


def test_the_list_of_a_process_that_is_gone(process):
    """A page that was left open has as many runs as the next process in the same place: it is told of the others."""
    before, after = process(), process()
    before.end(passed(1))
    after.end(passed(2))
    assert [row["id"] for row in after.piece(runs=before.piece()["version"])["rows"]] == [passed(2).id]


def test_names_from_outside(process, monkeypatch):
    """Are text, short, and without secrets, also those that have become one since."""
    one = process()
    one.end(passed(name=NASTY, verdict=Verdict("failed", 99, "of canary-11aa22bb-canary\x1b" + "x" * 5000)))
    monkeypatch.setenv("M_API_KEY", "canary-11aa22bb-canary")
    text = json.dumps(one.piece(), ensure_ascii=False)
    assert "canary" not in text
    assert "\x1b" not in text
    assert len(text) < 5000
    assert "canary" not in one.get(f"report?run={passed().id}").text


def test_the_report_of_a_run(process):
    """The same page as in its report directory; without an id that of the last one."""
    one = process()
    first, second = passed(1), passed(2)
    one.end(first)
    one.end(second)
    one.controller.result = second
    for result in (first, second):
        assert one.get(f"report?run={result.id}").data == written(result, "report.html")
    assert one.get("report").data == written(second, "report.html")


def test_every_report_in_one_file(process):
    """Under fixed names, with the bytes of a report directory; what cannot be made is named."""
    one = process()
    result = passed(name="../../etc/<b>")
    one.end(result)
    answer = one.get(f"runs/{result.id}.zip")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=etc-b-20")
    assert re.fullmatch(r"attachment; filename=[A-Za-z0-9.-]+", answer.headers["Content-Disposition"])
    with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        assert {info.filename: file.read(info) for info in file.infolist()} == {
            name: written(result, name) for name in REPORTS
        }


@pytest.mark.parametrize("began", ["9999-99-99T99:99:99", "9999-01-01T00:00:00+00:00", "", "2026-10-01T12:00:00+00:00"])
def test_a_report_that_cannot_be_made(monkeypatch, began):
    """Takes nothing else with it; a time that is none is no reason either."""
    monkeypatch.setitem(REPORTS, "report.html", ("", "html:there_is_none"))
    with zipfile.ZipFile(io.BytesIO(bundle(passed(started_at=began)))) as file:
        assert set(file.namelist()) == {*REPORTS, MISSING} - {"report.html"}
        assert file.read(MISSING).startswith(b"report.html was not written: AttributeError")


UNKNOWN = ["nobody", "..", "%2e%2e%2fsummary", "a" * 5000, "' or 1=1", "%00"]


@pytest.mark.parametrize("run", UNKNOWN)
def test_a_run_that_is_not_there(process, run):
    """404 with a sentence, whatever is asked for: it is looked up, and never a path."""
    one = process()
    one.end(passed())
    for path in (f"report?run={run}", f"runs/{run}.zip"):
        answer = one.get(path)
        assert answer.status_code == 404, path
        assert run in {"..", "%2e%2e%2fsummary"} or "there is no such run" in answer.text
    answer = one.act("keep-as-baseline", run=run)
    assert (answer.status_code, answer.get_json()["problems"][0]["field"]) == (400, "run")


@pytest.mark.parametrize("given", [{}, {"run": None}, {"run": ["a"]}, {"run": {"a": 1}}, {"run": 1}, {"run": "/etc"}])
@pytest.mark.parametrize("name", ["keep-as-baseline", "runs-to-compare", "compare-runs"])
def test_an_action_without_a_run(process, name, given):
    """Is refused with a sentence."""
    one = process(baseline="/nowhere")
    assert "there is no such run" in one.act(name, **given).get_json()["problems"][0]["said"]


def test_it_is_kept_as_a_baseline(process, tmp_path):
    """As by the command: a comparison reads the same run back; twice is once; the list says so."""
    one = process(baseline=str(tmp_path / "kept"), config=Config.model_validate({"baseline": {"keep": 2}}))
    runs = [passed(number) for number in (1, 2, 3)]
    for result in runs:
        one.end(result)
        for _ in range(2):
            said = one.act("keep-as-baseline", run=result.id).get_json()["said"]
            assert f"Kept as a baseline in {tmp_path / 'kept'}" in said
    assert [result for _, result in read_baselines(tmp_path / "kept").runs] == runs[1:]
    kept = [row["kept"] for row in one.piece()["rows"]]
    assert kept[0].endswith(runs[2].id[:12])
    one.end(replace(runs[2], verdict=Verdict("inconclusive", 111, "a worker told more")))
    assert [row["kept"] for row in one.piece()["rows"]] == kept, "it is there also once it is judged again"
    one.end(passed(4))
    assert "removed, as only 2 are kept" in one.act("keep-as-baseline", run=passed(4).id).get_json()["said"]


NO_MEASURES = [
    ("it failed", {"verdict": Verdict("failed", 99, "slow")}, "it failed (exit code 99): slow"),
    ("it proves nothing", {"verdict": Verdict("inconclusive", 111, "short")}, "it inconclusive (exit code 111): short"),
    ("it was stopped", {"verdict": Verdict("aborted", 108, "the guard")}, "it aborted (exit code 108): the guard"),
    ("measurements are missing", {"complete": False}, "nor part of one"),
    ("its statistics were reset", {"fingerprint": {PART: "since 8s"}}, "its figures are those since 8s"),
]


@pytest.mark.parametrize("changes, said", [row[1:] for row in NO_MEASURES], ids=[row[0] for row in NO_MEASURES])
def test_what_is_not_a_measure(process, tmp_path, changes, said):
    """Is refused with why, and nothing is written."""
    one = process(baseline=str(tmp_path / "kept"))
    run = one.end(passed(**changes))
    answer = one.act("keep-as-baseline", run=run)
    assert answer.status_code == 400
    assert said in answer.get_json()["problems"][0]["said"]
    assert "--force" not in answer.get_json()["problems"][0]["said"], "there is no such option on a page"
    assert not (tmp_path / "kept").exists()


def test_without_a_directory_of_baselines(process):
    """It is said how to name one; a page cannot."""
    one = process()
    run = one.end(passed())
    said = one.act("keep-as-baseline", run=run, dir="/tmp/mine", baseline="/tmp/mine").get_json()["problems"][0]["said"]
    assert "baseline: {dir: baselines/feed}" in said


def test_a_directory_that_cannot_be_written(process, tmp_path):
    """Is said in a sentence."""
    (tmp_path / "kept").write_text("a file")
    one = process(baseline=str(tmp_path / "kept"))
    assert "cannot be written" in one.act("keep-as-baseline", run=one.end(passed())).get_json()["problems"][0]["said"]


@pytest.fixture
def places(tmp_path):
    """Return a report directory with a run and an older one in it, and baselines, one of them damaged."""
    reports, store = tmp_path / "reports", tmp_path / "store"
    write_report_dir(passed(7), reports, ReportOptions())
    write_report_dir(passed(8), reports / "confirm-2", ReportOptions())
    for number in (11, 12, 13):
        put_result(passed(number), store, 10)
    damaged = store / "2020-damaged"
    damaged.mkdir()
    (damaged / SUMMARY).write_text("{")
    (store / "no run").mkdir()
    return {"report_dir": str(reports), "baseline": str(store)}


def choices(one, run):
    """Return what a run can be compared with, by name."""
    return {choice["name"]: choice["key"] for choice in one.act("runs-to-compare", run=run).get_json()["choices"]}


def test_what_it_can_be_compared_with(process, places):
    """Runs of this process, of the report directory and of the baseline, by name: no path is shown or taken."""
    one = process(**places)
    first, second = one.end(passed(1)), one.end(passed(2))
    found = choices(one, second)
    own = [name for name in found if name.startswith("this process: ")]
    assert [found[name] for name in own] == [first]
    rest = set(found) - set(own)
    assert {"report directory", "report directory: confirm-2", "all runs of the baseline"} < rest
    assert len([name for name in rest if name.startswith("baseline: ")]) == 4
    assert not any("/" in name for name in found)
    for path in (places["baseline"], f"{places['baseline']}/2020-damaged", "..", "", None, 3, ["a"]):
        answer = one.act("compare-runs", run=second, **{"with": path})
        assert (answer.status_code, "open the list again" in answer.text) == (400, True), path


def test_a_comparison(process, places):
    """The rows of the report's, as text; with one run there are figures, and no verdict on them."""
    one = process(**places)
    run = one.end(passed(1))
    found = choices(one, run)
    answer = one.act("compare-runs", run=run, **{"with": found["report directory"]}).get_json()
    table = answer["comparison"]
    assert table["title"] == "Compared with 1 earlier run"
    assert table["heads"] == ["", "figure", "this run", "before", "ratio", "limit", "samples", ""]
    assert {row["status"] for row in table["rows"]} == {"inconclusive"}
    assert any(row["cells"][1].endswith(" ms") for row in table["rows"])
    assert all(len(row["cells"]) == 5 for row in table["rows"])
    assert table["notes"] == ["1 run to compare with; needs 3"]


def test_a_comparison_with_all_of_the_baseline(process, places):
    """Is the one that a run's own report has, and names what cannot be read."""
    one = process(**places)
    run = one.end(example(3.0, 1, id="f" * 32))
    table = one.act("compare-runs", run=run, **{"with": "earlier"}).get_json()["comparison"]
    assert table["title"] == "Compared with 3 earlier runs"
    assert table["rows"][0]["status"] == "failed"
    assert [note for note in table["notes"] if "2020-damaged" in note]


def test_a_run_that_cannot_be_read(process, places):
    """Is named at the field where it was chosen."""
    one = process(**places)
    run = one.end(passed(1))
    answer = one.act("compare-runs", run=run, **{"with": choices(one, run)["baseline: 2020-damaged"]})
    (problem,) = answer.get_json()["problems"]
    assert (answer.status_code, problem["field"]) == (400, "with")
    assert "it is not JSON, or it was cut off" in problem["said"]


def test_a_run_and_itself(process, tmp_path):
    """Are not compared: it is said so."""
    one = process(report_dir=str(tmp_path))
    result = passed(1)
    write_report_dir(result, tmp_path, ReportOptions())
    run = one.end(result)
    table = one.act("compare-runs", run=run, **{"with": choices(one, run)["report directory"]}).get_json()["comparison"]
    assert table["rows"] == []
    assert "is this run itself" in " ".join(table["notes"])


def test_a_large_directory_is_listed_in_part(tmp_path, monkeypatch):
    """The newest, and not more than are looked at; what is hidden is none of them."""
    from locust_ext.archive import known_runs as module

    monkeypatch.setattr(module, "MOST_LISTED", 3)
    for number in range(5):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / SUMMARY).write_text("{}")
        module.os.utime(tmp_path / f"{number}" / SUMMARY, (number, number))
    (tmp_path / ".half").mkdir()
    (tmp_path / ".half" / SUMMARY).write_text("{}")
    assert [one.name for one in known_runs(tmp_path, "baseline")] == [f"baseline: {number}" for number in (4, 3, 2)]
    monkeypatch.setattr(module, "MOST_SEEN", 2)
    assert len(known_runs(tmp_path, "baseline")) <= 2
    assert known_runs(tmp_path / "nowhere", "baseline") == []


def test_what_takes_long_is_done_one_at_a_time():
    """A few wait, and the others are told to come again; what it raises comes out as it is."""
    aside = Aside(most_waiting=0)
    with pytest.raises(ConfigurationError, match="try again in a moment"):
        aside.do(dict)

    def fails():
        raise KeyError("a")

    aside = Aside()
    for _ in range(3):
        with pytest.raises(KeyError):
            aside.do(fails)
    assert aside.do(max, 1, 2) == 2


def test_a_page_that_comes_too_often(process, monkeypatch):
    """Is told so, and does not wait."""
    one = process(baseline="/nowhere")
    run = one.end(passed())
    monkeypatch.setattr(Aside, "do", lambda *_: _busy())
    for path in (f"runs/{run}.zip", f"report?run={run}"):
        answer = one.get(path)
        assert (answer.status_code, "try again in a moment" in answer.text) == (503, True)
    assert "try again in a moment" in one.act("keep-as-baseline", run=run).get_json()["problems"][0]["said"]


def _busy():
    raise ConfigurationError([Problem("", BUSY)])

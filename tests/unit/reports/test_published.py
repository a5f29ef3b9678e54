"""How a result gets out of the process: printed, written, told; each by whoever does it."""

import io

import pytest
from examples import example

from locust_ext.archive import announce, publish, report_dir
from locust_ext.archive import whereabouts as whereabouts_module
from locust_ext.archive.provenance import REPEAT
from locust_ext.archive.report_dir import SUMMARY, UnreadableRunError, read_report_dir, write_summary
from locust_ext.archive.whereabouts import whereabouts
from locust_ext.config.plan import Plan
from locust_ext.reports import console_tables

RESULT = example()


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        """Say so."""
        return True


SHOWN = [
    pytest.param(Terminal(), {"width": 77, "color": True, "reports": "there"}, id="a terminal"),
    pytest.param(io.StringIO(), {"width": 200, "color": False, "reports": "there"}, id="a log"),
    pytest.param(None, {"width": 200, "color": False, "reports": "there"}, id="nobody"),
]


@pytest.mark.parametrize("stream, how", SHOWN)
def test_how_a_verdict_is_printed(monkeypatch, stream, how):
    """As wide as the terminal and in colours, or wide enough and without them."""
    asked, said = [], []
    monkeypatch.setenv("COLUMNS", "77")
    monkeypatch.setattr(publish, "stream", lambda: stream)
    monkeypatch.setattr(publish, "say", said.append)
    monkeypatch.setattr(
        console_tables,
        "final_table",
        lambda result, width, **how: asked.append((result, {"width": width, **how})) or "table",
    )
    monkeypatch.setattr(whereabouts_module, "whereabouts", lambda plan, *, hints: "there" * hints)
    publish.show(RESULT, Plan("feed"))
    publish.show(RESULT, Plan("feed"), hints=False)
    publish.show(RESULT)
    assert asked == [(RESULT, how)] + [(RESULT, {**how, "reports": ""})] * 2
    assert said == ["\ntable"] * 3


SAVED = [
    pytest.param({}, [], id="nowhere"),
    pytest.param({"report_dir": "a"}, ["a"], id="reports"),
    pytest.param({"summary_export": "b.json"}, ["b.json"], id="an export"),
    pytest.param({"report_dir": "a", "summary_export": "b.json"}, ["a", "b.json"], id="both"),
]


@pytest.mark.parametrize("places, written", SAVED)
def test_what_is_written(monkeypatch, caplog, places, written):
    """Where the plan says; what cannot be written is an error in the log, each in a sentence."""
    plan, found = Plan("feed", **places), []

    def reports(result, directory, options):
        assert (result, options) == (RESULT, plan.config.reports)
        found.append(str(directory))
        return ["one trouble"]

    monkeypatch.setattr(report_dir, "write_report_dir", reports)
    monkeypatch.setattr(report_dir, "write_export", lambda result, file: found.append(str(file)) or ["another"])
    publish.save(RESULT, plan)
    assert found == written
    said = (["one trouble"] if "report_dir" in places else []) + (["another"] if "summary_export" in places else [])
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("ERROR", one) for one in said]


def write(place, *names):
    """Write empty reports."""
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        (place / name).touch()


WHERE = [
    ("nowhere", {}, {}, "no reports were written: --report-dir DIR writes them, report.html among them"),
    ("nowhere, and no command line", {}, {"hints": False}, ""),
    (
        "in a directory",
        {"report_dir": "out/run"},
        {},
        "reports: out/run/report.html, and beside it summary.json, run.hlog, junit.xml",
    ),
    ("without the page", {"report_dir": "bare"}, {}, "reports: bare/summary.json"),
    ("nothing could be written", {"report_dir": "empty"}, {}, ""),
    ("an export alone", {"summary_export": "k6.json"}, {}, "reports: k6.json"),
    ("both", {"report_dir": "bare", "summary_export": "k6.json"}, {}, "reports: bare/summary.json; k6.json"),
    ("one of several runs", {"report_dir": "bare"}, {"environment": {REPEAT: "1"}}, ""),
    ("one of several without any", {}, {"environment": {REPEAT: "1"}}, ""),
]


@pytest.mark.parametrize("places, how, said", [row[1:] for row in WHERE], ids=[row[0] for row in WHERE])
def test_where_the_reports_are(monkeypatch, tmp_path, places, how, said):
    """The page first; what is not there is not named, and without any it is said how to get them."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "out" / "run", "run.hlog", "junit.xml", "report.html", "summary.json", "other.txt")
    write(tmp_path / "bare", "summary.json")
    write(tmp_path, "k6.json")
    given = {"environment": {}, **how}
    assert whereabouts(Plan("feed", **places), **given) == said
    whole = {key: str(tmp_path / value) for key, value in places.items()}
    assert whereabouts(Plan("feed", **whole), **given) == said, "from here, where that is shorter"


@pytest.mark.parametrize("repeat, tells", [("", True), ("1", False)], ids=["one run", "one of several"])
def test_who_is_told(monkeypatch, caplog, repeat, tells):
    """Whoever waits elsewhere, once; of several runs that are judged together by the process that judges them."""
    told = []
    monkeypatch.setenv(REPEAT, repeat)
    monkeypatch.setattr(announce, "announce", lambda *given: told.append(given) or ["Slack was not told"])
    plan = Plan("feed")
    publish.tell(RESULT, plan)
    assert told == [(RESULT, plan.config.reports)] * tells
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "Slack was not told")
    ] * tells


def test_a_summary_alone(tmp_path, monkeypatch):
    """Is written, or it is said why not, also where it is our own fault."""
    assert write_summary(RESULT, tmp_path) == ""
    assert [file.name for file in tmp_path.iterdir()] == [SUMMARY]
    (tmp_path / "file").touch()
    assert write_summary(RESULT, tmp_path / "file").startswith(f"{tmp_path / 'file' / SUMMARY} was not written: ")
    monkeypatch.setattr(report_dir, "render", lambda how: lambda result: 1 / 0)
    assert write_summary(RESULT, tmp_path) == (
        f"{tmp_path / SUMMARY} was not written: ZeroDivisionError: division by zero"
    )


UNREADABLE = [
    pytest.param(lambda place: None, "there is no such report directory", id="no directory"),
    pytest.param(lambda place: place.mkdir(), "it cannot be read: No such file or directory", id="no summary"),
    pytest.param(
        lambda place: (place.mkdir(), (place / SUMMARY).mkdir()), "it cannot be read: Is a directory", id="no file"
    ),
    pytest.param(
        lambda place: (place.mkdir(), (place / SUMMARY).write_bytes(b"\xff")), "it is not UTF-8 text", id="no text"
    ),
    pytest.param(lambda place: (place.mkdir(), huge(place / SUMMARY)), "it is larger than 64 MiB", id="too large"),
]


def huge(file):
    """Make a file that is a byte too large, and takes no room."""
    with file.open("wb") as stream:
        stream.truncate((64 << 20) + 1)


@pytest.mark.parametrize("make, why", UNREADABLE)
def test_what_cannot_be_read_back(tmp_path, make, why):
    """Is said by its name."""
    place = tmp_path / "run"
    make(place)
    with pytest.raises(UnreadableRunError, match=why):
        read_report_dir(place)

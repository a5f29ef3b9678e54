"""``locust-ext export``: which runs it takes, what it says of the others, where it writes, and what it ends with."""

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from locust_ext.cli import main
from locust_ext.commands import gathering, history
from locust_ext.gates.verdict import Verdict
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.running import RUNNING
from tests.unit.exports.recorded import BARE, measured, put, read_as_otava, small

INCONCLUSIVE = Verdict("inconclusive", 111, "the load generator could not keep up")
FAILED = Verdict("failed", 99, "1 of 1 threshold failed")
FORMATS = ("bencher", "github-benchmark", "otava")


def export(*words):
    """Run the command in this process."""
    return CliRunner().invoke(main, ["export", *map(str, words)])


def names_in(directory):
    """Return what stands in a directory, hidden files too."""
    return sorted(file.name for file in directory.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_is_printed(tmp_path, name):
    """On standard output, and nothing else is said; with -o it stands in a file, whole, and parents are made."""
    place, file = put(small(), tmp_path / "reports"), tmp_path / "new" / "out"
    printed = export(name, place)
    assert (printed.exit_code, printed.stderr) == (0, "")
    written = export(name, place / "summary.json", "-o", file)
    assert (written.exit_code, written.stderr) == (0, "")
    assert file.read_text("utf-8") == printed.stdout
    assert ("tests:" in written.stdout) is (name == "otava")
    assert names_in(file.parent) == ["out"]


def change(place: Path, **fields):
    """Change fields of a summary."""
    file = place / "summary.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **fields}), "utf-8")


LEAST = {
    "schema": 1,
    "name": "feed",
    "verdict": "passed",
    "exit_code": 0,
    "reason": "",
    "started_at": "2026-11-24T10:00:00+00:00",
    "duration_s": 60.0,
    "workers": 2,
    "complete": True,
}
"""What the first release wrote at the least."""

UNREADABLE = [
    ("no such directory", lambda place: None, "there is no such report directory"),
    ("a directory of nothing", lambda place: place.mkdir(), "there is no summary.json in it"),
    ("a file", lambda place: place.write_text("x", "utf-8"), "it is not a directory"),
    ("torn", lambda place: (put(small(), place) / "summary.json").write_text("{", "utf-8"), "it was cut off"),
    ("no log", lambda place: (put(small(), place) / "run.hlog").unlink(), "run.hlog: it cannot be read"),
    ("of a release to come", lambda place: change(put(small(), place), schema=2), "its schema is 2"),
    ("without a time", lambda place: change(put(small(), place), started_at="soon"), "its start is not a time: 'soon'"),
    ("under way", lambda place: change(put(small(), place), verdict=RUNNING), "there is no verdict"),
    ("without requests", lambda place: put(BARE, place), "it has no figures"),
    ("a handful of requests", lambda place: put(measured({}), place), "it has no figures"),
    (
        "an older release's",
        lambda place: (put(BARE, place) / "summary.json").write_text(json.dumps(LEAST), "utf-8"),
        "it has no figures",
    ),
]


@pytest.mark.parametrize("make, why", [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
def test_what_cannot_be_exported(tmp_path, make, why):
    """Is said, and the others are exported; alone it is refused with 104, and no file is left."""
    make(tmp_path / "bad")
    good, file = put(small(), tmp_path / "good"), tmp_path / "out.json"
    together = export("bencher", tmp_path / "bad", good)
    assert together.exit_code == 0
    assert together.stderr.startswith("left out: ")
    assert why in together.stderr
    alone = export("bencher", tmp_path / "bad", "-o", file)
    assert (alone.exit_code, alone.stdout) == (104, "")
    assert "there is no run to export" in alone.stderr
    assert not file.exists()


UNPROVEN = [
    ("inconclusive", {"verdict": INCONCLUSIVE}, "it is inconclusive (exit code 111): the load generator could not"),
    (
        "aborted",
        {"verdict": Verdict("aborted", 108, "the kill switch")},
        "it is aborted (exit code 108): the kill switch",
    ),
    ("an error", {"verdict": Verdict("error", 107, "user code")}, "it is error (exit code 107): user code"),
    ("cut short", {"complete": False}, "it is passed (exit code 0): 3 thresholds passed"),
]


@pytest.mark.parametrize("changes, why", [row[1:] for row in UNPROVEN], ids=[row[0] for row in UNPROVEN])
def test_what_proves_nothing(tmp_path, changes, why):
    """Is left out, with 111 where there is nothing else; --all takes it, and marks it."""
    place = put(replace(small(), **changes), tmp_path / "r")
    done = export("github-benchmark", place)
    assert (done.exit_code, done.stdout) == (111, "")
    assert f"{why}" in done.stderr
    assert "; --all takes it" in done.stderr
    everything = export("github-benchmark", place, "--all")
    assert everything.exit_code == 0
    assert why in everything.stderr
    assert all(why in entry["extra"] for entry in json.loads(everything.stdout))
    table = export("otava", place, "--all").stdout
    assert why in table


def test_a_run_that_failed_is_a_measurement(tmp_path):
    """It is what a history is for."""
    done = export("otava", put(replace(small(), verdict=FAILED), tmp_path / "r"))
    assert (done.exit_code, done.stderr) == (0, "")
    assert ",failed," in done.stdout


def test_what_a_reader_must_know_is_said(tmp_path):
    """Statistics that were reset, requests that never came back."""
    opened = OpenRequests.of([OpenRow("/feed", "GET", 7, 31_000.0)])
    done = export("bencher", put(replace(small(), reset_at=12.0, open_requests=opened), tmp_path / "r"))
    assert f"note: {tmp_path / 'r'}: its statistics were reset: its figures are those since 12s" in done.stderr
    assert "7 requests never came back" in done.stderr


def test_a_history(tmp_path):
    """Runs in order of their start, whatever they are called; those of the same second by their ids."""
    began = {"started_at": "2026-11-24T10:03:00+00:00"}
    for name, run in (
        ("a", small(5)),
        ("b", replace(small(9), **began)),
        ("c", replace(small(4), **began)),
        ("d", replace(small(1), started_at="2026-11-24T12:01:00+02:00")),
    ):
        put(run, tmp_path / "history" / name)
    (tmp_path / "history" / "index.html").write_text("x", "utf-8")
    put(small(30), tmp_path / "history" / ".being-written")
    (tmp_path / "history" / "confirm").mkdir()
    done = export("otava", tmp_path / "history", "-o", tmp_path / "h.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    times, metrics, attributes = read_as_otava(done.stdout, (tmp_path / "h.csv").read_text("utf-8"))
    assert [int(one, 16) for one in attributes["run"]] == [1, 4, 9, 5]
    assert times == sorted(times)
    assert len(metrics["GET /feed.p99-ms"]) == 4


def test_a_run_that_is_named_twice(tmp_path):
    """Is there once: as itself, by a link, as a copy."""
    place = put(small(), tmp_path / "r")
    (tmp_path / "link").symlink_to(place)
    copy = put(small(), tmp_path / "copy")
    done = export("otava", place, place, tmp_path / "link", place / "summary.json", copy)
    assert done.exit_code == 0
    assert done.stderr.count(f"it is the run in {place}") == 4
    assert len(done.stdout.splitlines()) == 2


def test_runs_without_an_id_are_told_apart_by_their_place(tmp_path):
    """An older release wrote none."""
    places = [put(replace(small(n), id=""), tmp_path / str(n)) for n in range(2)]
    done = export("bencher", *places, places[0], "--dir", tmp_path / "out")
    assert "it is the run in" in done.stderr
    assert names_in(tmp_path / "out") == ["1795514400-run.json", "1795514460-run.json"]


def test_several_runs_need_a_file_each(tmp_path):
    """Bencher and the action read one run a file: without a place for all of them nothing is written."""
    places = [put(small(number), tmp_path / str(number)) for number in range(3)]
    for name in ("bencher", "github-benchmark"):
        refused = export(name, *places, "-o", tmp_path / "one.json")
        assert (refused.exit_code, refused.stdout) == (104, "")
        assert "these are 3 runs, and a file is of one: name one, or --dir DIR for all" in refused.stderr
        done = export(name, *places, "--dir", tmp_path / name)
        assert done.exit_code == 0
        files = sorted((tmp_path / name).iterdir())
        assert [file.name for file in files] == [f"{1795514400 + 60 * n}-000000000000.json" for n in range(3)]
        assert files[1].read_text("utf-8") == export(name, places[1]).stdout
        assert done.stderr.splitlines()[0] == f"{files[0]}: feed, 2026-11-24 10:00:00 UTC, passed"
    assert not (tmp_path / "one.json").exists()


def test_runs_of_one_second_have_files_of_their_own(tmp_path):
    """Also where their ids begin alike."""
    began = {"started_at": "2026-11-24T10:00:00+00:00"}
    places = [put(replace(small(n), **began), tmp_path / str(n)) for n in range(2)]
    assert export("bencher", *places, "--dir", tmp_path / "out").exit_code == 0
    assert names_in(tmp_path / "out") == ["1795514400-000000000000-2.json", "1795514400-000000000000.json"]


def test_runs_of_several_tests(tmp_path):
    """Are not one history: --test chooses."""
    for number, name in enumerate(["feed", "shop", "shop"]):
        put(replace(small(number), name=name), tmp_path / "h" / str(number))
    refused = export("otava", tmp_path / "h", "-o", tmp_path / "h.csv")
    assert refused.exit_code == 104
    assert "the runs are of 2 tests, and a history is of one: name it ('feed', 'shop')" in refused.stderr
    assert not (tmp_path / "h.csv").exists()
    done = export("otava", tmp_path / "h", "--test", "shop")
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == "left out: 1 run of other tests: 'feed'\n"
    assert export("otava", tmp_path / "h", "--test", "shpo").exit_code == 104


def test_runs_that_were_made_in_several_ways(tmp_path):
    """Are told apart by a column, and said: a change may be that."""
    for number, users in enumerate([10, 10, 20]):
        put(replace(small(number), fingerprint={"load": f"{users} users"}), tmp_path / "h" / str(number))
    done = export("otava", tmp_path / "h", "-o", tmp_path / "h.csv")
    assert "made in 2 ways" in done.stderr
    made = read_as_otava(done.stdout, (tmp_path / "h.csv").read_text("utf-8"))[2]["made"]
    assert made[0] == made[1] != made[2]


def test_figures_that_not_every_run_has(tmp_path):
    """Are said to be missing in the section."""
    put(small(1), tmp_path / "h" / "1")
    put(small(2, names=("/feed", "/new")), tmp_path / "h" / "2")
    put(replace(small(3), tags={"branch": "main"}), tmp_path / "h" / "3")
    done = export("otava", tmp_path / "h")
    assert "note: 5 columns that not every run fills: not in the section" in done.stderr
    assert "note: the runs are of several branches: Otava asks for --branch" in done.stderr


def test_the_endpoints_with_the_most_requests(tmp_path):
    """In all runs together: each run tells the same ones."""
    busy, calm = [1.0] * 400, [1.0] * 200
    endpoints = [{"/a": calm, "/b": busy, "/c": calm}, {"/a": calm, "/b": calm, "/c": busy}]
    for number, found in enumerate(endpoints):
        run = measured({("GET", name): took for name, took in found.items()}, id=str(number))
        put(run, tmp_path / "h" / str(number))
    done = export("otava", tmp_path / "h", "--endpoints", 2, "-o", tmp_path / "h.csv")
    metrics = read_as_otava(done.stdout, (tmp_path / "h.csv").read_text("utf-8"))[1]
    assert {name.rpartition(".")[0] for name in metrics} == {"all requests", "GET /b", "GET /c"}
    assert "left out: all but the 2 of 3 endpoints with the most requests" in done.stderr


def test_the_newest_runs_of_very_many(tmp_path, monkeypatch):
    """A history is bounded."""
    monkeypatch.setattr(gathering, "MOST_RUNS", 2)
    for number in range(3):
        put(small(number), tmp_path / "h" / str(number))
    done = export("otava", tmp_path / "h")
    assert [line.split(",")[1][-1] for line in done.stdout.splitlines()[1:]] == ["1", "2"]
    assert "left out: 1 older runs" not in done.stderr
    assert "left out: 1 older run:" in done.stderr


def test_what_cannot_be_looked_at(tmp_path, monkeypatch):
    """Is said, and no traceback: a directory that somebody else has closed."""
    put(small(), tmp_path / "closed")
    good = put(small(1), tmp_path / "good")
    was = Path.is_dir

    def is_dir(path):
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return was(path)

    monkeypatch.setattr(Path, "is_dir", is_dir)
    done = export("bencher", tmp_path / "closed", good)
    assert done.exit_code == 0
    assert done.stderr == f"left out: {tmp_path / 'closed'}: it cannot be read: Permission denied\n"


def closed(monkeypatch, name):
    """Have a directory be there that nobody can look into."""
    was = Path.stat

    def stat(path, **how):
        if path.parent.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return was(path, **how)

    monkeypatch.setattr(Path, "stat", stat)


def test_one_that_is_closed_keeps_no_other_out(tmp_path, monkeypatch):
    """It is said of that one alone."""
    put(small(), tmp_path / "h" / "closed")
    put(small(1), tmp_path / "h" / "good")
    closed(monkeypatch, "closed")
    done = export("bencher", tmp_path / "h")
    assert done.exit_code == 0
    where = tmp_path / "h" / "closed" / "summary.json"
    assert done.stderr == f"left out: {where}: it cannot be read: Permission denied\n"


UNWRITABLE = [
    ("a directory as a file", ("bencher", "-o", "."), "cannot be written"),
    ("a file as a directory", ("bencher", "--dir", "file"), "cannot be written"),
    ("a file below a file", ("otava", "-o", "file/h.csv"), "cannot be written"),
    ("a full disc", ("bencher", "-o", "/dev/full"), "cannot be written: No space left"),
    ("a run's own file", ("bencher", "-o", "r/summary.json"), "would be taken for a part of a report"),
    ("two places", ("bencher", "--dir", "d", "-o", "f"), "it is for several runs, and -o for one"),
    ("a name that is too long", ("otava", "--test", "x" * 201), "a name may have 200 characters"),
    ("somebody's configuration", ("otava", "--config", "file"), "file is not ours to replace"),
    ("one file for both", ("otava", "-o", "h.csv", "--config", "h.csv"), "the CSV and its section are two files"),
    ("a configuration that is no file", ("otava", "-o", "h.csv", "--config", "file/x"), "cannot be written"),
]


@pytest.mark.parametrize("words, why", [row[1:] for row in UNWRITABLE], ids=[row[0] for row in UNWRITABLE])
def test_what_cannot_be_written(tmp_path, monkeypatch, words, why):
    """Is refused with 104 and a sentence, and what was there stays."""
    monkeypatch.chdir(tmp_path)
    put(small(), tmp_path / "r")
    Path("file").write_text("slack: {token: x}\n", "utf-8")
    done = export(words[0], "r", *words[1:])
    assert done.exit_code == 104
    assert why in done.stderr
    assert Path("file").read_text("utf-8") == "slack: {token: x}\n"
    assert export("bencher", "r").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [("bencher", "--dir", "d"), ("otava", "-o", "d/h.csv", "--config", "d/otava.yaml")],
    ids=["the second of two", "the section of a table"],
)
def test_what_has_been_written_is_not_denied(tmp_path, monkeypatch, words):
    """Where the first file could be written and the next could not, nobody is told that there is none."""
    monkeypatch.chdir(tmp_path)
    for number in range(2):
        put(small(number), tmp_path / "r" / str(number))
    write = history.write_atomically

    def once(target, content):
        if Path("d").exists():
            raise OSError(28, "No space left on device")
        write(target, content)

    monkeypatch.setattr(history, "write_atomically", once)
    done = export(words[0], "r", *words[1:])
    assert done.exit_code == 104
    assert len(names_in(Path("d"))) == 1
    assert "cannot be written: No space left on device" in done.stderr
    assert "nothing was exported" not in done.stderr


def test_standard_output_that_is_full(tmp_path, monkeypatch):
    """Is a sentence, and no traceback."""
    place, echo = put(small(), tmp_path / "r"), click.echo

    def full(text, *, err=False, nl=True):
        if not err:
            raise OSError(28, "No space left on device")
        echo(text, err=err, nl=nl)

    monkeypatch.setattr(click, "echo", full)
    done = export("bencher", place)
    assert done.exit_code == 104
    assert done.stderr.endswith("standard output cannot be written: No space left on device\n")


def test_the_section_of_otava(tmp_path, monkeypatch):
    """Stands in a file of its own, which the next one replaces; without -o it is that of history.csv."""
    monkeypatch.chdir(tmp_path)
    put(small(), tmp_path / "r")
    done = export("otava", "r", "--config", "otava.yaml")
    assert done.stdout.startswith("time,run,commit,verdict,made,notes,all requests.p50-ms,")
    assert yaml.safe_load(Path("otava.yaml").read_text("utf-8"))["tests"]["feed"]["file"] == "history.csv"
    again = export("otava", "r", "-o", "h.csv", "--config", "otava.yaml")
    assert (again.exit_code, again.output) == (0, "")
    assert yaml.safe_load(Path("otava.yaml").read_text("utf-8"))["tests"]["feed"]["file"] == "h.csv"


@pytest.mark.parametrize("name", FORMATS)
def test_secrets_and_control_characters(tmp_path, monkeypatch, name):
    """Neither is written or said: what the environment holds now is hidden in a run that did not know of it."""
    monkeypatch.setenv("LOAD_TEST_TOKEN", "tok-5eaf00d5eaf00d")
    run = measured({("GET", "/tok-5eaf00d5eaf00d"): [1.0] * 30}, name="f\x1b[31m", id="x")
    bad = replace(run, id="y", verdict=Verdict("aborted", 108, "for tok-5eaf00d5eaf00d \x1b[31m"))
    put(bad, tmp_path / "bad")
    done = export(name, put(run, tmp_path / "r"), tmp_path / "bad")
    assert done.exit_code == 0
    assert "5eaf00d" not in done.output
    assert "\x1b" not in done.output


WRONG = [
    ("no run", ("bencher",)),
    ("no such option", ("bencher", "r", "--bigger")),
    ("endpoints that are none", ("otava", "r", "--endpoints", "-1")),
    ("no such tool", ("k6", "r")),
]


@pytest.mark.parametrize("words", [row[1] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_command_line(words):
    """Ends with 2, as everywhere in click."""
    assert export(*words).exit_code == 2


def test_limits_without_a_better_side(tmp_path):
    """Are in neither of the action's two files, and that is said."""
    from tests.unit.reports.examples import outcome

    run = replace(small(), outcomes=(outcome("http_req_duration", "min==10", "passed", 10.0),))
    done = export("github-benchmark", put(run, tmp_path / "r"))
    assert "left out: 1 threshold with == or !=" in done.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_help_has_an_example(name):
    """That can be pasted: on one line."""
    shown = export(name, "--help").stdout
    assert any(line.strip().startswith(f"locust-ext export {name} ") and " -o " in line for line in shown.splitlines())

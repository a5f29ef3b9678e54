"""The words of ``locust-ext`` in this process: what each command hands on, and what it ends with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from locust_ext import cli
from locust_ext.cli import main
from locust_ext.commands import runs
from locust_ext.text.problems import ConfigurationError, Problem


def run(*words):
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


def test_where_the_file_is_to_load_beside_any_other():
    """It is there, and is a locustfile."""
    done = run("path")
    assert done.exit_code == 0
    assert done.output == f"{cli.AUTOLOAD}\n"
    assert cli.AUTOLOAD.is_file()


KILLS = [
    pytest.param([], ((), ""), {"everything": False}, "here", id="the run of this directory"),
    pytest.param(["feed", "7"], (("feed", "7"), ""), {"everything": False}, "here", id="by name and number"),
    pytest.param(["--all"], ((), ""), {"everything": True}, "here", id="all of them"),
    pytest.param(["--master", "vm:1"], ((), "vm:1"), {"everything": False}, "master", id="a master"),
]


@pytest.mark.parametrize("words, choice, named, where", KILLS)
def test_whom_kill_stops(monkeypatch, words, choice, named, where):
    """What was said is looked at before anything is stopped; its code is the command's, and what it says is printed."""
    calls = []
    monkeypatch.setattr(cli.killing, "check_choice", lambda *given, **rest: calls.append(("check", given, rest)))

    def kill_here(names, say, **rest):
        calls.append(("here", names, rest))
        say("stopped \x1b[31m")
        return 3

    def kill_master(address, say):
        calls.append(("master", address))
        say("stopped \x1b[31m")
        return 3

    monkeypatch.setattr(cli.killing, "kill_here", kill_here)
    monkeypatch.setattr(cli.killing, "kill_master", kill_master)
    done = run("kill", *words)
    assert done.exit_code == 3
    assert done.output.startswith("stopped ")
    assert "\x1b" not in done.output
    assert calls[0] == ("check", choice, named)
    assert calls[1:] == [("here", choice[0], named) if where == "here" else ("master", choice[1])]


def test_a_kill_that_is_not_clear():
    """Is a sentence, and 104; nothing is stopped."""
    done = run("kill", "feed", "--all")
    assert done.exit_code == 104
    assert "say one thing: names, or --all, or --master" in done.output
    assert "nothing was stopped" in done.output


@pytest.mark.parametrize(
    "words, given",
    [
        pytest.param([], (".", "feed", "", "both", False, None, ()), id="as it is"),
        pytest.param(
            ["there", "--name", "shop", "--host", "http://x", "--ci", "none", "--force"],
            ("there", "shop", "http://x", "none", True, None, ()),
            id="in other words",
        ),
        pytest.param(
            ["--from", "a.har", "--host", "http://x", "--host", "http://y", "--host", "http://z"],
            (".", "recorded", "http://x", "both", False, Path("a.har"), ("http://y", "http://z")),
            id="of a recording",
        ),
    ],
)
def test_what_init_writes(monkeypatch, words, given):
    """All words are handed on, and what was written is printed."""
    calls = []

    def init(directory, name, host, ci, *, force, recording, more):
        calls.append((str(directory), name, host, ci, force, recording, more))
        return "written"

    monkeypatch.setattr(cli.scaffold_command, "init", init)
    done = run("init", *words)
    assert (done.exit_code, done.output, calls) == (0, "written\n", [given])


def test_an_init_that_is_refused(monkeypatch):
    """Is a sentence with 104."""

    def init(*_, **__):
        raise ConfigurationError([Problem("--name", "not that one")])

    monkeypatch.setattr(cli.scaffold_command, "init", init)
    done = run("init")
    assert done.exit_code == 104
    assert "--name: not that one" in done.output


@pytest.mark.parametrize("is_terminal, width", [(True, 77), (False, 160)])
def test_how_wide_a_table_is(monkeypatch, is_terminal, width):
    """As the terminal, and where there is none wide enough for all."""
    monkeypatch.setattr(runs.sys.stdout, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setenv("COLUMNS", "77")
    assert runs._width() == width


HELP = [
    ("compare", ["Runs needed to compare; default: 3.", "Percentiles to compare; default: 95,99.", "Say it in JSON."]),
    ("compare", ["Differences below it do not matter; default: 5ms.", "How much worse a figure may be; default: 30%."]),
    (
        "calibrate",
        ["How often to run it.", "Take the runs in DIR instead of new ones.", "Keep the reports of the runs"],
    ),
    ("report", ["Show a run, or render its reports again", "Where the reports go; default: print the verdict."]),
    ("baseline", ["Keep the runs that others are compared with."]),
    ("check", ["All times of the shape times X.", "Parameters above the configured ones.", "Another shape than the"]),
    ("check", ["What a run would be told to test.", "For how long a run would be told to last."]),
    (
        "backoff",
        ["Of the client; default: the newest one that is known.", "Its own configuration.", "Draw it, as a page."],
    ),
    ("runbook", ["Refuse as long as something is open.", "Default: print it."]),
    ("kill", ["Stop all runs of this user on this machine.", "Stop the run of this master, on any machine."]),
    (
        "init",
        [
            "Of the scenario and its files; default: feed, or recorded with --from.",
            "What to test; default: the embedded demo target, or the host of --from. That takes several.",
            "A HAR file that a browser or a proxy has recorded",
            "Replace files that",
        ],
    ),
]


@pytest.mark.parametrize("command, sentences", HELP, ids=[f"{row[0]} {number}" for number, row in enumerate(HELP)])
def test_what_the_help_says(command, sentences):
    """Each option with what it is for."""
    said = " ".join(run(command, "--help").output.split())
    assert [sentence for sentence in sentences if sentence not in said] == []
    assert run(command, "-h").output == run(command, "--help").output


@pytest.mark.parametrize("word, fits", [("1", False), ("2", True), ("100", True), ("101", False)])
def test_how_often_a_run_is_repeated(tmp_path, word, fits):
    """From two times to a hundred."""
    (tmp_path / "none").mkdir()
    done = run("calibrate", "--from", tmp_path / "none", "--runs", word)
    assert ("is not in the range" in done.output) is not fits


@pytest.mark.parametrize("word, fits", [("0", False), ("1", True), ("100", True), ("101", False)])
@pytest.mark.parametrize("command", ["compare", "baseline"])
def test_how_many_runs_are_kept_and_needed(tmp_path, command, word, fits):
    """From one to a hundred."""
    words = (
        ["compare", tmp_path, tmp_path, "--min-runs"]
        if command == "compare"
        else ["baseline", "add", tmp_path, "--keep"]
    )
    assert ("is not in the range" in run(*words, word).output) is not fits


def test_the_schema_of_a_summary():
    """Is JSON and nothing else."""
    assert json.loads(run("schema").output)["type"] == "object"


def test_check_shows_no_secret(tmp_path, monkeypatch):
    """Neither what a variable holds that the configuration names, nor a password of a host, wherever it stands."""
    monkeypatch.delenv("BASE_URL", raising=False)
    monkeypatch.setenv("OF_MINE", "canary-88cc99dd")
    config = tmp_path / "feed.yml"
    config.write_text(
        "host: http://bob:hunter2277@127.0.0.1:1\n"
        "tenant: {token_env: OF_MINE, value: canary-88cc99dd, header: X-hunter2277}\n",
        "utf-8",
    )
    done = run("check", config)
    assert done.exit_code == 0, done.output
    assert "X-***: ***, token by OF_MINE" in done.output
    assert "canary-88cc99dd" not in done.output
    assert "hunter2277" not in done.output


SCRIPT = "export const options = { vus: 5, duration: '30s', thresholds: { http_req_duration: ['p(95)<400'] } };\n"


def test_what_import_k6_prints(tmp_path):
    """The configuration and nothing else; what one must know of it stands beside that."""
    script, output = tmp_path / "script.js", tmp_path / "feed.yml"
    script.write_text(SCRIPT, "utf-8")
    printed = run("import-k6", script)
    assert printed.exit_code == 0
    assert printed.stdout.endswith("\n")
    assert not printed.stdout.endswith("\n\n")
    assert all(line.startswith("note: ") for line in printed.stderr.splitlines())
    written = run("import-k6", script, "-o", output)
    assert written.exit_code == 0
    assert written.stdout == f"{output}: written; locust-ext check {output} says what it will do\n"
    assert output.read_text("utf-8") == printed.stdout
    refused = run("import-k6", script, "-o", output)
    assert refused.exit_code == 104
    assert "already there" in refused.output
    assert run("import-k6", script, "-o", output, "--force").exit_code == 0


USERS = [
    pytest.param("Reader, Writer", 0, id="two of them"),
    pytest.param(" , Reader", 0, id="one, and nothing"),
    pytest.param("not a class", 104, id="what is none"),
]


@pytest.mark.parametrize("users, code", USERS)
def test_whose_scenarios_they_are(tmp_path, users, code):
    """The user classes of all scenarios, by their names."""
    script = tmp_path / "script.js"
    script.write_text(
        "export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 5, timeUnit: '1s',"
        " duration: '30s', preAllocatedVUs: 5 } } };\n",
        "utf-8",
    )
    done = run("import-k6", script, "--users", users)
    assert done.exit_code == code, done.output
    if code:
        assert "'not a class' is not the name of a user class; write it as FeedUser" in done.output
    else:
        assert "Reader" in done.stdout


UNREAD = [
    pytest.param(None, "there is no such file", id="none"),
    pytest.param(b"\xff", "the file cannot be read: it is not UTF-8 text", id="no text"),
    pytest.param(b"//" + b"x" * 2**20, "the file is larger than 1 MiB", id="too large"),
]


@pytest.mark.parametrize("content, why", UNREAD)
def test_a_script_that_cannot_be_read(tmp_path, content, why):
    """Is said with 104, and nothing is imported."""
    script = tmp_path / "script.js"
    if content is not None:
        script.write_bytes(content)
    done = run("import-k6", script)
    assert (done.exit_code, done.stdout) == (104, "")
    assert why in done.output


def test_a_script_that_is_a_directory(tmp_path):
    """Is none, and that is said as of any other file."""
    done = run("import-k6", tmp_path)
    assert (done.exit_code, done.stdout) == (104, "")
    assert "the file cannot be read: Is a directory" in done.output


def test_what_runbook_prints(tmp_path):
    """The book and nothing else; what is still open stands beside it."""
    config, output = tmp_path / "feed.yml", tmp_path / "RUNBOOK.md"
    config.write_text("name: feed\n", "utf-8")
    printed = run("runbook", config)
    assert printed.exit_code == 0
    assert printed.stdout.startswith("#")
    assert not printed.stdout.endswith("\n\n")
    assert printed.stderr
    assert all(line.startswith("open: ") for line in printed.stderr.splitlines())
    written = run("runbook", config, "-o", output)
    assert written.stdout == f"{output}: the runbook\n"
    assert output.read_text("utf-8").rstrip("\n") == printed.stdout.rstrip("\n")
    strict = run("runbook", config, "--strict")
    assert (strict.exit_code, strict.stdout) == (104, "")

"""The runbook of a test: filled from its configuration, which is not trusted."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from locust_ext.cli import main
from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.runbook.command import render, runbook
from locust_ext.runbook.points import POINTS
from locust_ext.runbook.saying import link, shown
from locust_ext.safety.logbook import RUN_LOG
from locust_ext.text.problems import ConfigurationError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "how-to" / "production.yml"


@pytest.fixture(autouse=True)
def _no_host(monkeypatch):
    monkeypatch.delenv("BASE_URL", raising=False)


@pytest.fixture
def made(tmp_path):
    """Return the runbook for a configuration, given as its values."""

    def make(**values):
        file = tmp_path / "shop.yml"
        file.write_text(yaml.safe_dump({"version": 1, **values}), "utf-8")
        return render(
            make_plan(CommandLine(file=str(file), locustfiles=(str(file.with_suffix(".py")),))), Path(file.name)
        )

    return make


def run(*words):
    return CliRunner().invoke(main, ["runbook", *map(str, words)])


def test_documents_show_what_is_printed():
    """docs/runbook.md is an introduction, and the runbook of docs/how-to/production.yml to the letter."""
    printed = run(EXAMPLE)
    introduction, heading, rest = (ROOT / "docs" / "runbook.md").read_text("utf-8").partition("# Runbook: load test")
    assert (printed.exit_code, printed.stderr) == (0, "")
    assert heading + rest == printed.stdout, "copy what the command prints for docs/how-to/production.yml"
    assert len(re.findall(r"[.:](?=\s)", introduction)) == 3


def test_nothing_is_open_in_the_example():
    """The example says everything that a runbook asks for."""
    assert run(EXAMPLE, "--strict").exit_code == 0


SAID = [
    ("the name", {"name": "shop"}, "# Runbook: load test `shop`"),
    ("the name of the file", {}, "# Runbook: load test `shop`"),
    ("the host", {"host": "https://shop.example.com"}, "`https://shop.example.com`, which counts as production"),
    ("a staging host", {"host": "https://staging.example.com"}, "which counts as staging"),
    ("the demo target", {"host": "demo"}, "`demo`, which counts as private"),
    (
        "another origin that is production",
        {"host": "demo", "safety": {"origins": "https://login.example.com"}},
        "`demo`, which counts as production",
    ),
    ("the shape", {"shape": "smoke"}, "| 10 users, in the shape `smoke` |"),
    ("its length", {"shape": "smoke"}, "| how long | 1m |"),
    ("the cap", {"safety": {"rate_cap": "300/m"}}, "| cap | 5/s, over all workers |"),
    ("the mark", {"tenant": {"header": "x-load", "value": "yes"}}, "marked by | `x-load: yes` |"),
    ("who is on call", {"safety": {"production": {"on_call": "Ada, 555"}}}, "informed: `Ada, 555`"),
    (
        "the window",
        {"safety": {"production": {"window": "daily 02:00/03:00 UTC"}}},
        "| when | `daily 02:00/03:00 UTC` |",
    ),
    (
        "the dashboard",
        {"safety": {"production": {"dashboard": "https://d.example.com/a?b=1"}}},
        "[`https://d.example.com/a?b=1`](<https://d.example.com/a?b=1>)",
    ),
    (
        "the announcement",
        {"safety": {"production": {"announcement": "https://chat.example.com/p1"}}},
        "how it went: [`https://chat.example.com/p1`](<https://chat.example.com/p1>)",
    ),
    ("a file as the flag", {"safety": {"kill_switch": {"file": "run/allowed"}}}, "- Remove the file `run/allowed`,"),
    (
        "a URL as the flag",
        {"safety": {"kill_switch": {"url": "https://f.example.com", "pointer": "/a"}}},
        "- Let `https://f.example.com`, at `/a`, say anything but yes.",
    ),
    ("a variable as the flag", {"safety": {"kill_switch": {"env": "ALLOWED"}}}, "- Without the variable `ALLOWED`"),
    (
        "a flag of OpenFeature",
        {"safety": {"kill_switch": {"openfeature": "load-test", "provider": "flags:make"}}},
        "- Turn off the flag `load-test` of OpenFeature from `flags:make`.",
    ),
    ("the run log", {"safety": {"run_log": "run/log.jsonl"}}, "one for the end: `run/log.jsonl`"),
    (
        "what the go-ahead is for",
        {"safety": {"production": {"go_ahead_for": ["shop.example.com", "eu.*"]}}},
        "| the go-ahead is for | `shop.example.com`, `eu.*`, and for no other host |",
    ),
    ("the usual run log of production", {"host": "https://shop.example.com"}, f"one for the end: `{RUN_LOG}`"),
    ("the run log of others", {"host": "demo"}, "one for the end: RUN LOG"),
    ("what is run", {}, "\nlocust -f shop.py --headless"),
    ("what is checked", {}, "`locust-ext check shop.yml` says"),
]


@pytest.mark.parametrize("values, text", [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_said(made, values, text):
    """What the configuration says stands in the runbook."""
    assert text in made(**values).text


PRODUCTION = {"host": "https://shop.example.com"}
RULES = [
    # values, what stands there, what does not
    ("production has the defaults", PRODUCTION, "more than 5 % of at least 50 requests fail within 10s", "No rule"),
    ("which are called so", PRODUCTION, "These are the defaults", "No rule"),
    ("others have none", {"host": "demo"}, "No rule does", "| errors |"),
    ("nobody knows the host", {}, "These are the defaults", "No rule"),
    (
        "figures of one's own",
        {"safety": {"abort": {"error_rate": "0.5%", "min_requests": 1000, "error_window": "1m"}}},
        "more than 0.5 % of at least 1,000 requests fail within 1m",
        "These are the defaults",
    ),
    (
        "latency",
        {"safety": {"abort": {"p99_ratio": 3, "p99_for": "1m"}}},
        "above 3 times that of the baseline for 1m",
        "No rule",
    ),
    ("without a baseline", PRODUCTION, "without a `baseline` this rule is off", "No rule"),
    ("with one", {**PRODUCTION, "baseline": {"dir": "runs"}}, "p99 is above", "this rule is off"),
    ("the mark", {**PRODUCTION, "tenant": {"ack_header": "x-ack"}}, "answers lack `x-ack`", "No rule"),
    ("the mark outside of production", {"host": "demo", "tenant": {}, "safety": {"abort": {}}}, "| errors |", "lack"),
    (
        "the end of the window",
        {**PRODUCTION, "safety": {"production": {"window": "daily 02:00/03:00 UTC"}}},
        "| window | `daily 02:00/03:00 UTC` is over |",
        "No rule",
    ),
    (
        "a window is for production",
        {"host": "demo", "safety": {"production": {"window": "daily 02:00/03:00 UTC"}}},
        "No rule",
        "is over",
    ),
    ("no mark", PRODUCTION, "| errors |", "answers lack"),
    ("not asked for", {"tenant": {}, "safety": {"abort": {"ack": False}}}, "| errors |", "answers lack"),
    ("no alarm", PRODUCTION, "No alarm is asked", "| alarm |"),
    (
        "an alarm",
        {"safety": {"abort": {"alarm": {"url": "https://a.example.com/x", "every": "10s"}}}},
        "| alarm | `https://a.example.com/x`, does not say that the alarm is off; it is read every 10s |",
        "No alarm is asked",
    ),
]


@pytest.mark.parametrize("values, there, absent", [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_rules(made, values, there, absent):
    """The rules that end the run stand there with their figures."""
    text = made(**values).text.partition("## What ends the run by itself")[2].partition("## What the exit")[0]
    assert there in text
    assert absent not in text


def test_the_ways_to_stop_and_the_exit_codes(made):
    """All of them, whatever the configuration says."""
    text = made().text
    for way in ("Ctrl-C, once", "`locust-ext kill shop`", "kill -USR1", '"Stop now"', "Take away the FLAG"):
        assert way in text
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == ["0", "1", "99", "104", "105", "107", "108", "111"]


def test_what_is_not_said_stands_in_capitals(made):
    """Each point has its word, and an empty configuration leaves all of them open."""
    book = made()
    assert [point.name for point in book.open] == [point.name for point in POINTS if point.name != "run_log"]
    for point in book.open:
        assert re.search(rf"\b{point.word}\b", book.text), point
    assert not re.search(r"\{\{|\{%|None|\n\n\n", book.text)


def test_the_example_has_no_word_in_capitals():
    """Nothing is left to fill in."""
    text = EXAMPLE.parents[1].joinpath("runbook.md").read_text("utf-8")
    assert not any(re.search(rf"\b{point.word}\b", text) for point in POINTS)


HOSTILE = "a`b``|c](https://evil.example)<script>alert(1)</script>&amp;*_@someone #1\n# heading\x1b[31m\u202e"


def test_values_are_not_trusted(made):
    """Whatever stands in a text of the configuration is shown as it is, on its line."""
    tame = made(
        name="a",
        safety={
            "run_log": "b",
            "kill_switch": {"file": "c", "openfeature": "d"},
            "production": {"on_call": "e"},
        },
    )
    wild = made(
        name=HOSTILE,
        safety={
            "run_log": HOSTILE,
            "kill_switch": {"file": HOSTILE, "openfeature": HOSTILE},
            "production": {"on_call": HOSTILE},
        },
    )
    assert len(wild.text.splitlines()) == len(tame.text.splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", wild.text)
    outside = re.sub(r"`[^`\n]*`", "", wild.text)
    assert "evil" in wild.text
    for harm in ("evil", "<script", "@someone", "# heading", "&amp;"):
        assert harm not in outside


LINKS = [
    ("as it is", "https://a.example.com/b?c=1&d=2#e", "<https://a.example.com/b?c=1&d=2#e>"),
    ("an end in it", "https://a.example.com/>)](x", "<https://a.example.com/%3E)](x>"),
    ("a beginning in it", "https://a.example.com/<script>", "<https://a.example.com/%3Cscript%3E>"),
    ("a table", "https://a.example.com/a|b", "<https://a.example.com/a%7Cb>"),
    ("a backtick", "https://a.example.com/a`b", "<https://a.example.com/a%60b>"),
    ("a backslash", "https://a.example.com/a\\", "<https://a.example.com/a%5C>"),
    ("the name of a sign", "https://a.example.com/&gt;", "<https://a.example.com/&gt%3B>"),
    ("a quotation mark", 'https://a.example.com/"x', "<https://a.example.com/%22x>"),
    ("other letters", "https://bücher.example/ü", "<https://b%C3%BCcher.example/%C3%BC>"),
]


@pytest.mark.parametrize("url, target", [row[1:] for row in LINKS], ids=[row[0] for row in LINKS])
def test_links(url, target):
    """Nothing in a link ends it."""
    assert link(url) == f"[{shown(url)}]({target})"


@pytest.mark.parametrize(
    "url",
    ["https://me:secret@a.example.com/", "https://a.example.com/?token=abcdefghijkl", "https://a.example.com/ b\nc"],
)
def test_links_that_lead_nowhere(url):
    """What held a secret, or was not one line, is shown alone, and without it."""
    assert link(url) == shown(url)
    assert not re.search(r"secret|abcdefghijkl|\n|\]\(", link(url))


def test_secrets_are_named_and_not_shown(made, monkeypatch):
    """Names of variables, and URLs without users and values."""
    monkeypatch.setenv("LOAD_TEST_TOKEN", "tttttttttt")
    monkeypatch.setenv("FLAG_AUTHORIZATION", "ffffffffff")
    asked = {
        "url": "https://me:ppp@f.example.com/?key=kkkkkkkkkk",
        "headers_env": {"authorization": "FLAG_AUTHORIZATION"},
    }
    text = made(
        host="https://me:ppp@shop.example.com",
        tenant={},
        safety={
            "kill_switch": asked,
            "abort": {"alarm": asked},
            "production": {"on_call": "Ada ffffffffff"},
        },
    ).text
    assert "asked with `$FLAG_AUTHORIZATION`" in text
    for secret in ("ttttt", "fffff", "kkkkk", "ppp"):
        assert secret not in text


def test_strict_refuses_and_writes_nothing(tmp_path):
    """Everything that is open, with its key."""
    file, output = tmp_path / "shop.yml", tmp_path / "RUNBOOK.md"
    file.write_text("version: 1\nhost: demo\nshape: smoke\n", "utf-8")
    plan = make_plan(CommandLine(file=str(file)))
    with pytest.raises(ConfigurationError) as caught:
        runbook(plan, file, output, strict=True)
    found = {problem.path: problem.message for problem in caught.value.problems}
    assert found["safety.production.on_call"] == "it is missing: who is called when it goes wrong"
    assert not {"host", "shape"} & found.keys()
    assert not output.exists()

    run_strictly = run(file, "--strict")
    assert (run_strictly.exit_code, run_strictly.stdout) == (104, "")
    assert "shop.yml: safety.rate_cap: it is missing" in run_strictly.stderr


def test_open_points_are_told(tmp_path):
    """On the error stream; it is not a failure."""
    file = tmp_path / "shop.yml"
    file.write_text("version: 1\nhost: demo\nshape: smoke\n", "utf-8")
    told = run(file)
    assert told.exit_code == 0
    assert "open: CAP: how many requests a second there may be at most; safety.rate_cap says it\n" in told.stderr
    assert "open: HOST" not in told.stderr
    assert told.stdout.startswith("# Runbook")
    assert told.stdout.endswith("added.\n")


def test_writes_a_file(tmp_path):
    """The same text as is printed."""
    output = tmp_path / "pages" / "RUNBOOK.md"
    assert run(EXAMPLE, "-o", output).stdout == f"{output}: the runbook\n"
    assert output.read_text("utf-8") == run(EXAMPLE).stdout


def test_mistakes_are_sentences(tmp_path):
    """Those of the configuration, and a place that cannot be written to."""
    file = tmp_path / "shop.yml"
    file.write_text("version: 1\nshpe: smoke\nsafety: {production: {window: tonight}}\n", "utf-8")
    refused = run(file)
    assert refused.exit_code == 104
    assert "did you mean 'shape'?" in refused.stderr
    assert "'tonight' is not a window" in refused.stderr
    assert "cannot be written" in run(EXAMPLE, "-o", tmp_path).stderr
    assert "there is no such file" in run(tmp_path / "other.yml").stderr


BASELINES = [
    ("none", {}, [], ["## Baseline", "baseline add", "fill the baseline"]),
    (
        "kept by hand",
        {"baseline": {"dir": "runs of main", "keep": 7, "min_runs": 4}},
        ["The last 7 green runs", "Run 4 times", "locust-ext baseline add reports --dir 'runs of main' --keep 7"],
        ["optional: true", "cache's key"],
    ),
    (
        "not demanded yet",
        {"baseline": {"dir": "main", "optional": True}},
        ["remove `optional: true` from `shop.yml`"],
        [],
    ),
]


@pytest.mark.parametrize("values, there, absent", [row[1:] for row in BASELINES], ids=[row[0] for row in BASELINES])
def test_the_baseline_of_the_test(tmp_path, values, there, absent):
    """How it is made, with the configuration's own figures; nothing of it where there is none."""
    file = tmp_path / "shop.yml"
    file.write_text(yaml.safe_dump({"version": 1, "host": "demo", "shape": "smoke", **values}), "utf-8")
    printed = run(file).stdout
    assert all(sentence in printed for sentence in there)
    assert not any(sentence in printed for sentence in absent)
    assert "\n\n\n" not in printed

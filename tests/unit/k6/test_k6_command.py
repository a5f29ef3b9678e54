"""The command import-k6: what it prints, what it writes, and what it refuses."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts import ARTICLE, INSPECTED

from locust_ext.commands.import_k6 import command, import_k6
from locust_ext.config.schema import read_config
from locust_ext.text.document import parse
from locust_ext.text.problems import EXIT_CODE, ConfigurationError


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def script(tmp_path):
    """Return the file of the article's script."""
    file = tmp_path / "feed.js"
    file.write_text(ARTICLE)
    return file


def test_prints_the_configuration(script):
    """On the output the configuration alone, on the error stream each of its notes."""
    done = run(script, "--users", "FeedUser")
    assert done.exit_code == 0
    config, problems = read_config(parse(done.stdout, ""))
    assert problems == []
    assert config.scenarios["soak"].users == ("FeedUser",)
    assert done.stdout.startswith("# What feed.js says to k6, by locust-ext import-k6. Comments say what differs.\n")
    notes = done.stderr.splitlines()
    assert len(notes) == 8
    assert notes[-1] == "note: thresholds: 4 on, 3 of them moved, 0 off"
    assert (
        notes[0]
        == "note: host: k6 scripts name the host in their requests; here --host, BASE_URL or this does. demo is the demo target"
    )
    assert notes[1].startswith("note: scenarios: k6 drops an iteration when no user is free")


def test_writes_the_configuration(script, tmp_path):
    """Into a file, also in a new directory, and says how to check it."""
    target = tmp_path / "new" / "feed.yml"
    done = run(script, "-o", target, "--users", "A,B", "--users", "C")
    assert (done.exit_code, done.stdout) == (0, f"{target}: written; locust-ext check {target} says what it will do\n")
    assert yaml.safe_load(target.read_text())["scenarios"]["smoke"]["users"] == ["A", "B", "C"]


def test_never_replaces_without_force(script, tmp_path):
    """A file that is there stays, unless that was asked for."""
    target = tmp_path / "feed.yml"
    target.write_text("mine")
    done = run(script, "-o", target)
    assert done.exit_code == EXIT_CODE
    assert f"already there: {target}; nothing was written; --force replaces them" in done.stderr
    assert target.read_text() == "mine"
    assert run(script, "-o", target, "--force").exit_code == 0
    assert "scenarios" in target.read_text()


@pytest.mark.parametrize("force", [False, True])
def test_never_writes_through(script, tmp_path, force):
    """A directory and a link are in the way."""
    (tmp_path / "link.yml").symlink_to("elsewhere.yml")
    for target, what in ((tmp_path, "a directory"), (tmp_path / "link.yml", "a symbolic link")):
        done = run(script, "-o", target, *(["--force"] if force else []))
        assert (done.exit_code, f"here stands {what}" in done.stderr) == (EXIT_CODE, True)


@pytest.mark.parametrize("name", ["iterations-of-each-user", "iterations-that-are-shared", "iterations-by-a-shortcut"])
def test_iterations_can_be_run(tmp_path, name):
    """What counts iterations in k6 is a configuration that is taken here."""
    target = tmp_path / "x.yml"
    done = run(Path(__file__).parent / "constructs" / f"{name}.js", "-o", target)
    assert (done.exit_code, "iterations" in target.read_text()) == (0, True)


def test_json(tmp_path):
    """What k6 inspect has printed, with a byte order mark as some shells write it."""
    file = tmp_path / "options.json"
    file.write_text(INSPECTED, encoding="utf-8-sig")
    done = run(file)
    assert done.exit_code == 0
    assert "delay_abort: 10s" in done.stdout


LONG = b"import { Rate } from 'k6/metrics'; const r = new Rate('r'); r.add(%b b); export const options = {}" % (
    b"a.status > 500 ||" * 5000
)


@pytest.mark.parametrize(
    "content, words, sentence",
    [
        (None, [], "there is no such file"),
        (b"\xff\xfe", [], "it is not UTF-8 text"),
        (b"x" * ((1 << 20) + 1), [], "the file is larger than 1 MiB"),
        (b"export default 5", [], "test.js: options: the script exports no options"),
        (b"export const options = { vus: 1 }", ["--users", "my-user"], "'my-user' is not the name of a user class"),
        (b"export const options = { duration: '1s' }", ["-o", "/proc/nowhere/x.yml"], "cannot be written"),
        (b"export const options = " + b"(" * 5000 + b"5" + b")" * 5000, [], "options"),
        (LONG, [], "it is nested too deeply to be read"),
        (b"export const options = { vus: 2000000 }", [], "nothing was imported: k6 allows what cannot run here"),
        (b"export const options = { vus: 2000000 }", [], "test.js: shapes.default.users: must be at most 1,000,000"),
        (b"export const options = { stages: [{ target: 5, duration: 0 }] }", [], "the stages last no time at all"),
        (b"export const options = { vus: 1, thresholds: { '': 5 } }", [], "must hold keys and values"),
    ],
)
@pytest.mark.slow
def test_refuses(tmp_path, content, words, sentence):
    """A sentence on the error stream and 104, never a traceback."""
    file = tmp_path / "test.js"
    if content is not None:
        file.write_bytes(content)
    done = run(file, *words)
    assert done.exit_code == EXIT_CODE, done.output
    assert sentence in done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_more_scenarios_than_fit(tmp_path):
    """Names of scenarios are tags, so there is an end to them."""
    file = tmp_path / "many.json"
    one = {"executor": "constant-vus", "duration": "1s"}
    file.write_text(json.dumps({"scenarios": {f"s{number}": one for number in range(21)}}))
    done = run(file)
    assert done.exit_code == EXIT_CODE
    assert "many.json: scenarios: " in done.stderr


def test_names_never_leave_their_place(tmp_path):
    """Line ends, colons and control characters in names, tags and metrics stay what they are."""
    file = tmp_path / "evil.json"
    evil = "a\n\u2028safety: {}\x1b[31m # '\"{}"
    options = {
        "tags": {evil: evil},
        "scenarios": {"x": {"executor": "constant-vus", "duration": "1s", "exec": evil, "env": {evil: ""}}},
        "thresholds": {f"mine{{a:{evil}}}": ["rate<0.1"], f"checks{{check:{evil}}}": ["rate>0.9"]},
        evil: True,
    }
    file.write_text(json.dumps(options))
    text, notes = import_k6(file)
    found = yaml.safe_load(text)
    assert found.keys() == {"version", "tags", "scenarios", "shapes", "thresholds"}
    assert found["tags"] == {evil: evil}
    assert list(found["thresholds"]) == [f"checks{{check:{evil}}}"]
    assert notes
    assert "\x1b" not in run(file).output


PIECES = ["export const options = ", "{", "}", "vus: 1", ",", "scenarios: ", "thresholds: ", "'checks'", ": ", "[", "]",
          "`a${", "5", "__ENV.A", " || ", "'rate<0.1'", "\n", "const a = ", "a", "...", "(", ")", "=> ", "'1s'", "executor: "]  # fmt: skip


PROPERTIES = ["vus: 1", "duration: '1s'", "iterations: 5", "stages: [{duration: '1s', target: 2}]", "...a", "thresholds: a",
              "thresholds: {checks: ['rate>0.9']}", "tags: {a: 'b'}", "vus: __ENV.A || 5", "duration: `${a}s`", "b: 1"]  # fmt: skip
SCRIPTS = st.builds(
    lambda before, properties, after: f"{before}export const options = {{{', '.join(properties)}}}{after}",
    st.sampled_from(["", "const a = 5; ", "const a = {vus: 2}; "]),
    st.lists(st.sampled_from(PROPERTIES), max_size=4),
    st.sampled_from(["", "; export default function () {}", " }"]),
)


def test_never_anything_but_a_sentence(tmp_path):
    """Law: any script is a configuration that can run, or a refusal."""
    file, read, refused = tmp_path / "any.js", [], []

    @settings(max_examples=100)  # few of them can be read
    @given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | SCRIPTS)
    def property_(text):
        file.write_text(text)
        try:
            found, _ = import_k6(file)
        except ConfigurationError as error:
            assert error.problems  # noqa: PT017 either outcome is right
            refused.append(text)
        else:
            config, problems = read_config(parse(found, ""))
            assert (config.version, problems) == (1, [])
            read.append(text)

    property_()
    assert len(read) > 5
    assert len(refused) > 5


def test_the_page_shows_what_is_written(script):
    """The example of the page is what its script becomes."""
    page = (Path(__file__).parents[3] / "docs/how-to/come-from-k6.md").read_text(encoding="utf-8")
    assert f"```yaml\n{import_k6(script, ['FeedUser'])[0]}```" in page

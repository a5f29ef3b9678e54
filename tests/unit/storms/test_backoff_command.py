"""The command ``locust-ext backoff``: how a client comes back, with the options and the files of its own."""

import json
import math

import pytest
from click.testing import CliRunner

from locust_ext.cli import main
from locust_ext.commands import backoff
from locust_ext.commands.backoff import _finite, _of_module, list_clients, printable
from locust_ext.storms.clients import CLIENTS
from locust_ext.storms.node import FromNode

pytestmark = pytest.mark.slow

SOCKET, KAFKA = "socket.io", "kafka-java"


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    """Let the study look at fewer clients: the command is what this is about."""
    monkeypatch.setattr("locust_ext.storms.study.HERD", 50)
    monkeypatch.setattr("locust_ext.storms.study.DRAWS", 100)


def run(*words):
    """Run the command in this process."""
    return CliRunner().invoke(main, ["backoff", *(str(word) for word in words)])


REFUSED = [
    pytest.param((SOCKET, "nope=1"), ["nope: socket.io has no such option"], id="no option of it"),
    pytest.param((SOCKET, "nope"), ["nope: is not an option; write it as OPTION=VALUE"], id="no value"),
    pytest.param(
        (f"{SOCKET},{KAFKA}", "--version", "1"),
        ["--version: is for one client; with several, write each as name@version"],
        id="one version for several",
    ),
    pytest.param(
        (f"{SOCKET},{KAFKA}", "--from", "a.properties"),
        ["--from: configures one client, and several are named"],
        id="one file for several",
    ),
    pytest.param(
        ("frobnicate,kafka",),
        ["there is no client 'frobnicate'", "no client 'kafka'; did you mean 'kafka-java'?"],
        id="no clients, each told",
    ),
    pytest.param(("a=1", "b=2"), ["a: belongs to a client", "b: belongs to a client"], id="options of nobody"),
    pytest.param(("--version", "3"), ["--version: belongs to a client, and none is named"], id="a version of nobody"),
    pytest.param(("-o", "a.html"), ["-o: belongs to a client, and none is named"], id="a picture of nobody"),
    pytest.param(
        (f"{SOCKET},{KAFKA}", "reconnectionDelay=100", "bogus=3"),
        ["bogus: none of the clients has such an option"],
        id="an option of none of several",
    ),
    pytest.param((SOCKET, "--from", "missing.json"), ["missing.json: cannot be read: No such file"], id="no file"),
]


@pytest.mark.parametrize("words, sentences", REFUSED)
def test_what_is_refused(tmp_path, monkeypatch, words, sentences):
    """With 104, and each mistake in a sentence of its own."""
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.exit_code == 104
    lines = done.output.splitlines()
    assert lines[0] == f"locust_ext: {len(sentences)} mistake{'s' * (len(sentences) > 1)}"
    for line, sentence in zip(lines[1:], sentences, strict=False):
        assert sentence in line
    assert list(tmp_path.iterdir()) == []


def test_several_clients_take_their_own_options():
    """Each has those that it knows, one after the other."""
    found = json.loads(run(f" {SOCKET} , {KAFKA} ,", "reconnectionDelay=100", "--json").output)
    assert [one["client"] for one in found] == [SOCKET, KAFKA]
    assert found[0]["options"]["reconnectionDelay"] == 100
    assert "reconnectionDelay" not in found[1]["options"]
    text = run(f"{SOCKET},{KAFKA}").output
    assert text.index(f"{SOCKET} 4, as read in") < text.index(f"{KAFKA} ")


def test_one_client_is_no_list():
    """It is the object itself, with what is to be known of it."""
    found = json.loads(run(SOCKET, "reconnectionDelay=100", "--json").output)
    assert (found["client"], found["options"], found["notes"]) == (SOCKET, {"reconnectionDelay": 100}, [])
    assert found["waits"][0]["low"] < 0.2


def test_what_has_no_number_in_json():
    """It is null, wherever it stands."""
    value = {"a": [math.inf, 1.5, -math.inf], "b": (math.nan, "x"), "c": {"d": math.inf, "e": 2}}
    assert _finite(value) == {"a": [None, 1.5, None], "b": [None, "x"], "c": {"d": None, "e": 2}}


def test_the_list_of_all_clients():
    """A row each, in columns, and nothing behind the last one."""
    rows = list_clients().splitlines()
    assert len(rows) == len(CLIENTS) + 1
    at = [rows[0].index(word) for word in ("VERSION", "READ IN", "OPTIONS")]
    for row, client in zip(rows[1:], CLIENTS, strict=True):
        assert row.startswith(client.name)
        assert row == row.rstrip()
        assert row[at[0] :].startswith(client.version)
        assert row[at[1] :].startswith(client.package)
        assert row[at[2] :] == (" ".join(client.options) or client.about)
        assert row[at[0] - 2 : at[0]] == row[at[1] - 2 : at[1]] == "  "
    assert run().output == "\n".join(rows) + "\n"


def test_the_list_in_json():
    """With the defaults of options, and what they are about."""
    found = {row["client"]: row for row in json.loads(run("--json").output)}
    assert len(found) <= len(CLIENTS)
    assert found["constant"]["options"]["delay"] == {"default": 1.0, "about": "seconds"}
    assert found["none"]["options"] == {}
    assert set(found["none"]) == {"client", "version", "package", "about", "options"}


@pytest.mark.parametrize(
    "encoding, shown",
    [
        pytest.param("utf-8", "▁█ é 5", id="a terminal that has all"),
        pytest.param("ascii", "## ? 5", id="one that has none"),
        pytest.param("latin-1", "## ? 5", id="one that lacks the bars"),
        pytest.param("no such one", "## ? 5", id="one that nobody knows"),
    ],
)
def test_what_a_terminal_can_show(encoding, shown):
    """Bars are hashes where there are none."""
    assert printable("▁█ é 5", encoding) == shown


def test_a_picture_says_where_it_is(tmp_path):
    """Whose it is, and how long it lasts."""
    page = tmp_path / "herd.html"
    done = run(f"{SOCKET},{KAFKA}", "-o", page)
    assert done.exit_code == 0
    last = done.output.splitlines()[-1]
    assert last.startswith(f"{page}: {SOCKET}, {KAFKA}, ")
    assert last.endswith(" s")
    assert "<html" in page.read_text("utf-8")[:200]


def test_a_picture_that_cannot_be_written(tmp_path):
    """Is a sentence, and no traceback."""
    (tmp_path / "file").touch()
    done = run(SOCKET, "-o", tmp_path / "file" / "herd.html")
    assert done.exit_code == 104
    assert "herd.html: cannot be written: " in done.output


PROPERTIES = "bootstrap.servers=broker:9092\nreconnect.backoff.ms=100\nreconnect.backoff.max.ms=2000\n"
FILES = [
    pytest.param(b"\xff\xfe\x00", "is not text in UTF-8", id="not UTF-8"),
    pytest.param(b"\n", "client.properties", id="nothing in it"),
]


@pytest.mark.parametrize("content, sentence", FILES)
def test_a_file_that_is_none(tmp_path, content, sentence):
    """Is named once, and what is wrong with it said."""
    file = tmp_path / "client.properties"
    file.write_bytes(content)
    done = run("--from", file)
    assert done.exit_code == 104
    assert sentence in done.output
    assert done.output.count(str(file)) == 1


def test_a_file_is_its_client_s(tmp_path):
    """It says whose it is; another client is refused, and options of the command line stand above it."""
    file = tmp_path / "client.properties"
    file.write_text(PROPERTIES, "utf-8")
    found = json.loads(run("--from", file, "--json").output)
    assert found["client"] == KAFKA
    assert json.loads(run(KAFKA, "--from", file, "--json").output) == found
    assert json.loads(run(f"{KAFKA}@{found['version']}", "--from", file, "--json").output)["client"] == KAFKA
    other = run(SOCKET, "--from", file)
    assert other.exit_code == 104
    assert f"configures {KAFKA}, not {SOCKET}" in other.output
    option = "reconnect.backoff.ms"
    above = json.loads(run(KAFKA, f"{option}=700", "--from", file, "--json").output)["options"]
    assert above == {**found["options"], option: 700}
    assert found["options"][option] != 700


def test_options_of_a_module():
    """Those about coming back are taken, the others told; one that is nearly one of them is a mistake."""
    given = {"reconnectionDelay": 100, "path": "/ws", "query": {}}
    notes = ["read through Node"]
    assert _of_module(given, (SOCKET,), "", notes) == (
        {"reconnectionDelay": 100},
        ["read through Node", "not about coming back: path, query"],
    )
    assert _of_module({"reconnectionDelay": 5}, (SOCKET,), "", []) == ({"reconnectionDelay": 5}, [])
    with pytest.raises(ValueError, match="has no option 'reconnectionDelai'; did you mean 'reconnectionDelay'"):
        _of_module({"reconnectionDelai": 1}, (SOCKET,), "", [])
    with pytest.raises(ValueError, match=r"name the client, such as socket\.io"):
        _of_module(given, (), "", [])


MODULES = [
    pytest.param(FromNode(SOCKET, {"reconnectionDelay": 70}, ("a note",)), (), ["a note"], id="it says whose it is"),
    pytest.param(
        FromNode("", {"reconnectionDelay": 70, "path": "/ws"}),
        (SOCKET,),
        ["not about coming back: path"],
        id="it was said whose it is",
    ),
]


@pytest.mark.parametrize("module, names, notes", MODULES)
def test_a_module_of_javascript(tmp_path, monkeypatch, module, names, notes):
    """Node reads it, and what one must know stands before all."""
    monkeypatch.setattr(backoff, "read_module", lambda file: module)
    for suffix in (".js", ".mjs", ".cjs"):
        found = json.loads(run(*names, "--from", tmp_path / f"options{suffix}", "--json").output)
        assert (found["client"], found["options"], found["notes"]) == (SOCKET, {"reconnectionDelay": 70}, notes)
    text = run(*names, "--from", tmp_path / "options.js").output
    assert text.startswith("".join(f"note: {note}\n" for note in notes) + f"\n{SOCKET} 4")
    assert "note:" not in run(SOCKET).output

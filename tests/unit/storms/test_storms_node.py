"""JavaScript modules of options: what is made of Node's answer, and the sentence where there is none."""

from __future__ import annotations

import json
import math
import shlex

import pytest

from locust_ext.storms.node import FromNode, from_node, read_module


@pytest.fixture
def module(tmp_path):
    """The file of a module; what stands in it does not matter, as our Node does not read it."""
    file = tmp_path / "options.mjs"
    file.write_text("export default {}\n", "utf-8")
    return file


@pytest.fixture
def node(tmp_path, monkeypatch):
    """Put a Node on the path that runs a few lines of shell; it is handed what the real one is."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")

    def runs(*lines):
        file = place / "node"
        file.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", "utf-8")
        file.chmod(0o755)
        return file

    return runs


def answers(**answer):
    """Return the line of shell that answers as the script does, after a word of the module's own."""
    whole = {"random": False, "others": [], **answer}
    return f"printf 'hello\\n%s%s\\n' \"$7\" {shlex.quote(json.dumps(whole))}"


def test_options(node, module):
    """They are handed on as they are; what JSON cannot say is said in another way."""
    most, least, none = {"$number": "Infinity"}, {"$number": "-Infinity"}, {"$number": "NaN"}
    nested = {"a": {"$number": 5}, "b": {"$number": "Infinity", "c": 1}}
    node(answers(options={"retries": most, "low": least, "none": none, "nested": nested, "delay": 250}))
    found = read_module(module)
    assert found.client == ""
    assert math.isnan(found.options.pop("none"))
    assert found.options == {"retries": math.inf, "low": -math.inf, "nested": nested, "delay": 250}
    assert found.notes == ()


def test_what_one_must_know_of_options(node, module):
    """That chance was drawn while the module was loaded, and which functions are left out."""
    node(answers(options={"delay": 250}, random=True, others=["onError", "log"]))
    assert read_module(module).notes == (
        f"{module} draws chance when it is loaded; 0.5 was drawn",
        "left out: onError, log",
    )


TABLES = [
    (
        "a function that goes on",
        {"waits": [100, 2500], "stop": False},
        {"delays": [0.1, 2.5], "stop": False},
        ["tabulated, not exact: retryWait of {} was asked for 2 waits, then the last one is repeated"],
    ),
    (
        "one that gives up, draws chance and has neighbours",
        {"waits": [0], "stop": True, "random": True, "others": ["log"]},
        {"delays": [0.0], "stop": True},
        [
            "tabulated, not exact: retryWait of {} was asked for 1 wait, then it gives up",
            "retryWait draws chance, and a table has none: here all clients wait the same",
            "left out: log",
        ],
    ),
]


@pytest.mark.parametrize("answer, options, notes", [pytest.param(*row[1:], id=row[0]) for row in TABLES])
def test_a_function_becomes_a_table(node, module, answer, options, notes):
    """In seconds, and declared as what it is."""
    node(answers(kind="retryWait", **answer))
    found = read_module(module)
    assert found == FromNode("table", options, tuple(note.format(module) for note in notes))


def test_what_node_is_told(node, module):
    """The file as it is found, what it exports, a mark that nobody guesses, and how often a function is asked."""
    node(
        'printf "%s{\\"options\\": {\\"told\\": \\"$1 $2 $4 $5 $6 $8 $PWD\\"}, \\"random\\": false, \\"others\\": []}" "$7"'
    )
    told = read_module(module, "reconnect").options["told"]
    assert told == f"--input-type=module -e -- {module.resolve()} reconnect 20 {module.parent.resolve()}"
    assert read_module(module).options["told"].split()[4] == "default"


REFUSED = [
    ("an error", [answers(error="TypeError:\n  it is\tnothing")], "options.mjs: TypeError: it is nothing"),
    ("a long error", [answers(error="x" * 301)], "options.mjs: " + "x" * 300 + "..."),
    ("an error as long as may be", [answers(error="x" * 300)], "options.mjs: " + "x" * 300),
    (
        "no such export",
        [answers(missing=["defaults", "other"])],
        "it does not export 'default'; did you mean 'defaults'?",
    ),
    (
        "a table without a wait",
        [answers(kind="retryWait", waits=[], stop=True)],
        "retryWait gives up at once; write it as",
    ),
    ("no answer", ["exit 3"], "options.mjs: Node ended without an answer: the module ended it"),
    ("a complaint", ["echo broken >&2"], "options.mjs: Node ended without an answer: broken"),
    ("an answer without its mark", ["echo '{\"options\": {}}'"], "Node ended without an answer: the module ended it"),
    (
        "an answer in the midst of a line",
        ["printf ' %s{}' \"$7\""],
        "Node ended without an answer: the module ended it",
    ),
]


@pytest.mark.parametrize("lines, sentence", [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_goes_wrong(node, module, lines, sentence):
    """Is a sentence about the file."""
    node(*lines)
    with pytest.raises(ValueError, match=r"options\.mjs") as caught:
        read_module(module)
    assert str(caught.value).endswith(sentence) or sentence in str(caught.value).partition(", ...")[0]
    assert str(module) in str(caught.value)


def test_a_module_that_hangs(node, module):
    """Node has so much time and no more."""
    node("exec sleep 5")
    with pytest.raises(ValueError, match=r"options.mjs: Node had no answer after 0.01 s; the module hangs$"):
        read_module(module, timeout=0.01)


def test_a_node_that_cannot_be_started(node, module):
    """The system says why."""
    node("exit").write_text("#!/nowhere/sh\n", "utf-8")
    with pytest.raises(ValueError, match=r"options.mjs: Node cannot be started: No such file or directory$"):
        read_module(module)


def test_no_node_and_no_file(node, module, monkeypatch):
    """Each is said."""
    node("exit")
    with pytest.raises(ValueError, match=r"nowhere.mjs: there is no such file$"):
        read_module(module.with_name("nowhere.mjs"))
    monkeypatch.setenv("PATH", str(module.parent))
    with pytest.raises(ValueError, match=r"options.mjs: Node is not there to read it; install it, or write"):
        read_module(module)


def test_from(node, module):
    """``from`` names the file as the configuration sees it, and what it exports: by default the default."""
    node('printf "%s{\\"options\\": {\\"told\\": \\"$6\\"}, \\"random\\": false, \\"others\\": []}" "$7"')
    assert from_node({"node": "options.mjs"}, module.parent) == FromNode("", {"told": "default"})
    assert from_node({"node": "./options.mjs", "export": "mine"}, module.parent).options == {"told": "mine"}


WRONG = [
    ("an unknown key", {"node": "options.mjs", "exprt": "a"}, "'exprt' is not a key of from; did you mean 'export'?"),
    ("no file", {"export": "a"}, "from needs the file of a module; write it as"),
    ("an empty file", {"node": ""}, "from needs the file of a module; write it as"),
    ("a number for a file", {"node": 5}, "from needs the file of a module; write it as"),
    ("a number for an export", {"node": "options.mjs", "export": 5}, "from needs the file of a module; write it as"),
]


@pytest.mark.parametrize("given, sentence", [pytest.param(*row[1:], id=row[0]) for row in WRONG])
def test_from_is_wrong(module, given, sentence):
    """What it lacks, or does not know."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the sentence is looked at below
        from_node(given, module.parent)
    assert str(caught.value).startswith(sentence)

"""Python as text: names, literals and comments, one by one."""

import ast
import os
import sys

import pytest
from locust import FastHttpUser
from rehearsal import Rehearsal

from locust_ext.drafts.journey import AtOnce, Capture, Captured, Env, Journey, LocustfileDraft, Pause, Request, Template
from locust_ext.drafts.journey_class import OF_USERS
from locust_ext.drafts.locustfile import class_names, render_locustfile
from locust_ext.drafts.python_names import Names
from locust_ext.drafts.python_text import (
    WIDTH,
    Bracket,
    Item,
    Text,
    comment,
    docstring,
    lay,
    literal,
    source_lines,
    string,
)
from locust_ext.text.problems import EXIT_CODE


@pytest.mark.parametrize(
    "text, name",
    [
        ("accessToken", "access_token"),
        ("HTTPResponse2", "http_response_2"),
        ("order-id", "order_id"),
        ("Straße", "stra_e"),
        ("é", "e"),
        ("id", "id_"),
        ("class", "class_"),
        ("match", "match_"),
        ("os", "os_2"),
        ("1st", "value_1_st"),
        ("日本", "value"),
        ("", "value"),
        ("a" * 500, "a" * 40),
    ],
)
def test_variables(text, name):
    """Words in small letters; nothing that Python or the file has already."""
    assert Names({"os"}).variable(text) == name
    assert name.isidentifier()


def test_names_are_used_once():
    """The second of the same is another one, within a scope and in those within it."""
    names = Names()
    assert [names.variable("token"), names.variable("token"), names.inner().variable("token")] == [
        "token",
        "token_2",
        "token_3",
    ]
    assert names.inner().variable("token") == "token_3"


@pytest.mark.parametrize(
    "text, written",
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ("\"'", '"\\"\'"'),
        ("a\\b\n\t\x00\u2028é日", '"a\\\\b\\n\\t\\x00\\u2028é日"'),
        ("\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}", '"\\u202e\\u200b"'),
        ("\ud800x", '"\\ufffdx"'),
    ],
)
def test_literals(text, written):
    """In the quotes that formatters choose; what is not seen is escaped, half a character goes out whole."""
    assert literal(text) == written
    assert ast.literal_eval(written) == text.replace("\ud800", "\ufffd")


def test_long_things_are_broken():
    """One item a line where they do not fit, and no line is too long."""
    call = Bracket("f(", (Item("", string("x" * 300)), Item("key=", Text("1"))), ")")
    lines = list(lay(call, "    ", "y = "))
    assert lines[0] == "    y = f("
    assert lines[-2:] == ["        key=1,", "    )"]
    assert max(map(len, lines)) <= WIDTH
    assert ast.parse("\n".join(line[4:] for line in lines)).body[0].value.args[0].value == "x" * 300


@pytest.mark.parametrize(
    "text", ["type: ignore", "noqa", "fmt: off", "-*- coding: rot13 -*-", "!bin", "%% cell", "ruff: noqa", "mypy: x"]
)
def test_comments_are_no_directives(text):
    """Neither at their beginning, nor on a line that they go on on, nor within."""
    for given in (text, "word " * 23 + text, f"word # {text}", f"a\n# {text}"):
        for line in (*comment(given, ""), *source_lines(given, 1, ""), *source_lines(given, None, "")):
            assert line.startswith("# ")
            assert not line.startswith(f"# {text}")
            assert f"# {text}" not in line[1:]


def test_lines_of_a_source_keep_their_numbers():
    """Control characters are gone, long lines go on, and there is an end."""
    lines = list(source_lines("    if (x) {\n\tfoo()\x1b[31m\r\n    }", 9, ""))
    assert lines == ["#     9|   if (x) {", "#    10| foo() [31m", "#    11|   }"]
    many = list(source_lines("x\n" * 1000, 1, ""))
    assert many[-1] == "#      | ... and 600 lines more"
    assert max(map(len, source_lines("y" * 5000, 1, "        "))) <= WIDTH


def test_docstrings_stay_docstrings():
    """Whatever they say."""
    for text in ('a """ b', "ends with \\", 'ends with "', "\\N{x}", "x" * 500, "\n", "a\x0cb"):
        lines = "\n".join(docstring([text, "- one", "- two", text], ""))
        assert isinstance(ast.parse(lines).body[0].value.value, str)
        assert len(ast.parse(lines).body) == 1


def test_attributes_of_users_are_known():
    """No value of an answer hides what a user class has; after an update of Locust: add what is new."""
    assert {name for name in dir(FastHttpUser) if not name.startswith("_")} <= OF_USERS | {"rest_", "client"}


def draft(*steps, **more):
    """Return the text of a locustfile with one journey."""
    return render_locustfile(LocustfileDraft("feed.js", "command", [Journey("FeedUser", steps, **more)]))


def test_a_missing_value_ends_the_iteration():
    """With a failed request, and before anything is sent without it."""
    text = draft(
        Request("POST", Template.of("/login"), captures=(Capture("token", ("data", 0)),)),
        Request("GET", Template.of("/", Captured("token"))),
    )
    assert 'token = json_value(response, "data", 0)\n        if token is None:\n            return\n' in text


def test_variables_that_must_be_set():
    """They are named at the top, and looked for before a run; those with a default are not."""
    text = draft(Request("GET", Template.of(Env("A"), Env("B", "b"))))
    assert "- set A in the environment; a run without ends before its first request" in text
    assert 'A = os.environ.get("A", "")\nB = os.environ.get("B", "b")\nNEEDED_VARIABLES = ["A"]\n' in text


@pytest.mark.parametrize("value", [None, "", "x"], ids=["not set", "empty, as of a secret that CI lacks", "set"])
def test_a_run_begins_with_all_variables_alone(value, monkeypatch, capsys):
    """Without one it would measure how fast the target says no."""
    text = draft(Request("GET", Template.of(Env("OF_A_TEST"))))
    names = {"os": os, "sys": sys, "__file__": "x.py", "NEEDED_VARIABLES": ["OF_A_TEST"]}
    exec(text[text.index("def need_variables") : text.index("events.init_command")], names)
    monkeypatch.delenv("OF_A_TEST", raising=False)
    if value is not None:
        monkeypatch.setenv("OF_A_TEST", value)
    if value:
        names["need_variables"]()
        return
    with pytest.raises(SystemExit) as ended:
        names["need_variables"]()
    assert ended.value.code == EXIT_CODE
    assert "x.py: set OF_A_TEST in the environment" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, code", [([], EXIT_CODE), (["-u", "1"], EXIT_CODE), (["-l"], None), (["--list"], None), (["--show-task-ratio"], None)]
)  # fmt: skip
def test_variables_are_asked_for_by_runs_alone(words, code, monkeypatch, capsys):
    """To list the users of a file needs none of them."""
    monkeypatch.setattr("sys.argv", ["locust", "-f", "feed.py", *words])
    (asked,) = Rehearsal(draft(Request("GET", Template.of(Env("A")))), environ={}).listeners
    ended = None
    try:
        asked(parser=None)
    except SystemExit as error:
        ended = error.code
    assert ended == code
    assert ("set A in the environment" in capsys.readouterr().err) == (code is not None)


def test_more_at_once_than_a_client_sends():
    """The class says so."""
    text = draft(AtOnce(tuple(Request("GET", Template.of(f"/{number}")) for number in range(12))))
    assert "    concurrency = 12\n" in text


def test_waits():
    """A fixed one, and one of chance."""
    assert "wait_time = constant(0.5)" in draft(wait=Pause(0.5))
    assert "wait_time = between(1, 3)" in draft(wait=Pause(1, 3.0))


def test_classes():
    """Names that Python takes stay; the others are made so, and none is there twice."""
    journeys = [Journey(name, ()) for name in ("FeedUser", "FeedUser", "feed user", "class", "", "task")]
    assert class_names(journeys) == ["FeedUser", "FeedUser_2", "FeedUser_3", "Class", "User", "Task"]

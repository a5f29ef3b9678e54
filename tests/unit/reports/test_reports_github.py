"""GitHub Actions: one command, four outputs, and nothing that a name could add."""

import re
from dataclasses import replace
from functools import cache

import pytest
from examples import NASTY, example
from examples import compared as make_compared
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.verdict import Verdict
from locust_ext.reports.github import annotation, outputs

compared = cache(make_compared)

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)")


def unescaped(text):
    """Return the text as the runner reads it."""
    for sign, code in {"\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C", "%": "%25"}.items():
        text = text.replace(code, sign)
    return text


@given(data=st.data())
@pytest.mark.slow
def test_annotation_is_one_command(results, data):
    """Whatever the names, there is one line, with one property."""
    assert COMMAND.fullmatch(annotation(data.draw(results)))


@given(data=st.data())
def test_outputs_are_four_lines(results, data):
    """Whatever the names, there are four outputs, a line each."""
    result = data.draw(results)
    lines = outputs(result).split("\n")
    assert [line.partition("=")[0] for line in lines] == ["verdict", "exit_code", "regressions", "reason", ""]
    assert lines[1] == f"exit_code={result.verdict.exit_code}"
    assert len("".join(lines).splitlines()) == 1


LEVELS = [
    ("passed", 0, "notice"),
    ("inconclusive", 111, "warning"),
    ("failed", 99, "error"),
    ("aborted", 108, "error"),
    ("error", 104, "error"),
]


@pytest.mark.parametrize("word, code, level", LEVELS)
def test_levels(word, code, level):
    """A pass is a notice, doubt a warning, and everything else an error."""
    command = COMMAND.fullmatch(annotation(example(verdict=Verdict(word, code, "because"))))
    assert command.groups() == (level, f"Load test feed%3A {word}", f"because (exit code {code})")


ESCAPES = [
    ("a percent sign", "100% sure", "100%25 sure"),
    ("what looks like an escape", "%0A", "%250A"),
    ("a line break", "a\nb\rc", "a�b�c"),
    ("a command", "\n::error::no", "�%3A%3Aerror%3A%3Ano"),
    ("a property", ",line=1", "%2Cline=1"),
    ("half a surrogate pair", "\ud800", "�"),
]


@pytest.mark.parametrize("name, escaped", [row[1:] for row in ESCAPES], ids=[row[0] for row in ESCAPES])
def test_escapes(name, escaped):
    """A name in the title is escaped, and reads back."""
    command = COMMAND.fullmatch(annotation(example(name=name)))
    assert command[2] == f"Load test {escaped}%3A passed"
    assert f"Load test {name}: passed".translate(dict.fromkeys(map(ord, "\n\r\ud800"), "�")) == unescaped(command[2])


def test_outputs_of_a_regression():
    """The outputs tell the verdict, the code, how many figures got worse, and why."""
    lines = dict(line.split("=", 1) for line in outputs(compared()).splitlines())
    assert (lines["verdict"], lines["exit_code"], lines["regressions"]) == ("failed", "99", "4")
    assert lines["reason"].startswith(
        "1 of 4 thresholds failed: http_req_duration{endpoint:feed}: p(99)<60 (75.5 ms, limit 60 ms); 4 regressions"
    )


def test_an_output_cannot_begin_another():
    """A reason with line breaks, or with the sign of a long value, stays the reason."""
    nasty = replace(compared(), name=NASTY, verdict=Verdict("failed", 99, "a\nexit_code=0\nreason<<EOF\nb\nEOF"))
    assert outputs(nasty).splitlines()[1:] == [
        "exit_code=99",
        "regressions=4",
        "reason=a�exit_code=0�reason<<EOF�b�EOF",
    ]


def test_a_long_reason_is_cut():
    """Four thousand characters of it are enough, in the annotation and in the output."""
    long = replace(example(), verdict=Verdict("failed", 99, "x" * 5000))
    assert COMMAND.fullmatch(annotation(long))[3].count("x") == 4000 + "(exit code 99)".count("x")
    assert outputs(long).endswith(f"reason={'x' * 4000}\n")

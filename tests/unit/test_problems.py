"""Mistakes: each names its place, and all are shown at once."""

import pytest

from locust_ext.text.problems import EXIT_CODE, ConfigurationError, Problem

TEXTS = [
    ("place and line", Problem("spike.factor", "too small", 3, "f.yml"), "f.yml:3: spike.factor: too small"),
    ("no line", Problem("version", "missing", source="f.yml"), "f.yml: version: missing"),
    ("no file", Problem("--shape", "unknown"), "--shape: unknown"),
    ("no place", Problem("", "the file is empty"), "the file is empty"),
]


@pytest.mark.parametrize("problem, text", [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_text(problem, text):
    """A problem's text leaves out what is not known."""
    assert text == str(problem)


def test_under():
    """A prefix goes before the path, and stands alone where there was none."""
    assert Problem("Peak.factor", "x") == Problem("factor", "x").under("Peak")
    assert Problem("Peak", "x") == Problem("", "x").under("Peak")


def test_every_problem_in_the_order_of_lines():
    """The error's text holds each problem once, by line, and says that nothing was sent."""
    error = ConfigurationError([Problem("b", "two", 2, "f.yml"), Problem("a", "one", 1, "f.yml")])
    assert str(error).splitlines() == [
        "locust_ext: 2 mistakes in the configuration; nothing was sent",
        "  - f.yml:1: a: one",
        "  - f.yml:2: b: two",
    ]


def test_one_mistake_is_singular():
    """One mistake is called one."""
    assert "1 mistake in the configuration; nothing" in str(ConfigurationError([Problem("a", "one")]))


def test_exit_code():
    """A wrong configuration ends a run as in k6."""
    assert EXIT_CODE == 104

"""Mistakes: each names its place, and all are shown at once."""

import pytest

from locust_ext.problems import EXIT_CODE, ConfigurationError, Problem

TEXTS = [
    ("place and line", Problem("shapes.spike.factor", "too small", 3), "line 3: shapes.spike.factor: too small"),
    ("no line", Problem("--shape", "unknown"), "--shape: unknown"),
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
    error = ConfigurationError([Problem("b", "two", 2), Problem("a", "one", 1)], "feed.yml")
    assert str(error) == (
        "locust_ext: 2 mistakes in the configuration feed.yml; nothing was sent\n  - line 1: a: one\n  - line 2: b: two"
    )


def test_one_mistake_is_singular():
    """One mistake is called one."""
    assert "a mistake in the configuration; nothing" in str(ConfigurationError([Problem("a", "one")]))


def test_exit_code():
    """A wrong configuration ends a run as in k6."""
    assert EXIT_CODE == 104

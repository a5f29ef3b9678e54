"""Messages about a form blame the form, and those of a command no configuration that nobody sent anywhere."""

import pytest

from locust_ext.commands.refusal import fail
from locust_ext.text.form_fields import blamed_on_form
from locust_ext.text.problems import ConfigurationError, Problem

BLAMED = [
    ("a shape", Problem("--shape", "there is no shape 'x'"), "form: Shape: there is no shape 'x'"),
    (
        "a parameter",
        Problem("--shape-params hold", "'x' is not a duration"),
        "form: Shape params: hold: 'x' is not a duration",
    ),
    ("all parameters", Problem("--shape-params", "name one with --shape"), "form: Shape params: name one with Shape"),
    ("a scale", Problem("--time-scale", "'x' must be a number"), "form: Time scale: 'x' must be a number"),
    ("a host", Problem("form: host", "there is a space"), "form: host: there is a space"),
]


@pytest.mark.parametrize("problem, text", [row[1:] for row in BLAMED], ids=[row[0] for row in BLAMED])
def test_fields(problem, text):
    """A field is called what stands beside it."""
    error = blamed_on_form(ConfigurationError([problem]))
    assert str(error).splitlines() == ["locust_ext: 1 mistake in the form; no test was started", f"  - {text}"]


def test_what_is_not_the_forms():
    """A mistake in the file stays one of the file, and a heading stays what it is."""
    error = ConfigurationError([Problem("--shape", "a"), Problem("host", "b", 2, "f.yml")])
    assert str(blamed_on_form(error)).splitlines() == [
        "locust_ext: 2 mistakes; no test was started",
        "  - form: Shape: a",
        "  - f.yml:2: host: b",
    ]
    assert str(blamed_on_form(ConfigurationError([Problem("", "a")], "not ready"))).startswith("locust_ext: not ready")


def test_commands(capsys):
    """A command says how many mistakes there are, and where each is."""
    with pytest.raises(SystemExit) as ended:
        fail(ConfigurationError([Problem("--dir", "a"), Problem("host", "b", 2, "f.yml")]))
    assert ended.value.code == 104
    assert capsys.readouterr().err == "locust_ext: 2 mistakes\n  - --dir: a\n  - f.yml:2: host: b\n"
    with pytest.raises(SystemExit):
        fail(ConfigurationError([Problem("host", "b", 2, "f.yml")]))
    assert capsys.readouterr().err == "locust_ext: 1 mistake in the configuration\n  - f.yml:2: host: b\n"
    with pytest.raises(SystemExit):
        fail(ConfigurationError([Problem("", "a")], "nothing was imported"))
    assert capsys.readouterr().err == "locust_ext: nothing was imported\n  - a\n"

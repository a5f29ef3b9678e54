"""The command line that is added to Locust's."""

import pytest
from locust.argument_parser import get_empty_argument_parser

from locust_ext.config.command_line import CommandLine
from locust_ext.config.options import add_options, command_line_of


def parser(*given):
    """Return a parser of Locust's with our options."""
    found = get_empty_argument_parser()
    add_options(found, *given)
    return found


def command_line(*arguments, given=()):
    """Return what these arguments choose."""
    return command_line_of(parser(*given).parse_args(list(arguments)), ["feed.py"])


ROWS = [
    ("nothing", [], CommandLine(locustfiles=("feed.py",), time_scale="1.0")),
    (
        "everything",
        ["--loadtest=a.yml", "--shape=spike", "--shape-params=hold=30s", "--time-scale=0.1", "--report-dir=out"],
        CommandLine("a.yml", ("feed.py",), "spike", "hold=30s", "0.1", "out"),
    ),
    (
        "a baseline",
        ["--baseline=runs", "--confirm", "--summary-export=k6.json"],
        CommandLine("", ("feed.py",), "", "", "1.0", "", "runs", True, "k6.json"),
    ),
    ("a client", ["--client=lean"], CommandLine("", ("feed.py",), time_scale="1.0", client="lean")),
    ("an unknown shape is for the plan to refuse", ["--shape=x"], CommandLine("", ("feed.py",), "x", "", "1.0", "")),
]


@pytest.mark.parametrize("arguments, expected", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_choices(arguments, expected):
    """The options are what they were given, and empty means: as configured."""
    assert expected == command_line(*arguments)


VARIABLES = [
    ("LOCUST_EXT_LOADTEST", "file"),
    ("LOCUST_EXT_SHAPE", "shape"),
    ("LOCUST_EXT_SHAPE_PARAMS", "shape_params"),
    ("LOCUST_EXT_TIME_SCALE", "time_scale"),
    ("LOCUST_EXT_REPORT_DIR", "report_dir"),
    ("LOCUST_EXT_CLIENT", "client"),
]


@pytest.mark.parametrize("variable, field", VARIABLES, ids=[row[0] for row in VARIABLES])
def test_environment(monkeypatch, variable, field):
    """Every option has its variable of the environment."""
    monkeypatch.setenv(variable, "given")
    assert getattr(command_line(), field) == "given"


def test_the_command_line_wins(monkeypatch):
    """An argument wins over the environment."""
    monkeypatch.setenv("LOCUST_EXT_SHAPE", "soak")
    assert command_line("--shape=spike").shape == "spike"


def test_the_web_form():
    """The form offers the shapes with the configured one chosen, and shows no file names."""
    actions = {action.dest: action for action in parser(["peak", "spike"], "peak")._actions}
    assert list(actions["shape"].choices) == ["", "none", "peak", "spike"]
    assert actions["shape"].default == "peak"
    in_form = {name for name, action in actions.items() if getattr(action, "include_in_web_ui", None)}
    assert list(actions["client"].choices) == ["", "as_written", "lean"]
    assert {"shape", "shape_params", "time_scale", "client"} <= in_form
    assert {"loadtest", "report_dir"}.isdisjoint(in_form)


def test_options_without_ours():
    """Options that were parsed without ours choose nothing."""
    assert CommandLine(time_scale=1.0) == command_line_of(get_empty_argument_parser().parse_args([]), [])

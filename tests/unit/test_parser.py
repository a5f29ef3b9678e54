"""Our options at Locust's parser: a locustfile's own come first, ours are matched whole."""

import sys
from types import FunctionType

import pytest
from locust import events
from locust.argument_parser import get_parser

from locust_ext.config.command_line import CommandLine
from locust_ext.config.options import add_options, command_line_of, other_name
from locust_ext.config.parser import parser_seam


@pytest.fixture
def parsers(monkeypatch):
    """Return what makes a parser of Locust's, the listeners of a locustfile registered before it."""
    hook = events.init_command_line_parser
    monkeypatch.setattr(hook, "_handlers", [])
    checked, taken = [], []
    seam = parser_seam(lambda parser: taken.append(add_options(parser)), checked.append)
    seam.open()

    def make(*listeners):
        hook._handlers[:] = listeners
        return get_parser(default_config_files=[])

    make.checked, make.taken = checked, taken
    yield make
    seam.close()


def team(*names, group=False, **rest):
    """Return a listener that adds options of a locustfile's own."""

    def add(parser, **_):
        place = parser.add_argument_group("ours") if group else parser
        for name in names:
            place.add_argument(name, default="", **rest)

    return add


WHOLE = ["--user", "--log", "--load", "--time", "--base", "--report", "--confir", "--sum", "--locust-ext", "--shape-p"]


@pytest.mark.parametrize("name", WHOLE)
def test_never_by_a_beginning(parsers, name):
    """The beginning of an option of ours is the locustfile's whole option, or nothing that is known."""
    assert getattr(parsers(team(name)).parse_args([name, "x"]), name[2:].replace("-", "_")) == "x"
    if not [one for one in ("--users", "--loglevel", "--config") if one.startswith(name)]:  # as in stock
        assert parsers().parse_known_args([name, "x"])[1] == [name]


def test_a_beginning_of_locusts_own_stays(parsers):
    """Locust's own options are matched by their beginning, as without us."""
    assert parsers().parse_args(["--res"]).reset_stats


TAKEN = [
    ("an option", team("--shape")),
    ("an option of a group", team("--shape", group=True)),
    ("an option with the same attribute", team("--form", dest="shape")),
]


@pytest.mark.parametrize("listener", [row[1] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_the_locustfiles_wins(parsers, listener):
    """Its option is its own, ours by the longer name; neither sees the other's value."""
    name = "--form" if listener is TAKEN[2][1] else "--shape"
    options = parsers(listener).parse_args([name, "steps", "--locust-ext-shape", "spike"])
    assert options.shape == "steps"
    assert command_line_of(options, ()) == CommandLine(shape="spike", time_scale="1.0")
    assert command_line_of(parsers(listener).parse_args([name, "steps"]), ()).shape == ""
    assert parsers.taken[-1] == ([] if name == "--form" else ["shape"])


def test_the_variable_is_ours(parsers, monkeypatch):
    """Where the name is taken, the variable of the environment is still ours."""
    monkeypatch.setenv("LOCUST_EXT_REPORT_DIR", "out")
    options = parsers(team("--report-dir")).parse_args(["--report-dir", "theirs"])
    assert (options.report_dir, command_line_of(options, ()).report_dir) == ("theirs", "out")


def test_the_longer_name_always(parsers):
    """Each option has a longer name too, whether or not the locustfile has the shorter one."""
    assert command_line_of(parsers().parse_args(["--locust-ext-report-dir", "out"]), ()).report_dir == "out"


def test_a_listener_that_parses(parsers):
    """It finds our options there; those that come after it are added as if it had not."""
    seen = []

    def eager(parser, **_):
        seen.append(parser.parse_args(["--report-dir", "out", "--shape", "spike"]))

    options = parsers(eager, team("--shape")).parse_args(["--shape", "steps", "--report-dir", "out"])
    assert seen[0].report_dir == "out"
    assert command_line_of(options, ()) == CommandLine(report_dir="out", time_scale="1.0")
    assert options.shape == "steps"
    assert parsers(eager).parse_args(["--host", "http://x", "--headless"]).host == "http://x"
    assert not parsers.checked


def test_checked_by_locusts_main_alone(parsers, monkeypatch):
    """Anyone else who parses has nothing checked: a script, a page of the web UI, a locustfile."""
    parser = parsers()
    parser.parse_args([])
    assert not parsers.checked
    monkeypatch.setattr(sys, "argv", ["locust"])

    def main(parser):
        return parser.parse_args([])

    options = FunctionType(main.__code__, {"__name__": "locust.main"})(parser)
    assert parsers.checked == [options]


def test_another_name():
    """The sentence names the longer name, the variable, and the configuration where it says the same."""
    assert other_name("shape").endswith("--locust-ext-shape, or LOCUST_EXT_SHAPE, or shape: in the configuration")
    assert other_name("time-scale").endswith("--locust-ext-time-scale, or LOCUST_EXT_TIME_SCALE")

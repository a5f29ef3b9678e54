"""The plan of a process's runs: made once, by the process that judges, and what is wrong with it ends that process."""

from argparse import Namespace

import pytest
from locust.argument_parser import get_parser

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import Plan
from locust_ext.load.pieces import Line
from locust_ext.load.schedule import Schedule
from locust_ext.process import supervised
from locust_ext.run import planning as module
from locust_ext.run import preflight, repeats
from locust_ext.run.own_environment import is_attached, planned, take_in
from locust_ext.run.planning import Planning, _locustfiles
from locust_ext.run.preflight import cannot_reset, cannot_scale, horizon_of
from locust_ext.text.problems import ConfigurationError, Problem


@pytest.fixture
def planning(monkeypatch, tmp_path):
    """Return a process's, with the options of a headless run; ``made`` keeps what was checked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "locustfile.py").touch()
    one = Planning()
    one.made, one.plan_made = [], Plan("made")
    monkeypatch.setattr(module, "speak_beside", lambda json: one.made.append(("beside", json)))

    def checked(command_line, **how):
        one.made.append(("plan", how))
        return one.plan_made

    monkeypatch.setattr(module, "checked_plan", checked)
    monkeypatch.setattr(module, "check_users", lambda options, plan, files: one.made.append(("users", plan.name)))
    return one


def options(**given):
    """Return what Locust has parsed."""
    found = get_parser().parse_args([])
    ours = {"headless": True, "autostart": False, "worker": False, "json": False, "locustfile": "locustfile.py"}
    for name, value in {**ours, "list_commands": False, **given}.items():
        setattr(found, name, value)
    return found


def checks(planning):
    """Return what was checked."""
    return [what for what, _ in planning.made if what != "beside"]


WHO = [
    pytest.param({}, True, True, id="a headless run"),
    pytest.param({"headless": False}, True, False, id="a web UI, whose form may say more"),
    pytest.param({"headless": False, "autostart": True}, True, True, id="a run that starts by itself"),
    pytest.param({"worker": True}, False, False, id="a worker"),
]


@pytest.mark.parametrize("given, is_planned, final", WHO)
def test_who_plans(planning, given, is_planned, final):
    """The process that judges, and as the last word where nobody may say another one."""
    assert not planning.is_mains
    planning._on_options(options(**given))
    assert planning.is_mains
    assert checks(planning) == ["plan", "users"] * is_planned
    assert planning.plan.name == ("made" if is_planned else "locust")
    if is_planned:
        assert dict(planning.made)["plan"] == {"final": final}


def test_it_is_made_once(planning):
    """However often Locust reads its command line."""
    for _ in range(2):
        planning._on_options(options())
    assert checks(planning) == ["plan", "users"]


@pytest.mark.parametrize("json", [True, False])
def test_what_is_said_beside_json(planning, json):
    """Locust's own answer is not mixed with ours."""
    planning._on_options(options(json=json))
    assert planning.made[0] == ("beside", json)


def test_a_wrong_configuration(planning, monkeypatch, capsys):
    """Ends the process with 104, and says why."""

    def wrong(command_line, **_):
        raise ConfigurationError([Problem("shape", "there is no such shape")])

    monkeypatch.setattr(module, "checked_plan", wrong)
    with pytest.raises(SystemExit) as caught:
        planning._on_options(options())
    said = capsys.readouterr()
    assert caught.value.code == 104
    assert "there is no such shape" in said.out + said.err


def test_one_that_cannot_be_checked(planning, monkeypatch):
    """Ends the process as undecided: a fault of ours is no pass."""
    told = []
    monkeypatch.setattr(module, "report", lambda *given: told.append(given))
    monkeypatch.setattr(module, "checked_plan", lambda *_, **__: 1 / 0)
    with pytest.raises(SystemExit) as caught:
        planning._on_options(options())
    assert caught.value.code == 111
    assert [(where, type(error), stake) for where, error, stake in told] == [
        ("locust_ext's check of the configuration", ZeroDivisionError, supervised.Stake.LOCK)
    ]


def test_confirmation(planning, monkeypatch):
    """A process that watches over runs is none, and ends with what they end with."""
    confirmed = []
    monkeypatch.setattr(repeats, "confirm", lambda plan, code: confirmed.append((plan.name, code)) or 99)
    for wants in (False, True):
        one = Planning()
        planning.plan_made = Plan("made", confirm=True)
        monkeypatch.setattr(repeats, "wants_confirmation", lambda plan, given, wants=wants: wants)
        if wants:
            with pytest.raises(SystemExit) as caught:
                one._on_options(options(exit_code_on_error=5))
            assert caught.value.code == 99
        else:
            one._on_options(options(exit_code_on_error=5))
    assert confirmed == [("made", 5)]


def test_which_locustfiles(tmp_path):
    """Those that are named, in their order; those of a directory by name, and never the one that loads us."""
    for name in ("b.py", "a.py", "c.py", module.AUTOLOAD):
        (tmp_path / name).touch()
    one, rest = tmp_path / "z", tmp_path
    one.mkdir()
    (one / "first.py").touch()
    named = f"{one / 'first.py'} , {rest / 'b.py'},{rest / module.AUTOLOAD}"
    assert _locustfiles(named) == [str(one / "first.py"), str(rest / "b.py")]
    found = [file.rpartition("/")[2] for file in _locustfiles(str(rest))]
    assert [name for name in found if name != "first.py"] == ["a.py", "b.py", "c.py"]


def test_an_environment_of_a_script(monkeypatch):
    """It has options in the end: its own, or else Locust's defaults, as a script means them."""
    own, bare = Namespace(parsed_options=Namespace(host="x")), Namespace(parsed_options=None)
    assert not is_attached(own)
    before = own.parsed_options
    take_in(own)
    take_in(bare)
    assert is_attached(own)
    assert own.parsed_options is before
    assert (bare.parsed_options.headless, bare.parsed_options.autostart) == (False, False)
    assert bare.parsed_options.run_time is None or "run_time" in bare.parsed_options


def test_the_plan_of_a_script(tmp_path, capsys):
    """It is made as any other; what is wrong ends the process with 104."""
    environment = Namespace(parsed_options=None)
    one = Planning()
    one.take_in(environment)
    assert is_attached(environment)
    assert one.plan.name == "locust"
    file = tmp_path / "feed.yml"
    file.write_text("nonsense: 1\n", "utf-8")
    with pytest.raises(SystemExit) as caught:
        planned(CommandLine(str(file)))
    said = capsys.readouterr()
    assert caught.value.code == 104
    assert "nonsense" in said.out + said.err


class Theirs:
    """A shape of the locustfile's own."""


SCALES = [
    pytest.param(Plan("x", time_scale=2.0), Theirs, True, id="a shape of theirs keeps its own time"),
    pytest.param(Plan("x", time_scale=1), Theirs, False, id="nothing is scaled"),
    pytest.param(Plan("x", time_scale=2.0), None, False, id="there is no shape of theirs"),
    pytest.param(Plan("x", time_scale=2.0), preflight.ScheduleShape, False, id="one of ours in code"),
]


@pytest.mark.parametrize("plan, shape, is_wrong", SCALES)
def test_what_cannot_be_scaled(plan, shape, is_wrong):
    """Nothing would be faster, and somebody asked for it."""
    found = cannot_scale(plan, shape)
    assert (found is not None) is is_wrong
    assert found is None or str(found).startswith("--time-scale: Theirs of the locustfile keeps its own time")


RESETS = [
    pytest.param(Plan("x"), "", id="nothing is judged"),
    pytest.param(Plan("x", thresholds=(1,)), "thresholds judge", id="thresholds"),
    pytest.param(Plan("x", baseline="runs"), "baseline judge", id="a baseline"),
    pytest.param(Plan("x", thresholds=(1,), baseline="runs"), "thresholds and baseline judge", id="both"),
]


@pytest.mark.parametrize("plan, why", RESETS)
def test_figures_that_would_start_again(plan, why):
    """They are others than those that are judged."""
    found = cannot_reset(plan)
    assert (found is None) is not bool(why)
    assert found is None or str(found).startswith(f"--reset-stats: {why}")


def test_how_far_a_run_is_known():
    """Without a schedule as far as its run time, if a shape is theirs nobody knows."""
    plain, theirs = horizon_of(Plan("x"), None, 60.0), horizon_of(Plan("x"), Theirs(), None)
    assert (plain.schedule, plain.run_time, plain.is_own) == (None, 60.0, False)
    assert (theirs.schedule, theirs.run_time, theirs.is_own) == (None, None, True)


class Ours(preflight.ScheduleShape):
    """A shape that follows a schedule of the locustfile's code."""

    schedule = Schedule((Line("", 60.0, 1.0, 10.0),))


HORIZONS = [
    pytest.param(Plan("x"), Ours, Ours.schedule, id="its class"),
    pytest.param(Plan("x"), Ours(), Ours.schedule, id="the shape itself"),
    pytest.param(Plan("x"), Theirs, None, id="the class of one that keeps its own time"),
]


@pytest.mark.parametrize("plan, shape, schedule", HORIZONS)
def test_a_shape_in_code(plan, shape, schedule):
    """Is known beforehand where it follows a schedule."""
    found = horizon_of(plan, shape, None)
    assert found.is_own
    assert (found.schedule and found.schedule.duration) == (schedule and schedule.duration)

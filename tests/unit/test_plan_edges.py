"""A plan at its edges: a file that cannot be read, numbers of the command line, and what others ask it for."""

from types import SimpleNamespace

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import Plan, make_plan
from locust_ext.load.profiles import Soak, Spike
from locust_ext.load.stress import Stress
from locust_ext.text.problems import ConfigurationError


@pytest.fixture(autouse=True)
def no_base_url(monkeypatch):
    """No host comes from the environment, unless a test says so."""
    monkeypatch.delenv("BASE_URL", raising=False)


@pytest.fixture
def planned(tmp_path):
    """Return the plan of a configuration."""

    def make(text, **command_line):
        file = tmp_path / "feed.yml"
        file.write_text(text, "utf-8")
        return make_plan(CommandLine(file=str(file), **command_line))

    return make


def wrong(make, *given, **named):
    """Return what is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        make(*given, **named)
    return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


def test_a_file_that_cannot_be_read(tmp_path):
    """Is all that is said: what its content would have changed, nobody knows."""
    for name, text in (("a", "thresholds: {nonsense: ['p(95)<400']}\n"), ("b", None)):
        (tmp_path / f"{name}.py").touch()
        if text is None:
            (tmp_path / f"{name}.yml").write_bytes(b"name: x\nshape: \xff\n")
        else:
            (tmp_path / f"{name}.yml").write_text(text, "utf-8")
    files = tuple(str(tmp_path / f"{name}.py") for name in "ab")
    (problem,) = wrong(make_plan, CommandLine(locustfiles=files))
    assert "UTF-8" in problem


SCALES = [
    pytest.param("0.05", 0.05, id="a rehearsal"),
    pytest.param("1000", 1000.0, id="as slow as may be"),
    pytest.param(2, 2.0, id="a number"),
    pytest.param("0", None, id="no time at all"),
    pytest.param("-1", None, id="backwards"),
    pytest.param("1000.1", None, id="slower still"),
    pytest.param("nan", None, id="no number"),
    pytest.param("1_0", None, id="with a line in it"),
    pytest.param("fast", None, id="a word"),
]


@pytest.mark.parametrize("written, scale", SCALES)
def test_a_time_scale(planned, written, scale):
    """Is a number above 0 and up to a thousand."""
    text = "shape: smoke\nshapes: {smoke: {users: 5, duration: 60s}}\n"
    if scale is None:
        (problem,) = wrong(planned, text, time_scale=written)
        assert problem == f"--time-scale: '{written}' must be a number above 0, such as 0.05"
    else:
        plan = planned(text, time_scale=written)
        assert (plan.time_scale, plan.schedule.duration) == (scale, 60.0 * scale)


def test_what_safety_knows_of_a_run(planned):
    """Its load, its names, and the variables that hold its secrets, once each and in order."""
    plan = planned(
        "name: feed\nshape: smoke\nshapes: {smoke: {users: 5, duration: 60s}}\n"
        "tenant: {token_env: Z_TOKEN, key_env: A_KEY}\nreports: {slack_env: M_HOOK}\n"
        "safety:\n  kill_switch: {url: 'https://x.example.com', headers_env: {Authorization: K_FLAG, X: Z_TOKEN}}\n"
        "  abort: {alarm: {url: 'https://x.example.com', headers_env: {Authorization: C_ALARM}}}\n"
    )
    safety = plan.safety
    assert plan.secret_variables == ("A_KEY", "C_ALARM", "K_FLAG", "M_HOOK", "Z_TOKEN")
    assert safety.secret_variables == plan.secret_variables
    assert (safety.users, plan.most_users) == (5, 5)
    assert (plan.name, plan.shape) == ("feed", "smoke")
    assert planned("name: x\n").secret_variables == ()
    assert planned("tenant: {header: X}\n").secret_variables != ("",)


def test_a_stress_run_is_compared_with_nothing(planned, tmp_path):
    """It finds its own limit; any other run is compared."""
    base = f"baseline: {{dir: {tmp_path / 'runs'}}}\n"
    plan = planned(f"shape: stress\n{base}")
    assert (plan.baseline, isinstance(plan.profile, Stress)) == ("", True)
    assert planned(f"shape: spike\n{base}").baseline == str(tmp_path / "runs")
    assert planned(f"shape: spike\n{base}", baseline="none").baseline == ""
    assert planned(f"shape: spike\n{base}", baseline=str(tmp_path / "other")).baseline == str(tmp_path / "other")


@pytest.mark.parametrize(
    "baseline, problems",
    [("", ["--confirm: there is nothing to confirm without runs to compare with: add --baseline"]), ("runs", [])],
)
def test_what_can_be_confirmed(planned, baseline, problems):
    """A regression, where there are runs to compare with."""
    if problems:
        assert wrong(planned, "name: x\n", confirm=True, baseline=baseline) == problems
    else:
        assert planned("name: x\n", confirm=True, baseline=baseline).confirm


def test_a_shape_in_code():
    """Is the plan's where none was chosen, and it is one of ours."""
    settings = Spike()
    ours, theirs = SimpleNamespace(settings=settings), SimpleNamespace(settings=object())
    plan = Plan("x")
    found = plan.with_shape_in_code(ours)
    assert (found.profile, found.shape) == (settings, "SimpleNamespace")
    assert plan.with_shape_in_code(theirs) is plan
    assert plan.with_shape_in_code(None) is plan
    chosen = Plan("x", profile=settings, shape="spike")
    assert chosen.with_shape_in_code(ours) is chosen


SHAPE_PARAMS = [
    pytest.param("factor=much", "", "--shape-params factor: ", id="a value that is none"),
    pytest.param("", "spik", "--shape: ", id="a shape that is not there"),
    pytest.param("factr=5", "", "--shape-params factr: ", id="a key that is not there"),
]


@pytest.mark.parametrize("params, shape, blamed", SHAPE_PARAMS)
def test_what_is_wrong_on_the_command_line(planned, params, shape, blamed):
    """Is not blamed on the file."""
    (problem,) = wrong(planned, "shape: spike\n", shape_params=params, shape=shape)
    assert problem.startswith(blamed)


def test_what_is_wrong_in_the_file_is_blamed_on_it(planned):
    """Whatever the command line says beside it."""
    (problem,) = wrong(planned, "shape: spike\nshapes: {spike: {factor: much}}\n", shape_params="hold=30s")
    assert problem.startswith("shapes.spike.factor: ")


def test_parameters_of_no_shape(planned):
    """Are given to nobody."""
    assert wrong(planned, "name: x\n", shape_params="factor=5") == [
        "--shape-params: there is no shape to give them to; name one with --shape"
    ]
    assert planned("name: x\n", shape_params=" ").shape == ""


HOSTS = [
    pytest.param("", "http://a:1", "http://a:1", id="the configuration's"),
    pytest.param("http://b:1", "http://a:1", "http://b:1", id="that of the environment"),
    pytest.param(" ", "http://a:1", "http://a:1", id="an empty variable"),
    pytest.param("shop", "http://a:1", None, id="one that is none"),
]


@pytest.mark.parametrize("variable, configured, host", HOSTS)
def test_the_host_of_a_plan(planned, monkeypatch, variable, configured, host):
    """The environment stands above the file."""
    monkeypatch.setenv("BASE_URL", variable)
    if host is None:
        (problem,) = wrong(planned, f"host: {configured}\n")
        assert problem.startswith("BASE_URL: 'shop'")
    else:
        assert planned(f"host: {configured}\n").host == host


PHASES = [
    pytest.param(
        "[warmup, rampp]", "baseline.exclude_phases: there is no phase 'rampp'; did you mean 'ramp'?", id="nearly"
    ),
    pytest.param("[somewhere]", "", id="one of another load"),
    pytest.param("[ramp]", "", id="one that is there"),
]


@pytest.mark.parametrize("excluded, why", PHASES)
def test_phases_that_are_left_out_of_a_comparison(planned, excluded, why):
    """One of nearly the same name is a slip of the pen."""
    text = (
        "shape: mine\nshapes: {mine: {kind: stages, stages: [{duration: 10s, users: 5, phase: ramp}]}}\n"
        f"baseline: {{dir: runs, exclude_phases: {excluded}}}\n"
    )
    if why:
        assert wrong(planned, text) == [why]
    else:
        assert planned(text).policy is not None


OUTPUTS = [
    pytest.param({}, "", ("", ""), id="none"),
    pytest.param({}, "reports: {dir: a, summary_export: b.json}", ("a", "b.json"), id="the file's"),
    pytest.param(
        {"report_dir": "c", "summary_export": "d.json"}, "reports: {dir: a, summary_export: b.json}", ("c", "d.json"),
        id="the command line's above it",
    ),
    pytest.param({"report_dir": "c", "summary_export": "d.json"}, "", ("c", "d.json"), id="the command line's"),
]  # fmt: skip


@pytest.mark.parametrize("said, text, places", OUTPUTS)
def test_where_reports_go(planned, monkeypatch, tmp_path, said, text, places):
    """Where the command line says, else where the file does."""
    monkeypatch.chdir(tmp_path)
    plan = planned(f"name: x\n{text}\n", **said)
    assert (plan.report_dir, plan.summary_export) == places


def test_where_reports_cannot_go(planned, tmp_path):
    """A file is no directory, and a directory no file; both are said at once."""
    (tmp_path / "file").touch()
    found = wrong(planned, "name: x\n", report_dir=str(tmp_path / "file"), summary_export=str(tmp_path))
    assert [one.split(":")[0] for one in found] == ["--report-dir", "--summary-export"]


@pytest.mark.parametrize("text, watched", [("version: 1", ["http_req_duration{phase:soak}: p(99)"]), ("drift: []", [])])
def test_a_soak_in_code_is_watched_as_one_by_configuration(planned, text, watched):
    """Unless somebody says what is watched, be that nothing."""
    soak = SimpleNamespace(settings=Soak())
    assert list(map(str, planned(text).with_shape_in_code(soak).drift)) == watched

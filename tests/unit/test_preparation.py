"""What has to stand before the first user: which host, and what nobody may enter while a test goes elsewhere."""

import pytest
from locust import HttpUser
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import Plan, make_plan
from locust_ext.config.schema import Config
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.shapes import PlannedShape
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam
from locust_ext.run import preparation as module
from locust_ext.run.preparation import Preparation
from locust_ext.safety.checklist import Check, Found
from locust_ext.text.problems import ConfigurationError

LOCAL, OTHER = "http://127.0.0.1:8000", "https://shop.example.com"


class Plain(HttpUser):
    """Has no host."""

    abstract = True


class Own(HttpUser):
    """Has one of its own."""

    abstract = True
    host = OTHER


def prepared(plan=None, users=(Plain,), host=None, **options):
    """Return the preparation of an environment that Locust's ``main`` has made with a web UI."""
    environment = Environment(user_classes=list(users), events=Events(), host=host)
    environment.available_user_classes = {user.__name__: user for user in users}
    environment.parsed_options = get_parser().parse_args([])
    for name, value in {"headless": False, "autostart": False, "host": None, **options}.items():
        setattr(environment.parsed_options, name, value)
    environment.create_local_runner()
    arrivals = ArrivalsOnDemand(environment, Recorder(), TaskSeam())
    return Preparation(environment, plan or Plan("feed"), CommandLine(), arrivals)


HOSTS = [
    pytest.param(Plan("feed", host=LOCAL), (Plain,), None, LOCAL, id="that of the plan"),
    pytest.param(Plan("feed", host=LOCAL), (Own,), None, None, id="the classes' own before the plan's"),
    pytest.param(Plan("feed", host=LOCAL), (Plain, Own), None, None, id="one class has one"),
    pytest.param(Plan("feed", host=LOCAL), (Plain,), OTHER, OTHER, id="the command line's before the plan's"),
    pytest.param(Plan("feed"), (Plain,), None, None, id="none"),
]


@pytest.mark.parametrize("plan, users, host, found", HOSTS)
def test_which_host(plan, users, host, found):
    """The plan's fills in where nobody says another one."""
    one = prepared(plan, users, host)
    one.prepare()
    assert one.environment.host == found
    assert one.demo is None


@pytest.mark.parametrize("asked, only_summary", [(True, False), (False, True)])
def test_locust_s_own_tables(asked, only_summary):
    """They are printed at the end only, unless somebody asked for them."""
    one = prepared(print_stats=asked, only_summary=False)
    one.prepare()
    assert one.environment.parsed_options.only_summary is only_summary


class Demo:
    """A demo target that starts, or does not."""

    url, starts, stops, fails = LOCAL, 0, 0, False

    def start(self):
        """Count it."""
        self.starts += 1
        if self.fails:
            raise module.TargetNotStarted("its port is taken")

    def stop(self):
        """Count it."""
        self.stops += 1


def test_the_demo_target(monkeypatch, capsys):
    """It is started where the plan names it, said, and ended with the process."""
    monkeypatch.setattr(module, "DemoTarget", Demo)
    one = prepared(Plan("feed", host=module.DEMO))
    one.end()
    one.prepare()
    assert (one.environment.host, one.demo.starts, one.demo.stops) == (LOCAL, 1, 0)
    assert f"started the demo target on {LOCAL}" in capsys.readouterr().out
    one.end()
    assert one.demo.stops == 1


def test_a_demo_target_that_does_not_start(monkeypatch, capsys):
    """There is no run, and a sentence says why."""
    monkeypatch.setattr(module, "DemoTarget", Demo)
    monkeypatch.setattr(Demo, "fails", True)
    with pytest.raises(SystemExit) as caught:
        prepared(Plan("feed", host=module.DEMO)).prepare()
    said = capsys.readouterr()
    assert caught.value.code == 104
    assert "locust_ext: its port is taken\n" in said.err
    assert "its port is taken" not in said.out


NAMED = [
    pytest.param({"host": LOCAL}, Plan("feed"), [LOCAL], id="the command line, which has its way"),
    pytest.param({}, Plan("feed", host=LOCAL), [LOCAL, OTHER], id="plan and code"),
    pytest.param({}, Plan("feed", host="demo"), [OTHER], id="the demo target is no host"),
    pytest.param({}, Plan("feed"), [OTHER], id="code"),
]


@pytest.mark.parametrize("options, plan, hosts", NAMED)
def test_which_hosts_are_named(options, plan, hosts):
    """Those of the configuration, of the command line and of the locustfile."""
    assert sorted(prepared(plan, (Own,), **options).named) == hosts


def test_what_is_entered_is_not_named():
    """From the first form on the hosts of the environment may be somebody's entry."""
    one = prepared(users=(Plain,), host=LOCAL)
    assert one.named == [LOCAL]
    one._before_entering()
    one.environment.host = OTHER
    assert one.named == [LOCAL]


ENTERED = [
    pytest.param({"user_class_name": "Plain", "host": OTHER}, True, id="another host"),
    pytest.param({"user_class_name": "Plain", "host": LOCAL}, False, id="the host it has"),
    pytest.param({"user_class_name": "Plain", "host": ""}, False, id="none"),
    pytest.param({"user_class_name": "Plain"}, False, id="no host is asked for"),
    pytest.param({"user_class_name": "Nobody", "host": OTHER}, False, id="no class of theirs"),
    pytest.param({"host": OTHER}, False, id="no class"),
]


@pytest.mark.parametrize("state", ["spawning", "running", "stopping", "cleanup"])
@pytest.mark.parametrize("settings, refused", ENTERED)
def test_a_test_under_way_goes_nowhere_else(settings, refused, state):
    """What somebody sets a user class to is refused while users of it run."""
    Plain.host = LOCAL
    try:
        one = prepared(users=(Plain,), host=LOCAL)
        one.environment.runner.state = state
        if refused:
            with pytest.raises(ConfigurationError, match=f"the test that is under way goes to {LOCAL}"):
                one.prepare_user(settings)
        else:
            one.prepare_user(settings)
    finally:
        Plain.host = None


@pytest.mark.parametrize("state, is_running", [("ready", False), ("stopped", False), ("running", True)])
def test_what_is_under_way(state, is_running):
    """A runner that is ready or has stopped may be set to another host."""
    one = prepared(users=(Plain,), host=LOCAL)
    one.environment.runner.state = state
    assert one._is_running is is_running


def test_the_form_of_a_test_under_way():
    """It prepares nothing, and may not lead elsewhere."""
    one = prepared(users=(Plain,), host=LOCAL)
    one.environment.runner.state = "running"
    before = one.plan
    one.prepare_form({"host": LOCAL, "shape": "nonsense"})
    assert one.plan is before
    with pytest.raises(ConfigurationError, match="stop it before it goes elsewhere"):
        one.prepare_form({"host": OTHER})


RUN_TIMES = [
    pytest.param({"run_time": "1m30s"}, None, None, 90.0, id="the form says it"),
    pytest.param({}, 60, None, None, id="plain users go on"),
    pytest.param({}, 60, object(), 60, id="a shape is under the command line's"),
    pytest.param({"run_time": "nonsense"}, 60, object(), 60, id="what Locust will refuse"),
]


@pytest.mark.parametrize("form, run_time, shape, found", RUN_TIMES)
def test_how_long_the_run_of_a_form_lasts(form, run_time, shape, found):
    """As the form says, else as the command line does where a shape has the load."""
    one = prepared(run_time=run_time)
    one._own_shape = shape
    assert one._run_time(form, one.plan) == found


def test_a_run_that_begins_in_a_directory_of_another_one(monkeypatch, caplog):
    """It runs without reports, and the log says why; else its plan is what was prepared."""
    one = prepared(Plan("feed", report_dir="reports"))
    marked = []
    monkeypatch.setattr(module, "take", lambda directory: None)
    monkeypatch.setattr(module, "mark", marked.append)
    assert one.begin() is one.plan
    assert marked == [one.plan]

    def taken(directory):
        raise ConfigurationError([module.Problem("--report-dir", f"{directory} is taken")])

    monkeypatch.setattr(module, "take", taken)
    assert (one.begin().report_dir, one.plan.report_dir) == ("", "reports")
    assert "reports is taken" in caplog.text


def test_thresholds_and_figures_that_start_again():
    """A command line whose figures would be judged twice is refused with 104."""
    plan = Plan("feed", thresholds=(object(),))
    one = prepared(plan, host=LOCAL)
    one.environment.reset_stats = True
    with pytest.raises(ConfigurationError, match="judge the whole run"):
        one._check(plan, one._horizon(plan, None))
    one.environment.reset_stats = False
    one._check(plan, one._horizon(plan, None))
    assert one.checks == []


@pytest.mark.parametrize("found, refused", [(Found.FINE, False), (Found.WRONG, True)])
def test_the_checklist_is_shown(monkeypatch, capsys, found, refused):
    """Before the run, whatever stands on it; what is wrong keeps the run from starting."""
    checks = [Check(found, "the kill switch allows it")]
    monkeypatch.setattr(module, "take_stock", lambda *_: checks)
    one = prepared(host=LOCAL)
    if refused:
        with pytest.raises(ConfigurationError, match="no user was started"):
            one._check(one.plan, one._horizon(one.plan, None))
    else:
        one._check(one.plan, one._horizon(one.plan, None))
    said = capsys.readouterr().out
    assert said.startswith("checklist\n")
    assert "the kill switch allows it" in said
    assert one.checks == checks


def test_the_test_follows_the_plan(tmp_path):
    """Its shape is that of the plan from the beginning, and the locustfile's own where the plan has none."""
    file = tmp_path / "feed.yml"
    file.write_text("shape: smoke\nshapes: {smoke: {users: 5, duration: 60s}}\n", "utf-8")
    one = prepared(make_plan(CommandLine(file=str(file))), host=LOCAL)
    assert one.environment.shape_class is None
    one.prepare()
    assert isinstance(one.environment.shape_class, PlannedShape)
    assert one.environment.shape_class.runner is one.environment.runner
    assert one.plan.schedule.duration == 60.0
    one._adopt(Plan("feed"))
    assert (one.environment.shape_class, one.plan.name) == (None, "feed")


def test_the_token_of_a_scrape_is_looked_at_before_the_run(monkeypatch, capsys):
    """A form, or a script, may bring a configuration that nobody has checked."""
    monkeypatch.delenv("SCRAPE_TOKEN", raising=False)
    config = Config.model_validate({"export": {"prometheus": {"token_env": "SCRAPE_TOKEN"}}})
    with pytest.raises(SystemExit) as caught:
        prepared(Plan("feed", config, host=LOCAL), headless=True).prepare()
    assert caught.value.code == 104
    assert "export.prometheus.token_env: $SCRAPE_TOKEN is not set" in capsys.readouterr().err


PROBED = [
    pytest.param(
        {"api": {"url": "https://shop.example.com/metrics"}}, {}, "probes.api.url", id="production that is not declared"
    ),
    pytest.param(
        {"api": {"url": LOCAL + "/m", "headers_env": "PROBE_KEY"}}, {}, "probes.api.headers_env", id="no header"
    ),
    pytest.param(
        {"api": {"url": LOCAL + "/m", "headers_env": "PROBE_KEY"}}, {"PROBE_KEY": "X-Key: 1"}, "", id="a header"
    ),
    pytest.param({"api": {"url": "{host}/metrics"}}, {}, "", id="the host under test"),
]


@pytest.mark.parametrize("probes, variables, path", PROBED)
def test_probes_are_looked_at_before_the_run(probes, variables, path, monkeypatch, capsys):
    """By the command line and by the form alike; on a worker, which has none, nobody looks."""
    monkeypatch.delenv("PROBE_KEY", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    plan = Plan("feed", Config.model_validate({"probes": probes}), host=LOCAL)
    one = prepared(plan, headless=True)
    if not path:
        one.prepare()
        return
    with pytest.raises(SystemExit) as caught:
        one.prepare()
    assert caught.value.code == 104
    assert path in capsys.readouterr().err

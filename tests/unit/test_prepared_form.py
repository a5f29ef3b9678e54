"""What the form of the web UI asks for, from its fields to the run that it begins; and hosts that came late."""

import logging

import pytest
from locust import FastHttpUser, HttpUser
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events

from locust_ext.config.changes import Changes
from locust_ext.config.command_line import CommandLine
from locust_ext.config.edits import Edits
from locust_ext.config.plan import Plan, make_plan
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.shapes import PlannedShape, TrafficShape
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam
from locust_ext.run import preparation as module
from locust_ext.run.preparation import Preparation
from locust_ext.text.problems import ConfigurationError, Problem

LOCAL, OTHER = "http://127.0.0.1:8000", "http://10.0.0.9:8000"
CONFIG = "shape: smoke\nshapes: {smoke: {users: 5, duration: 60s}, load: {kind: soak, users: 50, hold: 2h}}\n"


class Plain(HttpUser):
    """Has no host."""

    abstract = True


class Own:
    """A shape of the locustfile's own, which is none of ours."""


@pytest.fixture
def form(tmp_path, monkeypatch):
    """Return the preparation of a process with a web UI, and what became of its report directories."""
    file = tmp_path / "feed.yml"
    file.write_text(CONFIG, "utf-8")
    command_line = CommandLine(file=str(file))
    environment = Environment(user_classes=[Plain], events=Events(), host=LOCAL)
    environment.available_user_classes = {"Plain": Plain}
    environment.parsed_options = get_parser().parse_args([])
    for name, value in {"headless": False, "autostart": False, "host": LOCAL, "run_time": 7}.items():
        setattr(environment.parsed_options, name, value)
    environment.create_local_runner()
    arrivals = ArrivalsOnDemand(environment, Recorder(), TaskSeam())
    one = Preparation(environment, make_plan(command_line), command_line, arrivals)
    one.directories = []
    monkeypatch.setattr(module, "take", lambda directory: one.directories.append(("take", directory)))
    monkeypatch.setattr(module, "mark", lambda plan: one.directories.append(("mark", plan.shape)))
    yield one
    one._end_quiet()


def entered(**fields):
    """Return a form's fields."""
    return {"user_count": "5", "spawn_rate": "5", "host": LOCAL, **fields}


FORMS = [
    pytest.param({}, "smoke", 60.0, id="as the configuration says"),
    pytest.param({"shape": "load"}, "load", None, id="another shape"),
    pytest.param({"shape_params": "duration=30s"}, "smoke", 30.0, id="with a parameter"),
    pytest.param({"time_scale": "0.5"}, "smoke", 30.0, id="twice as fast"),
    pytest.param({"shape": "load", "shape_params": "hold=10m"}, "load", None, id="another one with a parameter"),
]


@pytest.mark.parametrize("fields, shape, seconds", FORMS)
def test_the_load_of_a_form(form, fields, shape, seconds):
    """Is the next run's, whose directory is taken first and marked when it may begin."""
    form.prepare_form(entered(**fields))
    assert form.plan.shape == shape
    assert seconds in (None, form.plan.schedule.duration)
    assert form.directories == [("take", form.plan.report_dir), ("mark", shape)]
    assert form.environment.shape_class.runner is form.environment.runner


def test_the_client_of_a_form(form):
    """Is the next run's; a form that does not say leaves the command line's, and nobody but FastHttpUsers can be lean."""
    with pytest.raises(ConfigurationError, match=r"form: Client: no user class is a FastHttpUser"):
        form.prepare_form(entered(client="lean"))
    with pytest.raises(ConfigurationError, match=r"form: Client: there is no client 'leen'; did you mean 'lean'\?"):
        form.prepare_form(entered(client="leen"))
    form.environment.user_classes = [type("Fast", (FastHttpUser,), {"abstract": True})]
    for fields, client in (({"client": "lean"}, "lean"), ({"client": ""}, "as_written"), ({}, "as_written")):
        form.prepare_form(entered(**fields))
        assert form.plan.config.client == client


@pytest.mark.parametrize("fields, run_time", [({}, 7), ({"run_time": "1m"}, 60.0)])
def test_the_run_time_of_a_form(form, fields, run_time):
    """That of an older one is none of this run."""
    form.prepare_form(entered(run_time="3m"))
    form.environment.parsed_options.run_time = 7
    form.prepare_form(entered(**fields))
    assert form.environment.parsed_options.run_time == run_time


def test_a_form_may_name_no_file(form):
    """Whoever fills it in is not on this machine."""
    before = form.plan
    with pytest.raises(ConfigurationError, match="name a file in the configuration or on the command line, not in"):
        form.prepare_form(entered(shape_params="file=/etc/passwd"))
    assert (form.plan, form.directories) == (before, [])


def test_a_file_that_the_command_line_names(form, tmp_path):
    """The form that Locust fills in with it is no attempt of anybody's."""
    (tmp_path / "day.csv").write_text("0,1\n60,5\n", "utf-8")
    params = f"file={tmp_path / 'day.csv'}"
    form._command_line = CommandLine(file=form._command_line.file, shape="replay", shape_params=params)
    form.prepare_form(entered(shape="replay", shape_params=params))
    assert form.plan.shape == "replay"
    with pytest.raises(ConfigurationError, match="not in the form"):
        form.prepare_form(entered(shape="replay", shape_params=f"{params},speed=2"))


def test_what_a_form_changes(form):
    """It is known of every form, Locust's own as well, until the next one."""
    form.prepare_form(entered())
    assert form.changes == Changes()
    form.prepare_form(entered(shape_params="duration=30s", host=OTHER))
    assert form.changes.said == ("duration 30s instead of 1m", "another host than the configured one")
    form.prepare_form(entered())
    assert form.changes == Changes()


def test_what_a_form_changes_where_the_file_is_no_run_any_more(form, tmp_path):
    """It is held against what was configured when the process began."""
    (tmp_path / "feed.yml").write_text(CONFIG.replace("shape: smoke", "arrivals: {users: 5}"), "utf-8")
    form.prepare_form(entered(shape="load"))
    assert form.changes.said == ("arrivals at the rate of load instead of smoke",)


def test_the_live_page_starts_and_edits_nothing_under_way(form):
    """A form of Locust's edits; ours is refused."""
    form.environment.runner.state = "running"
    with pytest.raises(ConfigurationError, match="a test is under way"):
        form.prepare_form(entered(), Edits())
    form.preview(entered(), Edits())
    form.prepare_form(entered())
    form.environment.runner.state = "ready"
    assert form.directories == []


def test_a_preview(form):
    """It is what the run would be, and leaves the next one as it was."""
    before = form.plan
    plan, horizon = form.preview(entered(shape="load"), Edits({"hold": "10m"}))
    assert (plan.profile.hold, horizon.schedule) == (600, plan.schedule)
    assert (form.plan, form.directories, form.changes) == (before, [], Changes())


def test_without_a_host(form, monkeypatch):
    """The live page says so at its field; Locust's own form is as before."""
    monkeypatch.setattr(module, "missing_hosts", lambda options, *_: [Problem("--host", f"none: {options.host}")])
    with pytest.raises(ConfigurationError, match="form: Host: none: None"):
        form.preview(entered(host=""), Edits())
    form.prepare_form(entered(host=""))
    assert form.directories


WRONG = [
    pytest.param({"shape": "smoky"}, "smoky", id="a shape that is not there"),
    pytest.param({"time_scale": "fast"}, "fast", id="a scale that is none"),
    pytest.param({"host": "nowhere at all"}, "nowhere at all", id="a host that is none"),
]


@pytest.mark.parametrize("fields, sentence", WRONG)
def test_a_form_that_is_wrong(form, fields, sentence):
    """Is refused with what is wrong with it, and the plan stays."""
    before = form.plan
    with pytest.raises(ConfigurationError, match=sentence):
        form.prepare_form(entered(**fields))
    assert (form.plan, form.directories) == (before, [])


def test_a_time_scale_that_would_do_nothing(form):
    """A shape of the locustfile's own keeps its own time."""
    form._command_line = CommandLine()
    form._own_shape = Own()
    with pytest.raises(ConfigurationError, match="Own of the locustfile keeps its own time"):
        form.prepare_form(entered(time_scale="0.5"))
    assert form.directories == []


def test_the_checklist_is_for_the_hosts_of_the_form(form, monkeypatch):
    """What is wrong there keeps the run from beginning, and its directory is not marked."""
    asked = []

    def problems(safety, hosts, now):
        asked.append(list(hosts))
        return [Problem("safety", "not there")]

    monkeypatch.setattr(module, "go_ahead_problems", problems)
    before = form.plan
    with pytest.raises(ConfigurationError, match="not there"):
        form.prepare_form(entered())
    assert asked[0] == [LOCAL]
    assert form.plan is before
    assert [what for what, _ in form.directories] == ["take"]


def test_a_host_that_nobody_has_named(form, monkeypatch):
    """What was entered is held against those that are named, and the names of synthetic traffic."""
    asked = []
    monkeypatch.setattr(module, "problems_entered", lambda *given: asked.append(given) or [])
    form.prepare_form(entered(host=OTHER))
    ((safety, hosts, named, classes, now),) = asked
    assert (list(hosts), named, classes) == ([OTHER], [LOCAL], [Plain])
    assert safety == form.plan.safety
    assert now.tzinfo is not None


def test_what_was_entered_is_refused(form, monkeypatch):
    """Where it may not be gone to."""
    monkeypatch.setattr(module, "problems_entered", lambda *_: [Problem("host", "not that one")])
    with pytest.raises(ConfigurationError, match="not that one"):
        form.prepare_form(entered(host=OTHER))
    with pytest.raises(ConfigurationError, match="not that one"):
        form.prepare_user({"user_class_name": "Plain", "host": OTHER})
    assert form.directories == []


LATE = [
    pytest.param(None, OTHER, [], {OTHER}, id="a listener gave it"),
    pytest.param(OTHER, OTHER, [], set(), id="the command line gave it"),
    pytest.param(None, None, [[{"user_class_name": "Plain", "host": LOCAL}]], {LOCAL}, id="for a class"),
    pytest.param(None, OTHER, [[{"user_class_name": "Plain", "host": LOCAL}]], {LOCAL, OTHER}, id="both"),
]


@pytest.mark.parametrize("option, host, config_users, late", LATE)
def test_hosts_that_came_late(form, option, host, config_users, late):
    """They were not known when the command line was checked; a script's own are no such hosts."""
    form.environment.parsed_options.host, form.environment.host = option, host
    form.environment.parsed_options.config_users = config_users
    form.prepare()
    assert form._late_hosts == late
    form.environment.locust_ext_attached = True
    form.environment.parsed_options.config_users = []
    form.prepare()
    assert form._late_hosts == frozenset()


def test_a_go_ahead_that_is_missing_for_a_late_host_only(form, monkeypatch):
    """Is not said before the run: it is ended when it starts; one that is missing for others too is said at once."""
    form._late_hosts = frozenset({OTHER})
    monkeypatch.setattr(
        module, "go_ahead_problems", lambda safety, hosts, now: [Problem("safety", f"no {host}") for host in hosts]
    )
    monkeypatch.setattr(module, "take_stock", lambda *_: pytest.fail("nobody may ask"))
    horizon = form._horizon(form.plan, None)
    form._check(form.plan, horizon, [OTHER])
    with pytest.raises(ConfigurationError, match=f"no {LOCAL}"):
        form._check(form.plan, horizon, [OTHER, LOCAL])
    monkeypatch.setattr(module, "go_ahead_problems", lambda *_: [])
    monkeypatch.setattr(module, "take_stock", lambda *given: [])
    form._check(form.plan, horizon, [OTHER])
    assert form.checks == []


def test_the_hosts_that_are_checked(form, monkeypatch):
    """Those of the environment, where no others are given."""
    asked = []
    monkeypatch.setattr(module, "take_stock", lambda safety, hosts, now: asked.append(list(hosts)) or [])
    form._check(form.plan, form._horizon(form.plan, None))
    form._check(form.plan, form._horizon(form.plan, None), [OTHER])
    form._check(form.plan, form._horizon(form.plan, None), [])
    assert asked == [[LOCAL], [OTHER], []]


@pytest.mark.parametrize(
    "options, attached, checks",
    [({}, False, False), ({"headless": True}, False, True), ({"autostart": True}, False, True), ({}, True, True)],
    ids=["a form is still to come", "headless", "by itself", "a script"],
)
def test_when_a_run_is_checked(form, options, attached, checks):
    """Before it begins, where nobody can choose another load."""
    for name, value in options.items():
        setattr(form.environment.parsed_options, name, value)
    form.environment.locust_ext_attached = attached
    form.prepare()
    assert form.directories == ([("take", form.plan.report_dir), ("mark", "smoke")] if checks else [])


def test_a_run_that_must_not_begin(form, monkeypatch, capsys):
    """Ends the process with 104, and leaves no demo target behind."""
    ended = []
    form.environment.parsed_options.headless = True
    monkeypatch.setattr(module, "never", lambda *_: [Problem("shape", "it never ends")])
    monkeypatch.setattr(form, "end", lambda: ended.append(True))
    with pytest.raises(SystemExit) as caught:
        form.prepare()
    assert caught.value.code == 104
    assert "it never ends" in "".join(capsys.readouterr())
    assert ended == [True]


def test_what_is_not_sure_is_said(form, monkeypatch, caplog):
    """As a warning, and with a web UI that it would never work, too: the form may choose another load."""
    monkeypatch.setattr(module, "unsure", lambda *_: ["nobody knows"])
    monkeypatch.setattr(module, "never", lambda *_: ["it never does"])
    form.prepare()
    assert [record.getMessage() for record in caplog.records] == ["it never does", "nobody knows"]


def test_locust_s_log_while_a_shape_of_ours_runs(form, caplog, monkeypatch):
    """Says nothing of each tick; it does of everything else, and of ticks where no shape of ours runs, or any more."""
    log = logging.getLogger("locust.runners")
    monkeypatch.setattr(log, "filters", [])
    said = ["Shape test updating to 5 users", "Ramping to 5 users", "All users spawned", "Sending spawn jobs"]
    form.prepare()
    with caplog.at_level(logging.INFO):
        for line in (*said, "Spawning is complete and report", "Your selected spawn rate is very high", "Worker left"):
            log.info(line)
        assert [record.getMessage() for record in caplog.records] == ["Worker left"]
        ours = form.plan
        form._adopt(Plan("feed"))
        log.info("Ramping to 5 users")
        form._adopt(ours)
        log.info("Ramping to 5 users")
        form.end()
        log.info("Ramping to 6 users")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["Worker left", "Ramping to 5 users", "Ramping to 6 users"]


OPEN = "arrivals: {rate: 5/s, users: 5, duration: 60s}\n"
NAMED = (
    "scenarios:\n  one: {arrivals: {rate: 5/s, users: 5, duration: 60s}, users: [Plain]}\n"
    "  two: {shape: smoke, users: [Plain]}\n"
)


@pytest.mark.parametrize("text", [OPEN, NAMED], ids=["an open load", "scenarios"])
def test_loads_of_their_own(form, tmp_path, text):
    """Their users are made by a dispatcher of ours, under a shape that follows them; a load of users has neither."""
    (tmp_path / "feed.yml").write_text(text, "utf-8")
    environment, before = form.environment, form.environment.dispatcher_class
    form.prepare_form(entered())
    assert form.plan.scenarios
    assert isinstance(environment.shape_class, TrafficShape)
    assert environment.shape_class.runner is environment.runner
    assert environment.dispatcher_class is not before
    assert form.has_arrivals
    (tmp_path / "feed.yml").write_text(CONFIG, "utf-8")
    form.prepare_form(entered())
    assert isinstance(environment.shape_class, PlannedShape)
    assert environment.dispatcher_class is before
    assert not form.has_arrivals

"""What is checked of a locustfile's classes before anything is sent: what they cannot do, and what they would need."""

import sys
from argparse import Namespace
from types import ModuleType

import pytest
from locust import FastHttpUser, HttpUser, LoadTestShape, User, constant, constant_throughput, task

from locust_ext import CacheStampedeUser, LeanHttpUser, ReadYourWritesUser, ReconnectStormUser, WebSocketUser
from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import Plan, make_plan
from locust_ext.config.schema import Config
from locust_ext.load.pieces import Line
from locust_ext.load.schedule import Schedule
from locust_ext.load.shapes import ScheduleShape, SmokeShape
from locust_ext.run import preflight as module
from locust_ext.run.preflight import check_users, checked_plan, missing_hosts, starts_anything, user_problems
from locust_ext.text.problems import ConfigurationError, Problem

LOCAL = "http://127.0.0.1:8000"


class Reader(HttpUser):
    """Reads over HTTP."""

    abstract = True
    host = LOCAL


class Fast(FastHttpUser):
    """Reads faster."""

    abstract = True
    host = LOCAL


class Lean(LeanHttpUser):
    """Reads at a third of its cost."""

    abstract = True
    host = LOCAL


class Plain(User):
    """Does what it likes."""

    abstract = True


class Stormy(ReconnectStormUser, HttpUser):
    """Drops and comes back."""

    abstract = True
    host = LOCAL


class Hot(CacheStampedeUser):
    """Waits for a key."""

    abstract = True
    host = LOCAL


class Poster(ReadYourWritesUser, HttpUser):
    """Writes, and looks for it."""

    abstract = True
    host = LOCAL

    def write(self):
        """Write."""

    def read(self, key):
        """Read."""


def options(**given):
    """Return what was parsed of a headless command line."""
    ours = {
        "headless": True, "autostart": False, "host": None, "config_users": None, "user_classes": [], "run_time": 60,
        "reset_stats": False, "list_commands": False, "show_task_ratio": False, "show_task_ratio_json": False,
    }  # fmt: skip
    return Namespace(**{**ours, **given})


@pytest.fixture
def locustfile(monkeypatch):
    """Make a module that Locust has imported; return its file."""

    def make(*items, stem="a_team_s"):
        module = ModuleType(stem)
        for item in items:
            copy = type(item.__name__, (item,), {"abstract": False, "tasks": [print], "__module__": stem})
            setattr(module, item.__name__, copy)
        monkeypatch.setitem(sys.modules, stem, module)
        return [f"/there/{stem}.py"]

    return make


def plan_of(tmp_path, text):
    """Return the plan of a configuration."""
    file = tmp_path / "feed.yml"
    file.write_text(text, "utf-8")
    return make_plan(CommandLine(file=str(file)))


CANNOT = [
    pytest.param("storm: {users: [Reeder], drop: 50%}", [Reader, Stormy], "storm.users: there is no user class 'Reeder'; did you mean 'Reader'?", id="nobody of that name drops"),
    pytest.param("storm: {users: [Plain], drop: 50%}", [Plain], "storm.users: Plain has no connection that could drop: give it connect() and disconnect(), or use WebSocketUser", id="one without a connection"),
    pytest.param("storm: {drop: 50%}", [Plain], "storm.users: no user class is a ReconnectStormUser; name those that drop, such as storm: {users: [Plain]}", id="nobody drops"),
    pytest.param("storm: {drop: 50%}", [Stormy], "", id="somebody drops"),
    pytest.param("storm: {users: [Reader], drop: 50%}", [Reader], "", id="one over HTTP can drop"),
    pytest.param("storm: {drop: 50%}", [], "", id="there are no classes to say"),
    pytest.param("retry: {users: [Nobody]}", [Reader], "retry.users: there is no user class 'Nobody'; there are Reader", id="nobody of that name retries"),
    pytest.param("retry: {users: [Plain]}", [Plain], "retry.users: Plain is neither an HttpUser nor a FastHttpUser: its requests cannot be repeated", id="one that sends nothing"),
    pytest.param("retry: {users: [Reader]}", [Reader], "", id="one that can repeat"),
    pytest.param("stampede: {at: 5s}", [Reader], "stampede: no user class is a CacheStampedeUser, so that nobody waits for the release", id="nobody waits"),
    pytest.param("stampede: {at: 5s}", [Hot], "", id="somebody waits"),
    pytest.param("stampede: {at: 5s}", [], "", id="no classes to wait"),
    pytest.param("client: lean", [Reader, Plain], "client: no user class is a FastHttpUser, so nothing would be measured with it; leave it out", id="nobody can be lean"),
    pytest.param("client: lean", [Reader, Fast], "", id="one of two can be lean"),
    pytest.param("client: lean", [Lean], "", id="one that is lean anyway"),
    pytest.param("client: as_written", [Reader], "", id="as written"),
]  # fmt: skip


@pytest.mark.parametrize("text, classes, why", CANNOT)
def test_what_classes_cannot_do(locustfile, tmp_path, text, classes, why):
    """Is a mistake, with the way out of it; without a locustfile nobody knows its classes."""
    plan, files = plan_of(tmp_path, text), locustfile(*classes)
    found = [f"{each.path}: {each.message}" for each in user_problems(options(), plan, files)]
    assert found == ([why] if why else [])
    assert all(each.source == plan.source for each in user_problems(options(), plan, files))
    assert user_problems(options(), plan, []) == []


def test_classes_that_do_not_say_what_they_read(locustfile, tmp_path):
    """Each is told with all that is wrong with it; others and those of the kind that are right are no problem."""
    plan = plan_of(tmp_path, "name: x\n")
    assert user_problems(options(), plan, locustfile(Poster, Reader)) == []
    half = type("Half", (ReadYourWritesUser, HttpUser), {"abstract": True, "host": LOCAL, "read_pause": "soon"})
    found = [problem.path for problem in user_problems(options(), plan, locustfile(Poster, half, Reader))]
    assert found == ["Half.write", "Half.read", "Half.read_pause"]


def test_scenarios_of_nobody(locustfile, tmp_path):
    """Each name is held against the classes that there are."""
    plan = plan_of(
        tmp_path,
        "scenarios: {one: {arrivals: {rate: 5/s, users: 5, duration: 1m}, users: [Reader, Writer]}}\n",
    )
    (problem,) = user_problems(options(), plan, locustfile(Reader))
    assert (problem.path, problem.message) == (
        "scenarios.one.users",
        "there is no user class 'Writer'; there are Reader",
    )


HOSTS = [
    pytest.param([HttpUser], {}, True, id="over HTTP"),
    pytest.param([FastHttpUser], {}, True, id="over HTTP, fast"),
    pytest.param([WebSocketUser], {}, True, id="over a WebSocket"),
    pytest.param([User], {}, False, id="nobody needs one"),
    pytest.param([HttpUser], {"host": LOCAL}, False, id="the command line has one"),
    pytest.param([HttpUser], {"headless": False}, False, id="the form may have one"),
    pytest.param([Reader], {}, False, id="the class has one"),
    pytest.param([HttpUser, Reader], {"user_classes": ["Reader"]}, False, id="the one without does not run"),
    pytest.param([HttpUser, Reader], {"user_classes": ["HttpUser"]}, True, id="the one without runs"),
]


@pytest.mark.parametrize("classes, given, is_missing", HOSTS)
def test_who_needs_a_host(locustfile, classes, given, is_missing):
    """Before a headless run, of those that will run."""
    found = user_problems(options(**given), Plan("feed"), locustfile(*classes))
    assert [each.path for each in found] == ["--host"] * is_missing


def test_a_host_that_is_missing_is_told_beforehand(locustfile):
    """As it would be in a headless run, whatever this one is."""
    files = locustfile(HttpUser)
    (problem,) = missing_hosts(options(headless=False), Plan("feed"), files)
    assert problem.message == "HttpUser has no host; give it with --host, BASE_URL or host: in the configuration"
    assert missing_hosts(options(host=LOCAL), Plan("feed"), files) == []


def test_a_host_that_is_none(locustfile):
    """Is said, of the command line's."""
    (problem,) = user_problems(options(host="shop"), Plan("feed"), locustfile(Reader))
    assert problem.path == "--host"
    assert "'shop'" in problem.message


class Theirs(LoadTestShape):
    """A shape that keeps its own time."""

    def tick(self):
        """Go on."""
        return (1, 1)


class Timed(ScheduleShape):
    """A shape that follows a schedule in code."""

    schedule = Schedule((Line("steady", 10.0, 1.0, 1.0),))


def test_the_shape_of_a_locustfile(locustfile):
    """The first one that Locust would take."""
    files = locustfile(Reader)
    assert module._shape_of(files) is None
    sys.modules["a_team_s"].Theirs = Theirs
    sys.modules["a_team_s"].Timed = Timed
    assert module._shape_of(files) is Theirs
    found = user_problems(options(), Plan("feed", time_scale=2.0), files)
    assert [each.path for each in found] == ["--time-scale"]


def test_which_modules_are_a_locustfile_s(locustfile, monkeypatch):
    """Those of their stems; ``locust.py`` is imported under another one, and what was not imported is nobody's."""
    files = locustfile(Reader)
    monkeypatch.setitem(sys.modules, "locustfile", ModuleType("locustfile"))
    found = module._modules_of([*files, "/x/locust.py", "/x/never_imported_at_all.py"])
    assert found == [sys.modules["a_team_s"], sys.modules["locustfile"]]
    assert list(module._users_of(files)) == ["Reader"]


STARTS = [
    pytest.param({}, True, id="a headless run"),
    pytest.param({"headless": False, "autostart": True}, True, id="by itself"),
    pytest.param({"headless": False}, False, id="a form is still to come"),
]


@pytest.mark.parametrize("given, starts", STARTS)
def test_what_is_known_to_be_wrong_when_a_run_starts(locustfile, monkeypatch, given, starts):
    """That it never works, that its figures would start again, and that its hosts have no go-ahead."""
    asked = []

    def go_ahead(safety, hosts, now):
        asked.append((safety, hosts, now.tzinfo is not None))
        return [Problem("safety", "no go-ahead")]

    monkeypatch.setattr(module, "never", lambda plan, horizon: [Problem("shape", "never")])
    monkeypatch.setattr(module, "go_ahead_problems", go_ahead)
    plan, files = Plan("feed", thresholds=(1,)), locustfile(Reader)
    if not starts:
        check_users(options(reset_stats=True, **given), plan, files)
        assert asked == []
        return
    with pytest.raises(ConfigurationError) as caught:
        check_users(options(reset_stats=True, **given), plan, files)
    assert [each.path for each in caught.value.problems] == ["shape", "--reset-stats", "safety"]
    assert asked == [(plan.safety, [LOCAL], True)]
    monkeypatch.setattr(module, "never", lambda plan, horizon: [])
    monkeypatch.setattr(module, "go_ahead_problems", lambda *_: [])
    check_users(options(**given), plan, files)


def test_probes_are_looked_at_with_the_rest(locustfile, monkeypatch):
    """What is known before there is a host: an address that is written, and headers."""
    monkeypatch.delenv("PROBE_KEY", raising=False)
    probes = {
        "api": {"url": "{host}/metrics", "headers_env": "PROBE_KEY"},
        "shop": {"url": "https://shop.example.com/metrics"},
    }
    plan, files = Plan("feed", Config.model_validate({"probes": probes})), locustfile(Reader)
    with pytest.raises(ConfigurationError) as caught:
        check_users(options(), plan, files)
    assert {each.path for each in caught.value.problems} == {"probes.shop.url", "probes.api.headers_env"}
    check_users(options(headless=False), plan, files)


def test_the_token_of_a_scrape_is_looked_at_however_a_test_begins(locustfile, monkeypatch):
    """The web UI can be scraped before any test; a sentence names the variable, and never what it holds."""
    monkeypatch.setenv("SCRAPE_TOKEN", "two\nlines")
    config = Config.model_validate({"export": {"prometheus": {"token_env": "SCRAPE_TOKEN"}}})
    plan, files = Plan("feed", config), locustfile(Reader)
    for headless in (True, False):
        with pytest.raises(ConfigurationError) as caught:
            check_users(options(headless=headless), plan, files)
        (problem,) = caught.value.problems
        assert (problem.path, problem.message) == (
            "export.prometheus.token_env",
            "$SCRAPE_TOKEN holds what cannot stand in a header",
        )
    monkeypatch.setenv("SCRAPE_TOKEN", "abc")
    check_users(options(), plan, files)


@pytest.mark.parametrize("name", ["list_commands", "show_task_ratio", "show_task_ratio_json"])
def test_what_only_prints(name):
    """Needs nothing to be right."""
    assert starts_anything(options())
    assert not starts_anything(options(**{name: True}))


def test_the_phases_of_shapes_in_code(monkeypatch):
    """Of all that can run, and of those that inherit from them, too."""

    class Base(SmokeShape):
        abstract = True

    class First(SmokeShape):
        pass

    class Deep(First):
        pass

    class Named:
        abstract = True

        @classmethod
        def __subclasses__(cls):
            return [Base, First]

    for one, names in ((First, ("a", "b")), (Deep, ("b", "c"))):
        lines = tuple(Line(name, 10.0, 1.0, 1.0) for name in names)
        monkeypatch.setattr(one, "schedule", Schedule(lines))
    assert module._phases_in_code(Named) == {"a", "b", "c"}


def test_user_classes_that_are_open(monkeypatch):
    """A wait time that is a rate makes an open load, wherever the class stands."""

    class Root:
        pass

    class Middle(Root):
        wait_time = constant(1)

    assert not module._opens_in_code(Root)

    class Open(Middle):
        wait_time = constant_throughput(1)

        @task
        def nothing(self):
            """Do nothing."""

    monkeypatch.setattr(module, "rates_of", lambda users: [user for user in users if user is Open])
    assert module._opens_in_code(Root)


SECRETS = [
    pytest.param("{token_env: BAD_TOKEN}", ["tenant.token_env"], id="a token"),
    pytest.param("{token_env: BAD_TOKEN, key_env: BAD_KEY}", ["tenant.token_env", "tenant.key_env"], id="both"),
    pytest.param("{header: X-Test}", [], id="none is needed"),
]


@pytest.mark.parametrize("tenant, paths", SECRETS)
def test_secrets_that_cannot_be_used(tmp_path, monkeypatch, tenant, paths):
    """Are known before a run, by what names them."""
    monkeypatch.setenv("BAD_TOKEN", "schön")
    monkeypatch.setenv("BAD_KEY", "no-key")
    file = tmp_path / "feed.yml"
    file.write_text(f"tenant: {tenant}\n", "utf-8")
    command_line = CommandLine(file=str(file))
    if not paths:
        assert checked_plan(command_line).tenant is not None
        return
    with pytest.raises(ConfigurationError) as caught:
        checked_plan(command_line)
    assert [each.path for each in caught.value.problems] == paths
    assert {each.source for each in caught.value.problems} == {str(file)}

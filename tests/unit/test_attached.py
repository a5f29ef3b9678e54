"""What stands at the beginning of a process: a script's ``attach``, a locustfile's ``install``, and taking charge."""

import gc
import logging

import gevent
import pytest
from locust import User, constant, task
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events

from locust_ext import plugin
from locust_ext.measure.metrics import DECLARED
from locust_ext.plugin import Installation, attach
from locust_ext.safety.coordinator import SafetyCoordinator
from tests.pair import TO_MASTER, pair


class Idle(User):
    """Does nothing."""

    wait_time = constant(0.01)

    @task
    def nothing(self):
        """Do nothing."""


@pytest.fixture
def environment():
    """Return one that a script has made, with a runner."""
    found = Environment(user_classes=[Idle], events=Events(), host="http://127.0.0.1:1")
    found.create_local_runner()
    yield found
    found.runner.quit()


def test_attach_without_a_runner():
    """Says what to do first."""
    with pytest.raises(RuntimeError, match=r"^create the runner first: environment\.create_local_runner\(\), then"):
        attach(Environment(user_classes=[Idle]))


@pytest.mark.parametrize("state", ["spawning", "running", "stopping", "cleanup"])
def test_attach_too_late(environment, state):
    """Requests that were not seen would be missing."""
    environment.runner.state = state
    with pytest.raises(RuntimeError, match=r"^the runner has started: call locust_ext\.attach\(\) before, so that"):
        attach(environment)
    environment.runner.state = "ready"


@pytest.mark.parametrize("state", ["ready", "stopped"])
def test_what_a_script_learns(environment, state):
    """Nothing before its run has ended; then the exit code, the summary, and the same from ``finish``."""
    environment.runner.state = state
    attached = attach(environment, name="nightly", thresholds={"iteration_errors": ["count<1"]})
    environment.runner.state = "ready"
    environment.process_exit_code = 7
    assert (attached.exit_code, attached.summary) == (None, {})
    environment.runner.start(1, 1)
    with gevent.Timeout(10):
        while not environment.runner.user_count:
            gevent.sleep(0.005)
    assert (attached.exit_code, attached.summary) == (None, {})
    code = attached.finish()
    assert environment.runner.state == "stopped"
    assert attached.summary["name"] == "nightly"
    assert "iteration_errors" in str(attached.summary["outcomes"])
    assert code == attached.summary["exit_code"] == attached.exit_code == environment.process_exit_code == 7
    assert DECLARED.recorder is None


def test_where_a_script_s_reports_go(environment, tmp_path):
    """Where it says, with what it says to compare with."""
    attached = attach(environment, report_dir=str(tmp_path / "out"), baseline=str(tmp_path / "before"))
    plan = attached._run.preparation.plan
    assert (plan.report_dir, plan.baseline) == (str(tmp_path / "out"), str(tmp_path / "before"))
    attached._run.let_go()


class Installed:
    """Stands in for what is registered with Locust, and counts it."""

    made = []

    def __init__(self):
        self.registered, self.planning = 0, plugin.Planning()
        self.made.append(self)

    def register(self):
        """Count it."""
        self.registered += 1


@pytest.fixture
def installed(monkeypatch):
    """Let nothing be installed yet."""
    monkeypatch.setattr(plugin, "Installation", Installed)
    monkeypatch.setattr(plugin, "_installed", [])
    monkeypatch.setattr(Installed, "made", [])
    return Installed.made


def test_a_second_install_names_a_configuration(installed):
    """It registers nothing; a file's first word is the one that counts, and nobody else can change it."""
    assert plugin.named() == {}
    plugin.install()
    assert plugin.named() == {}
    plugin.install("feed.yml")
    plugin.install("other.yml")
    assert plugin.named() == {__file__: "feed.yml"}
    plugin.named().clear()
    assert plugin.named() == {__file__: "feed.yml"}
    assert [one.registered for one in installed] == [1]


def test_each_locustfile_names_its_own(installed):
    """By the path of the file that calls."""
    for file in ("/a/feed.py", "/a/shop.py"):
        exec(compile(f"install({file!r})", file, "exec"), {"install": plugin.install})
    assert plugin.named() == {"/a/feed.py": "/a/feed.py", "/a/shop.py": "/a/shop.py"}


@pytest.fixture
def installation(monkeypatch):
    """Return this process's listeners, registered with nobody; what it reports is kept."""
    one = Installation()
    one.told = []
    monkeypatch.setattr(plugin, "report", lambda *given: one.told.append(given))
    yield one
    for run in one._runs.values():
        run.let_go()


def test_a_script_s_environment_is_taken_in(installation, environment):
    """It has the options of Locust's, and takes part; nothing is set aside, since a script may make many."""
    before = gc.get_freeze_count()
    installation.on_init(environment)
    (run,) = installation._runs.values()
    assert run.environment is environment
    assert run.is_a_script_s
    assert environment.parsed_options is not None
    assert gc.get_freeze_count() == before
    assert installation.told == []
    assert gc.isenabled()


def test_the_environment_of_locust_s_main(installation, environment, monkeypatch, caplog):
    """Is planned already; what is there is set aside, and it is said which options have another name."""
    aside = []
    monkeypatch.setattr(plugin, "set_aside", lambda: aside.append(gc.isenabled()))
    environment.locust_ext_attached = True
    installation.planning.is_mains, installation.planning.taken = True, ["shape"]
    environment.parsed_options = get_parser().parse_args([])
    with caplog.at_level(logging.WARNING):
        installation.on_init(environment)
    assert aside == [False]
    assert [record.getMessage() for record in caplog.records if record.name == "locust_ext.plugin"] == [
        plugin.other_name("shape")
    ]


def test_one_user_to_debug(installation):
    """There is nothing to judge; metrics of the locustfile have somebody who hears them."""
    found = Environment(user_classes=[Idle], events=Events())
    installation.on_init(found)
    assert installation._runs == {}
    assert DECLARED.recorder is not None
    DECLARED.forget(DECLARED.recorder)


LOCKED = [
    pytest.param({}, 111, id="nothing to keep"),
    pytest.param({"safety": {"kill_switch": {"file": "flags.json"}}}, 108, id="a kill switch"),
]


@pytest.mark.parametrize("config, code", LOCKED)
def test_a_process_that_cannot_be_taken_charge_of(installation, environment, monkeypatch, config, code):
    """Has no run: it ends, for safety where something had to stand, and else as one that proves nothing."""
    monkeypatch.setattr(plugin, "take_part", lambda *_: 1 / 0)
    monkeypatch.setattr(SafetyCoordinator, "locks", staticmethod(lambda intent: bool(config)))
    with pytest.raises(SystemExit) as caught:
        installation.on_init(environment)
    assert caught.value.code == code
    ((where, error, stake),) = installation.told
    assert (where, type(error), stake) == (
        "locust_ext's listener of init", ZeroDivisionError, plugin.Stake.LOCK,
    )  # fmt: skip


def test_what_has_to_stand_is_asked_of_the_hosts(installation, environment, monkeypatch):
    """Of the environment, as they are."""
    asked = []
    monkeypatch.setattr(SafetyCoordinator, "locks", staticmethod(lambda intent: asked.append(intent.hosts)))
    assert installation._never_begin(environment) == 111
    assert asked == [("http://127.0.0.1:1",)]


def test_a_worker_that_cannot_be_taken_charge_of(installation, monkeypatch):
    """Tells its master, whose run ends for safety."""
    with pair(monkeypatch, [Idle]) as both:
        both.begin()
        assert installation._never_begin(both.worker) == 111
        both.wait(lambda: both.judge.controller.halted)
        assert "locust_ext.kill" in both.wire.kinds(TO_MASTER)
        assert "locust_ext could not take charge of a worker: its log says why" in both.judge.controller.halted
        both.end()


class Run:
    """Stands in for a process's part in a run."""

    def __init__(self):
        self.told = []

    def quitting(self):
        """Note it."""
        self.told.append("quitting")

    def close(self):
        """Note it."""
        self.told.append("close")

    def let_go(self):
        """Do nothing."""


def test_the_last_word(installation, environment):
    """The run of the environment that quits is judged; at the end all have their last word on the console."""
    ours, theirs = Run(), Run()
    installation._runs = {id(environment): ours, 1: theirs}
    installation.on_quitting(Environment(user_classes=[]))
    assert installation._exits.closing is False
    installation.on_quitting(environment)
    assert installation._exits.closing is True
    installation.on_quit()
    assert (ours.told, theirs.told) == (["quitting", "close"], ["close"])


def test_what_is_registered(installation, monkeypatch):
    """Listeners of Locust's events, each of the last ones after all others, and what is made of the streams and logs."""
    called, spoken = [], []
    for name in ("forgive", "veil_logs", "keep_names_whole"):
        monkeypatch.setattr(plugin, name, lambda name=name: called.append(name))
    monkeypatch.setattr(installation.planning, "open", lambda: called.append("planning"))
    monkeypatch.setattr(installation._exits, "open", lambda: called.append("exits"))
    monkeypatch.setattr(plugin, "events", Events())

    class Speaking:
        def __init__(self, hook, last, note):
            spoken.append((hook, last, note))

        def open(self):
            called.append("seam")

    monkeypatch.setattr(plugin, "speak_last", Speaking)
    installation.register()
    assert called == ["forgive", "veil_logs", "keep_names_whole", "planning", *["seam"] * 5, "exits"]
    events = plugin.events
    assert events.init._handlers == [installation.on_init]
    hooks = [events.init, events.test_stopping, events.test_stop, events.quitting, events.quit]
    assert [hook for hook, _, _ in spoken] == hooks
    assert {note for _, _, note in spoken} == {installation._exits.note}
    for _, last, _ in spoken:
        last(environment=Environment(user_classes=[]))
    assert installation.told == []

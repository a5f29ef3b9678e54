"""What a process's part in a run knows of itself: whether it is judged, wants a run, hurries, and what it ends with."""

import gevent
import pytest
from locust import User, constant, task
from locust.env import Environment
from locust.event import Events

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import Plan
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.reporting import Drain
from locust_ext.parts import take_part
from locust_ext.plugin import attach
from locust_ext.run import participation
from locust_ext.run.own_environment import take_in
from locust_ext.run.signals import Interruption
from tests.pair import TO_MASTER, pair


class Idle(User):
    """Does nothing."""

    wait_time = constant(0.01)

    @task
    def nothing(self):
        """Do nothing."""


@pytest.fixture
def part():
    """Return a process's part in the runs of an environment that a script has made."""
    environment = Environment(user_classes=[Idle], events=Events(), host="http://127.0.0.1:1")
    environment.create_local_runner()
    found = attach(environment, thresholds={"iteration_errors": ["count<1"]})._run
    yield found
    environment.locust_ext_attached = True
    found.let_go()
    environment.runner.quit()


def of_main(part, **options):
    """Have Locust's ``main`` run the environment, with these options."""
    part.environment.locust_ext_attached = False
    for name, value in options.items():
        setattr(part.environment.parsed_options, name, value)
    return part


def begun(part):
    """Begin a run, and wait until it has."""
    before = part.controller.run
    part.environment.runner.start(1, 1)
    with gevent.Timeout(10):
        while part.controller.run is before or not part.environment.runner.user_count:
            gevent.sleep(0.005)


def ended(part):
    """Make a run, and end it."""
    begun(part)
    part.environment.runner.stop()
    return part


WANTS = [
    pytest.param({}, False, id="with a web UI"),
    pytest.param({"headless": True}, True, id="headless"),
    pytest.param({"autostart": True}, True, id="by itself, with a web UI"),
]


@pytest.mark.parametrize("options, wants", WANTS)
def test_who_wants_a_run(part, options, wants):
    """A process that waits for somebody who starts one has nothing to make up for."""
    assert part._wants_run is part._is_expected is True
    of_main(part, **options)
    assert part._wants_run is wants
    assert part._is_expected is part._is_running() is wants


def test_a_run_is_judged_by_the_last_word(part):
    """Its end is not enough, where Locust's main asks for more; a script asks for itself."""
    of_main(part, headless=True)
    assert part.is_judged
    assert part.environment.runner.user_count == 0
    ended(part)
    assert not part.is_judged
    part.environment.locust_ext_attached = True
    assert part.is_judged
    part.environment.locust_ext_attached = False
    part.quitting()
    assert part.is_judged


def test_a_run_is_under_way_until_its_verdict(part):
    """One that has ended is not to begin again."""
    of_main(part, headless=True)
    begun(part)
    assert (part._is_expected, part._is_running()) == (False, True)
    part.environment.runner.stop()
    assert (part._is_expected, part._is_running()) == (False, False)


VERDICTS = [
    pytest.param(1, id="one that died"),
    pytest.param(None, id="one that ends as it likes"),
    pytest.param(0, id="one that ends well"),
]


@pytest.mark.parametrize("code", VERDICTS)
def test_the_last_word_of_a_process_that_made_no_run(part, code, capsys):
    """A run that never began is no pass, and the verdict is printed once."""
    of_main(part, headless=True)
    assert part.given is None
    ends = part.verdict(code, "it died of a bug")
    assert ends == part.given == part.result.verdict.exit_code
    assert ends not in (0, None)
    assert "no run began" in capsys.readouterr().out
    part.close()
    assert capsys.readouterr().out == ""


def test_a_process_that_waited_in_vain_has_no_verdict(part, capsys):
    """Nobody asked it for a run: it ends with what Locust ends with."""
    of_main(part)
    assert (part.verdict(7, "Locust itself set that"), part.result) == (7, None)
    assert capsys.readouterr().out == ""


def test_a_listener_of_quit_that_raises_changes_the_verdict(part):
    """What came after the judging is judged too."""
    of_main(part, headless=True)
    ended(part)
    part.quitting()
    before = part.result
    part.close()
    assert part.result is before
    part._user_code.raised(ValueError("too late"))
    part.close()
    assert "ValueError: too late" in str(part.result)
    assert part.result.verdict != before.verdict


def test_a_run_forgets_what_users_raised_before_it(part):
    """The second run of a process begins clean."""
    events = part.environment.events
    for _ in range(2):
        ended(part)
        assert part._user_code.count == 0
        events.user_error.fire(user_instance=None, exception=ValueError("a bug"), tb=None)
        assert part._user_code.count == 1


def test_an_error_of_a_user_is_measured(part):
    """Each counts as one."""
    part.environment.events.user_error.fire(user_instance=None, exception=ValueError("a bug"), tb=None)
    rows = [row for row in part.recorder.take() if row[0] == "iteration_errors"]
    assert [row[3][0] for row in rows] == [1]


@pytest.mark.parametrize(
    "count, hurry", [pytest.param(0, None, id="none"), pytest.param(1, 5.0, id="one"), pytest.param(2, 0.0, id="two")]
)
def test_how_long_requests_may_go_on(part, count, hurry):
    """A first signal leaves them a while, a second one nothing, and what ends a run for safety nothing either."""
    part._interruption.count = count
    assert part._hurry() == hurry
    assert part.graceful._hurry() == hurry
    part.safety.switch.pull("somebody has had enough")
    assert part._hurry() == 0.0


def test_who_may_end_the_process(part):
    """A script ends its own; Locust's main is ended, unless it ends by itself."""
    assert not part.leave()
    of_main(part, headless=True)
    part.environment.runner.state = "stopped"  # headless: it is about to end
    assert part.leave()
    part.environment.runner.state = "ready"


def test_an_open_load_has_waited_already(part):
    """Its requests had their time when its iterations had theirs."""
    begun(part)
    part._stopping()
    assert part.graceful.waits

    class Waited:
        has_waited = True

    part.environment.shape_class = Waited()
    part._stopping()
    assert not part.graceful.waits
    part.environment.shape_class = None


def test_the_verdict_is_printed_when_a_run_ends_with_a_web_ui(part, capsys):
    """Headless, the process ends with it, and prints it then."""
    of_main(part, headless=True)
    ended(part)
    assert "exit code" not in capsys.readouterr().out
    of_main(part, headless=False)
    ended(part)
    assert "exit code" in capsys.readouterr().out


def test_a_worker_s_own_words(monkeypatch):
    """Its code is 0 whatever happens, it is always judged, and one that was killed before a run tells the master."""
    with pair(monkeypatch, [Idle]) as both:
        worker = both.users
        assert worker.is_judged
        assert worker._is_expected
        assert worker.verdict(7, "it died") == 7
        departed = []
        worker.reports.depart = lambda: departed.append(True)
        worker.quitting()
        assert (worker.given, departed) == (0, [True])
        assert worker._was_killed() == ""
        worker.safety.stop_now("an operator")
        assert "an operator" in worker.safety.killed
        assert worker._was_killed() == f"was killed: {worker.safety.killed}"
        assert "locust_ext.kill" in both.wire.kinds(TO_MASTER)


@pytest.mark.parametrize("attached, sent", [(False, 1), (True, 0)], ids=["Locust's main", "a script"])
def test_who_closes_the_connection_of_a_worker(monkeypatch, attached, sent):
    """A script's process may go on, and say more: Locust's own word at ``quitting`` needs it."""
    closed = []
    monkeypatch.setattr(participation, "send_out", closed.append)
    with pair(monkeypatch, [Idle]) as both:
        worker = both.users
        worker.environment.locust_ext_attached = attached
        worker.close()
        assert closed == [worker.environment.runner] * sent
        worker.environment.locust_ext_attached = True


def test_orders_of_a_run_whose_predecessor_never_ended(monkeypatch):
    """The users of the one before are stopped first; the same orders again stop nobody."""
    with pair(monkeypatch, [Idle]) as both:
        worker, stops = both.users, []
        both.worker.runner.stop = lambda: stops.append(worker._following.run)
        worker.parts.follow = lambda told, run: None
        for run, stopped in (("a", []), ("a", []), ("b", ["a"]), ("b", ["a"])):
            assert worker._take_orders({"id": run, "host": f"http://{run}", "parts": {}}) == ""
            assert stops == stopped
            assert worker.environment.host == f"http://{run}"
        del both.worker.runner.stop


@pytest.mark.parametrize("attached, installed", [(False, [True]), (True, [])], ids=["Locust's main", "a script"])
def test_whose_signals_they_are(monkeypatch, attached, installed):
    """Those of a process that Locust's main runs are ours to hear, those of a script are its own."""
    found = []
    monkeypatch.setattr(Interruption, "install", lambda _: found.append(True))
    environment = Environment(user_classes=[Idle], events=Events(), host="http://127.0.0.1:1")
    environment.create_local_runner()
    take_in(environment)
    environment.locust_ext_attached = attached
    one = take_part(environment, Plan("feed"), CommandLine())
    environment.locust_ext_attached = True
    one.let_go()
    environment.runner.quit()
    assert found == installed


def test_what_a_process_begins_with(monkeypatch):
    """Its logs hide secrets, Locust's names are kept whole, and what users measure themselves is recorded."""
    called = []
    monkeypatch.setattr(participation, "veil_logs", lambda: called.append("logs"))
    monkeypatch.setattr(participation, "keep_names_whole", lambda: called.append("names"))
    install = participation.Hearing.install
    monkeypatch.setattr(participation.Hearing, "install", lambda one: called.append("hears") or install(one))
    environment = Environment(user_classes=[Idle], events=Events(), host="http://127.0.0.1:1")
    environment.create_local_runner()
    one = attach(environment)._run
    assert called == ["hears", "logs", "names"]
    assert DECLARED.recorder is one.recorder
    assert environment.events.request._handlers[0] == one.recorder.on_request
    one.let_go()
    assert DECLARED.recorder is None
    environment.runner.quit()


def test_a_process_without_a_word_on_how_it_runs(part, capsys):
    """Prints its verdict when its run ends, as one with a web UI does."""
    of_main(part)
    del part.environment.parsed_options.headless
    ended(part)
    assert "exit code" in capsys.readouterr().out
    part.environment.parsed_options.headless = False


def test_what_is_refused_where_runs_are_judged(part):
    """Puts the run in doubt, and says which worker sent it."""
    begun(part)
    part.inbox.refuse("w1", "odd", "it is none")
    run = part.controller.run
    assert "a odd message from worker w1 was refused: it is none" in run.problems(run.began)
    part.environment.runner.stop()


def test_what_a_worker_refuses(monkeypatch):
    """Is of its master, and told to that with the next report."""
    with pair(monkeypatch, [Idle]) as both:
        refused = []
        both.users.inbox._doubt = refused.append
        both.users.inbox.refuse("m1", "odd", "it is none")
        assert refused == ["a odd message from the master was refused: it is none"]


def test_a_worker_that_is_told_to_end(part, monkeypatch):
    """Lets no user start any more, lets those that are there leave as the master says, and tells what they did."""
    done = []
    monkeypatch.setattr(part._following, "shut", lambda run: done.append(("shut", run)))
    monkeypatch.setattr(part.graceful, "obey", lambda order: done.append(("obey", order.limit)))
    monkeypatch.setattr(part.reports, "drain", lambda run: done.append(("drain", run)))
    part._drain(Drain(run="r1", limit=3.0, waits=True))
    assert done == [("shut", "r1"), ("obey", 3.0), ("drain", "r1")]


@pytest.mark.parametrize("name", ["headless", "autostart"])
def test_a_process_that_was_told_nothing_of_how_it_runs(part, name):
    """Waits for somebody who starts a run, whichever of the two words is missing."""
    of_main(part)
    delattr(part.environment.parsed_options, name)
    assert not part._wants_run
    setattr(part.environment.parsed_options, name, False)

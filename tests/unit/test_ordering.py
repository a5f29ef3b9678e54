"""The master's side of orders: who gets a spawn message, who is waited for, and who is put out."""

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.process.orders import Follows
from locust_ext.run import ordering
from locust_ext.run.ordering import MUTE, ORDERS, Ordering, WorkerState


class Server:
    """What a master sends by; the seam stands at the class."""

    def __init__(self):
        self.sent = []

    def send_to_client(self, message):
        self.sent.append(message)


class Clock:
    """Seconds that a test moves."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """Return the clock of the orders."""
    monkeypatch.setattr(ordering, "monotonic", one := Clock())
    return one


@pytest.fixture
def runner():
    """Return a master with two workers; ``told`` lists who was sent what of ours."""
    told = []
    return SimpleNamespace(
        clients={name: SimpleNamespace(id=name, state="ready") for name in ("one", "two")},
        server=Server(),
        told=told,
        send_message=lambda kind, data, client_id: told.append((kind, client_id, data["id"])),
    )


@pytest.fixture
def refused():
    """Return the workers that were put out, each with the reason."""
    return []


@pytest.fixture
def orders(monkeypatch, runner, refused, clock):
    """Return orders that stand where the master sends."""
    monkeypatch.setattr(ordering.zmqrpc, "Server", Server)
    one = Ordering(runner, lambda worker, reason: refused.append((worker, reason)))
    one.install()
    yield one
    one.close()  # whoever still waits for answers waits no more
    one.let_go()


def spawn(worker, users=1):
    """Return a spawn message of Locust's."""
    return SimpleNamespace(type="spawn", node_id=worker, users=users)


def begin(orders, run="a"):
    """Give the orders of a run in a greenlet of its own, as far as the first wait."""
    giving = gevent.spawn(orders.give, run, lambda: {"id": run})
    gevent.sleep(0)
    return giving


def test_all_workers_are_asked_and_waited_for(orders, runner):
    """The run goes on when the last one has answered."""
    giving = begin(orders)
    assert runner.told == [(ORDERS, "one", "a"), (ORDERS, "two", "a")]
    orders.answer("one", Follows.of({"run": "a", "refused": ""}))
    assert not giving.ready()
    orders.answer("two", Follows.of({"run": "a", "refused": ""}))
    giving.join(timeout=5)
    assert giving.ready()
    assert orders.has_followers


SENT = [
    ("who follows", ["a follows"], [1]),
    ("who has not answered", [], []),
    ("who refuses", ["a refuses"], []),
    ("who answers for another run", ["z follows"], []),
    ("who refused, and changes his mind", ["a refuses", "a follows"], []),
    ("who follows, and changes his mind", ["a follows", "a refuses"], [1]),
]


@pytest.mark.parametrize("answers, sent", [row[1:] for row in SENT], ids=[row[0] for row in SENT])
def test_spawn_messages(orders, runner, answers, sent):
    """A worker gets users when it has said that it follows the run, and only then."""
    begin(orders)
    for answer in answers:
        run, how = answer.split()
        orders.answer("one", Follows.of({"run": run, "refused": "cannot" if how == "refuses" else "", "who": "vm"}))
    runner.server.send_to_client(spawn("one"))
    assert [message.users for message in runner.server.sent] == sent


def test_the_last_withheld_message_follows_the_answer(orders, runner):
    """Spawn messages say how many users there are to be: of those that wait the last one counts."""
    begin(orders)
    for users in (1, 2, 3):
        runner.server.send_to_client(spawn("one", users))
    assert runner.server.sent == []
    orders.answer("one", Follows.of({"run": "a"}))
    assert [message.users for message in runner.server.sent] == [3]


@pytest.mark.parametrize("when", ["before any run", "after it"])
def test_between_runs(orders, runner, when):
    """A master that goes on with its ramp reaches nobody; all else passes."""
    if when == "after it":
        begin(orders)
        orders.answer("one", Follows.of({"run": "a"}))
        orders.close()
    runner.server.send_to_client(spawn("one"))
    stop = SimpleNamespace(type="stop", node_id="one")
    runner.server.send_to_client(stop)
    assert runner.server.sent == [stop]


def test_another_master_of_this_process_is_left_alone(orders):
    """The seam stands at a class; what other servers send is none of its business."""
    other = Server()
    other.send_to_client(spawn("one"))
    assert len(other.sent) == 1


def test_a_refusal_names_the_process(orders, refused):
    """The verdict says which process it was, in its own words."""
    begin(orders)
    orders.answer(
        "one", Follows.of({"run": "a", "refused": "cannot follow the run's orders: no", "who": "vm, process 7"})
    )
    assert refused == [("one", "vm, process 7 cannot follow the run's orders: no")]


def test_who_never_answers_is_put_out(orders, refused, clock):
    """A worker without the pack is not waited for for ever."""
    giving = begin(orders)
    orders.answer("one", Follows.of({"run": "a"}))
    clock.now += 14.9
    orders.look()
    assert refused == []
    clock.now += 0.1
    giving.join(timeout=5)
    assert refused == [("two", f"worker two {MUTE}")]
    assert orders.has_followers


@pytest.mark.parametrize("waited, out", [(2.9, []), (3.0, ["one", "two"])])
def test_a_run_that_ends_meanwhile(orders, refused, clock, waited, out):
    """Who had the time to answer, and did not, is put out; who had just come is not."""
    begin(orders)
    clock.now += waited
    orders.close()
    assert [worker for worker, _ in refused] == out


def test_who_has_gone_is_waited_for_no_longer(orders, runner, refused, clock):
    """The verdict knows of lost workers by itself."""
    giving = begin(orders)
    orders.answer("one", Follows.of({"run": "a"}))
    runner.clients["two"].state = "missing"
    giving.join(timeout=5)
    assert giving.ready()
    assert refused == []


LATER = [
    ("its answer comes late", True, False, True, ["two"]),
    ("it had said that it hears us, and was gone when the run began", True, True, True, ["two"]),
    ("it never said that it hears us", False, True, False, []),
]


@pytest.mark.parametrize("hears, gone, asked, sent", [row[1:] for row in LATER], ids=[row[0] for row in LATER])
def test_who_stood_still(orders, runner, refused, clock, hears, gone, asked, sent):
    """A worker that stood still while the others were asked gets its users when it follows, and is not put out."""
    if hears:
        orders.greet("two")
    runner.clients["two"].state = "missing" if gone else "ready"
    giving = begin(orders)
    orders.answer("one", Follows.of({"run": "a"}))
    runner.clients["two"].state = "missing"
    giving.join(timeout=5)
    clock.now += 60
    runner.clients["two"].state = "running"
    runner.server.send_to_client(spawn("two"))
    orders.look()
    assert ([kind for kind, worker, _ in runner.told if worker == "two"] != [], refused) == (asked, [])
    if asked:
        orders.answer("two", Follows.of({"run": "a"}))
    assert [message.node_id for message in runner.server.sent] == sent


def test_who_joins_later_gets_orders_and_then_users(orders, runner):
    """Locust asks for users as soon as a worker is connected, which may be before it can hear us."""
    begin(orders)
    runner.server.send_to_client(spawn("three"))
    assert ("three" in {worker for _, worker, _ in runner.told}, runner.server.sent) == (False, [])
    orders.greet("three")
    assert runner.told[-1] == (ORDERS, "three", "a")
    followed = []
    orders.followed = lambda worker: followed.append((worker, len(runner.server.sent)))
    orders.answer("three", Follows.of({"run": "a"}))
    assert [message.node_id for message in runner.server.sent] == ["three"]
    assert followed == [("three", 0)], "what it must know of the run it is told before"


def test_a_greeting_is_answered_while_it_matters(orders, runner):
    """No orders before a run, none to who follows them already."""
    orders.greet("one")
    begin(orders)
    orders.answer("one", Follows.of({"run": "a"}))
    told = len(runner.told)
    orders.greet("one")
    orders.greet("two")
    assert (told, runner.told[told:]) == (2, [(ORDERS, "two", "a")])


def test_a_local_run_waits_for_nobody():
    """It is its own follower."""
    orders = Ordering(SimpleNamespace(), lambda *_: None)
    orders.install()
    orders.give("a", lambda: {"id": "a"})
    orders.look()
    orders.close()
    assert orders.has_followers


def test_nobody_follows(orders, refused):
    """All workers refused: there is nobody to have users."""
    begin(orders)
    for worker in ("one", "two"):
        orders.answer(worker, Follows.of({"run": "a", "refused": "cannot"}))
    assert not orders.has_followers
    assert set(orders._states.values()) == {WorkerState.OUT}


def test_a_wait_is_said_once(orders, clock, caplog):
    """When it lasts, and how many workers it is for."""
    caplog.set_level("INFO")
    giving = begin(orders)
    orders.answer("one", Follows.of({"run": "a"}))
    gevent.sleep(0.15)
    assert "waiting" not in caplog.text
    clock.now += 0.9
    gevent.sleep(0.15)
    assert "waiting" not in caplog.text
    clock.now += 0.1
    for _ in range(2):
        orders._heard.set()
        gevent.sleep(0.15)
    orders.answer("two", Follows.of({"run": "a"}))
    giving.join(timeout=5)
    said = [message for message in caplog.messages if message.startswith("waiting")]
    assert said == ["waiting up to 15 s for 1 worker to follow the run"]

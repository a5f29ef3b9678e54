"""What safety does at its edges: a token that would go elsewhere, a passage that is closed, what is never shown."""

from __future__ import annotations

import math
from types import SimpleNamespace

import gevent
import pytest
import requests
from gevent import GreenletExit
from locust import User
from locust.env import Environment
from locust.user.task import LOCUST_STATE_STOPPING

from locust_ext.clients.doors import DOORS
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.safety.admission import PAID, Admission
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.leases import Cap, Lender
from locust_ext.safety.messages import SafetyTold
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.outlet import MOST_KNOWN, Outlet
from locust_ext.safety.tenant import mark_for

STOCK = requests.Session.send
HOST, ELSEWHERE = "http://127.0.0.1:9", "http://10.0.0.9:80"
TOLD = {
    "tenant": None, "signed": False, "acks": False, "safety": {}, "named": (), "production": (),
    "secret_variables": (),
}  # fmt: skip


class Reader(User):
    """Reads on this machine."""

    abstract = True
    host = HOST


@pytest.fixture
def agent():
    """Return the agent of a process that judges."""
    environment = Environment(user_classes=[Reader], host=HOST)
    environment.runner = SimpleNamespace(state="running", send_message=lambda *_, **__: None)
    one = SafetyAgent(environment, Recorder(), lambda reason: None, DOORS)
    yield one
    one.let_go()


def follow(agent, **parts):
    """Let the process follow the rules of a run."""
    agent.follow(SafetyTold.model_validate({**TOLD, **parts}), "run-1")


def test_a_token_goes_only_where_somebody_named_the_host(agent, monkeypatch):
    """A run that would carry it elsewhere is not followed, and its doors stay closed."""
    monkeypatch.setenv("MY_TOKEN", "s3cret-of-mine")
    tenant = {"token_env": "MY_TOKEN"}
    agent._environment.host = ELSEWHERE
    agent._named = ()
    with pytest.raises(ValueError, match=r"10\.0\.0\.9.* is not among the hosts that the configuration or the command"):
        follow(agent, tenant=tenant)
    with pytest.raises(GreenletExit):
        agent.admission.turn()
    follow(agent, tenant=tenant, named=(ELSEWHERE,))
    assert agent.admission.turn() == 0.0
    follow(agent, tenant=tenant, safety={"origins": [ELSEWHERE]})
    assert agent.admission.turn() == 0.0


@pytest.mark.parametrize("acks", [True, False])
def test_answers_are_looked_at_where_that_is_asked_for(agent, acks):
    """For the word that the target gives a marked request; nobody looks where nothing is marked."""
    follow(agent, tenant={"header": "X-Test"}, acks=acks)
    assert (agent._interceptors.acks is not None) is acks
    follow(agent, acks=acks)
    assert agent._interceptors.acks is None


WAITS = [
    pytest.param({}, False, id="nothing to wait for"),
    pytest.param({"rate_cap": 5.0}, True, id="a cap"),
    pytest.param({"kill_switch": {"file": __file__}}, True, id="a kill switch"),
]


@pytest.mark.parametrize("safety, waits", WAITS)
def test_requests_wait_where_there_is_something_to_wait_for(agent, safety, waits):
    """For a lease, or for the word of the switch."""
    follow(agent, safety=safety)
    assert agent._interceptors.is_waiting is waits


def test_a_process_that_is_let_go_is_as_it_was(agent):
    """The doors that stand closed between runs are gone, too."""
    agent.install()
    assert requests.Session.send.__wrapped__ is STOCK
    agent.let_go()
    assert requests.Session.send is STOCK


@pytest.fixture
def passage():
    """Return a passage, open."""
    return Admission(Recorder())


def test_a_user_that_is_stopped_in_a_closed_passage(passage):
    """Ends as all do there, at once, with the reason."""
    passage.close("the kill switch")
    with pytest.raises(GreenletExit, match="the kill switch"):
        passage.turn(SimpleNamespace(_state=LOCUST_STATE_STOPPING))


def test_a_word_is_no_lease(passage):
    """With a cap and a switch both have to be there; the cap's comes first or last."""
    passage.cap()
    passage.vouch(math.inf)
    assert passage._open_until == -math.inf
    passage.lend(1, 1.0, math.inf)
    assert passage._open_until == math.inf
    assert passage.turn() == 0.0


def test_who_waits_is_served_in_turn_by_one_greenlet(passage):
    """It is gone when nobody waits."""
    passage.await_word(math.inf)
    waiting = [gevent.spawn(passage.turn) for _ in range(3)]
    gevent.sleep(0)
    assert passage.demand == 3
    passage.vouch(math.inf)
    gevent.joinall(waiting, timeout=5)
    assert [one.successful() for one in waiting] == [True] * 3
    gevent.sleep(0)
    assert passage._server is None
    assert passage.demand == 0


def test_a_second_round_gives_only_what_is_still_wanted():
    """What one has of the first round is taken off what it would use; the rest goes to who can use it."""
    lender = Lender(Cap(100, 1.0))
    for name, demand in {"a": 34, "b": 5, "c": 1000}.items():
        lender.enrol([name], 0.0)
        lender._borrowers[name].demand = demand
    assert lender._shares(0.0) == {"a": 34, "b": 5, "c": 61}


def test_a_mark_shows_no_secret(monkeypatch):
    """Neither its token nor its signatures stand in what a debugger, or a log, prints of it."""
    monkeypatch.setenv("MY_TOKEN", "s3cret-of-mine")
    monkeypatch.setenv("MY_KEY", "2026-01:a secret of sixteen")
    mark = mark_for(TenantOptions(token_env="MY_TOKEN", key_env="MY_KEY"), [HOST], "run-1", 1_000_000.0)
    assert mark.authorization == "Bearer s3cret-of-mine"
    assert mark.signed
    shown = repr(mark)
    assert "s3cret-of-mine" not in shown
    assert not any(signature in shown for signature in mark.signed.values() if signature != mark.value)


def test_labels_are_remembered_up_to_a_number():
    """Then they are looked at again; a long one is never remembered."""
    outlet = Outlet({"MY_TOKEN": "canary-77aa88bb"})
    for number in range(MOST_KNOWN):
        outlet.label(f"/{number}")
    assert len(outlet._labels) == MOST_KNOWN
    assert outlet.label("/one-more/canary-77aa88bb") == "/one-more/***"
    assert len(outlet._labels) == 1
    outlet.label("/" + "x" * 10_000)
    assert len(outlet._labels) == 1


def test_what_is_blocked_is_counted_for_nobody(agent):
    """A request of a greenlet that is no user's ends nothing."""
    ended = []
    agent._halt = ended.append
    follow(agent)
    agent._interceptors.user_greenlet = lambda: None
    agent._count_blocked("https://pay.example.com")
    agent._interceptors.user_greenlet = lambda: SimpleNamespace(args=())
    agent._count_blocked("https://pay.example.com")
    store = Store()
    store.merge(agent._recorder.take())
    assert store.counted("blocked_requests", origin="https://pay.example.com") == 2
    assert ended == []


@pytest.mark.parametrize("paid, turns", [(True, 0), (False, 1), (None, 0)], ids=["paid", "spent", "never had any"])
def test_what_a_greenlet_of_locust_s_pays(monkeypatch, paid, turns):
    """It goes free, unless it has had a turn for a user: the next request of that takes one as any."""
    admission, asked = Admission(Recorder()), []
    admission.is_locusts = lambda: True
    monkeypatch.setattr(admission, "turn", lambda user=None: asked.append(user) or 0.0)

    def send():
        if paid is not None:
            setattr(gevent.getcurrent(), PAID, paid)
        admission.spend()
        return getattr(gevent.getcurrent(), PAID, None)

    greenlet = gevent.spawn(send)
    greenlet.join(5)
    assert (greenlet.value, len(asked)) == (None if paid is None else False, turns)


def test_who_comes_first_where_there_is_less_than_one_each():
    """Who has it now keeps it, of those who have it alike the first; whoever has been hungry for long comes before."""
    lender = Lender(Cap(1, 1.0))
    lender.enrol(["a", "b", "c"], 0.0)
    lender._borrowers["a"].grants = [(1, 0, 100.0)]
    lender._borrowers["b"].grants = [(2, 0, 1.0), (3, 1, 5.0)]

    def order(now):
        return sorted(lender._borrowers, key=lambda name: lender._rank(name, now))

    assert order(1.0) == ["b", "a", "c"]
    for name, demand in (("a", 0.0), ("b", 0.0), ("c", 1.0)):
        lender._borrowers[name].demand = demand
    assert order(4.9) == ["b", "a", "c"]
    assert order(5.0) == ["c", "b", "a"]

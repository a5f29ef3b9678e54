"""The client that a run chooses: who has it, who keeps their own, and what is said of those."""

from types import SimpleNamespace

import gevent
import pytest
from locust import FastHttpUser, HttpUser, User
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.event import Events

from locust_ext import LeanHttpUser, SyntheticTenant, WebSocketUser
from locust_ext.clients.chosen import ChosenClient, ClientTold, NotLean
from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.sessions import clients_of
from locust_ext.process.wire import UnfitError


class Fast(FastHttpUser):
    """As Locust makes it."""

    abstract, host = True, "http://127.0.0.1:1"


class Marked(SyntheticTenant, Fast):
    """With a mixin before it."""

    abstract = True


class Initialised(Fast):
    """With an ``__init__`` of its own."""

    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.first = type(self.client)


class Session(FastHttpSession):
    """A team's own."""


class Own(Fast):
    """With a session of its own."""

    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        self.client = Session(self.host, environment.events.request, self, network_timeout=1, connection_timeout=1)


class Proxied(Fast):
    """Over a proxy."""

    abstract, proxy_host, proxy_port = True, "127.0.0.1", 3128


class Lean(LeanHttpUser):
    """Has it anyway."""

    abstract, host = True, "http://127.0.0.1:1"


@pytest.fixture
def environment():
    """An environment with a runner."""
    environment = Environment(user_classes=[], events=Events())
    environment.create_local_runner()
    return environment


@pytest.fixture
def run(environment):
    """A part whose run is lean, and what it mentions."""
    said = []
    part = ChosenClient(environment, said.append)
    part.follow(part.orders("lean"), "r1")
    yield SimpleNamespace(part=part, said=said)
    part.leave()


MADE = [
    (Fast, LeanSession, ""),
    (Marked, LeanSession, ""),
    (Initialised, LeanSession, ""),
    (Lean, LeanSession, ""),
    (Own, Session, "client: lean: Own has a client of its own, Session, and is measured with that"),
    (Proxied, LeanSession, "client: lean: Proxied has a client_pool or a proxy, and its requests go FastHttpUser's own way, at its cost"),
]  # fmt: skip


@pytest.mark.parametrize("user, session, said", MADE, ids=lambda one: getattr(one, "__name__", ""))
def test_who_has_it(environment, run, user, session, said):
    """Each FastHttpUser whose client is Locust's own; of the others it is said once."""
    made = [user(environment) for _ in range(2)]
    gevent.sleep(0)
    gevent.sleep(0)
    assert [type(one.client) for one in made] == [session, session]
    assert run.said == ([said] if said else [])


def test_an_init_of_its_own_sees_it(environment, run):
    """What comes after Locust's has the client that the run has."""
    assert Initialised(environment).first is LeanSession


def test_only_in_its_run(environment, run):
    """Neither before nor after it, nor in another environment, is anything else than it was written."""
    other = Environment(user_classes=[], events=Events())
    assert type(Fast(other).client) is FastHttpSession
    another = ChosenClient(other, print)
    another.follow(ClientTold(client="lean"), "r2")
    run.part.leave()
    assert type(Fast(environment).client) is FastHttpSession
    assert type(Fast(other).client) is LeanSession
    another.follow(None, "r3")
    assert type(Fast(other).client) is FastHttpSession
    assert FastHttpUser.__init__.__qualname__ == "FastHttpUser.__init__"
    assert not hasattr(FastHttpUser.__init__, "__wrapped__")


def test_orders(run):
    """Nobody is told anything of a run that is as written, so that older workers follow it."""
    assert run.part.orders("as_written") is None
    assert run.part.orders("lean").told() == {"client": "lean"}
    with pytest.raises(UnfitError):
        run.part.reads().of({"client": "leen"})


def test_what_workers_say(run):
    """Is mentioned, if it is of this run."""
    run.part._hear(NotLean(run="r0", why="of another"))
    run.part._hear(NotLean(run="r1", why="of this"))
    assert run.said == ["of this"]


NAMES = [
    ([Fast], False, ("FastHttpUser",)),
    ([Fast], True, ("LeanHttpUser",)),
    ([Lean], False, ("LeanHttpUser",)),
    ([Fast, HttpUser], True, ("HttpUser", "LeanHttpUser")),
    ([WebSocketUser, User], True, ("WebSocketUser", "a client of its own")),
    ([], True, ()),
]


@pytest.mark.parametrize("users, lean, names", NAMES)
def test_whose_clients(users, lean, names):
    """Are told once each, by the class of users that has them."""
    assert clients_of(users, lean=lean) == names

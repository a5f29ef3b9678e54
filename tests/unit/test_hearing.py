"""What Locust cannot read, or cannot act on, ends nothing: it is refused, and the run is in doubt."""

from types import SimpleNamespace

import msgpack
import pytest
from locust.exception import RPCError, RPCReceiveError, StopTest
from locust.rpc import zmqrpc

from locust_ext.process.hearing import Hearing


class Runner:
    """A runner that raises what it is told to."""

    def __init__(self, raises=None, **attributes):
        self.raises, self.heard = raises, []
        vars(self).update(attributes)

    def handle_message(self, *arguments):
        self.heard.append(arguments[-1])
        if self.raises:
            raise self.raises


@pytest.fixture
def hearing():
    """Return what stands around a runner, and what was refused."""
    made = []

    def stand(runner):
        refused = []
        one = Hearing(runner, lambda *told: refused.append(told))
        one.install()
        made.append(one)
        return refused

    yield stand
    for one in made:
        one.let_go()


def message(kind="heartbeat", sender="w1", data=None):
    return SimpleNamespace(type=kind, node_id=sender, data=data)


@pytest.mark.parametrize("arguments", [("w1", message()), (message(),)], ids=["master", "worker"])
def test_what_fits_goes_on(hearing, arguments):
    """Locust hears it, on a master with the sender before it."""
    runner = Runner(clients={})
    assert hearing(runner) == []
    runner.handle_message(*arguments)
    assert runner.heard == [arguments[-1]]


def test_what_raises_is_refused(hearing):
    """Locust's own reading of a message without the keys that it takes for granted."""
    runner = Runner(TypeError("'NoneType' object is not subscriptable"), clients={})
    refused = hearing(runner)
    runner.handle_message("w1", message())
    assert refused == [("w1", "heartbeat", "acting on it raised TypeError")]


@pytest.mark.parametrize("error", [StopTest(), RPCError("broken")], ids=["steers", "a broken wire"])
def test_what_stays_locust_s_affair(hearing, error):
    """It comes out as it went in."""
    runner = Runner(error, client=None)
    refused = hearing(runner)
    with pytest.raises(type(error)):
        runner.handle_message(message())
    assert refused == []


NAMELESS = [
    ("a type that is a list", message(kind=["a"])),
    ("a type that is a number", message(kind=5)),
    ("a sender that is a list", message(sender=["w1"])),
    ("a sender that is none", message(sender=None)),
    ("a sender with an escape", message(sender="\x1b[31m")),
]


@pytest.mark.parametrize("odd", [row[1] for row in NAMELESS], ids=[row[0] for row in NAMELESS])
def test_who_has_no_name_is_not_heard(hearing, odd):
    """Nobody could be told apart by it."""
    runner = Runner(clients={})
    refused = hearing(runner)
    runner.handle_message("w1", odd)
    assert (runner.heard, len(refused)) == ([], 1)


FRAMES = [
    ("a number", [b"evil", msgpack.packb(5)]),
    ("three texts too many", [b"evil", msgpack.packb(["a", None, "b", "c", "d"])]),
    ("no second frame", [b"evil"]),
    ("no message", [b"evil", b"\xc1"]),
    ("nothing", [b"evil", b""]),
    ("a map whose keys are not text", [b"evil", msgpack.packb({1: 2})]),
]


@pytest.mark.parametrize("frames", [row[1] for row in FRAMES], ids=[row[0] for row in FRAMES])
def test_what_cannot_be_read(hearing, frames):
    """The greenlet that hears goes on: to it, it is an error of the wire, as others are."""
    refused = hearing(Runner(clients={}))
    server = object.__new__(zmqrpc.Server)
    server.socket = SimpleNamespace(recv_multipart=lambda: frames)
    with pytest.raises(RPCReceiveError):
        server.recv_from_client()
    assert [told[:2] for told in refused] == [(None, "Locust")]


@pytest.mark.parametrize("error", [RPCError("broken"), StopTest()], ids=repr)
def test_a_wire_that_is_broken(hearing, error):
    """Is Locust's own affair: what its reading raises comes out as it is, and nothing is refused."""
    refused = hearing(Runner(clients={}))
    server = object.__new__(zmqrpc.Server)

    def broken():
        raise error

    server.socket = SimpleNamespace(recv_multipart=broken)
    with pytest.raises(type(error)) as caught:
        server.recv_from_client()
    assert caught.value is error
    assert refused == []


NAMES = [
    pytest.param("x" * 200, True, id="as long as it may be"),
    pytest.param("x" * 201, False, id="too long"),
    pytest.param("", False, id="empty"),
]


@pytest.mark.parametrize("name, is_one", NAMES)
def test_how_long_a_name_may_be(hearing, name, is_one):
    """Longer ones are nobody's."""
    runner = Runner(clients={})
    refused = hearing(runner)
    runner.handle_message("w1", message(sender=name))
    runner.handle_message("w1", message(kind=name))
    assert (len(runner.heard), len(refused)) == ((2, 0) if is_one else (0, 2))
    if not is_one:
        why = "its type, or its sender, is not a name"
        assert refused == [(None, "heartbeat", why), ("w1", "Locust", why)]


def test_a_local_run_hears_nobody(hearing):
    """There is nothing to stand around."""
    runner = Runner()
    before = zmqrpc.Server.recv_from_client
    hearing(runner)
    assert zmqrpc.Server.recv_from_client is before

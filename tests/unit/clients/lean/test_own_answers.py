"""An answer goes to its own request, where FastHttpUser takes more than one for it or gives its connection away."""

import gevent
import pytest

from locust_ext.clients.lean.user import LeanHttpUser
from tests.unit.clients.lean.stage import PATIENCE, Do, Stage, ok
from tests.unit.clients.lean.telling import row, tell

pytestmark = pytest.mark.sockets


@pytest.fixture
def stage():
    """Return a server that plays scripts."""
    made = Stage()
    yield made
    made.close()


def numbered(asked: bytes):
    """Repeat the number of a request, after a message that is no answer and a pause."""
    return (b"HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n", 0.02, ok(asked.split(b" ")[1]))


def in_two(asked: bytes):
    """Repeat the number of a request, the head first."""
    answer = ok(asked.split(b" ")[1])
    return (b"HTTP/1.1 100 Continue\r\n\r\n" + answer[:20], 0.02, answer[20:])


MORE = [
    ("two at once", (ok(b"one") + ok(b"two"),)),
    ("the second a failure", (ok(b"one") + ok(b"two", status="500 No"),)),
    ("half of another", (ok(b"one") + b"HTTP/1.1 2",)),
    ("half of another, and nothing more", (ok(b"one") + ok(b"two")[:-1], Do.HANG)),
    ("another one in chunks", (ok(b"one") + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Do.HANG)),
    ("three", (ok(b"one") + ok(b"two") + ok(b"three"),)),
    ("a message before the two", (b"HTTP/1.1 103 E\r\n\r\n" + ok(b"one") + ok(b"two"),)),
]


@pytest.mark.parametrize("sentence, line", MORE, ids=[sentence for sentence, _ in MORE])
def test_of_several_answers_the_first_counts_and_the_connection_is_closed(stage, sentence, line):
    """No byte of what stands behind an answer is ever another's."""
    told = tell(
        stage, row(sentence, lambda c: [c.get("/1").content, c.get("/2").content], line, ok(b"own")), LeanHttpUser
    )
    assert told["returned"] == [b"one", b"own"]
    assert len(told["left"]) == 2
    assert [event["exception"] for event in told["events"]] == [None, None]
    assert told["seconds"] < 0.8 * PATIENCE


def test_an_answer_that_nobody_asked_for_is_nobodys(stage):
    """What comes between two requests ends the connection."""
    told = tell(
        stage,
        row(
            "late",
            lambda c: [c.get("/1").content, gevent.sleep(0.02), c.get("/2").content],
            (ok(b"one"), 0.005, ok(b"two")),
            ok(b"own"),
        ),
        LeanHttpUser,
    )
    assert told["returned"] == [b"one", None, b"own"]


@pytest.mark.parametrize("line", [numbered, in_two])
@pytest.mark.parametrize("headers", [{}, {"X-Not-Plain": ["a", "b"]}], ids=["plain", "by geventhttpclient"])
def test_a_message_before_the_answer_keeps_the_connection(stage, line, headers):
    """Other requests of the user do not get it before the answer has come."""

    def does(c):
        greenlets = []
        for number in range(6):
            greenlets.append(gevent.spawn(c.get, f"/{number}", headers=headers))
            gevent.sleep(0.005)
        gevent.joinall(greenlets)
        return [greenlet.value.content for greenlet in greenlets]

    told = tell(stage, row("overlapping", does, line), LeanHttpUser)
    assert told["returned"] == [b"/%d" % number for number in range(6)]


def test_what_comes_for_a_request_that_was_killed_is_nobodys(stage):
    """Its connection is closed."""

    def does(c):
        greenlet = gevent.spawn(c.get, "/1")
        gevent.sleep(0.01)
        greenlet.kill()
        return c.get("/2").content

    assert tell(stage, row("killed", does, (0.02, ok(b"one")), ok(b"own")), LeanHttpUser)["returned"] == b"own"

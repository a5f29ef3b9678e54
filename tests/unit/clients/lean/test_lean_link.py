"""A LeanHttpUser in a storm: its real sockets drop by RST, FIN or silence, and one attempt is one."""

from __future__ import annotations

import gevent
import pytest
from gevent.event import Event
from gevent.server import StreamServer
from locust.env import Environment

from locust_ext.clients.lean.link import LeanLink
from locust_ext.clients.lean.user import LeanHttpUser
from locust_ext.clients.links import UserLinks
from locust_ext.clients.sockets import drop
from locust_ext.storms.link import ConnectFailed

pytestmark = pytest.mark.sockets

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Book:
    """A server that notes how each connection ends; it answers all but ``/hang``, and nothing while it ``refuses``."""

    def __init__(self):
        self.ends, self.came, self.refuses = [], 0, False
        self.went = Event()
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, sock, _):
        self.came += 1
        try:
            while not self.refuses and (came := sock.recv(65536)):
                if b"/hang" not in came:
                    sock.sendall(ANSWER)
            self.ends.append("fin")
        except ConnectionResetError:
            self.ends.append("rst")
        self.went.set()
        sock.close()

    def stop(self):
        self._server.stop(timeout=0)


@pytest.fixture
def book():
    found = Book()
    yield found
    found.stop()


@pytest.fixture
def user(book):
    made = type("Watcher", (LeanHttpUser,), {"host": book.url, "network_timeout": 5.0})(Environment())
    made.events = []
    made.environment.events.request.add_listener(lambda **told: made.events.append(told))
    return made


def test_its_link():
    """Storms find it by the user's client."""
    user = type("Watcher", (LeanHttpUser,), {"host": "http://127.0.0.1:1"})(Environment())
    assert isinstance(UserLinks().link(user, "/"), LeanLink)


@pytest.mark.parametrize("cause, end", [("reset", "rst"), ("close", "fin")])
def test_an_idle_connection_drops(book, user, cause, end):
    """As its cause says; the next request goes over another one."""
    link = LeanLink(user, "/")
    user.client.get("/a")
    link.drop(cause)
    assert book.went.wait(2)
    assert book.ends == [end]
    assert user.client.get("/a").status_code == 200
    assert book.came == 2


@pytest.mark.parametrize("cause, end", [("reset", "rst"), ("close", "fin")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_under_way_fails_with_its_connection(book, user, cause, end, method):
    """At once, once, and it is not sent again by the client, whatever its method is."""
    link = LeanLink(user, "/")
    asking = gevent.spawn(user.client.request, method, "/hang")
    while not book.came:
        gevent.sleep(0.01)
    gevent.sleep(0.02)
    link.drop(cause)
    asking.join(2)
    assert asking.ready()
    assert book.went.wait(2)
    assert (book.ends, book.came) == ([end], 1)
    assert [type(told["exception"]).__name__ for told in user.events] == ["OSError"]


def test_silence_sends_nothing(book, user):
    """The server keeps a connection that nobody reads any more, until it is forgotten."""
    link = LeanLink(user, "/")
    user.client.get("/a")
    link.drop("half_open")
    assert user.client.get("/a").status_code == 200
    gevent.sleep(0.05)
    assert (book.ends, book.came) == ([], 2)
    link.forget()
    assert book.went.wait(2)
    assert book.ends == ["rst"]


def test_silence_in_the_middle_of_a_request(book, user):
    """What was asked is answered still, and then its connection is nobody's either."""
    link = LeanLink(user, "/")
    slow = gevent.spawn(user.client.get, "/hang")
    while not book.came:
        gevent.sleep(0.01)
    link.drop("half_open")
    slow.kill()
    gevent.sleep(0.05)
    assert book.ends == []
    link.forget()
    assert book.went.wait(2)


def test_one_attempt_is_one(book, user):
    """A server that closes every connection is asked once; by itself the client would ask again and again."""
    link = LeanLink(user, "/")
    user.client.get("/a")
    link.drop("close")
    book.refuses = True
    before = book.came
    with pytest.raises(ConnectFailed):
        link.connect(2, lambda: None)
    assert book.came - before == 1
    book.refuses = False
    opened = []
    link.connect(2, lambda: opened.append(True))
    assert opened


def test_requests_that_go_fasthttpusers_way_drop_as_well(book, user):
    """Streams have sockets of their own."""
    link = LeanLink(user, "/")
    for options in ({}, {"stream": True}):
        response = user.client.get("/a", **options)
        response.content  # noqa: B018 a stream is read
    assert book.came == 2
    link.drop("reset")
    with gevent.Timeout(20):
        while len(book.ends) < 2:
            gevent.sleep(0.01)
    assert book.ends == ["rst", "rst"]


def test_a_socket_that_has_gone_already_is_left_alone(book, user):
    """The server was faster; whoever drops it again drops nothing."""
    link = LeanLink(user, "/")
    user.client.get("/a")
    (connection,) = link.take()
    connection.close()
    assert book.went.wait(2)
    for cause in ("reset", "close"):
        drop(connection, cause)
    assert (link.take(), book.ends) == ([], ["fin"])
    assert user.client.get("/a").status_code == 200

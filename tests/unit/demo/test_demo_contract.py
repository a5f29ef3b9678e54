"""What the demo target answers, without a socket: each route, each method, and each mistake in a sentence."""

import io
import json
from dataclasses import replace
from http import HTTPStatus

import gevent
import pytest

from locust_ext.demo.capacity import CapacityExceeded
from locust_ext.demo.faults import dials
from locust_ext.demo.pool import PoolFull
from locust_ext.demo.routes import MAX_BODY, Answer
from locust_ext.demo.server import Application
from locust_ext.demo.service import InjectedFailure


class Target:
    """The application, called as a server calls it."""

    def __init__(self, **changed):
        self.application = Application(replace(dials([]), **changed), seed=1)

    def ask(self, method, path, query="", body=b"", **environ):
        """Return the status, the headers and the body of an answer."""
        heads = []
        given = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(body),
            **environ,
        }
        parts = self.application(given, lambda *head: heads.append(head))
        ((status, headers),) = heads
        return status, dict(headers), b"".join(parts)

    @property
    def answered(self):
        """How many answers were counted, by route and status."""
        return dict(self.application._counts.answered)


FEED = "/communities/7/posts"
BAD_LIMIT = "limit has to be a whole number from 1 to 100."
BAD_BODY = 'The request body has to be {"body": "some text"}.'
ERRORS = [
    pytest.param("GET", "/nowhere", "", b"", "404 Not Found", "There is no such route.", id="no route"),
    pytest.param("PUT", FEED, "", b"", "405 Method Not Allowed", "This route has no such method.", id="no method"),
    pytest.param("GET", "/posts/99", "", b"", "404 Not Found", "There is no such post, or not yet.", id="no post"),
    pytest.param("GET", FEED, "limit=0", b"", "400 Bad Request", BAD_LIMIT, id="a limit of nothing"),
    pytest.param("GET", FEED, "limit=101", b"", "400 Bad Request", BAD_LIMIT, id="more than there may be"),
    pytest.param("GET", FEED, "limit=1000", b"", "400 Bad Request", BAD_LIMIT, id="four digits"),
    pytest.param("GET", FEED, "limit=", b"", "400 Bad Request", BAD_LIMIT, id="an empty limit"),
    pytest.param("GET", FEED, "limit=ten", b"", "400 Bad Request", BAD_LIMIT, id="a word"),
    pytest.param("POST", FEED, "", b"{", "400 Bad Request", "The request body is not JSON.", id="no JSON"),
    pytest.param("POST", FEED, "", b"[]", "400 Bad Request", BAD_BODY, id="a list"),
    pytest.param("POST", FEED, "", b'{"body": 7}', "400 Bad Request", BAD_BODY, id="a number"),
    pytest.param(
        "POST", FEED, "", b" " * (MAX_BODY + 1), "413 Request Entity Too Large",
        "A request body has at most 16384 bytes.", id="too much",
    ),
]  # fmt: skip


@pytest.mark.parametrize("method, path, query, body, status, sentence", ERRORS)
def test_what_is_wrong(method, path, query, body, status, sentence):
    """It is said in one sentence of JSON, with the length that it has."""
    said, headers, text = Target().ask(method, path, query, body)
    assert (said.upper(), json.loads(text)) == (status.upper(), {"error": sentence})
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == str(len(text))


def test_which_methods_there_are():
    """A method that is not there is answered with those that are."""
    assert Target().ask("DELETE", FEED)[1]["Allow"] == "GET, POST"
    assert "Allow" not in Target().ask("DELETE", "/nowhere")[1]


def test_a_post_is_written_and_read():
    """It has a number, stands in the feed of its community, and a body of the most bytes is none too many."""
    target = Target()
    empty = json.dumps({"body": ""}).encode()
    status, _, text = target.ask("POST", FEED, body=empty[:-2] + b"x" * (MAX_BODY - len(empty)) + empty[-2:])
    assert status == "201 Created"
    number = json.loads(text)["id"]
    with gevent.Timeout(10):  # its reader's replica has it a little later
        while (found := target.ask("GET", f"/posts/{number}"))[0] == "404 Not Found":
            gevent.sleep(0.005)
    assert (found[0], json.loads(found[2])) == ("200 OK", {"id": str(number)})
    posts = json.loads(target.ask("GET", FEED)[2])["posts"]
    assert str(number) in {str(post["id"]) for post in posts}
    counted = {key: count for key, count in target.answered.items() if key[1] != 404}
    assert counted == {
        ("/communities/{id}/posts", 201): 1,
        ("/communities/{id}/posts", 200): 1,
        ("/posts/{id}", 200): 1,
    }


@pytest.fixture(scope="module")
def full():
    """Return a target whose community has more posts than one answer may have."""
    target = Target()
    for _ in range(120):
        target.ask("POST", FEED, body=b'{"body": "x"}')
    return target


@pytest.mark.parametrize(
    "query, most",
    [
        pytest.param("", 20, id="as many as usual"),
        pytest.param("limit=1", 1, id="one"),
        pytest.param("limit=100", 100, id="as many as there may be"),
        pytest.param("limit=3&limit=2", 2, id="the last word counts"),
    ],
)
def test_how_many_posts_a_feed_has(full, query, most):
    """As many as were asked for, of those that are there."""
    assert len(json.loads(full.ask("GET", FEED, query)[2])["posts"]) == most


def test_a_cached_value():
    """The first one is a miss, then it is there; its key may be in any alphabet."""
    target = Target()
    path = "/hot/schlüssel".encode().decode("latin-1")
    first, second = (json.loads(target.ask("GET", path)[2]) for _ in range(2))
    assert first["key"] == second["key"] == "schlüssel"
    assert second["hit"] is True


def test_who_watches_is_not_counted():
    """A sign of life and the metrics are no load."""
    target = Target()
    assert json.loads(target.ask("GET", "/health")[2]) == {"ok": True}
    status, headers, text = target.ask("GET", "/metrics")
    assert (status, headers["Content-Type"][:10]) == ("200 OK", "text/plain")
    assert b"# TYPE" in text
    assert target.answered == {}
    assert target.ask("POST", "/health")[0] == "405 Method Not Allowed"


BUSY = [
    pytest.param(PoolFull, 503, "Too many requests wait for a worker already.", id="a full pool"),
    pytest.param(CapacityExceeded, 503, "There is no capacity left for this request.", id="no capacity"),
    pytest.param(InjectedFailure, 500, "This failure was asked for.", id="a fault"),
]


@pytest.mark.parametrize("error, status, sentence", BUSY)
def test_what_a_fault_answers(monkeypatch, error, status, sentence):
    """Is a sentence, and counted; who watches is not touched by it."""

    def admit():
        raise error

    target = Target()
    monkeypatch.setattr(target.application._service, "admit", admit)
    said, _, text = target.ask("GET", FEED)
    assert (said[:3], json.loads(text)) == (str(status), {"error": sentence})
    assert target.answered == {("/communities/{id}/posts", status): 1}
    assert target.ask("GET", "/health")[0] == "200 OK"


def test_a_connection_that_was_handed_over(monkeypatch):
    """Nothing is answered over it any more; that it was is counted."""
    target, heads, served = Target(), [], []
    answer = Answer(HTTPStatus.SWITCHING_PROTOCOLS, then=lambda: served.append(True))
    monkeypatch.setattr(target.application, "_upgrade", lambda environ: answer)
    given = {"REQUEST_METHOD": "GET", "PATH_INFO": "/ticks", "QUERY_STRING": ""}
    assert target.application(given, lambda *head: heads.append(head)) == []
    assert (heads, served, target.answered) == ([], [True], {("/ticks", 101): 1})


def test_a_body_that_ends_early():
    """Its sender has gone: it is counted all the same."""

    class Gone:
        def read(self, _):
            raise OSError

    target = Target()
    status, _, text = target.ask("POST", FEED, **{"wsgi.input": Gone()})
    assert (status, json.loads(text)) == ("400 Bad Request", {"error": "The request body ended early."})
    assert target.answered == {("/communities/{id}/posts", 400): 1}


def test_no_handshake():
    """The stream of ticks speaks WebSocket only, and says so."""
    target = Target()
    status, headers, text = target.ask("GET", "/ticks", **{"locust_ext.connection": (None, None), "HTTP_HOST": "x"})
    assert (status, headers["Upgrade"]) == ("426 Upgrade Required", "websocket")
    assert json.loads(text)["error"].startswith("This route speaks WebSocket only. ")


def test_a_fault_of_our_own_counts(monkeypatch):
    """What the server answers in our place is 500."""
    target = Target()
    monkeypatch.setattr(target.application._service, "hot", lambda key: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        target.ask("GET", "/hot/a")
    assert target.answered == {("/hot/{key}", 500): 1}

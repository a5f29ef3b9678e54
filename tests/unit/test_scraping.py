"""A port of its own for scrapes: real sockets, and everything that a network can send."""

from __future__ import annotations

import gzip
import logging
import time
from types import SimpleNamespace

import gevent
import pytest
from gevent import socket

from locust_ext.exports.options import PrometheusOptions
from locust_ext.run import scraping as module
from locust_ext.run.scraped_text import Scraped, ScrapedText
from locust_ext.run.scraping import MOST_CONNECTIONS, Scraping

pytestmark = pytest.mark.sockets

VERDICT = (("verdict", "failed"),)
FIGURES = b"loadtest_running 1.0\n"


class Text:
    """Answers that are not made of a run."""

    def __init__(self):
        self.now, self.body, self.status = None, FIGURES, 200

    def answer(self, accept, encoding):
        return Scraped(self.body, (("Content-Type", "text/plain; version=0.0.4"),), self.now, self.status)

    def verdict(self):
        return self.now


@pytest.fixture
def opened(monkeypatch):
    """Open ports; each is closed at the end."""
    monkeypatch.setenv("SCRAPE_TOKEN", "s3cret")
    made = []

    def open_one(**options):
        text, mentioned = Text(), []
        one = Scraping(text, PrometheusOptions(**{"port": 0, **options}), mentioned.append)
        one.text_made, one.mentioned = text, mentioned
        made.append(one)
        return one

    yield open_one
    for one in made:
        one.let_go()
    gevent.sleep(0)


def place(scraping):
    host, port = scraping.url.removeprefix("http://").removesuffix("/metrics").rsplit(":", 1)
    return host, int(port)


def connect(scraping, source=""):
    return socket.create_connection(place(scraping), timeout=5, source_address=(source, 0) if source else None)


def ask(scraping, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", source=""):
    """Return all that is answered."""
    with connect(scraping, source) as client:
        client.sendall(request)
        said = b""
        while portion := client.recv(65536):
            said += portion
        return said


def with_headers(*lines, method="GET", path="/metrics"):
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *lines, "", "")).encode()


def test_a_scrape_is_answered(opened):
    head, _, body = ask(opened()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Type: text/plain; version=0.0.4\r\n" in head + b"\r\n"
    assert b"Connection: close" in head
    assert b"Server: locust_ext\r\n" in head
    assert body == FIGURES


BASIC = "Authorization: Basic eDpzM2NyZXQ="  # x:s3cret
ROWS = [
    ("the figures", {}, with_headers(), b"200"),
    ("with a question", {}, with_headers(path="/metrics?x=1"), b"200"),
    ("without them", {}, with_headers(method="HEAD"), b"200"),
    ("by HTTP/1.0", {}, b"GET /metrics HTTP/1.0\r\n\r\n", b"200"),
    ("elsewhere", {}, with_headers(path="/"), b"404"),
    ("an address that is none", {}, with_headers(path="/%00/../metrics"), b"404"),
    ("another method", {}, with_headers(method="POST"), b"405"),
    ("a method of one's own", {}, with_headers(method="BREW"), b"405"),
    ("the token", {"token_env": "SCRAPE_TOKEN"}, with_headers("Authorization: Bearer s3cret"), b"200"),
    ("as a password", {"token_env": "SCRAPE_TOKEN"}, with_headers(BASIC), b"200"),
    ("a wrong one", {"token_env": "SCRAPE_TOKEN"}, with_headers("Authorization: Bearer s3cre"), b"401"),
    ("none", {"token_env": "SCRAPE_TOKEN"}, with_headers(), b"401"),
    ("none, without the figures", {"token_env": "SCRAPE_TOKEN"}, with_headers(method="HEAD"), b"401"),
    ("TLS", {}, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ("garbage", {}, b"\x00\xff" * 100 + b"\r\n\r\n", b"400"),
    ("a version that is none", {}, b"GET /metrics HTTP/x.y\r\n\r\n", b"400"),
    ("a head without end", {}, b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 4000, b"431"),
    ("hundreds of headers", {}, with_headers(*["a: b"] * 300), b"431"),
]


@pytest.mark.parametrize("options, request_, status", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_whatever_is_asked_has_an_answer(opened, options, request_, status, capfd):
    one = opened(**options)
    answer = ask(one, request_)
    said = capfd.readouterr()
    assert answer.split()[1] == status, answer
    assert b"s3cret" not in answer
    assert (FIGURES in answer) == (status == b"200" and not request_.startswith(b"HEAD"))
    assert answer.count(b"WWW-Authenticate") == (2 if status == b"401" else 0)
    assert (b"Allow: GET, HEAD" in answer) == (status == b"405")
    assert FIGURES in ask(one, with_headers("Authorization: Bearer s3cret"))
    assert "Traceback" not in said.err + said.out


def test_who_says_nothing_is_left_after_a_while(opened, monkeypatch):
    monkeypatch.setattr(module, "DEADLINE", 0.1)
    one = opened()
    with connect(one) as silent, connect(one) as half:
        half.sendall(b"GET /metrics HTTP/1.1\r\nHo")
        assert (silent.recv(10), half.recv(10)) == (b"", b"")
    assert not one._connections


def test_who_reads_nothing_is_left_after_a_while(opened, monkeypatch):
    monkeypatch.setattr(module, "DEADLINE", 0.2)
    one = opened()
    one.text_made.body = b"x" * 30_000_000
    with connect(one) as client:
        client.sendall(with_headers())
        gevent.sleep(0.4)
        assert not one._connections
        one.text_made.body = FIGURES
        assert FIGURES in ask(one)


def test_a_thousand_connections_keep_nobody_out(opened):
    one = opened()
    idle = []
    try:
        for _ in range(10 * MOST_CONNECTIONS):
            idle.append(connect(one))
            idle[-1].sendall(b"GET /met")
        assert FIGURES in ask(one)
        assert len(one._connections) <= MOST_CONNECTIONS
    finally:
        for client in idle:
            client.close()


def test_who_has_asked_is_answered_whoever_comes_meanwhile(opened):
    one = opened()
    answer, said = one.text_made.answer, []

    def slowly(*words):
        gevent.sleep(0.3)
        return answer(*words)

    one.text_made.answer = slowly
    asking = gevent.spawn(lambda: said.append(ask(one)))
    gevent.sleep(0.05)
    idle = [connect(one) for _ in range(2 * MOST_CONNECTIONS)]
    asking.join()
    for client in idle:
        client.close()
    assert FIGURES in said[0]


def test_a_port_that_is_taken_is_said_once(opened, caplog):
    port = place(opened())[1]
    with caplog.at_level(logging.WARNING):
        second = opened(port=port)
    second.begins()
    second.finish()
    sentence = f"export.prometheus: 127.0.0.1, port {port}: Address already in use; the figures cannot be scraped there"
    assert [record.getMessage() for record in caplog.records] == [sentence]
    assert second.mentioned == [sentence]


@pytest.mark.parametrize("address", ["203.0.113.7", "no such host.invalid", "a" * 300, "::zz", "1.2.3.4.5"])
def test_an_address_that_is_not_here_is_said_once(opened, caplog, address, monkeypatch):
    def nobody(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    if address != "203.0.113.7":
        monkeypatch.setattr(module.socket, "getaddrinfo", nobody)
    with caplog.at_level(logging.WARNING):
        one = opened(address=address)
    one.begins()
    assert len(caplog.records) == len(one.mentioned) == 1
    assert not one.url


@pytest.mark.parametrize(
    "options, is_said",
    [
        ({}, False),
        ({"address": "0.0.0.0"}, True),
        ({"address": "0.0.0.0", "token_env": "SCRAPE_TOKEN"}, False),
        ({"address": "localhost"}, False),
    ],
)
def test_it_says_where_everybody_can_read(opened, caplog, options, is_said):
    with caplog.at_level(logging.WARNING):
        opened(**options)
    assert any("anyone on that network" in record.getMessage() for record in caplog.records) is is_said


def test_without_descriptors_it_goes_on_when_there_are_some(opened, caplog, monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 0.01)
    one = opened()
    listener, troubles = one._listener, [OSError(24, "Too many open files")] * 3

    def accept():
        if troubles:
            raise troubles.pop()
        return listener.accept()

    one._listener = SimpleNamespace(accept=accept, close=listener.close, getsockname=listener.getsockname)
    with caplog.at_level(logging.WARNING):
        ask(one)  # it was waited for before
        assert FIGURES in ask(one)
    assert [record.getMessage() for record in caplog.records] == ["a scrape could not be taken: Too many open files"]


LINGERS = [  # (options, scrapes as addresses with whether they come after the verdict, seconds at least and at most)
    ("nobody has ever come", {}, [], 0.0, 0.1),
    ("nobody, but it is written", {"linger": 0.4}, [], 0.4, 1.0),
    ("told already", {"linger": 5}, [("127.0.0.1", True)], 0.8, 1.6),
    ("not told", {"linger": 0.5}, [("127.0.0.1", False)], 0.5, 1.0),
    ("one of two", {"linger": 0.5}, [("127.0.0.1", True), ("127.0.0.2", False)], 0.5, 1.0),
    ("it is not wanted", {"linger": 0}, [("127.0.0.1", False)], 0.0, 0.1),
]


@pytest.mark.parametrize("options, scrapes, least, most", [row[1:] for row in LINGERS], ids=[row[0] for row in LINGERS])
def test_it_stays_up_for_those_who_come(opened, capsys, options, scrapes, least, most):
    one = opened(**options)
    for address, is_after in scrapes:
        one.text_made.now = VERDICT if is_after else None
        ask(one, source=address)
    one.text_made.now = VERDICT
    begun = time.monotonic()
    one.finish()
    one.finish()
    assert least <= time.monotonic() - begun <= most + 0.5
    said = capsys.readouterr().out
    assert ("can be scraped for up to" in said) == (least in (0.4, 0.5))
    with pytest.raises(ConnectionRefusedError):
        connect(one)


def test_before_any_run_there_is_nothing_to_stay_up_for(opened):
    one = opened(linger=5)
    ask(one)
    begun = time.monotonic()
    one.finish()
    assert time.monotonic() - begun < 1


class Exposing:
    """Gives what it is told to."""

    def __init__(self):
        self.told, self.asked = None, 0

    def now(self):
        self.asked += 1
        return self.told


def test_the_text_is_made_once_for_each_format(monkeypatch):
    from locust_ext.exports import prometheus_text
    from locust_ext.exports.family import Exposition, Moment, RunTold

    made = []
    real = prometheus_text.text_of
    monkeypatch.setattr(
        prometheus_text, "text_of", lambda *one, **more: made.append(more["openmetrics"]) or real(*one, **more)
    )
    exposing = Exposing()
    text = ScrapedText(exposing)
    assert b"loadtest_running 0.0" in text.answer("", "").body
    exposing.told = Exposition(RunTold("r1" * 300, "n", ""), 1.0)
    answers = [
        text.answer(accept, encoding)
        for accept in ("", "application/openmetrics-text")
        for encoding in ("", "gzip", "")
    ]
    assert made == [False, False, True]
    assert answers[0] is answers[2]
    assert answers[4].body.endswith(b"# EOF\n")
    assert all(answer.verdict is None for answer in answers)
    moments = (Moment("loadtest.verdict", 1.0, (("exit_code", "99"), ("verdict", "failed"))),)
    exposing.told = Exposition(RunTold("r2", "n", ""), 1.0, (), moments, is_final=True)
    assert text.answer("", "").verdict == (("run_id", "r2"), ("exit_code", "99"), ("verdict", "failed"))
    assert text.verdict() == text.answer("", "").verdict


def test_what_cannot_be_put_together_is_said_once(caplog):
    """A scrape that fails is Prometheus' matter, and not the run's."""
    text = ScrapedText(SimpleNamespace(now=lambda: 1 / 0))
    with caplog.at_level(logging.WARNING):
        answers = [text.answer("", "gzip") for _ in range(3)]
    assert [answer.status for answer in answers] == [500] * 3
    (record,) = caplog.records
    assert record.getMessage().startswith("a scrape could not be answered: ZeroDivisionError: division by zero")


def test_a_scrape_that_fails_tells_nobody_the_verdict(opened):
    one = opened(linger=0.3)
    one.text_made.now, one.text_made.status = VERDICT, 500
    assert ask(one).split()[1] == b"500"
    assert not one._scrapers.are_there


def test_a_long_text_is_packed_for_those_who_take_it():
    from locust_ext.exports.family import Exposition, RunTold

    exposing = Exposing()
    exposing.told = Exposition(RunTold("r", "n", "", {f"t{n}": f"v{n}" for n in range(50)}), 1.0)
    text = ScrapedText(exposing)
    packed, plain = text.answer("", "deflate, gzip;q=0.9"), text.answer("", "gzip;q=0, br")
    assert gzip.decompress(packed.body) == plain.body
    assert text.answer("", "gzip") is packed
    assert ("Content-Encoding", "gzip") in packed.headers
    assert "Content-Encoding" not in dict(plain.headers)

"""Over HTTP, with a collector that is rude in every way: an end in time, a sentence, and no secret anywhere."""

from __future__ import annotations

import logging
import socket
import time

import gevent
import pytest
from opentelemetry.sdk.resources import Resource

from locust_ext.exports.family import Family, Moment, Point
from locust_ext.exports.names import FAMILIES
from locust_ext.exports.options import OtlpOptions
from locust_ext.exports.otlp_events import records_of
from locust_ext.exports.otlp_metrics import Stamp, parts_of
from locust_ext.exports.otlp_settings import collector_of
from locust_ext.run.otlp_http import HttpSender
from locust_ext.run.otlp_sending import UndeliveredError, ours
from tests import otlp_receiver as rude
from tests.otlp_receiver import certified, http_receiver

pytestmark = pytest.mark.sockets

SECRET = "hunter2-hunter2-hunter2"
USERS = Family(FAMILIES["loadtest.users"], (Point((), 7.0),))
RESOURCE = Resource({"service.name": "x"})
(PART,) = [part for part in parts_of([USERS], RESOURCE, Stamp(1, 2)) if part is not None]
EVENTS = records_of([Moment("loadtest.verdict", 1.0, (), "passed: fine")], RESOURCE, 1, 2)


def sender_to(url, environment=None, **options):
    environment = {"TOKEN": f"authorization=Bearer%20{SECRET}", **(environment or {})}
    return HttpSender(collector_of(OtlpOptions(endpoint=url, headers_env="TOKEN", **options), environment))


def failure_of(sender, within=1.0):
    """Return the sentence, and check that nobody waits for longer."""
    began = time.monotonic()
    with pytest.raises(UndeliveredError) as caught:
        sender.send(PART, within)
    assert time.monotonic() - began < within + 0.5
    return str(caught.value)


def test_figures_and_events_arrive_with_the_headers_that_are_asked_for():
    with http_receiver() as collector:
        sender = sender_to(collector.url)
        sender.send(PART, 5)
        sender.send(PART, 5)
        sender.tell(EVENTS, 5)
        received = collector.received
    assert [point.as_double for point in received.points("loadtest.users")] == [7.0, 7.0]
    assert [record.event_name for record in received.records()] == ["loadtest.verdict"]
    assert {headers["authorization"] for headers in received.headers} == {f"Bearer {SECRET}"}
    assert sender.refused == 0


def test_what_is_refused_of_a_message_is_counted():
    with http_receiver() as collector:
        collector.answers = rude.refusing_points(3)
        sender = sender_to(collector.url)
        sender.send(PART, 5)
        sender.send(PART, 5)
    assert sender.refused == 6


RUDE = (
    # the case; what it does; what is said
    ("it answers 400", rude.answering(400), "it answered 400"),
    ("it answers 503", rude.answering(503), "it answered 503"),
    ("it wants us to come again", rude.answering(429, **{"Retry-After": "3600"}), "it answered 429"),
    ("it refuses the token", rude.answering(401), "it refused the token or the right to write (401)"),
    ("it refuses the right", rude.answering(403), "it refused the token or the right to write (403)"),
    ("it hangs", rude.hanging, "it took too long"),
    ("it drips", rude.dripping, "it took too long"),
    ("it cuts the connection", rude.cutting, "it closed the connection without an answer"),
)


@pytest.mark.parametrize("behave, sentence", [row[1:] for row in RUDE], ids=[row[0] for row in RUDE])
def test_a_collector_that_is_rude(behave, sentence, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with http_receiver(behave) as collector:
        sender = sender_to(collector.url)
        assert failure_of(sender) == sentence
        assert collector.received.asked <= 2  # one more where the connection was cut
        collector.behave = None
        sender.send(PART, 5)  # it can be used again
        assert collector.received.last("loadtest.users").as_double == 7.0
    heard = caplog.text + "".join(capfd.readouterr())
    assert SECRET not in heard
    assert "secret-in-an-answer" not in heard
    assert not [record for record in caplog.records if record.name.startswith(("opentelemetry", "urllib3"))]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_headers_go_to_no_other_host(status):
    with http_receiver() as other, http_receiver(rude.answering(status, Location=other.url)) as collector:
        assert failure_of(sender_to(collector.url)) == f"it redirects elsewhere ({status}), and is not followed"
        assert other.received.asked == 0


def test_a_flood_of_an_answer_is_not_read():
    with http_receiver(rude.flooding) as collector:
        began = time.process_time()
        sender_to(collector.url).send(PART, 5)  # it said that all went well
        assert time.process_time() - began < 2


def test_who_is_not_there_refuses_the_connection():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        assert failure_of(sender_to(f"http://127.0.0.1:{one.getsockname()[1]}")) == "it refused the connection"


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("urllib3.util.connection.socket.getaddrinfo", unknown)
    assert failure_of(sender_to("http://collector.invalid:4318")) == "it has a host that no name service knows"


def test_a_certificate_of_its_own_must_be_known(tmp_path, monkeypatch):
    certificate = certified(tmp_path)
    with http_receiver(certificate=certificate) as collector:
        assert failure_of(sender_to(collector.url)) == "it has a certificate that was not accepted"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(certificate))
        sender_to(collector.url).send(PART, 5)
        assert collector.received.last("loadtest.users").as_double == 7.0


def test_a_connection_that_lay_idle_and_was_closed_is_opened_again():
    with http_receiver() as collector:
        sender = sender_to(collector.url)
        sender.send(PART, 5)
        collector.hang_up()
        sender.send(PART, 5)
        assert len(collector.received.figures) == 2


def test_no_netrc_stands_in_for_the_token(tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with http_receiver() as collector:
        sender_to(collector.url).send(PART, 5)
        assert collector.received.headers[0]["authorization"] == f"Bearer {SECRET}"


def test_a_user_in_the_address_is_sent_as_such():
    with http_receiver() as collector:
        url = collector.url.replace("://", "://me:hunter2@")
        HttpSender(collector_of(OtlpOptions(endpoint=url), {})).send(PART, 5)
        assert collector.received.headers[0]["authorization"] == "Basic bWU6aHVudGVyMg=="


def test_it_is_packed_where_the_variable_says_so(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with http_receiver() as collector:
        sender_to(collector.url).send(PART, 5)
        assert collector.received.headers[0]["content-encoding"] == "gzip"
        assert collector.received.last("loadtest.users").as_double == 7.0


def test_users_go_on_while_a_collector_hangs():
    ticks = []

    def tick():
        while True:
            gevent.sleep(0.01)
            ticks.append(time.monotonic())

    with http_receiver(rude.hanging) as collector:
        users = gevent.spawn(tick)
        failure_of(sender_to(collector.url), 1.0)
        users.kill()
    assert len(ticks) > 50


def test_of_pushes_by_others_the_sdk_says_what_it_likes(caplog):
    talker = logging.getLogger("opentelemetry.exporter.otlp.proto.http.metric_exporter")
    with ours():
        talker.error("of ours")
    talker.error("of theirs")
    assert [record.message for record in caplog.records] == ["of theirs"]


def test_a_secret_in_a_variable_of_opentelemetry_is_not_logged(caplog, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"not a header {SECRET}")
    with http_receiver() as collector:
        sender_to(collector.url).send(PART, 5)
    assert SECRET not in caplog.text

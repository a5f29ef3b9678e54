"""By gRPC, with a collector that is rude in every way: users go on, and the wait has an end."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
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
from locust_ext.run.otlp_grpc import GrpcSender
from locust_ext.run.otlp_sending import UndeliveredError
from tests.otlp_receiver import certified

pytestmark = pytest.mark.sockets

SECRET = "hunter2-hunter2-hunter2"
USERS = Family(FAMILIES["loadtest.users"], (Point((), 7.0),))
RESOURCE = Resource({"service.name": "x"})
(PART,) = [part for part in parts_of([USERS], RESOURCE, Stamp(1, 2)) if part is not None]
EVENTS = records_of([Moment("loadtest.verdict", 1.0, (), "passed: fine")], RESOURCE, 1, 2)


def serving(*arguments):
    """Start a collector in a process of its own; return that and its address."""
    command = [sys.executable, "-m", "tests.otlp_receiver", *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


@pytest.fixture(scope="module")
def url():
    process, address = serving()
    yield address
    process.kill()
    process.communicate()


def sender_to(address, mode=""):
    headers = f"authorization=Bearer%20{SECRET}" + (f",mode={mode}" if mode else "")
    return GrpcSender(
        collector_of(OtlpOptions(endpoint=address, protocol="grpc", headers_env="TOKEN"), {"TOKEN": headers})
    )


def failure_of(sender, within=1.0):
    """Return the failure, and check that nobody waits for longer."""
    began = time.monotonic()
    with pytest.raises(UndeliveredError) as caught:
        sender.send(PART, within)
    assert time.monotonic() - began < within + 0.5
    return caught.value


def test_figures_arrive_and_what_is_refused_is_counted(url):
    sender = sender_to(url)
    sender.send(PART, 5)
    sender.send(PART, 5)
    assert sender.refused == 4


def test_a_collector_without_events_says_so(url):
    with pytest.raises(UndeliveredError, match="it answered UNIMPLEMENTED") as caught:
        sender_to(url).tell(EVENTS, 5)
    assert caught.value.unknown


RUDE = (
    # the case, which is also what it is told to do; what is said
    ("UNAUTHENTICATED", "it refused the token or the right to write (UNAUTHENTICATED)"),
    ("PERMISSION_DENIED", "it refused the token or the right to write (PERMISSION_DENIED)"),
    ("UNAVAILABLE", "it cannot be reached (UNAVAILABLE)"),
    ("RESOURCE_EXHAUSTED", "it answered RESOURCE_EXHAUSTED"),
    ("INTERNAL", "it answered INTERNAL"),
    ("UNKNOWN", "it answered UNKNOWN"),
    ("hang", "it took too long"),
)


@pytest.mark.parametrize("mode, sentence", RUDE, ids=[row[0] for row in RUDE])
def test_a_collector_that_is_rude(url, mode, sentence, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    sender = sender_to(url, mode)
    assert str(failure_of(sender)) == sentence
    assert str(failure_of(sender)) == sentence  # it can be used again
    heard = caplog.text + "".join(capfd.readouterr())
    assert SECRET not in heard
    assert "secret-in-an-answer" not in heard
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


def test_who_is_not_there_refuses_the_connection():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        assert str(failure_of(sender_to(f"http://127.0.0.1:{one.getsockname()[1]}"))) == "it refused the connection"


def test_a_certificate_of_its_own_must_be_known(tmp_path, monkeypatch, capfd):
    certificate = certified(tmp_path)
    process, address = serving(certificate)
    try:
        assert str(failure_of(sender_to(address), 3.0)) == "it has a certificate that was not accepted"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(certificate))
        sender_to(address).send(PART, 5)
    finally:
        process.kill()
        process.communicate()
    assert "".join(capfd.readouterr()) == ""


def test_users_go_on_while_a_collector_hangs_and_who_gives_up_waits_no_longer(url):
    lags = []

    def tick():
        while True:
            before = time.monotonic()
            gevent.sleep(0.01)
            lags.append(time.monotonic() - before - 0.01)

    sender = sender_to(url, "hang")
    users = gevent.spawn(tick)
    push = gevent.spawn(sender.send, PART, 20)
    gevent.sleep(1)
    push.kill()
    began = time.monotonic()
    with pytest.raises(UndeliveredError, match="it took too long"):
        sender.send(PART, 0.2)
    assert time.monotonic() - began < 1
    users.kill()
    assert len(lags) > 50
    assert sorted(lags)[len(lags) // 2] < 0.02

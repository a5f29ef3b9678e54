"""The kill switch's sources against servers, files and providers that do what they should not: each ends in time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

from . import warm
from .conftest import ROOT, free_port

TIMEOUT = 0.8
LATE = f"did not answer within {TIMEOUT:g} s"
MOMENT = 2.0
"""What a busy machine may add."""
PROVIDERS = "tests.integration.flag_providers"


class Asker:
    """A patched process that reads flags; see ``asker.py``."""

    def __init__(self, **environment):
        environment = {**os.environ, "NO_PROXY": "*", **environment}
        self.process = warm.begin("tests.integration.asker", (), ROOT, environment, warm.WITH_LOCUST, holds_stdin=True)

    def tell(self, **question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        line = self.process.stdout.readline()
        assert line, f"the process that asks has ended with {self.process.wait()}"
        return json.loads(line)

    def ask(self, allowed, **question):
        """Ask, and return why; whatever it is, it comes in time, does not stop the loop and shows no secret."""
        answer = self.tell(timeout=TIMEOUT, **question)
        assert answer["allowed"] is allowed, answer
        assert answer["seconds"] < TIMEOUT + MOMENT, answer
        assert answer["lag"] < MOMENT / 2, answer
        assert "s3cr3t" not in answer["why"]
        assert "hunter2" not in answer["why"]
        return answer["why"]

    def threads(self):
        """How many threads it has."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/task").iterdir())

    def end(self):
        """Let it end; return how."""
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def asker():
    """One process for all that keeps no state in it."""
    one = Asker(FLAG_KEY="s3cr3t-token")
    yield one
    assert one.end() == 0


@pytest.fixture
def fresh():
    """Start a process of its own, as the state of OpenFeature is that of a process."""
    with contextlib.ExitStack() as stack:

        def begin(**environment):
            one = Asker(**environment)
            stack.callback(one.end)
            return one

        yield begin


class Rude:
    """A server of plain sockets: what it says to a request, ``speak`` says itself."""

    def __init__(self):
        self.requests = []
        self.speak = None
        self._ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._talk, args=self._socket.accept()[:1], daemon=True).start()

    def _talk(self, connection):
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536)
            self.requests.append(request.decode())
            self.speak(connection, self._ended)

    def stop(self):
        self._ended.set()
        with contextlib.suppress(OSError):  # it has been stopped before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def rude():
    """A server that is told what to do."""
    server = Rude()
    yield server
    server.stop()


def says(status, body=b"", *headers, length=None):
    """Answer with a status and a body."""
    announced = f"Content-Length: {len(body) if length is None else length}"
    head = "\r\n".join((f"HTTP/1.1 {status} X", announced, "Connection: close", *headers, "", "")).encode()
    return lambda connection, _: connection.sendall(head + body)


def raw(data):
    return lambda connection, _: connection.sendall(data)


def hangs(data=b""):
    """Say something, and then nothing any more."""

    def speak(connection, ended):
        connection.sendall(data)
        ended.wait(30)

    return speak


def drips(data):
    """Say it byte by byte, each well within any wait for one."""

    def speak(connection, ended):
        for byte in data:
            if ended.wait(0.05):
                return
            connection.sendall(bytes([byte]))

    return speak


def resets(connection, _):
    """End the connection as a crash does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(*_):
    """End it politely, without a word."""


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

FLAGS = [
    ("true", says(200, b'{"go": true}'), True, "allows it"),
    ("a word", says(200, b'{"go": "on"}'), True, "allows it"),
    ("in chunks", raw(CHUNKED + b'8\r\n{"go": t\r\n4\r\nrue}\r\n0\r\n\r\n'), True, "allows it"),
    ("false", says(200, b'{"go": false}'), False, "says false at /go"),
    ("a secret", says(200, b'{"go": "s3cr3t"}'), False, "holds none of the words allowed, true, yes, on, 1 at /go"),
    ("elsewhere", says(200, b"{}"), False, "holds nothing at /go"),
    ("an error", says(500, b'{"go": true}'), False, "answered 500"),
    ("forbidden", says(403), False, "answered 403"),
    ("no content", says(204), False, "answered 204"),
    ("a redirect", says(302, b"", "Location: /allowed"), False, "redirects elsewhere (302)"),
    ("a page", says(200, b"<html>"), False, "did not answer in JSON"),
    ("10 MB", says(200, b" " * 10_000_000), False, "sent more than 64 kB"),
    ("garbage", raw(b"\x00\xff\r\n\r\n" * 100), False, "does not speak HTTP"),
    ("headers without end", raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000), False, "does not speak HTTP"),
    ("less than announced", says(200, b"true", length=10), False, "broke off in its answer"),
    ("a chunk that is none", raw(CHUNKED + b"zz\r\ntrue\r\n"), False, "broke off in its answer"),
    (
        "broken compression",
        says(200, b"abcd", "Content-Encoding: gzip"),
        False,
        "sent an answer that cannot be unpacked",
    ),
    ("a hang", hangs(), False, LATE),
    ("a hang in the headers", hangs(b"HTTP/1.1 200 OK\r\nContent-"), False, LATE),
    ("a hang after the headers", hangs(HEAD), False, LATE),
    ("a hang after the value", hangs(HEAD + b'{"go": true}'), False, LATE),
    ("dripping headers", drips(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100), False, LATE),
    ("dripping blanks", drips(HEAD + b" " * 100), False, LATE),
    ("the end of the connection", closes, False, "closed the connection without an answer"),
    ("a reset", resets, False, "cut the connection"),
]


@pytest.mark.parametrize("speak, allowed, said", [row[1:] for row in FLAGS], ids=[row[0] for row in FLAGS])
def test_url(asker, rude, speak, allowed, said):
    """What a server does ends as a sentence, in time."""
    rude.speak = speak
    url = rude.url.replace("//", "//bob:hunter2@") + "/load-test?key=s3cr3t"
    why = asker.ask(allowed, flags={"url": url, "pointer": "/go"})
    assert why == f"url {rude.url.replace('//', '//***@')}/load-test?key=*** {said}"
    assert len(rude.requests) == 1


def test_url_that_nobody_serves(asker):
    """A refused connection is a stop, and so is a name that nobody knows."""
    url = f"http://127.0.0.1:{free_port()}"
    assert asker.ask(False, flags={"url": url}) == f"url {url} refused the connection"
    assert not asker.tell(flags={"url": "http://nobody.invalid"}, timeout=TIMEOUT)["allowed"]


def serve_tls(context):
    """Answer one request after the other with true, over TLS; return the server."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                with context.wrap_socket(server.accept()[0], server_side=True) as connection:
                    connection.recv(65536)
                    says(200, b"true")(connection, None)
            except ssl.SSLError:  # who does not trust us hangs up
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return server


def test_certificates_are_verified(asker, fresh, tmp_path):
    """A certificate that nobody vouches for is a stop; that it is the right one must be said."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *subject],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serve_tls(context) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        assert asker.ask(False, flags={"url": url}) == f"url {url} has a certificate that was not accepted"
        assert fresh(REQUESTS_CA_BUNDLE=str(certificate)).ask(True, flags={"url": url}) == f"url {url} allows it"
        server.shutdown(socket.SHUT_RDWR)


def test_headers(asker, rude, tmp_path, fresh):
    """They are sent as they stand in the environment, whatever .netrc says; and are missed before anything is sent."""
    rude.speak = says(200, b"true")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login bob password hunter2\n")
    one = fresh(FLAG_KEY="Bearer s3cr3t", NETRC=str(tmp_path / ".netrc"))
    one.ask(True, flags={"url": rude.url, "headers_env": {"authorization": "FLAG_KEY", "X-Key": "FLAG_KEY"}})
    (request,) = rude.requests
    assert "authorization: Bearer s3cr3t\r\n" in request
    assert "X-Key: Bearer s3cr3t\r\n" in request
    assert "Basic" not in request
    answer = asker.tell(flags={"url": rude.url, "headers_env": {"X-Key": "NOT_SET_AT_ALL"}})
    assert answer == {"trouble": "headers_env: $NOT_SET_AT_ALL for the header X-Key is not set"}
    assert len(rude.requests) == 1


def test_a_flag_that_falls(asker, rude):
    """Each reading asks again."""
    rude.speak = says(200, b"true")
    assert asker.ask(True, flags={"url": rude.url})
    rude.speak = says(200, b"false")
    assert asker.ask(False, flags={"url": rude.url}) == f"url {rude.url} says false"
    rude.speak = hangs()
    assert asker.ask(False, flags={"url": rude.url}).endswith(LATE)
    rude.speak = says(200, b"true")
    assert asker.ask(True, flags={"url": rude.url})
    assert len(rude.requests) == 4


ALARMS = [
    ("a success", None, says(200, b"ALARM"), True, "is off"),
    ("a success that goes on for ever", None, hangs(HEAD), True, "is off"),
    ("no content", None, says(204), True, "is off"),
    ("an error", None, says(503), False, "answered 503"),
    ("a hang", None, hangs(), False, LATE),
    ("false", "/on", says(200, b'{"on": false}'), True, "is off"),
    ("an empty list", "", says(200, b"[]"), True, "is off"),
    ("true", "/on", says(200, b'{"on": true}'), False, "is on"),
    ("alerts", "", says(200, b'[{"name": "p99"}]'), False, "is on"),
    ("a page", "/on", says(200, b"<html>"), False, "did not answer in JSON"),
    ("a hang before the value", "/on", hangs(HEAD), False, LATE),
    ("a reset", None, resets, False, "cut the connection"),
]


@pytest.mark.parametrize("pointer, speak, allowed, said", [row[1:] for row in ALARMS], ids=[row[0] for row in ALARMS])
def test_alarm(asker, rude, pointer, speak, allowed, said):
    """An alarm that is off lets the run go on; all else ends it."""
    rude.speak = speak
    assert asker.ask(allowed, alarm={"url": rude.url, "pointer": pointer}) == f"alarm {rude.url} {said}"


def test_file(asker, tmp_path):
    """A file that is deleted stops; one that comes back allows."""
    path = tmp_path / "allowed"
    path.touch()
    question = {"flags": {"file": str(path)}}
    assert asker.ask(True, **question) == f"file {path} allows it"
    path.unlink()
    assert asker.ask(False, **question) == f"file {path} is missing"
    path.write_text("no")
    assert asker.ask(False, **question) == f"file {path} says no"


def test_file_that_hangs(fresh, tmp_path):
    """Who opens a pipe waits for the other end, as at a disk that is gone; and it is opened once, however often asked.

    The process can end all the same, and what hangs does not delay what says no.
    """
    path = tmp_path / "pipe"
    os.mkfifo(path)
    one = fresh(FLAG="no")
    for _ in range(3):
        assert one.ask(False, flags={"file": str(path)}) == f"file {path} {LATE}"
    threads = one.threads()
    for _ in range(3):
        one.ask(False, flags={"file": str(path)})
    assert one.threads() == threads
    answer = one.tell(flags={"file": str(path), "env": "FLAG"}, timeout=20)
    assert answer["why"] == "env FLAG says no"
    assert answer["seconds"] < MOMENT
    assert one.end() == 0


def test_file_that_hung(fresh, tmp_path):
    """When the disk is back, the file is read again: what hung says nothing any more."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    one = fresh()
    one.ask(False, flags={"file": str(path)})
    other_end = os.open(path, os.O_WRONLY)  # what hangs wakes
    path.unlink()
    path.write_text("no")
    os.close(other_end)
    deadline = time.monotonic() + 10
    while (why := one.ask(False, flags={"file": str(path)})) != f"file {path} says no":
        assert time.monotonic() < deadline, why


def ofrep_says(value, reason="STATIC"):
    return says(200, json.dumps({"key": "go", "value": value, "reason": reason, "variant": "on"}).encode())


GENERAL = "was not evaluated (GENERAL)"

OFREP = [
    ("true", ofrep_says(True), True, "allows it"),
    ("a matching rule", ofrep_says(True, "TARGETING_MATCH"), True, "allows it"),
    ("false", ofrep_says(False), False, "says false"),
    ("stale", ofrep_says(True, "STALE"), False, "is stale"),
    ("disabled", ofrep_says(True, "DISABLED"), False, "is disabled"),
    ("a text", ofrep_says("true"), False, "is not a boolean"),
    ("one", ofrep_says(1), False, "is not a boolean"),
    ("no value", says(200, b'{"reason": "STATIC", "variant": "on"}'), False, "says false"),
    ("no reason", says(200, b'{"value": true, "variant": "on"}'), False, GENERAL),
    ("no variant", says(200, b'{"value": true, "reason": "STATIC"}'), False, GENERAL),
    ("a list", says(200, b"[]"), False, GENERAL),
    (
        "no such flag",
        says(404, b'{"errorCode": "FLAG_NOT_FOUND", "errorDetails": "s3cr3t"}'),
        False,
        "is not known to its provider",
    ),
    ("nothing there", says(404, b"s3cr3t"), False, "is not known to its provider"),
    ("an error", says(500, b"s3cr3t"), False, GENERAL),
    ("forbidden", says(403), False, GENERAL),
    ("too many", says(429, b"", "Retry-After: 1"), False, GENERAL),
    ("a bad request", says(400, b'{"errorCode": "INVALID_CONTEXT", "errorDetails": "x"}'), False, "INVALID_CONTEXT"),
    ("garbage", raw(b"\x00\xff\r\n\r\n"), False, GENERAL),
    ("a page", says(200, b"<html>"), False, "was answered in a form that its provider does not understand"),
    ("less than announced", says(200, b'{"value": true', length=100), False, GENERAL),
    ("a hang", hangs(), False, LATE),
    ("a hang after the headers", hangs(HEAD), False, LATE),
    ("dripping", drips(HEAD + b" " * 100), False, LATE),
    ("a reset", resets, False, GENERAL),
    ("the end of the connection", closes, False, GENERAL),
]


def test_ofrep(rude, fresh):
    """The provider of the project OpenFeature, and a server that speaks OFREP, well or not; then the server goes."""
    one = fresh(FLAGS_URL=rude.url)
    flags = {"openfeature": "go", "provider": f"{PROVIDERS}:ofrep"}
    for case, speak, allowed, said in OFREP:
        rude.speak = speak
        why = one.ask(allowed, flags=flags)
        assert why.startswith("openfeature flag go "), case
        assert said in why, case
        rude.speak = ofrep_says(True)
        deadline = time.monotonic() + 10
        while not one.tell(flags=flags, timeout=TIMEOUT)["allowed"]:  # after 429 the provider pauses
            assert time.monotonic() < deadline, case
    assert all(request.startswith("POST /ofrep/v1/evaluate/flags/go HTTP/1.1") for request in rude.requests)
    rude.stop()
    assert one.ask(False, flags=flags) == f"openfeature flag go {GENERAL}"


NOT_READY = "has a provider that is not ready"

NAMED = [
    ("a class", "go", "Memory", True, "allows it"),
    ("an instance", "go", "MEMORY", True, "allows it"),
    ("a flag that says no", "halt", "Memory", False, "says false"),
    ("no such flag", "none", "Memory", False, "is not known to its provider"),
    ("a flag that is not a boolean", "text", "Memory", False, "is not a boolean"),
    ("a start that hangs", "go", "HangsAtStart", False, LATE),
    ("a start that fails", "go", "FailsAtStart", False, "has a provider that does not start: OSError"),
    ("a provider that gives up", "go", "GivesUp", False, "has a provider that does not start: OSError"),
    ("a hang", "go", "Hangs", False, LATE),
    ("a hang that cannot be ended", "go", "HangsWhateverOneDoes", False, LATE),
    ("stale", "go", "IsStale", False, "is stale"),
    ("disabled", "go", "IsDisabled", False, "is disabled"),
    ("a default of its own", "go", "HasOwnDefault", True, "allows it"),
    ("no reason", "go", "SaysNoReason", True, "allows it"),
    ("one", "go", "SaysOne", False, "is not a boolean"),
    ("an error", "go", "Raises", False, GENERAL),
    ("no name", "go", "HasNoName", False, "has a provider that does not start: OSError"),
    ("yes, but out of touch", "go", "LosesTouch", False, f"{NOT_READY} (ERROR)"),
    ("yes, but grown stale", "go", "GrowsStale", False, f"{NOT_READY} (STALE)"),
]


def test_named_providers(fresh):
    """A provider that is named is started and asked, twice; what it does ends as a sentence, in time."""
    one = fresh()
    for case, flag, provider, allowed, said in NAMED:
        flags = {"openfeature": flag, "provider": f"{PROVIDERS}:{provider}"}
        for _ in range(2):
            assert one.ask(allowed, flags=flags) == f"openfeature flag {flag} {said}", case
    assert one.end() == 0


def test_a_start_that_fails_once(fresh):
    """It is tried again with the next reading."""
    one, flags = fresh(), {"openfeature": "go", "provider": f"{PROVIDERS}:FailsOnce"}
    one.ask(False, flags=flags)
    one.ask(True, flags=flags)


SET = f"from openfeature import api\nfrom {PROVIDERS} import *\n"


def test_the_provider_of_the_process(fresh):
    """Without a name that provider is asked which the process has set; none is a stop, and so is one that starts."""
    one, flags = fresh(), {"openfeature": "go"}
    assert one.ask(False, flags=flags) == "openfeature flag go has no provider: none is set"
    one.tell(run=SET + "api.set_provider(HangsAtStart())")
    assert one.ask(False, flags=flags) == f"openfeature flag go {NOT_READY}"
    one.tell(run=SET + "api.set_provider_and_wait(Memory())")
    assert one.ask(True, flags=flags) == "openfeature flag go allows it"
    one.tell(run=SET + "api.shutdown()")
    assert one.ask(False, flags=flags) == "openfeature flag go has no provider: none is set"


def test_a_named_provider_is_not_replaced(fresh):
    """Another provider of the process answers not in its place, even when its own was taken away."""
    one, flags = fresh(), {"openfeature": "halt", "provider": f"{PROVIDERS}:Memory"}
    one.tell(run=SET + "api.set_provider_and_wait(Says())")
    assert one.ask(False, flags=flags) == "openfeature flag halt says false"
    one.tell(run=SET + "api.clear_providers()\napi.set_provider_and_wait(Says())")
    assert "somebody replaced it" in one.ask(False, flags=flags)

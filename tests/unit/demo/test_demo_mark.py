"""Who sent a request to the demo target: what the application learns, and what the caller is told."""

import time

import pytest

from locust_ext.demo.counts import Exposition, RequestCounts
from locust_ext.demo.faults import Dials
from locust_ext.demo.mark import acknowledgement, marked
from locust_ext.demo.service import Service
from locust_ext.demo.ticks import Ticks
from locust_ext.safety.middleware import Key, Synthetic, read_keys, sign, synthetic

KEYS = read_keys("k1:sixteen letters and more")
STRANGER = Key("k1", b"sixteen other letters")
HOST = "127.0.0.1:9100"


def header(key):
    return sign(key, HOST, "nightly-7", "loadtest", time.time() + 900)


UNSIGNED = Synthetic("unsigned", "unsigned")
SENDER = Synthetic("nightly-7", "loadtest")
ROWS = [
    ("without keys: no header", (), None, "200 OK", None),
    ("without keys: any value", (), "true", "200 OK", UNSIGNED),
    ("without keys: an empty value", (), "", "200 OK", UNSIGNED),
    ("without keys: a signature that nobody looks at", (), header(STRANGER), "200 OK", UNSIGNED),
    ("with keys: no header", KEYS, None, "200 OK", None),
    ("with keys: a signature", KEYS, header(KEYS[0]), "200 OK", SENDER),
    ("with keys: a word", KEYS, "true", "403 Forbidden", None),
    ("with keys: an empty value", KEYS, "", "403 Forbidden", None),
    ("with keys: another secret", KEYS, header(STRANGER), "403 Forbidden", None),
]


@pytest.mark.parametrize("keys, value, status, sender", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_marked(keys, value, status, sender):
    """A mark is believed without keys and verified with them; the acknowledgement says which."""
    seen, started = [], []

    def application(environ, start_response):
        seen.append((synthetic(environ), acknowledgement(environ)))
        start_response("200 OK", [])
        return []

    environ = {"REQUEST_METHOD": "GET", "HTTP_HOST": HOST}
    if value is not None:
        environ["HTTP_X_SYNTHETIC_TENANT"] = value
    marked(application, keys)(environ, lambda *head: started.append(head))
    assert started[0][0] == status
    acks = [(name, text) for name, text in started[0][1] if name == "x-synthetic-tenant-ack"]
    assert acks == ([("x-synthetic-tenant-ack", sender.run)] if sender else [])
    if status == "200 OK":
        assert seen == [(sender, [(name.encode(), text.encode()) for name, text in acks])]
    else:
        assert seen == []


def test_writes_are_counted_by_their_traffic(world):
    """Both kinds are there from the start, so that a rate of the first one is not a surprise."""
    service = Service(Dials(), clock=world.clock, sleep=world.slept.append)
    exposition = Exposition(RequestCounts(), service, Ticks())
    assert exposed(exposition) == {"real": "0.0", "synthetic": "0.0"}
    service.write("7", "x")
    service.write("7", "x", synthetic=True)
    service.write("8", "x", synthetic=True)
    assert exposed(exposition) == {"real": "1.0", "synthetic": "2.0"}


def exposed(exposition):
    lines = exposition.text().decode().splitlines()
    found = [line.removeprefix("app_writes_total{").split() for line in lines if line.startswith("app_writes_total{")]
    return {label.removeprefix('traffic="').removesuffix('"}'): value for label, value in found}

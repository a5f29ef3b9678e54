"""Endpoints that hang, drip, flood, lie and redirect: over real sockets, bounded in time and memory, each in a sentence."""

from __future__ import annotations

import resource
from time import monotonic

import gevent
import pytest

from locust_ext.probes.endpoint import CHUNK, LARGEST, Endpoint
from locust_ext.probes.exposition import Wanted
from locust_ext.probes.readings import Reading
from locust_ext.probes.source import UnreadError
from tests.unit.probes.hostile import Hostile

pytestmark = pytest.mark.sockets

FDS = {"process_open_fds": Reading(12.0), "process_start_time_seconds": Reading(100.0)}


@pytest.fixture
def hostile():
    """A server, and another one that it redirects to."""
    one = Hostile()
    yield one
    one.stop()


def read(url, timeout=20.0, **headers):
    """Read once."""
    return Endpoint(url, headers, Wanted()).read(timeout)


FINE = ["/metrics", "/chunked", "/no-length", "/packed", "/moved"]


@pytest.mark.parametrize("path", FINE)
def test_what_is_read(hostile, path):
    """However it comes over the wire; a redirect to another place of the same origin is followed."""
    found = read(hostile.url + path)
    assert (found.values, found.troubles) == (FDS, {})
    assert found.size > 70


WRONG = [
    ("/hang", "it did not answer within 0.2 s"),
    ("/drip", "it did not answer within 0.2 s"),
    ("/flood", "it sent more than 5 MB"),
    ("/bomb", "it sent more than 5 MB"),
    ("/reset", "it cut the connection"),
    ("/silence", "it closed the connection without an answer"),
    ("/broken-off", "it broke off in its answer"),
    ("/half-a-chunk", "it broke off in its answer"),
    ("/headers", "it does not speak HTTP"),
    ("/not-http", "it does not speak HTTP"),
    ("/html", "it answered HTML, not metrics"),
    ("/page", "it did not answer in Prometheus' format"),
    ("/json", "it did not answer in Prometheus' format"),
    ("/packed-twice", "it sent an answer in an encoding that nobody asked for"),
    ("/packed-badly", "it sent an answer that cannot be unpacked"),
    ("/packed-in-part", "it broke off in its answer"),
    ("/401", "it answered 401"),
    ("/404", "it answered 404"),
    ("/500", "it answered 500"),
    ("/204", "it answered 204"),
    ("/elsewhere", "it redirects elsewhere (302), and is not followed"),
    ("/nowhere", "it redirects elsewhere (302), and is not followed"),
    ("/unclear", "it could not be asked: ValueError"),
    ("/circle", "it redirects in a circle"),
]


@pytest.mark.parametrize("path, said", WRONG)
def test_what_is_not_read(hostile, path, said):
    """In one short sentence that is the same each time, and soon; nothing that was sent stands in it."""
    other = Hostile()
    hostile.elsewhere = other.url + "/metrics"
    began = monotonic()
    with pytest.raises(UnreadError) as caught:
        read(hostile.url + path, timeout=0.2 if "0.2" in said else 20.0)
    other.stop()
    assert str(caught.value) == said
    assert monotonic() - began < 10, "it would have gone on for twice as long"
    assert not other.seen


def test_nothing_of_these_series_is_there(hostile):
    """An answer without any of them is read: that they are missing is the rules' business."""
    assert read(hostile.url + "/renamed").values == {}
    assert read(hostile.url + "/empty").values == {}


def test_nobody_is_there():
    """A port that nobody listens on."""
    gone = Hostile()
    gone.stop()
    with pytest.raises(UnreadError, match=r"^it refused the connection$"):
        read(gone.url + "/metrics")


URLS = [("a name that nobody knows", "http://nobody.invalid/metrics"), ("a port that cannot be", "http://127.0.0.1:99999/m"),
        ("half a host", "http://.../metrics"), ("too long a label", f"http://{'x' * 70}.test/")]  # fmt: skip


@pytest.mark.parametrize("url", [row[1] for row in URLS], ids=[row[0] for row in URLS])
def test_addresses_that_lead_nowhere(url):
    """They are a trouble of the probe, and of nothing else."""
    with pytest.raises(UnreadError):
        read(url)


def test_what_it_sends(hostile, monkeypatch):
    """Its own headers, at each step within its origin; it asks for plain text, unpacked, on a connection of its own."""
    read(hostile.url + "/moved", Authorization="Bearer s3cr3t")
    assert len(hostile.seen) == 2
    for request in hostile.seen:
        lines = request.decode().lower().splitlines()
        assert "authorization: bearer s3cr3t" in lines
        assert "accept-encoding: identity" in lines
        assert "connection: close" in lines
        assert not any("synthetic" in line for line in lines)


def test_the_headers_of_netrc_do_not_take_the_place_of_its_own(hostile, tmp_path, monkeypatch):
    """As for the kill switch."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login bob password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    read(hostile.url + "/metrics", Authorization="Bearer s3cr3t")
    assert b"Bearer s3cr3t" in hostile.seen[0]


@pytest.mark.parametrize("path", ["/flood", "/bomb"])
def test_others_go_on_while_it_reads(hostile, path):
    """They have their turn after each piece of an answer that comes at once; memory does not grow with it."""
    turns = []

    def others():
        while True:
            turns.append(1)
            gevent.sleep(0)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    waiting = gevent.spawn(others)
    with pytest.raises(UnreadError):
        read(hostile.url + path)
    waiting.kill()
    assert len(turns) > LARGEST / CHUNK
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # the server holds what it sends


def test_it_can_be_killed(hostile):
    """A run that ends does not wait for an answer."""
    reading = gevent.spawn(read, hostile.url + "/hang")
    gevent.sleep(0.05)
    began = monotonic()
    reading.kill()
    assert monotonic() - began < 10


def test_a_timeout_of_somebody_else_passes(hostile):
    """It is not the probe's own."""
    mine = gevent.Timeout(0.05)
    with pytest.raises(gevent.Timeout) as caught, mine:
        read(hostile.url + "/hang")
    assert caught.value is mine

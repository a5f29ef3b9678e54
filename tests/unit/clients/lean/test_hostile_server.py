"""Whatever a server does: an answer goes to its own request, each request is told once, none outlives its time."""

import gc
import gzip
import time
from pathlib import Path

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locust import FastHttpUser

from locust_ext.clients.lean.user import LeanHttpUser
from tests.unit.clients.lean.stage import PATIENCE, Do, Stage, chunked, ok
from tests.unit.clients.lean.telling import differences, row, tell

ANSWERS = [
    ok(b"abc"),
    ok(b"", status="204 No", length=False),
    chunked(b"ab", b"cde", trailer=b"X: y\r\n"),
    ok(gzip.compress(b"text" * 9), "Content-Encoding: gzip"),
    ok(b"no", status="500 No"),
    ok(b"", "Location: /next", status="302 Found"),
    b"HTTP/1.1 103 E\r\n\r\n" + ok(b"late", "Set-Cookie: a=b"),
    ok(b"x" * 9000, "Connection: close"),
    b"HTTP/1.1 200 OK\r\nContent-Length: oops\r\n\r\n",
]

BOUND = 0.3

pytestmark = pytest.mark.sockets


def descriptors():
    """Return how many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def stage():
    """Return a server that plays scripts."""
    made = Stage()
    yield made
    made.close()


def play(stage, played, kind):
    told = tell(stage, played, kind)
    told.pop("seconds")
    return told


@settings(max_examples=settings.default.max_examples // 2)
@given(st.lists(st.tuples(st.sampled_from(ANSWERS), st.lists(st.floats(0, 1), max_size=4)), min_size=1, max_size=5))
def test_however_an_answer_is_cut_both_tell_the_same(answers):
    """Pieces come one by one, over connections that stay open; a pause stands between two."""
    script = []
    for answer, cuts in answers:
        places = sorted({int(cut * len(answer)) for cut in cuts} | {0, len(answer)})
        line = [step for a, b in zip(places, places[1:], strict=False) for step in (answer[a:b], 0.002)]
        # A message before the answer comes with all of it: behind it FastHttpUser gives its connection away.
        script.append((answer,) if b" 103 " in answer else tuple(line))
    stage = Stage()
    cut = row("cut", lambda c: [c.get(f"/{n}", allow_redirects=n != 1) for n in range(len(answers))], *script, ok())
    try:
        assert differences(play(stage, cut, FastHttpUser), play(stage, cut, LeanHttpUser)) == []
    finally:
        stage.close()


@settings(max_examples=settings.default.max_examples // 3)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([None, Do.CLOSE, Do.RESET, Do.HANG]), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
def test_a_hostile_server_never_gives_an_answer_to_another_request(acts):
    """Each request carries a number, which its answer repeats; what the server does is drawn."""
    turn = iter(acts * 100)

    def answers(asked):
        cut, end, doubled = next(turn)
        whole = ok(b"[%b]" % asked.split(b" ")[1]) * (1 + doubled)
        place = int(cut * len(whole))
        return (whole[:place], 0.001, end) if end else (whole[:place], 0.002, whole[place:])

    stage = Stage()
    wrong: list[object] = []

    def judged(c):
        greenlets = [gevent.spawn(one, c, n) for n in range(4)]
        gevent.joinall(greenlets)

    def one(c, n):
        for number in range(3):
            path = f"/{n}-{number}"
            began = time.perf_counter()
            response = c.request(("GET", "POST")[n % 2], path)
            if time.perf_counter() - began > PATIENCE:
                wrong.append(("hangs", path))
            own = f"[{path}]".encode()  # geventhttpclient, who tries again, takes two answers at once for one
            # What was cut is told as a failure, with what had come.
            if not (own * 2).startswith(response.content or b""):
                wrong.append((path, response.content))

    try:
        told = play(
            stage,
            row(
                "hostile", judged, answers, user={"network_timeout": 0.05, "connection_timeout": 0.3, "concurrency": 2}
            ),
            LeanHttpUser,
        )
    finally:
        stage.close()
    assert wrong == []
    assert sorted(event["name"] for event in told["events"]) == sorted(
        f"/{n}-{number}" for n in range(4) for number in range(3)
    )


DRIPS = [
    ("its head", tuple(step for byte in ok(b"abc", "X: " + 99 * "y") for step in (bytes([byte]), 0.1))),
    ("its body", (ok(b"", "Content-Length: 99", length=False), *[b"x", 0.1] * 99)),
    ("chunks", (ok(b"", "Transfer-Encoding: chunked", length=False), *[b"1\r\nx\r\n", 0.1] * 99)),
    ("messages before it", (*[b"HTTP/1.1 103 E\r\n\r\n", 0.1] * 99,)),
]


@pytest.mark.parametrize("sentence, line", DRIPS, ids=[sentence for sentence, _ in DRIPS])
def test_an_answer_that_drips_ends_in_time(stage, sentence, line):
    """The timeout is one of the whole exchange."""
    told = tell(stage, row(sentence, lambda c: c.get("/"), line, user={"network_timeout": BOUND}), LeanHttpUser)
    assert BOUND <= told["seconds"] < PATIENCE < 20
    assert [event["exception"][0] for event in told["events"]] in (["RetriesExceeded"], ["TimeoutError"])


POINTS = [(Do.HANG,), (ok()[:9], Do.HANG), (ok()[:-1], Do.HANG), (b"HTTP/1.1 103 E\r\n\r\n", Do.HANG)]


@pytest.mark.parametrize("how", ["killed", "timed out by the user"])
@pytest.mark.parametrize("line", POINTS, ids=["before", "within the head", "within the body", "after a 103"])
@pytest.mark.parametrize("headers", [{}, {"X": ["a", "b"]}], ids=["plain", "by geventhttpclient"])
def test_no_slot_and_no_socket_is_lost(stage, how, line, headers):
    """After more ends than there are slots, as many requests as ever go at once, and no descriptor is left open."""

    def ends(c):
        if how == "killed":
            greenlet = gevent.spawn(c.get, "/", headers=headers)
            gevent.sleep(0.01)
            greenlet.kill()
        else:
            with gevent.Timeout(0.01, False):
                c.get("/", headers=headers)

    def does(c):
        for _ in range(4):
            ends(c)
        stage.perform((ok(),))
        greenlets = [gevent.spawn(c.get, "/", headers=headers) for _ in range(3)]
        gevent.joinall(greenlets)
        assert len(c.lean.pools.pools()[0].open) <= 2
        return [greenlet.value.status_code for greenlet in greenlets]

    gc.collect()
    before = descriptors()
    told = tell(stage, row("ends", does, line, user={"concurrency": 2}), LeanHttpUser)
    assert told["returned"] == [200, 200, 200]
    gevent.sleep(0)
    gc.collect()
    assert descriptors() <= before


def test_sockets_of_a_session_that_is_dropped_are_closed(stage):
    """Nobody has to close it."""
    stage.perform((ok(),))
    before = descriptors()
    for _ in range(5):
        hook = type("Hook", (), {"fire": lambda *_, **__: None})()
        environment = type("Env", (), {"events": type("Events", (), {"request": hook})})
        type("Someone", (LeanHttpUser,), {"host": f"http://{stage.at}"})(environment).client.get("/")
    gc.collect()
    stage.came()
    assert descriptors() <= before + 1

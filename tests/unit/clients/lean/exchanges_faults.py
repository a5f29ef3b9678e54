"""What goes wrong between the two: ends, resets and silences at every point, and what is tried again."""

from __future__ import annotations

import gevent
from gevent import socket

from tests.unit.clients.lean.stage import Do, ok
from tests.unit.clients.lean.telling import QUICK, row

QUICKLY = {"network_timeout": QUICK}
WHOLE = ok(b"0123456789" * 10)
POINTS = {
    "before the answer": 0,
    "within the status": 8,
    "behind the status": 17,
    "within a header": 25,
    "before the empty line": WHOLE.index(b"\r\n\r\n") + 2,
    "behind the head": WHOLE.index(b"\r\n\r\n") + 4,
    "within the body": len(WHOLE) - 5,
}


def get(c):
    return c.get("/")


def twice(c):
    return [c.get("/1"), c.get("/2")]


def post(c):
    return c.post("/", data="abc")


def pause(*calls):
    """Return what waits between some calls, so that what the server does meanwhile has come."""

    def does(c):
        found = []
        for call in calls:
            found.append(call(c))
            gevent.sleep(0.02)
        return found

    return does


def ended(how: Do, **more):
    """Return exchanges that end at each point, with a GET and a POST."""
    return [
        row(f"{how.value} {where}, of a {name}", does, *((WHOLE[:point], 0.005, how) if point else (how,),), **more)
        for where, point in POINTS.items()
        for name, does in (("GET", get), ("POST", post))
    ]


def crowded(stage):
    """Return where nobody lets anybody in: its queue is full."""
    if not vars(stage).get("busy"):
        stage.busy = socket.socket()
        stage.busy.bind(("127.0.0.1", 0))
        stage.busy.listen(0)
        stage.waiting = [socket.socket() for _ in range(3)]
        for each in stage.waiting:
            each.setblocking(False)
            each.connect_ex(stage.busy.getsockname())
    address = stage.busy.getsockname()
    return {"host": f"http://{address[0]}:{address[1]}", "connection_timeout": QUICK}


def timed(seconds: float, call):
    """Return what a request does under a timeout of the user's own."""

    def does(c):
        with gevent.Timeout(seconds):
            return call(c)

    return does


def silent_timeout(c):
    with gevent.Timeout(QUICK, False):
        c.get("/1")
    return c.get("/2")


def killed(c):
    greenlet = gevent.spawn(c.get, "/1")
    gevent.sleep(0.02)
    greenlet.kill()
    return [repr(greenlet.value), c.get("/2")]


FAULTS = [
    *ended(Do.CLOSE),
    *ended(Do.RESET),
    *ended(Do.HANG, user=QUICKLY),
    row("nobody lets it in", get, user=crowded),
    row("it is let in and closed", lambda c: c.get("/"), greeting=(Do.CLOSE,)),
    row("it is let in and reset", lambda c: c.get("/"), greeting=(0.02, Do.RESET)),
    row("a POST is let in and closed", post, greeting=(Do.CLOSE,)),
    row("garbage before the request", get, greeting=(b"220 mail.example.com ESMTP\r\n",)),
    row(
        "an answer to half of an upload",
        lambda c: c.post("/", data=b"x" * 8_000_000),
        greeting=(0.02, ok(b"too large", "Connection: close", status="413 No"), Do.CLOSE),
    ),
    row("two answers at once", twice, ok(b"one") + ok(b"two"), ok(b"three")),
    row("two answers, the second later", pause(get, get), (ok(b"one"), 0.005, ok(b"two")), ok(b"three")),
    row("an answer and garbage", twice, ok(b"one") + b"garbage", ok(b"three")),
    row("a connection that is closed while idle", pause(get, get, post), (ok(), Do.CLOSE), (ok(), Do.CLOSE), ok()),
    row("a connection that is reset while idle", pause(get, get, post), (ok(), Do.RESET), (ok(), Do.RESET), ok()),
    row("a connection that is closed as the next GET comes", twice, ok(), (Do.CLOSE,), ok()),
    row("a connection that is reset as the next GET comes", twice, ok(), (Do.RESET,), ok()),
    row(
        "a connection that is closed as the next POST comes",
        lambda c: [c.post("/1"), c.post("/2")],
        ok(),
        (Do.CLOSE,),
        ok(),
    ),
    row(
        "a connection that is reset as the next POST comes",
        lambda c: [c.post("/1"), c.post("/2")],
        ok(),
        (Do.RESET,),
        ok(),
    ),
    row("a server that closes again and again", get, (Do.CLOSE,), user={"concurrency": 3}),
    row(
        "a server that closes a PUT again and again",
        lambda c: c.put("/", data="a"),
        (Do.CLOSE,),
        user={"concurrency": 2},
    ),
    row("a server that closes a PATCH", lambda c: c.patch("/", json=1), (Do.CLOSE,)),
    row("closed twice, then well", get, (Do.CLOSE,), (Do.RESET,), ok()),
    row("something while idle", pause(get, get), (ok(), 0.005, b"x"), ok()),
    row("a timeout after head, with the next request", twice, (ok()[:-1], Do.HANG), ok(), user=QUICKLY),
    row(
        "a timeout of a POST, then another one", lambda c: [c.post("/1"), c.post("/2")], (Do.HANG,), ok(), user=QUICKLY
    ),
    row("a timeout of the user's", timed(QUICK, get), (Do.HANG,)),
    row("a timeout of the user's within the body", timed(QUICK, get), (ok()[:-1], Do.HANG)),
    row("a timeout of the user's that is silent", silent_timeout, (Do.HANG,), ok()),
    row("a request that is killed", killed, (Do.HANG,), ok()),
    row("a request that is killed within its body", killed, (ok()[:-1], Do.HANG), ok()),
    row("a wait of no time", get, user={"network_timeout": 0.0001}, script=((0.1, ok()),)),
]

RETRIES = [
    row("two retries of silence", get, (Do.HANG,), user={**QUICKLY, "max_retries": 2}),
    row("a retry that succeeds", get, (Do.HANG,), ok(), user={**QUICKLY, "max_retries": 2}),
    row("no retry of a POST", post, (Do.HANG,), ok(), user={**QUICKLY, "max_retries": 2}),
    row("no retry of a failure", get, ok(status="500 No"), ok(), user={"max_retries": 2}),
    row("no retry of a refusal", lambda c: c.get("http://127.0.0.1:1/"), user={"max_retries": 2}),
    row("a retry of half a body", get, (ok()[:-1], Do.HANG), ok(), user={**QUICKLY, "max_retries": 2}),
    row("no retry of garbage", get, (b"garbage\r\n\r\n", Do.CLOSE), ok(), user={"max_retries": 2}),
    row("retries by the request itself", lambda c: c.get("/", max_retries=1), (Do.HANG,), ok(), user=QUICKLY),
    row("retries of nobody who lets it in", get, user=lambda stage: {**crowded(stage), "max_retries": 1}),
]

ROWS = [*FAULTS, *RETRIES]

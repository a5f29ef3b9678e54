"""What one request leaves to the next: cookies, redirects, requests that overlap; and what user code says of an answer."""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy

import gevent
from geventhttpclient.client import HTTPClientPool
from locust.exception import ResponseError

from tests.unit.clients.lean.stage import PATIENCE, Do, chunked, ok
from tests.unit.clients.lean.telling import QUICK, row

AGAIN = "Wed, 01 Jan 2200 00:00:00 GMT"
LONG_AGO = "Wed, 01 Jan 2020 00:00:00 GMT"


def caught(within, status="200 OK", **options):
    """Return what a with-block does to an answer, and the script of that."""

    def does(c):
        with c.get("/", catch_response=True, **options) as response:
            within(response)
        return response

    return does, ok(b"text", status=status)


def raises(kind, *words):
    def within(response):
        raise kind(*words)

    return within


def marks_and_raises(response):
    response.success()
    raise ValueError("after all")


def outside(c):
    response = c.get("/", catch_response=True)
    response.failure("too early")


def unasked(c):
    with c.get("/"):
        pass


def changed_meta(c):
    with c.get("/", catch_response=True) as response:
        response.request_meta["name"] = "renamed"
        response.request_meta["context"] = {"a": len(response.content)}
    return response


def rested(*arguments, within=lambda r: None, **options):
    def does(c):
        with c.user.rest(*arguments, **options) as response:
            within(response)
        return response

    return does


CAUGHT = [
    row("nothing said of it", *caught(lambda r: None)),
    row("nothing said of a failure", *caught(lambda r: None, "500 No")),
    row("success", *caught(lambda r: r.success())),
    row("success of a failure", *caught(lambda r: r.success(), "500 No")),
    row("failure", *caught(lambda r: r.failure("no good"))),
    row("failure with an exception", *caught(lambda r: r.failure(KeyError("no")))),
    row("failure of a failure", *caught(lambda r: r.failure("worse"), "404 No")),
    row("success, then failure", *caught(lambda r: [r.success(), r.failure("no")])),
    row("failure, then success", *caught(lambda r: [r.failure("no"), r.success()])),
    row("raise_for_status after failure", *caught(lambda r: [r.failure("no"), r.raise_for_status()])),
    row("an exception within", *caught(raises(ValueError, "oh"))),
    row("a ResponseError within", *caught(raises(ResponseError, "oh"))),
    row("success and an exception within", *caught(marks_and_raises)),
    row("the end of the user within", *caught(raises(RuntimeError, "stop"), "500 No")),
    row("failure outside of the block", outside),
    row("a block that nobody asked for", unasked),
    row("a block that changes what is told", changed_meta),
    row("a block that is never entered", lambda c: c.get("/", catch_response=True)),
    row("a block that asks for the text", *caught(lambda r: r.success() if r.text == "text" else None)),
    row("a block with a name", *caught(lambda r: r.failure("no"), name="named")),
    row("success of nobody at the port", lambda c: success_of(c, "http://127.0.0.1:1/")),
    row("rest", rested("GET", "/"), ok(b'{"a": 1}')),
    row("rest with json", rested("POST", "/", json={"b": 2}), ok(b"[]")),
    row("rest that is no json", rested("GET", "/"), ok(b"no json")),
    row("rest that is empty", rested("GET", "/"), ok(b"")),
    row("rest of a failure", rested("GET", "/"), ok(b'{"error": 1}', status="400 No")),
    row("rest with an assertion", rested("GET", "/", within=raises(AssertionError, "bad,")), ok(b'{"a": 1}')),
    row("rest with an exception", rested("GET", "/", within=raises(ValueError, "bad")), ok(b'{"a": 1}')),
    row("rest with headers", rested("PUT", "/", headers={"content-type": "a/b"}, data="x"), ok(b"1")),
    row("rest of nobody at the port", rested("GET", "http://127.0.0.1:1/")),
    row("rest that is packed wrongly", rested("GET", "/"), ok(b"no", "Content-Encoding: gzip")),
]


def success_of(c, url):
    with c.get(url, catch_response=True) as response:
        response.success()
    return response


def sets(*cookies: str) -> bytes:
    return ok(b"ok", *[f"Set-Cookie: {cookie}" for cookie in cookies])


def walk(*paths: str):
    """Return what asks for some paths, one after the other."""
    return lambda c: [c.get(path) for path in paths]


def by_hand(c):
    c.cookiejar.set_cookie(
        Cookie(0, "mine", "1", None, False, "127.0.0.1", False, False, "/", True, False, None, False, None, None, {})
    )
    return c.get("/")


def cleared(c):
    c.get("/1")
    c.get("/2")
    c.cookiejar.clear()
    return c.get("/3")


def cleared_one(c):
    c.get("/1")
    c.cookiejar.clear("127.0.0.1", "/", "a")
    return c.get("/2")


def replaced_jar(c):
    c.get("/1")
    c.cookiejar = c.client.cookiejar = CookieJar()
    return [c.get("/2"), c.get("/3")]


def no_jar(c):
    c.get("/1")
    c.client.cookiejar = None
    return [c.get("/2"), c.get("/3")]


def jar_of_one_attribute(c):
    c.cookiejar = CookieJar()
    return [c.get("/1"), c.get("/2")]


def changed_cookie(c):
    c.get("/1")
    next(iter(c.cookiejar)).value = "changed"
    return [c.get("/2")]


def changed_later(c):
    found = [c.get("/"), c.get("/")]
    next(iter(c.cookiejar)).value = "changed"
    return [*found, c.get("/")]


def strict(c):
    c.cookiejar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return [c.get("/1"), c.get("/2")]


def blocks_later(c):
    c.get("/")
    c.get("/")
    c.cookiejar.set_policy(DefaultCookiePolicy(blocked_domains=["127.0.0.1"]))
    return c.get("/")


def session_ends(c):
    c.get("/1")
    c.cookiejar.clear_session_cookies()
    return c.get("/2")


COOKIES = [
    row("a cookie", walk("/1", "/2", "/3"), sets("a=b"), ok()),
    row("several cookies", walk("/1", "/2"), sets("a=b; Path=/", "c=d; HttpOnly; SameSite=Lax"), ok()),
    row("a cookie that changes", walk("/1", "/2", "/3", "/4"), sets("a=1"), sets("a=2"), ok()),
    row("a cookie that expires later", walk("/1", "/2"), sets(f"a=b; Expires={AGAIN}"), ok()),
    row("a cookie that is deleted", walk("/1", "/2", "/3"), sets("a=b"), sets(f"a=; Expires={LONG_AGO}"), ok()),
    row("a cookie with an age of 0", walk("/1", "/2", "/3"), sets("a=b"), sets("a=b; Max-Age=0"), ok()),
    row("a cookie for a path", walk("/x/1", "/x/2", "/y", "/x"), sets("a=b; Path=/x"), ok()),
    row("a cookie for the path of its page", walk("/x/1", "/x/2", "/y/1"), sets("a=b"), ok()),
    row("cookies for several paths", walk("/x/1", "/x/2"), sets("a=1; Path=/", "b=2; Path=/x"), ok()),
    row("a cookie for another path", walk("/x/1", "/y/1"), sets("a=b; Path=/y"), ok()),
    row("a cookie for a domain", walk("/1", "/2"), sets("a=b; Domain=127.0.0.1"), ok()),
    row("a cookie for another domain", walk("/1", "/2"), sets("a=b; Domain=example.com"), ok()),
    row("a secure cookie", walk("/1", "/2"), sets("a=b; Secure"), ok()),
    row("a cookie in quotes", walk("/1", "/2"), sets('a="b c"'), ok()),
    row("a cookie without a value", walk("/1", "/2"), sets("a"), ok()),
    row("a cookie with odd letters", walk("/1", "/2"), sets("a=é"), ok()),
    row("an empty cookie", walk("/1", "/2"), sets(""), ok()),
    row("a cookie of version 2", walk("/1", "/2"), ok(b"ok", 'Set-Cookie2: a="b"; Version=1'), ok()),
    row("a cookie in small letters", walk("/1", "/2"), ok(b"ok", "set-cookie: a=b"), ok()),
    row("a cookie of a failure", walk("/1", "/2"), ok(b"", "Set-Cookie: a=b", status="500 No"), ok()),
    row("a cookie of a 204", walk("/1", "/2"), ok(b"", "Set-Cookie: a=b", status="204 No", length=False), ok()),
    row("a cookie in chunks", walk("/1", "/2"), chunked(b"a", headers=("Set-Cookie: a=b",)), ok()),
    row(
        "a cookie for another host",
        lambda c: [c.get("/1"), c.get(f"http://localhost:{c.here[10:]}/2")],
        sets("a=b"),
        ok(),
    ),
    row(
        "a cookie beside one of the user's",
        lambda c: [c.get("/1"), c.get("/2", headers={"Cookie": "u=1"})],
        sets("a=b"),
        ok(),
    ),
    row(
        "a cookie beside the user's in small letters",
        lambda c: [c.get("/1"), c.get("/2", headers={"cookie": "u=1"})],
        sets("a=b"),
        ok(),
    ),
    row("a cookie and a POST", lambda c: [c.post("/1", data="a"), c.post("/2", data={"b": 1})], sets("a=b"), ok()),
    row("a cookie and params", lambda c: [c.get("/1", params={"a": 1})] * 2, sets("a=b"), ok()),
    row("a cookie that the user sets", by_hand),
    row("cookies that the user clears", cleared, sets("a=b"), ok()),
    row("one cookie that the user clears", cleared_one, sets("a=b; Path=/", "c=d; Path=/"), ok()),
    row("a cookie that the user changes in place", changed_cookie, sets("a=b"), ok()),
    row("a cookie that the user changes in place, later", changed_later, sets("a=b"), ok()),
    row("cookies of a session that ends", session_ends, sets("a=b", f"c=d; Expires={AGAIN}"), ok()),
    row("a jar of the user's", replaced_jar, sets("a=b"), ok()),
    row("no jar", no_jar, sets("a=b"), ok()),
    row("a jar of the session and not of its agent", jar_of_one_attribute, sets("a=b"), ok()),
    row("a policy of the user's", strict, sets("a=b"), ok()),
    row("a policy that changes", blocks_later, sets("a=b"), ok()),
]


def leads(to: str, status: int = 302, *headers: str, body: bytes = b"gone") -> bytes:
    return ok(body, f"Location: {to}", *headers, status=f"{status} Elsewhere")


def to_other(c):
    """Ask for what leads to another name of the same host."""
    return c.get("/", headers={"Authorization": "x"}, auth=None)


REDIRECTS = [
    *[row(f"{s} of a GET", lambda c: c.get("/a"), leads("/b", s), ok()) for s in (301, 302, 303, 307, 308)],
    *[
        row(f"{s} of a POST", lambda c: c.post("/a", data="body", headers={"X": "1"}), leads("/b", s), ok())
        for s in (301, 302, 303, 307, 308)
    ],
    row("307 of json", lambda c: c.post("/a", json={"a": 1}), leads("/b", 307), ok()),
    row("307 of a form", lambda c: c.post("/a", data={"a": 1}), leads("/b", 307), ok()),
    row("302 of a HEAD", lambda c: c.head("/a"), leads("/b", body=b""), ok(b"")),
    row("302 of a PUT", lambda c: c.put("/a", data=b"x"), leads("/b"), ok()),
    row("302 with params", lambda c: c.get("/a", params={"p": 1}), leads("/b?q=2"), ok()),
    row("302 in chunks", lambda c: [c.get("/a"), c.get("/c")], (leads("/b", 302, "Connection: close"), Do.CLOSE), ok()),
    row("a relative place", lambda c: c.get("/a/b/c"), leads("../d?e=f"), ok()),
    row("a place that is a query", lambda c: c.get("/a/b"), leads("?q"), ok()),
    row("a place without a scheme", lambda c: c.get("/a"), leads("//HERE/b"), ok()),
    row("an absolute place", lambda c: c.get("/a"), leads("http://HERE/b#c"), ok()),
    row("a place beyond ASCII", lambda c: c.get("/a"), leads("/é b"), ok()),
    row("another host loses the auth", lambda c: c.get("/a", auth=("u", "p")), leads("http://u:p@localhost:1/"), ok()),
    row("the same host keeps the auth", lambda c: c.get("/a", auth=("u", "p")), leads("/b"), ok()),
    row("nobody at the place", lambda c: c.get("/a"), leads("http://127.0.0.1:1/")),
    row("a place of another scheme", lambda c: c.get("/a"), leads("ftp://127.0.0.1/")),
    row("a place that is none", lambda c: c.get("/a"), leads("http://[")),
    row("a place with a port that is none", lambda c: c.get("/a"), leads("http://127.0.0.1:x/")),
    row("an empty place", lambda c: c.get("/a"), leads("")),
    row("no place", lambda c: c.get("/a"), ok(status="302 Found")),
    row("two places", lambda c: c.get("/a"), leads("/b", 302, "Location: /c"), ok()),
    row("a place and 200", lambda c: c.get("/a"), leads("/b", 200)),
    row("a place and 201", lambda c: c.post("/a"), leads("/b", 201)),
    row("a chain", lambda c: c.get("/a"), leads("/b"), leads("/c", 301), leads("/d", 303), ok()),
    row(
        "a chain that sets cookies",
        lambda c: c.get("/a"),
        leads("/b", 302, "Set-Cookie: a=1"),
        leads("/c", 302, "Set-Cookie: b=2"),
        ok(),
    ),
    row("a chain with catch_response", lambda c: success_of(c, "/a"), leads("/b"), ok()),
    row("a loop", lambda c: c.get("/a"), leads("/a"), user={"max_redirects": 3}),
    row("a loop of the usual length", lambda c: c.get("/a"), leads("/a")),
    row(
        "exactly as many as there may be",
        lambda c: c.get("/a"),
        leads("/b"),
        leads("/c"),
        ok(),
        user={"max_redirects": 2},
    ),
    row("one too many", lambda c: c.get("/a"), leads("/b"), leads("/c"), ok(), user={"max_redirects": 1}),
    row("none allowed by the user's class", lambda c: c.get("/a"), leads("/b"), ok(), user={"max_redirects": 0}),
    row("none allowed by the request", lambda c: c.get("/a", allow_redirects=False), leads("/b"), ok()),
    row("none allowed, and a loop", lambda c: [c.get("/a", allow_redirects=False)] * 2, leads("/a")),
    row(
        "none allowed, then some",
        lambda c: [c.get("/a", allow_redirects=a) for a in (False, True)],
        leads("/b"),
        leads("/b"),
        ok(),
    ),
    row(
        "none allowed of a chain in which a failure is",
        lambda c: c.get("/a", allow_redirects=False),
        ok(status="500 No"),
    ),
    row(
        "none allowed with a list as a header",
        lambda c: c.get("/", allow_redirects=False, headers={"X": ["a"]}),
        leads("/b"),
        ok(),
    ),
    row("a chain that ends in a failure", lambda c: c.get("/a"), leads("/b"), ok(status="404 No")),
    row("a chain that ends in garbage", lambda c: c.get("/a"), leads("/b"), (b"garbage\r\n\r\n", Do.CLOSE)),
    row(
        "a chain that ends in silence", lambda c: c.get("/a"), leads("/b"), (Do.HANG,), user={"network_timeout": QUICK}
    ),
    row("a chain with a closed connection", lambda c: c.get("/a"), leads("/b"), (Do.CLOSE,), ok()),
    row("a redirect that is packed wrongly", lambda c: c.get("/a"), leads("/b", 302, "Content-Encoding: gzip"), ok()),
    row("a redirect whose body is cut", lambda c: c.get("/a"), (leads("/b")[:-2], Do.CLOSE), ok()),
    row(
        "a redirect whose body never ends",
        lambda c: c.get("/a"),
        (leads("/b")[:-2], Do.HANG),
        ok(),
        user={"network_timeout": QUICK},
    ),
    row("a redirect of 300 kB", lambda c: c.get("/a").content, leads("/b", body=b"x" * 300_000), ok()),
    row("a stream that is led elsewhere", lambda c: c.get("/a", stream=True), leads("/b"), ok()),
    row(
        "other statuses that lead elsewhere",
        lambda c: [setattr(c.client, "redirect_response_codes", {200}), c.get("/a")],
        leads("/b", 200),
        ok(status="201 Made"),
    ),
]


def overlapping(*paths: str, limit: int = 10):
    """Return what asks for some paths at once."""

    def does(c):
        with gevent.Timeout(2 * PATIENCE, RuntimeError("it hangs")):
            greenlets = [gevent.spawn(c.get, path) for path in paths]
            gevent.joinall(greenlets)
        return [greenlet.value for greenlet in greenlets]

    return does


def echo(asked: bytes):
    """Answer with the path, and the later the shorter it is."""
    path = asked.split(b" ")[1]
    return (0.02 / len(path), ok(path))


def own_pool(stage):
    return {"client_pool": HTTPClientPool(concurrency=2, insecure=True)}


def proxy(stage):
    return {"proxy_host": "127.0.0.1", "proxy_port": stage.port, "host": "http://shop.example.com"}


SIDE_BY_SIDE = [
    row("five at once", overlapping("/1", "/22", "/333", "/4444", "/55555"), echo, unordered=True),
    row(
        "five at once, two at a time",
        overlapping("/1", "/2", "/3", "/4", "/5"),
        ok(),
        unordered=True,
        user={"concurrency": 2},
    ),
    row(
        "five at once, one at a time",
        overlapping("/1", "/2", "/3", "/4", "/5"),
        echo,
        user={"concurrency": 1},
        unordered=True,
    ),
    row("twenty of a kind at once", overlapping(*["/1"] * 20), echo, unordered=True),
    row("a pool of one's own", lambda c: [c.get("/1"), c.post("/2", data="a")], user=own_pool),
    row("a proxy", lambda c: [c.get("/1"), c.get("/2?a=b")], user=proxy),
    row("a proxy and an absolute address", lambda c: c.get("http://other.example.com:81/x"), user=proxy),
    row("a proxy that refuses", lambda c: c.get("/1"), ok(status="407 No"), user=proxy),
    row(
        "a context of TLS of one's own",
        lambda c: c.get("/1"),
        user={"ssl_context_factory": gevent.ssl.create_default_context},
    ),
    row("not insecure", lambda c: c.get("/1"), user={"insecure": False}),
]

ROWS = [*CAUGHT, *COOKIES, *REDIRECTS, *SIDE_BY_SIDE]

"""What user code asks for: methods, names, parameters, headers, bodies, addresses."""

from __future__ import annotations

import io
from typing import Any

from tests.unit.clients.lean.stage import Do, ok
from tests.unit.clients.lean.telling import QUICK, row

QUICKLY = {"network_timeout": QUICK}


def generated():
    """Yield the pieces of a body."""
    yield b"one"
    yield "two"


def headers(given: Any) -> Any:
    """Return what sends some headers."""
    return lambda c: c.get("/h", headers=given)


def posts(data: Any) -> Any:
    """Return what posts a body that is made anew each time."""
    return lambda c: c.post("/p", data=data() if callable(data) else data)


def mutated(c):
    c.get("/1")
    c.client.default_headers["X-New"] = "yes"
    c.get("/2")
    c.client.default_headers["x-new"] = "other"
    c.get("/3")
    del c.client.default_headers["X-NEW"]
    return [c.get("/4")]


def replaced_defaults(c):
    c.get("/1")
    c.client.default_headers = type(c.client.default_headers)({"Only": "this"})
    return c.get("/2")


def renamed(c):
    with c.rename_request("all of them"):
        found = [c.get("/1"), c.get("/2", name="its own"), c.post("/3", name="")]
    return [*found, c.get("/4")]


def both_ways(c):
    given = {"X-A": "1"}
    c.get("/1", headers=given)
    given["X-A"] = "2"
    return [c.get("/2", headers=given), repr(given)]


def other_statuses(c):
    c.client.valid_response_codes = frozenset([404])
    return [c.get("/1"), c.get("/2")]


METHODS = [
    row("a GET", lambda c: c.get("/")),
    row("a GET with a lower-case method", lambda c: c.request("get", "/")),
    row("a method of mixed capitals, twice", lambda c: [c.request("Get", "/"), c.request("GET", "/")]),
    row("a POST without a body", lambda c: c.post("/")),
    row("a PUT with a body", lambda c: c.put("/", data="x")),
    row("a PUT without a body", lambda c: c.put("/")),
    row("a PATCH with json", lambda c: c.patch("/", json={"a": 1})),
    row("a PATCH without a body", lambda c: c.patch("/")),
    row("a DELETE", lambda c: c.delete("/")),
    row("a DELETE with a body", lambda c: c.delete("/", data=b"x")),
    row("OPTIONS", lambda c: c.options("/"), ok(b"", "Allow: GET")),
    row("HEAD", lambda c: c.head("/"), ok(b"", "Content-Length: 12", length=False)),
    row("HEAD in small letters", lambda c: c.request("head", "/"), ok(b"", "Content-Length: 12", length=False)),
    row("HEAD, then GET on the same connection", lambda c: [c.head("/"), c.get("/")], ok(b""), ok()),
    row("TRACE", lambda c: c.request("TRACE", "/")),
    row("a method of one's own", lambda c: c.request("PURGE", "/all")),
    row("a method that is no token", lambda c: c.request("GE T", "/")),
    row("an empty method", lambda c: c.request("", "/")),
    row("a method that would end the line", lambda c: c.request("GET\r\nX:", "/")),
    row("a method beyond ASCII", lambda c: c.request("GÉT", "/")),
    row("a GET with a body", lambda c: c.get("/", data="x")),
    row("a GET with json", lambda c: c.get("/", json=[1])),
    row("iter_lines", lambda c: list(c.iter_lines("/")), ok(b"a\nb\nc")),
    row("iter_lines of a failure", lambda c: list(c.iter_lines("/")), ok(b"a\n", status="500 No")),
    row("stream", lambda c: c.get("/", stream=True), ok(b"abc")),
    row("stream of a POST, then a GET", lambda c: [c.post("/", stream=True).content, c.get("/")], ok(b"abc")),
]

NAMES = [
    row("a name", lambda c: c.get("/1?a=2", name="one")),
    row("a group of requests", renamed),
    row("request_name", lambda c: [setattr(c, "request_name", "all"), c.get("/1"), c.get("/2", name="own")]),
    row("a context", lambda c: c.get("/", context={"a": 1})),
    row("a user's context", lambda c: c.get("/", context={"a": 1}), user={"context": lambda user: {"a": 0, "b": 2}}),
    row("all by position", lambda c: c.request("POST", "/", "name", "data", False, False, {"A": "b"}, ("u", "p"))),
    row("an unknown option", lambda c: c.get("/", timeout=3)),
    row("an unknown option of a POST", lambda c: c.post("/", colour="red")),
    row("a number of redirects of its own", lambda c: c.get("/", max_redirects=3)),
    row("other statuses that are well", other_statuses, ok(status="404 Not Found"), ok()),
]

PARAMS = [
    row("params as a dict", lambda c: c.get("/", params={"a": 1, "b": "x y"})),
    row("params that join a query", lambda c: c.get("/?q=1", params={"a": 1})),
    row("params as pairs", lambda c: c.get("/", params=[("a", 1), ("a", 2)])),
    row("params as a string", lambda c: c.get("/", params="a=1&b")),
    row("params beyond ASCII", lambda c: c.get("/", params={"ä": "ö€", "&": "="})),
    row("params with None and lists", lambda c: c.get("/", params={"a": None, "b": [1, 2], "c": True})),
    row("empty params", lambda c: [c.get("/", params={}), c.get("/", params=""), c.get("/", params=[])]),
    row("params as bytes", lambda c: c.get("/", params=b"a=1")),
    row("params that are a number", lambda c: c.get("/", params=5)),
    row("params of a POST", lambda c: c.post("/", params={"a": 1}, data={"b": 2})),
    row("params whose dict changes", lambda c: [c.get("/", params=p) for p in ({"a": 1}, {"a": 2})]),
]

HEADERS = [
    row("a header", headers({"X-A": "b"})),
    row("a header twice with two values", lambda c: [c.get("/", headers={"X-A": v}) for v in "bcb"]),
    row("a header as a list", headers({"X-A": ["b", "c"]})),
    row("a header as a tuple", headers({"X-A": ("b", "c")})),
    row("a header as a number", headers({"X-A": 5})),
    row("a header as a truth", headers({"X-A": True})),
    row("a header as 1 and then as a truth", lambda c: [c.get("/", headers={"X-A": v}) for v in ("1", 1, True, 1.0)]),
    row("a header as None", headers({"X-A": None})),
    row("a header as bytes", headers({"X-A": b"b"})),
    row("an empty header", headers({"X-A": ""})),
    row("a header without a name", headers({"": "a"})),
    row("odd capitals", headers({"cOnTeNt-TyPe": "a/b", "ACCEPT": "c", "x-a": "1", "X-A": "2"})),
    row("a header in latin-1", headers({"X-A": "é"})),
    row("a header beyond latin-1", headers({"X-A": "€"})),
    row("a name beyond latin-1", headers({"X-€": "a"})),
    row("a header with a line break", headers({"X-A": "a\r\nB: c"})),
    row("a header with a lone line feed", headers({"X-A": "a\nB: c"})),
    row("a header with a NUL", headers({"X-A": "a\0"})),
    row("a name with a blank", headers({"X A": "a"})),
    row("a name with a line break", headers({"X\r\nA": "a"})),
    row("spaces around a value", headers({"X-A": "  a  "})),
    row("Host by the user", headers({"Host": "other.example.com"})),
    row("User-Agent by the user", headers({"user-agent": "me"})),
    row("Accept-Encoding by the user", headers({"Accept-Encoding": "identity"})),
    row("Accept-Encoding in other capitals", headers({"ACCEPT-ENCODING": "br"})),
    row("Connection: close by the user", lambda c: [headers({"Connection": "close"})(c), c.get("/")]),
    row("Content-Length by the user", lambda c: c.post("/", data="abc", headers={"Content-Length": "3"})),
    row("Content-Length by the user of bytes", lambda c: c.post("/", data=b"abc", headers={"content-length": "3"})),
    row(
        "a wrong Content-Length by the user",
        lambda c: c.post("/", data=b"abc", headers={"Content-Length": "9", "Content-Type": "a/b"}),
        user=QUICKLY,
    ),
    row("Transfer-Encoding by the user", lambda c: c.post("/", data=b"ab", headers={"Transfer-Encoding": "chunked"})),
    row("Upgrade by the user", headers({"Upgrade": "h2c", "Connection": "upgrade"})),
    row("an Authorization of one's own", headers({"Authorization": "Bearer x"})),
    row("a header whose value contains another's", headers({"X-A": "Content-Length: 3"})),
    row("headers as pairs", headers([("X-A", "b"), ("X-B", "c")])),
    row("headers as a string", headers("X-A: b")),
    row("empty headers", headers({})),
    row("headers that the user goes on changing", both_ways),
    row("default headers", lambda c: c.get("/"), user={"default_headers": {"X-D": "1", "User-Agent": "mine"}}),
    row(
        "default headers over which a request has its own",
        headers({"x-d": "2"}),
        user={"default_headers": {"X-D": "1"}},
    ),
    row("default headers that change", mutated),
    row("default headers that are replaced", replaced_defaults),
    row("a default header that is a list", lambda c: c.get("/"), user={"default_headers": {"X-D": ["1", "2"]}}),
    row("a default header that is a number", lambda c: [c.get("/"), c.get("/")], user={"default_headers": {"X-D": 1}}),
    row("a default cookie", lambda c: c.get("/"), user={"default_headers": {"Cookie": "a=b"}}),
    row("a default Content-Type", lambda c: c.post("/", data="a"), user={"default_headers": {"Content-Type": "a/b"}}),
]

BODIES = [
    row("a string", posts("a€b")),
    row("bytes", posts(b"\0\xff")),
    row("a form", posts({"a": "1 2", "ä": "€", "l": [1, 2]})),
    row("an empty string", posts("")),
    row("empty bytes", posts(b"")),
    row("an empty form", posts({})),
    row("a list of pairs", posts([("a", "b")])),
    row("a bytearray", posts(lambda: bytearray(b"ab"))),
    row("a memoryview", posts(lambda: memoryview(b"ab"))),
    row("a file", posts(lambda: io.BytesIO(b"file"))),
    row("a generator", posts(generated)),
    row("a number", posts(5)),
    row("a string with a type of its own", lambda c: c.post("/", data="a€", headers={"Content-Type": "a/b"})),
    row("a form with a type of its own", lambda c: c.post("/", data={"a": 1}, headers={"content-type": "a/b"})),
    row("bytes with a type of their own", lambda c: c.post("/", data=b"a", headers={"Content-Type": "a/b"})),
    row("an empty type", lambda c: c.post("/", data="a", headers={"Content-Type": ""})),
    row("json", lambda c: c.post("/", json={"a": [1, None, "é"]})),
    row("json that is false", lambda c: [c.post("/", json=value) for value in (0, "", [], {}, False)]),
    row("json that is None", lambda c: c.post("/", json=None)),
    row("json that cannot be written", lambda c: c.post("/", json={1, 2})),
    row("json beside data", lambda c: c.post("/", data="a", json={"b": 1})),
    row("json beside empty data", lambda c: c.post("/", data="", json={"b": 1})),
    row("json with headers of its own", lambda c: c.post("/", json=1, headers={"Accept": "a", "content-type": "b/c"})),
    row("bodies of several lengths", lambda c: [c.post("/", data="a" * size) for size in (1, 10, 3, 0, 1)]),
    row("bodies of several types", lambda c: [c.post("/", data=body) for body in ("a", b"a", {"a": "a"}, "b")]),
    row("a body that looks like a head", posts("a\r\nContent-Length: 7\r\n\r\n")),
    row("a body beyond latin-1 with its length", posts("\U0001f600" * 5)),
    row("a lone surrogate", posts("\ud800")),
    row("files", lambda c: c.post("/", files={"f": ("n", b"1", "a/b", {}, "edge")})),
    row("files beside a form", lambda c: c.post("/", data={"x": 1}, files={"f": ("n", b"1", "a/b", {}, "edge")})),
    row("an upload of 2 MB", lambda c: c.post("/", data=b"x" * 2_000_000)),
    row("an upload of 2 MB as a string", lambda c: c.post("/", data="x" * 2_000_000)),
    row(
        "a body that waits for leave",
        lambda c: c.post("/", data=b"abc", headers={"Expect": "100-continue"}),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Do.BODY, ok()),
    ),
    row(
        "a body that gets no leave",
        lambda c: c.post("/", data=b"abc", headers={"Expect": "100-continue"}),
        (ok(b"", "Connection: close", status="417 No"), Do.CLOSE),
    ),
]

AUTH = [
    row("auth", lambda c: c.get("/", auth=("user", "päss"))),
    row("auth as bytes", lambda c: c.get("/", auth=(b"user", b"\xff"))),
    row("auth as a list", lambda c: c.get("/", auth=["user", "pass"])),
    row("auth beyond latin-1", lambda c: c.get("/", auth=("user", "€"))),
    row("auth of three", lambda c: c.get("/", auth=("a", "b", "c"))),
    row("auth that is a string", lambda c: c.get("/", auth="ab")),
    row("auth that is something else", lambda c: c.get("/", auth=5)),
    row("auth over a header", lambda c: c.get("/", auth=("a", "b"), headers={"Authorization": "no"})),
    row("auth beside a header in small letters", lambda c: c.get("/", auth=("a", "b"), headers={"authorization": "x"})),
    row("auth twice, then none", lambda c: [c.get("/", auth=a) for a in (("a", "b"), ("a", "c"), None)]),
    row("auth in the base", lambda c: c.get("/"), base="http://user:p%40ss@HERE"),
    row("auth in the base, and another one", lambda c: c.get("/", auth=("a", "b")), base="http://user:pass@HERE"),
    row("a user without a password in the base", lambda c: c.get("/"), base="http://user@HERE"),
    row("auth in an address", lambda c: c.get(f"http://user:pass@{c.here}/")),
]

ADDRESSES = [
    row("no path", lambda c: c.get("")),
    row("a base with a path", lambda c: [c.get("/x"), c.get("x")], base="http://HERE/base"),
    row("a base with a slash", lambda c: c.get("/x"), base="http://HERE/"),
    row("a path without a slash", lambda c: c.get("?a=1")),
    row("a path beyond ASCII", lambda c: c.get("/ä/€?ö=ü")),
    row("percent signs", lambda c: c.get("/%41%2f%zz%?a=%20%7E")),
    row("blanks and quotes", lambda c: c.get('/a b"c<d>\\^`{|}')),
    row("a line break in a path", lambda c: c.get("/a\r\nX: y")),
    row("a tab and a NUL in a path", lambda c: [c.get("/a\tb"), c.get("/a\0b")]),
    row("a fragment", lambda c: c.get("/a#b")),
    row("two slashes", lambda c: c.get("//a/b")),
    row("a semicolon", lambda c: c.get("/a;b=c;d?e;f")),
    row("a path that says http", lambda c: c.get("http/a", headers={}), base="http://HERE/"),
    row("a path that is an address", lambda c: c.get("/http://x.example.com/")),
    row("dots in a path", lambda c: c.get("/a/../b/./c")),
    row("brackets and stars", lambda c: c.get("/a[1]*?b[]=2")),
    row("an absolute address", lambda c: c.get(f"http://{c.here}/abs")),
    row("an absolute address in capitals", lambda c: c.get(f"HTTP://{c.here}/abs")),
    row("an address of another scheme", lambda c: c.get("ftp://127.0.0.1/")),
    row("a base of another scheme", lambda c: c.get("/"), base="ftp://HERE"),
    row("a base without a scheme", lambda c: c.get("/"), base="HERE"),
    row("no base", lambda c: c.get("/"), base=""),
    row("a base without a host", lambda c: c.get("/"), base="http://"),
    row("a port that is no number", lambda c: c.get("http://127.0.0.1:http/")),
    row("a port beyond all", lambda c: c.get("http://127.0.0.1:99999/")),
    row("port 0", lambda c: c.get("http://127.0.0.1:0/")),
    row("nobody at the port", lambda c: c.get("http://127.0.0.1:1/a", headers={"X-A": "1"})),
    row("nobody at the port, asked twice with a body", lambda c: [c.post("http://127.0.0.1:1/", json=1)] * 2),
    row("a host that nobody knows", lambda c: c.get("http://nobody.invalid/")),
    row("a host that cannot be", lambda c: c.get("http://a..b/")),
    row("a label that is too long", lambda c: c.get(f"http://{'a' * 70}.invalid/")),
    row("a host beyond ASCII", lambda c: c.get("http://nö.invalid/")),
    row("half a bracket", lambda c: c.get("http://[::1/")),
    row("IPv6", lambda c: [c.get("/"), c.get("/")], host="::1"),
    row("a host by name", lambda c: c.get(f"http://localhost:{c.here.partition(':')[2]}/")),
    row("an address that is no string", lambda c: c.get(5)),
    row("an address that is None", lambda c: c.get(None)),
    row("a very long address", lambda c: c.get("/" + "a" * 20_000)),
]

ROWS = [*METHODS, *NAMES, *PARAMS, *HEADERS, *BODIES, *AUTH, *ADDRESSES]

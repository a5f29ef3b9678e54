"""The heads of requests, built by geventhttpclient once for each kind of request and then used again.

Law: what leaves is what FastHttpUser would have sent, byte by byte. A head is good for as long as all that it was made
of is as it was: the client's headers, its cookies, the mark of the tenant and who stands at the door.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from geventhttpclient.client import HTTPClient
from geventhttpclient.url import URL

from locust_ext.clients.lean.agent import LeanAgent, Rehearsal
from locust_ext.clients.lean.kind import Kind
from locust_ext.clients.lean.pool import Connections
from locust_ext.safety.guard import Blocked

if TYPE_CHECKING:
    from locust_ext.safety.tenant import MarkHolder

MOST_ADDRESSES = 10_000
"""Addresses that a process remembers."""

MOST_HEADS = 64
"""Heads that a user remembers."""

_LENGTH = re.compile(r"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_BEYOND = re.compile(r"\r\n(transfer-encoding|expect|upgrade):", re.IGNORECASE)
"""What a request is not plain with."""


_SCHEME = len("https://")
_USUAL = re.compile(r"/(?!/)[A-Za-z0-9\-._~!$&'()*+,/:=@]*(\?[A-Za-z0-9\-._~!$&'()*+,/:=@?]+)?")
"""Path and query that geventhttpclient sends as they are written."""


class Address(NamedTuple):
    """Where a request goes, and what it asks for there."""

    origin: tuple[str, str, int | None]
    target: str


class Head(NamedTuple):
    """A head without its first line: what comes before the length of the body, and what after it."""

    pool: Connections
    before: bytes
    after: bytes | None
    """None where the length does not depend on the request."""

    def fill(self, kind: Kind, address: Address) -> bytes:
        """Return a request with this head."""
        first = f"{kind.method.upper()} {address.target} HTTP/1.1\r\n".encode("latin-1")
        if self.after is None:
            return first + self.before
        body = kind.body()
        return b"%b%b%d%b%b" % (first, self.before, len(body), self.after, body)


_ADDRESSES: dict[str, Address | None] = {}


def address_of(url: str) -> Address | None:
    """Return where ``url`` leads; None where it is not plain, and geventhttpclient shall say what it is."""
    place = url.find("/", _SCHEME)
    if place > 0 and _USUAL.fullmatch(url, place):
        known = _known(url[:place])
        return known and Address(known.origin, url[place:])
    return _known(url)


def _known(url: str) -> Address | None:
    try:
        return _ADDRESSES[url]
    except KeyError:
        if len(_ADDRESSES) >= MOST_ADDRESSES:
            _ADDRESSES.clear()
        address = _ADDRESSES[url] = read_address(url)
        return address


def read_address(url: str, params: Any = None) -> Address | None:
    """Return where ``url`` with ``params`` leads; None where it is not plain."""
    try:
        read = URL(url, params=params)
        target, origin = read.quoted_uri, (read.scheme, read.host, read.port)
    except Exception:  # noqa: BLE001 whatever it is, geventhttpclient says it when it is asked to send there
        return None
    if origin[0] not in ("http", "https") or not origin[1] or target.startswith(("//", "http")):
        return None
    return Address(origin, target if target.startswith("/") else f"/{target}")


class Heads:
    """The heads of one user, whose ``agent`` sends what is not plain."""

    def __init__(self, agent: LeanAgent) -> None:
        self._agent = agent
        self._known: dict[Any, Head | None] = {}
        self._way: Any = None
        self._holder: MarkHolder = _UNMARKED
        self._mark: Any = None
        self._defaults: dict[str, Any] = {}

    def get(self, kind: Kind, address: Address, cookies: str | None) -> Head | None:
        """Return the head of a kind of request to an address; None: it is not plain.

        Raises Blocked where the guard does not let it leave.
        """
        agent = self._agent
        way = vars(agent).get("_urlopen") or LeanAgent._urlopen  # noqa: SLF001 who stands at the door replaces it
        if (
            way is not self._way
            or self._holder.mark is not self._mark
            or not _are_equal(agent.stock.default_headers, self._defaults)
        ):
            self._begin(way)
        key = address.origin, kind.likeness(cookies)
        try:
            return self._known[key]
        except KeyError:
            return self._build(key, kind, cookies)
        except TypeError:  # a header that is a list
            return None

    def _begin(self, way: Any) -> None:
        """Forget them all: something that they were made of has changed."""
        self._known.clear()
        self._way, self._holder = way, getattr(way, "holder", _UNMARKED)
        self._mark, self._defaults = self._holder.mark, self._agent.stock.default_headers.copy()

    def _build(self, key: Any, kind: Kind, cookies: str | None) -> Head | None:
        if len(self._known) >= MOST_HEADS:
            self._known.clear()
        try:
            request = kind.build(self._agent, cookies, Rehearsal)
            is_plain = all(type(value) is str for value in (kind.headers or {}).values())
            client, text = self._agent._urlopen(request)  # noqa: SLF001 the way out
            head = _head(client, text, request) if is_plain else None
        except Blocked:
            raise
        except Exception:  # noqa: BLE001 whatever it is, it is said when the request is sent
            return None
        self._known[key] = head
        return head


class _Unmarked:
    mark = None

    def learn(self, url: str) -> None:
        """Learn nothing."""


_UNMARKED = _Unmarked()
_are_equal = dict.__eq__
"""Compares headers as they are kept, not as they are read: all of them at once."""


def _head(client: HTTPClient, text: str, request: Any) -> Head | None:
    pool, (_, _, rest) = client._connection_pool, text.partition("\r\n")  # noqa: SLF001 the only place that knows them
    if request.method == "HEAD" or _BEYOND.search(f"\r\n{rest}"):
        return None
    if not request.payload:
        return Head(pool, rest.encode("latin-1"), None)  # type: ignore[arg-type]
    lengths = list(_LENGTH.finditer(text))
    if len(lengths) != 1 or int(lengths[0][1]) != _bytes_of(request.payload):
        return None
    start, end = lengths[0].span(1)
    skipped = len(text) - len(rest)
    return Head(pool, text[skipped:start].encode("latin-1"), text[end:].encode("latin-1"))  # type: ignore[arg-type]


def _bytes_of(payload: str | bytes) -> int:
    return len(payload.encode() if isinstance(payload, str) else payload)

"""The contract of a target as a table: which path, which method, which answer.

Every handler takes a Call and returns an Answer. The table is all there is: what it does not name is 404 or 405, and
its templates are the only values that the route label of a metric can have.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from prometheus_client import CONTENT_TYPE_LATEST

from locust_ext.demo.counts import Exposition
from locust_ext.demo.service import Service

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_BODY = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `then` takes over the connection after an upgrade."""

    status: HTTPStatus
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "application/json"
    then: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler may know of a request."""

    ident: str
    query: str
    read_body: Callable[[int], bytes]
    upgrade: Callable[[], Answer]
    synthetic: bool = False


class Refused(Exception):  # noqa: N818 - it reads as what happened
    """The request is wrong in a way that the caller is told in one sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.answer = problem(status, sentence)


def problem(status: HTTPStatus, sentence: str, *headers: tuple[str, str]) -> Answer:
    """Say what is wrong, in one sentence."""
    return Answer(status, json.dumps({"error": sentence}).encode(), headers)


class Contract:
    """One method for each answer that the contract promises."""

    def __init__(self, service: Service, exposition: Exposition) -> None:
        self._service = service
        self._exposition = exposition

    def feed(self, call: Call) -> Answer:
        """Return the newest posts of a community."""
        posts = self._service.feed(call.ident, _limit(call.query), synthetic=call.synthetic)
        return Answer(HTTPStatus.OK, b'{"posts": [' + b", ".join([post.json for post in posts]) + b"]}")

    def write(self, call: Call) -> Answer:
        """Store a new post in a community."""
        body = _post_body(call.read_body(MAX_BODY + 1))
        post_id = self._service.write(call.ident, body, synthetic=call.synthetic)
        return Answer(HTTPStatus.CREATED, json.dumps({"id": post_id}).encode())

    def read(self, call: Call) -> Answer:
        """Return one post, once the reader's replica has it."""
        if not self._service.read(call.ident, synthetic=call.synthetic):
            return problem(HTTPStatus.NOT_FOUND, "There is no such post, or not yet.")
        return Answer(HTTPStatus.OK, json.dumps({"id": call.ident}).encode())

    def hot(self, call: Call) -> Answer:
        """Return a cached value."""
        hit = self._service.hot(call.ident)
        return Answer(HTTPStatus.OK, json.dumps({"key": call.ident, "hit": hit}).encode())

    def ticks(self, call: Call) -> Answer:
        """Hand the connection to the tick stream."""
        return call.upgrade()

    def health(self, _: Call) -> Answer:
        """Give a sign of life that waits for nothing."""
        return Answer(HTTPStatus.OK, b'{"ok": true}')

    def metrics(self, _: Call) -> Answer:
        """Return the target's own metrics."""
        return Answer(HTTPStatus.OK, self._exposition.text(), kind=CONTENT_TYPE_LATEST)


def _limit(query: str) -> int:
    text = parse_qs(query, keep_blank_values=True).get("limit", [str(DEFAULT_LIMIT)])[-1]
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise Refused(HTTPStatus.BAD_REQUEST, f"limit has to be a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def _post_body(raw: bytes) -> str:
    if len(raw) > MAX_BODY:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request body has at most {MAX_BODY} bytes.")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(HTTPStatus.BAD_REQUEST, "The request body is not JSON.") from None
    if not isinstance(document, dict) or not isinstance(document.get("body"), str):
        raise Refused(HTTPStatus.BAD_REQUEST, 'The request body has to be {"body": "some text"}.')
    return str(document["body"])


Handler = Callable[[Contract, Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A path template and its handlers; `api` routes are load, the others belong to those who watch."""

    template: str
    handlers: Mapping[str, Handler]
    api: bool = True
    may_fail: bool = False
    """Whether a fault may answer in place of the handler."""

    @property
    def pattern(self) -> str:
        """The template as a regular expression."""
        return re.sub(r"\{\w+\}", "([^/]{1,100})", self.template)


ROUTES = (
    Route("/communities/{id}/posts", {"GET": Contract.feed, "POST": Contract.write}, may_fail=True),
    Route("/posts/{id}", {"GET": Contract.read}, may_fail=True),
    Route("/hot/{key}", {"GET": Contract.hot}, may_fail=True),
    Route("/ticks", {"GET": Contract.ticks}),
    Route("/health", {"GET": Contract.health}, api=False),
    Route("/metrics", {"GET": Contract.metrics}, api=False),
)
UNKNOWN = Route("other", {})
_PATTERNS = tuple((re.compile(route.pattern), route) for route in ROUTES)


def find(path: str) -> tuple[Route, str]:
    """Return the route of a path and the identifier in it; UNKNOWN and nothing if there is none."""
    for pattern, route in _PATTERNS:
        if found := pattern.fullmatch(path):
            return route, "".join(found.groups())
    return UNKNOWN, ""

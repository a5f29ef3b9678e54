"""Which requests of a recording a load test sends: those to the hosts that are tested, and to no file and no cache.

Law: pure; what is left out is counted under its reason, and nothing is left out in silence. What the client does by
itself, following a redirect, is not asked for twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urljoin

from locust_ext.har.exchange import Exchange, UnreadableError, Url, url_of
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest, plural

MOST_REQUESTS = 300
"""Requests of a journey: the first ones are kept, and that there are more is said."""

MOST_HOSTS = 20
"""Hosts that are listed."""

ELSEWHERE = "(to send it to another host, set BASE_URL for the run, or give locust --host)"

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 10

_STATIC_KINDS = frozenset({"image", "font", "stylesheet", "script", "media", "texttrack", "manifest"})
_STATIC_MIME = re.compile(
    r"(image|font|audio|video)/|text/(css|(x-)?javascript|ecmascript|vtt)\b"
    r"|application/((x-|x-font-|font-)?(javascript|ecmascript|woff2?|ttf|otf|sfnt|opentype)|wasm|vnd\.ms-fontobject"
    r"|manifest\+json)\b",
    re.IGNORECASE,
)
_STATIC_FILE = re.compile(
    r"\.(png|jpe?g|gif|webp|avif|svg|ico|cur|bmp|woff2?|ttf|otf|eot|css|m?js|cjs|jsx|tsx?|map|wasm|mp[34]|m4[av]|webm|og[gv]"
    r"|wav|mov|vtt|webmanifest)",
    re.IGNORECASE,
)
_DATA_MIME = re.compile(r"[\w.-]+/([\w.-]+\+)?(json|xml|grpc[\w+-]*|x-protobuf)\b", re.IGNORECASE)
_REPORT_MIME = re.compile(r"application/(csp-report|reports\+json)", re.IGNORECASE)
_DOCUMENT_MIME = re.compile(r"text/html|application/xhtml\+xml", re.IGNORECASE)


@dataclass(frozen=True)
class Selected:
    """The requests that are kept, and how many were left out for what reason."""

    exchanges: tuple[Exchange, ...]
    hosts: tuple[str, ...]
    """The origins that are tested; the first one is the host of the users."""
    left_out: Mapping[str, int]
    other_hosts: Mapping[str, int]
    led_away: tuple[str, ...] = ()
    """Origins that are not tested, and that a redirect leads the client to."""


def _is_socket(each: Exchange) -> bool:
    return each.url.scheme in ("ws", "wss") or each.kind == "websocket" or each.status == HTTPStatus.SWITCHING_PROTOCOLS


def _is_stream(each: Exchange) -> bool:
    return each.kind == "eventsource" or each.answer_mime.lower().startswith("text/event-stream")


def _is_preflight(each: Exchange) -> bool:
    asks = each.method == "OPTIONS" and bool(each.header("access-control-request-method"))
    return asks or each.kind == "preflight"


def _is_report(each: Exchange) -> bool:
    return each.kind in ("cspviolationreport", "csp-report") or bool(each.sent and _REPORT_MIME.match(each.sent.mime))


def is_static(each: Exchange) -> bool:
    """Tell whether it is a file that a content delivery network serves: by its kind, its type, and its name."""
    if each.method not in ("GET", "HEAD"):
        return False
    if _STATIC_MIME.match(each.answer_mime):
        return True
    if each.status < HTTPStatus.BAD_REQUEST and _DATA_MIME.match(each.answer_mime):
        return False  # data, whatever it is called; of a file that is not there the type says nothing
    name = each.url.path.rpartition("/")[2].partition(";")[0]
    ends = re.search(r"\.\w+$", name)
    return each.kind in _STATIC_KINDS or bool(ends and _STATIC_FILE.fullmatch(ends[0]))


_REASONS: Mapping[str, Callable[[Exchange], bool]] = {
    "WebSockets": _is_socket,
    "requests that do not go over HTTP, such as data: and those of extensions": lambda each: not each.url.origin,
    "tunnels of a proxy (CONNECT)": lambda each: each.method == "CONNECT",
    "preflights, which browsers send by themselves": _is_preflight,
    "reports that browsers send by themselves": _is_report,
    "answers out of a cache": lambda each: each.is_cached,
    "requests without an answer": lambda each: each.status <= 0,
    "streams of events": _is_stream,
    "static files": is_static,
}


def select(exchanges: Sequence[Exchange], hosts: Sequence[str]) -> Selected:
    """Return what is tested of a recording; without ``hosts`` that of its own host, where it is clear which that is.

    Raises ConfigurationError, which lists the hosts.
    """
    left: Counter[str] = Counter()
    kept = []
    for each in exchanges:
        reason = next((name for name, is_so in _REASONS.items() if is_so(each)), "")
        if reason:
            left[reason] += 1
        else:
            kept.append(each)
    counts = Counter(each.url.origin for each in kept)
    if not kept:
        nothing = f"nothing is left of the recording to send, without {listed(left)}"
        raise ConfigurationError([Problem("", nothing)])
    chosen = _chosen(kept, counts, hosts)
    ours, away = _followed([each for each in kept if each.url.origin in chosen], chosen, left)
    others = {origin: count for origin, count in counts.most_common() if origin not in chosen}
    if len(ours) > MOST_REQUESTS:
        left[f"requests after the first {MOST_REQUESTS}"] = len(ours) - MOST_REQUESTS
    return Selected(tuple(ours[:MOST_REQUESTS]), chosen, dict(left), others, away)


def listed(left_out: Mapping[str, int]) -> str:
    """Return what was left out, with its numbers."""
    return "; ".join(f"{reason} ({count:,})" for reason, count in left_out.items())


def is_document(each: Exchange) -> bool:
    """Tell whether it is a page."""
    return each.kind == "document" or (each.method == "GET" and bool(_DOCUMENT_MIME.match(each.answer_mime)))


def _chosen(kept: Sequence[Exchange], counts: Counter[str], hosts: Sequence[str]) -> tuple[str, ...]:
    """Return the origins that are tested."""
    if hosts:
        return _named(counts, hosts)
    most, count = counts.most_common(1)[0]
    page = next(
        (each.url.origin for each in kept if is_document(each) and each.status < HTTPStatus.MULTIPLE_CHOICES), ""
    )
    if page and counts[page] == count:
        return (page,)
    if len(counts) == 1 or (not page and 2 * count > counts.total()):
        return (most,)
    said = f"the recording has requests to several hosts; name the one to test, and more if need be: {_listed(counts)}"
    raise ConfigurationError([Problem("--host", said)])


def _named(counts: Counter[str], hosts: Sequence[str]) -> tuple[str, ...]:
    problems, found = [], []
    for host in hosts:
        try:
            origin = url_of(host).origin
        except UnreadableError:
            origin = ""
        if origin in counts:
            found.append(origin)
        else:
            wrong = f"the recording has no request to {quoted(host)}; it has {_listed(counts)}{nearest(host, counts)}"
            problems.append(Problem("--host", f"{wrong} {ELSEWHERE}"))
    if problems:
        raise ConfigurationError(problems)
    return tuple(dict.fromkeys(found))


def _listed(counts: Counter[str]) -> str:
    told = [f"{origin} ({plural(count, 'request')})" for origin, count in counts.most_common(MOST_HOSTS)]
    more = len(counts) - len(told)
    return ", ".join([*told, *([f"{more} more"] if more else [])])


def _followed(
    exchanges: Sequence[Exchange], hosts: Sequence[str], left: Counter[str]
) -> tuple[list[Exchange], tuple[str, ...]]:
    """Return the requests without those that follow a redirect, each with the answer that it led to in the end."""
    found: list[Exchange] = []
    awaited: dict[tuple[str, str, str], tuple[int, int]] = {}
    away: dict[str, None] = {}
    for each in exchanges:
        place, steps = awaited.pop(_target(each.url), (len(found), 0))
        if place == len(found):
            found.append(each)
        else:
            left["requests that follow a redirect, as the client does by itself"] += 1
            found[place] = _with_answer(found[place], each)
        onward = _redirected(each)
        if onward and steps < MOST_REDIRECTS:
            if onward.origin in hosts:
                awaited[_target(onward)] = (place, steps + 1)
            else:
                away[onward.origin] = None
    return found, tuple(away)


def _target(url: Url) -> tuple[str, str, str]:
    return url.origin, url.path, url.query


def _redirected(each: Exchange) -> Url | None:
    location = each.answer_header("location") if each.status in REDIRECTS else ""
    if not location:
        return None
    query = f"?{each.url.query}" if each.url.query else ""
    try:
        found = url_of(urljoin(f"{each.url.origin}{each.url.path}{query}", location))
    except ValueError:
        return None
    return found if found.origin else None


def _with_answer(first: Exchange, last: Exchange) -> Exchange:
    """Return a request with the answer of another, which came of it, and the time of both."""
    seconds = first.seconds
    if first.started is not None and last.ended is not None:
        seconds = max(last.ended - first.started, 0.0)
    return replace(
        first,
        seconds=seconds,
        status=last.status,
        answer_mime=last.answer_mime,
        answer_headers=last.answer_headers,
        content=last.content,
    )

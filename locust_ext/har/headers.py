"""Which headers of a recorded request a load test sends, and what stands in the place of their secrets.

Law: pure; what the client, the connection and the browser say by themselves is not copied, a cookie never is, and a
header that no client can send is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from locust_ext.drafts.journey import Captured, Reference, Request, Template
from locust_ext.har.exchange import Exchange
from locust_ext.har.gaps import Gaps
from locust_ext.har.secret_signs import is_drawn, is_secret_in_a_header
from locust_ext.har.vault import CREDENTIALS, MOST_VARIABLES

_NOT_COPIED_WORDS = """
    connection keep-alive proxy-connection proxy-authenticate te trailer transfer-encoding upgrade
    http2-settings host content-length expect via forwarded x-real-ip x-forwarded-for x-forwarded-host
    x-forwarded-proto x-forwarded-port user-agent accept-encoding origin referer priority dnt
    upgrade-insecure-requests cache-control pragma if-none-match if-modified-since if-match
    if-unmodified-since range x-client-data save-data purpose device-memory downlink dpr ect rtt
    viewport-width width cookie cookie2 traceparent tracestate baggage sentry-trace b3 newrelic x-request-id
    x-correlation-id request-id correlation-id x-amzn-trace-id x-cloud-trace-context x-trace-id x-span-id
    x-b3-traceid x-b3-spanid x-b3-sampled
"""
_NOT_COPIED = frozenset(_NOT_COPIED_WORDS.split())
"""Of the connection and of proxies, of the browser, of the client itself, and those that are new for each request."""

_NOT_COPIED_BEGINNINGS = ("sec-", "access-control-request-", "x-datadog-", "x-b3-", "proxy-", ":")

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][\w-]{1,20}) +(?P<credentials>\S.*)")

_VARIABLES = {"bearer": "API_TOKEN", "token": "API_TOKEN", "basic": "API_BASIC_CREDENTIALS"}
"""What stands behind the word that says how it is borne."""

Headers = tuple[tuple[str, Template], ...]


def changing(exchanges: Iterable[Exchange]) -> frozenset[str]:
    """Return the headers, in small letters, whose long random values change so often that they are made for each."""
    values: dict[str, set[str]] = {}
    for each in exchanges:
        for name, value in each.headers:
            if name.lower() not in CREDENTIALS and is_drawn(value):
                values.setdefault(name.lower(), set()).add(value)
    return frozenset(name for name, found in values.items() if len(found) > MOST_VARIABLES)


def headers_of(at: Exchange, gaps: Gaps, left_out: frozenset[str]) -> Headers:
    """Return the headers of a request, without the type of its content."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name, value in at.headers:
        low = name.lower()
        if _is_copied(low) and low not in left_out and low != "content-type" and _can_be_named(name, gaps):
            found.setdefault(low, (name, []))[1].append(value.strip())
    if at.url.user and "authorization" not in found:
        found["authorization"] = ("Authorization", [f"Basic {at.url.user}"])
    headers = [(name, _value(name, ", ".join(values), at, gaps)) for name, values in found.values()]
    return tuple((name, value) for name, value in headers if _can_be_sent(value))


def _can_be_named(name: str, gaps: Gaps) -> bool:
    """Tell whether a header's name is one, and is not a secret itself."""
    return bool(_NAME.fullmatch(name)) and not gaps.vault.known.holds(name)


def _is_copied(name: str) -> bool:
    return name not in _NOT_COPIED and not name.startswith(_NOT_COPIED_BEGINNINGS)


def _value(name: str, value: str, at: Exchange, gaps: Gaps) -> Template:
    what = f"the header {name}"
    if name.lower() == "authorization":
        return _credentials(value, at, gaps, what)
    taken = gaps.wires.take(value, at, what, name)
    if taken:
        return Template((taken[0],))
    if (match := _SCHEME.fullmatch(value)) and (taken := gaps.wires.take(match["credentials"], at, what)):
        return Template.of(f"{match['scheme']} ", taken[0])
    if is_secret_in_a_header(name, value) or is_drawn(value):
        return Template((gaps.vault.variable(name, value, at.number, what),))
    return gaps.text(value, name, at, what)


def _credentials(value: str, at: Exchange, gaps: Gaps, what: str) -> Template:
    """Return who asks: a token that came from an answer, or a variable behind the word that says how it is borne."""
    match = _SCHEME.fullmatch(value)
    scheme, credentials = (match["scheme"], match["credentials"]) if match else ("", value)
    taken = gaps.wires.take(credentials, at, what) or None
    own = _VARIABLES.get(scheme.lower(), "API_AUTHORIZATION")
    said = f"what stands behind {scheme} in {what}" if scheme else what
    found: Reference = taken[0] if taken else gaps.vault.variable(own, credentials, at.number, said)
    return Template.of(*([f"{scheme} "] if scheme else []), found)


def _can_be_sent(value: Template) -> bool:
    """Tell whether a client can send it: printable, and of letters that a header may hold."""
    text = "".join(piece for piece in value.pieces if isinstance(piece, str))
    return text.isprintable() and text.isascii()


def shared(requests: Sequence[Request]) -> Headers:
    """Return the headers that all requests have alike, and that are known before the first."""
    if not requests[1:]:
        return ()
    common: Mapping[str, tuple[str, Template]] = {name.lower(): (name, value) for name, value in requests[0].headers}
    for request in requests[1:]:
        others = {name.lower(): value for name, value in request.headers}
        common = {low: pair for low, pair in common.items() if others.get(low) == pair[1]}
    return tuple(
        pair
        for low, pair in common.items()
        if low != "content-type" and not any(isinstance(each, Captured) for each in pair[1].references)
    )


def without(request: Request, headers: Headers) -> Request:
    """Return a request without headers that all have."""
    names = {name.lower() for name, _ in headers}
    return replace(request, headers=tuple(pair for pair in request.headers if pair[0].lower() not in names))

"""Secrets that stand under a name within a text: in forms, XML, HTML, GraphQL, YAML, and pieces of scripts.

Law: pure, and linear in the text; a name decides, and where it says little the looks of the value. A type or a variable
that stands where a value may stand is not one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from locust_ext.har.naming import is_random
from locust_ext.har.secret_names import Says, strength
from locust_ext.safety.known_secrets import says_secret

SHORTEST_DRAWN = 10
"""Characters from which on a random text is a secret, where its name says that it may be one."""

_HINTS_WORDS = """
    pass pwd pw token secret key sig otp mfa pin csrf xsrf jwt sid sess nonce assert saml cvv cvc cvn credential auth
    verif ssn iban pan viewstate eventvalid hmac bearer cookie webhook code state hash ticket dpop connection wresult
"""
_HINTS = tuple(_HINTS_WORDS.split())
"""What a text must hold to be looked through: most are passed by with one look."""

_NAME = r"(?P<name>[A-Za-z_@][\w.:@-]{0,60})"
_SIGNS = r"[^&;#\s,}\"'<>\\)\]]"
_QUOTED = re.compile(
    rf"(?<![\w$.:@-]){_NAME}[\"']?\]?\s{{0,3}}(?:=>|[:=])\s{{0,3}}"
    r"(?:\"(?P<double>(?:\\.|[^\"\\\r\n]){1,4000})\"|'(?P<single>(?:\\.|[^'\\\r\n]){1,4000})')"
)
"""In JSON that is torn, GraphQL, scripts, and attributes of XML."""

_BARE = re.compile(rf"(?<![\w$.:@-]){_NAME}=(?P<value>{_SIGNS}{{3,4000}})")
_LINE = re.compile(
    r"^[ \t-]{0,40}(?P<name>[\w.-]{2,60}):[ \t]+(?P<value>[^\s$\"'|>\[{(&*][^\r\n]{2,4000}?)[ \t]*$", re.MULTILINE
)
"""Of YAML, and of headers that were pasted."""

_ELEMENT = re.compile(
    r"<(?P<name>[A-Za-z_][\w:.-]{0,100})(?:\s[^<>]{0,300})?>\s{0,9}"
    r"(?:<!\[CDATA\[(?P<data>[^\]]{1,4000})\]|(?P<value>[^<\s][^<]{0,4000}))"
)
_MEMBER = re.compile(
    r"<(?:name|key)>\s{0,9}(?P<name>[\w.:-]{1,60})\s{0,9}</(?:name|key)>\s{0,99}<\w{1,20}>\s{0,9}(?:<\w{1,20}>)?(?P<value>[^<]{1,4000})"
)
"""Of XML-RPC, and of lists of properties."""

_TAG = re.compile(r"<(?:input|meta|param)\b(?P<attributes>[^<>]{0,4000})>", re.IGNORECASE)
_CALLED = re.compile(r"(?i)\b(?:name|id|property)\s{0,3}=\s{0,3}[\"']?(?P<name>[\w.:@\[\]-]{1,80})")
_GIVEN = re.compile(
    r"(?i)\b(?:value|content)\s{0,3}=\s{0,3}(?:\"(?P<double>[^\"]+)|'(?P<single>[^']+)|(?P<bare>[^\s\"'>]+))"
)
"""Of HTML: what hidden fields and the head of a page hold."""

_BOOLEANS = frozenset({"true", "false", "null", "undefined", "none"})


def named_values(text: str) -> Iterator[tuple[int, int]]:
    """Yield where in a text secrets stand under their names."""
    if not any(sign in text for sign in "=:<"):
        return
    small = text.lower()
    if not any(hint in small for hint in _HINTS):
        return
    if "=" in text or ":" in text:
        yield from _spans(_QUOTED, text)
    if "=" in text:
        yield from _spans(_BARE, text)
    if ":" in text and "{" not in text:
        yield from _of_lines(text)
    if "<" in text:
        yield from _spans(_ELEMENT, text)
        yield from _spans(_MEMBER, text)
        yield from _of_tags(text)


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        value = match.lastgroup or ""
        if value != "name" and _is_one(match["name"], match[value]):
            yield match.span(value)


def _of_lines(text: str) -> Iterator[tuple[int, int]]:
    for match in _LINE.finditer(text):
        is_one_word = not re.search(r"\s", match["value"])
        if (is_one_word or says_secret(match["name"])) and _is_one(match["name"], match["value"]):
            yield match.span("value")


def _of_tags(text: str) -> Iterator[tuple[int, int]]:
    for tag in _TAG.finditer(text):
        attributes, start = tag["attributes"], tag.start("attributes")
        given = _GIVEN.search(attributes)
        names = (match["name"] for match in _CALLED.finditer(attributes))
        if given and any(_is_one(name, given[given.lastgroup or 0]) for name in names):
            first, last = given.span(given.lastgroup or 0)
            yield start + first, start + last


def _is_one(name: str, value: str) -> bool:
    """Tell whether a value under this name is a secret."""
    if not value.strip() or value.strip().lower() in _BOOLEANS:
        return False
    said = strength(name.rpartition(":")[2] or name)
    return said is Says.YES or (said is Says.PERHAPS and is_drawn_short(value))


def is_drawn_short(value: str) -> bool:
    """Tell whether a value whose name says little looks as if it was drawn."""
    return is_random(value.replace("+", "-").replace("/", "_").replace(".", "-"), SHORTEST_DRAWN)

"""Which values of an environment are secrets.

Law: pure; the name of a variable says it, or the configuration. A part of a secret that is used alone is one too: the
password of a URL, the key without its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import unquote, urlsplit

SHORTEST = 8
"""Characters from which on a value of the environment is looked for: shorter ones are words that stand anywhere."""

SHORTEST_ALONE = 6
"""Characters from which on one of letters and digits is looked for, where it stands alone."""

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWO?R?D|PASSPHRASE|CREDENTIAL|WEBHOOK|AUTHORIZATION|BEARER|COOKIE|CONNECTION_?STRING"
    r"|(API|PRIVATE|ACCESS|SECURITY|SIGNING|ENCRYPTION|ACCOUNT|MASTER|SHARED)_?KEY(?!_?ID)"
    r"|(?<!COM)(?<!BY)(?<!TRES)PASS(?![A-Z])"
    r"|OTLP_(\w{1,20}_)?HEADERS"
    r"|PWD(?![A-Z])",
    re.IGNORECASE,
)
_OR_A_DIRECTORY = "PWD"
"""What says "password", or "working directory"."""

_KEYED = re.compile(r"[^\s:/@,]{1,64}:(?P<secret>.+)", re.DOTALL)
"""``id:key`` and ``user:password``."""

_SET = re.compile(r"[^\s=,]{1,64}=(?P<secret>.+)", re.DOTALL)
"""``key=value``, as OpenTelemetry writes headers, values percent-encoded."""

_BORNE = re.compile(r"(?i:bearer|basic|token|apikey) +(?P<token>\S+)")
"""What an ``Authorization`` header holds."""


def secrets_of(environment: Mapping[str, str], named: Iterable[str] = (), urls: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the secrets, the longest first: of variables that are ``named`` or say so, and passwords in URLs."""
    wanted = set(named)
    found: set[str] = set()
    for name, value in environment.items():
        if name in wanted or _is_secret(name, value):
            found |= {value.strip(), *_parts_of(value)}
        elif "://" in value:
            found |= set(_passwords_of(value))
    for url in urls:
        found |= set(_passwords_of(url))
    return tuple(sorted(filter(_is_worth_it, found), key=lambda value: (-len(value), value)))


def says_secret(name: str) -> bool:
    """Tell whether the name of a variable, a header or a field says that its value is a secret."""
    return _SECRET_NAME.search(name) is not None


def _is_secret(name: str, value: str) -> bool:
    match = _SECRET_NAME.search(name)
    return match is not None and not (match[0].upper() == _OR_A_DIRECTORY and value.startswith("/"))


def _is_worth_it(value: str) -> bool:
    """Tell whether it can be looked for without hiding ordinary words."""
    return len(value) >= SHORTEST or (len(value) >= SHORTEST_ALONE and _is_mixed(value))


def _is_mixed(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _parts_of(value: str) -> Iterator[str]:
    """Yield the parts of a secret that are used alone."""
    if "://" in value:
        yield from _passwords_of(value)
        return
    for line in value.splitlines() if "\n" in value.strip() else ():
        if not line.startswith("-----"):  # what begins and ends a key in a file is the same for all
            yield line.strip()
            yield from _keyed(line.strip())
    for part in map(str.strip, value.split(",")):
        yield part
        yield from _keyed(part)


def _keyed(part: str) -> Iterator[str]:
    """Yield what stands behind the key, the name of a header, and the word that says how a token is borne."""
    keyed, is_set = _KEYED.fullmatch(part), _SET.fullmatch(part)
    found = [match["secret"].strip() for match in (keyed, is_set) if match]
    found += [unquote(is_set["secret"]).strip()] if is_set else []
    yield from found
    for secret in found or [part]:
        if borne := _BORNE.fullmatch(secret):
            yield borne["token"]


def _passwords_of(url: str) -> Iterator[str]:
    with suppress(ValueError):  # what is not a URL has no password
        parts = urlsplit(url.strip())
        if parts.password and parts.password != parts.username:  # else it is the word that everybody knows
            yield parts.password
        elif parts.username and not parts.password and _is_mixed(parts.username):  # a token
            yield parts.username

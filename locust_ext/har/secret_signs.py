"""What tells that a value of a recording is a secret: the name that it stands under, and its own looks.

Law: pure; it errs on the side of hiding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from locust_ext.har.named_values import is_drawn_short, named_values
from locust_ext.har.naming import is_random
from locust_ext.har.secret_names import Says, is_number_secret, is_user, strength, words_of
from locust_ext.safety.known_secrets import SHORTEST
from locust_ext.safety.spellings import is_user_in_base64

_OF_HEADERS = frozenset(
    {"key", "access", "cert", "certificate", "passport", "license", "licence", "device", "identity"}
)
"""Words of the names of headers that hold secrets."""

_NAMES = frozenset({"name", "key", "field", "id", "k", "n", "fieldname", "param", "parameter", "attribute"})
_VALUES = frozenset({"value", "val", "v", "content", "data", "text", "stringvalue"})
_MOST_OF_A_PAIR, _PAIR = 8, 2

NOTHING: Mapping[str, str] = {}

VARIABLES = "variables"
"""Where the variables of a query of GraphQL stand, beside it."""

_ARGUMENT = re.compile(r"(?<!\w)(?P<name>\w{1,60})\s{0,3}:\s{0,3}\$(?P<variable>\w{1,60})")
"""A variable that GraphQL hands on under another name: ``login(password: $p)``."""

MOST_DEPTH = 40
"""Levels of JSON that are looked through; deeper ones count as secret."""

_BEGINNINGS = (
    "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- sk_live_ sk_test_ rk_live_ pk_live_ sk- xox whsec_ shpat_ npm_ SG. "
    "AKIA ASIA AIza ya29. dop_v1_ hvs. pypi- "
    "xapp- sq0atp- sq0csp- lin_api_ lin_oauth_ PMAK- figd_ hf_ sbp_ dapi ATATT3x glsa_ glc_ nfp_ pul- tskey- rdme_ "
    "vercel_ FLWSECK rzp_live_ rzp_test_ sk.eyJ pk.eyJ dckr_pat_ atlasv1. 1//0 amzn.mws. Atza| CFPAT- ntn_ secret_ "
    "xkeysib- xsmtpsib- rubygems_ gsk_ r8_ key- gldt- glrt- EAAC"
)
_KEYS = tuple(_BEGINNINGS.split())
"""How the keys of well-known services begin."""

_MARKS = (
    (("eyJ",), re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,3}")),
    (_KEYS, re.compile(rf"\b(?:{'|'.join(map(re.escape, _KEYS))})(?=[A-Za-z_.-]{{0,40}}\d)[A-Za-z0-9_.-]{{10,}}")),
    (("AC", "SK"), re.compile(r"\b(?:AC|SK)[0-9a-f]{32}\b")),
    (("bot",), re.compile(r"\bbot(?P<secret>\d{6,}:[A-Za-z0-9_-]{20,})")),
    (("/B",), re.compile(r"\bT[A-Z0-9]{6,}/B[A-Z0-9]{6,}/(?P<secret>[A-Za-z0-9]{16,})")),
    (("-----BEGIN ",), re.compile(r"-----BEGIN [A-Z ]{3,40}-----[\s\S]*")),
    (("earer ", "EARER "), re.compile(r"(?i:\bBearer) +(?P<secret>[A-Za-z0-9._~+/=-]{8,})")),
    (("://",), re.compile(r"://(?P<secret>[^/\s@]{1,200})@")),
)
"""Secrets that show themselves, each with what a text must hold to be looked through for it."""

_MAY_SHOW = re.compile("|".join(re.escape(hint) for hints, _ in _MARKS for hint in hints) + "|asic |ASIC ")
"""What any of them must hold: most texts are passed by with one look."""

_BASIC = re.compile(r"(?i:\bBasic) +(?P<value>[A-Za-z0-9+/_-]{8,}={0,2})")
_CARD = re.compile(r"\d{13,19}|(?:\d{4}[ -]){3}\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5}")
_CARD_WITHIN = re.compile(rf"(?<![\w.+-])(?:{_CARD.pattern})(?![\w-])")
_ISSUED = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|(5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|6(011|[45]\d\d)\d{12}|35\d{14}"
)
"""Numbers of cards by who issues them."""
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
_CONTENT_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}", re.IGNORECASE)
"""Hexadecimal numbers that name things: of MongoDB, MD5, and git."""

LONG = 32
"""Characters from which on a random text is a secret, wherever it stands."""

SHORT, SHORTEST_CARD = 200, 13
"""Characters of values that are remembered, since recordings repeat them; and of the number of a card."""

LONG_IN_A_URL = 24
_OF_ALL_KINDS = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]"))
"""ULIDs and the like, which name things, have letters of one kind only."""

LONG_IN_A_HEADER = 20


def is_secret(name: str, value: str) -> bool:
    """Tell whether a value is a secret, by the name that it stands under and by its looks, or holds one."""
    return is_wholly_secret(name, value) or next(marks(value), None) is not None


def is_wholly_secret(name: str, value: str) -> bool:
    """Tell whether a value as a whole is a secret."""
    if not value.strip() or value.lower() in ("true", "false", "null", "undefined"):
        return False
    if _is_long(value) or _is_marked(value):
        return True
    said = strength(name)
    if said is Says.YES:
        return True
    if said is Says.PERHAPS and (is_drawn_short(value) or _UUID.fullmatch(value) or _HEX.fullmatch(value)):
        return True
    return said is not Says.ABOUT and _is_card(words_of(name), value)


def is_secret_in_a_header(name: str, value: str) -> bool:
    """Tell whether the value of a header is a secret: keys, certificates and licences are."""
    is_named = bool(_OF_HEADERS & set(words_of(name))) and strength(name) is not Says.ABOUT
    return is_wholly_secret(name, value) or (is_named and len(value) >= SHORTEST and any(map(str.isdigit, value)))


def looks_secret(value: str) -> bool:
    """Tell whether a value is a secret, or holds one, whatever its name is."""
    return _is_long(value) or next(marks(value), None) is not None


def is_secret_in_a_path(before: str, value: str) -> bool:
    """Tell whether a segment of a path is a secret, by the one before it and by its looks."""
    is_named = is_wholly_secret(before, "x") and any(map(str.isdigit, value)) and len(value) >= SHORTEST
    return is_named or is_wholly_secret(before.rstrip("s"), value) or is_long_in_a_url(value) or looks_secret(value)


def parts_of(name: str, value: str) -> Iterator[str]:
    """Yield what is secret of a value: all of it, or what shows itself within it."""
    yield from _parts_of_short(name, value) if len(value) <= SHORT else _parts_of(name, value)


@lru_cache(maxsize=50_000)
def _parts_of_short(name: str, value: str) -> tuple[str, ...]:
    return tuple(_parts_of(name, value))


def _parts_of(name: str, value: str) -> Iterator[str]:
    if is_wholly_secret(name, value):
        yield value
    else:
        yield from (value[start:end] for start, end in marks(value))


def _is_marked(value: str) -> bool:
    return any((start, end) == (0, len(value)) for start, end in marks(value))


def _is_long(value: str, shortest: int = LONG) -> bool:
    return is_random(value, shortest) and not _UUID.fullmatch(value) and not _CONTENT_ID.fullmatch(value)


def is_long_in_a_url(value: str) -> bool:
    """Tell whether a part of a URL is a long random one: who holds it has what it leads to."""
    return _is_long(value, LONG_IN_A_URL) and all(pattern.search(value) for pattern in _OF_ALL_KINDS)


def is_drawn(value: str) -> bool:
    """Tell whether a value of a header is a long random one."""
    if _UUID.fullmatch(value) or _HEX.fullmatch(value):
        return True
    letters = value.replace("+", "-").replace("/", "_").replace(".", "-")
    return is_random(letters, LONG_IN_A_HEADER)


def marks(text: str) -> Iterator[tuple[int, int]]:
    """Yield where in a text stands what shows itself to be a secret."""
    yield from named_values(text)
    if len(text) >= SHORTEST_CARD:
        yield from (match.span() for match in _CARD_WITHIN.finditer(text) if is_card(match[0]))
    if _MAY_SHOW.search(text) is None:
        return
    for hints, pattern in _MARKS:
        if any(hint in text for hint in hints):
            for match in pattern.finditer(text):
                yield match.span(match.lastgroup or 0)
    if "asic " in text or "ASIC " in text:
        yield from (match.span("value") for match in _BASIC.finditer(text) if is_user_in_base64(match["value"]))


def secrets_in(
    value: Any, name: str = "", depth: int = 0, called: Mapping[str, str] = NOTHING
) -> Iterator[tuple[str, str]]:
    """Yield the secrets in a value of JSON, each with the name that it stands under; also in JSON within its texts.

    ``called`` are the names of its keys that say more than they do.
    """
    if depth > MOST_DEPTH:
        return
    if isinstance(value, Mapping):
        yield from ((name, str(key)) for key in value if looks_secret(str(key)))
        named = {**called, **named_by_another(value)}
        for key, each in value.items():
            yield from secrets_in(each, named.get(key, str(key)), depth + 1, called_by_a_query(value, key))
    elif isinstance(value, (list, tuple)):
        name = named_by_the_first(value) or name
        for each in value:
            yield from secrets_in(each, name, depth + 1)
    elif isinstance(value, str):
        nested = nested_json(value)
        if nested is not None:
            yield from secrets_in(nested, name, depth + 1)
        else:
            yield from ((name, part) for part in parts_of(name, value))
    elif type(value) in (int, float) and (is_number_secret(name) or is_card(str(value))):
        yield name, str(value)


def named_by_another(value: Mapping[str, Any]) -> Mapping[str, str]:
    """Return by key under which name its value stands, where another key gives it: of ``{"name": n, "value": v}``."""
    name = next((each for key, each in value.items() if key.lower() in _NAMES and isinstance(each, str)), None)
    if name is None or len(value) > _MOST_OF_A_PAIR:
        return {}
    return {key: name for key in value if key.lower() in _VALUES and strength(name) in (Says.YES, Says.PERHAPS)}


def called_by_a_query(value: Mapping[str, Any], key: str) -> Mapping[str, str]:
    """Return under which names a query of GraphQL hands its variables on, where those are of secrets or users."""
    query = value.get("query") if key == VARIABLES else None
    if not isinstance(query, str) or "$" not in query:
        return NOTHING
    found = {match["variable"]: match["name"] for match in _ARGUMENT.finditer(query)}
    return {
        variable: name
        for variable, name in found.items()
        if strength(variable) is not Says.YES and (strength(name) in (Says.YES, Says.PERHAPS) or is_user(name))
    }


def named_by_the_first(value: Sequence[Any]) -> str:
    """Return the name that the first of two texts is of the second; nothing where it is not a secret's."""
    is_pair = len(value) == _PAIR and all(isinstance(each, str) for each in value)
    return value[0] if is_pair and strength(value[0]) is Says.YES and " " not in value[0] else ""


def nested_json(text: str) -> Any:
    """Return what a text says that is JSON itself, an object or a list; None for any other."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, (dict, list)) and found else None


def is_card(value: str) -> bool:
    """Tell whether it is the number of a payment card: by who issues it, and its last digit is right."""
    if not _CARD.fullmatch(value):
        return False
    digits = [int(sign) for sign in reversed(value) if sign.isdigit()]
    total = sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits))
    return total % 10 == 0 and _ISSUED.fullmatch("".join(map(str, reversed(digits)))) is not None


def _is_card(words: list[str], value: str) -> bool:
    """Tell whether it is the number of a payment card, or its name says so."""
    return is_card(value) or ("card" in words and _CARD.fullmatch(value) is not None)

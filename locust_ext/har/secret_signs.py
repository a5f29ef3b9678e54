"""What tells that a value of a recording is a secret: the name that it stands under, and its own looks.

Law: pure; it errs on the side of hiding. A name such as ``token_type`` tells of a token and is not one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from locust_ext.har.naming import is_random
from locust_ext.safety.known_secrets import SHORTEST, says_secret
from locust_ext.safety.spellings import is_user_in_base64

MOST_DEPTH = 40
"""Levels of JSON that are looked through; deeper ones count as secret."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STRONG_WORDS = """
    sig signature otp totp mfa pin csrf xsrf jwt sid session sessionid jsessionid phpsessid sessid nonce
    assertion saml samlresponse samlrequest cvv cvc cvn passcode credential credentials auth authentication
    verifier apikey ssn iban pan viewstate eventvalidation hmac bearer
"""
_STRONG = frozenset(_STRONG_WORDS.split())
_WEAK_WORDS = """
    code state key hash ticket challenge proof grant link invite
"""
_WEAK = frozenset(_WEAK_WORDS.split())
"""Words of names that stand for secrets and for much else: there the looks decide."""

_ABOUT_WORDS = """
    type kind name expires expiration expiry expired ttl lifetime count limit length policy enabled required
    status hint strength format version algorithm alg method mode max min age
"""
_ABOUT = frozenset(_ABOUT_WORDS.split())
"""Last words of names that tell something of a secret, and are none."""

_USERS_WORDS = """
    user username login email mail account accountname uid userid identifier userprincipalname
"""
_USERS = frozenset(_USERS_WORDS.split())

_NAMED = r"(?i:password|passwd|passphrase|token|secret|api_?key|signature|credential)"
_BEGINNINGS = (
    "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- sk_live_ sk_test_ rk_live_ pk_live_ sk- xox whsec_ shpat_ npm_ SG. "
    "AKIA ASIA AIza ya29. dop_v1_ hvs. pypi-"
)
_KEYS = tuple(_BEGINNINGS.split())
"""How the keys of well-known services begin."""

_MARKS = (
    (("eyJ",), re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,3}")),
    (_KEYS, re.compile(rf"\b(?:{'|'.join(map(re.escape, _KEYS))})[A-Za-z0-9_.-]{{10,}}")),
    (("-----BEGIN ",), re.compile(r"-----BEGIN [A-Z ]{3,40}-----[\s\S]*")),
    (("earer ", "EARER "), re.compile(r"(?i:\bBearer) +(?P<secret>[A-Za-z0-9._~+/=-]{8,})")),
    (("://",), re.compile(r"://(?P<secret>[^/\s@]{1,200})@")),
    (
        ("=",),
        re.compile(
            r"(?i:(?:token|secret|passw(?:or)?d|passphrase|api_?key|signature|\bsig|session_?id|\bsid)=)"
            r"(?P<secret>[^&;#\s,}\"'<>]{4,})"
        ),
    ),
    (
        ("</",),
        re.compile(rf"<(?=[\w:.-]{{0,80}}?{_NAMED})[\w:.-]{{1,100}}(?:\s[^<>]{{0,200}})?>(?P<secret>[^<]+)"),
    ),
    (('":', '" :'), re.compile(rf'{_NAMED}"\s{{0,9}}:\s{{0,9}}"(?P<secret>[^"\\]+)')),
)
"""Secrets that show themselves, each with what a text must hold to be looked through for it."""

_MAY_SHOW = re.compile("|".join(re.escape(hint) for hints, _ in _MARKS for hint in hints) + "|asic |ASIC ")
"""What any of them must hold: most texts are passed by with one look."""

_BASIC = re.compile(r"(?i:\bBasic) +(?P<value>[A-Za-z0-9+/_-]{8,}={0,2})")
_CARD = re.compile(r"\d{13,19}|(?:\d{4}[ -]){3}\d{1,7}")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
_CONTENT_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{40}", re.IGNORECASE)
"""Hexadecimal numbers that name things: of MongoDB, MD5, and git."""

LONG = 32
"""Characters from which on a random text is a secret, wherever it stands."""

LONG_IN_A_HEADER = 20


def words_of(name: str) -> list[str]:
    """Return the words of a name, in small letters: of ``accessToken``, ``access_token`` and ``X-Access-Token``."""
    return [word.lower() for word in _WORDS.findall(name)]


def is_secret(name: str, value: str) -> bool:
    """Tell whether a value is a secret, by the name that it stands under and by its looks, or holds one."""
    return is_wholly_secret(name, value) or next(marks(value), None) is not None


def is_wholly_secret(name: str, value: str) -> bool:
    """Tell whether a value as a whole is a secret."""
    if not value.strip() or value.lower() in ("true", "false", "null", "undefined"):
        return False
    if _is_long(value) or _is_marked(value):
        return True
    strength = _strength(name)
    if strength is _Says.YES:
        return True
    if strength is _Says.PERHAPS and (is_random(value) or _UUID.fullmatch(value) or _HEX.fullmatch(value)):
        return True
    return strength is not _Says.ABOUT and _is_card(words_of(name), value)


class _Says(Enum):
    """What a name says of its value."""

    YES = "yes"
    PERHAPS = "perhaps"
    ABOUT = "about"
    NOTHING = "nothing"


@lru_cache(maxsize=10_000)
def _strength(name: str) -> _Says:
    words = words_of(name)
    if len(words) > 1 and words[-1] in _ABOUT:
        return _Says.ABOUT
    if says_secret("_".join(words)) or _STRONG & {*words, "".join(words)}:
        return _Says.YES
    return _Says.PERHAPS if _WEAK & set(words) else _Says.NOTHING


def looks_secret(value: str) -> bool:
    """Tell whether a value is a secret, or holds one, whatever its name is."""
    return _is_long(value) or next(marks(value), None) is not None


def is_secret_in_a_path(before: str, value: str) -> bool:
    """Tell whether a segment of a path is a secret, by the one before it and by its looks."""
    is_named = is_wholly_secret(before, "x") and any(map(str.isdigit, value)) and len(value) >= SHORTEST
    return is_named or looks_secret(value)


def parts_of(name: str, value: str) -> Iterator[str]:
    """Yield what is secret of a value: all of it, or what shows itself within it."""
    if is_wholly_secret(name, value):
        yield value
    else:
        yield from (value[start:end] for start, end in marks(value))


def _is_marked(value: str) -> bool:
    return any((start, end) == (0, len(value)) for start, end in marks(value))


def _is_long(value: str) -> bool:
    return is_random(value, LONG) and not _UUID.fullmatch(value) and not _CONTENT_ID.fullmatch(value)


def is_drawn(value: str) -> bool:
    """Tell whether a value of a header is a long random one."""
    if _UUID.fullmatch(value) or _HEX.fullmatch(value):
        return True
    letters = value.replace("+", "-").replace("/", "_").replace(".", "-")
    return is_random(letters, LONG_IN_A_HEADER)


def marks(text: str) -> Iterator[tuple[int, int]]:
    """Yield where in a text stands what shows itself to be a secret."""
    if _MAY_SHOW.search(text) is None:
        return
    for hints, pattern in _MARKS:
        if any(hint in text for hint in hints):
            for match in pattern.finditer(text):
                yield match.span(match.lastgroup or 0)
    if "asic " in text or "ASIC " in text:
        yield from (match.span("value") for match in _BASIC.finditer(text) if is_user_in_base64(match["value"]))


def is_user(name: str) -> bool:
    """Tell whether a field holds who logs in, where a password stands beside it."""
    return bool(_USERS & {*words_of(name), "".join(words_of(name))})


def is_number_secret(name: str) -> bool:
    """Tell whether a number under this name is a secret: a PIN is, the number of tokens is not."""
    return bool({"pin", "otp", "totp", "cvv", "cvc", "cvn", "passcode", "password", "pwd", "ssn"} & set(words_of(name)))


def secrets_in(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the secrets in a value of JSON, each with the name that it stands under; also in JSON within its texts."""
    if depth > MOST_DEPTH:
        return
    if isinstance(value, Mapping):
        yield from ((name, str(key)) for key in value if looks_secret(str(key)))
        for key, each in value.items():
            yield from secrets_in(each, str(key), depth + 1)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from secrets_in(each, name, depth + 1)
    elif isinstance(value, str):
        nested = nested_json(value)
        if nested is not None:
            yield from secrets_in(nested, name, depth + 1)
        else:
            yield from ((name, part) for part in parts_of(name, value))
    elif type(value) is int and is_number_secret(name):
        yield name, str(value)


def nested_json(text: str) -> Any:
    """Return what a text says that is JSON itself, an object or a list; None for any other."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, (dict, list)) and found else None


def _is_card(words: list[str], value: str) -> bool:
    """Tell whether it is the number of a payment card: its last digit is right, or its name says so."""
    if not _CARD.fullmatch(value):
        return False
    digits = [int(sign) for sign in reversed(value) if sign.isdigit()]
    total = sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits))
    return total % 10 == 0 or "card" in words

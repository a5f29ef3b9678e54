"""What the name of a value says of it: that it is a secret, that it may be one, or that it tells of one.

Law: pure; a name such as ``token_type`` tells of a token and is not one. Of names that stand for much else the looks
of the value decide.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from locust_ext.safety.known_secrets import says_secret

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STRONG_WORDS = """
    sig signature otp totp mfa pin csrf xsrf jwt sid session sessionid jsessionid phpsessid sessid nonce
    assertion saml samlresponse samlrequest cvv cvc cvn passcode credential credentials auth authentication
    verifier apikey ssn iban pan viewstate eventvalidation hmac bearer pw dpop wresult
"""
_STRONG = frozenset(_STRONG_WORDS.split())
_WEAK_WORDS = """
    code state key hash ticket challenge proof grant link invite invitation license licence unlock reset verify
    verification confirm confirmation activate activation magic share shared download unsubscribe redeem login
    callback
"""
_WEAK = frozenset(_WEAK_WORDS.split())
"""Words of names that stand for secrets and for much else: there the looks decide."""

_KEYS_WORDS = """
    api app private access subscription function functions license licence signing encryption account master shared
    security client consumer server
"""
_CODES_WORDS = """
    user device verification verify security auth authorization login sms backup recovery reset confirm confirmation
    activation access invite invitation unlock
"""
_OF: dict[str, frozenset[str]] = {
    "key": frozenset(_KEYS_WORDS.split()),
    "code": frozenset(_CODES_WORDS.split()),
}
"""By the last word of a name: words before it that make it a secret's."""

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

_NUMBERS_WORDS = """
    pin otp totp cvv cvc cvn passcode password passwd pwd ssn
"""
_NUMBERS = frozenset(_NUMBERS_WORDS.split())


class Says(Enum):
    """What a name says of its value."""

    YES = "yes"
    PERHAPS = "perhaps"
    ABOUT = "about"
    NOTHING = "nothing"


def words_of(name: str) -> list[str]:
    """Return the words of a name, in small letters: of ``accessToken``, ``access_token`` and ``X-Access-Token``."""
    return [word.lower() for word in _WORDS.findall(name)]


@lru_cache(maxsize=10_000)
def strength(name: str) -> Says:
    """Return what a name says."""
    words = words_of(name)
    if len(words) > 1 and words[-1] in _ABOUT:
        return Says.ABOUT
    if says_secret("_".join(words)) or _STRONG & {*words, "".join(words)}:
        return Says.YES
    if words[1:] and _OF.get(words[-1], frozenset()) & set(words[:-1]):
        return Says.YES
    return Says.PERHAPS if _WEAK & set(words) else Says.NOTHING


def is_user(name: str) -> bool:
    """Tell whether a field holds who logs in, where a password stands beside it."""
    return bool(_USERS & {*words_of(name), "".join(words_of(name))})


def is_number_secret(name: str) -> bool:
    """Tell whether a number under this name is a secret: a PIN is, the number of tokens is not."""
    return bool(_NUMBERS & set(words_of(name)))

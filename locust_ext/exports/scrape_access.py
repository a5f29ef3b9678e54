"""Who may scrape: anyone who knows the token, or, where there is none, whom the place it is asked for lets in.

Law: pure. A token is compared in constant time and is never repeated. What cannot be read is not the token.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from locust_ext.exports.options import PrometheusOptions

PATH = "/metrics"

CHALLENGES = ('Bearer realm="locust_ext"', 'Basic realm="locust_ext", charset="UTF-8"')
"""How the token can be sent: as a bearer, or as the password of any user."""

NO_TOKEN = "This needs the token of export.prometheus.token_env, as a bearer or as a password.\n"  # noqa: S105

NOT_LOCAL = (
    "This web UI has a login, so its figures can be scraped from this machine alone, by http://127.0.0.1 or "
    "http://localhost and not through a proxy. For others name a token in the configuration: "
    "export: {prometheus: {token_env: SCRAPE_TOKEN}}\n"
)

LONGEST = 4_096
"""Characters of a header that is looked at."""

OF_PROXIES = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
"""Headers that a proxy sets: the address that asks is then the proxy's own."""


def token_of(options: PrometheusOptions | None, environment: Mapping[str, str]) -> str | None:
    """Return the token that is configured, or None of none; raises ValueError where the variable does not hold one."""
    if options is None or not options.token_env:
        return None
    token = environment.get(options.token_env, "").strip()
    if not token:
        raise ValueError(f"${options.token_env} is not set")
    if not (token.isascii() and token.isprintable()) or len(token) > LONGEST // 2:
        raise ValueError(f"${options.token_env} holds what cannot stand in a header")
    return token


def is_token(given: str, token: str) -> bool:
    """Tell whether an Authorization header holds the token, as a bearer or as a password."""
    scheme, _, credentials = given[:LONGEST].strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "basic":
        try:
            _, _, credentials = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(credentials.encode(errors="replace"), token.encode())


def is_local(address: str, headers: Mapping[str, str], protocol: str) -> bool:
    """Tell whether a request comes from this machine, from somebody who says so himself and not through a proxy.

    A page of another site cannot ask so, either: a browser says where it comes from, and by which name it asked. A
    proxy that adds no header, as nginx does where nobody tells it to, speaks HTTP/1.0.
    """
    is_passed_on = any(headers.get(name) is not None for name in (*OF_PROXIES, "Origin"))
    is_foreign = headers.get("Sec-Fetch-Site") not in (None, "none", "same-origin")
    if is_passed_on or is_foreign or protocol == "HTTP/1.0":
        return False
    return is_loopback(address) and _names_this_machine(headers.get("Host") or "")


def is_loopback(address: str) -> bool:
    """Tell whether an IP address is one of this machine, which nobody else can reach."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)

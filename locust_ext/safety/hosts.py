"""Which hosts are private, staging or production.

Law: pure; a name is judged by its spelling, never by asking a name service, and what is not known is production. What
two clients could read as two hosts is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

STAGING = ("staging.*", "*.staging.*", "*-staging.*", "staging-*")
"""Names that say themselves that they are staging."""

PRIVATE = ("localhost", "*.localhost", "*.local", "*.internal", "*.test", "*.example", "*.invalid", "*.home.arpa")
"""Names that only a private network knows (RFC 2606, 6761, 6762, 8375; ICANN reserves ``internal``)."""

_THIS_MACHINE = ("0.0.0.0/32", "127.0.0.0/8", "::/128", "::1/128")
_THIS_LINK = ("169.254.0.0/16", "fe80::/10")
_THIS_SITE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")  # RFC 1918, RFC 4193
_NETWORKS = tuple(map(ip_network, (*_THIS_MACHINE, *_THIS_LINK, *_THIS_SITE)))
"""Addresses of private networks. Python calls more of them private, and not the same ones in each version."""

_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""How an address can be written as one number."""

_PORT = re.compile(r"(?<=[^:]):[0-9]+$")

_PLAIN = re.compile(r"[a-z][a-z0-9_.-]*\.[a-z][a-z0-9-]*|[0-9]+(\.[0-9]+){3}")
"""Names and addresses that YAML takes for text as they are."""


class HostKind(StrEnum):
    """What a load test may do to a host."""

    PRIVATE = "private"
    STAGING = "staging"
    PRODUCTION = "production"


def classify(host: str, staging: Iterable[str] = STAGING, production: Iterable[str] = ()) -> HostKind:
    """Return the kind of a host, given as a URL or as a name.

    Patterns hold ``*`` and match the name without its port, whatever its capitals; those of ``production`` win over
    everything, also over private addresses.
    """
    name = _name(host)
    # a port in a pattern may make more hosts production, but never more of them staging
    if not name or _matches(name, (_PORT.sub("", pattern) for pattern in production)):
        return HostKind.PRODUCTION
    if _matches(name, staging):
        return HostKind.STAGING
    return HostKind.PRIVATE if _is_private(name) else HostKind.PRODUCTION


def is_named(host: str, patterns: Iterable[str]) -> bool:
    """Tell whether one of the patterns names a host, given as a URL or as a name; what is not clear none names."""
    name = _name(host)
    return bool(name) and _matches(name, patterns)


def pattern_for(host: str) -> str:
    """Return the pattern that names this host and no other; nothing for what is not clear."""
    name = _name(host)
    return f"[{name}]" if ":" in name else name


def in_yaml(patterns: Iterable[str]) -> str:
    """Return the patterns as a list in one line of YAML, each once."""
    return f"[{', '.join(name if _PLAIN.fullmatch(name) else json.dumps(name) for name in dict.fromkeys(patterns))}]"


def _name(host: str) -> str:
    """Return the name or the address in its one spelling; nothing where a client could go to another one."""
    if address := _address(host):
        return address
    try:
        parts = urlsplit(host if "://" in host else f"//{host}")
        name = _ascii((parts.hostname or "").removesuffix(".").lower())
        is_whole = "://" in host or parts.netloc == host
        is_clear = is_whole and "\\" not in host and host.isprintable() and parts.port != 0
    except ValueError:
        return ""
    return (_address(name) or (name if _NAME.fullmatch(name) else "")) if is_clear else ""


def _ascii(name: str) -> str:
    """Return the name as it goes over the wire: some signs that are not dots become dots there."""
    return name if name.isascii() else name.encode("idna").decode()


def _address(name: str) -> str:
    """Return an IP address in its one spelling, that of IPv4 where it stands for one; nothing for a name."""
    try:
        address = ip_address(name)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, _spelt(pattern.lower())) for pattern in patterns)


def _spelt(pattern: str) -> str:
    """Return the pattern in the spelling of the names that it is held against."""
    try:
        return _address(pattern.strip("[]")) or _ascii(pattern.removesuffix("."))
    except ValueError:
        return pattern


def _is_private(name: str) -> bool:
    if _address(name):
        return any(ip_address(name) in network for network in _NETWORKS)
    # a name without a dot is known to a private network alone, as a private address is
    return ("." not in name and not _NUMBER.fullmatch(name)) or _matches(name, PRIVATE)

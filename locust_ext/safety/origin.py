"""Where a request goes: scheme, host and port (RFC 6454), WebSockets counted with their HTTP origin.

Law: pure; two URLs are of one origin only when all three are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlsplit

from locust_ext.text.frozen import dataclass

_SCHEMES = {"http": ("http", 80), "https": ("https", 443), "ws": ("http", 80), "wss": ("https", 443)}

Origin = tuple[str, str, int]


def origin_of(url: str) -> Origin | None:
    """Return the origin of an absolute URL, or None for what has none."""
    try:
        parts = urlsplit(url)
        if "\\" in parts.netloc or "%" in parts.netloc.rpartition("@")[2]:
            return None  # clients do not agree on where this leads
        scheme, port = _SCHEMES[parts.scheme.lower()]
        return (scheme, _ascii(parts.hostname), parts.port or port) if parts.hostname else None
    except (KeyError, ValueError):
        return None


def authority_of(origin: Origin) -> str:
    """Return host and port as the ``Host`` header has them (RFC 9110, section 7.2), without a default port."""
    scheme, host, port = origin
    name = f"[{host}]" if ":" in host else host
    return name if port == _SCHEMES[scheme][1] else f"{name}:{port}"


def _ascii(host: str) -> str:
    """Return the host as it goes over the wire: clients send ``xn--bcher-kva`` for ``bücher``."""
    return host.lower() if host.isascii() else host.encode("idna").decode().lower()


@dataclass(frozen=True)
class Origins:
    """The origins of the hosts under test."""

    hosts: tuple[str, ...]

    @classmethod
    def of(cls, hosts: Iterable[str | None]) -> Origins:
        """Return the origins of these hosts, None left out."""
        return cls(tuple(sorted({host for host in hosts if host})))

    @cached_property
    def origins(self) -> frozenset[Origin]:
        """The origins of the hosts."""
        return frozenset(origin for host in self.hosts if (origin := origin_of(host)))

    @cached_property
    def beginnings(self) -> tuple[str, ...]:
        """What URLs of these hosts mostly begin with, spelled as in the host: saves reading each URL."""
        return tuple(
            f"{parts.scheme}://{parts.netloc}/"
            for parts in map(urlsplit, self.hosts)
            if origin_of(parts.geturl()) and "@" not in parts.netloc
        )

    def beginning_of(self, url: str) -> str:
        """Return what ``url`` and others of its origin begin with, or ``""`` where it does not begin like its host."""
        return next((beginning for beginning in self.beginnings if url.startswith(beginning)), "")

    def covers(self, url: str) -> bool:
        """Tell whether ``url`` goes to one of the hosts."""
        return url.startswith(self.beginnings) or origin_of(url) in self.origins

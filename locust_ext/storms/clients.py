"""Shipped clients by name and version.

Law: presets are versioned, since clients differ across versions; an unknown client or version is an error with the
nearest valid one, never a guess. A preset is a :class:`~locust_ext.storms.client.Client`; they stand in ``presets``.
"""

from __future__ import annotations

from locust_ext.storms.client import Client
from locust_ext.storms.presets.javascript import JAVASCRIPT
from locust_ext.storms.presets.plain import PLAIN
from locust_ext.storms.presets.platforms import PLATFORMS
from locust_ext.storms.presets.python import PYTHON
from locust_ext.text.lengths import quoted
from locust_ext.text.spelling import nearest

CLIENTS: tuple[Client, ...] = (*PLAIN, *JAVASCRIPT, *PYTHON, *PLATFORMS)
"""Every preset; of one name the newest version stands first."""


class UnknownClientError(ValueError):
    """There is no such client, or no such version of it; the message says which there are."""


def names() -> list[str]:
    """Return the names of all clients."""
    return list(dict.fromkeys(client.name for client in CLIENTS))


def find(name: str, version: str = "") -> Client:
    """Return the preset for a client; without a version the newest one that is known.

    ``name`` may carry its version: ``aws-standard@1.38``. ``4`` finds what was read as ``4.8``, and ``4.8.1`` what is
    written down as ``4.8`` or ``4``. Raises UnknownClientError.
    """
    name, _, at = name.partition("@")
    version = str(version) or at
    known = [client for client in CLIENTS if client.name == name]
    if not known:
        raise UnknownClientError(f"there is no client {quoted(name)}{nearest(name, names())}")
    for client in known:
        if not version or covers(client.version, version):
            return client
    versions = ", ".join(client.version for client in known)
    raise UnknownClientError(
        f"{name} is known in version {versions}, not in {quoted(version)}: clients differ across versions"
    )


def covers(known: str, asked: str) -> bool:
    """Tell whether one version is the beginning of the other, part by part.

    >>> covers("4", "4.8.4"), covers("4.8", "4"), covers("4.8", "4.7"), covers("1", "10")
    (True, True, False, False)
    """
    return all(one == other for one, other in zip(known.split("."), asked.split("."), strict=False))

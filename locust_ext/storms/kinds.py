"""What kind of user a class is, asked without loading what the kind is made of.

Law: pure; a class is of a kind when the kind's own class is among its ancestors, by the module and name of that.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class Kind(Enum):
    """A class of ours that users inherit from, by its module and its name."""

    RECONNECTS = ("locust_ext.storms.reconnect", "ReconnectStormUser")
    READS_ITS_WRITES = ("locust_ext.replicas.read_your_writes", "ReadYourWritesUser")
    STAMPEDES = ("locust_ext.storms.stampede", "CacheStampedeUser")
    WEB_SOCKET = ("locust_ext.clients.websocket_user", "WebSocketUser")


def is_a(user: type[Any], kind: Kind) -> bool:
    """Tell whether a user class is of a kind."""
    return any((ancestor.__module__, ancestor.__name__) == kind.value for ancestor in user.__mro__)

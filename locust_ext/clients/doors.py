"""Every door through which requests leave that we know: those of users' clients, and those in their own hands.

Law: what sends by a client without a door here is not guarded, and the documents say so.
"""

from __future__ import annotations

from collections.abc import Sequence

from locust_ext.clients.sessions import SESSIONS
from locust_ext.clients.websocket_door import WebSocketDoor
from locust_ext.safety.interceptors import Door

DOORS: Sequence[Door] = (*(session.door for session in SESSIONS), WebSocketDoor())

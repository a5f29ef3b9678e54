"""Where a process hears others: what Locust cannot read, or cannot act on, ends nothing.

Law: Locust's greenlet that hears the workers (or the master) ends with the first message that makes it raise; then all
workers are lost. Anybody who reaches the port can send one. So it is refused as all that does not fit, and the run is
in doubt. What steers a run, and a broken connection, stay Locust's affair.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, Self

from locust.exception import RPCError, RPCReceiveError
from locust.rpc import zmqrpc

from locust_ext.process.control_flow import CONTROL_FLOW
from locust_ext.process.seam import Seam
from locust_ext.process.wire import LONGEST_NAME

logger = logging.getLogger(__name__)

PASSES = (*CONTROL_FLOW, RPCError)
"""What goes on to Locust."""


class Hearing:
    """Stands around what hears other processes; ``refuse`` is told the sender, the kind of message, and why."""

    def __init__(self, runner: Any, refuse: Callable[[str | None, str, str], None]) -> None:
        self._refuse = refuse
        is_master, is_worker = hasattr(runner, "clients"), hasattr(runner, "client")
        self._seams: list[Seam] = []
        if is_master or is_worker:
            socket, name = (zmqrpc.Server, "recv_from_client") if is_master else (zmqrpc.Client, "recv")
            self._seams = [Seam(socket, name, self._received), Seam(runner, "handle_message", self._handled)]

    def install(self) -> Self:
        """Stand there."""
        for seam in self._seams:
            seam.open()
        return self

    def let_go(self) -> None:
        """Leave the class as it was; the runner ends with its environment."""
        for seam in self._seams[:1]:
            seam.close()

    def _received(self, receive: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @functools.wraps(receive)
        def received(socket: Any) -> Any:
            try:
                return receive(socket)
            except PASSES:
                raise
            except Exception as error:  # noqa: BLE001 whatever msgpack or Locust make of it
                why = f"it cannot be read ({type(error).__name__})"
                self._refuse(None, "Locust", why)
                raise RPCReceiveError(why) from None

        return received

    def _handled(self, handle: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handle)
        def handled(*arguments: Any) -> None:
            message = arguments[-1]
            kind, sender = (_name(getattr(message, key, None)) for key in ("type", "node_id"))
            if kind is None or sender is None:
                self._refuse(sender, kind or "Locust", "its type, or its sender, is not a name")
                return
            try:
                handle(*arguments)
            except PASSES:
                raise
            except Exception as error:
                logger.debug("a %s message", kind, exc_info=True)
                self._refuse(sender, kind, f"acting on it raised {type(error).__name__}")

        return handled


def _name(value: object) -> str | None:
    fits = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    return value if fits else None  # type: ignore[return-value]

"""Those tests alone listen at a socket whose subject that is: the others run where nobody waits for the machine."""

from __future__ import annotations

from typing import Any

from gevent._socketcommon import SocketMixin


class Door:
    """Whether the test under way may listen; any other that does fails."""

    def __init__(self) -> None:
        self.is_open = True
        stock = SocketMixin.listen

        def listen(sock: Any, *backlog: int) -> None:
            assert self.is_open, (
                "who listens at a socket has the mark sockets, as its whole file where it waits for the machine"
            )
            stock(sock, *backlog)

        SocketMixin.listen = listen


DOOR = Door()

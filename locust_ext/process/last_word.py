"""Who speaks last: whatever order the listeners of an event came in, all of them are called, and then ours.

Law: a listener that tries to end the process keeps no other from being called, and ends it with a verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gevent import GreenletExit
from locust.event import EventHook

from locust_ext.process.seam import Seam

Noted = Callable[[BaseException, Callable[..., object]], bool]
"""Is told what a listener raised that Locust does not swallow; tells whether that is dealt with."""


def speak_last(hook: EventHook, last: Callable[..., None], note: Noted) -> Seam:
    """Return a seam: when ``hook`` fires, ``last`` is called after every listener, also those that come later."""

    def wrap(_stock: Callable[..., None]) -> Callable[..., None]:
        def fire(*, reverse: bool = False, **arguments: Any) -> None:
            listeners = hook._handlers[::-1] if reverse else hook._handlers.copy()  # noqa: SLF001 Locust gives no other view
            for listener in listeners:
                one = EventHook()
                one.add_listener(listener)
                try:
                    one.fire(**arguments)
                except GreenletExit:
                    raise
                except BaseException as error:
                    if not note(error, listener):
                        raise
            last(**arguments)

        return fire

    return Seam(hook, "fire", wrap)


def hear_first(hook: EventHook, listener: Callable[..., None]) -> None:
    """Call ``listener`` before those that are there: one that raises StopUser hides the event from all behind it."""
    hook._handlers.insert(0, listener)  # noqa: SLF001 Locust can only append

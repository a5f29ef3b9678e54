"""The command ``locust-ext kill``: stops runs on this machine by their entries, others by their master's port.

Law: nothing is called stopped that has not said so itself; a run that does not answer is named, with what else helps.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import uuid4

from locust_ext.problems import ConfigurationError, Problem
from locust_ext.safety.registry import Entry, entries, is_held, letter_to

ANSWERS = 5.0
"""Seconds that a run gets to say that it has stopped."""

DEFAULT_PORT = 5557
"""The port of Locust's masters."""

_LOOK_AGAIN = 0.05


def kill_here(names: Sequence[str], say: Callable[[str], None]) -> int:
    """Stop the runs of these names, all of this user and machine without any; return 0 when each has said that it did.

    Raises ConfigurationError when there is none.
    """
    found = [entry for entry in entries() if not names or entry.name in names or str(entry.pid) in names]
    if not found:
        there = ", ".join(f"{entry.name} ({entry.pid})" for entry in entries()) or "none"
        raise ConfigurationError([Problem("", f"no such run is under way on this machine; there is {there}")], _NOTHING)
    for entry in found:
        with suppress(OSError):
            letter_to(entry.pid).touch()
        with suppress(ProcessLookupError):  # it has ended by itself
            if entry.signal:
                os.kill(entry.pid, signal.SIGUSR1)
    return max(_await(entry, say) for entry in found)


_NOTHING = "nothing was stopped"


def _await(asked: Entry, say: Callable[[str], None]) -> int:
    deadline = time.monotonic() + ANSWERS
    while time.monotonic() < deadline:
        now = next((entry for entry in entries() if entry.pid == asked.pid), None)
        if now is None and not is_held(asked.pid):
            say(f"{asked.name} ({asked.pid}): it has ended")
            return 0
        if now is not None and now.asked > asked.asked:
            say(f"{asked.name} ({asked.pid}): {now.told}")
            return 0
        time.sleep(_LOOK_AGAIN)
    say(f"{asked.name} ({asked.pid}): it does not answer; kill -9 {asked.pid} ends it, and its workers fall silent")
    return 1


def kill_master(address: str, say: Callable[[str], None]) -> int:
    """Stop the run of the master at ``HOST`` or ``HOST:PORT``; return 0 when it has said that it did.

    Raises ConfigurationError for what is no address.
    """
    wrong = ConfigurationError([Problem("--master", f"{address!r} is no address; write it as HOST:{DEFAULT_PORT}")])
    host, _, port = address.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit())):
        raise wrong
    import gevent  # noqa: PLC0415 they patch the process
    from locust.exception import RPCError  # noqa: PLC0415
    from locust.rpc import Message, zmqrpc  # noqa: PLC0415
    from zmq.error import ZMQError  # noqa: PLC0415

    from locust_ext.measure.reporting import KILL  # noqa: PLC0415

    identity = f"locust-ext-kill-{uuid4().hex}"
    try:
        client = zmqrpc.Client(host, int(port or DEFAULT_PORT), identity)
    except ZMQError:
        raise wrong from None
    try:
        with gevent.Timeout(ANSWERS):
            client.send(Message(KILL, {"reason": "somebody called locust-ext kill"}, identity))
            answer = client.recv()
        say(f"{address}: {(answer.data or {}).get('told', 'it answered, but not what was expected')}")
    except (gevent.Timeout, RPCError):
        say(f"{address}: no master answers within {ANSWERS:g} s; does it use locust_ext?")
        return 1
    finally:
        client.close(linger=0)
    return 0

"""The command ``locust-ext kill``: stops runs on this machine by their entries, others by their master's port.

Law: nothing is called stopped that was not seen to be: a run has said so itself and is over, or its process is gone.
What does not answer is named, with what else helps.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar
from uuid import uuid4

from locust_ext.process.wire import Message
from locust_ext.safety.registry import RegisteredRun, entries, is_held, letter_to, working_directory
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError, Problem

ANSWERS = 5.0
"""Seconds that a run gets to answer."""

ENDS = 30.0
"""Seconds that it gets to end after that: requests that are under way come back, and reports are written."""

DEFAULT_PORT = 5557
"""The port of Locust's masters."""


class Look(Message):
    """The question, after a stop, whether the master's run is over."""

    type: ClassVar[str] = "locust_ext.look"


_LOOK_AGAIN = 0.05
_LOOK_ANSWERS = 1.0


def check_choice(names: Sequence[str], master: str, *, everything: bool) -> None:
    """Raise ConfigurationError where more than one way of saying which run is meant was chosen."""
    if bool(names) + bool(master) + everything > 1:
        what = "say one thing: names, or --all, or --master; they mean different runs"
        raise ConfigurationError([Problem("", what)], _NOTHING)


def kill_here(names: Sequence[str], say: Callable[[str], None], *, everything: bool = False) -> int:
    """Stop the runs of these names, or ``everything`` of this user and machine; return 0 when each was seen to stop.

    With neither that is the one run of this directory. Raises ConfigurationError where it is not clear which is meant.
    """
    there = list(entries())
    if everything:
        found = there
    elif names:
        found = [entry for entry in there if entry.name in names or str(entry.pid) in names]
    else:
        here = working_directory()
        found = [entry for entry in there if here and entry.directory == here]
        if there and len(found) != 1:
            raise ConfigurationError([Problem("", _WHICH), *(Problem("", _listed(entry)) for entry in there)], _NOTHING)
    if not found:
        listed = ", ".join(f"{entry.name} ({entry.pid})" for entry in there) or "none"
        raise ConfigurationError(
            [Problem("", f"no such run is under way on this machine; there is {listed}")], _NOTHING
        )
    for entry in found:
        with suppress(OSError):
            letter_to(entry.pid).touch()
        with suppress(ProcessLookupError):  # it has ended by itself
            if entry.signal:
                os.kill(entry.pid, signal.SIGUSR1)
    return max([_await(entry, say) for entry in found])


_NOTHING = "nothing was stopped"
_WHICH = "say which: locust-ext kill NAME, or its number; --all means all of these"


def _listed(entry: RegisteredRun) -> str:
    where = f", in {entry.directory}" if entry.directory else ""
    return f"{entry.name} ({entry.pid}){where}{'' if entry.running else ': no test is running'}"


def _await(asked: RegisteredRun, say: Callable[[str], None]) -> int:
    """Wait until it has answered, and then until it is over; return 0 when it was seen to be."""
    who, answer, deadline = f"{asked.name} ({asked.pid})", "", time.monotonic() + ANSWERS
    while time.monotonic() < deadline:
        now = next((entry for entry in entries() if entry.pid == asked.pid), None)
        if now is None and not is_held(asked.pid):
            say(f"{who}: {answer or 'it has ended'}")
            return 0
        if now is not None and now.asked > asked.asked:
            if not answer:
                answer, deadline = now.told, time.monotonic() + ENDS
            if not now.running:
                say(f"{who}: {answer}")
                return 0
        time.sleep(_LOOK_AGAIN)
    why = f"it was told to stop, and has not within {ENDS:g} s" if answer else "it does not answer"
    say(f"{who}: {why}; kill -9 {asked.pid} ends it, and its workers fall silent")
    return 1


def kill_master(address: str, say: Callable[[str], None]) -> int:
    """Stop the run of the master at ``HOST`` or ``HOST:PORT``; return 0 when it was seen to stop.

    Raises ConfigurationError for what is not an address.
    """
    wrong = ConfigurationError(
        [Problem("--master", f"{quoted(address)} is not an address; write it as HOST:{DEFAULT_PORT}")]
    )
    host, _, port = address.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit())):
        raise wrong
    from locust.rpc import zmqrpc  # noqa: PLC0415 they patch the process
    from zmq.error import ZMQError  # noqa: PLC0415

    identity, number = f"locust-ext-kill-{uuid4().hex}", int(port or DEFAULT_PORT)
    try:
        client = zmqrpc.Client(host, number, identity)
    except ZMQError:
        raise wrong from None
    try:
        code, told = _ask_master(client, identity, lambda: _has_gone(host, number))
    finally:
        client.close(linger=0)
    say(f"{address}: {told}")
    return code


def _ask_master(client: Any, identity: str, has_gone: Callable[[], bool]) -> tuple[int, str]:
    """Tell a master to stop, and look until it has; return the code of the command and what to say."""
    from locust_ext.measure.reporting import KILL  # noqa: PLC0415 it patches the process

    told = _answer(client, KILL, {"reason": "somebody called locust-ext kill"}, identity, ANSWERS)
    if told is None:
        return 1, f"no master answers within {ANSWERS:g} s; does it use locust_ext?"
    if not isinstance(told.get("told"), str):
        return 1, "it answered, but not what was expected"
    deadline = time.monotonic() + ENDS
    while time.monotonic() < deadline:
        seen = _answer(client, Look.type, {}, identity, _LOOK_ANSWERS)
        if has_gone() if seen is None else seen.get("running") is False:
            return 0, told["told"]
        time.sleep(_LOOK_AGAIN)
    return 1, f"it was told to stop, and was not seen to within {ENDS:g} s"


def _answer(client: Any, kind: str, data: Mapping[str, Any], identity: str, seconds: float) -> dict[str, Any] | None:
    """Send a message and return the answer; None where none comes in time."""
    import gevent  # noqa: PLC0415 they patch the process
    from locust.exception import RPCError  # noqa: PLC0415
    from locust.rpc import Message  # noqa: PLC0415

    try:
        with gevent.Timeout(seconds):
            client.send(Message(kind, dict(data), identity))
            found = client.recv().data
    except (gevent.Timeout, RPCError):
        return None
    return found if isinstance(found, dict) else {}


def _has_gone(host: str, port: int) -> bool:
    """Tell whether nobody listens at a port any more."""
    try:
        socket.create_connection((host, port), timeout=_LOOK_ANSWERS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False

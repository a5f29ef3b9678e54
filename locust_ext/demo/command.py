"""The demo target as a command: what it says, and the exit code it ends with.

It runs in the foreground until somebody ends it. In the mode for a parent process it ends when that parent does, in
whatever way the parent ends; Ctrl-C is then the parent's business, although the terminal sends it to both.
"""

import errno
import os
import resource
import select
import signal
import sys
from collections.abc import Sequence

import gevent
from gevent.event import Event

from locust_ext.demo.faults import FAULTS, UnknownFault, dials
from locust_ext.demo.mark import KEY_VARIABLE
from locust_ext.demo.server import Server
from locust_ext.safety.middleware import Key, read_keys
from locust_ext.text.problems import EXIT_CODE

DEFAULT_PORT = 9100
DEFAULT_HOST = "127.0.0.1"
DEFAULT_SEED = 1

_STDIN = 0
_WATCH_SECONDS = 0.2


def list_faults() -> str:
    """All faults with what they do, as an aligned table."""
    width = max(map(len, FAULTS))
    return "\n".join(f"{fault.name:<{width}}  {fault.summary}" for fault in FAULTS.values())


def serve(port: int, host: str, faults: Sequence[str], seed: int, until_stdin_closes: bool) -> int:  # noqa: FBT001
    """Serve until a signal, or the parent's end, and return the exit code; never raises over a wrong argument."""
    _allow_many_connections()
    try:
        keys = _keys()
    except ValueError as error:
        return _refuse(f"The environment variable {KEY_VARIABLE} cannot be used: {error}.")
    try:
        server = Server(host, port, dials(faults), seed=seed, keys=keys)
        bound = server.start()
    except UnknownFault as unknown:
        return _refuse(str(unknown))
    except (OSError, OverflowError) as error:
        return _refuse(_why_not(host, port, error))
    ended = Event()
    gevent.signal_handler(signal.SIGTERM, ended.set)
    if until_stdin_closes:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gevent.spawn(_watch_parent, ended)
    else:
        gevent.signal_handler(signal.SIGINT, ended.set)
    print(f"demo target on http://{host}:{bound} (faults: {', '.join(faults) or 'none'})", flush=True)
    ended.wait()
    server.stop()
    return 0


def _keys() -> tuple[Key, ...]:
    """Return the keys that sign synthetic traffic; none if the variable is not set, or empty."""
    text = os.environ.get(KEY_VARIABLE, "").strip()
    return read_keys(text) if text else ()


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return EXIT_CODE


def _why_not(host: str, port: int, error: OSError | OverflowError) -> str:
    match error:
        case OSError(errno=errno.EADDRINUSE):
            return (
                f"Port {port} on {host} is in use: end what listens there or choose another port (0 picks a free one)."
            )
        case OSError(errno=errno.EACCES):
            return f"Port {port} on {host} needs privileges: choose one from 1024 upwards (0 picks a free one)."
        case OSError():
            return f"Cannot listen on {host}: {error.strerror or error}. Give --host an address of this machine."
        case _:
            return f"There is no port {port}: choose one from 0 to 65535 (0 picks a free one)."


def _allow_many_connections() -> None:
    """Raise the limit of open files as far as it goes: every connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):
        # macOS reports a limit that it does not grant. The target works, with fewer connections.
        return


def _watch_parent(ended: Event) -> None:
    # Two signs, because neither is enough. Stdin also closes when the parent lives on but wants no target any more;
    # yet a process forked by the parent holds the pipe open, and then only the change of parents tells.
    parent = os.getppid()
    while os.getppid() == parent and not _stdin_closed():
        gevent.sleep(_WATCH_SECONDS)
    ended.set()


def _stdin_closed() -> bool:
    try:
        return bool(select.select([_STDIN], [], [], 0)[0]) and not os.read(_STDIN, 4096)
    except OSError:
        return True

"""Whose a signal is in this process.

Law: a handler that a locustfile has installed stays, however it did that; where nobody can tell, the signal is ours.
"""

from __future__ import annotations

import signal
from pathlib import Path

_STATUS = Path("/proc/self/status")


def is_caught(number: signal.Signals) -> bool:
    """Tell whether something in this process handles that signal already, in Python or with gevent."""
    handler = signal.getsignal(number)
    if handler not in (signal.SIG_DFL, signal.SIG_IGN):
        return True
    try:  # gevent's handlers are not known to Python
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    caught = next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:")), 0)
    return bool(caught >> (number - 1) & 1)

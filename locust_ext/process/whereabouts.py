"""What this process is called where several speak.

Law: host and number, so that anyone who reads it finds the process.
"""

from __future__ import annotations

import os
import platform


def here() -> str:
    """Return what this process is called in messages, such as ``loadgen-1, process 4711``."""
    return f"{platform.node()}, process {os.getpid()}"

"""Files that are whole or not there.

Law: a reader never sees half a file, and a failure leaves what was there before. What is not a file of a disc, such as
``/dev/stdout``, ``/dev/null`` or a pipe, stays what it is: it is written to, and never replaced.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,6})", re.ASCII)
_NAMED = {"/dev/stdout": 1, "/dev/stderr": 2}


def write_atomically(target: Path, text: str | bytes, *, durable: bool = True) -> None:
    """Write ``text``, a text in UTF-8, to ``target`` through a temporary file beside it; raises OSError.

    Directories above it are made. The file is as readable as any that the user makes.
    ``durable``: it is on the disc when this returns; without, it outlives this process, but perhaps not its machine.
    """
    content = text.encode("utf-8") if isinstance(text, str) else text
    if not is_replaceable(target):
        with os.fdopen(_opened(target), "wb") as device:
            device.write(content)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_replaceable(target: Path) -> bool:
    """Tell whether a file of a disc stands at ``target``, or nothing: a device or a pipe is never taken away."""
    return _descriptor(target) is None and (target.is_file() or not target.exists())


def _descriptor(target: Path) -> int | None:
    """Return the number of an open file that ``target`` names; None where it names none."""
    match = _DESCRIPTOR.fullmatch(str(target))
    return int(match[1]) if match else _NAMED.get(str(target))


def _opened(target: Path) -> int:
    """Return what to write to where ``target`` is a device or a pipe."""
    number = _descriptor(target)
    if number is None:
        handle = os.open(target, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)  # a pipe without a reader is refused
        os.set_blocking(handle, True)
        return handle
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    return os.dup(number)  # not by its name: that may lead to a file of a disc, whose other lines would be lost

"""Files of a run that are written while it lasts: added to, or replaced whole.

Law: what is in a file is whole lines, unless the disk itself refuses. Nothing is forced to the disc: what the kernel
has taken over outlives this process, however that ends, and to wait for a disc would hold up what makes load. Whatever
cannot be written is an OSError; nothing is made where a directory has gone.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from locust_ext.process.files import write_atomically


class Journal:
    """The files of one report directory, by name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._sizes: dict[str, int] = {}

    def size(self, name: str) -> int | None:
        """Return the bytes of a file as they were written; None where there are others, or it is not there."""
        known = self._sizes.get(name)
        try:
            return known if known is not None and known <= (self.directory / name).stat().st_size else None
        except OSError:
            return None

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.directory / name).read_text("utf-8")

    def write(self, name: str, text: str) -> None:
        """Replace a file."""
        self._sizes.pop(name, None)
        if not self.directory.is_dir():
            raise FileNotFoundError(errno.ENOENT, "it is not there any more")
        content = text.encode("utf-8")
        write_atomically(self.directory / name, content, durable=False)
        self._sizes[name] = len(content)

    def add(self, name: str, text: str) -> None:
        """Add lines to a file that :meth:`write` made: all of them, or none."""
        content, before = text.encode("utf-8"), self._sizes[name]
        file = os.open(self.directory / name, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            _add(file, before, content)
            self._sizes[name] = before + len(content)
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, before)
            raise
        finally:
            os.close(file)


def _add(file: int, before: int, content: bytes) -> None:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise OSError(errno.EINVAL, "it is not a file of a disc")
    if os.fstat(file).st_size > before:
        os.ftruncate(file, before)  # the half of a line that would not fit before
    if os.write(file, content) < len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

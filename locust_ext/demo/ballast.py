"""Memory and descriptors that are really held, so that all who watch the process see them.

What the system counts is memory that was touched, not memory that was asked for, so each page is written to. What is
given back leaves the process at once: it is mapped for itself and never Python's own.
"""

import mmap
import os
from contextlib import suppress

CHUNK = 128 * 1024
"""Bytes that are taken and given back at a time."""


class Ballast:
    """Memory of this process, in whole chunks."""

    def __init__(self) -> None:
        self._chunks: list[mmap.mmap] = []

    @property
    def held(self) -> int:
        """How many bytes are held."""
        return len(self._chunks) * CHUNK

    def hold(self, wanted: float) -> None:
        """Hold so many bytes, rounded up to a chunk; give back what is more."""
        count = -(-int(wanted) // CHUNK)
        while len(self._chunks) > count:
            self._chunks.pop().close()
        while len(self._chunks) < count:
            self._chunks.append(_touched(CHUNK))


def _touched(size: int) -> mmap.mmap:
    """Return memory of this process alone, each page of which is really there."""
    chunk = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        with suppress(OSError):  # a kernel without huge pages
            chunk.madvise(mmap.MADV_NOHUGEPAGE)  # neighbours would become one of two megabytes
    for page in range(0, size, mmap.PAGESIZE):
        chunk[page] = 1
    return chunk


class Descriptors:
    """Open descriptors of this process, at most so many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: list[int] = []

    @property
    def held(self) -> int:
        """How many are held."""
        return len(self._open)

    def hold(self, wanted: float) -> None:
        """Open descriptors until so many are held; those that are open stay so. At the limit, and beyond, no more."""
        while len(self._open) < min(int(wanted), self._limit):
            try:
                self._open.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                self._limit = len(self._open)

    def close(self) -> None:
        """Close them all."""
        while self._open:
            os.close(self._open.pop())

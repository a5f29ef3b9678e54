"""The two streams on which a process speaks, made so that nobody has to care whether somebody listens.

Law: output that cannot be written (a closed pipe, a full disc, a character that the terminal has no sign for) never
raises where something is printed, and never changes the exit code; that standard output is lost is logged, once.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from locust_ext.process.seam import Seam

logger = logging.getLogger(__name__)

CANNOT = (OSError, ValueError)
"""What a stream raises that cannot be written, or is closed."""

NAMES = ("stdout", "stderr")


class Forgiving:
    """A text stream as it is, but that to write never fails; ``lost`` is logged when it does for the first time."""

    def __init__(self, stream: TextIO, lost: str = "") -> None:
        self._stream, self._lost = stream, lost

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write what can be written."""
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            return self._write_plainly(text)
        except CANNOT as error:
            self._lose(error)
        return len(text)

    def _write_plainly(self, text: str) -> int:
        """Write a text with signs that the stream's encoding does not have."""
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        try:
            return self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except (*CANNOT, LookupError) as error:
            self._lose(error)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write lines, as far as that can be."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, as far as that can be."""
        try:
            self._stream.flush()
        except CANNOT as error:
            self._lose(error)

    def isatty(self) -> bool:
        """Tell whether it is a terminal; a closed stream is none."""
        try:
            return self._stream.isatty()
        except CANNOT:
            return False

    def _lose(self, error: Exception) -> None:
        lost, self._lost = self._lost, ""
        if lost:
            logger.warning("%s: %s; the run goes on without it", lost, getattr(error, "strerror", None) or error)

    def let_go(self) -> None:
        """Flush for the last time; what cannot be written then is dropped, so that Python does not stumble over it."""
        try:
            self._stream.flush()
        except CANNOT:
            with suppress(*CANNOT):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())


def forgive() -> None:
    """Have both streams of this process forgive, until it ends."""
    for name in NAMES:
        if getattr(sys, name) is None:  # it was closed when the process began
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 it lives as long as we do
        lost = "standard output cannot be written" if name == "stdout" else ""
        forgiving = Forgiving(getattr(sys, name), lost)
        Seam(sys, name, lambda _, forgiving=forgiving: forgiving).open()  # type: ignore[misc]
        atexit.register(forgiving.let_go)

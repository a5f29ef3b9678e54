"""The files beside a script of k6's, as the import reads them.

Law: only regular files of this machine, each up to a bound; nothing is loaded from anywhere else.
"""

from __future__ import annotations

import os
import stat
from itertools import product

from locust_ext.k6.modules import UnreadableError
from locust_ext.text.document import MOST_BYTES

_ENDINGS = (".ts", ".js", "/index.ts", "/index.js")
"""What bundlers put behind the name of a module; k6 itself wants the whole name."""


class ScriptFiles:
    """Reads what a script imports and opens, by the paths that k6 would take."""

    def place(self, beside: str, specifier: str) -> str:
        """Return the path of the file that is meant by ``specifier`` in the file ``beside``."""
        path = os.path.normpath(os.path.join(os.path.dirname(beside), specifier))  # noqa: PTH118, PTH120 text alone, as k6 does
        if os.path.isfile(path):  # noqa: PTH113
            return path
        stems = [path, path.removesuffix(".js")] if path.endswith(".js") else [path]
        found = [stem + ending for stem, ending in product(stems, _ENDINGS) if os.path.isfile(stem + ending)]  # noqa: PTH113
        return found[0] if len(found) == 1 else path

    def text(self, file: str) -> str:
        """Return what is in a file; raises UnreadableError."""
        try:
            # A pipe that nobody writes to must not be waited for.
            number = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(number, "rb") as stream:
                if not stat.S_ISREG(os.fstat(number).st_mode):
                    raise UnreadableError("it is not a regular file")
                content = stream.read(MOST_BYTES + 1)
        except FileNotFoundError:
            raise UnreadableError("there is no such file") from None
        except IsADirectoryError:
            raise UnreadableError("it is a directory") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise UnreadableError(f"it cannot be read: {why}") from None
        if len(content) > MOST_BYTES:
            raise UnreadableError(f"it is larger than {MOST_BYTES >> 20} MiB")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise UnreadableError(f"it is not UTF-8 text: see its line {line}") from None

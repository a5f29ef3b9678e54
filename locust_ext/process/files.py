"""Files that are whole or not there.

Law: a reader never sees half a file, and a failure leaves what was there before. What is no file of a disc, such as
``/dev/stdout`` or ``/dev/null``, stays what it is: it is written to, and never replaced.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(target: Path, text: str | bytes) -> None:
    """Write ``text``, a text in UTF-8, to ``target`` through a temporary file beside it; raises OSError.

    Directories above it are made. The file is as readable as any that the user makes.
    """
    content = text.encode("utf-8") if isinstance(text, str) else text
    if target.exists() and not target.is_file():
        with target.open("wb") as device:
            device.write(content)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

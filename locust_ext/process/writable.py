"""Whether a directory or a file can be written where somebody wants it, as far as a look can tell.

Law: nothing is made by looking; a place that can never be one is refused before the run, and whatever only writing can
tell is left to that.
"""

from __future__ import annotations

import stat
from pathlib import Path

from locust_ext.text.lengths import LONGEST_PLACE, quoted


def no_directory(directory: str) -> str:
    """Return why ``directory`` is not one and cannot be made, as a sentence; nothing where it can."""
    if "\0" in directory:
        return f"{quoted(directory, LONGEST_PLACE)} holds a null character, which no path can"
    place = Path(directory).absolute()
    for part in (place, *place.parents):
        try:
            mode = part.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:  # too long a name, or nobody may look
            return f"{quoted(directory, LONGEST_PLACE)} cannot be a directory: {error.strerror or error}"
        return _stands_in_the_way(directory, part, mode, itself=part == place)
    return ""


def _stands_in_the_way(directory: str, part: Path, mode: int, *, itself: bool) -> str:
    shown = quoted(directory, LONGEST_PLACE)
    what = f"{shown} is" if itself else f"{shown} cannot be made: {quoted(str(part), LONGEST_PLACE)} is"
    try:
        if stat.S_ISDIR(part.stat().st_mode):
            return ""
    except OSError:
        if stat.S_ISLNK(mode):
            return (
                f"{what} a link to {quoted(str(part.readlink()), LONGEST_PLACE)}, which is not there; name a directory"
            )
    return f"{what} a file; name a directory"


def no_file(file: str) -> str:
    """Return why ``file`` cannot be written, as a sentence; nothing where it can."""
    if "\0" in file:
        return f"{quoted(file, LONGEST_PLACE)} holds a null character, which no path can"
    try:
        if Path(file).is_dir():
            return f"{quoted(file, LONGEST_PLACE)} is a directory; name a file in it"
    except OSError as error:
        return f"{quoted(file, LONGEST_PLACE)} cannot be a file: {error.strerror or error}"
    return no_directory(str(Path(file).absolute().parent))

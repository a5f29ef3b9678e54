"""What a team's write() and read() return: a key, a version, or nothing.

Law: pure. What can be meant in two ways is not guessed: it is a sentence that says what to return.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeGuard

from locust_ext.text.lengths import quoted


class MistakenUseError(TypeError):
    """A ReadYourWritesUser is not written as it has to be; its text says what would be right."""


class Written(NamedTuple):
    """What was written."""

    key: Any
    version: int | None = None
    """Where the team counts versions: the one that readers are to see."""


class Sight(NamedTuple):
    """What one read saw of it."""

    is_visible: bool
    version: int | None = None
    behind: int | None = None
    """How many versions it was behind, where it saw one and the team counts them."""


def written_of(returned: object, whose: str) -> Written | None:
    """Return what was written; None: the write failed, and there is nothing to look for.

    ``whose`` names the class in what is said of a mistake; raises MistakenUseError.
    """
    if returned is None or returned is False:
        return None
    if type(returned) is not tuple:
        return Written(returned)
    if len(returned) != 2 or returned[0] is None:  # noqa: PLR2004 key and version
        raise MistakenUseError(
            f"{whose}.write() returned {quoted(returned)}: return the key, or (key, version), or None for a write that "
            "failed"
        )
    key, version = returned
    if not _is_version(version):
        raise MistakenUseError(
            f"{whose}.write() returned {quoted(version)} as a version: that is a whole number, and "
            "grows with each write"
        )
    return Written(key, version)


def sight_of(returned: object, version: int | None, whose: str) -> Sight:
    """Return whether a read saw what was written, of which ``version`` is the version; raises MistakenUseError.

    A later version is as good: somebody else has written since.
    """
    if returned is None or returned is False:
        return Sight(is_visible=False)
    if version is None:
        return Sight(is_visible=True)
    if not _is_version(returned):
        raise MistakenUseError(
            f"{whose}.read() returned {quoted(returned)}, while write() counts versions: return the version that was "
            "read, a whole number, or None while there is nothing"
        )
    behind = max(0, version - returned)
    return Sight(not behind, returned, behind)


def _is_version(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


MOST_KEYS = 1000
"""Keys of which a user knows the newest version that it has read; of others the one read longest ago is forgotten."""


class Newest:
    """The newest version that one user has read of each key."""

    def __init__(self) -> None:
        self._versions: dict[object, int] = {}

    def goes_back(self, key: object, version: int) -> bool:
        """Take a version that was read, and tell whether the user had read a newer one before."""
        known = _known_as(key)
        newest = self._versions.pop(known, version)
        self._versions[known] = max(newest, version)
        if len(self._versions) > MOST_KEYS:
            del self._versions[next(iter(self._versions))]
        return version < newest


def _known_as(key: object) -> object:
    """Return the key, or a text for one that cannot be looked up, such as a list."""
    try:
        hash(key)
    except TypeError:
        return repr(key)
    return key

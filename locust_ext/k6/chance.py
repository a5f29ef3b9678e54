"""What scripts draw with k6's own library of utilities, as Python draws it.

Law: pure; a value has the same range, and the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from locust_ext.drafts.journey import Code
from locust_ext.k6.answers import UntranslatableError

_LIBRARY = re.compile(r"https?://jslib\.k6\.io/k6-utils/")
_FUNCTIONS = frozenset({"randomIntBetween", "randomString", "uuidv4"})


def is_by_chance(module: str, member: str) -> bool:
    """Tell whether a function of a module is one of those."""
    return bool(_LIBRARY.match(module)) and member in _FUNCTIONS


def drawn(function: str, given: Sequence[Any]) -> Code:
    """Return what a function draws, called with these values; raises UntranslatableError."""
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in given):
        raise UntranslatableError("what is drawn depends on the run")
    match function, given:
        case "uuidv4", _:
            return Code("str(uuid.uuid4())", ("uuid",))
        case "randomIntBetween", [low, high]:
            return Code(f"random.randint({low}, {high})", ("random",))
        case "randomString", [letters]:
            return Code(f'"".join(random.choices(string.ascii_lowercase, k={letters}))', ("random", "string"))
    raise UntranslatableError(f"{function} is called in a way that is not followed here")

"""Names of environment variables, where a configuration must not hold what they hold.

Law: pure; what does not look like a name is refused, and never repeated: it may be the secret itself.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_variable(name: str) -> str:
    """Return ``name`` if it is that of an environment variable, or empty; raises ValueError."""
    if name and not _NAME.fullmatch(name):
        raise ValueError("this must be the name of an environment variable, not the secret itself")
    return name


VariableName = Annotated[str, AfterValidator(check_variable)]
"""The name of an environment variable that holds a secret; empty for none."""

"""What options are called, where a locustfile may have one of the same name itself.

Law: pure; of two by one name ours is the one that begins with ``locust-ext-``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

APART = "locust-ext-"
"""What the name of an option of ours begins with, where the locustfile has one of that name itself."""


def dest_of(word: str) -> str:
    """Return where the value of an option is, such as ``report_dir`` for ``report-dir``."""
    return word.replace("-", "_")


def given(options: Any, name: str, default: Any = "") -> Any:
    """Return what was given for our option ``name`` (``report_dir``), in parsed ``options`` or a form's fields.

    Where the locustfile has one of that name itself, that one is not looked at.
    """
    values = options if isinstance(options, Mapping) else vars(options) if options is not None else {}
    return values.get(dest_of(APART) + name, values.get(name, default))

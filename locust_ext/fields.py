"""What several sections of the configuration read alike.

Law: pure; used as ``field_validator(...)(function)``.
"""

from __future__ import annotations

from typing import Any

from locust_ext.lengths import quoted


def one_is_a_list(value: Any) -> Any:
    """Return a text alone as a list of one."""
    return (value,) if isinstance(value, str) else value


def is_a_path(path: str) -> str:
    """Return ``path`` if it begins at the root of a host; raises ValueError."""
    if not path.startswith("/"):
        raise ValueError(f"{quoted(path)} is no path; write it as /health")
    return path

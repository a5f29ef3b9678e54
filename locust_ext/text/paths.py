"""Where something stands in a configuration: its keys, and the numbers of items in lists.

Law: pure; a path is written as people write it.
"""

from __future__ import annotations

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """Return a path as people write it: ``thresholds.checks[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text

"""Whether the YAML beside a locustfile is a configuration of ours, or a team's own file of the same name.

Law: what may be meant as ours is ours, so that its mistakes are said: one wrong key must not switch a gate off.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from locust_ext.config import Config

ANYBODYS = frozenset({"name", "tags", "host", "web"})
"""Keys of ours that stand in other files too."""

JUDGING = ("thresholds", "baseline", "safety", "tenant")
"""Keys of ours that must not be lost by a slip of the pen."""

_BLOCK = re.compile(r"^[\"']?([A-Za-z_][\w-]*)[\"']?\s*:(?=\s|$)", re.MULTILINE)
_FLOW = re.compile(r"[{,]\s*[\"']?([A-Za-z_][\w-]*)[\"']?\s*:")
_NEAR, _VERY_NEAR = 0.8, 0.85
"""How alike a slip of the pen is to a key that judges, and to any other key of ours."""


def is_ours(file: Path) -> bool:
    """Tell whether ``file`` has a key of ours at its top, or nearly one; what is empty counts as ours."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return True  # it is said what is wrong with it
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    keys = (_FLOW if lines and lines[0].lstrip().startswith("{") else _BLOCK).findall(text)
    if not keys:
        return not (lines and lines[0].startswith(("-", "[")))
    ours = set(Config.model_fields)
    if set(keys) <= ours:
        return True
    own = ours - ANYBODYS
    return any(
        get_close_matches(key, own, n=1, cutoff=_VERY_NEAR) or get_close_matches(key, JUDGING, n=1, cutoff=_NEAR)
        for key in keys
    )

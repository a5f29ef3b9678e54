"""Whether the YAML beside a locustfile is a configuration of ours, or a team's own file of the same name.

Law: what may be meant as ours is ours, so that its mistakes are said: one wrong key must not switch a gate off.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from locust_ext.config.schema import Config
from locust_ext.text.document import MOST_BYTES
from locust_ext.text.lengths import LONGEST_NAME

ANYBODYS = frozenset({"name", "tags", "host", "client", "web"})
"""Keys of ours that stand in other files too."""

JUDGING = ("thresholds", "baseline", "safety", "tenant")
"""Keys of ours that must not be lost by a slip of the pen."""

MOST_LIKENED = 1000
"""Keys that are compared with ours letter by letter: what has more is not a configuration."""

_BLOCK = re.compile(r"^[\"']?([A-Za-z_][\w-]*)[\"']?\s*:(?=\s|$)", re.MULTILINE)
_FLOW = re.compile(r"[{,]\s*[\"']?([A-Za-z_][\w-]*)[\"']?\s*:")
_NEAR, _VERY_NEAR = 0.8, 0.85
"""How alike a slip of the pen is to a key that judges, and to any other key of ours."""


def is_ours(file: Path) -> bool:
    """Tell whether ``file`` has a key of ours at its top, or nearly one; what is empty counts as ours."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        text = content.decode("utf-8", "strict" if len(content) <= MOST_BYTES else "ignore")  # it may be cut
    except (OSError, UnicodeDecodeError):
        return True  # it is said what is wrong with it
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    keys = (_FLOW if lines and lines[0].lstrip().startswith("{") else _BLOCK).findall(text)
    if not keys:
        return not (lines and lines[0].startswith(("-", "[")))
    ours = set(Config.model_fields)
    found = dict.fromkeys(keys)
    if found.keys() <= ours:
        return True
    own = ours - ANYBODYS
    return not own.isdisjoint(found) or any(
        get_close_matches(key, own, n=1, cutoff=_VERY_NEAR) or get_close_matches(key, JUDGING, n=1, cutoff=_NEAR)
        for key in list(found)[:MOST_LIKENED]
        if len(key) <= LONGEST_NAME
    )

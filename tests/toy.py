"""The feature of CONTRIBUTING, as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"


def source() -> str:
    """Return the file that the guide shows."""
    chapter = GUIDE.read_text("utf-8").partition("## How to add a feature")[2]
    found = re.search(r"```python\n(.*?)```", chapter, re.DOTALL)
    assert found is not None
    return found[1]

"""The regular expressions that were measured, so that no pull request measures them: ``python -m tests.golden.patterns``.

It measures all that ``tests/golden/patterns.txt`` does not know, and writes the list again if none of them is hostile.
"""

from __future__ import annotations

import sys

import locust  # noqa: F401 it monkey-patches the standard library, which must come first

from tests.unit.test_patterns import GOLDEN, USED, golden, hostile, is_known


def renew() -> int:
    """Measure what is new, and write the list; return 1 where a pattern goes back and forth."""
    wrong = [used for used in sorted(USED) if not is_known(used) and hostile(USED[used], used[1])]
    for name, method in wrong:
        print(f"{name} ({method}): its work grows faster than the text", file=sys.stderr)
    if not wrong:
        GOLDEN.write_text(golden(), encoding="utf-8")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(renew())

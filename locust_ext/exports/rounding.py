"""Figures as they are written for other tools.

Law: nine digits that tell something are more than anything measures; order is kept, so a value stays between its ends.
"""

from __future__ import annotations


def rounded(value: float) -> float:
    """Return a finite value with nine digits that tell something."""
    return float(f"{value:.9g}")

"""Spawn messages without the stall that stock Locust has: about 55 ms on every worker, at every step of a ramp.

Law: Locust builds its whole command line parser once for each option of each spawn message, only to see which
options are its own; they never change, so they are looked up once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from locust import argument_parser

from locust_ext.process.part import Part
from locust_ext.process.seam import Seam


def _looked_up_once(default_args: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    cached = functools.cache(default_args)
    cached()
    return cached


def stall_seam() -> Seam:
    """Return the seam that spares workers the stall."""
    return Seam(argument_parser, "default_args_dict", _looked_up_once)


class SpawnedAtOnce(Part[Any, Any]):
    """Keeps Locust's stall from this process, once and for all."""

    def install(self) -> None:
        """Look the options up once."""
        stall_seam().open()

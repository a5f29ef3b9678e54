"""The commands ``export``: what other tools read of runs, and of us.

Law: what is written is whole or not there; what is left out is said in a sentence on the error stream.
"""

from __future__ import annotations

import click


@click.group(name="export")
def command() -> None:
    """Write what other tools read: histories of runs."""

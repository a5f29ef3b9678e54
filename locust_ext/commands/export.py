"""The commands ``export``: what other tools read of runs, and of us.

Law: what is written is whole or not there; what is left out is said in a sentence on the error stream.
"""

from __future__ import annotations

import click

from locust_ext.commands import dashboards as dashboards_command
from locust_ext.commands import history as history_commands


@click.group(name="export")
def command() -> None:
    """Write what other tools read: histories of runs, and dashboards."""


for one in (*history_commands.COMMANDS, dashboards_command.command):
    command.add_command(one)

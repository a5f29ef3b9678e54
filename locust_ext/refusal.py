"""How a command refuses.

Law: sentences on the error stream, one a mistake, and exit code 104; never a traceback, never a control character.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from locust_ext.problems import EXIT_CODE, ConfigurationError
from locust_ext.reports.console import plain
from locust_ext.safety.outlet import OUTLET


def fail(error: ConfigurationError) -> NoReturn:
    """Say what is wrong and end the process."""
    click.echo("\n".join(map(plain, OUTLET.text(str(error)).splitlines())), err=True)
    sys.exit(EXIT_CODE)

"""How a command refuses.

Law: sentences on the error stream, one a mistake, and exit code 104; never a traceback, never a control character.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from locust_ext.reports.console import plain
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.problems import EXIT_CODE, ConfigurationError


def fail(error: ConfigurationError) -> NoReturn:
    """Say what is wrong and end the process; a command sends nothing, and its mistakes are where they say they are."""
    where = " in the configuration" if all(problem.source for problem in error.problems) else ""
    click.echo("\n".join(map(plain, OUTLET.text(error.render(where)).splitlines())), err=True)
    sys.exit(EXIT_CODE)

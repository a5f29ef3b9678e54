"""What an Environment lacks that Locust's command line did not make: options, and a plan.

Law: the options that are filled in are Locust's own defaults, and change nothing of what the script does.
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from locust.argument_parser import default_args_dict

from locust_ext.config.command_line import CommandLine
from locust_ext.config.options import UNSAID
from locust_ext.config.plan import Plan
from locust_ext.run.preflight import checked_plan, refuse
from locust_ext.text.problems import ConfigurationError

ATTACHED = "locust_ext_attached"
"""The attribute of an environment that tells that a script runs it, and not Locust's command line."""


def is_attached(environment: Any) -> bool:
    """Tell whether a script runs ``environment``: nobody quits it, or ends its process, but the script."""
    return bool(getattr(environment, ATTACHED, False))


def take_in(environment: Any) -> None:
    """Fill in what Locust's command line would have: the options."""
    setattr(environment, ATTACHED, True)
    if environment.parsed_options is None:
        environment.parsed_options = Namespace(
            **{**default_args_dict(), "headless": False, "autostart": False, "stop_timeout": UNSAID}
        )


def planned(command_line: CommandLine) -> Plan:
    """Return the plan of a script's run; the process ends with 104 when something is wrong with it."""
    try:
        return checked_plan(command_line)
    except ConfigurationError as error:
        refuse(error, command_line)

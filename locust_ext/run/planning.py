"""The plan of a process's runs, made before Locust forks, binds or sends anything.

Law: it is made once, by the process that judges. A wrong configuration ends that process with 104, and one that cannot
be checked ends it as undecided: neither comes to a run.
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from locust.argument_parser import parse_locustfile_paths

from locust_ext.config.command_line import CommandLine
from locust_ext.config.options import add_options, command_line_of
from locust_ext.config.parser import parser_seam
from locust_ext.config.plan import Plan
from locust_ext.process.collector import paused
from locust_ext.process.spoken import speak_beside
from locust_ext.process.supervised import RAISES, Stake, report
from locust_ext.run.controller import UNDECIDED
from locust_ext.run.own_environment import planned, take_in
from locust_ext.run.preflight import check_users, checked_plan, refuse, starts_anything
from locust_ext.text.problems import ConfigurationError

AUTOLOAD = "locust_ext_autoload.py"


class Planning:
    """What a process is to run, as far as it is known."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}
        """The configurations that files name in their call of install(), by that file."""
        self.taken: list[str] = []
        """Options that have another name here, since somebody else has theirs."""
        self.plan, self.command_line = Plan("locust"), CommandLine()
        self.is_mains = False
        """Whether Locust's ``main`` runs this process; else a script does."""
        self._checked = False

    def open(self) -> None:
        """Stand where Locust makes and reads its command line."""
        parser_seam(self._add_options, self._on_options).open()

    def take_in(self, environment: Any) -> None:
        """Plan the runs of an environment that a script has made."""
        take_in(environment)
        self.command_line = command_line_of(environment.parsed_options, ()).with_named(self.named)
        self.plan = planned(self.command_line)

    def _add_options(self, parser: Any) -> None:
        self.taken = add_options(parser, self.plan.shape_names, self.plan.shape)

    def _on_options(self, options: Namespace) -> None:
        try:
            self._check(options)
        except ConfigurationError as error:
            refuse(error, self.command_line)
        except RAISES as error:
            report("locust_ext's check of the configuration", error, Stake.LOCK)
            raise SystemExit(UNDECIDED) from None

    def _check(self, options: Namespace) -> None:
        self.is_mains = True
        speak_beside(bool(options.json))
        if self._checked or options.worker or not starts_anything(options):
            return
        self._checked = True
        files = _locustfiles(options.locustfile)
        command_line = self.command_line = command_line_of(options, files).with_named(self.named)
        with paused():
            self.plan = checked_plan(command_line, final=bool(options.headless or options.autostart))
            check_users(options, self.plan, files)
        if not self.plan.confirm:
            return
        from locust_ext.run.repeats import confirm, wants_confirmation  # noqa: PLC0415 most runs confirm nothing

        if wants_confirmation(self.plan, options):
            raise SystemExit(confirm(self.plan, options.exit_code_on_error))


def _locustfiles(named: str) -> list[str]:
    """Return the locustfiles that are named, those of a directory in one order on every machine."""
    return [
        file
        for path in named.split(",")
        for file in sorted(parse_locustfile_paths([path.strip()]))
        if not file.endswith(AUTOLOAD)
    ]

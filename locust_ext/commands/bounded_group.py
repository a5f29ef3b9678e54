"""The arguments of a command: none is longer than a text can be, and no name of a file than a file's.

Law: what is too long is a sentence, whichever command it was given to.
"""

from __future__ import annotations

import errno
from typing import Any

import click

from locust_ext.commands.refusal import fail
from locust_ext.text.lengths import LONGEST_PLACE, LONGEST_TEXT, excess, quoted
from locust_ext.text.problems import ConfigurationError, Problem

_OPTION = 40
"""Characters that the name of an option may have before its value."""


class BoundedGroup(click.Group):
    """Commands that look at the length of their arguments before anything else does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what is too long, and hand on the rest."""
        if problems := [Problem("", what) for one in args if (what := excess(one, LONGEST_TEXT + _OPTION))]:
            fail(ConfigurationError(problems))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command; a name that no file can have is its author's mistake."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            what = f"{quoted(str(error.filename), LONGEST_PLACE)} cannot be a file: its name is too long"
            fail(ConfigurationError([Problem("", what)]))

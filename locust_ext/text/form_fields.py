"""What a form of the web UI is blamed for: its fields, by the names that stand beside them.

Law: pure; who fills in a form is told of its fields, and of no option of a command line that somebody else wrote.
"""

from __future__ import annotations

from dataclasses import replace

from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import plural

FORM = "form"

_FIELDS = {
    "--shape-params": "Shape params",
    "--time-scale": "Time scale",
    "--client": "Client",
    "--shape": "Shape",
    "--host": "Host",
}
"""By option: what the field is called; the longer ones first."""


def blamed_on_form(error: ConfigurationError) -> ConfigurationError:
    """Return the error as the form shows it: a field is named where a command line would name its option."""
    problems = [_of_field(problem) for problem in error.problems]
    theirs = sum(problem.path.startswith(f"{FORM}: ") for problem in problems)
    where = " in the form" if theirs == len(problems) else ""
    return ConfigurationError(
        problems, error.heading or f"{plural(len(problems), 'mistake')}{where}; no test was started"
    )


def _of_field(problem: Problem) -> Problem:
    option, _, rest = problem.path.partition(" ")
    path, message = problem.path, problem.message
    if option in _FIELDS:
        path = ": ".join(filter(None, (FORM, _FIELDS[option], rest)))
    for name, field in _FIELDS.items():
        message = message.replace(name, field)
    return replace(problem, path=path, message=message)

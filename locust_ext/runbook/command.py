"""The runbook of a test: what to do before, during and after it, filled from its configuration.

Law: the same configuration gives the same text, on any machine and on any day. What the configuration does not say
stands in capitals, and is told.
"""

from __future__ import annotations

import shlex
from collections.abc import Set as AbstractSet
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from jinja2 import Template as Page

from locust_ext.config.plan import Plan
from locust_ext.gates.options import BaselineOptions
from locust_ext.process.files import write_atomically
from locust_ext.reports.console import plain
from locust_ext.runbook.points import POINTS, Point
from locust_ext.runbook.saying import shown
from locust_ext.runbook.stopping import kind_of, rules_of, stops_of
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import ConfigurationError, Problem


@dataclass(frozen=True)
class Runbook:
    """The text, and what it does not say yet."""

    text: str
    open: tuple[Point, ...]


def runbook(plan: Plan, file: Path, output: Path | None = None, *, strict: bool = False) -> Runbook:
    """Return the runbook for ``plan``, which was read from ``file``; write it to ``output``.

    Raises ConfigurationError when it cannot be written, and with ``strict`` for everything that is open; then nothing
    is written.
    """
    book = render(plan, Path(file.name))
    if strict and book.open:
        raise ConfigurationError(
            [Problem(point.key, f"it is missing: {point.what}", source=plan.source) for point in book.open],
            "the runbook is not whole, and was not written",
        )
    if output is not None:
        try:
            write_atomically(output, book.text)
        except OSError as error:
            raise ConfigurationError([Problem(str(output), f"cannot be written: {error.strerror or error}")]) from None
    return book


def render(plan: Plan, file: Path, ci: AbstractSet[str] | None = None) -> Runbook:
    """Return the runbook for ``plan``, whose configuration readers know as ``file``.

    ``ci`` names the systems that run it by themselves; None: nobody knows.
    """
    said = {point.name: point.said(plan) for point in POINTS}
    locustfile = str(file.with_suffix(".py"))
    kept = plan.config.baseline or BaselineOptions(dir=plan.baseline)
    rules = plan.config.safety.abort
    text = _template().render(
        {point.name: said[point.name] or point.word for point in POINTS},
        name=shown(plan.name),
        kind=kind_of(plan),
        check=shown(f"locust-ext check {shlex.quote(str(file))}"),
        kill=shown(f"locust-ext kill {shlex.quote(plan.name)}"),
        run=plain(f"locust -f {shlex.quote(locustfile)} --headless --report-dir reports"),
        locustfile=shown(locustfile),
        stops=stops_of(plan),
        rules=rules_of(plan),
        are_defaults=rules is None,
        alarm=bool(rules and rules.alarm),
        ci=ci,
        configuration=shown(str(file)),
        baseline=shown(plan.baseline),
        keep=kept.keep,
        enough=kept.min_runs,
        optional=kept.optional,
        add=plain(f"locust-ext baseline add reports --dir {shlex.quote(plan.baseline)} --keep {kept.keep}"),
    )
    return Runbook(text, tuple(point for point in POINTS if not said[point.name]))


def _template() -> Page:
    # no HTML comes of it: what is untrusted is escaped for Markdown before it gets here
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(files("locust_ext.runbook").joinpath("runbook.md.j2").read_text("utf-8"))

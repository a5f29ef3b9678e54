"""The command ``locust-ext``: begin, check and draw a configuration, describe a back-off, judge runs, start a target.

Law: what is wrong is said in sentences and ends with 104; a traceback is a bug.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from locust_ext import __version__, recorded
from locust_ext.choices import Choices
from locust_ext.demo import command as demo_command
from locust_ext.files import write_atomically
from locust_ext.horizon import Horizon, never, unsure
from locust_ext.k6 import command as k6_command
from locust_ext.load import outline
from locust_ext.load.estimate import Estimate, estimate
from locust_ext.load.schedule import Schedule
from locust_ext.plan import NO_SHAPE, Plan
from locust_ext.problems import ConfigurationError, Problem
from locust_ext.refusal import fail
from locust_ext.reports.console import plain
from locust_ext.runbook import command as runbook_command
from locust_ext.safety import killing
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.outlook import outlook
from locust_ext.scaffold import command as scaffold_command
from locust_ext.spelling import plural
from locust_ext.storms import command as storms_command
from locust_ext.surroundings import redaction_for
from locust_ext.units import format_duration

NO_SHAPE_SAYS = "none: users, spawn rate and run time come from the command line"

AUTOLOAD = Path(__file__).with_name("locust_ext_autoload.py")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="locust-ext")
def main() -> None:
    """Model the worst moment with Locust, measure it exactly, judge it by percentiles.

    Runs themselves are Locust's: locust -f locustfiles/feed.py --headless

    What locust_ext adds to Locust's options: python -m locust_ext --help
    """


def _shape_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--time-scale", default="1.0", metavar="X", help="All times of the shape times X."),
        click.option("--shape-params", default="", metavar="K=V,...", help="Parameters above the configured ones."),
        click.option("--shape", default="", metavar="NAME", help="Another shape than the configured one."),
        click.argument("file", type=click.Path(path_type=Path)),
    ):
        function = option(function)
    return function


@main.command()
@_shape_options
def check(file: Path, shape: str, shape_params: str, time_scale: str) -> None:
    """Check a configuration, or a locustfile; say what it will do."""
    subject = _load(file, shape, shape_params, time_scale)
    plan, schedule = subject.plan, subject.plan.schedule
    redaction_for(plan, [plan.host])
    if problems := never(plan, subject.horizon):
        fail(ConfigurationError(problems))
    _say(f"{plan.source or file}: fine")
    if schedule is None:
        _say(f"shape        {subject.own_shape or NO_SHAPE_SAYS}")
    else:
        for line in _load_lines(subject, schedule):
            _say(line)
    for line in outlook(plan, datetime.now(UTC)):
        _say(line)
    _say(f"thresholds   {len(plan.thresholds) or 'none: the run will not be judged'}")
    for threshold in plan.thresholds:
        _say(f"  {threshold}  (at least {plural(threshold.needed, 'sample')})")
    for sentence in unsure(plan, subject.horizon):
        _say(f"warning: {sentence}")


def _say(text: str, *, err: bool = False) -> None:
    """Print a line, without secrets and control characters."""
    click.echo(plain(OUTLET.text(text)), err=err)


def _load_lines(subject: Subject, schedule: Schedule) -> Iterator[str]:
    plan = subject.plan
    yield f"{'load' if plan.scenarios else 'shape':<12} {plan.load_name}, {format_duration(schedule.duration)}"
    if plan.config.scenarios:
        yield from outline.scenarios(plan.scenarios)
    elif plan.scenarios:
        yield from outline.open_load(plan.scenarios[0])
    else:
        yield from outline.phases(schedule, outline.users)
        yield f"peak users   {schedule.peak:,.0f}"
        yield f"requests     {_requests(subject)}"


def _requests(subject: Subject) -> str:
    found = subject.estimate
    if found is None:
        return subject.note or "as many as the target answers: its users do not wait"
    return (
        f"at most about {found.tasks:,.0f}, one a task, at {found.mean_wait:.2f} s mean wait; "
        "slower answers make them fewer"
    )


@main.command()
@_shape_options
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("shape.html"), show_default=True)
def plot(file: Path, shape: str, shape_params: str, time_scale: str, output: Path) -> None:
    """Draw a shape, as a page that works offline."""
    from locust_ext.reports.shape_chart import shape_chart  # noqa: PLC0415 plotly takes its time to load

    plan = _load(file, shape, shape_params, time_scale).plan
    if plan.schedule is None:
        nothing = Problem("shape", "there is no shape to draw; name one with --shape", source=plan.source)
        fail(ConfigurationError([nothing]))
    if math.isinf(plan.schedule.duration):
        endless = Problem("arrivals.duration", "it is missing: what has no end cannot be drawn", source=plan.source)
        fail(ConfigurationError([endless]))
    try:
        opens = len(plan.scenarios) == 1 and plan.is_open
        unit = "arrivals a second" if opens else "users"
        write_atomically(output, shape_chart(f"{plan.name}: {plan.load_name}", plan.schedule, unit))
    except OSError as error:
        fail(ConfigurationError([Problem(str(output), f"cannot be written: {error.strerror or error}")]))
    click.echo(f"{output}: {plan.load_name}, {format_duration(plan.schedule.duration)}")


@main.command()
@click.argument("client", default="")
@click.argument("options", nargs=-1, metavar="[OPTION=VALUE]...")
@click.option("--version", default="", metavar="V", help="Of the client; default: the newest one that is known.")
@click.option("--from", "shipped", type=click.Path(path_type=Path), metavar="FILE", help="Its own configuration.")
@click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Draw it, as a page.")
def backoff(
    client: str, options: tuple[str, ...], version: str, shipped: Path | None, *, as_json: bool, output: Path | None
) -> None:
    """Say how a client comes back; without one, list all clients.

    Several clients, separated by commas, are drawn above each other.
    """
    try:
        question = storms_command.asked(client, options, version, shipped)
        click.echo(storms_command.printable(storms_command.backoff(question, output, as_json=as_json)))
    except ConfigurationError as error:
        fail(error)


@main.command()
@click.option("--port", type=int, default=demo_command.DEFAULT_PORT, show_default=True, help="0 picks a free one.")
@click.option("--host", default=demo_command.DEFAULT_HOST, show_default=True)
@click.option("--fault", multiple=True, metavar="NAME[,NAME]", help="What goes wrong; see --list-faults.")
@click.option("--list-faults", is_flag=True, help="Say which faults there are.")
@click.option("--seed", type=int, default=demo_command.DEFAULT_SEED, show_default=True)
def demo(port: int, host: str, fault: tuple[str, ...], *, list_faults: bool, seed: int) -> None:
    """Start the demo target, a back end with a dial for every fault."""
    if list_faults:
        click.echo(demo_command.list_faults())
        return
    faults = [name.strip() for names in fault for name in names.split(",") if name.strip()]
    sys.exit(demo_command.serve(port, host, faults, seed, until_stdin_closes=False))


@main.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path())
@click.option("--name", default="feed", show_default=True, help="Of the scenario and its files.")
@click.option("--host", default="", metavar="URL", help="What to test; default: the embedded demo target.")
@click.option("--ci", default="both", show_default=True, help="Workflows to write: github, gitlab, both or none.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def init(directory: Path, name: str, host: str, ci: str, *, force: bool) -> None:
    """Write a scenario, its configuration, a runbook and CI workflows."""
    try:
        click.echo(scaffold_command.init(directory, name, host, ci, force=force))
    except ConfigurationError as error:
        fail(error)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: print it.")
@click.option("--strict", is_flag=True, help="Refuse as long as something is open.")
def runbook(file: Path, output: Path | None, *, strict: bool) -> None:
    """Write the runbook of a test, filled from its configuration.

    What that does not say stands in CAPITALS.
    """
    try:
        book = runbook_command.runbook(_load(file, "", "", "1.0").plan, file, output, strict=strict)
    except ConfigurationError as error:
        fail(error)
    for point in book.open:
        _say(f"open: {point}", err=True)
    click.echo(plain(f"{output}: the runbook") if output else book.text, nl=output is not None)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME|PID]...")
@click.option("--all", "everything", is_flag=True, help="Stop all runs of this user on this machine.")
@click.option("--master", default="", metavar="HOST[:PORT]", help="Stop the run of this master, on any machine.")
def kill(names: tuple[str, ...], master: str, *, everything: bool) -> None:
    """Stop runs at once, on all workers; without a name the one that was started in this directory.

    They end with exit code 108.
    """
    try:
        killing.check_choice(names, master, everything=everything)
        sys.exit(killing.kill_master(master, _say) if master else killing.kill_here(names, _say, everything=everything))
    except ConfigurationError as error:
        fail(error)


for command in (*recorded.COMMANDS, k6_command.command):
    main.add_command(command)


@main.command()
def path() -> None:
    """Print the file to load beside any locustfile.

    locust -f theirs.py,$(locust-ext path)
    """
    click.echo(AUTOLOAD)


@dataclass(frozen=True)
class Subject:
    """What a command is about."""

    plan: Plan
    estimate: Estimate | None
    note: str
    horizon: Horizon
    own_shape: str = ""
    """What is said of a shape that is the locustfile's own."""


def _load(file: Path, shape: str, shape_params: str, time_scale: str) -> Subject:
    """Return the plan for a configuration or a locustfile; the one beside the other is read too."""
    is_locustfile = file.suffix == ".py"
    locustfile = file if is_locustfile else file.with_suffix(".py")
    choices = Choices(
        file="" if is_locustfile else str(file),
        locustfiles=(str(locustfile),),
        shape=shape,
        shape_params=shape_params,
        time_scale=time_scale,
    )
    if is_locustfile and not locustfile.is_file():
        fail(ConfigurationError([Problem("", "there is no such file", source=str(file))]))
    try:
        users, shapes = _import_locustfile(locustfile) if locustfile.is_file() else ([], [])
        from locust_ext.preflight import cannot_scale, checked_plan, horizon_of  # noqa: PLC0415 it imports Locust, which patches the process

        plan = checked_plan(choices)
    except ConfigurationError as error:
        fail(error)
    horizon = horizon_of(plan, shapes[0] if shapes else None, None)
    plan = plan.with_shape_in_code(shapes[0] if shapes else None)
    own = type(shapes[0]) if shapes and plan.schedule is None and shape != NO_SHAPE else None
    if own and (problem := cannot_scale(plan, own)):
        fail(ConfigurationError([problem]))
    note = "" if locustfile.is_file() else f"no {locustfile.name} stands beside it: nobody knows how long users wait"
    return Subject(
        plan,
        estimate(plan.schedule, users) if plan.schedule and users and not plan.scenarios else None,
        note,
        horizon,
        f"{own.__name__}, of the locustfile: it says itself how many users there are, and for how long" if own else "",
    )


def _import_locustfile(locustfile: Path) -> tuple[list[type[Any]], list[Any]]:
    """Return the user classes and the shapes of a locustfile; importing it declares its metrics."""
    from locust.util.load_locustfile import load_locustfile  # noqa: PLC0415 Locust patches the process

    try:
        users, shapes = load_locustfile(str(locustfile.resolve()))
    except Exception as error:  # noqa: BLE001 anything can stand in a locustfile
        message = f"it cannot be imported: {type(error).__name__}: {error}"
        raise ConfigurationError([Problem("", message, source=str(locustfile))]) from None
    return list(users.values()), list(shapes)


if __name__ == "__main__":
    main()

"""The command ``locust-ext``: begin, check and draw a configuration, describe a back-off, judge runs, start a target.

Law: what is wrong is said in sentences and ends with 104; a traceback is a bug.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from locust_ext import __version__
from locust_ext.commands import backoff as storms_command
from locust_ext.commands import comment as comment_command
from locust_ext.commands import export as export_command
from locust_ext.commands import import_k6 as k6_command
from locust_ext.commands import runs as recorded
from locust_ext.commands.bounded_group import BoundedGroup
from locust_ext.commands.feeders import feeder_lines, feeder_warnings
from locust_ext.commands.outlook import outlook
from locust_ext.commands.refusal import fail
from locust_ext.commands.subject import Question, Subject, subject_of
from locust_ext.config.horizon import unsure
from locust_ext.config.measuring import ABOUT, AS_WRITTEN
from locust_ext.config.quotas import quota_of
from locust_ext.demo import command as demo_command
from locust_ext.load import outline
from locust_ext.load.schedule import Schedule
from locust_ext.process.files import write_atomically
from locust_ext.reports.console import plain
from locust_ext.run.survey import redaction_for
from locust_ext.runbook import command as runbook_command
from locust_ext.safety import killing
from locust_ext.safety.guard import lasting_problems
from locust_ext.safety.outlet import OUTLET
from locust_ext.scaffold import command as scaffold_command
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

NO_SHAPE_SAYS = "none: users, spawn rate and run time come from the command line"

AUTOLOAD = Path(__file__).with_name("locust_ext_autoload.py")


@click.group(cls=BoundedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="locust-ext")
def main() -> None:
    """Model the worst moment with Locust, measure it exactly, judge it by percentiles.

    Runs themselves are Locust's: locust -f locustfiles/feed.py --headless

    What locust_ext adds to Locust's options: python -m locust_ext --help
    """


def _shape_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--time-scale", default="", metavar="X", help="All times of the shape times X."),
        click.option("--shape-params", default="", metavar="K=V,...", help="Parameters above the configured ones."),
        click.option("--shape", default="", metavar="NAME", help="Another shape than the configured one."),
        click.argument("file", type=click.Path(path_type=Path)),
    ):
        function = option(function)
    return function


@main.command()
@_shape_options
@click.option("-H", "--host", default="", metavar="URL", help="What a run would be told to test.")
@click.option("-t", "--run-time", default="", metavar="TIME", help="For how long a run would be told to last.")
@click.option("--client", default="", metavar="NAME", help="Another client than the configured one.")
def check(file: Path, **given: str) -> None:
    """Check a configuration, or a locustfile, as a run would; say what it will do."""
    subject = _load(Question(file, **given))
    from locust_ext.run import preflight  # noqa: PLC0415 it imports Locust, which patches the process

    plan, about = subject.plan, (subject.options, subject.plan, subject.locustfiles)
    hosts = preflight.hosts_under_test(*about)
    redaction_for(plan, [plan.host, *hosts])
    if problems := [*preflight.user_problems(*about), *lasting_problems(plan.safety, hosts)]:
        fail(ConfigurationError(problems))
    _say(f"{plan.source or file}: fine")
    for line in _lines(subject, hosts):
        _say(line)
    for problem in preflight.missing_hosts(*about):
        _say(f"open         {problem.path}: {problem.message}")
    users = plan.most_users or getattr(subject.options, "num_users", None)
    for sentence in (*unsure(plan, subject.horizon), *feeder_warnings(plan, users)):
        _say(f"warning: {sentence}")


def _lines(subject: Subject, hosts: Sequence[str]) -> Iterator[str]:
    """Yield what a run of the subject will do: its load, what befalls it, what holds it, how it is judged."""
    from locust_ext.commands.forecast import at_start, forecast  # noqa: PLC0415 as above

    plan, schedule = subject.plan, subject.plan.schedule
    if schedule is None:
        yield f"shape        {subject.own_shape or NO_SHAPE_SAYS}"
    else:
        yield from _load_lines(subject, schedule)
    if (quota := quota_of(plan)) is not None:
        yield outline.iterations(quota, plan.most_users)
    if plan.config.client != AS_WRITTEN:
        yield f"client       {plan.config.client}: {ABOUT[plan.config.client]}"
    yield from feeder_lines(plan)
    yield from forecast(plan, subject.horizon, hosts)
    yield from outlook(plan, datetime.now(UTC), hosts)
    yield from at_start(plan, hosts)
    yield f"thresholds   {len(plan.thresholds) or ('none' if plan.drift else 'none: the run will not be judged')}"
    for threshold in plan.thresholds:
        yield f"  {threshold}  (at least {plural(threshold.needed, 'sample')})"
    if plan.drift:
        yield f"drift        {len(plan.drift)}{'' if plan.config.drift else ', as a soak has them by default'}"
    for rule in plan.drift:
        yield f"  {rule}  (at most {rule.min_growth:.0%} over the load)"


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
    from locust_ext.reports.pages import shape_page  # noqa: PLC0415 only this command draws

    plan = _load(Question(file, shape, shape_params, time_scale)).plan
    if plan.schedule is None:
        nothing = Problem("shape", "there is no shape to draw; name one with --shape", source=plan.source)
        fail(ConfigurationError([nothing]))
    if math.isinf(plan.schedule.duration):
        endless = Problem("arrivals.duration", "it is missing: what has no end cannot be drawn", source=plan.source)
        fail(ConfigurationError([endless]))
    try:
        opens = len(plan.scenarios) == 1 and plan.is_open
        unit = "arrivals a second" if opens else "users"
        write_atomically(output, shape_page(f"{plan.name}: {plan.load_name}", plan.schedule, unit))
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
@click.option("--name", help="Of the scenario and its files; default: feed, or recorded with --from.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="URL",
    help="What to test; default: the embedded demo target, or the host of --from. That takes several.",
)
@click.option(
    "--from",
    "recording",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A HAR file that a browser or a proxy has recorded (docs/how-to/from-a-recording.md).",
)
@click.option("--ci", default="both", show_default=True, help="Workflows to write: github, gitlab, both or none.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def init(
    directory: Path, name: str | None, hosts: tuple[str, ...], recording: Path | None, ci: str, *, force: bool
) -> None:
    """Write a scenario, its configuration, a runbook and CI workflows."""
    host, more = (hosts or ("",))[0], hosts[1:]
    if name is None:
        name = "feed" if recording is None else "recorded"
    try:
        said = scaffold_command.init(directory, name, host, ci, force=force, recording=recording, more=more)
        click.echo("\n".join(map(plain, said.split("\n"))))
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
        book = runbook_command.runbook(_load(Question(file)).plan, file, output, strict=strict)
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


for command in (*recorded.COMMANDS, comment_command.command, export_command.command, k6_command.command):
    main.add_command(command)


@main.command()
def path() -> None:
    """Print the file to load beside any locustfile.

    locust -f theirs.py,$(locust-ext path)
    """
    click.echo(AUTOLOAD)


def _load(question: Question) -> Subject:
    from locust_ext.plugin import named  # noqa: PLC0415 it imports Locust, which patches the process

    try:
        return subject_of(question, named)
    except ConfigurationError as error:
        fail(error)


if __name__ == "__main__":
    main()

"""What a command is about: a configuration, its locustfile, and what the environment says beside a command line.

Law: everything is read as a run would read it, variables and files of Locust's own among it; nothing is sent.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from locust_ext.config.command_line import CommandLine
from locust_ext.config.horizon import Horizon
from locust_ext.config.plan import NO_SHAPE, Plan
from locust_ext.load.estimate import Estimate, estimate
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import ConfigurationError, Problem


@dataclass(frozen=True)
class Question:
    """What a command was called with; empty means: as the environment, and then the configuration, says."""

    file: Path
    shape: str = ""
    shape_params: str = ""
    time_scale: str = ""
    host: str = ""
    run_time: str = ""
    client: str = ""

    @property
    def locustfile(self) -> Path:
        """The locustfile, or where it would stand."""
        return self.file if self.file.suffix == ".py" else self.file.with_suffix(".py")

    @property
    def arguments(self) -> list[str]:
        """What a run would be called with."""
        given = {
            "--locustfile": str(self.locustfile),
            "--host": self.host,
            "--run-time": self.run_time,
            "--loadtest": "" if self.file.suffix == ".py" else str(self.file),
            "--shape": self.shape,
            "--shape-params": self.shape_params,
            "--time-scale": self.time_scale,
            "--client": self.client,
        }
        return [f"{option}={value}" for option, value in given.items() if value]


@dataclass(frozen=True)
class Subject:
    """What a command is about."""

    plan: Plan
    options: Namespace
    """What Locust would know."""
    locustfiles: tuple[str, ...]
    """The locustfile, where there is one."""
    horizon: Horizon
    estimate: Estimate | None = None
    note: str = ""
    own_shape: str = ""
    """What is said of a shape that is the locustfile's own."""


Named = Callable[[], Mapping[str, str]]
"""Returns the configurations that locustfiles have named in their ``install()``, by the path of the locustfile."""


def subject_of(question: Question, named: Named) -> Subject:
    """Return what ``question`` is about; the file beside the other is read too. Raises ConfigurationError.

    ``named`` is asked when the locustfile has been imported.
    """
    locustfile = question.locustfile
    if question.file == locustfile and not locustfile.is_file():
        raise ConfigurationError([Problem("", "there is no such file", source=str(question.file))])
    users, shapes = _import_locustfile(locustfile) if locustfile.is_file() else ([], [])
    from locust_ext.config.options import command_line_of  # noqa: PLC0415 as all that imports Locust, which patches the process
    from locust_ext.run.preflight import cannot_scale, checked_plan, horizon_of  # noqa: PLC0415

    options = _options_of(question)
    command_line: CommandLine = command_line_of(options, (str(locustfile),))
    names = {str(locustfile.absolute()) if _is_the_same(at, locustfile) else at: name for at, name in named().items()}
    command_line = command_line.with_named(names)
    plan, shape = checked_plan(command_line), shapes[0] if shapes else None
    horizon = horizon_of(plan, shape, options.run_time)
    plan = plan.with_shape_in_code(shape)
    own = type(shape) if shape is not None and plan.schedule is None and command_line.shape != NO_SHAPE else None
    if own and (problem := cannot_scale(plan, own)):
        raise ConfigurationError([problem])
    return Subject(
        plan,
        options,
        (str(locustfile),) if locustfile.is_file() else (),
        horizon,
        estimate(plan.schedule, users) if plan.schedule and users and not plan.scenarios else None,
        "" if locustfile.is_file() else f"no {locustfile.name} stands beside it: nobody knows how long users wait",
        f"{own.__name__}, of the locustfile: it says itself how many users there are, and for how long" if own else "",
    )


def _is_the_same(file: str, locustfile: Path) -> bool:
    return Path(file).resolve() == locustfile.resolve()


def _options_of(question: Question) -> Namespace:
    """Return what Locust's parser makes of the question, the environment and its files; what else is there is skipped.

    It is headless but for a host that is missing, which a command line may still say.
    """
    from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments  # noqa: PLC0415

    from locust_ext.config.options import add_options  # noqa: PLC0415

    parser: Any = get_empty_argument_parser(add_help=False)
    setup_parser_arguments(parser)
    add_options(parser)
    arguments: Sequence[str] = question.arguments
    options: Namespace = parser.parse_known_args(list(arguments))[0]
    options.headless, options.autostart = False, True
    return options


def _import_locustfile(locustfile: Path) -> tuple[list[type[Any]], list[Any]]:
    """Return the user classes and the shapes of a locustfile; importing it declares its metrics."""
    from locust.util.load_locustfile import load_locustfile  # noqa: PLC0415 Locust patches the process

    try:
        users, shapes = load_locustfile(str(locustfile.resolve()))
    except Exception as error:  # noqa: BLE001 anything can stand in a locustfile
        message = f"it cannot be imported: {type(error).__name__}: {error}"
        raise ConfigurationError([Problem("", message, source=str(locustfile))]) from None
    return list(users.values()), list(shapes)

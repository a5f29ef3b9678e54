"""The command line that locust_ext adds to Locust's, which is also the web UI's form.

Law: the parser is built again for each page of the web UI, so adding options has no effect but that. What a locustfile
adds is the locustfile's: where it has an option of the same name, ours is ``--locust-ext-NAME`` alone.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from locust_ext.config.command_line import CommandLine
from locust_ext.config.measuring import ABOUT, CLIENTS
from locust_ext.config.plan import NO_SHAPE
from locust_ext.load.profiles import PROFILES
from locust_ext.text.option_names import APART, dest_of, given

OURS = "is_locust_ext"
"""The attribute of an option's action that tells that it is ours."""


class Unsaid(int):
    """The number of an option that nobody gave."""


UNSAID = Unsaid(0)


def has_stop_timeout(environment: Any) -> bool:
    """Tell whether somebody has said for how long users may go on: then it is Locust that stops them."""
    said = getattr(environment.parsed_options, "stop_timeout", UNSAID)
    return bool(environment.stop_timeout) or not isinstance(said, Unsaid)


class Offered(list[str]):
    """Choices that the web UI shows; the plan, not the parser, refuses others, with the nearest name and exit 104."""

    def __contains__(self, _: object) -> bool:
        return True


def add_options(parser: Any, shapes: Sequence[str] = (), shape: str = "") -> list[str]:
    """Add the options to Locust's ``parser``, and return which had to take another name, such as ``shape``.

    ``shapes`` are the names to offer and ``shape`` the one to begin with.
    """
    for action in parser._actions:  # noqa: SLF001 argparse tells nobody who gave an option
        if action.dest == "stop_timeout" and action.default == "0":
            action.default = UNSAID
    taken: list[str] = []
    group = parser.add_argument_group("locust_ext", "Shapes, exact percentiles, thresholds that set the exit code")

    def add(name: str, *, in_web_ui: bool = False, **rest: Any) -> None:
        word = name.removeprefix("--")
        names = [name, f"--{APART}{word}"]
        if name in parser._option_string_actions:  # noqa: SLF001 argparse tells it nowhere else
            taken.append(word)
            del names[0]
        if any(action.dest == dest_of(word) for action in parser._actions):  # noqa: SLF001
            rest["dest"] = dest_of(APART + word)
        action = group.add_argument(*names, **rest)
        action.include_in_web_ui = in_web_ui
        setattr(action, OURS, True)

    add(
        "--loadtest",
        metavar="FILE",
        default="",
        env_var="LOCUST_EXT_LOADTEST",
        help="configuration; default: the YAML beside the locustfile that has the same name",
    )
    add(
        "--shape",
        metavar="NAME",
        in_web_ui=True,
        default=shape,
        choices=Offered(["", NO_SHAPE, *(shapes or PROFILES)]),
        env_var="LOCUST_EXT_SHAPE",
        help=f"shape of the load: one of {', '.join(shapes or PROFILES)}, or {NO_SHAPE}; default: the configured one",
    )
    add(
        "--shape-params",
        metavar="K=V,...",
        in_web_ui=True,
        default="",
        env_var="LOCUST_EXT_SHAPE_PARAMS",
        help="parameters of the shape above the configured ones, such as factor=5,hold=30s",
    )
    add(
        "--time-scale",
        metavar="X",
        in_web_ui=True,
        default="1.0",
        env_var="LOCUST_EXT_TIME_SCALE",
        help="rehearse: all times of the shape times X, such as 0.05",
    )
    add(
        "--client",
        metavar="NAME",
        in_web_ui=True,
        default="",
        choices=Offered(["", *CLIENTS]),
        env_var="LOCUST_EXT_CLIENT",
        help=f"client to measure with: {'; '.join(map(': '.join, ABOUT.items()))}; default: the configured one",
    )
    add(
        "--report-dir",
        metavar="DIR",
        default="",
        env_var="LOCUST_EXT_REPORT_DIR",
        help="write the reports there, whatever the verdict: summary.json, run.hlog, report.html and others",
    )
    add(
        "--baseline",
        metavar="DIR",
        default="",
        env_var="LOCUST_EXT_BASELINE",
        help="compare with the runs in that directory, and fail on a regression; none: with nothing",
    )
    add(
        "--confirm",
        action="store_true",
        default=False,
        env_var="LOCUST_EXT_CONFIRM",
        help="when a regression is suspected, run twice more and judge the median of the three",
    )
    add(
        "--summary-export",
        metavar="FILE",
        default="",
        env_var="LOCUST_EXT_SUMMARY_EXPORT",
        help="write the figures in the form of k6's summary there",
    )
    return taken


_IN_FILE = {
    "shape": "shape: in the configuration",
    "shape-params": "shapes: in the configuration",
    "client": "client: in the configuration",
    "report-dir": "reports: {dir: DIR} in the configuration",
    "baseline": "baseline: {dir: DIR} in the configuration",
    "summary-export": "reports: {summary_export: FILE} in the configuration",
}
"""Where the configuration says what an option does."""


def other_name(word: str) -> str:
    """Return a sentence on one of our options whose name the locustfile has given to one of its own."""
    variable = f"LOCUST_EXT_{dest_of(word).upper()}"
    others = ", or ".join([f"--{APART}{word}", variable, *([_IN_FILE[word]] if word in _IN_FILE else [])])
    return f"--{word} is an option of the locustfile here; for that of locust_ext write {others}"


def command_line_of(options: Namespace, locustfiles: Sequence[str]) -> CommandLine:
    """Return what was chosen in parsed ``options``."""
    return CommandLine(
        file=given(options, "loadtest") or "",
        locustfiles=tuple(locustfiles),
        client=given(options, "client") or "",
        shape=given(options, "shape") or "",
        shape_params=given(options, "shape_params") or "",
        time_scale=given(options, "time_scale") or 1.0,
        report_dir=given(options, "report_dir") or "",
        baseline=given(options, "baseline") or "",
        confirm=bool(given(options, "confirm")),
        summary_export=given(options, "summary_export") or "",
    )

"""The command line that locust_ext adds to Locust's, which is also the web UI's form.

Law: the parser is built anew for each page of the web UI, so adding options has no effect but that.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from locust_ext.choices import Choices
from locust_ext.load.profiles import PROFILES
from locust_ext.plan import NO_SHAPE


class Offered(list[str]):
    """Choices that the web UI shows; the plan, not the parser, refuses others, with the nearest name and exit 104."""

    def __contains__(self, _: object) -> bool:
        return True


def add_options(parser: Any, shapes: Sequence[str] = (), shape: str = "") -> None:
    """Add the options to Locust's ``parser``; ``shapes`` are the names to offer and ``shape`` the one to begin with."""
    group = parser.add_argument_group("locust_ext", "Shapes, exact percentiles, thresholds that set the exit code")

    def add(*names: str, in_web_ui: bool = False, **rest: Any) -> None:
        action = group.add_argument(*names, **rest)
        action.include_in_web_ui = in_web_ui

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


def choices_of(options: Namespace, locustfiles: Sequence[str]) -> Choices:
    """Return what was chosen in parsed ``options``."""
    return Choices(
        file=getattr(options, "loadtest", "") or "",
        locustfiles=tuple(locustfiles),
        shape=getattr(options, "shape", "") or "",
        shape_params=getattr(options, "shape_params", "") or "",
        time_scale=getattr(options, "time_scale", 1.0) or 1.0,
        report_dir=getattr(options, "report_dir", "") or "",
        baseline=getattr(options, "baseline", "") or "",
        confirm=bool(getattr(options, "confirm", False)),
        summary_export=getattr(options, "summary_export", "") or "",
    )

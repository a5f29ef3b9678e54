"""report.html: the run on one page, for people.

Law: one file that works offline and asks nobody for anything. Every name is untrusted: the template escapes all that
it shows, scripts get their data as JSON in which nothing can end them, and no script runs but the two whose hashes
the page's own policy names. What is read from files are constants that ship with the packages: the template, the style,
our script and Plotly's.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from jinja2 import Template as Page
from markupsafe import Markup

from locust_ext.gates.outcomes import Outcome
from locust_ext.reports import formats
from locust_ext.reports.charts import TIME, charts_of_generator, charts_over_time
from locust_ext.reports.console import MARK, format_value, plain
from locust_ext.reports.distributions import SHAPE, WHOLE, curves_of, favourite, herd_chart_of, spectrum_chart
from locust_ext.reports.figure import DARK, Chart, shorten
from locust_ext.reports.result import RunResult
from locust_ext.text.spelling import plural
from locust_ext.text.strict_json import strict_json
from locust_ext.text.units import format_age

LONG = 300
"""Characters from which on a text is folded: nothing is cut away, but a name of 10 kB does not fill the page."""

ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}

FILTERS = {
    "clock": formats.clock,
    "interval": formats.interval,
    "mark": MARK.__getitem__,
    "age": format_age,
    "moment": formats.moment,
    "plural": plural,
    "short": shorten,
    "spell": formats.spell,
    "times": formats.times,
    "value": format_value,
}


def html(result: RunResult) -> str:
    """Return the page."""
    times, herd, curves = charts_over_time(result), herd_chart_of(result), curves_of(result)
    spectrum = spectrum_chart(curves) if curves else None
    health = charts_of_generator(result)
    charts = [*times, *([spectrum] if spectrum else []), *([herd] if herd else []), *health]
    return _page().render(
        run=result,
        verdict=result.verdict,
        comparison=result.comparison,
        compared=formats.ranked(result.comparison) if result.comparison else [],
        tally=_tally(result.outcomes),
        columns=formats.COLUMNS,
        endpoints=formats.endpoint_rows(result),
        over_time=times,
        tracks=_options(track.name for track in result.timeline.tracks),
        spectrum=spectrum,
        curves=_options(curve.name for curve in curves),
        favourite=favourite(curves),
        herd=herd,
        generator=health,
        health=formats.health(result),
        time_choice=TIME,
        shape_choice=SHAPE,
        long=LONG,
        data=_json({"dark": DARK, "charts": {chart.id: _drawn(chart) for chart in charts}}) if charts else "",
        style=Markup(_text("report.css")),  # noqa: S704 ours
        plotly=Markup(_plotly()) if charts else "",  # noqa: S704 Plotly's
        script=Markup(_text("report.js")),  # noqa: S704 ours
        policy=_policy(),
    )


def _drawn(chart: Chart) -> dict[str, Any]:
    return {"data": chart.data, "layout": chart.layout, "says": chart.says, "choice": chart.choice}


def _options(names: Iterable[str]) -> list[str]:
    """Return what a list offers: the first, where it has no name, is all requests."""
    return [shorten(name or WHOLE) for name in names]


def _tally(outcomes: Iterable[Outcome]) -> str:
    """Return how many thresholds there are of each outcome: ``1 failed, 2 passed``."""
    counts = Counter(outcome.status for outcome in outcomes)
    return ", ".join(f"{counts[status]} {status.value}" for status in formats.ORDER if counts[status])


def _json(value: Any) -> Markup:
    """Return JSON that can stand in a page: nothing in it can end a script, or begin one."""
    return Markup(strict_json(value).translate(ESCAPES))  # noqa: S704 escaped


def _shown(value: Any) -> Any:
    """Return what the page shows of a value: text without control characters, a dash where there is none."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value)
    return formats.MISSING if value is None else value


def _text(name: str) -> str:
    return files("locust_ext.reports").joinpath(name).read_text("utf-8")


@cache
def _plotly() -> str:
    return files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")


@cache
def _page() -> Page:
    """Return the template, compiled once."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(FILTERS)
    return environment.from_string(_text("report.html.j2"))


@cache
def _policy() -> str:
    """Return the page's content security policy: only these two scripts, and no request."""
    scripts = (_plotly(), _text("report.js"))
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{value}'" for value in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )

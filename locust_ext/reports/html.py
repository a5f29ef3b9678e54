"""report.html: the run on one page, for people.

Law: one file that works offline and asks nobody for anything, of at most 2.5 MB. Every name is untrusted: the template
escapes all that it shows, scripts get their data packed, and no script runs but the two whose hashes the page's own
policy names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Template as Page

from locust_ext.gates.outcomes import Outcome
from locust_ext.measure.trace_options import link
from locust_ext.reports import error_lines, formats
from locust_ext.reports.charts import TIME, charts_of_generator, charts_over_time, limits_in, open_chart
from locust_ext.reports.console import MARK
from locust_ext.reports.distributions import SHAPE, WHOLE, curves_of, favourite, herd_chart_of, spectrum_chart
from locust_ext.reports.drawing import broken, drawn, templates
from locust_ext.reports.drift_charts import drift_charts
from locust_ext.reports.drift_rows import HEADS, drift_rows
from locust_ext.reports.figure import shorten
from locust_ext.reports.probe_charts import probed_of
from locust_ext.reports.result import RunResult
from locust_ext.reports.threshold_lines import first_option
from locust_ext.reports.threshold_rows import HEADS as THRESHOLD_HEADS
from locust_ext.reports.threshold_rows import threshold_rows
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_age

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift

LONG = 300
"""Characters from which on a text is folded: nothing is cut away, but a name of 10 kB does not fill the page."""

LONG_REASON = 2000
"""Characters from which on the verdict's reason is folded, which names what failed."""

FILTERS = {
    "before": formats.before,
    "broken": broken,
    "clock": formats.clock,
    "interval": formats.interval,
    "mark": MARK.__getitem__,
    "age": format_age,
    "moment": formats.moment,
    "plural": plural,
    "short": shorten,
    "spell": formats.spell,
    "times": formats.times,
    "error_body": error_lines.body_lines,
    "error_headers": error_lines.headers,
    "error_label": error_lines.label,
    "error_what": error_lines.what,
    "error_message": error_lines.message,
    "error_span": error_lines.span,
    "errors_total": error_lines.total,
    "trace_link": lambda trace_id, template: link(template, trace_id),
}


def html(result: RunResult) -> str:
    """Return the page."""
    limits = limits_in(result)
    times, herd, curves = charts_over_time(result, limits), herd_chart_of(result), curves_of(result)
    spectrum = spectrum_chart(curves) if curves else None
    health, still_open = charts_of_generator(result), open_chart(result)
    drifting, probed = drift_charts(result), probed_of(result)
    charts = [
        *drifting,
        *([still_open] if still_open else []),
        *times,
        *probed.charts,
        *([spectrum] if spectrum else []),
        *([herd] if herd else []),
        *health,
    ]
    return _page().render(
        run=result,
        verdict=result.verdict,
        comparison=result.comparison,
        compared=formats.ranked(result.comparison) if result.comparison else [],
        thresholds=threshold_rows(result.outcomes),
        tally=_tally(result.outcomes),
        drift=drift_rows(result.drifts),
        drift_heads=HEADS,
        threshold_columns=_columns(
            "threshold", THRESHOLD_HEADS, "reason" if any(o.reason for o in result.outcomes) else ""
        ),
        drift_columns=_columns("what was watched", HEADS, "what was found"),
        drift_tally=_tally(result.drifts),
        drift_charts=drifting,
        probed=probed,
        errors_title=error_lines.TITLE,
        feeders=result.feeders,
        columns=formats.COLUMNS,
        endpoints=formats.endpoint_rows(result),
        over_time=times,
        still_open=still_open,
        time_first=first_option(limits),
        failed=any(chart.id == "failures" for chart in times),
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
        long_reason=LONG_REASON,
        most_rows=formats.MOST_ROWS,
        data=drawn(charts),
    )


def _options(names: Iterable[str]) -> list[str]:
    """Return what a list offers: the first, where it has no name, is all requests."""
    return [shorten(name or WHOLE) for name in names]


def _columns(name: str, figures: Iterable[str], why: str) -> list[tuple[str, bool]]:
    """Return the headings of a table of outcomes, and which of them are of numbers."""
    return [("outcome", False), (name, False), *((head, True) for head in figures), *([(why, False)] if why else [])]


def _tally(outcomes: Iterable[Outcome | Drift]) -> str:
    """Return how many there are of each outcome: ``1 failed, 2 passed``."""
    counts = Counter(outcome.status for outcome in outcomes)
    return ", ".join(f"{counts[status]} {status.value}" for status in formats.ORDER if counts[status])


@cache
def _page() -> Page:
    """Return the template, compiled once."""
    environment = templates()
    environment.filters.update(FILTERS)
    return environment.get_template("report.html.j2")

"""Both dashboards for Grafana, made from the names that the exports use: ``python -m tests.dashboards.build``.

They are built with the models of Grafana 10.1, the oldest one that they are for; newer ones bring them up to date.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as made

import locust_ext.exports
from locust_ext.exports.names import NAME, prometheus_label
from tests.dashboards.parts import DATASOURCE
from tests.dashboards.queries import RUN_INFO, Source, series
from tests.dashboards.rows import REQUESTS, all_rows, marks

PLACE = Path(locust_ext.exports.__file__).with_name("dashboards")

SCRAPED = Source(
    "prometheus.json",
    "locust-ext-prometheus",
    "Load test (Prometheus)",
    "A load test as Prometheus scrapes it from /metrics (export: prometheus).",
    is_pushed=False,
)
PUSHED = Source(
    "otlp.json",
    "locust-ext-otlp",
    "Load test (OTLP)",
    "A load test that is pushed by OTLP into Prometheus 3 or Mimir (export: otlp), with native histograms.",
    is_pushed=True,
)
SOURCES = (SCRAPED, PUSHED)

SIDE_BY_SIDE = 3
"""Panels of a repetition that stand in one line."""


NOT_ASKED = ("id", "auto", "auto_min", "auto_count")
"""What the models say of each variable: the same id of all, and what is of other kinds of them."""


def build(source: Source) -> dict[str, Any]:
    """Return a dashboard, as the JSON that Grafana reads."""
    board = dashboard.Dashboard(source.title).uid(source.uid).description(source.about).tags(["load-test", "locust"])
    board = board.time("now-30m", "now").refresh("5s").timezone("browser").tooltip(made.DashboardCursorSync.CROSSHAIR)
    for variable in variables(source):
        board = board.with_variable(variable)
    for name, query, colour, _ in marks(source):
        mark = dashboard.AnnotationQuery().name(name).datasource(DATASOURCE).enable(True).icon_color(colour).expr(query)
        board = board.annotation(mark)
    number = 0
    for title, panels in all_rows(source):
        number += 1
        board = board.with_row(dashboard.Row(title).id(number))
        for panel in panels:
            number += 1
            board = board.with_panel(panel.id(number))
    found: dict[str, Any] = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    return _completed(found, source)


def variables(source: Source) -> list[Any]:
    """What is chosen above the dashboard: the data source, the run, and what of it is shown."""

    def asked(name: str, label: str, about: str, query: str) -> dashboard.QueryVariable:
        found = dashboard.QueryVariable(name).label(label).description(about).query({"query": query, "refId": name})
        return found.datasource(DATASOURCE).refresh(made.VariableRefresh.ON_TIME_RANGE_CHANGED)

    def several(name: str, label: str, about: str, query: str) -> dashboard.QueryVariable:
        found = asked(name, label, about, query).multi(True).include_all(True).all_value(".*")
        found = found.current(made.VariableOption(text="All", value="$__all", selected=True))
        return found.sort(made.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)

    where = source.select
    source_of_data = dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    run = asked("run", "Run", "One run, the newest first.", _runs(source)).regex(RUN_SHOWN)
    run = run.sort(made.VariableSort.ALPHABETICAL_DESC)
    return [
        source_of_data.description("Where the figures are."),
        run,
        several(
            "endpoint",
            "Endpoint",
            "The names that requests are reported under.",
            f"label_values({where(series(REQUESTS))}, {prometheus_label(NAME)})",
        ),
        several(
            "selector",
            "Thresholds of",
            "What the thresholds look at.",
            f"label_values({where(series('loadtest.threshold.bound'))}, selector)",
        ),
        several(
            "series",
            "Probe",
            "What probes read off the target.",
            f"label_values({where(series('loadtest.probe'))}, series)",
        ),
    ]


RUN_SHOWN = '/chosen="(?<value>[^"]+)"|told="(?<text>[^"]*)/g'
"""What of an answer is the run's value, and what is shown of it."""


def _runs(source: Source) -> str:
    """Return the query of all runs within the time that is shown: when each began, and its name."""
    if source.is_pushed:
        run, started, name = (prometheus_label(f"loadtest.{word}") for word in ("run.id", "run.started_at", "name"))
        info, run_is = f'target_info{{{run}!=""}}', "instance"
    else:
        info, run_is, started, name = RUN_INFO, "run_id", "started_at", "name"
    told = f'label_join(last_over_time({info}[$__range]), "told", " ", "{started}", "{name}")'
    return f'query_result(max by (chosen, told) (label_join({told}, "chosen", "", "{run_is}")))'


def _completed(board: dict[str, Any], source: Source) -> dict[str, Any]:
    """Return a dashboard with what Grafana knows, and the models of its oldest version do not; light or dark."""
    del board["style"]
    for variable in board["templating"]["list"]:
        for key in NOT_ASKED:
            del variable[key]
    for panel in board["panels"]:
        if "repeat" in panel:
            panel["maxPerRow"] = SIDE_BY_SIDE
    told = {name: text for name, _, _, text in marks(source)}
    for mark in board["annotations"]["list"]:
        mark["titleFormat"], mark["step"] = told[mark["name"]], "5s"
    return board


def written(board: dict[str, Any]) -> str:
    """Return a dashboard as the text of its file."""
    return json.dumps(board, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write both."""
    PLACE.mkdir(exist_ok=True)
    for source in SOURCES:
        (PLACE / source.file).write_text(written(build(source)), "utf-8")


if __name__ == "__main__":
    main()

"""Parts of a dashboard: panels and what they ask, with what all of one kind have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as shown
from grafana_foundation_sdk.models import dashboard as made
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

DATASOURCE = made.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The one that is chosen above the dashboard: no address of a data source stands in it."""

GREEN, ORANGE, RED, GREY, BLUE, PURPLE = "green", "orange", "red", "text", "blue", "purple"

STATUSES = {"0": ("passed", GREEN), "1": ("inconclusive", ORANGE), "2": ("failed", RED)}
"""How a status is told as a number: the worst is the largest, so that a table begins with it."""

LOOKS = 10_000
"""How often at the most a figure is looked for over all that is shown: for a day every ten seconds."""

Asked = tuple[str, str]
"""A query, and how its lines are called."""


def targets(asked: Sequence[Asked], *, at_once: bool = False, as_table: bool = False) -> list[prometheus.Dataquery]:
    """Return queries, lettered from A."""
    found = []
    for letter, (expression, legend) in zip("ABCDEFGHIJKLM", asked, strict=False):
        one = prometheus.Dataquery().ref_id(letter).expr(expression).legend_format(legend)
        one = one.datasource(DATASOURCE).editor_mode(QueryEditorMode.CODE)
        one = one.instant() if at_once else one.range()
        found.append(one.format(PromQueryFormat.TABLE if as_table else PromQueryFormat.TIME_SERIES))
    return found


def _begun(panel: Any, title: str, about: str, unit: str, size: tuple[int, int]) -> Any:
    width, height = size
    return panel.title(title).description(about).unit(unit).datasource(DATASOURCE).span(width).height(height)


def figure(title: str, about: str, unit: str, asked: Asked, width: int = 3, steps: Mapping[float, str] = {}) -> Any:
    """Return one large figure: what was said last. ``steps``: from which value on it has which colour."""
    found = [made.Threshold(value, colour) for value, colour in sorted(steps.items())]
    panel = _begun(stat.Panel(), title, about, unit, (width, 4)).targets(targets([asked], at_once=True))
    panel = panel.max_data_points(LOOKS)
    panel = panel.thresholds(
        dashboard.ThresholdsConfig()
        .mode(made.ThresholdsMode.ABSOLUTE)
        .steps([made.Threshold(None, GREY if not found else GREEN), *found])
    )
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    return panel.no_value("–").graph_mode(shown.BigValueGraphMode.NONE).color_mode(shown.BigValueColorMode.VALUE)


def lines(title: str, about: str, unit: str, asked: Sequence[Asked], width: int = 12, height: int = 8) -> Any:
    """Return lines over time, with a table of them below."""
    panel = _begun(timeseries.Panel(), title, about, unit, (width, height)).targets(targets(asked))
    panel = panel.min(0).fill_opacity(5).line_width(1).show_points(shown.VisibilityMode.AUTO).span_nulls(False)
    panel = panel.tooltip(
        common.VizTooltipOptions().mode(shown.TooltipDisplayMode.MULTI).sort(shown.SortOrder.DESCENDING)
    )
    legend = common.VizLegendOptions().display_mode(shown.LegendDisplayMode.TABLE).show_legend(True)
    return panel.legend(legend.placement(shown.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"]))


def states(title: str, about: str, asked: Sequence[Asked], width: int = 12, height: int = 8) -> Any:
    """Return a strip for each threshold: in which status it was when."""
    panel = _begun(statetimeline.Panel(), title, about, "none", (width, height)).targets(targets(asked))
    panel = panel.mappings(_statuses()).color_scheme(dashboard.FieldColor().mode(made.FieldColorModeId.THRESHOLDS))
    legend = common.VizLegendOptions().display_mode(shown.LegendDisplayMode.LIST).show_legend(True)
    panel = panel.legend(legend.placement(shown.LegendPlacement.BOTTOM).calcs([]))
    return panel.show_value(shown.VisibilityMode.NEVER).merge_values(True).row_height(0.8).fill_opacity(80)


Column = tuple[str, str, str]
"""A column of figures: its query, its name and its unit."""


def rows(
    title: str,
    about: str,
    columns: Sequence[Column],
    names: Mapping[str, str],
    first: str,
    width: int = 24,
    height: int = 8,
) -> Any:
    """Return a table: a line for each set of labels, ``names`` of which are columns, sorted by one of them."""
    panel = _begun(table.Panel(), title, about, "short", (width, height))
    panel = panel.targets(targets([(query, "") for query, _, _ in columns], at_once=True, as_table=True))
    letters = {f"Value #{letter}": name for letter, (_, name, _) in zip("ABCDEFGHIJ", columns, strict=False)}
    order = {name: place for place, name in enumerate((*names, *letters))}
    panel = panel.transformations(
        [
            made.DataTransformerConfig(id_val="merge", options={}),
            made.DataTransformerConfig(
                id_val="organize",
                options={
                    "excludeByName": {"Time": True},
                    "indexByName": order,
                    "renameByName": {**names, **letters},
                },
            ),
        ]
    )
    for _, name, unit in columns:
        panel = panel.override_by_name(name, [made.DynamicConfigValue("unit", unit)])
    sort = common.TableSortByFieldState().display_name(first).desc(True)
    return panel.sort_by([sort]).no_value("–")


def coloured_status(panel: Any, column: str) -> Any:
    """Have a table show a column of statuses in words and colours."""
    return panel.override_by_name(
        column,
        [
            made.DynamicConfigValue("mappings", _statuses()),
            made.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
            made.DynamicConfigValue("color", {"mode": "thresholds"}),
        ],
    )


def coloured(panel: Any, name: str, colour: str) -> Any:
    """Give the line of a name its colour."""
    return panel.override_by_name(name, [made.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})])


def dashed(panel: Any, letter: str, colour: str = "") -> Any:
    """Draw the lines of a query as bounds: dashed, without a filling."""
    said = [
        made.DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
        made.DynamicConfigValue("custom.fillOpacity", 0),
    ]
    if colour:
        said.append(made.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour}))
    return panel.override_by_query(letter, said)


def measured_in(panel: Any, letter: str, unit: str, *, right: bool = False) -> Any:
    """Give the lines of a query a unit of their own, and perhaps the axis on the right."""
    said = [made.DynamicConfigValue("unit", unit)]
    if right:
        said.append(made.DynamicConfigValue("custom.axisPlacement", "right"))
    return panel.override_by_query(letter, said)


def _statuses() -> list[made.ValueMapping]:
    told = {
        number: made.ValueMappingResult(text=word, color=colour, index=place)
        for place, (number, (word, colour)) in enumerate(STATUSES.items())
    }
    return [made.ValueMap(told)]

"""Grafana's dashboards as they stand in the package: built from the names of today, and sound in themselves."""

import json
import re

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.commands.dashboards import DASHBOARDS, dashboard
from locust_ext.exports.family import Form
from locust_ext.exports.names import FAMILIES, VERDICTS, prometheus_name
from locust_ext.exports.prometheus_text import RUN_LABELS
from tests.dashboards.as_grafana import SPECIAL, Shown, asks, interpolated, panels, queries
from tests.dashboards.build import SOURCES, build, written

FILES = {source.file: source for source in SOURCES}
BOARDS = {name: json.loads(dashboard(name)) for name in FILES}
each_board = pytest.mark.parametrize("name", BOARDS)
each_query = pytest.mark.parametrize(
    "name, asked",
    [pytest.param(name, one, id=f"{name}: {one.where}") for name in BOARDS for one in queries(BOARDS[name])],
)

UNITS = {"none", "short", "s", "reqps", "percentunit", "suffix: /s"}
"""Ids that Grafana knows, and its way to write a unit of one's own."""

UNSHOWN = {
    "loadtest.running": "a run that is over is seen by its verdict",
    "loadtest.iteration.duration": "measured for own purposes, where somebody asks for it",
    "loadtest.series.lumped": "a note on the figures, which the report has",
}

NAME = re.compile(r"(?:loadtest|http_client)_(?!request_type)\w+")


@each_board
def test_the_package_has_what_the_names_make(name):
    """Who changes a name builds them again: ``python -m tests.dashboards.build``."""
    assert dashboard(name) == written(build(FILES[name]))


def test_the_command_writes_each():
    """And no other."""
    assert sorted(ours for ours, _ in DASHBOARDS.values()) == sorted(FILES)


@each_board
def test_grafanas_own_models_read_it(name):
    """And find in it what is written: what its oldest version does not know aside."""
    read = json.loads(json.dumps(Dashboard.from_json(json.loads(dashboard(name))), cls=JSONEncoder))
    for panel in BOARDS[name]["panels"]:
        (found,) = (one for one in read["panels"] if one["id"] == panel["id"])
        assert {key: value for key, value in panel.items() if key != "maxPerRow"} == found
    for one, other in zip(read["templating"]["list"], BOARDS[name]["templating"]["list"], strict=True):
        assert one.items() >= other.items()


@each_board
def test_each_panel_says_what_it_is(name):
    """A title of its own, a sentence, and a unit that Grafana knows."""
    shown = list(panels(BOARDS[name]))
    assert len({panel["title"] for panel in shown}) == len(shown)
    for panel in shown:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        for override in panel["fieldConfig"]["overrides"]:
            units = [one["value"] for one in override["properties"] if one["id"] == "unit"]
            assert set(units) <= UNITS, panel["title"]


@each_board
def test_no_two_parts_have_one_id_or_one_place(name):
    """Panels and rows."""
    parts = BOARDS[name]["panels"]
    assert len({part["id"] for part in parts}) == len(parts)
    cells = set()
    for part in parts:
        at = part["gridPos"]
        taken = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24, part["title"]
        assert not cells & taken, part["title"]
        cells |= taken


@each_board
def test_no_data_source_stands_in_it(name):
    """But the one that is chosen above, everywhere."""
    board = BOARDS[name]
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    listed = board["templating"]["list"]
    assert [one["name"] for one in listed if one["type"] == "datasource"] == ["datasource"]
    asking = list(panels(board))
    asking += [target for panel in panels(board) for target in panel["targets"]]
    asking += [*board["annotations"]["list"], *(one for one in listed if one["type"] == "query")]
    assert [one for one in asking if one["datasource"] != chosen] == []
    assert "__inputs" not in board


@each_board
def test_it_is_seen_at_once(name):
    """The last half hour, every five seconds, in the time of whoever looks."""
    board = BOARDS[name]
    assert (board["time"], board["refresh"], board["timezone"]) == ({"from": "now-30m", "to": "now"}, "5s", "browser")
    assert board.get("id") is None
    assert "style" not in board


def test_they_can_stand_beside_each_other():
    """In one Grafana."""
    assert len({board["uid"] for board in BOARDS.values()}) == len({board["title"] for board in BOARDS.values()}) == 2


@each_board
def test_each_family_is_shown(name):
    """Or left out for a reason."""
    named = set(NAME.findall(" ".join(asked.query for asked in queries(BOARDS[name]))))
    for family in FAMILIES.values():
        series = prometheus_name(family)
        suffix = "_bucket" if family.form is Form.HISTOGRAM and not FILES[name].is_pushed else ""
        assert (series + suffix in named) is (family.name not in UNSHOWN), family.name
        named -= {series + suffix, f"{series}_count" if suffix else ""}
    assert named == (set() if FILES[name].is_pushed else {"loadtest_run_info"})


@each_query
def test_each_query_is_of_one_run(name, asked):
    """Every series that it names, whichever."""
    if FILES[name].is_pushed:
        assert len(re.findall(r"\w{instance=`\$run`", asked.query)) == len(NAME.findall(asked.query))
    else:
        assert "loadtest_run_info{run_id=`$run`}" in asked.query


@each_query
def test_a_window_is_as_long_as_prometheus_needs(name, asked):
    """However seldom it scrapes."""
    windows = set(re.findall(r"rate\([^\[]*\[([^\]]*)\]", asked.query))
    assert windows <= {"$__rate_interval", "$__range"}


@each_query
def test_what_is_chosen_stands_in_backticks(name, asked):
    """So that no sign of it can end the text."""
    for match in re.finditer(r"\$\{?(\w+)[^`\s]*", asked.query):
        assert match[1].startswith("__") or asked.query[match.start() - 1] == "`", asked.query


names = st.text(st.characters(exclude_characters="`", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(names, st.lists(names, min_size=1, max_size=3))
def test_a_name_is_chosen_whatever_signs_it_has(name, others):
    """The regular expression that Grafana makes of it has that name, and no other."""
    query = interpolated("x{a=~`${endpoint:regex}`}", Shown(60, 1), {"endpoint": [name, *others]})
    expression = query[len("x{a=~`") : -len("`}")]
    assert re.fullmatch(expression, name)
    assert not re.fullmatch(expression, name + "x") or name + "x" in others
    assert "`" not in expression


def test_signs_of_regular_expressions_are_escaped():
    """As Grafana does, for one value and for several."""
    shown, query = Shown(60, 1), "a=~`${endpoint:regex}`"
    assert interpolated(query, shown, {"endpoint": "/a.b*"}) == r"a=~`\/a\.b\*`"
    assert interpolated(query, shown, {"endpoint": ["a", "b|c"]}) == r"a=~`(a|b\|c)`"
    assert interpolated(query, shown, {"endpoint": ".*"}) == "a=~`.*`"
    assert SPECIAL.sub("", r"/\^$*+?.()|{}[]") == ""


WINDOWS = [
    ("a scrape each 15 s", 1800, 15, "60s"),
    ("a scrape each minute", 1800, 60, "240s"),
    ("a day at once", 86_400, 15, "102s"),
]


@pytest.mark.parametrize("span, scrape, window", [row[1:] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_windows_follow_the_scrapes(span, scrape, window):
    """As Grafana's do."""
    assert Shown(span, scrape).windows["__rate_interval"] == window


@each_board
def test_rows_of_a_table_meet(name):
    """All queries of a table have the same labels: by those Grafana puts a row together."""
    tables = [panel for panel in panels(BOARDS[name]) if panel["type"] == "table"]
    assert len(tables) == 2
    for panel in tables:
        asked = [target["expr"] for target in panel["targets"]]
        labels = [re.findall(r"by \(([^)]*)\)", query)[0].replace("le, ", "") for query in asked]
        assert len(set(labels)) == 1
        (organized,) = (one["options"] for one in panel["transformations"] if one["id"] == "organize")
        assert {*labels[0].split(", "), *(f"Value #{target['refId']}" for target in panel["targets"])} == set(
            organized["renameByName"]
        )
        assert panel["options"]["sortBy"][0]["displayName"] in organized["renameByName"].values()


@each_board
def test_each_verdict_has_a_colour(name):
    """And passed alone is green."""
    (panel,) = (panel for panel in panels(BOARDS[name]) if panel["title"] == "Verdict")
    colours = {
        one["matcher"]["options"]: one["properties"][0]["value"]["fixedColor"]
        for one in panel["fieldConfig"]["overrides"]
    }
    assert set(colours) == set(VERDICTS)
    assert [word for word, colour in colours.items() if colour == "green"] == ["passed"]


def test_the_labels_of_a_run_are_those_that_are_told():
    """By which the list of runs is made."""
    asked = asks(BOARDS["prometheus.json"])["run"]
    named = set(re.findall(r'"([^"]*)"', asked)) - {"told", "chosen", " ", ""}
    assert named == {"run_id", "started_at", "name"}
    assert named <= set(RUN_LABELS)


@each_board
def test_runs_are_told_apart_by_when_they_began(name):
    """The list has the newest first: its text begins with the time, and is sorted backwards."""
    (run,) = (one for one in BOARDS[name]["templating"]["list"] if one["name"] == "run")
    assert (run["sort"], run.get("multi", False), run.get("includeAll", False)) == (2, False, False)
    assert "started_at" in asks(BOARDS[name])["run"]
    told = '{chosen="8f2c",told="2026-11-28T19:18:00+00:00 feed"} 1 1795893254'
    expression = re.compile(run["regex"][1:].removesuffix("/g").replace("(?<", "(?P<"))
    found = {key: value for match in expression.finditer(told) for key, value in match.groupdict().items() if value}
    assert found == {"value": "8f2c", "text": "2026-11-28T19:18:00+00:00 feed"}

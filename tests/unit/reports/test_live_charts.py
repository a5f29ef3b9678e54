"""The charts of a run that is watched: figures without values, what fills them, and thresholds as lines."""

import json

import pytest

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.load.schedule import Phase
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.reports.figure import DARK, STORM
from locust_ext.reports.live_charts import MOST_LIMITS, PALETTE, empty_charts, frame_of, limits_of, live_charts
from locust_ext.text.strict_json import compact_json


def outcome(selector, text, status=Status.PASSED):
    """Return a threshold that stands so."""
    chosen = parse_selector(selector)
    return Outcome(Threshold(chosen, parse_assertion(text), BUILT_IN[chosen.metric].kind), status, 1.0, 100)


def test_each_trace_says_what_fills_it():
    """But those of endpoints, which come with their names."""
    fills = {name: [trace["fills"] for trace in chart.data] for name, chart in empty_charts().items()}
    assert fills == {
        "load": ["failed", "rate"],
        "users": ["users", "planned"],
        "latency": [],
        "arrivals": ["dropped", "due", "begun", "late"],
        "lag": ["lag", "across"],
        "cpu": ["cpu"],
    }


def test_it_is_json_and_each_colour_has_a_dark_one():
    """Also those of endpoints, which are told apart."""
    told = json.loads(compact_json(live_charts()))
    assert set(PALETTE) < set(DARK)
    assert len({*PALETTE}) == len({DARK[color] for color in PALETTE}) == 12
    assert {told["whole"], told["limit"]} < set(DARK)


def test_the_clock_and_the_phases():
    """A storm is tinted, names are text, and what lies beyond the run is cut off."""
    frame = frame_of(100.0, (Phase("<up>", 0, 40), Phase("storm", 40, 50), Phase("late", 90, 500)))
    assert [shape["fillcolor"] == STORM for shape in frame["shapes"]] == [False, True, False]
    assert frame["annotations"][0]["text"] == "&lt;up&gt;"
    assert (frame["shapes"][2]["x1"], frame["xaxis"]["range"]) == (100_000, [0, 100_000])


ROWS = [
    ("a percentile", "http_req_duration", "p(95)<400", ("p(95) &lt; 400 ms", 95.0, "")),
    ("the median", "http_req_duration", "med<=40", ("med &lt;= 40 ms", 50.0, "")),
    ("no percentile", "req_duration", "avg<40", ("avg &lt; 40 ms", None, "")),
    ("an endpoint", "http_req_duration{name:<b>x}", "max<9", ("max &lt; 9 ms &lt;b&gt;x", None, "<b>x")),
    ("other tags", "http_req_duration{status:200,name:/a}", "max<9", ("max &lt; 9 ms /a status:200", None, "/a")),
    (
        "from when it was due",
        "http_req_duration_corrected",
        "p(99)<9",
        ("p(99) &lt; 9 ms, from when it was due", 99.0, ""),
    ),
]


@pytest.mark.parametrize("selector, rule, told", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_threshold_as_a_line(selector, rule, told):
    """Its bound, of what it is, and its text with markup as text."""
    (line,) = limits_of([outcome(selector, rule)], ())
    assert (line["text"], line["percent"], line["name"]) == told


def test_what_is_no_line():
    """What is not about a duration, or counts; nor more lines than anybody can tell apart, the failed ones first."""
    others = [
        outcome("http_req_failed", "rate<0.1"),
        outcome("http_reqs", "count>1"),
        outcome("http_req_duration", "count>1"),
    ]
    assert limits_of(others, ()) == []
    many = [outcome("http_req_duration", f"p(95)<{n + 1}") for n in range(300)]
    found = limits_of([*many, outcome("http_req_duration", "p(95)<7000", Status.FAILED)], ())
    assert (len(found), found[0]["bound"], found[0]["failed"]) == (MOST_LIMITS, 7000, True)


def test_a_threshold_of_a_phase_has_its_stretches():
    """Each of them, in seconds."""
    phases = (Phase("surge", 1, 5), Phase("rest", 5, 9), Phase("surge", 9, 12))
    (line,) = limits_of([outcome("http_req_duration{phase:surge}", "p(95)<40")], phases)
    assert (line["spans"], line["text"]) == ([[1, 5], [9, 12]], "p(95) &lt; 40 ms surge")

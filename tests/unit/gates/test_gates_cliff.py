"""The cliff: the last level that held, and the first that did not."""

import pytest

from locust_ext.gates.cliff import Cliff, find_cliff, judge_level
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import Status
from locust_ext.load.schedule import Phase
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind

LEVELS = [Phase(f"level-{users}", start, start + 60) for users, start in ((50, 0), (100, 60), (150, 120))]
P95 = Threshold(parse_selector("http_req_duration"), parse_assertion("p(95)<400"), Kind.TREND)
ELSEWHERE = Threshold(parse_selector("http_req_duration{phase:warmup}"), parse_assertion("p(95)<1"), Kind.TREND)
RATE = Threshold(parse_selector("http_reqs"), parse_assertion("rate>=2"), Kind.COUNTER)


def store(**levels):
    """Return a store with 120 requests of this duration in each level."""
    found = Store()
    for level, duration in levels.items():
        tags = tags_of({"phase": level.replace("_", "-"), "name": "feed"})
        for _ in range(120):
            found.leaf("http_req_duration", tags, Kind.TREND).record(duration)
            found.leaf("http_reqs", tags, Kind.COUNTER).add(1)
    return found


ROWS = [
    ("all hold", store(level_50=10, level_100=20, level_150=30), 180, ("level-150", "")),
    ("the last breaks", store(level_50=10, level_100=20, level_150=900), 180, ("level-100", "level-150")),
    ("the first breaks", store(level_50=900), 60, ("", "level-50")),
    ("one in between breaks", store(level_50=10, level_100=900, level_150=10), 180, ("level-50", "level-100")),
    ("ended inside a level that looked good", store(level_50=10, level_100=20), 90, ("level-50", "")),
    ("a level without samples does not hold", store(level_50=10, level_150=10), 120, ("level-50", "")),
    ("what begins after the end is not judged", store(level_50=10, level_100=900), 60, ("level-50", "")),
    ("nothing was measured", store(), 180, ("", "")),
]


@pytest.mark.parametrize("measured, ended, expected", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_find_cliff(measured, ended, expected):
    """Each level is judged by its own samples, up to the first that fails."""
    cliff = find_cliff([P95, ELSEWHERE], measured, LEVELS, ended)
    assert expected == (cliff.last_good, cliff.first_bad)
    assert (cliff.broke is not None) == bool(cliff.first_bad)


def test_a_level_is_judged_over_its_own_time():
    """The rate of a counter in a level is over the level's seconds, and another phase's threshold is left out."""
    outcomes = judge_level([RATE, ELSEWHERE], store(level_50=10), "level-50", 60)
    assert [(outcome.status, outcome.value) for outcome in outcomes] == [(Status.PASSED, 2.0)]
    assert judge_level([RATE], store(level_50=10), "level-50", 120)[0].status is Status.FAILED


def test_a_threshold_on_the_level_itself():
    """A threshold that names the level counts in it."""
    own = Threshold(parse_selector("http_req_duration{phase:level-50}"), parse_assertion("p(95)<5"), Kind.TREND)
    assert find_cliff([own], store(level_50=10), LEVELS, 60).first_bad == "level-50"


TEXTS = [
    (
        "found",
        ("level-50", "level-100"),
        "last good level-50, first bad level-100: http_req_duration{phase:level-100}: ",
    ),
    ("at once", ("", "level-50"), "no level held, first bad level-50"),
    ("not found", ("level-150", ""), "last good level-150; no level broke: the cliff lies beyond the maximum"),
]


@pytest.mark.parametrize("levels, text", [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_text(levels, text):
    """A cliff is one sentence with both levels and the figure that broke."""
    last_good, first_bad = levels
    broke = judge_level([P95], store(**{first_bad.replace("-", "_"): 900}), first_bad, 60)[0] if first_bad else None
    sentence = str(Cliff(last_good, first_bad, broke))
    assert sentence.startswith(text)
    assert ("was 900" in sentence) == bool(first_bad)

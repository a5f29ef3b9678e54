"""The cliff: the last level that held, and the first that did not."""

import pytest

from locust_ext.gates.cliff import Cliff, Result, _depends_on_open, find_cliff, judge_level
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.load.schedule import Phase
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind

LEVELS = [Phase(f"level-{users}", start, start + 60) for users, start in ((50, 0), (100, 60), (150, 120))]
P95 = Threshold(parse_selector("http_req_duration"), parse_assertion("p(95)<400"), Kind.TREND)
ELSEWHERE = Threshold(parse_selector("http_req_duration{phase:warmup}"), parse_assertion("p(95)<1"), Kind.TREND)
RATE = Threshold(parse_selector("http_reqs"), parse_assertion("rate>=2"), Kind.COUNTER)


def store(**levels):
    """Return a store with 120 requests of this duration in each level."""
    return measured({level.replace("_", "-"): duration for level, duration in levels.items()})


def measured(levels):
    """Return a store with 120 requests of this duration in each phase."""
    found = Store()
    for level, duration in levels.items():
        tags = tags_of({"phase": level, "name": "feed"})
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


def phases(*names, seconds=60):
    """Return phases of one length, one after the other."""
    return [Phase(name, index * seconds, (index + 1) * seconds) for index, name in enumerate(names)]


GOOD, BAD = 10, 900
SEARCHES = [
    (
        "levels come in any order",
        [("level-250", GOOD), ("level-300", BAD), ("rest-1", GOOD), ("level-275", GOOD), ("level-287", BAD)],
        ("level-275", "level-287", ()),
    ),
    (
        "a rest is not a level, whatever is measured in it",
        [("level-250", GOOD), ("level-300", BAD), ("rest-1", BAD)],
        ("level-250", "level-300", ()),
    ),
    (
        "a ramp breaks a level, and proves none",
        [("ramp-250", GOOD), ("ramp-300", BAD), ("rest-1", GOOD)],
        ("", "ramp-300", ()),
    ),
    (
        "what a ramp passed is proven by holding",
        [("ramp-250", GOOD), ("ramp-300", BAD), ("rest-1", GOOD), ("level-250", GOOD), ("level-275", BAD)],
        ("level-250", "level-275", ()),
    ),
    (
        "of two tries that differ the break counts",
        [("level-50", GOOD), ("level-100", GOOD), ("level-150", BAD), ("level-100-again", BAD)],
        ("level-50", "level-100-again", ("level-100",)),
    ),
    (
        "a higher level that held is not proof, but worth a word",
        [("level-50", GOOD), ("level-100", BAD), ("level-150", GOOD)],
        ("level-50", "level-100", ("level-150",)),
    ),
]


@pytest.mark.parametrize("tries, expected", [row[1:] for row in SEARCHES], ids=[row[0] for row in SEARCHES])
def test_levels_are_compared_by_their_numbers(tries, expected):
    """The cliff lies between the lowest level that broke and the highest one below it that held."""
    course = phases(*(name for name, _ in tries))
    cliff = find_cliff([P95], measured(dict(tries)), course, 60 * len(tries), hold=60)
    assert expected == (cliff.last_good, cliff.first_bad, cliff.unsteady)
    assert all((name in str(cliff)) for name in expected[2])
    assert ("not steady" in str(cliff)) == bool(expected[2])


LENGTHS = [
    ("its full time", 60, GOOD, Result.HELD),
    ("a little late", 58, GOOD, Result.HELD),
    ("cut short", 40, GOOD, Result.UNPROVEN),
    ("cut short by its break", 20, BAD, Result.BROKE),
    ("too short to break", 5, BAD, Result.UNPROVEN),
]


@pytest.mark.parametrize("seconds, duration, result", [row[1:] for row in LENGTHS], ids=[row[0] for row in LENGTHS])
def test_a_level_is_held_for_its_full_time(seconds, duration, result):
    """A level that was cut short has not held, and one that had hardly begun has not broken."""
    cliff = find_cliff([P95], store(level_50=duration), [Phase("level-50", 0, seconds)], seconds, hold=60)
    assert [one.result for one in cliff.levels] == [result]


def test_what_cut_a_level_counts():
    """A level that broke when it was under way has broken, even if what came in later looks better."""
    broke = judge_level([P95], store(level_100=BAD), "level-100", 20)[0]
    course = [Phase("level-50", 0, 60), Phase("level-100", 60, 80)]
    cliff = find_cliff([P95], store(level_50=GOOD, level_100=GOOD), course, 80, 60, {"level-100": broke})
    assert (cliff.last_good, cliff.first_bad, cliff.broke) == ("level-50", "level-100", broke)


KNEES = [
    ("that of the last level that held", store(level_50=GOOD, level_100=BAD), 2.0, "in level-50: 2.0 requests"),
    ("without one, that of the first that did not", store(level_50=BAD), 2.0, "in level-50: 2.0 requests"),
    ("nothing was measured", store(), None, "no level held"),
]


@pytest.mark.parametrize("found, throughput, text", [row[1:] for row in KNEES], ids=[row[0] for row in KNEES])
def test_throughput_at_the_knee(found, throughput, text):
    """The throughput is what was completed in a second of the level, by all families of requests."""
    cliff = find_cliff([P95], found, LEVELS, 120)
    assert throughput == cliff.throughput
    assert text in str(cliff)


def test_throughput_counts_both_families_of_requests():
    """Requests of other protocols count too, and a level's time is what it lasted."""
    found = store(level_50=GOOD)
    found.leaf("reqs", tags_of({"phase": "level-50", "type": "WS"}), Kind.COUNTER).add(60)
    assert find_cliff([P95], found, LEVELS, 60).throughput == 3.0
    assert find_cliff([P95], found, LEVELS, 30).throughput is None, "it has not held"
    assert [one.throughput for one in find_cliff([P95], found, LEVELS, 30).levels] == [6.0]


def test_figures():
    """For reports: names, numbers and all tries in the order in which they came."""
    cliff = find_cliff([P95], store(level_50=GOOD, level_100=BAD), LEVELS[:2], 90.0004, hold=60)
    assert cliff.figures == {
        "last_good": "level-50",
        "first_bad": "level-100",
        "throughput": 2.0,
        "levels": [
            dict(phase="level-50", level=50, start_s=0, end_s=60, result="held", throughput=2.0),
            dict(phase="level-100", level=100, start_s=60, end_s=90.0, result="broke", throughput=4.0),
        ],
    }
    assert find_cliff([P95], store(), [], 0).figures == {
        "last_good": None,
        "first_bad": None,
        "throughput": None,
        "levels": [],
    }


BEYOND = [
    (
        "the last level held",
        ["level-50", "level-100"],
        120,
        "last good level-100; no level broke: the cliff lies beyond",
    ),
    ("a ramp was passed", ["ramp-50", "ramp-100"], 120, "passed ramp-100; no level broke: the cliff lies beyond"),
    ("the run was ended", ["level-50", "level-100"], 90, "last good level-50; no level broke, but level-100 was not"),
]


@pytest.mark.parametrize("names, ended, text", [row[1:] for row in BEYOND], ids=[row[0] for row in BEYOND])
def test_nothing_broke(names, ended, text):
    """Where nothing broke, no more is said than was shown."""
    found = measured(dict.fromkeys(names, GOOD))
    assert str(find_cliff([P95], found, phases(*names), ended, hold=60)).startswith(text)


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


def not_back(level, *values):
    """Return requests that began in a level and never came back, so old."""
    ages = Histogram()
    ages.record_all(values)
    found = CensoredStore()
    found.merge([["http_req_duration", [["name", "feed"], ["phase", level]], "lost", ages.to_row()]])
    return found


NOT_BACK = [
    ("few of many", not_back("level-100", 5), ("level-150", ""), "held"),
    ("so many that the level depends on them", not_back("level-100", *[5] * 20), ("level-150", ""), "unproven"),
    ("so old that it broke", not_back("level-100", *[9e3] * 20), ("level-50", "level-100"), "broke"),
    ("of the last level", not_back("level-150", *[5] * 20), ("level-100", ""), "held"),
]


@pytest.mark.parametrize("censored, expected, second", [row[1:] for row in NOT_BACK], ids=[row[0] for row in NOT_BACK])
def test_levels_whose_requests_never_came_back(censored, expected, second):
    """A level that depends on them has proven nothing, and one that fails whatever they did has broken."""
    cliff = find_cliff([P95], store(level_50=10, level_100=20, level_150=30), LEVELS, 180, censored=censored)
    assert (cliff.last_good, cliff.first_bad) == expected
    assert cliff.levels[1].result == second


def test_one_threshold_of_two_that_depends_on_them():
    """The other one may hold: the level has proven nothing all the same."""
    count = Threshold(parse_selector("http_req_duration"), parse_assertion("count>1"), Kind.TREND)
    stores = store(level_50=10, level_100=20, level_150=30)
    cliff = find_cliff([count, P95], stores, LEVELS, 180, censored=not_back("level-100", *[5] * 20))
    assert [one.result for one in cliff.levels] == [Result.HELD, Result.UNPROVEN, Result.HELD]


EDGES = [
    ("the first moment in which it can break", 12, BAD, Result.BROKE),
    ("just before it", 11.9, BAD, Result.UNPROVEN),
    ("the first moment in which it has held", 57, GOOD, Result.HELD),
    ("just before it", 56.9, GOOD, Result.UNPROVEN),
]


@pytest.mark.parametrize("seconds, duration, result", [row[1:] for row in EDGES])
def test_a_fifth_of_a_level_settles_it_and_a_twentieth_may_be_missing(seconds, duration, result):
    """Of sixty seconds, twelve and three."""
    cliff = find_cliff([P95], store(level_50=duration), [Phase("level-50", 0, seconds)], seconds, hold=60)
    assert [one.result for one in cliff.levels] == [result]


def test_a_level_that_goes_on_has_not_held_yet():
    """It lasts until its phase ends, and its requests a second are of the time that it had."""
    (level,) = find_cliff([P95], store(level_50=GOOD), [Phase("level-50", 0, 90)], 70, hold=60).levels
    assert (level.result, level.phase.end, level.throughput) == (Result.UNPROVEN, 70, 120 / 70)
    (level,) = find_cliff([P95], store(level_50=GOOD), [Phase("level-50", 10, 70)], 70, hold=60).levels
    assert (level.result, level.throughput) == (Result.HELD, 2.0)


def test_of_two_tries_of_one_level_the_one_that_broke_is_no_proof():
    """A level that held is below the cliff only if its number is."""
    course = phases("level-50", "level-50-again")
    cliff = find_cliff([P95], measured({"level-50": GOOD, "level-50-again": BAD}), course, 120, hold=60)
    assert (cliff.last_good, cliff.first_bad, cliff.unsteady) == ("", "level-50-again", ("level-50",))


def test_figures_are_rounded_to_thousandths():
    """Times and throughput; what nobody measured is None."""
    cliff = find_cliff([P95], store(level_50=GOOD), [Phase("level-50", 0.12345, 70.98765)], 80, hold=60)
    (level,) = cliff.figures["levels"]
    assert (level["start_s"], level["end_s"], level["throughput"]) == (0.123, 70.988, 1.693)
    assert cliff.figures["throughput"] == 1.693
    assert find_cliff([P95], Store(), [Phase("level-50", 0, 60)], 60).figures["levels"][0]["throughput"] is None


def test_a_level_of_no_time_has_no_throughput():
    """Whatever was counted in it."""
    (level,) = find_cliff([P95], store(level_50=GOOD), [Phase("level-50", 10, 10)], 70).levels
    assert level.throughput is None


def test_one_request_that_never_came_back_is_enough():
    """A threshold that proves nothing depends on it; one that passed, or has none, does not."""
    unclear = Outcome(P95, Status.INCONCLUSIVE, None, 0)
    one = not_back("level-100", 5)
    assert _depends_on_open(unclear, one) is True
    assert _depends_on_open(unclear, CensoredStore()) is False
    assert _depends_on_open(Outcome(P95, Status.PASSED, 5.0, 9), one) is False

"""What is said of a drift: true to the verdict, in the unit of its series, and without a number that is none."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.breaks import Step
from locust_ext.gates.drift import Drift, Retained
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.drift_units import number, unit_of, unit_of_series
from locust_ext.gates.drift_words import an_hour, change, left, note, percent, remark, sentence
from locust_ext.gates.outcomes import Status
from locust_ext.gates.thresholds import parse_selector
from locust_ext.measure.sinks import Kind

FDS = DriftRule(parse_selector("probe{series:process_open_fds,instance:a}"), Kind.GAUGE)
MEMORY = DriftRule(parse_selector("probe{series:process_resident_memory_bytes}"), Kind.GAUGE)
P99 = DriftRule(parse_selector("http_req_duration{name:feed}"), Kind.TREND, "p(99)", 99.0, min_growth=0.25)
FAILED = Drift(FDS, Status.FAILED, rate=38.0, low=31.0, visible=9.0, growth=0.12, level=217.0)
PASSED = Drift(FDS, Status.PASSED, rate=0.3, low=-0.8, visible=1.4, growth=0.002, level=217.0)
UNCLEAR = Drift(FDS, Status.INCONCLUSIVE, "only 4 blocks; needs 8: 6m of load")
A = "probe{instance:a,series:process_open_fds}"

SENTENCES = [
    (
        "a leak",
        replace(FAILED, limit=1024.0, hours_left=21.2),
        (
            f"{A}: process_open_fds rises by 38 an hour (at least 31), 12 % over the load; at this rate 1,024 are reached in"
            " 21 hours; the smallest rise that this run could have seen is 9 an hour"
        ),
    ),
    (
        "a leak of memory",
        Drift(MEMORY, Status.FAILED, rate=3.8e7, low=9.1e5, growth=0.5, limit=2e9, hours_left=0.0),
        (
            "probe{series:process_resident_memory_bytes}: process_resident_memory_bytes rises by 38 MB an hour (at least"
            " 910 kB), 50 % over the load; 2 GB are reached"
        ),
    ),
    (
        "latency that creeps",
        Drift(P99, Status.FAILED, rate=30.44, low=27.0, growth=0.5),
        "http_req_duration{name:feed}: p(99) rises by 30.4 ms an hour (at least 27 ms), 50 % over the load",
    ),
    (
        "failures that creep",
        Drift(DriftRule(parse_selector("http_req_failed"), Kind.RATE, "rate"), Status.FAILED, rate=0.012, low=0.01),
        "http_req_failed: rate rises by 1.2 percentage points an hour (at least 1 percentage point)",
    ),
    (
        "from nothing",
        replace(FAILED, growth=math.inf, level=0.0, visible=math.inf),
        f"{A}: process_open_fds rises by 38 an hour (at least 31)",
    ),
    (
        "from next to nothing",
        replace(FAILED, growth=1e9, visible=None),
        f"{A}: process_open_fds rises by 38 an hour (at least 31), over 10,000 % over the load",
    ),
    (
        "healthy",
        PASSED,
        f"{A}: no rise: one of more than 1.4 an hour would have been seen (measured: +0.3 an hour, at least -0.8)",
    ),
    (
        "a rise that does not matter",
        replace(PASSED, rate=2.0, low=1.0, growth=0.011),
        (
            f"{A}: process_open_fds rises by 2 an hour (at least 1), 1.1 % over the load; up to 5 % over the load is allowed;"
            " the smallest rise that this run could have seen is 1.4 an hour"
        ),
    ),
    ("nothing known", replace(PASSED, rate=None, low=None, visible=None), f"{A}: no rise"),
    ("too short", UNCLEAR, f"{A}: inconclusive: only 4 blocks; needs 8: 6m of load"),
    ("without a reason", replace(UNCLEAR, reason=""), f"{A}: inconclusive: it could not be judged"),
    (
        "too restless",
        replace(PASSED, status=Status.INCONCLUSIVE, reason="it is too restless"),
        (
            f"{A}: inconclusive: it is too restless (measured: +0.3 an hour, at least -0.8); the smallest rise that this run"
            " could have seen is 1.4 an hour"
        ),
    ),
    (
        "what did not come back",
        replace(
            PASSED,
            rule=replace(FDS, must_return=True),
            status=Status.FAILED,
            reason="20% had not come back",
            retained=Retained(10.0, 110.0, 30.0),
        ),
        f"{A}: 20% had not come back; the smallest rise that this run could have seen is 1.4 an hour",
    ),
    ("failed for no reason at all", Drift(FDS, Status.FAILED), f"{A}: process_open_fds drifts"),
    (
        "several series in one",
        replace(FAILED, rule=replace(FDS, selector=parse_selector("probe{series:process_*}")), visible=None),
        "probe{series:process_*}: it rises by 38 an hour (at least 31), 12 % over the load",
    ),
    ("another gauge", Drift(DriftRule(parse_selector("vus"), Kind.GAUGE), Status.FAILED), "vus: it drifts"),
]


@pytest.mark.parametrize("drift, said", [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_sentences(drift, said):
    """What is watched, how fast, how sure, what could have been seen, and when it breaks."""
    assert sentence(drift) == said


DETAILS = [
    ("a transient", {"settled": 120.4}, "judged from 2m on, after its start"),
    ("a restart", {"restarts": 1}, "1 restart, the parts between them judged apart"),
    ("restarts", {"restarts": 3}, "3 restarts, the parts between them judged apart"),
    ("a step", {"steps": (Step(180.0, 40.0),)}, "a step of +40 at 3m, told apart"),
    ("a step that is none", {"steps": (Step(math.nan, 1.0), Step(1.0, math.inf))}, ""),
    ("teeth", {"teeth": 9}, "judged by the lowest points of 9 teeth"),
    (
        "a load that was kept",
        {"retained": Retained(10, 110, 30)},
        "of what the load took 20 % was still held after the rest",
    ),
    ("all came back", {"retained": Retained(10, 110, 9)}, "all of what the load took was back after the rest"),
    ("nothing was taken", {"retained": Retained(10, 10, 30)}, ""),
    ("nobody knows", {"retained": Retained(10, math.nan, 30)}, ""),
    ("by default", {"rule": replace(FDS, is_written=False)}, "a rule by default"),
]


@pytest.mark.parametrize("parts, said", [row[1:] for row in DETAILS], ids=[row[0] for row in DETAILS])
def test_how_it_was_judged(parts, said):
    """Told behind what was found, in the sentence and in the note beside figures."""
    end = f"; {said}" if said else ""
    assert remark(replace(PASSED, **parts)) == remark(PASSED) + end
    assert note(replace(PASSED, **parts)) == f"no rise{end}"


NOTES = [
    ("a leak", FAILED, "12 % over the load"),
    ("healthy", PASSED, "no rise"),
    ("a rise that does not matter", replace(PASSED, low=0.1, growth=0.011), "1.1 % over the load"),
    ("unclear", UNCLEAR, "only 4 blocks; needs 8: 6m of load"),
    ("nothing known", Drift(FDS, Status.FAILED), ""),
]


@pytest.mark.parametrize("drift, said", [row[1:] for row in NOTES], ids=[row[0] for row in NOTES])
def test_notes(drift, said):
    """Beside the figures of a table a note repeats none of them."""
    assert note(drift) == said


LEFT = [
    (None, ""),
    (math.inf, ""),
    (math.nan, ""),
    (-1.0, "reached"),
    (0.0, "reached"),
    (0.001, "1 minute"),
    (1.5, "90 minutes"),
    (2.2, "2 hours"),
    (47.4, "47 hours"),
    (72.0, "3 days"),
    (1e6, "over two years"),
]


@pytest.mark.parametrize("hours, said", LEFT)
def test_until_the_limit(hours, said):
    """In minutes, hours or days, whichever says it best."""
    assert left(replace(FAILED, hours_left=hours)) == said


NUMBERS = [
    (0.0, "0"),
    (-0.0, "0"),
    (0.00042, "0.00042"),
    (1.2345, "1.23"),
    (9.996, "10"),
    (12.34, "12.3"),
    (-38.0, "-38"),
    (99.96, "100"),
    (1048576.0, "1,048,576"),
    (1e-9, "1.00e-09"),
    (-2.5e20, "-2.50e+20"),
]


@pytest.mark.parametrize("value, said", NUMBERS)
def test_numbers(value, said):
    """Three digits that tell something, and thousands apart."""
    assert number(value) == said


UNITS = [
    ("process_open_fds", 1024.0, "1,024"),
    ("process_resident_memory_bytes", 2.15e9, "2.15 GB"),
    ("process_resident_memory_bytes", 0.0, "0 bytes"),
    ("tiny_bytes", 0.5, "0.5 bytes"),
    ("sent_bytes_total", 1.5e6, "1.5 MB/s"),
    ("app_requests_total", 12.5, "12.5/s"),
    ("gc_pause_seconds", 0.0042, "4.2 ms"),
    ("uptime_seconds", 90.0, "90 s"),
    ("lag_ms", 12.0, "12 ms"),
    ("cache_hit_ratio", 0.875, "87.5 %"),
]


@pytest.mark.parametrize("series, value, said", UNITS)
def test_units_of_probes(series, value, said):
    """By how the name of the series ends, as Prometheus has it."""
    assert unit_of_series(series).spell(value) == said


OWN = [
    (DriftRule(parse_selector("iteration_duration"), Kind.TREND, "avg"), 1500.0, "1,500 ms"),
    (DriftRule(parse_selector("reconnect_attempts"), Kind.TREND, "avg"), 1.5, "1.5 attempts"),
    (DriftRule(parse_selector("http_req_duration"), Kind.TREND, "count"), 12.0, "12"),
    (DriftRule(parse_selector("queue_time"), Kind.TREND, "p(99)"), 12.0, "12"),
    (DriftRule(parse_selector("http_reqs"), Kind.COUNTER, "rate"), 12.0, "12/s"),
    (DriftRule(parse_selector("checks"), Kind.RATE, "rate"), 0.5, "50 %"),
    (DriftRule(parse_selector("vus"), Kind.GAUGE), 50.0, "50"),
]


@pytest.mark.parametrize("rule, value, said", OWN, ids=[str(row[0]) for row in OWN])
def test_units_of_metrics(rule, value, said):
    """Those of the catalogue; a locustfile's own have none that we know."""
    assert unit_of(rule).spell(value) == said


def test_rates_without_a_number():
    """Are not written at all."""
    for value in (None, math.nan, math.inf):
        assert an_hour(FDS, value) == change(FDS, value) == ""
    assert [an_hour(FDS, 2.0), an_hour(FDS, 2.0, signed=True), change(MEMORY, -2e6)] == [
        "2 an hour",
        "+2 an hour",
        "-2 MB",
    ]
    assert [percent(0.124), percent(0.004), percent(12.5), percent(-0.5)] == ["12 %", "0.4 %", "1,250 %", "-50 %"]


ODD = re.compile(r"\b(?:inf|nan|None)\b", re.IGNORECASE)
FIGURE = st.none() | st.floats() | st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7e308])


@given(
    rule=st.sampled_from([FDS, MEMORY, P99, *(row[0] for row in OWN)]),
    status=st.sampled_from(list(Status)),
    figures=st.fixed_dictionaries(
        dict.fromkeys(["rate", "low", "visible", "growth", "level", "settled", "hours_left", "limit"], FIGURE)
    ),
    steps=st.lists(st.builds(Step, st.floats(), st.floats()), max_size=2).map(tuple),
    kept=st.none() | st.builds(Retained, st.floats(), st.floats(), st.floats()),
)
def test_no_sentence_holds_what_is_not_a_number(rule, status, figures, steps, kept):
    """Whatever the figures are: no infinity, no NaN, and always the name of what is watched."""
    drift = Drift(rule, status, steps=steps, retained=kept, **figures)
    assert sentence(drift).startswith(str(rule))
    assert len(sentence(drift)) > len(str(rule)) + 2
    for text in (sentence(drift), note(drift), left(drift)):
        assert not ODD.search(text), text

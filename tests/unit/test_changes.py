"""What was changed before a run: said in words, and never taken for as strict as it was without proof."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.config.changes import LONGEST_MARK, MOST_NAMED, Changes, _is_as_strict, changes_of
from locust_ext.config.plan import Plan
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.load.profiles import Smoke, Spike
from locust_ext.measure.sinks import Kind

DURATION = parse_selector("http_req_duration")


def threshold(text, select="http_req_duration", **options):
    """Return a threshold of durations."""
    return Threshold(parse_selector(select), parse_assertion(text), Kind.TREND, **options)


def judged(*thresholds, **more):
    """Return a plan with these thresholds."""
    return Plan("feed", thresholds=tuple(thresholds), **more)


A, B = threshold("p(95)<400"), threshold("p(99)<900")
THRESHOLDS = [
    ("nothing", [A, B], [A, B], [], 0),
    ("another order", [A, B], [B, A], [], 0),
    ("looser", [A], [threshold("p(95)<401")], ["p(95)<401 instead of p(95)<400: looser"], 1),
    ("with its end", [A], [threshold("p(95)<=400")], ["p(95)<=400 instead of p(95)<400: looser"], 1),
    ("without its end", [threshold("p(95)<=400")], [A], ["p(95)<400 instead of p(95)<=400: stricter"], 0),
    ("stricter", [A], [threshold("p(95)<399")], ["p(95)<399 instead of p(95)<400: stricter"], 0),
    ("at least less", [threshold("count>9")], [threshold("count>8")], ["count>8 instead of count>9: looser"], 1),
    ("at least more", [threshold("count>9")], [threshold("count>=10")], ["count>=10 instead of count>9: stricter"], 0),
    ("the other way", [A], [threshold("p(95)>400")], ["p(95)>400 instead of p(95)<400: looser"], 1),
    ("another method", [A], [threshold("avg<100")], ["avg<100 instead of p(95)<400: of another kind"], 1),
    ("optional", [A], [threshold("p(95)<400", optional=True)], ["(optional: True) instead of p(95)<400"], 1),
    ("gone", [A, B], [A], ["http_req_duration: p(99)<900 taken away"], 1),
    ("of another selection", [A], [threshold("p(95)<400", "http_req_duration{phase:surge}")], ["taken away", "added"], 1),
    ("new", [A], [A, B], ["http_req_duration: p(99)<900 added"], 0),
    ("one of two that are the same", [A, A], [A], ["taken away"], 1),
    ("of two the right one", [A, B], [A, threshold("p(99)<800")], ["p(99)<800 instead of p(99)<900: stricter"], 0),
]  # fmt: skip


@pytest.mark.parametrize("before, after, said, looser", [row[1:] for row in THRESHOLDS], ids=[r[0] for r in THRESHOLDS])
def test_thresholds(before, after, said, looser):
    """Each change in a phrase; what is not proved to be as strict is named in every report."""
    found = changes_of(judged(*before), judged(*after))
    assert len(found.said) == len(said)
    assert all(part in phrase for part, phrase in zip(said, found.said, strict=True)), found.said
    assert len(found.looser) == looser
    assert any("not that of the configuration" in warning for warning in found.warnings) is bool(looser)


SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
BOUNDS = st.integers(0, 6).map(lambda half: half / 2)


@given(st.sampled_from(sorted(SIGNS)), BOUNDS, st.sampled_from(sorted(SIGNS)), BOUNDS)
def test_what_is_as_strict_lets_nothing_more_pass(sign, bound, other_sign, other_bound):
    """Whatever passes the new threshold has passed the old one."""
    old, new = threshold(f"avg{sign}{bound}"), threshold(f"avg{other_sign}{other_bound}")
    if not _is_as_strict(old, new):
        return
    for half in range(-1, 14):
        value = half / 4
        assert SIGNS[sign](value, bound) or not SIGNS[other_sign](value, other_bound), value


LOADS = [
    ("a shape", judged(shape="smoke", profile=Smoke()), judged(shape="spike", profile=Spike()), ["spike instead of smoke"]),
    ("a parameter", judged(shape="smoke", profile=Smoke()), judged(shape="smoke", profile=Smoke(users=7)), ["users 7 instead of 10"]),
    ("a scale", judged(), judged(time_scale=0.05), ["time scale 0.05 instead of 1"]),
    ("no shape", judged(shape="smoke", profile=Smoke()), judged(), ["plain users instead of smoke"]),
    ("nothing", judged(shape="smoke", profile=Smoke()), judged(shape="smoke", profile=Smoke()), []),
]  # fmt: skip


@pytest.mark.parametrize("before, after, said", [row[1:] for row in LOADS], ids=[row[0] for row in LOADS])
def test_loads(before, after, said):
    """What of the load is another one."""
    found = changes_of(before, after)
    assert (list(found.said), found.reservation) == (said, "")


def test_another_host():
    """It is not named: hosts are left out of what is compared."""
    assert changes_of(judged(), judged(), elsewhere=True).said == ("another host than the configured one",)


def test_many_changes():
    """A sentence names the first ones; a fingerprint is short, and tells two long texts apart."""
    many = tuple(f"threshold {'x' * 400} {number} taken away" for number in range(100))
    (easier,) = Changes(many, many).warnings
    assert f"and {100 - MOST_NAMED} more" in easier
    assert len(easier) < 6000
    marks = {Changes(many).mark, Changes((*many[:50], "other", *many[51:])).mark}
    assert len(marks) == 2
    assert max(map(len, marks)) < LONGEST_MARK + 20
    assert Changes().mark == ""
    assert Changes().warnings == ()

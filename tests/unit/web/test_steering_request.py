"""Whatever JSON somebody sends is read, or refused in sentences: nothing raises, and nothing but text comes through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.steering_request import KNOWN, TEXTS, at_fields, plain_users, read_entered

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)  # fmt: skip
ROW = st.fixed_dictionaries({}, optional={"select": JSON, "must": JSON, "options": JSON})
SENT = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.text(max_size=12) | JSON for name in TEXTS},
        "params": st.dictionaries(st.text(max_size=8), st.text(max_size=8) | JSON, max_size=3) | JSON,
        "thresholds": st.lists(ROW | JSON, max_size=3) | JSON,
        "classes": st.lists(st.text(max_size=5) | JSON, max_size=3) | JSON,
        "another": JSON,
    },
)
USUAL = {"users": "1", "spawn_rate": "1", "run_time": ""}


@given(SENT)
def test_whatever_is_sent(sent):
    """Fields are text, rows have both of theirs, and each mistake has a field of the form, or none."""
    entered = read_entered(sent)
    assert set(entered.texts) == set(TEXTS)
    assert all(isinstance(one, str) for one in (*entered.texts.values(), *entered.params.values(), *entered.classes))
    assert all(row.select and row.must and row.select.strip() == row.select for row in entered.rows or ())
    assert all(problem.path.partition(".")[0] in ("", *KNOWN) and problem.message for problem in entered.problems)
    entered.edits()
    entered.places()


WORD = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
RIGHT = st.fixed_dictionaries(
    {
        "shape": WORD,
        "params": st.dictionaries(WORD, WORD, max_size=3),
        "thresholds": st.lists(st.fixed_dictionaries({"select": WORD, "must": WORD}), max_size=5),
        "host": st.sampled_from(["", "http://127.0.0.1:8000", "https://a.example/"]),
    }
)


@given(RIGHT)
def test_what_is_right_comes_through(sent):
    """As it is, each row at a place of its own."""
    entered = read_entered(sent)
    assert entered.problems == ()
    assert (entered.texts["shape"], entered.params) == (sent["shape"], sent["params"])
    assert [(row.select, row.must) for row in entered.rows] == [(r["select"], r["must"]) for r in sent["thresholds"]]
    musts = {f"thresholds.{number}.must" for number in range(len(sent["thresholds"]))}
    assert {field for field in entered.places().values() if field.endswith("must")} == musts
    assert sum(map(len, entered.edits().thresholds.values())) == len(sent["thresholds"])


SIGNS = st.text("0123456789.-+e_s \u0663n", max_size=6)


@given(SIGNS, SIGNS, SIGNS | st.from_regex(r"[1-9][0-9]{0,3}[smh]", fullmatch=True))
def test_plain_users_are_numbers_that_locust_reads(users, spawn_rate, run_time):
    """Or a mistake at each field."""
    wrong = set()
    try:
        fields, ramp, stays = plain_users({"users": users, "spawn_rate": spawn_rate, "run_time": run_time}, USUAL)
    except ConfigurationError as error:
        wrong = {problem.path for problem in error.problems}
    if wrong:
        assert wrong <= {"users", "spawn_rate", "run_time"}
        return
    assert 1 <= int(fields["user_count"]) <= 1_000_000
    assert 0 < float(fields["spawn_rate"]) <= 1_000_000
    assert ramp > 0
    assert stays is None or int(fields["run_time"]) == stays >= 1


PLACES = [
    ("form: Shape params: hold", "params.hold"),
    ("form: Shape params", "shape"),
    ("form: Shape", "shape"),
    ("form: Time scale", "time_scale"),
    ("form: host", "host"),
    ("form: Host", "host"),
    ("form: host: safety.production.go_ahead_for", "host"),
    ("form: Client", ""),
    ("thresholds.a", "thresholds.0.select"),
    ("thresholds.a[0]", "thresholds.0.must"),
    ("thresholds.a[0].window", "thresholds.0.must"),
    ("thresholds.a[1]", "thresholds.2.must"),
    ("thresholds.a.b", "thresholds.1.select"),
    ("thresholds.ab", ""),
    ("shapes.spike", "shape"),
    ("shapes.spike.hold", "params.hold"),
    ("shapes.other.hold", ""),
    ("safety.production.window", "host"),
    ("safety.rate_cap", "host"),
    ("safety.abort", ""),
    ("tenant", "host"),
    ("reports.dir", ""),
]


@pytest.mark.parametrize("path, field", PLACES, ids=[row[0] for row in PLACES])
def test_where_a_mistake_stands(path, field):
    """At its field; one of something else says itself where it is."""
    rows = [{"select": name, "must": "count>1"} for name in ("a", "a.b", "a")]
    error = ConfigurationError([Problem(path, "it is wrong", 7, "feed.yml")])
    found = at_fields(error, read_entered({"thresholds": rows}), "spike")[-1]
    assert found.path == field
    assert ("feed.yml:7" in found.message) is (not field)
    assert found.message.endswith("it is wrong")

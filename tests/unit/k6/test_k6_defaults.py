"""What a script leaves out: k6's own defaults, as its documentation has them."""

import pytest

from locust_ext.k6.options import (
    EXECUTORS,
    MINUTES,
    SECOND,
    RampStage,
    Shortcuts,
    Threshold,
    present,
)

DEFAULTS = [
    (
        "constant-arrival-rate",
        {"rate": 5, "duration": "1s", "preAllocatedVUs": 2},
        {"timeUnit": SECOND, "maxVUs": None},
    ),
    (
        "ramping-arrival-rate",
        {"stages": [{"duration": "1s", "target": 3}], "preAllocatedVUs": 2},
        {"timeUnit": SECOND, "startRate": 0, "maxVUs": None},
    ),
    ("constant-vus", {"duration": "1s"}, {"vus": 1}),
    ("ramping-vus", {"stages": [{"duration": "1s", "target": 3}]}, {"startVUs": 1, "gracefulRampDown": None}),
    ("shared-iterations", {}, {"vus": 1, "iterations": 1, "maxDuration": 10 * MINUTES}),
    ("per-vu-iterations", {}, {"vus": 1, "iterations": 1, "maxDuration": 10 * MINUTES}),
]


@pytest.mark.parametrize("name, given, defaults", DEFAULTS, ids=[row[0] for row in DEFAULTS])
def test_defaults_of_executors(name, given, defaults):
    """Users are one, iterations are one in ten minutes at the most, rates are of a second and begin at nothing."""
    found = EXECUTORS[name].model_validate(given)
    assert {key: getattr(found, key) for key in defaults} == defaults
    assert (found.startTime, found.gracefulStop, found.exec) == (0, None, "default")
    assert (found.env, found.tags, found.options) == ({}, {}, {})


def test_a_threshold_aborts_nothing_unless_it_says_so():
    """And then at once."""
    found = Threshold.model_validate({"threshold": "p(95)<400"})
    assert (found.abortOnFail, found.delayAbortEval) == (False, None)


EDGES = [
    ("as many users as there may be", "constant-arrival-rate", {"maxVUs": 2}, ""),
    ("fewer than there are at first", "constant-arrival-rate", {"maxVUs": 1}, "maxVUs must not be less"),
    ("an iteration for each user", "shared-iterations", {"vus": 3, "iterations": 3}, ""),
    ("fewer iterations than users", "shared-iterations", {"vus": 3, "iterations": 2}, "iterations must not be less"),
    ("iterations of each user", "per-vu-iterations", {"vus": 3, "iterations": 2}, ""),
]


@pytest.mark.parametrize("name, given, sentence", [row[1:] for row in EDGES], ids=[row[0] for row in EDGES])
def test_edges_of_executors(name, given, sentence):
    """What k6 itself would refuse is refused."""
    rates = {"rate": 5, "duration": "1s", "preAllocatedVUs": 2} if name == "constant-arrival-rate" else {}
    if sentence:
        with pytest.raises(ValueError, match=sentence):
            EXECUTORS[name].model_validate({**rates, **given})
    else:
        EXECUTORS[name].model_validate({**rates, **given})


SCENARIOS = [
    ("nothing", {}, None),
    ("users alone are as many iterations", {"vus": 5}, ("SharedIterations", {"vus": 5, "iterations": 5})),
    (
        "iterations alone",
        {"iterations": 7},
        ("SharedIterations", {"vus": 1, "iterations": 7, "maxDuration": 10 * MINUTES}),
    ),
    (
        "iterations in a time",
        {"vus": 2, "iterations": 2, "duration": "1s"},
        ("SharedIterations", {"vus": 2, "iterations": 2, "maxDuration": SECOND}),
    ),
    ("a time alone", {"duration": "1s"}, ("ConstantVUs", {"vus": 1, "duration": SECOND})),
    (
        "stages",
        {"stages": [{"duration": "1s", "target": 3}]},
        ("RampingVUs", {"startVUs": 1, "stages": (RampStage(duration="1s", target=3),)}),
    ),
]


@pytest.mark.parametrize("given, scenario", [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS])
def test_shortcuts_stand_for_one_scenario(given, scenario):
    """The one that k6 makes of them."""
    found = Shortcuts.model_validate(given).scenario()
    if scenario is None:
        assert found is None
    else:
        assert type(found).__name__ == scenario[0]
        assert {key: getattr(found, key) for key in scenario[1]} == scenario[1]


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"iterations": 1, "vus": 2}, "iterations must not be less than vus"),
        ({"stages": [{"duration": "1s", "target": 3}], "duration": "1s"}, "stages do not go with"),
        ({"stages": [{"duration": "1s", "target": 3}], "iterations": 3}, "stages do not go with"),
    ],
)
def test_shortcuts_that_contradict_each_other(given, sentence):
    """Are refused."""
    with pytest.raises(ValueError, match=sentence):
        Shortcuts.model_validate(given)


def test_null_is_left_out():
    """Wherever it stands, as k6 inspect writes it; lists keep their places."""
    assert present({"a": None, "b": {"c": None, "d": 0}, "e": [{"f": None}, None, False]}) == {
        "b": {"d": 0},
        "e": [{}, None, False],
    }

"""The parameters of shapes as fields: every one has its kind, its default and its meaning."""

import pytest

from locust_ext.load.parameters import FIXED, differing, parameters_of
from locust_ext.load.profiles import PROFILES, MarketOpen, Replay, Spike, Stages, Stress
from locust_ext.text.units import WRITTEN

SHIPPED = {kind: profile() for kind, profile in PROFILES.items() if not profile.needs}


@pytest.mark.parametrize("settings", SHIPPED.values(), ids=SHIPPED)
def test_every_parameter(settings):
    """What a field shows as its default is read back as that value."""
    fields = parameters_of(settings)
    assert [one.key for one in fields] == list(type(settings).model_fields)
    assert all(one.label and one.about and "`" not in one.about for one in fields)
    assert FIXED not in {one.kind for one in fields}
    written = {one.key: one.default for one in fields if one.default}
    assert type(settings).model_validate(written, context=dict(WRITTEN)) == settings


KINDS = [
    (Spike(), {"baseline_users": ("whole number", "20"), "factor": ("number", "10"), "hold": ("duration", "1m")}),
    (Stress(), {"precision": ("share", "5%"), "rest": ("duration", ""), "climb": ("choice", "steps")}),
    (Stress(precision=0.0125), {"precision": ("share", "1.25%")}),
    (Stages(stages=[{"duration": 5, "target": 3}]), {"stages": (FIXED, ""), "start_users": ("whole number", "0")}),
    (Replay.model_construct(file="a.csv"), {"file": (FIXED, ""), "series": ("text", ""), "speed": ("number", "1")}),
]


@pytest.mark.parametrize("settings, kinds", KINDS, ids=[type(row[0]).__name__ for row in KINDS])
def test_kinds(settings, kinds):
    """Read off the types; no field holds a list, or the name of a file."""
    found = {one.key: (one.kind, one.default) for one in parameters_of(settings)}
    assert kinds.items() <= found.items()


def test_choices():
    """What there is to choose from."""
    (climb,) = (one for one in parameters_of(Stress()) if one.key == "climb")
    assert climb.choices == ("steps", "ramp")


def test_what_differs():
    """By key, with both values as they are written."""
    assert list(differing(MarketOpen(), MarketOpen(surge=20, open_users=3000))) == [
        ("open_users", "2000", "3000"),
        ("surge", "1m", "20s"),
    ]
    assert list(differing(Stress(), Stress(rest=5))) == [("rest", "nothing", "5s")]
    stages = [Stages(stages=[{"duration": 5, "target": target}]) for target in (3, 4)]
    assert list(differing(*stages)) == [("stages", "another one", "another one")]

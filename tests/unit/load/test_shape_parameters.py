"""Parameters of shapes in code: typed, seen by editors, and no slip of the pen stands for a default."""

from contextlib import suppress
from inspect import get_annotations
from pathlib import Path
from typing import ClassVar

import pytest
from mypy import api as mypy_api
from pydantic_core import PydanticUndefined

import locust_ext
from locust_ext.load import shapes

CACHE = Path(__file__).parents[3] / ".mypy_cache" / "of-tests"
SHIPPED = [getattr(locust_ext, name) for name in locust_ext.__all__ if name.endswith("Shape")]
PARAMETERS = [(shape, name) for shape in SHIPPED for name in shape.profile.model_fields]


def said_of(capsys, base, **attributes):
    """Return what is said of a subclass with these attributes; ``""`` where it can be."""
    attributes = {"__module__": "locustfile", "abstract": True, **attributes}
    mine = type("Mine", (base,), attributes)
    with suppress(SystemExit):
        mine()
    return capsys.readouterr().err


@pytest.mark.parametrize("shape, name", PARAMETERS, ids=[f"{shape.__name__}.{name}" for shape, name in PARAMETERS])
def test_parameters_are_typed_and_listed(shape, name):
    """Each stands in its class, with a type and with the profile's own default."""
    assert name in dir(shape)
    assert name in get_annotations(shape)
    field = shape.profile.model_fields[name]
    if field.default is PydanticUndefined:
        assert not getattr(shape, name)
        return
    needed = {"stages": [{"target": 1, "duration": 1}]} if shape.profile.needs == "stages" else {}
    if shape.profile.needs != "file":
        said = shape.profile.model_validate({**needed, name: getattr(shape, name)})
        assert getattr(said, name) == field.default
    else:
        assert getattr(shape, name) == field.default


MISNAMED = [
    ("a wrong letter", shapes.SpikeShape, {"facter": 4}, "Mine.facter", "'factor'"),
    ("a capital", shapes.SpikeShape, {"Factor": 4}, "Mine.Factor", "'factor'"),
    ("a missing letter", shapes.SoakShape, {"user": 400}, "Mine.user", "'users'"),
    ("a letter too many", shapes.SpikeShape, {"holds": "5m"}, "Mine.holds", "'hold'"),
    ("two letters the other way round", shapes.SpikeShape, {"hodl": "5m"}, "Mine.hodl", "'hold'"),
    ("another word break", shapes.SpikeShape, {"warm_up": "5m"}, "Mine.warm_up", "'warmup'"),
    ("camel's letters", shapes.MarketOpenShape, {"halfLife": "5m"}, "Mine.halfLife", "'half_life'"),
    (
        "beside the right one",
        shapes.StressShape,
        {"max_users": 9, "max_user": 5, "start_users": 1},
        "max_user",
        "'max_users'",
    ),
    ("beside a wrong value", shapes.SpikeShape, {"facter": 4, "hold": "soon"}, "Mine.hold", "'soon' is not a duration"),
    ("with a wrong value beside it", shapes.SpikeShape, {"facter": 4, "hold": "soon"}, "Mine.facter", "'factor'"),
    ("in stages", shapes.StagesShape, {"stage": [{"target": 1, "duration": 1}]}, "Mine.stage", "'stages'"),
]


@pytest.mark.parametrize("base, attributes, path, meant", [r[1:] for r in MISNAMED], ids=[r[0] for r in MISNAMED])
def test_a_slip_of_the_pen_is_a_mistake(capsys, base, attributes, path, meant):
    """It ends the process with 104 and the name that was meant."""
    said = said_of(capsys, base, **attributes)
    assert f"{path}: " in said
    assert meant in said


def test_an_inherited_slip_is_found(capsys):
    """It may stand in a class in between, or in a mixin."""
    between = type("Between", (shapes.SpikeShape,), {"__module__": "team", "abstract": True, "facter": 4})
    mixin = type("Mixin", (), {"__module__": "team", "recovry": "5s"})
    assert "'factor'" in said_of(capsys, between)
    said = said_of(capsys, type("Both", (mixin, shapes.SpikeShape), {"__module__": "team", "abstract": True}))
    assert "did you mean 'recovery'?" in said


class Descriptor:
    """Computes what it is asked for."""

    def __get__(self, *_):
        return 5


OWN = [
    ("a method", {"factors": lambda _: 5}),
    ("a property", {"factors": property(lambda _: 5)}),
    ("a method of the class", {"factors": classmethod(lambda _: 5)}),
    ("a function alone", {"factors": staticmethod(lambda: 5)}),
    ("a descriptor of one's own", {"factors": Descriptor()}),
    ("one that is annotated", {"factors": 5, "__annotations__": {"factors": int}}),
    ("one that is annotated for the class", {"factors": 5, "__annotations__": {"factors": ClassVar[int]}}),
    ("one that is private", {"_factor": 5}),
    ("one like none", {"note": "nightly", "spawn_rate": 5, "time_limit": 60, "stages": [1]}),
    ("Locust's own", {"use_common_options": True}),
]


@pytest.mark.parametrize("attributes", [row[1] for row in OWN], ids=[row[0] for row in OWN])
def test_attributes_of_ones_own(capsys, attributes):
    """What cannot be meant as a parameter is nobody's business."""
    assert said_of(capsys, shapes.SpikeShape, **attributes) == ""


def test_defaults_are_not_given():
    """What stands in our classes is not said by a subclass: stages of nobody are missing, not empty."""
    assert shapes.SpikeShape().settings.model_fields_set == set()


def test_an_inherited_parameter_counts():
    """So that a family of shapes can share what it has in common."""
    between = type("Between", (shapes.SpikeShape,), {"__module__": "team", "abstract": True, "factor": 4})
    mixin = type("Mixin", (), {"__module__": "team", "hold": "2m"})
    mine = type("Mine", (mixin, between), {"__module__": "team", "abstract": True})()
    assert (mine.settings.factor, mine.settings.hold) == (4.0, 120.0)


def test_what_an_instance_says(capsys):
    """A parameter that __init__ sets counts, before Locust's own part and after it."""

    class Early(shapes.SpikeShape):
        abstract = True

        def __init__(self):
            self.factor = 4
            super().__init__()

    class Late(shapes.SpikeShape):
        abstract = True

        def __init__(self):
            super().__init__()
            self.factor = 4

    assert (Early().settings.factor, Late().settings.factor) == (4.0, 4.0)
    assert Late().schedule.peak == 80


def test_the_exit_code():
    """It is that of every wrong configuration."""
    mine = type("Mine", (shapes.SpikeShape,), {"abstract": True, "facter": 4})
    with pytest.raises(SystemExit, match="104"):
        mine()


TYPED = """\
from pathlib import Path

from locust_ext import ReplayShape, SpikeShape, StagesShape, StressShape


class Mine(SpikeShape):
    baseline_users = 5
    factor = {factor}
    hold = "2m"
    fall = 3.5


class Tuesday(StagesShape):
    stages = [{{"target": 800, "duration": "5m"}}, {{"duration": 30, "users": 20, "spawn_rate": 5}}]


class Replayed(ReplayShape):
    file = Path("open.csv")
    interpolate = "steps"


class Cliff(StressShape):
    climb = "{climb}"
    rest = "10s"
"""


@pytest.mark.slow
@pytest.mark.long
def test_a_type_checker_reads_the_parameters(tmp_path):
    """What the documents show passes in the strictest mode, and a text for a number does not."""
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(TYPED.format(factor=4, climb="ramp"), "utf-8")
    bad.write_text(TYPED.format(factor='"ten"', climb="stairs"), "utf-8")
    said, _, _ = mypy_api.run(["--strict", f"--cache-dir={CACHE}", str(good), str(bad)])
    assert [line for line in said.splitlines() if "good.py" in line] == []
    assert {line.split(":")[1] for line in said.splitlines() if "bad.py" in line} == {"8", "23"}


def test_a_state_of_ones_own_is_no_parameter(capsys):
    """What is remembered under a parameter's name changes nothing once the load has begun."""
    shape = type("Counting", (shapes.SpikeShape,), {"abstract": True})()
    assert shape.schedule.peak == 200
    shape.hold = -1
    assert (shape.settings.hold, shape.schedule.peak) == (60.0, 200)
    assert capsys.readouterr().err == ""

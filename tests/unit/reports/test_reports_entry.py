"""Parts of a report: made of values of the same names, plain again, and as they were."""

import warnings
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from pydantic import Field, ValidationError

from locust_ext.reports.entry import Entry, OpenEntry


class Point(Entry):
    """A place, with a key of another name, and one that may be left out."""

    x: int
    up: int = Field(alias="y")
    note: str = "none"


class Named(OpenEntry):
    """What has a name, and figures of its own."""

    name: str


@dataclass
class Place:
    """A place as the code has it."""

    x: int
    note: str
    far: bool = False


def test_of_a_value():
    """What is not given by itself is its attribute of the same name; keys are as they are written."""
    point = Point.of(SimpleNamespace(x=1, note="here", other=5), up=2)
    assert point.plain() == {"x": 1, "y": 2, "note": "here"}
    assert list(point.plain()) == ["x", "y", "note"]


def test_back_again():
    """What is not given by itself is the field of the same name; what the class does not have is left out."""
    point = Point.of(SimpleNamespace(x=1, note="here"), up=2)
    assert point.to(Place) == Place(1, "here")
    assert point.to(Place, x=7, far=True) == Place(7, "here", far=True)


def test_what_was_not_set_is_not_written():
    """Of an entry that was read, too."""
    assert Point.model_validate({"x": 1, "y": 2, "later": True}).plain() == {"x": 1, "y": 2}


def test_odd_values_are_written_without_a_word():
    """Whatever a run held: a report is no place to complain."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Point.of(SimpleNamespace(x="five", note=None), up=2).plain() == {"x": "five", "y": 2, "note": None}


@pytest.mark.parametrize("entry", [Point.model_validate({"x": 1, "y": 2}), Named.having({"name": "a"}, {"due": 5})])
def test_entries_do_not_change(entry):
    """Once they are made."""
    with pytest.raises(ValidationError, match="frozen"):
        entry.x = 5


def test_figures_of_its_own():
    """They stand beside the others, and are read again."""
    entry = Named.having({"name": "arrivals"}, {"due": 5, "late": None})
    assert entry.figures == {"due": 5, "late": None}
    assert entry.plain() == {"name": "arrivals", "due": 5, "late": None}
    assert Named.model_validate(entry.plain()).figures == {"due": 5, "late": None}
    assert Named.model_validate({"name": "x"}).figures == {}

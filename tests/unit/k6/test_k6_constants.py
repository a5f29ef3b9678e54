"""Values of a script by themselves: their properties, what operators make of them, and what is left to a run."""

import pytest

from locust_ext.k6.constants import (
    ENVIRONMENT,
    NOT_A_NUMBER,
    UNDEFINED,
    Constant,
    Unknown,
    combined,
    property_of,
    returned,
    unfold,
)

FIVE, TEXT, NULL, NOTHING = Constant(5, 1), Constant("abc", 1), Constant(None, 1), Constant(UNDEFINED, 1)
LIST = Constant((FIVE, TEXT), 1)
OBJECT = Constant({"a": FIVE}, 1)
ASKED = Constant(7, 1, frozenset({"VUS"}))
LOST = Constant(Unknown("a run tells"), 1)

PROPERTIES = [
    ("of an object", OBJECT, "a", 5),
    ("that an object does not have", OBJECT, "b", UNDEFINED),
    ("of a list", LIST, "1", "abc"),
    ("the last of a list and one more", LIST, "2", UNDEFINED),
    ("far beyond a list", LIST, "9" * 5000, UNDEFINED),
    ("the length of a list", LIST, "length", 2),
    ("the length of a text", TEXT, "length", 3),
    ("of nothing", NULL, "a", Unknown("there is no 'a' to read")),
    ("of a number", FIVE, "length", Unknown("there is no 'length' to read")),
    ("of a list, by a name", LIST, "map", Unknown("there is no 'map' to read")),
    ("of a list, by a number in other digits", LIST, "01", Unknown("there is no '01' to read")),
    ("what every object has", OBJECT, "constructor", Unknown("there is no 'constructor' to read")),
    ("the length of a text in halves of characters", Constant("\N{GRINNING FACE}", 1), "length", 2),
    ("of what is not known", LOST, "a", Unknown("a run tells")),
]


@pytest.mark.parametrize("owner, key, value", [row[1:] for row in PROPERTIES], ids=[row[0] for row in PROPERTIES])
def test_properties(owner, key, value):
    """As JavaScript reads them."""
    assert property_of(owner, key, 3).value == value


def test_optional_properties():
    """Of nothing they are undefined; of what is there they are as ever."""
    assert property_of(NULL, "a", 3, is_optional=True) == Constant(UNDEFINED, 3)
    assert property_of(NOTHING, "a", 3, is_optional=True).value is UNDEFINED
    assert property_of(OBJECT, "a", 3, is_optional=True).value == 5
    assert property_of(FIVE, "a", 3, is_optional=True).is_unknown


def test_the_environment():
    """It has no value here, and is remembered by the name that was asked for."""
    found = property_of(Constant(ENVIRONMENT, 1), "VUS", 3)
    assert (found.value, found.line, found.asks) == (UNDEFINED, 3, {"VUS"})
    assert found.missing() == "it comes from __ENV.VUS, which has no default here"
    assert NOTHING.missing() == "it is undefined"
    both = combined("+", ASKED, Constant(1, 2, frozenset({"A"})))
    assert (both.value, both.asks) == (8, {"A", "VUS"})
    assert combined("+", found, FIVE).value == Unknown(found.missing())


OPERATIONS = [
    ("undefined is undefined", "===", NOTHING, NOTHING, True),
    ("undefined is not null", "===", NOTHING, NULL, False),
    ("and so", "!==", NOTHING, NULL, True),
    ("but nearly", "==", NOTHING, NULL, True),
    ("and so too", "!=", NOTHING, NULL, False),
    ("undefined is no number", "==", NOTHING, FIVE, False),
    ("nor the other way", "!=", FIVE, NOTHING, True),
    ("numbers", "===", FIVE, FIVE, True),
    ("the left is not known", "+", LOST, FIVE, Unknown("a run tells")),
    ("the right is not known", "+", FIVE, LOST, Unknown("a run tells")),
    ("not even for comparing", "===", NOTHING, LOST, Unknown("a run tells")),
    ("undefined is added", "+", FIVE, NOTHING, Unknown("it is undefined")),
    ("not a number is itself", "===", Constant(NOT_A_NUMBER), Constant(NOT_A_NUMBER), False),
    ("not a number is another", "!=", Constant(NOT_A_NUMBER), FIVE, True),
    ("not a number is added", "+", FIVE, Constant(NOT_A_NUMBER), Unknown("it is not a number")),
]


@pytest.mark.parametrize("sign, left, right, value", [row[1:] for row in OPERATIONS], ids=[r[0] for r in OPERATIONS])
def test_operators(sign, left, right, value):
    """On what is known, and on what is nothing."""
    assert combined(sign, left, right).value == value


@pytest.mark.parametrize(
    "sign, left, right, sentence",
    [
        ("+", OBJECT, FIVE, "of objects"),
        ("===", FIVE, LIST, "of objects"),
        ("<<", FIVE, FIVE, "<< is not followed here"),
    ],
)
def test_operators_that_are_not_followed(sign, left, right, sentence):
    """They are said."""
    with pytest.raises(ValueError, match=sentence):
        combined(sign, left, right)


RETURNED = [
    ("a number", "Number", [Constant("7", 1)], 7),
    ("of nothing given", "Number", [], Unknown("it is what a function returns")),
    ("of undefined", "Number", [NOTHING], NOT_A_NUMBER),
    ("undefined is false", "Boolean", [NOTHING], False),
    ("undefined as text", "String", [NOTHING], "undefined"),
    ("what is not a number is false", "Boolean", [Constant(NOT_A_NUMBER)], False),
    ("what is not a number, as text", "String", [Constant(NOT_A_NUMBER)], "NaN"),
    ("the largest", "Math.max", [FIVE, Constant(7), Constant("6")], 7),
    ("the smallest", "Math.min", [FIVE, Constant(7), Constant(True)], 1),
    ("the largest with undefined", "Math.max", [FIVE, NOTHING], NOT_A_NUMBER),
    ("the largest of what is not known", "Math.max", [FIVE, LOST], Unknown("it is what a function returns")),
    ("the largest of nothing", "Math.max", [], Unknown("it is what a function returns")),
    ("of what is not known", "Number", [LOST], Unknown("a run tells")),
    ("of a list", "Number", [LIST], Unknown("it is what a function returns")),
    ("what is frozen stays", "Object.freeze", [OBJECT], {"a": FIVE}),
    ("objects become one", "Object.assign", [Constant({}), OBJECT, Constant({"a": TEXT})], {"a": TEXT}),
    ("no objects", "Object.assign", [OBJECT, FIVE], Unknown("it is what a function returns")),
    ("another function", "Math.random", [FIVE], Unknown("it is what a function returns")),
]


@pytest.mark.parametrize("name, given, value", [row[1:] for row in RETURNED], ids=[row[0] for row in RETURNED])
def test_functions(name, given, value):
    """JavaScript's own, where a value follows from what they are given."""
    assert returned(name, given, 4).value == value


def test_where_a_result_is_and_what_it_asks():
    """In the line of the call, and of the variables of its argument."""
    found = returned("String", [ASKED], 4)
    assert (found.value, found.line, found.asks) == ("7", 4, {"VUS"})


def test_unfolded():
    """Undefined properties are left out unless a variable could set them; lines stand beside their paths."""
    asked = Constant(UNDEFINED, 6, frozenset({"RATE"}))
    whole = Constant({"a": FIVE, "b": NOTHING, "c": asked, "d": LOST, "e": Constant((ASKED, NOTHING), 9)}, 2)
    found = unfold(whole)
    assert found.values == {"a": 5, "c": None, "d": None, "e": [7, None]}
    assert found.lines == {(): 2, ("a",): 1, ("c",): 6, ("d",): 1, ("e",): 9, ("e", 0): 1, ("e", 1): 1}
    assert found.unknown == {("c",): asked.missing(), ("d",): "a run tells"}
    assert found.asks == {("e", 0): {"VUS"}}
    assert unfold(Constant(5)).lines == {}


def test_undefined_is_false():
    """And nothing, as null is."""
    assert not UNDEFINED
    assert (NOTHING.is_nothing, NULL.is_nothing, Constant(0).is_nothing) == (True, True, False)

"""A frozen dataclass of ours is seen to do what Python's own does: the same class is made by both and looked at."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import pickle
import sys
from dataclasses import InitVar, field  # noqa: F401 classes that are made up name them
from pathlib import Path
from typing import ClassVar, get_type_hints  # noqa: F401 the same

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.text import frozen
from tests.unit.dataclasses_of_all_kinds import MADE_HERE, TABLE, one, plain

PACKAGE = Path(__file__).parents[2] / "locust_ext"
BY_PYTHON = {  # where frozen classes are Python's own
    "measure/event.py": "one is made for each request that makes no sense",
    "measure/series.py": "selectors are keys",
    "safety/middleware.py": "a file that a team can copy imports nothing of ours",
    "safety/spellings.py": "one is made for each text that is searched for secrets",
    "storms/comeback.py": "one is made for each attempt to come back",
}
faster = pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python's own compiles a class in one go")


CALLS = [((1,), {}), ((1,), {"third": 5}), ((), {}), ((1, 2), {}), ((1, 2, 3), {}), ((), {"nobody": 1}), (([],), {})]


def said(look):
    """What a look at something shows: its value, or what it raises."""
    try:
        return look()
    except Exception as error:  # noqa: BLE001 whatever it is, both must raise it
        return type(error), str(error)


def of_class(made):
    """What a class shows of itself."""
    return {
        "fields": repr(dataclasses.fields(made)),
        "options": repr(made.__dataclass_params__),
        "match": made.__match_args__,
        "signature": str(inspect.signature(made)),
        "annotations": made.__init__.__annotations__,
        "types": said(lambda: repr(get_type_hints(made.__init__))),
        "names": [vars(made)[name].__qualname__ for name in ("__init__", "__eq__") if name in vars(made)],
        "words": made.__doc__,
        "abstract": inspect.isabstract(made),
        "own": sorted(set(vars(made))),
    }


def of_instance(made, args, named):
    """What an instance shows, and what is done to it."""
    it, twin = made(*args, **named), made(*args, **named)
    names = [*made.__dataclass_fields__, "novel"]
    before = {
        "repr": said(lambda: repr(it)),
        "str": said(lambda: str(it)),
        "equal": said(lambda: (it == twin, it != twin, it == 1, it.__eq__(1))),
        "to a plain heir": said(lambda: it == heir(made, it)),
        "hash": said(lambda: hash(it) if made.__hash__ is not object.__hash__ else None),
        "order": said(lambda: it < twin),
        "values": said(lambda: repr(vars(it))),
        "dict": said(lambda: repr(dataclasses.asdict(it))) if "around" not in names else None,
        "tuple": said(lambda: repr(dataclasses.astuple(it))) if "around" not in names else None,
        "replaced": said(lambda: repr(dataclasses.replace(it))),
        "replaced by": [said(lambda name=name: repr(dataclasses.replace(it, **{name: 6}))) for name in names],
        "copies": [said(lambda make=make: repr(make(it))) for make in (copy.copy, copy.deepcopy, again)],
        "twins": [said(lambda make=make: make(it) == it) for make in (copy.copy, copy.deepcopy, again)],
    }
    touched = {
        name: (said(lambda name=name: setattr(it, name, 5)), said(lambda name=name: delattr(it, name)))
        for name in names
    }
    return before | touched | {"after": said(lambda: repr(it))}


def heir(made, it):
    """An instance of a plain class that inherits, with the same values."""
    other = object.__new__(type(made.__name__, (made,), {}))
    vars(other).update(vars(it))
    return other


def again(it):
    """A value that went through a pickle; its class is where pickles look for it."""
    made = type(it)
    made.__qualname__ = "Made"
    sys.modules[made.__module__].Made = made
    return pickle.loads(pickle.dumps(it))


def everything(make, dataclass, calls):
    """All that can be seen of a class, or the mistake that it is."""
    made = said(lambda: make(dataclass))
    if isinstance(made, tuple):
        return made
    return [
        of_class(made),
        *(said(lambda args=args, named=named: of_instance(made, args, named)) for args, named in calls),
    ]


@pytest.mark.parametrize("make", TABLE, ids=lambda make: make.__name__)
def test_ours_is_what_pythons_own_is(make):
    """In all that can be seen, mistakes among it."""
    assert everything(make, frozen.dataclass, CALLS) == everything(make, dataclasses.dataclass, CALLS)


OPTIONS = ("compare", "repr", "init", "hash", "kw_only")
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(("int", "int", "int", "InitVar[int]", "ClassVar[int]")),
        st.sampled_from(("", "", "default=3", "default='x'", "default_factory=list", "default_factory=int")),
        st.dictionaries(st.sampled_from(OPTIONS), st.booleans(), max_size=2),
    ),
    max_size=4,
)
VALUES = st.one_of(st.integers(-2, 2), st.text(max_size=2), st.just([]), st.none(), st.just(0.5))


@given(
    st.permutations(["a", "b", "self", "_c"]), FIELDS, st.booleans(), st.lists(VALUES, max_size=4), st.integers(0, 4)
)
def test_a_class_of_any_fields_is(names, kinds, has_end, values, positional):
    """Whatever its fields are, and whatever they hold."""
    lines = [
        f"    {name}: {kind} = field({', '.join(filter(None, (value, *(f'{k}={v}' for k, v in options.items()))))})"
        for name, (kind, value, options) in zip(names, kinds, strict=False)
    ]
    end = ["    def __post_init__(this, *given): object.__setattr__(this, 'given', given)"] if has_end else []
    source = "\n".join(("@dataclass(frozen=True)", "class Made:", '    """Made up."""', *lines, *end))

    def make(dataclass):
        scope = globals() | {"dataclass": dataclass}
        exec(source, scope)
        return scope["Made"]

    calls = [(values[:positional], dict(zip(names[positional:], values[positional:], strict=False))), ((), {})]
    assert everything(make, frozen.dataclass, calls) == everything(make, dataclasses.dataclass, calls)


def test_two_classes_are_never_equal():
    """Whatever their fields hold."""
    assert one(frozen.dataclass)(1) != one(frozen.dataclass)(1)
    assert one(frozen.dataclass)(1) != one(dataclasses.dataclass)(1)


def test_a_match_takes_it_apart():
    """By the order of the fields."""
    made = plain(frozen.dataclass)
    match made(1, "x"):
        case made(first, second):
            assert (first, second) == (1, "x")


@faster
@pytest.mark.parametrize("make", MADE_HERE, ids=lambda make: make.__name__)
def test_only_its_init_is_compiled(make):
    """The other methods are there already."""
    made = make(frozen.dataclass)
    compiled = {name for name in frozen._METHODS if vars(made)[name].__code__.co_filename == "<string>"}
    assert compiled == {"__init__"}


def test_all_of_the_package_are_made_here():
    """Save those whose file has a reason."""
    others = set()
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        marks = {
            ast.unparse(mark)
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for mark in node.decorator_list
        }
        homes = {
            node.module
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for name in node.names
            if name.name == "dataclass"
        }
        if "dataclass(frozen=True)" in marks and homes != {"locust_ext.text.frozen"}:
            others.add(str(file.relative_to(PACKAGE)))
    assert others == set(BY_PYTHON)


@faster
def test_only_what_is_certain_is_made_here():
    """With other options, without a docstring, with a method or a base of its own, it is Python's own."""

    class Plain:
        """A point."""

        x: int = 1

    class Silent:
        x: int = 1

    Silent.__doc__ = None

    class Own:
        """One that says itself what it is."""

        x: int = 1

        def __repr__(self):
            return "mine"

    made = frozen.dataclass(frozen=True)(Plain)
    assert made is Plain
    assert made.__init__.__qualname__.endswith("Plain.__init__")
    assert not hasattr(made.__eq__, "__wrapped__")
    assert made().x == 1
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        made().x = 2
    ours = made.__eq__.__code__.co_filename
    assert ours == frozen.__file__
    for options, cls in (
        ({"frozen": True}, Silent),
        ({"frozen": True}, Own),
        ({}, type("Other", (), {"__doc__": "x"})),
    ):
        assert frozen.dataclass(cls, **options).__eq__.__code__.co_filename != frozen.__file__
    assert repr(Own()) == "mine"
    assert frozen.dataclass(type("Other", (), {"__doc__": "x", "__annotations__": {"x": int}}))(5).x == 5

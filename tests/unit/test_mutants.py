"""What counts as a small change of the code, and what a mutant is shown to."""

import ast

import pytest

from tests.mutants.mutation import mutants_of
from tests.mutants.reach import ROOT, Reach
from tests.mutants.run import Sample, known_equivalents

CHANGES = [
    ("a comparison, its bound and its contrary", "x = a < b", ["(a <= b)", "(a >= b)"]),
    ("equality", "x = a == b", ["(a != b)"]),
    ("membership", "x = a not in b", ["(a in b)"]),
    ("identity", "x = a is None", ["(a is not None)"]),
    ("a chain", "x = 0 <= a < 5", ["(0 < a < 5)", "(0 <= a <= 5)", "1", "6"]),
    ("and", "x = a and b", ["(a or b)"]),
    ("not", "x = not a", ["a"]),
    ("arithmetic", "x = a * 1000", ["(a / 1000)", "1001"]),
    ("numbers", "x = 0.375", ["0.75"]),
    ("truth", "x = True", ["False"]),
    ("min", "x = min(a, b)", ["max(a, b)"]),
    ("rounding", "x = math.floor(a)", ["math.ceil(a)"]),
    ("a condition without a comparison", "if a:\n    b = c", ["(not a)"]),
    ("a choice", "x = a if b else c", ["(not b)"]),
    ("a call whose result nobody takes", "a(b)", ["pass"]),
    ("a raise", "raise a", ["pass"]),
    ("what is returned", "def f():\n    return a", ["return None"]),
    ("nothing is returned already", "def f():\n    return None", []),
    ("false is told by the contrary alone", "def f() -> bool:\n    return False", ["True"]),
    ("true is told by nothing too", "def f() -> bool:\n    return True", ["return None", "False"]),
    ("what is computed is told by nothing too", "def f() -> bool:\n    return a", ["return None"]),
    ("false beside other answers", "def f() -> bool | None:\n    return False", ["return None", "True"]),
    ("what is set", "def f(a):\n    a.b = c", ["pass"]),
    ("what is added", "a += b", ["a -= b"]),
    ("the way out of a loop", "for a in b:\n    break", ["continue"]),
    ("a default", "def f(a=5): ...", ["6"]),
    ("inside of a text nothing", "x = f'{a + 1}'", []),
    ("texts put together", "x = 'a' + b", []),
    ("a docstring", "'''Says: 1 + 1.'''", []),
    ("an annotation", "a: Literal[5] | None = b", []),
    ("what is only for types", "if TYPE_CHECKING:\n    a(b)", []),
    ("the promise that two lists are as long", "x = zip(a, b, strict=True)", []),
    ("that they need not be", "x = zip(a, b, strict=False)", ["True"]),
    ("what else is strict", "x = f(a, strict=True)", ["False"]),
    ("a log", "logger.warning(a)", []),
    ("an import", "from a import b", []),
]


@pytest.mark.parametrize("source, changes", [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_changes(source, changes):
    """Each is one change of the text, which is Python before and after."""
    found = mutants_of(source.encode(), "locust_ext/gates/x.py")
    assert [mutant.new for mutant in found] == changes
    for mutant in found:
        changed = mutant.applied(source.encode()).decode()
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))


def test_where_a_change_is():
    """The line, the function and the room; signs of more bytes than one move nothing."""
    source = "é = 'é'\nclass A:\n    def f(self):\n        return 'é' if a else b\n"
    mutant = mutants_of(source.encode(), "locust_ext/gates/x.py")[1]
    assert (mutant.line, mutant.where, mutant.room, mutant.old, mutant.new) == (4, "A.f", "gates", "a", "(not a)")
    assert mutant.text == "locust_ext/gates/x.py:4 a -> (not a)"
    assert mutant.applied(source.encode()).decode() == source.replace("if a", "if (not a)")
    assert mutants_of(b"x = 1", "locust_ext/cli.py")[0].room == "root"


def test_which_tests_a_mutant_is_shown_to():
    """Those that enter its function, its room's first and the quick ones before the slow; then the others of their files."""
    it, other = "locust_ext/gates/x.py::f", "locust_ext/gates/x.py::g"
    told = {
        "tests/unit/test_a.py::far": (1.0, [it]),
        "tests/unit/gates/test_b.py::slow": (2.0, [it]),
        "tests/unit/gates/test_b.py::quick": (0.5, [it, other]),
        "tests/unit/gates/test_b.py::beside": (0.1, [other]),
        "tests/unit/gates/test_c.py::elsewhere": (0.1, [other]),
    }
    reach = Reach(tests=told)
    order = [test.split("::")[1] for test in reach.choose("locust_ext/gates/x.py", "f", "gates", 100.0)]
    assert order == ["quick", "slow", "far", "beside"]
    assert len(reach.choose("locust_ext/gates/x.py", "f", "gates", 1.0)) == 1
    assert reach.choose("locust_ext/gates/x.py", "h", "gates", 100.0) == []


def test_the_score():
    """Of those that some test could notice, by room; survivors stand above it."""
    mutants = mutants_of(b"x = 1\ny = 2\nz = 3\n", "locust_ext/gates/x.py")
    sample = Sample(mutants, {(mutants[2].file, "", "3", "4"): "nobody asks"})
    sample.caught[mutants[0]], sample.survived[mutants[1]] = "a test", 7
    lines = list(sample.lines())
    assert sample.is_equivalent(mutants[2])
    assert lines[0] == "locust_ext/gates/x.py:2 2 -> 3   (7 tests)"
    assert [line.split() for line in lines[2:]] == [
        ["gates", "3", "1", "1", "1", "50%"],
        ["pure", "rooms", "3", "1", "1", "1", "50%"],
        ["all", "3", "1", "1", "1", "50%"],
    ]


def test_each_equivalent_mutant_is_one_of_the_code():
    """A row whose code has changed, or that cannot be read, excuses nothing."""
    known = known_equivalents()
    files = {file for file, *_ in known}
    found = {
        (one.file, one.where, one.old, one.new)
        for file in files
        for one in mutants_of((ROOT / file).read_bytes(), file)
    }
    assert known.keys() - found == set()
    assert all(known.values())

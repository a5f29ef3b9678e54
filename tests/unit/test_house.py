"""The house: who lives in the root, what each room says of itself, and how long a file may be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "locust_ext"
IN_THE_ROOT = {"__init__", "__main__", "locust_ext_autoload", "cli", "parts", "plugin"}
LONGEST = 400
ROOMS = sorted(file.parent for file in ROOT.glob("*/__init__.py"))
FILES = sorted(ROOT.rglob("*.py"))


def test_the_root_is_a_stairwell():
    """Whatever else there is has a room."""
    assert {file.stem for file in ROOT.glob("*.py")} == IN_THE_ROOT


@pytest.mark.parametrize("room", ROOMS, ids=[room.name for room in ROOMS])
def test_a_room_says_what_it_is_for(room):
    """In one sentence, where one enters."""
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))


def test_a_file_is_one_idea():
    """What is longer is two."""
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_unit_tests_have_names_of_their_own():
    """Whichever of them run together: two files of one name cannot be in one run."""
    names = [file.name for file in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []

"""A locustfile's own shape: another load is another text, a change elsewhere is not."""

import importlib.util
import sys

import pytest

from locust_ext.load.own_shape import text_of

SHAPE = """
from locust import LoadTestShape

STAGES = [(10, 5), (60, 20)]
ELSEWHERE = 1


def level(at):
    return 2 * at


class Base(LoadTestShape):
    abstract = True
    rate = 5


class Steps(Base):
    def tick(self):
        for end, users in STAGES:
            if self.get_run_time() < end:
                return level(users), self.rate
        return None
"""


@pytest.fixture
def text(tmp_path, monkeypatch):
    """Return what makes the shape in a text that shape."""

    def make(source):
        file = tmp_path / f"shape_{len(list(tmp_path.iterdir()))}.py"
        file.write_text(source, "utf-8")
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, file.stem, module)  # as Locust does it
        spec.loader.exec_module(module)
        return text_of(module.Steps)

    return make


ROWS = [
    ("nothing", "ELSEWHERE", "ELSEWHERE", True),
    ("something elsewhere", "ELSEWHERE = 1", "ELSEWHERE = 2", True),
    ("its stages", "(60, 20)", "(60, 21)", False),
    ("an attribute of its base", "rate = 5", "rate = 6", False),
    ("its tick", "return None", "return 1, 1", False),
    ("a function that it calls", "2 * at", "3 * at", False),
]


@pytest.mark.parametrize("before, after, same", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_text(text, before, after, same):
    """What decides the load is in it."""
    assert (text(SHAPE) == text(SHAPE.replace(before, after))) is same


def test_without_source():
    """A class whose text cannot be found counts by its name."""
    assert "Made" in text_of(type("Made", (), {}))


def test_what_is_locusts_is_not_in_it(text):
    """Another version of Locust is no other load."""
    found = text(SHAPE)
    assert "class LoadTestShape" not in found
    assert "class Base(LoadTestShape)" in found


def test_figures_are_in_it_once(text):
    """With their names; what is no figure, such as a class, is not."""
    found = text(SHAPE.replace("ELSEWHERE = 1", "class Other:\n    pass").replace("< end:", "< end and Other:"))
    assert found.count("STAGES = [(10, 5), (60, 20)]") == 1
    assert "Other = " not in found
    assert found.count("def level(at)") == 1


NESTED = SHAPE.replace("    return 2 * at", "    return deeper(at)").replace(
    "class Base", "def deeper(at):\n    return 3 * at if at < 5 else deeper(at - 5) + level(0)\n\n\nclass Base"
)


def test_functions_that_call_each_other_are_in_it_once(text):
    """However deep, and though they call themselves."""
    found = text(NESTED)
    assert (found.count("def level(at)"), found.count("def deeper(at)")) == (1, 1)
    assert text(NESTED) != text(NESTED.replace("3 * at", "4 * at"))

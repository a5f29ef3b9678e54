"""Whether it is Locust's own ``--run-time`` that ends a run: its clock starts a little before the run."""

import inspect

import locust.main
import pytest

from locust_ext.run.signals import _TIME_IS_UP, is_time_up

CALLERS = [
    ("by Locust's --run-time", "locust.main", _TIME_IS_UP, True),
    ("by a function of a team that is called alike", "their_locustfile", _TIME_IS_UP, False),
    ("by something else of Locust's main", "locust.main", "main", False),
]


@pytest.mark.parametrize("module, name, is_up", [row[1:] for row in CALLERS], ids=[row[0] for row in CALLERS])
def test_who_ends_it(module, name, is_up):
    """The name of the function and its module tell."""
    found = []
    scope = {"__name__": module, "ask": lambda: found.append(is_time_up())}
    exec(f"def {name}():\n    (lambda: ask())()\n{name}()", scope)
    assert found == [is_up]


def test_locust_still_calls_it_so():
    """The release of Locust that is installed has the function, and its ``--run-time`` calls it."""
    source = inspect.getsource(locust.main)
    assert f"def {_TIME_IS_UP}(" in source
    assert f"spawn_later(options.run_time, {_TIME_IS_UP})" in source

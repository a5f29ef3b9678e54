"""What holds for all tests: Locust patches the process before anything else, and properties draw the same examples."""

import _thread
import gc
import os
import sys
import time
from collections.abc import Iterator

NATIVE_LOCK, NATIVE_SLEEP = _thread.RLock, time.sleep  # as they are before gevent puts its own in their place

import locust  # noqa: E402 it monkey-patches the standard library, which must come first
import locust.log  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from tests.unit.listening import DOOR  # noqa: E402
from tests.virtual_time import VirtualTime, virtual_time  # noqa: E402

ANY = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, max_examples=30, **ANY)
settings.register_profile("search", max_examples=200, **ANY)  # of others each time: nox -s long
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


class Bell:
    """An event that a thread waits for, whatever gevent has patched: gevent's own ends a loop that has nothing to do."""

    def __init__(self) -> None:
        self.rung = False

    def set(self) -> None:
        self.rung = True

    def clear(self) -> None:
        self.rung = False

    def wait(self) -> None:
        while not self.rung:
            NATIVE_SLEEP(0.002)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let xdist (``-n 2``) hand out tests in a patched process: its thread that hears of them is a native one."""
    sys.unraisablehook = lambda _: None  # Locust's clients leave sockets, of which a ResourceWarning tells as an error
    gc.disable()  # until all tests are there: nothing that makes them is garbage
    for plugin in config.pluginmanager.get_plugins():
        if hasattr(plugin, "torun"):
            plugin.torun._lock, plugin.torun._has_items_event = NATIVE_LOCK(), Bell()


def pytest_collection_finish() -> None:
    """Set aside what thousands of tests are made of: each full collection would look at all of it."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let no test find what Locust swallowed in another: it notes that for the whole process.

    A hook, since a fixture of each of fifteen thousand tests costs as much as many of them do.
    """
    locust.log.unhandled_greenlet_exception = False
    DOOR.is_open = item.get_closest_marker("sockets") is not None


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    """Let time be virtual: how long something takes does not depend on what else this machine does."""
    with virtual_time() as clock:
        yield clock

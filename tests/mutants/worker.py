"""A process that has imported what all tests need, and forks one for each mutant: that runs tests on the changed module.

Law: nothing is written to the source; the change lives in the memory of the fork. What takes too long is ended.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import posix
import signal
import sys
import time
from contextlib import suppress
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

# gevent replaces these when Locust is imported; a process that forks needs the system's own
_fork, _waitpid, _sleep, _write, _read, _close = (
    posix.fork,
    posix.waitpid,
    time.sleep,
    posix.write,
    posix.read,
    posix.close,
)

LIBRARIES = (
    "locust.main",
    "pytest",
    "hypothesis",
    "hypothesis.strategies",
    "click.testing",
    "hdrh.histogram",
    "junitparser",
    "openfeature.api",
    "plotly.graph_objects",
    "prometheus_client",
    "pydantic",
    "rich.console",
    "rich.table",
    "scipy.stats",
    "tree_sitter",
    "websocket",
    "yaml",
)
LOOK_AGAIN = 0.02


class _Changed(SourceFileLoader):
    """Loads one module with its change."""

    def __init__(self, name: str, path: str, start: int, end: int, new: str) -> None:
        super().__init__(name, path)
        self._change = start, end, new

    def get_code(self, fullname: str) -> CodeType:
        start, end, new = self._change
        with open(self.path, "rb") as file:  # noqa: PTH123 nothing more is imported than must be
            source = file.read()
        return compile(source[:start] + new.encode() + source[end:], self.path, "exec")


class _Finder:
    """Finds the changed module before anybody else does."""

    def __init__(self, name: str, loader: _Changed) -> None:
        self._name, self._loader = name, loader

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        is_package = self._loader.path.endswith("__init__.py")
        places = [os.path.dirname(self._loader.path)] if is_package else None  # noqa: PTH120 as above
        return importlib.util.spec_from_file_location(
            name, self._loader.path, loader=self._loader, submodule_search_locations=places
        )


class _Chosen:
    """Runs the chosen tests in their order, and tells the first that fails."""

    def __init__(self, tests: list[str], to: int) -> None:
        self._order, self._to = {test: number for number, test in enumerate(tests)}, to

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave out what was not chosen."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Tell of a failure."""
        if report.failed:
            _write(self._to, f"{report.nodeid}\n".encode())

    def pytest_collectreport(self, report: Any) -> None:
        """Tell of a file that cannot be imported any more."""
        if report.failed:
            _write(self._to, f"{report.nodeid}\n".encode())


def _run(task: dict[str, Any], to: int) -> int:
    import pytest

    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    if task["new"] is not None:
        name = task["file"].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        loader = _Changed(name, os.path.abspath(task["file"]), task["start"], task["end"], task["new"])  # noqa: PTH100
        sys.meta_path.insert(0, _Finder(name, loader))
    files = list(dict.fromkeys(test.split("::")[0] for test in task["tests"]))
    stop = ["-x"] if task["new"] is not None else []
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*options, *stop, *files], plugins=[_Chosen(task["tests"], to)]))


def _judge(task: dict[str, Any]) -> dict[str, Any]:
    """Run the tests of a task in a process of its own; return how that ended, and which test failed."""
    ours, theirs = os.pipe()
    child = _fork()
    if not child:
        code = 3
        with suppress(BaseException):
            os.setsid()
            code = _run(task, theirs)
        posix._exit(code)
    _close(theirs)
    until, status = time.monotonic() + task["limit"], 0
    while not (ended := _waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() >= until:
            posix.kill(child, signal.SIGKILL)
            _waitpid(child, 0)
            _close(ours)
            return {"code": None, "by": []}
        _sleep(LOOK_AGAIN)
    status = ended[1]
    said = b""
    while piece := _read(ours, 65_536):
        said += piece
    _close(ours)
    return {"code": os.waitstatus_to_exitcode(status), "by": said.decode().split("\n")[:-1]}


def main() -> None:
    """Read tasks, one a line, and answer each with a line."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 as above
    for name in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    stream = os.fdopen(os.dup(1), "w")
    while line := sys.stdin.buffer.readline():
        answer = json.dumps(_judge(json.loads(line)))
        stream.write(answer + "\n")
        stream.flush()


if __name__ == "__main__":
    main()

"""Which unit test enters which function: a pytest plugin that notes it, and the map that is kept of it.

Law: the map is kept by the content of each test's file, so that only what is new is asked again. It chooses tests and
proves nothing: a mutant that they do not notice is one that survives.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "locust_ext"
TO = "LOCUST_EXT_MUTANTS_REACH"
"""The variable that names the directory for what each process notes; without it the plugin does nothing."""

_entered: set[str] = set()


def path_of(module: str) -> Path | None:
    """Return the file of one of our modules; None for all others."""
    if module.partition(".")[0] != PACKAGE:
        return None
    path = ROOT.joinpath(*module.split("."))
    return next((one for one in (path / "__init__.py", path.with_suffix(".py")) if one.is_file()), None)


def key_of(file: str, function: str) -> str:
    """Return how a function is called in the map."""
    return f"{file}::{function}"


class _Noting(SourceFileLoader):
    """Loads a module whose functions say that they were entered."""

    def get_code(self, fullname: str) -> CodeType:
        tree = ast.parse(Path(self.path).read_bytes())
        _note(tree.body, str(Path(self.path).relative_to(ROOT)), "")
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


def _note(body: list[ast.stmt], file: str, name: str) -> None:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = f"{name}.{node.name}" if name else node.name
            _note(node.body, file, inner)
            if not isinstance(node, ast.ClassDef):
                call = ast.Call(ast.Name("__entered__", ast.Load()), [ast.Constant(key_of(file, inner))], [])
                node.body.insert(int(ast.get_docstring(node) is not None), ast.Expr(call))
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            _note(node.body, file, name)
            _note(getattr(node, "orelse", []), file, name)


class _Finder:
    """Finds our modules before anybody else does."""

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        file = path_of(name)
        if file is None:
            return None
        places = [str(file.parent)] if file.name == "__init__.py" else None
        loader = _Noting(name, str(file))
        return importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=places)


class _Notes:
    """What each test of this process entered."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._tests: dict[str, tuple[float, list[str]]] = {}
        self._seconds = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        _entered.clear()
        self._seconds = 0.0
        result = yield
        self._tests[item.nodeid] = (round(self._seconds, 4), sorted(_entered))
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds += report.duration

    def pytest_sessionfinish(self) -> None:
        if self._tests:
            (self._place / f"{os.getpid()}.json").write_text(json.dumps(self._tests), "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note."""
    if place := os.environ.get(TO):
        config.pluginmanager.register(_Notes(Path(place)), "mutants-notes")


if os.environ.get(TO):
    setattr(builtins, "__entered__", _entered.add)  # noqa: B010 no name that Python knows
    sys.meta_path.insert(0, _Finder())


@dataclass
class Reach:
    """Tests by the functions that they enter, and how long each takes."""

    hashes: dict[str, str] = field(default_factory=dict)
    tests: dict[str, tuple[float, list[str]]] = field(default_factory=dict)

    @classmethod
    def read(cls, kept: Path) -> Reach:
        """Return the map that was kept, if there is one."""
        if not kept.is_file():
            return cls()
        found = json.loads(kept.read_text("utf-8"))
        return cls(found["hashes"], {test: (seconds, names) for test, (seconds, names) in found["tests"].items()})

    def refresh(self, kept: Path, jobs: int) -> None:
        """Ask the tests whose files are new or have changed, and keep the map."""
        now = {str(file.relative_to(ROOT)): _hash(file) for file in sorted((ROOT / "tests/unit").rglob("test_*.py"))}
        stale = [file for file, content in now.items() if self.hashes.get(file) != content]
        self.tests = {test: told for test, told in self.tests.items() if test.split("::")[0] in now.keys() - set(stale)}
        if stale:
            print(f"asking {len(stale)} test files what they enter", flush=True)
            place = kept.with_suffix(".notes")
            place.mkdir(exist_ok=True)
            environment = {**os.environ, TO: str(place), "PYTEST_PLUGINS": "tests.mutants.reach"}
            pieces = [piece for number in range(jobs) if (piece := stale[number::jobs])]
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
            asked = [
                subprocess.Popen([*command, *piece], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
                for piece in pieces
            ]
            for process in asked:
                process.wait()
            for file in place.glob("*.json"):
                self.tests |= json.loads(file.read_text("utf-8"))
                file.unlink()
            place.rmdir()
        self.hashes = now
        kept.write_text(json.dumps({"hashes": self.hashes, "tests": self.tests}), "utf-8")

    def choose(self, file: str, function: str, room: str, seconds: float) -> list[str]:
        """Return tests that enter a function, those of its room first, and the others of their files.

        What stands at the top of a module is everybody's who enters the module, or one that imports it. At most so many
        seconds of tests are chosen, the quick ones first.
        """
        wanted = {key_of(file, function)} if function else self._of_module(file)
        direct = {test for test, (_, names) in self.tests.items() if wanted.intersection(names)}
        files = {test.split("::")[0] for test in direct}
        beside = {test for test in self.tests if test.split("::")[0] in files} - direct
        stem = Path(file).stem

        def near(test: str) -> tuple[bool, bool, bool, float]:
            its = test.split("::", maxsplit=1)[0]
            return test in beside, stem not in its, f"unit/{room}/" not in its, self.tests[test][0]

        chosen: list[str] = []
        for test in sorted(direct | beside, key=near):
            seconds -= self.tests[test][0]
            if seconds < 0 and chosen:
                break
            chosen.append(test)
        return chosen

    def _of_module(self, file: str) -> set[str]:
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        files = {file, *_importers(module)}
        return {name for _, names in self.tests.values() for name in names if name.partition("::")[0] in files}

    def seconds(self, tests: Iterable[str]) -> float:
        """Return how long tests took together."""
        return sum(self.tests[test][0] for test in tests)


_imports: dict[str, set[str]] = {}


def _importers(module: str) -> Sequence[str]:
    if not _imports:
        for path in (ROOT / PACKAGE).rglob("*.py"):
            tree = ast.parse(path.read_bytes())
            named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            _imports[str(path.relative_to(ROOT))] = named
    return [file for file, named in _imports.items() if module in named]


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]

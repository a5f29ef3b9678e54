"""Whatever of ours imports a library that keeps the classes of ``ssl`` has Locust patched before."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEEPERS = {"requests", "urllib3"}


def imported(file: Path) -> list[str]:
    """What a module imports when it is imported, in order."""
    names = []
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(str(node.module))
    return names


KEEPING = [
    file
    for file in sorted((ROOT / "locust_ext").rglob("*.py"))
    if any(name.partition(".")[0] in KEEPERS for name in imported(file))
]


@pytest.mark.parametrize("file", KEEPING, ids=lambda file: file.stem)
def test_locust_is_patched_before(file):
    """Else who imports this module alone gets a RecursionError."""
    theirs = [name for name in imported(file) if name != "__future__"]
    keepers = [index for index, name in enumerate(theirs) if name.partition(".")[0] in KEEPERS]
    assert theirs.index("locust_ext.process.patched") < keepers[0]


def test_there_are_such_modules():
    """The test above is not empty."""
    assert len(KEEPING) >= 3


OUTSIDE = [file for file in sorted((ROOT / "locust_ext").rglob("*.py")) if "clients" not in file.parts]
CLIENTS = ("locust.clients", "locust.contrib", "requests.adapters", "requests.sessions")


@pytest.mark.parametrize("file", OUTSIDE, ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_clients_are_known_in_their_files_alone(file):
    """Wherever in the file it is imported; import-linter says the same of the libraries under them."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    names = [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    assert [name for name in names if name.startswith(CLIENTS)] == []

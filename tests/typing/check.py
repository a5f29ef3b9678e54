"""A typed locustfile under mypy and pyright, with the package installed as its users do: editable, and as a wheel.

It is installed from a copy, without network, into an environment that sees the libraries of the one that runs this.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from importlib.util import find_spec
from pathlib import Path
from site import getsitepackages

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).with_name("locustfile.py")
SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "locust_ext")
INSTALLS = {"editable": ["-e"], "wheel": []}
CHECKERS = {"mypy": ["--strict", "--python-executable"], "pyright": ["--pythonpath"]}
PYRIGHT = {"typeCheckingMode": "standard", "reportUnnecessaryTypeIgnoreComment": "error"}
WHERE = "import locust_ext; print(locust_ext.__file__)"


def installed(base: Path, options: list[str]) -> Path:
    """Install a copy of the package in an environment of its own; return its Python."""
    copy, place = base / "copy", base / "venv"
    copy.mkdir()
    for name in SOURCES:
        either = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        either(ROOT / name, copy / name)
    venv.create(place)
    python = place / "bin" / "python"
    (site,) = place.glob("lib/*/site-packages")
    # Only the directories: what is editable where this runs, and so this package, is not in them.
    (site / "libraries.pth").write_text("\n".join(getsitepackages()), "utf-8")
    words = ("install", "-q", "--no-deps", "--no-build-isolation", "--no-compile", "-I", *options)
    run(python, "-m", "pip", *words, copy, at=base)
    shutil.rmtree(copy / "build", ignore_errors=True)
    found = run(python, "-c", WHERE, at=base)
    assert Path(found.strip()).is_relative_to(copy if options else site), f"{found} was found"
    assert Path(found.strip()).with_name("py.typed").exists(), "no type checker is told that it is typed"
    return python


def run(*command: object, at: Path) -> str:
    """Run it away from this checkout; return what it says, or end this with that."""
    clean = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "MYPYPATH"}}
    words = [str(word) for word in command]
    ran = subprocess.run(words, cwd=at, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode:
        raise SystemExit(f"{' '.join(words)}\n{ran.stdout}")
    return ran.stdout


def main() -> None:
    """Check the installs that are named, else both, with the checkers that are named, else both."""
    missing = [name for name in ("mypy", "pyright") if find_spec(name) is None]
    if missing:
        raise SystemExit(f"{' and '.join(missing)} must be installed: pip install -e '.[dev]'")
    named = sys.argv[1:]
    if unknown := {*named} - {*INSTALLS, *CHECKERS}:
        raise SystemExit(f"{', '.join(unknown)}: one of {', '.join([*INSTALLS, *CHECKERS])}")
    checkers = [name for name in CHECKERS if name in named] or [*CHECKERS]
    for name in [name for name in INSTALLS if name in named] or [*INSTALLS]:
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder)
            python, work = installed(base, INSTALLS[name]), base / "work"
            work.mkdir()
            shutil.copy(SAMPLE, work)
            (work / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), "utf-8")
            for checker in checkers:
                run(sys.executable, "-m", checker, *CHECKERS[checker], python, SAMPLE.name, at=work)
                print(f"{name}: {checker} is content", flush=True)


if __name__ == "__main__":
    main()

"""Records what the real Python clients wait: one JSON file a client, each case from the start of one sequence.

::

    pip install --no-deps -r requirements.txt
    pip install --no-deps --target OLDER -r requirements-older.txt
    python record_python.py --out recorded --older OLDER

Law: the clients' own code is called, no formula is written down here; a file depends on nothing but the versions.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "python")]

from cases import NEWEST, OLDER, Recording  # noqa: E402 they stand beside this file
from replay import replayed  # noqa: E402


def record(recording: Recording) -> dict[str, object]:
    """Run all cases of one client."""
    cases = []
    for name, options in recording.cases.items():
        with replayed():
            cases.append({"name": name, "options": options, "delays": recording.run(options)})
    return {
        "client": recording.client,
        "version": recording.version,
        "package": recording.package,
        "package_version": installed(recording.package),
        "unit": recording.unit,
        "cases": cases,
    }


def main() -> int:
    """Record the newest versions here, and the older ones in a process that finds those first."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--older", type=Path, help="where the older versions are installed")
    parser.add_argument("--only-older", action="store_true", help="this process finds the older versions")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for recording in OLDER if given.only_older else NEWEST:
        text = json.dumps(record(recording), indent=1) + "\n"
        (given.out / f"{recording.file}.json").write_text(text, encoding="utf-8")
    if given.older and not given.only_older:
        path = os.pathsep.join(filter(None, [str(given.older), os.environ.get("PYTHONPATH")]))
        again = [sys.executable, __file__, "--out", str(given.out), "--only-older"]
        subprocess.run(again, check=True, env={**os.environ, "PYTHONPATH": path})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

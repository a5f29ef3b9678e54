"""The recorded waits of the Python clients are what their packages give: installed, recorded and compared again."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[1] / "vectors"
UNREACHABLE = ("NewConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError", "Connection refused")
DEADLINE = 120


def install(requirements, target):
    """Install exact versions into a directory; skip where there is no registry, fail for any other reason."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1", "--no-deps", "--no-compile"]
    done = subprocess.run(
        [*pip, "--target", str(target), "-r", str(VECTORS / requirements)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Return the directories with the newest and with the older versions."""
    targets = [tmp_path_factory.mktemp("newest"), tmp_path_factory.mktemp("older")]
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(install, ["requirements.txt", "requirements-older.txt"], targets))
    for code, errors in results:
        if code and any(sign in errors for sign in UNREACHABLE):
            pytest.skip(f"the package registry cannot be reached: {errors.strip().splitlines()[-1]}")
        assert code == 0, errors
    return targets


@pytest.mark.long
def test_recorded_anew(packages, tmp_path):
    """Every file of a Python client is the same, byte for byte, and none is missing."""
    newest, older = packages
    subprocess.run(
        [sys.executable, str(VECTORS / "record_python.py"), "--out", str(tmp_path), "--older", str(older)],
        env={**os.environ, "PYTHONPATH": str(newest), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        timeout=DEADLINE,
    )
    made = sorted(tmp_path.glob("*.json"))
    assert len(made) >= 24
    for path in made:
        committed = VECTORS / "recorded" / path.name
        assert committed.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), path.name

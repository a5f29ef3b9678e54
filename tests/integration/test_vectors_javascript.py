"""The recorded waits of the JavaScript clients are what their packages give: installed, recorded and compared again."""

import shutil
import subprocess
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[1] / "vectors"
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "ENETUNREACH")
DEADLINE = 55


def install_from_npm(directory, *packages):
    """Install packages, or those of a package.json; skip where there is no Node or no registry."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries", "1", *packages]
    done = subprocess.run(npm, cwd=directory, capture_output=True, text=True, timeout=DEADLINE)
    if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip(f"the package registry cannot be reached: {done.stderr.strip().splitlines()[0]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """Return a directory with the recorder and the packages; skip where there is no Node or no registry."""
    directory = tmp_path_factory.mktemp("javascript")
    for name in ("package.json", "record_javascript.mjs", "uniforms.json"):
        shutil.copy(VECTORS / name, directory)
    shutil.copytree(VECTORS / "javascript", directory / "javascript")
    install_from_npm(directory)
    return directory


@pytest.mark.long
def test_recorded_anew(workshop):
    """Every file of a JavaScript client is the same, byte for byte, and none is missing."""
    made = workshop / "made"
    record = ["node", str(workshop / "record_javascript.mjs"), str(made)]
    subprocess.run(record, cwd=workshop, check=True, timeout=DEADLINE)
    files = sorted(made.glob("*.json"))
    assert len(files) == 13
    for path in files:
        committed = VECTORS / "recorded" / path.name
        assert committed.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), path.name

"""A Prometheus of version 3, from Debian's packages: ``python -m tests.prometheus.install``.

Debian's stable releases have an older one, so it is taken out of a package of a newer release, into a directory of its
own: nothing of the system is changed, and nobody has to be root. Debian's lacks the receiver for OTLP, whichever its
version: ``otlp_stand_in`` stands in for that.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "LOCUST_EXT_PROMETHEUS"
"""Names a program to use."""

SUITES = ("sid", "forky", "trixie")
"""Debian's releases whose package can be taken, the newest first."""

KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

OLDEST = (2, 53)
"""What dashboards are for at least; native histograms are asked for since then as they are now."""

OTLP_RECEIVER = "--web.enable-otlp-receiver"

_VERSION = re.compile(r"prometheus, version (\d+)\.(\d+)")


def kept() -> Path:
    """The directory that it is taken out into."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "locust-ext-tests" / "prometheus"


def version(program: str | Path) -> tuple[int, int]:
    """The version of a program; (0, 0) of what is not Prometheus, or does not run here."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return (0, 0)
    found = _VERSION.search(said.stdout + said.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def binary() -> Path | None:
    """A Prometheus that is new enough, if there is one."""
    named = os.environ.get(VARIABLE) or shutil.which("prometheus")
    places = [*([named] if named else []), *(kept() / suite / "usr/bin/prometheus" for suite in SUITES)]
    return next((Path(place) for place in places if version(place) >= OLDEST), None)


def receives_otlp(program: Path) -> bool:
    """Whether it was built with a receiver for OTLP."""
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=False, timeout=60)
    return OTLP_RECEIVER.removeprefix("--web.") in said.stdout + said.stderr


def cannot_take() -> str:
    """Why none can be taken from a package here; nothing where one can."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None or not KEYS.exists():
        return f"Prometheus is not there, and this is not Debian: install 2.53 or newer, or name it in {VARIABLE}"
    return ""


def take(suite: str) -> None:
    """Take it out of the package of a release."""
    place = kept() / suite
    for directory in ("lists/partial", "cache/archives/partial"):
        (place / directory).mkdir(parents=True, exist_ok=True)
    listed = place / "sources.list"
    listed.write_text(f"deb [signed-by={KEYS}] http://deb.debian.org/debian {suite} main\n")
    options = {
        "Dir::Etc::sourcelist": listed,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": place / "lists",
        "Dir::Cache": place / "cache",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
    }
    apt = ["apt-get", "-qq", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]
    subprocess.run([*apt, "update"], check=True, stdin=subprocess.DEVNULL)
    subprocess.run([*apt, "download", "prometheus"], check=True, stdin=subprocess.DEVNULL, cwd=place)
    package = max(place.glob("prometheus_*.deb"), key=lambda file: file.stat().st_mtime)
    subprocess.run(["dpkg-deb", "-x", package, place], check=True)
    package.unlink()
    for directory in ("lists", "cache"):
        shutil.rmtree(place / directory)


def main() -> None:
    """Take one if none is there; end with a sentence where that cannot be."""
    if binary() is not None:
        return
    if why := cannot_take():
        raise SystemExit(why)
    for suite in SUITES:
        try:
            take(suite)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{suite}: {error}", file=sys.stderr)
        if found := binary():
            print(f"{found}: {'.'.join(map(str, version(found)))}")
            return
    raise SystemExit("no package of Debian's has a Prometheus that runs here")


if __name__ == "__main__":
    main()

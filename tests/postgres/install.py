"""PostgreSQL from Debian's packages, where it is not there: ``python -m tests.postgres.install``.

Its package makes a cluster of its own and starts it, on a port that may be somebody's: it is told not to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/locust-ext-tests.conf")
PACKAGE = "postgresql"


def binaries() -> Path | None:
    """The directory of the newest server's programs: Debian keeps them off the path."""
    found = [file.parent for file in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    newest = max(found, key=lambda place: float(place.parent.name), default=None)
    on_path = shutil.which("postgres")
    return newest or (Path(on_path).resolve().parent if on_path else None)


def cannot_install() -> str:
    """Why it cannot be installed here; nothing where it can."""
    if shutil.which("apt-get") is None:
        return (
            f"PostgreSQL is not there, and this is not Debian: install its server ({PACKAGE}) with what this system has"
        )
    if os.geteuid() != 0:
        return f"PostgreSQL is not there, and only root may install it: sudo apt-get install {PACKAGE}"
    return ""


def install() -> None:
    """Install it, without a cluster of its own."""
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=env)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE],
            check=True,
            env=env,
            stdout=subprocess.DEVNULL,
        )
    finally:
        NO_CLUSTER.unlink(missing_ok=True)


def main() -> None:
    """Install it if it is not there; end with a sentence where that cannot be."""
    if binaries() is not None:
        return
    if why := cannot_install():
        raise SystemExit(why)
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"PostgreSQL could not be installed: {error}") from None
    if binaries() is None:
        raise SystemExit(f"the package {PACKAGE} is installed, and brought no server")


if __name__ == "__main__":
    sys.exit(main())

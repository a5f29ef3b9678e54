"""The command ``export dashboards``: Grafana's dashboards of a run, as files that Grafana reads.

Law: what somebody else wrote, or changed, is replaced by ``--force`` alone, and where it stands neither is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import click

from locust_ext.commands.refusal import fail
from locust_ext.process.files import write_atomically
from locust_ext.process.spoken import say
from locust_ext.text.problems import ConfigurationError, Problem

DASHBOARDS: Mapping[str, tuple[str, str]] = {
    "load-test-prometheus.json": ("prometheus.json", "what Prometheus scrapes from /metrics"),
    "load-test-otlp.json": ("otlp.json", "what is pushed by OTLP into Prometheus 3 or Mimir"),
}
"""The file that is written, which one of ours it is, and for what."""

NEXT = """\
Next, by hand: in Grafana choose Dashboards, New, Import, and upload the one that you need.
Or have Grafana read the directory: its provisioning names it as a path of dashboards.
Both ask for a data source of Prometheus' kind; set its scrape interval to yours."""


@click.command(name="dashboards")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace files that are there and differ.")
def command(directory: Path, *, force: bool) -> None:
    """Write Grafana's dashboards of a load test into DIRECTORY.

    One for figures that Prometheus scrapes (export: prometheus), one for those that are pushed by OTLP (export: otlp).
    """
    texts = {directory / name: dashboard(ours) for name, (ours, _) in DASHBOARDS.items()}
    found = filter(None, (_in_the_way(file, text, force=force) for file, text in texts.items()))
    if problems := list(found):
        fail(ConfigurationError(problems))
    for file, text in texts.items():
        try:
            write_atomically(file, text)
        except OSError as error:
            fail(ConfigurationError([Problem(str(file), f"cannot be written: {error.strerror or error}")]))
    for file in texts:
        say(f"{file}: for {DASHBOARDS[file.name][1]}")
    for line in NEXT.splitlines():
        say(line)


def dashboard(name: str) -> str:
    """Return a dashboard as it stands in the package."""
    return files("locust_ext.exports").joinpath("dashboards", name).read_text("utf-8")


def _in_the_way(file: Path, text: str, *, force: bool) -> Problem | None:
    """Return why a file cannot be written, or None."""
    try:
        if not file.exists():
            return None
        if not file.is_file():
            return Problem(str(file), "is there and not a file; the dashboard would be a file of this name")
        if force or (file.stat().st_size == len(text.encode()) and file.read_text("utf-8", "replace") == text):
            return None
    except OSError as error:
        return Problem(str(file), f"cannot be read: {error.strerror or error}")
    return Problem(str(file), "is there and differs from ours; --force replaces it, with what was changed in it")

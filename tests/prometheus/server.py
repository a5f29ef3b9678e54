"""A real Prometheus: a free port, a directory of its own, and its answers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.integration.conftest import free_port
from tests.prometheus.install import OTLP_RECEIVER, binary, receives_otlp

PATIENCE = 30.0

CONFIGURATION = """\
global: {{scrape_interval: {every}, scrape_timeout: {every}}}
scrape_configs: {jobs}
"""


class RefusedError(Exception):
    """A query that Prometheus does not take."""


class Prometheus:
    """One that runs."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], said: Path) -> None:
        self.url, self._process, self._said = f"http://127.0.0.1:{port}", process, said

    def get(self, path: str, **words: object) -> Any:
        """Ask its API; raises RefusedError with what it says."""
        try:
            with urlopen(
                Request(f"{self.url}/api/v1/{path}", urlencode(words, doseq=True).encode()), timeout=120
            ) as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            raise RefusedError(error.read().decode(errors="replace")) from None

    def at(self, query: str, moment: float | None = None) -> list[dict[str, Any]]:
        """Return what a query has at one moment."""
        return self.get("query", query=query, time=time.time() if moment is None else moment)["result"]  # type: ignore[no-any-return]

    def over(self, query: str, since: float, until: float, step: float) -> list[dict[str, Any]]:
        """Return what a query has over time."""
        return self.get("query_range", query=query, start=since, end=until, step=step)["result"]  # type: ignore[no-any-return]

    def labels(self, label: str, selector: str) -> list[str]:
        """Return the values of a label, as Grafana asks for ``label_values``."""
        with urlopen(
            f"{self.url}/api/v1/label/{label}/values?{urlencode({'match[]': selector})}", timeout=120
        ) as answer:
            return json.load(answer)["data"]  # type: ignore[no-any-return]

    def until(self, query: str, patience: float = PATIENCE) -> list[dict[str, Any]]:
        """Wait until a query has an answer, and return it."""
        end = time.monotonic() + patience
        while not (found := self.at(query)):
            if time.monotonic() > end:
                raise AssertionError(f"nothing came within {patience} s: {query}")
            time.sleep(0.2)
        return found

    def is_ready(self) -> bool:
        """Tell whether it answers; raises where it has ended."""
        if (code := self._process.poll()) is not None:
            raise AssertionError(f"Prometheus ended with {code}: {self._said.read_text(errors='replace')}")
        try:
            with urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return answer.status == 200  # type: ignore[no-any-return]
        except (URLError, OSError):
            return False


@contextmanager
def prometheus(
    directory: Path,
    targets: Mapping[str, Sequence[str]] = {},
    every: str = "1s",
    options: Mapping[str, Any] = {},
) -> Iterator[Prometheus]:
    """Run one that scrapes: ``targets`` has the addresses of each job, ``options`` what else stands in each."""
    program = binary()
    assert program is not None
    directory.mkdir(parents=True, exist_ok=True)
    jobs = [
        {"job_name": job, "static_configs": [{"targets": list(found)}], **options} for job, found in targets.items()
    ]
    (directory / "prometheus.yml").write_text(CONFIGURATION.format(every=every, jobs=json.dumps(jobs)))
    port = free_port()
    command = [
        program,
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=native-histograms",
        "--web.enable-remote-write-receiver",
        *([OTLP_RECEIVER] if receives_otlp(program) else []),
    ]
    with (directory / "said").open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            server = Prometheus(port, process, directory / "said")
            end = time.monotonic() + PATIENCE
            while not server.is_ready():
                assert time.monotonic() < end, (directory / "said").read_text()
                time.sleep(0.1)
            yield server
        finally:
            process.kill()
            process.wait()

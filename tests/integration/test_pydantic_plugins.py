"""Pydantic's plugins see what a team's own models read, and nothing of ours: a configuration holds secrets."""

from __future__ import annotations

import pytest

from .warm import PATIENTLY

PLUGIN = """
    from pathlib import Path

    SEEN = Path(__file__).with_name("seen.txt")

    class Handler:
        def __init__(self, name):
            self.name = name

        def on_enter(self, value, **_):
            with SEEN.open("a") as seen:
                seen.write(f"{self.name} {value!r}\\n")

        def on_success(self, result): pass
        def on_error(self, error): pass
        def on_exception(self, exception): pass

    class Plugin:
        def new_schema_validator(self, schema, schema_type, schema_type_path, schema_kind, config, plugin_settings):
            name = schema_type_path.name
            return Handler(name), Handler(name), Handler(name)

    plugin = Plugin()
"""

LOCUSTFILE = """
    from pydantic import BaseModel
    from locust import FastHttpUser, constant, task
    import locust_ext
    PATIENTLY

    locust_ext.install()

    class Theirs(BaseModel):
        name: str

    class Reader(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def read(self):
            Theirs.model_validate({"name": "their own"})
            self.client.get("/health")
""".replace("PATIENTLY", PATIENTLY)

CONFIGURATION = """
    version: 1
    thresholds: {http_req_failed: ["rate<0.5"]}
    tenant: {value: canary-value}
"""


@pytest.fixture
def plugin(tmp_path, write):
    """Install a plugin as a package does; return what it has seen."""
    (tmp_path / "seeing-1.dist-info").mkdir()
    write("seeing.py", PLUGIN)
    write("seeing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: seeing\nVersion: 1\n")
    write("seeing-1.dist-info/entry_points.txt", "[pydantic]\nseeing = seeing:plugin\n")
    return tmp_path / "seen.txt"


@pytest.mark.cold
@pytest.mark.parametrize("processes", [(), ("--processes", 2)], ids=["one process", "two workers"])
def test_a_plugin_sees_theirs_and_not_ours(start, target, write, plugin, tmp_path, processes):
    """In the run, its reports, and its messages."""
    file = write("watched.py", LOCUSTFILE)
    write("watched.yml", CONFIGURATION)
    words = ("-f", file, "--headless", "-u", 2, "-r", 2, "-t", 2, "-H", target().url, *processes)
    finished = start(*words, env={"PYTHONPATH": str(tmp_path)}).finish()
    assert finished.code == 0, finished.out + finished.err
    seen = plugin.read_text().splitlines()
    assert {line.rpartition(" {")[0].rpartition(".")[2] for line in seen} == {"Theirs"}, seen[:5]

"""What ``locust-ext check`` says of safety: nothing for a plain run, all of it for one that goes to production."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from locust_ext.commands.outlook import outlook
from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
WHOLE = """
host: https://shop.example.com
shape: smoke
tenant: {}
safety:
  rate_cap: 20/s
  kill_switch: {file: run/allowed, env: MAY}
  production:
    window: 2026-11-24 02:00/03:00 Europe/Berlin
    on_call: Ada
    dashboard: https://grafana.example.com
    announcement: https://chat.example.com
    go_ahead_for: [shop.example.com]
"""

ROWS = [
    ("nothing for the demo target", "host: demo", []),
    (
        "a staging host",
        "host: https://api.staging.example.com",
        ["host         https://api.staging.example.com: staging"],
    ),
    (
        "a whole go-ahead has nothing open",
        WHOLE,
        [
            "host         https://shop.example.com: production",
            "cap          at most 20/s, 1,200 requests in all",
            "kill switch  file, env",
        ],
    ),
    ("a cap of its own", "safety: {rate_cap: 5/s}", ["cap          at most 5/s"]),
    (
        "a declared origin counts",
        "safety: {origins: [https://login.example.net], rate_cap: 5/s}",
        ["host         from the command line: production", "cap          at most 5/s", "open         "],
    ),
]


@pytest.mark.parametrize("text, lines", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_lines(tmp_path, monkeypatch, text, lines):
    """Each line begins as it should; what is open stands last."""
    monkeypatch.delenv("BASE_URL", raising=False)
    file = tmp_path / "shop.yml"
    file.write_text(text, "utf-8")
    found = list(outlook(make_plan(CommandLine(file=str(file))), NOW))
    assert len(found) >= len(lines)
    exact = [
        line == wanted or (wanted.endswith(" ") and line.startswith(wanted))
        for line, wanted in zip(found, lines, strict=False)
    ]
    assert all(exact), found
    assert [line for line in found if line.startswith("open")] == found[len([w for w in lines if w[:4] != "open"]) :]

"""The shipped soak passes a healthy target and names what leaks; ``nox -s soak`` does it in full."""

from __future__ import annotations

import pytest

from .conftest import ROOT

SOAK = ROOT / "locustfiles" / "soak.py"

ROWS = [
    ("a healthy target passes, and rests", None, 0, ""),
    ("descriptors that leak are named, with their rate", "fd-leak", 99, "process_open_fds rises by"),
]


@pytest.mark.parametrize("fault, code, said", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
@pytest.mark.slow
def test_the_soak_tells_a_leak(locust, target, tmp_path, fault, code, said):
    """A fifth of its time is enough for descriptors and memory; how fast answers are is not asked here."""
    short = (SOAK.with_suffix(".yml")).read_text("utf-8").replace('  - {of: "http_req_duration', '  # - {of: "')
    (tmp_path / "short.yml").write_text(short, "utf-8")
    url = target(*([fault] if fault else [])).url

    run = locust("-f", SOAK, "--loadtest", tmp_path / "short.yml", "--headless", "-H", url, "--time-scale", "0.18")

    assert run.code == code, run.out + run.err
    assert said in run.summary["reason"]
    assert [phase["name"] for phase in run.summary["phases"]] == ["ramp", "soak", "cooldown", "rest"]

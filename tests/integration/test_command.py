"""The command ``locust-ext``, as a user types it."""

from __future__ import annotations

import base64
import gzip
import re

import pytest

from .conftest import FEED, MINE, command

CONFIGURATION = FEED.with_suffix(".yml")


@pytest.mark.parametrize("file", [FEED, CONFIGURATION], ids=["locustfile", "configuration"])
def test_check_says_what_a_run_will_do(file):
    """Phases, peak users, expected requests and thresholds, whichever of the two files is named."""
    run = command("check", file, "--shape", "spike")

    assert run.returncode == 0, run.stderr
    for expected in ("spike, 1m30s", "climb", "15s to 35s", "10 to 100 users", "peak users   100", "thresholds   3"):
        assert expected in run.stdout
    assert "requests     at most about" in run.stdout


def test_check_sees_a_shape_in_the_locustfile(write):
    """A shape class counts as the configured one."""
    file = write("theirs.py", MINE)

    run = command("check", file)

    assert run.returncode == 0, run.stderr
    assert "Mine, 1m" in run.stdout
    assert "at most about 402" in run.stdout  # 7 users for a minute, half of the 5 s ramp missing: 402.5


def test_check_names_every_mistake(write):
    """Exit 104, and a sentence each."""
    run = command("check", write("bad.yml", "shpe: smoke\nthresholds: {http_req_failed: ['rate<1%']}"))

    assert run.returncode == 104
    assert "2 mistakes in the configuration" in run.stderr
    assert "did you mean 'shape'?" in run.stderr
    assert "write 1% as 0.01" in run.stderr


def test_plot_draws_a_page_that_works_offline(tmp_path):
    """The plotting library stands packed in the file, and so do the phases; nothing is fetched."""
    run = command("plot", CONFIGURATION, "--shape", "market-open", "-o", tmp_path / "shape.html")

    page = (tmp_path / "shape.html").read_text(encoding="utf-8")
    assert run.returncode == 0, run.stderr
    packed = dict(re.findall(r'id="(\w+)">([A-Za-z0-9+/=]+)</script>', page))
    unpacked = {name: gzip.decompress(base64.b64decode(text)).decode() for name, text in packed.items()}
    assert "plateau" in unpacked["charts"]
    assert "plotly.js" in unpacked["plotly"][:100]
    assert "src=" not in page


def test_demo_lists_its_faults():
    """Each fault with what it does."""
    run = command("demo", "--list-faults")

    assert run.returncode == 0
    assert {"tail", "fast500", "cold-pool", "slow"} <= {line.split()[0] for line in run.stdout.splitlines()}


def test_schema_prints_the_published_schema():
    """The JSON Schema of summary.json, to the letter of the documents."""
    run = command("schema")

    published = FEED.parents[1] / "docs" / "reference" / "summary.schema.json"
    assert (run.returncode, run.stdout) == (0, published.read_text(encoding="utf-8"))


def test_check_reads_the_configuration_that_the_locustfile_names(write):
    """As a run does: that of ``install("...")``, and what is wrong with it."""
    write("other.yml", "version: 1\nhost: https://shop.example.com\n")
    named = MINE + '\n    import locust_ext\n    locust_ext.install("other.yml")\n'

    run = command("check", file := write("theirs.py", named), cwd=file.parent)

    assert run.returncode == 104
    assert "other.yml: safety.production.go_ahead_for" in run.stderr

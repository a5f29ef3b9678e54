"""run.hlog is read by another implementation, hdr-histogram-js, with equal percentiles."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from locust_ext.archive.report_dir import read_report_dir
from locust_ext.measure.histogram import UNITS, Histogram
from locust_ext.reports.hlog import tag_of

from .test_vectors_javascript import install_from_npm

PACKAGE = "hdr-histogram-js@3.0.1"
PERCENTS = (50, 90, 95, 99, 99.9, 100)
READER = """
const fs = require("fs");
const { HistogramLogReader } = require("hdr-histogram-js");
const reader = new HistogramLogReader(fs.readFileSync(process.argv[2], "utf8"));
const found = {};
let histogram;
while ((histogram = reader.nextIntervalHistogram()) !== null) {
  found[histogram.tag] = {
    count: histogram.totalCount,
    values: JSON.parse(process.argv[3]).map((percent) => histogram.getValueAtPercentile(percent)),
  };
}
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Return a function that reads a log in JavaScript; skip where there is no Node or no registry."""
    directory = tmp_path_factory.mktemp("hdr")
    install_from_npm(directory, PACKAGE)
    (directory / "read.js").write_text(READER)

    def read(log: Path):
        words = ["node", "read.js", str(log), json.dumps(PERCENTS)]
        return json.loads(subprocess.run(words, cwd=directory, check=True, capture_output=True, text=True).stdout)

    return read


@pytest.mark.long
def test_percentiles_are_equal(reader, locust, target, write):
    """Of every series of a real run: the same count, and the same percentiles."""
    users = """
        from locust import FastHttpUser, constant, task
        import locust_ext
        locust_ext.install()

        class Quick(FastHttpUser):
            wait_time = constant(0.02)

            @task
            def feed(self):
                self.client.get("/communities/abc/posts", name="/communities/:id/posts, \\u00fc <b>")
    """
    file = write("quick.py", users)
    run = locust("-f", file, "--headless", "-u", 10, "-r", 10, "-t", 5, "-H", target().url)

    found = reader(run.reports / "run.hlog")

    rows = [row for row in read_report_dir(run.reports).series if isinstance(row.sink, Histogram) and row.count]
    assert len(rows) >= 2
    assert set(found) == {tag_of(row.metric, row.tags) for row in rows}
    for row in rows:
        theirs, ours = found[tag_of(row.metric, row.tags)], row.sink
        assert theirs["count"] == ours.count
        for percent, value in zip(PERCENTS, theirs["values"], strict=True):
            # The library gives the upper end of the bucket, we never more than the exact maximum.
            assert min(value, ours.high) == round(ours.percentile(percent) * UNITS), (row.metric, percent)

"""report.html: one page in which every name is text, and every chart is one that Plotly takes."""

import base64
import gzip
import json
import re
from dataclasses import replace
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from random import Random

import plotly.graph_objects as go
import pytest
from examples import NASTY, compared, example
from hypothesis import given, settings
from hypothesis import strategies as st

from locust_ext.gates.verdict import Verdict
from locust_ext.load.pieces import Line
from locust_ext.load.schedule import Schedule
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, TimelineSink
from locust_ext.measure.timeline import Timeline
from locust_ext.measure.timeline_builder import TimelineBuilder
from locust_ext.reports.charts import charts_of_generator, charts_over_time
from locust_ext.reports.console import plain
from locust_ext.reports.distributions import curves_of, favourite, herd_chart_of, spectrum_chart
from locust_ext.reports.drawing import broken
from locust_ext.reports.figure import MOST_LABEL, label
from locust_ext.reports.html import html
from locust_ext.reports.pages import Herd, herd_page, shape_page
from locust_ext.reports.result import rows_of

PACKED = re.compile(r'<script type="application/gzip" id="(\w+)">([A-Za-z0-9+/=]*)</script>')
MOST_BYTES = 2_500_000


def unpacked(page):
    """Return what a page holds packed, by what it is."""
    return {name: gzip.decompress(base64.b64decode(text)).decode() for name, text in PACKED.findall(page)}


class Reader(HTMLParser):
    """Counts the elements of a page and gathers its text, but for styles and scripts."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self._silent = {}, [], False

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self._silent = tag in ("style", "script")

    def handle_endtag(self, tag):
        self._silent = False

    def handle_data(self, data):
        if not self._silent:
            self.text.append(data)


def read(page):
    """Return the elements and the text of a page."""
    reader = Reader()
    reader.feed(page.replace("<wbr>", ""))  # where a name may break is no character of it
    return reader.tags, " ".join(" ".join(reader.text).split())


def charts(result):
    """Return all charts of a run."""
    found = [*charts_over_time(result), *charts_of_generator(result)]
    curves, herd = curves_of(result), herd_chart_of(result)
    return [*found, *([spectrum_chart(curves)] if curves else []), *([herd] if herd else [])]


@settings(max_examples=30)
@given(data=st.data())
def test_any_result_is_a_page(results, data):
    """Whatever the names: the verdict is there, no more scripts than ours, and strict JSON for the charts."""
    result = data.draw(results)
    page = html(result)
    tags, text = read(page)
    packed = unpacked(page)
    assert tags["script"] == (3 if packed else 1)
    assert f"exit code {result.verdict.exit_code}" in text
    if packed:
        json.loads(packed["charts"], parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "result",
    [example(), compared(), compared(1.0), compared(names=("/a", NASTY, "</script><b>x</b>"))],
    ids=["plain", "worse", "same", "nasty"],
)
def test_charts_are_what_plotly_takes(result):
    """Plotly refuses wrong keys and values; it takes all of ours."""
    drawn = charts(result)
    assert len(drawn) >= 5
    for chart in drawn:
        figure = go.Figure(data=list(chart.data), layout=dict(chart.layout))
        assert [trace.name for trace in figure.data] == [trace["name"] for trace in chart.data]


def test_what_a_full_page_holds():
    """Verdict first, then thresholds, comparison, findings, time, distribution, endpoints, herd, generator, making."""
    _, text = read(html(compared()))
    order = [
        "failed exit code 99",
        "1 of 4 thresholds failed",
        "Thresholds",
        "75.5 ms < 60 ms 3,000",
        "http_req_duration{name:/export}: p(99.9)<400",
        "Compared with the earlier runs",
        "66.1 ms to 75.3 ms",
        "60 users dropped, 60 came back",
        "Throughput and users",
        "Response times",
        "Distribution",
        "requests/s failed p50 ms",
        "The herd",
        "The load generator",
        "How it was made",
        "smoke users=10",
        "2.47.0",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "The charts, and sorting, take JavaScript." in text


ABSENT = [
    ("no comparison", {"comparison": None}, "This run was not compared with others.", None),
    ("no thresholds", {"outcomes": ()}, "There are no thresholds.", None),
    ("no timeline", {"timeline": Timeline()}, None, "Over time"),
    ("no requests", {"series": (), "comparison": None}, "No requests were measured.", "Distribution"),
    ("no storm", {"series": tuple(r for r in example().series if "herd" not in r.metric)}, None, "The herd"),
    ("no findings", {"findings": (), "warnings": ()}, None, "Findings and warnings"),
]


@pytest.mark.parametrize("changes, said, missing", [row[1:] for row in ABSENT], ids=[row[0] for row in ABSENT])
def test_what_is_not_there(changes, said, missing):
    """Said in a sentence, or left out."""
    _, text = read(html(replace(compared(), **changes)))
    assert said is None or said in text
    assert missing is None or missing not in text


@pytest.mark.parametrize("word", ["passed", "failed", "inconclusive", "aborted", "error"])
def test_each_verdict_has_a_shape_and_a_word(word):
    """It does not rest on colour."""
    page = html(replace(example(), verdict=Verdict(word, 1, "because")))
    assert f"<title>{word}: feed</title>" in page
    assert f'<header class="verdict {word}">' in page
    assert '<svg class="shape"' in page


@pytest.mark.slow
def test_names_are_text():
    """Markup in a name is shown as it is written, and a long one is folded."""
    page = html(compared(names=(NASTY, "<img src=x onerror=alert(1)>")))
    tags, text = read(page)
    assert "img" not in tags
    assert "<img src=x onerror=alert(1)>" in text
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "<script>alert" not in page


BREAKS = [
    ("behind each part of a path", "/a/b,c:d/", "/<wbr>a/<wbr>b,<wbr>c:d/"),
    ("not within an address's beginning", "http://x", "http://<wbr>x"),
    ("not before a space", "a, b", "a, b"),
    ("markup is text", "<b>/</b>", "&lt;b&gt;/<wbr>&lt;/<wbr>b&gt;"),
    ("quotes are text", "\"'&/x", "&#34;&#39;&amp;/<wbr>x"),
    ("control characters are not there", "a\x1b/b", "a\ufffd/<wbr>b"),
]


@pytest.mark.parametrize("name, shown", [row[1:] for row in BREAKS], ids=[row[0] for row in BREAKS])
def test_where_a_name_may_break(name, shown):
    """Behind a slash and a comma, so that a long one does not push figures out of sight."""
    assert broken(name) == shown


@given(st.text(st.characters() | st.sampled_from("/,<>&\"' "), max_size=60))
def test_a_name_that_breaks_is_the_same_name(name):
    """What is read is what was there, and no element but the breaks."""
    tags, text = read(broken(name))
    assert tags == {}
    assert text == " ".join(plain(name).split())


def test_what_failed_stands_first():
    """Then what is unclear; each with its value beside its limit, which say what they are where rows are cards."""
    rows = re.findall(
        r'<tr role="row" class="(\w+)">(.*?)</tr>', html(compared()).partition('id="comparison"')[0], re.DOTALL
    )
    assert [status for status, _ in rows] == ["failed", "inconclusive", "passed", "passed"]
    cells = re.findall(r'data-label="(\w+)">([^<]*)<', rows[0][1])
    assert cells == [("value", "75.5 ms"), ("limit", "&lt; 60 ms"), ("samples", "3,000")]


@given(st.text(max_size=100))
def test_labels(text):
    """A label in a chart holds no markup and no control character, and is short."""
    found = label(text)
    assert not set(found) & set("<>")
    assert found.isprintable()
    assert len(found) <= MOST_LABEL * len("&quot;")


def test_nothing_is_fetched():
    """No address in an attribute of the page, and a policy that forbids requests."""
    page = html(compared())
    ours = page.partition("<script>")[0]
    assert not re.search(r'(?:src|href)="(?!data:)', ours)
    assert "default-src &#39;none&#39;; script-src &#39;sha256-" in page


def test_the_policy_names_what_is_unpacked():
    """The hashes of the page's own policy are those of our script and of Plotly's, unpacked; there is no third."""
    page = html(compared())
    ours = page.rpartition("<script>")[2].partition("</script>")[0]
    hashes = {base64.b64encode(sha256(text.encode()).digest()).decode() for text in (ours, unpacked(page)["plotly"])}
    assert set(re.findall(r"sha256-([\w+/=]+)", unescape(page.partition("<style>")[0]))) == hashes


def large(endpoints):
    """Return a run of an hour with as many slices, endpoints, curves and slots of storms as a report draws."""
    rng, store, course = Random(1), Store(), TimelineBuilder()
    names = [f"/api/v1/communities/:id/endpoint-{number:04}/posts/" + "x" * 150 for number in range(endpoints)]
    for second in range(0, 3600, 15):
        part = Store()
        for name in names if second == 0 else names[:40]:
            tags = tags_of({"name": name, "method": "GET", "status": 200})
            part.leaf("http_req_duration", tags, Kind.TREND).record_all([20 * rng.lognormvariate(0, 0.7) for _ in "ab"])
            part.leaf("http_reqs", tags, Kind.COUNTER).add(2)
            failures = part.leaf("http_req_failed", tags, Kind.RATE)
            failures.merge(type(failures)(rng.randrange(2), 2))
        rows = part.take()
        store.merge(rows)
        course.add(second + 0.5, rows)
        course.look(second + 0.5, second, 50.0 + second % 7)
    for number in range(5):
        herd = store.leaf("reconnect_herd", tags_of({"storm": str(number)}), Kind.TIMELINE)
        herd.merge(TimelineSink({slot: 1 + rng.randrange(99) for slot in range(3000)}))
    return replace(example(), series=rows_of(store), timeline=course.timeline(), duration=3600.0)


@pytest.mark.slow
def test_a_report_has_at_most_two_and_a_half_megabytes():
    """Also with as much in it as there can be; then the endpoints with the most requests are listed."""
    assert len(html(compared()).encode()) < 2_100_000
    page = html(large(990))
    assert len(page.encode()) < MOST_BYTES
    assert page.count('<th scope="row">GET') == 500
    assert "The 500 endpoints with the most requests; all of them stand in summary.json." in read(page)[1]


def test_the_distribution_is_drawn_beside_the_runs_before():
    """For all requests and each endpoint: a dashed line of the earlier runs, and one of this run."""
    result = compared()
    curves = curves_of(result)
    chart = spectrum_chart(curves)
    assert len(chart.data) == 2 * len(curves) - sum(not curve.before for curve in curves)
    assert chart.layout["xaxis"]["type"] == "log"
    assert 0 <= favourite(curves) < len(curves)


def chart(page, name):
    """Return a chart of a page, as Plotly's own classes take it."""
    found = json.loads(unpacked(page)["charts"])["charts"][name]
    go.Figure(data=found["data"], layout=found["layout"])
    return found


def test_a_shape_is_a_page():
    """Users over time, the phases shaded and named as in a report; names are text."""
    schedule = Schedule((Line(NASTY, 10.0, 0.0, 5.0), Line("<b>peak</b>", 5.0, 5.0, 20.0)))
    page = shape_page("feed: <i>smoke</i>", schedule)
    tags, text = read(page)
    assert (tags["h1"], tags["script"], tags.get("i"), tags.get("b")) == (1, 3, None, None)
    assert "feed: <i>smoke</i>" in text
    assert "15s, at most 20 users." in text
    found = chart(page, "shape")
    assert found["data"][0]["x"][:3] == [f"1970-01-01 00:00:00.{part}" for part in ("000", "012", "025")]
    assert max(found["data"][0]["y"]) == pytest.approx(20, abs=0.01)
    assert [name["text"] for name in found["layout"]["annotations"]][1] == "&lt;b&gt;peak&lt;/b&gt;"
    assert found["layout"]["xaxis"]["range"] == [0, 15_000.0]
    assert len(page.encode()) < 2_100_000


def test_a_herd_is_a_page():
    """Bars of each client, in front of each other, as far as they are shown; names are text."""
    page = herd_page([Herd("one", "1", {0: 1000, 99: 3}), Herd("<b>two", "2", {3: 12})], seconds=5)
    found = chart(page, "herd")
    assert [(bars["name"], bars["x"], bars["y"]) for bars in found["data"]] == [
        ("one 1", [0.05], [1000]),
        ("&lt;b&gt;two 2", [0.35], [12]),
    ]
    assert found["layout"]["xaxis"]["range"] == [0, 5]
    assert "one 1: at most 1,000 in 100 ms. <b>two 2: at most 12 in 100 ms." in read(page)[1]

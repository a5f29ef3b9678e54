"""report.html in a real browser: opened from disk, without a network, wide and narrow, by day and by night."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from locust_ext.load.profiles import MarketOpen
from locust_ext.reports.html import html
from locust_ext.reports.pages import Herd, herd_page, shape_page
from tests.integration.conftest import rows, wait_until

EXAMPLES = Path(__file__).parents[1] / "unit" / "reports" / "examples.py"
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def examples():
    """The runs that the unit tests render."""
    specification = importlib.util.spec_from_file_location("examples_of_reports", EXAMPLES)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page, or that of a result, from disk, offline; whatever it asks for, complains of or pops up is kept."""

    def open_(result, viewport=WIDE, scheme="light", before=""):
        file = tmp_path / "report.html"
        file.write_text(result if isinstance(result, str) else html(result), encoding="utf-8")
        context = browser.new_context(viewport=viewport, color_scheme=scheme, offline=True)
        page = context.new_page()
        page.add_init_script(before)
        page.trouble = []
        page.on(
            "request", lambda r: r.url.startswith("file:") or r.url.startswith("data:") or page.trouble.append(r.url)
        )
        page.on("console", lambda m: m.type in ("error", "warning") and page.trouble.append(m.text))
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("dialog", lambda dialog: (page.trouble.append(dialog.message), dialog.dismiss()))
        page.goto(file.as_uri())
        if not before:
            expect(page.locator(".plot").last.locator("svg.main-svg").first).to_be_attached()
        return page

    return open_


@pytest.mark.parametrize(
    "viewport, scheme",
    [
        pytest.param(WIDE, "light", id="wide-light"),
        pytest.param(WIDE, "dark", id="wide-dark", marks=pytest.mark.long),
        pytest.param(NARROW, "light", id="narrow-light", marks=pytest.mark.long),
        pytest.param(NARROW, "dark", id="narrow-dark", marks=pytest.mark.long),
    ],
)
def test_the_page_works_offline(opened, examples, viewport, scheme):
    """Every chart is drawn, nothing is asked for, nothing complains, and the page is no wider than its window."""
    page = opened(examples.compared(), viewport, scheme)

    charts = page.locator(".plot")
    expect(charts).to_have_count(7)
    for number in range(7):
        expect(charts.nth(number).locator("svg.main-svg").first).to_be_attached()
        assert charts.nth(number).get_attribute("aria-label").count(".") >= 1
    expect(page.get_by_role("heading", level=1)).to_contain_text("failed")
    assert not page.get_by_text("The charts could not be drawn").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.trouble == []


WIDER = """[...document.querySelectorAll("body, body *")]
    .filter((one) => !one.closest(".plot, thead, #js-plotly-tester, #endpoints ~ .scroll"))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > innerWidth + 1)
    .map((one) => one.tagName + "." + one.className)"""
"""What lies beyond the edge of the window, but for the table of endpoints, which scrolls in its own box."""


def test_what_failed_is_read_on_a_phone(opened, examples):
    """Its value beside its limit, and the evidence, without scrolling sideways; its line is in the chart that it is about."""
    run = replace(examples.limited(), errors=examples.failing().errors, comparison=examples.compared().comparison)
    page = opened(run, NARROW)

    rows = page.locator("section[aria-labelledby=thresholds] tbody tr")
    expect(rows.first).to_contain_text("failed")
    expect(rows.first.get_by_role("rowheader")).to_have_text("http_req_duration{name:/communities/:id/posts}: p(99)<50")
    expect(rows.first.get_by_role("cell")).to_contain_text(["failed", "63.3 ms", "< 50 ms", "3,000"])
    for part in ("value", "limit"):
        box = rows.first.locator(f"[data-label={part}]").bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= NARROW["width"]
    assert page.evaluate(WIDER) == []
    expect(page.get_by_label("Show").first).to_have_value("1")
    labels = page.locator(".plot[data-chart=latency] .textpoint text")
    expect(labels.filter(visible=True)).to_have_text(["p(99) < 50 ms", "steady: p(99) < 45 ms"])
    assert page.trouble == []


@pytest.mark.parametrize("width", [1, 2, 8, 16], ids=["a minute", "two", "eight", "sixteen"])
@pytest.mark.long
def test_lines_lie_within_the_run(opened, examples, width):
    """Whatever the width of a slice in seconds: a number of four digits would be a year to Plotly."""
    result = examples.compared()
    longer = replace(result, timeline=replace(result.timeline, width=float(width)), duration=60.0 * width)
    page = opened(longer)
    room = page.locator(".plot[data-chart=latency] .nsewdrag").first.bounding_box()["width"]
    for line in page.locator(".plot[data-time] .scatterlayer .js-line:visible").all():
        drawn_at = places(line)
        assert len(drawn_at) > 1
        assert -1 <= min(drawn_at) < max(drawn_at) <= room + 1
        assert drawn_at == sorted(drawn_at)
    assert page.trouble == []


def test_drift_is_drawn(opened, examples):
    """A chart for each rule that saw something, and for what the probes saw besides; restarts and steps are named."""
    page = opened(examples.drifting(), NARROW)
    expect(page.locator(".plot[data-chart^=drift] svg.main-svg:first-child")).to_have_count(5)
    expect(page.locator(".plot[data-chart^=probe] svg.main-svg:first-child")).to_have_count(2)
    expect(page.locator(".plot[data-chart=drift-4] .shape-label")).to_have_text(["restart", "step +12"])
    expect(page.locator(".plot[data-chart=drift-0] .legendtext").last).to_have_text("at least +31.4 an hour")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.trouble == []


def places(line):
    """Return how far to the right the points of a line are."""
    return [float(x) for x in re.findall(r"[MLH](-?[\d.]+)", line.get_attribute("d"))]


@pytest.mark.long
def test_pages_of_one_chart_are_drawn(opened):
    """A schedule and a herd, offline: lines, phases and bars are there, and nothing complains."""
    page = opened(shape_page("feed: market-open", MarketOpen().schedule()))
    expect(page.get_by_role("heading", level=1)).to_have_text("feed: market-open")
    line = page.locator(".scatterlayer .js-line")
    expect(line).to_have_count(1)
    assert places(line)[0] == min(places(line)) == 0
    assert places(line) == sorted(places(line))
    expect(page.locator(".annotation-text-g").first).to_be_attached()
    assert page.trouble == []

    page = opened(herd_page([Herd("socket.io", "4", {3: 700, 12: 300}), Herd("<b>two", "1", {0: 1000})]), NARROW)
    expect(page.locator(".barlayer .point path")).to_have_count(3)
    expect(page.locator(".legendtext")).to_have_text(["socket.io 4", "<b>two 1"])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.trouble == []


BROKEN = {
    "a browser that cannot unpack": "delete window.DecompressionStream",
    "what was unpacked is not Plotly's script": "Response.prototype.text = async () => '{\"charts\": {}} '",
}


@pytest.mark.parametrize("before", rows(BROKEN, "a browser that cannot unpack"))
def test_a_page_that_cannot_be_drawn_says_so(opened, examples, before):
    """In a sentence, in the place of empty charts; the tables are there, and are sorted."""
    page = opened(examples.compared(names=("/b", "/a")), before=before)
    expect(page.get_by_text("The charts could not be drawn. They need a browser that can unpack them")).to_be_visible()
    assert page.locator(".plot:visible, select:visible").count() == 0
    page.get_by_role("columnheader", name="endpoint").get_by_role("button").click()
    rows = page.locator("table.sortable tbody tr th")
    assert [text.strip() for text in rows.all_inner_texts()] == ["GET /a", "GET /b"]


@pytest.mark.long
def test_the_theme_is_followed(opened, examples):
    """By night the page is dark and the charts are, also when the night falls while it is open."""
    page = opened(examples.compared())
    ground = "getComputedStyle(document.body).backgroundColor"
    text = "getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    day = page.evaluate(ground), page.evaluate(text)
    page.emulate_media(color_scheme="dark")
    wait_until(lambda: page.evaluate(text) != day[1], "the night")  # the page's policy forbids to evaluate in it
    assert page.evaluate(ground) != day[0]
    assert page.trouble == []


@pytest.mark.long
def test_the_endpoints_are_sorted(opened, examples):
    """By a click or by the keyboard, upwards and downwards, and a screen reader is told."""
    page = opened(examples.compared(names=("/a", "/b", "/c")))
    rows = page.locator("table.sortable tbody tr th")
    heading = page.get_by_role("columnheader", name="endpoint")

    heading.get_by_role("button").click()
    assert [text.strip() for text in rows.all_inner_texts()] == ["GET /a", "GET /b", "GET /c"]
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("button").press("Enter")
    assert [text.strip() for text in rows.all_inner_texts()] == ["GET /c", "GET /b", "GET /a"]
    expect(heading).to_have_attribute("aria-sort", "descending")


@pytest.mark.long
def test_an_endpoint_is_chosen(opened, examples):
    """The charts over time show it alone, and say what they show."""
    page = opened(examples.compared(names=("/a", "/b")))
    said = page.locator(".says").nth(1)
    before = said.inner_text()
    page.get_by_label("Show").first.select_option(label="/b")
    expect(said).not_to_have_text(before)
    assert page.trouble == []


def test_zooming_in_time_zooms_all_charts_over_time(opened, examples):
    """The same moments stand below each other; a double click brings all of the run back."""
    page = opened(examples.compared())
    ranges = "[...document.querySelectorAll('.plot[data-time]')].map((plot) => String(plot.layout.xaxis.range))"
    whole = page.evaluate(ranges)
    area = page.locator(".plot[data-chart=latency] .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    wait_until(lambda: len(set(page.evaluate(ranges))) == 1 and page.evaluate(ranges) != whole, "all charts to zoom in")
    area.dblclick()
    wait_until(lambda: set(page.evaluate(ranges)) == {"1970-01-01,1970-01-01 00:01"}, "the whole minute")
    assert page.trouble == []


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.long
def test_phases_are_named_above_the_lines(opened, examples, viewport):
    """A name covers no line: along the top where it fits, upright where it does not."""
    page = opened(examples.compared(), viewport)
    plot = page.locator(".plot[data-chart=latency]")
    names = plot.locator(".annotation-text-g")
    expect(names).to_have_text(["warmup", "steady", "storm", "recovery"])
    highest = min(line.bounding_box()["y"] for line in plot.locator(".scatterlayer .js-line").all())
    assert all(name.bounding_box()["y"] + name.bounding_box()["height"] <= highest + 1 for name in names.all())
    assert page.trouble == []


def test_names_are_text(opened, examples):
    """Scripts, markup and control characters in a name are shown and do nothing."""
    page = opened(examples.compared(names=(examples.NASTY, "<img src=x onerror=alert(1)>", "<b>bold</b>")), NARROW)
    expect(page.get_by_text("<b>bold</b>").first).to_be_attached()
    assert page.locator("main b", has_text="bold").count() == 0
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.trouble == []


def test_without_scripts_the_tables_are_complete(browser, tmp_path, examples):
    """The verdict, the thresholds, the comparison and the endpoints need no script."""
    file = tmp_path / "report.html"
    file.write_text(html(examples.compared()), encoding="utf-8")
    page = browser.new_context(java_script_enabled=False, offline=True).new_page()
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", level=1)).to_contain_text("failed")
    assert page.locator("tbody tr").count() == 4 + 8 + 2

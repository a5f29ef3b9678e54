"""What failed, in the report, on a narrow screen: all of it is there, and nothing is to the side of it."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from locust_ext.measure.error_kinds import Answer
from locust_ext.reports.html import html

EXAMPLES = Path(__file__).parents[1] / "unit" / "reports" / "examples.py"
LONG = "/communities/:id/posts,comments" * 6


@pytest.mark.long
def test_the_evidence_on_a_narrow_screen(browser, tmp_path):
    """A long name breaks, the first answer is open, others open by hand, and a picture in a name is a text."""
    specification = importlib.util.spec_from_file_location("examples_of_errors", EXAMPLES)
    examples = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(examples)
    first, *others = examples.ERRORS
    answer = Answer("503", (("X-" + "y" * 190, "v" * 200),), "<img src=x onerror=alert(1)>" + "z" * 900, "", "t" * 100)
    errors = (
        replace(first, name=LONG, message="m" * 300, response=answer),
        replace(first, name="<img src=x>"),
        *others,
    )
    file = tmp_path / "report.html"
    file.write_text(html(examples.failing(errors=errors)), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    page = context.new_page()
    trouble = []
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(file.as_uri())
    section = page.get_by_role("region", name="What failed")
    expect(section.get_by_role("heading", name="What failed")).to_be_visible()
    expect(section.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    hidden = section.get_by_text("the beginning of 20,480 bytes")
    expect(hidden).to_be_hidden()
    section.get_by_text("The first answer: status 200").first.click()
    expect(hidden).to_be_visible()
    page.evaluate("document.querySelectorAll('[aria-labelledby=errors] details').forEach(one => one.open = true)")
    wide = page.evaluate(
        "[...document.querySelectorAll('.errors, .errors *')].filter(e => e.getBoundingClientRect().right > innerWidth).length"
    )
    assert wide == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert section.locator("img").count() == 0
    assert not trouble
    context.close()

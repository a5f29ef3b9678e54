"""What stands on our pages beside Locust's web UI, and in the answers to its buttons: no secret."""

import re
import sys
from types import SimpleNamespace

import pytest
from locust import User
from locust.env import Environment

from locust_ext.config.plan import Plan
from locust_ext.safety.checklist import Check, Found
from locust_ext.web.pages import add_pages

URL = "https://bob:hunter22@grafana.example.com/d?token=abcdefgh&sig=ijklmnop#access_token=qrstuvwx"
SHOWN = "https://***@grafana.example.com/d?token=***&amp;sig=***#access_token=***"


@pytest.fixture
def page(monkeypatch):
    """Return what a page says, after a press of its button if there is a form."""
    monkeypatch.setattr(sys, "argv", ["locust"])  # Locust reads it for its page
    monkeypatch.setenv("M_API_KEY", "canary-11aa22bb")
    environment = Environment(user_classes=[User])
    environment.create_local_runner()
    web_ui = environment.create_web_ui(delayed_start=True)
    controller = SimpleNamespace(
        outcomes=[],
        result=None,
        run=None,
        account=SimpleNamespace(note_stop=lambda: None),
        on_judged=print,
        halted=f"the guard: {URL} canary-11aa22bb",
    )
    add_pages(
        web_ui,
        controller,
        SimpleNamespace(strike_now=lambda share, cause: f"no storm: {URL}"),
        SimpleNamespace(stop_now=lambda reason: f"Stopped: {URL}", never_begin=lambda reason: ""),
        SimpleNamespace(
            plan=Plan("feed"),
            prepare_form=lambda form: None,
            prepare_user=lambda settings: None,
            checks=[Check(Found.FINE, f"dashboard: {URL}; announced: {URL}")],
        ),
        SimpleNamespace(),
    )
    client = web_ui.app.test_client()
    client.controller = controller
    yield client
    environment.runner.quit()


def test_the_safety_page(page):
    """Why the last test was stopped, and the checklist with its links."""
    text = page.get("/locust-ext/safety").get_data(as_text=True)
    assert f"the guard: {SHOWN} ***" in text
    assert f"dashboard: {SHOWN}; announced: {SHOWN}" in text


def test_no_page_shows_a_secret(page):
    """Nor does what a button answers."""
    for path in ("safety", "storm", "report"):
        text = page.get(f"/locust-ext/{path}").get_data(as_text=True)
        if token := re.search(r'name="token" value="(\w+)"', text):
            form = {"drop": "30%", "cause": "reset", "token": token[1]}
            text += page.post(f"/locust-ext/{path}", data=form).get_data(as_text=True)
            text += page.get(f"/locust-ext/{path}").get_data(as_text=True)
            assert "Stopped: https" in text or "no storm: https" in text
        assert not any(part in text for part in ("hunter22", "abcdefgh", "ijklmnop", "qrstuvwx", "canary")), path


def test_a_page_forgets_what_it_said_of_an_older_run(page):
    """A new run has begun: nobody has stopped it, and no storm was asked for in it."""
    page.controller.halted = ""
    for path, said in (("safety", "Stopped: https"), ("storm", "no storm: https")):
        url = f"/locust-ext/{path}"
        page.controller.run = SimpleNamespace(id="first")
        token = re.search(r'name="token" value="(\w+)"', page.get(url).get_data(as_text=True))[1]
        page.post(url, data={"drop": "30%", "cause": "reset", "token": token})
        assert said in page.get(url).get_data(as_text=True)
        page.controller.run = SimpleNamespace(id="second")
        assert said not in page.get(url).get_data(as_text=True)


def test_stop_is_noted_in_the_account_of_the_run(page):
    """Of the one that is under way: each has an account of its own."""
    noted = []
    page.controller.account = SimpleNamespace(note_stop=lambda: noted.append("noted"))
    page.post("/stop")
    assert noted == ["noted"]


def test_the_thresholds_are_those_of_the_run(page):
    """The tab says how they stand, each time that somebody looks."""
    assert page.get("/stats/requests").get_json()["extended_stats"][0]["data"] == []

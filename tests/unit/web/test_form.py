"""The form stands behind the login: what is not allowed to start a test is not looked at."""

import sys

import pytest
from flask import redirect
from locust import User
from locust.env import Environment

from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.form import watch_form


@pytest.fixture
def ui(monkeypatch):
    """Make a web UI that serves nobody, with our form's check; return its client and what was prepared."""
    monkeypatch.setattr(sys, "argv", ["locust"])  # Locust reads it for its page
    made = []

    def begin(*, base=None, login=False, wrong=""):
        environment = Environment(user_classes=[User])
        environment.create_local_runner()
        web_ui = environment.create_web_ui(web_base_path=base, web_login=login, delayed_start=True)
        web_ui.app.secret_key = "x"
        prepared = []

        def prepare(form):
            prepared.append(dict(form))
            if wrong:
                raise ConfigurationError([Problem("host", wrong)])

        watch_form(web_ui, prepare, lambda text: text.replace("hunter2", "***"))
        if login:
            web_ui._login_manager.user_loader(lambda _: None)
        made.append(environment)
        return web_ui, prepared

    yield begin
    for environment in made:
        environment.runner.quit()


@pytest.mark.parametrize("base, path", [(None, "/swarm"), ("/load", "/load/swarm")])
def test_nothing_is_prepared_before_the_login(ui, base, path):
    """Who is not logged in is sent to the login, as Locust does, and nothing of ours happens."""
    web_ui, prepared = ui(base=base, login=True)
    answer = web_ui.app.test_client().post(path, data={"host": "http://attacker"})
    assert (answer.status_code, "/login" in answer.headers["Location"]) == (302, True)
    assert prepared == []


def test_nothing_is_prepared_before_a_login_of_their_own(ui):
    """A locustfile may look at requests itself, in a listener that came later than ours."""
    web_ui, prepared = ui()
    web_ui.app.before_request(lambda: redirect("/sso"))
    assert web_ui.app.test_client().post("/swarm", data={"host": "http://attacker"}).status_code == 302
    assert prepared == []


def test_the_message_holds_no_secret(ui):
    """Refused with a sentence, and nothing starts."""
    web_ui, prepared = ui(base="/load", wrong="https://bob:hunter2@shop is wrong")
    answer = web_ui.app.test_client().post("/load/swarm", data={"host": "x"}).get_json()
    assert (answer["success"], prepared) == (False, [{"host": "x"}])
    assert "https://bob:***@shop is wrong" in answer["message"]
    assert web_ui.environment.runner.state == "ready"


@pytest.mark.parametrize("path", ["/other", "/stop", "/"])
def test_other_routes_are_not_the_form(ui, path):
    """Only what starts a test is prepared."""
    web_ui, prepared = ui()
    web_ui.app.test_client().post(path, data={})
    assert prepared == []

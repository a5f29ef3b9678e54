"""The form stands behind the login: what is not allowed to start a test is not looked at."""

import sys
from types import SimpleNamespace

import gevent
import pytest
from flask import redirect
from locust import User
from locust.env import Environment

from locust_ext.config.plan import Plan
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.form import watch_form
from locust_ext.web.pages import add_pages


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


FORMS = [
    ("users and their rate", {"user_count": "7", "spawn_rate": "2.5"}),
    ("a host", {"user_count": "1", "spawn_rate": "1", "host": "http://127.0.0.1:1"}),
    ("a run time", {"user_count": "1", "spawn_rate": "1", "run_time": "1h30m"}),
    (
        "what a locustfile asks for",
        {"user_count": "1", "spawn_rate": "1", "tier": "gold", "debug": "true", "tags": "a,b"},
    ),
    ("a profile", {"user_count": "1", "spawn_rate": "1", "profile": "nightly"}),
    ("no number of users", {"user_count": "many", "spawn_rate": "1"}),
    ("no rate", {"user_count": "1"}),
    ("a time that is none", {"user_count": "1", "spawn_rate": "1", "run_time": "soon"}),
]


@pytest.mark.parametrize("form", [row[1] for row in FORMS], ids=[row[0] for row in FORMS])
def test_locusts_form_does_what_it_did(monkeypatch, form):
    """With our pages beside it: the same answer, the same start, the same options as without us."""
    monkeypatch.setattr(sys, "argv", ["locust"])
    found = []
    for ours in (False, True):
        environment = Environment(user_classes=[User])
        environment.create_local_runner()
        environment.parsed_options = SimpleNamespace(
            num_users=3,
            spawn_rate=1.0,
            run_time=None,
            host=None,
            tier="silver",
            debug=False,
            tags=["c"],
            profile=None,
            stats_history_enabled=False,
        )
        web_ui = environment.create_web_ui(delayed_start=True)
        started = []
        monkeypatch.setattr(environment.runner, "start", lambda *given, started=started: started.append(given))
        if ours:
            controller = SimpleNamespace(outcomes=[], result=None, run=None, halted="", on_judged=print)
            storms, safety = SimpleNamespace(strike_now=str), SimpleNamespace(never_begin=str, stop_now=str)
            prepared = SimpleNamespace(plan=Plan("feed"), checks=[], prepare_form=dict, prepare_user=dict)
            add_pages(web_ui, controller, storms, safety, prepared, SimpleNamespace())
        answer = web_ui.app.test_client().post("/swarm", data=form).get_json()
        gevent.sleep(0)
        web_ui._cancel_run_time_timer()
        found.append((answer, started, environment.host, vars(environment.parsed_options)))
        environment.runner.quit()
    assert found[0] == found[1]


@pytest.mark.parametrize("state, is_forgotten", [("stopped", True), ("ready", True), ("running", False)])
def test_the_run_time_of_an_earlier_test(ui, state, is_forgotten):
    """Does not end the next one, which has a shape: Locust lets that clock run where a threshold ended the test."""
    web_ui, _ = ui()
    runner, web_ui.environment.shape_class = web_ui.environment.runner, object()
    runner.start_shape, runner.state = list, state
    web_ui._run_time_greenlet = gevent.spawn_later(60, runner.stop)
    assert web_ui.app.test_client().post("/swarm", data={"user_count": "1", "spawn_rate": "1"}).get_json()["success"]
    assert (web_ui._run_time_greenlet is None) is is_forgotten
    web_ui._cancel_run_time_timer()
    runner.state = "ready"

"""/metrics of Locust's web server: where it stands, and who may read it."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace

import pytest
from flask import Blueprint, Response
from flask_login import UserMixin
from locust import User
from locust.env import Environment

from locust_ext.exports.options import PrometheusOptions
from locust_ext.run.scraped_text import Scraped
from locust_ext.web.scrape import show_metrics

FIGURES = "loadtest_running 1.0\n"
TOKEN = {"Authorization": "Bearer s3cret"}


class Idle(User):
    """A user who does nothing."""


@pytest.fixture
def ui(monkeypatch):
    """Make Locust's web UI, without a socket; its ``client`` asks."""
    monkeypatch.setattr(sys, "argv", ["locust"])
    monkeypatch.setenv("SCRAPE_TOKEN", "s3cret")
    made = []

    def make(before=None, *, base=None, login=False, token="", public=""):
        environment = Environment(user_classes=[Idle])
        environment.create_local_runner()
        made.append(environment)
        web_ui = environment.create_web_ui(delayed_start=True, web_base_path=base, web_login=login)
        if before:
            before(web_ui)
        asked = []

        def answer(accept, encoding):
            asked.append((accept, encoding))
            return Scraped(FIGURES.encode(), (("Content-Type", "text/plain; version=0.0.4"), ("Vary", "Accept")))

        options = PrometheusOptions(token_env=token)
        show_metrics(web_ui, SimpleNamespace(answer=answer), lambda: options, lambda: public)
        web_ui.asked, web_ui.client = asked, web_ui.app.test_client()
        return web_ui

    yield make
    for environment in made:
        environment.runner.quit()


def get(web_ui, path="/metrics", address="127.0.0.1", host="127.0.0.1:8089", protocol="HTTP/1.1", **headers):
    environ = {"REMOTE_ADDR": address, "SERVER_PROTOCOL": protocol}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web_ui.client.get(path, base_url=f"http://{host}", headers=named, environ_overrides=environ)


def test_a_scrape_is_answered(ui):
    web_ui = ui()
    answer = get(web_ui, Accept="text/plain;version=0.0.4", Accept_Encoding="gzip")
    assert (answer.status_code, answer.text) == (200, FIGURES)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"
    assert answer.headers["Cache-Control"] == "no-store"
    assert web_ui.asked == [("text/plain;version=0.0.4", "gzip")]


def test_a_head_has_no_body(ui):
    answer = ui().client.head("/metrics")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(FIGURES))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_nothing_else_is_taken(ui, method):
    web_ui = ui()
    answer = web_ui.client.open("/metrics", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert not web_ui.asked


def test_it_stands_under_the_base_path(ui):
    web_ui = ui(base="/locust")
    assert get(web_ui, "/locust/metrics").text == FIGURES
    assert get(web_ui, "/metrics").status_code == 404


@pytest.mark.parametrize("path", ["/metrics/", "/metrics/more", "/metric", "/locust-ext/metrics"])
def test_it_stands_nowhere_else(ui, path):
    assert get(ui(), path).status_code == 404


def their_route(web_ui):
    @web_ui.app.route("/metrics")
    def exporter():
        return Response("theirs 1\n", mimetype="text/plain")


def their_blueprint(web_ui):
    extend = Blueprint("extend", __name__)

    @extend.route("/metrics")
    def exporter():
        return Response("theirs 1\n", mimetype="text/plain")

    web_ui.app.register_blueprint(extend)


@pytest.mark.parametrize("theirs", [their_route, their_blueprint])
@pytest.mark.parametrize("is_first", [True, False], ids=["before us", "after us"])
def test_it_steps_aside_where_somebody_else_has_it(ui, caplog, theirs, is_first):
    web_ui = ui(theirs if is_first else None)
    if not is_first:
        theirs(web_ui)
    with caplog.at_level(logging.WARNING):
        assert [get(web_ui).text for _ in range(3)] == ["theirs 1\n"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "/metrics is a route of somebody else, so the figures of locust_ext are not there"
    ]
    assert not web_ui.asked


PROXY = {"X_Forwarded_For": "10.0.0.7"}
ROWS = [
    ("no login", {}, {"address": "10.0.0.7"}, 200),
    ("no login, by a proxy", {}, {"address": "10.0.0.7", **PROXY}, 200),
    ("login, this machine", {"login": True}, {}, 200),
    ("login, by a proxy on this machine", {"login": True}, PROXY, 403),
    ("login, by nginx as it ships", {"login": True}, {"protocol": "HTTP/1.0"}, 403),
    ("login, a proxy is configured", {"login": True, "public": "https://load.example.com"}, {}, 403),
    ("login, another machine", {"login": True}, {"address": "10.0.0.7"}, 403),
    ("login, a name that leads here", {"login": True}, {"host": "evil.example.com:8089"}, 403),
    ("login and token", {"login": True, "token": "SCRAPE_TOKEN"}, {"address": "10.0.0.7", **TOKEN}, 200),
    ("the same by a proxy", {"login": True, "token": "SCRAPE_TOKEN"}, {**PROXY, **TOKEN}, 200),
    ("a wrong token", {"login": True, "token": "SCRAPE_TOKEN"}, {"Authorization": "Bearer other"}, 401),
    ("none, from this machine", {"login": True, "token": "SCRAPE_TOKEN"}, {}, 401),
    ("a token without a login is asked for, too", {"token": "SCRAPE_TOKEN"}, {}, 401),
    ("and known", {"token": "SCRAPE_TOKEN"}, TOKEN, 200),
    ("a variable that is gone", {"token": "NOT_THERE"}, {"Authorization": "Bearer "}, 401),
]


@pytest.mark.parametrize("made, asked, status", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_who_may_read_it(ui, made, asked, status):
    web_ui = ui(**made)
    answer = get(web_ui, **asked)
    assert answer.status_code == status
    assert bool(web_ui.asked) == (status == 200)
    assert "s3cret" not in answer.text
    schemes = [value.split()[0] for value in answer.headers.getlist("WWW-Authenticate")]
    assert schemes == (["Bearer", "Basic"] if status == 401 else [])


def test_who_is_logged_in_may_read_it(ui):
    web_ui = ui(login=True)
    web_ui.app.secret_key = "key"

    class Person(UserMixin):
        id = "bob"

    web_ui.login_manager.user_loader(lambda _: Person())
    assert get(web_ui, address="10.0.0.7").status_code == 403
    with web_ui.client.session_transaction(base_url="http://127.0.0.1:8089") as session:
        session["_user_id"] = "bob"
    assert get(web_ui, address="10.0.0.7").status_code == 200

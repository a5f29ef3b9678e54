"""The exports of a process: opened once, kept while nobody wants others, and never a matter of the run."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace

import pytest
from locust.env import Environment

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.exports.options import ExportOptions
from locust_ext.run.exporting import Exporting
from tests.unit.test_readiness import imported

pytestmark = pytest.mark.sockets

PORT = ExportOptions(prometheus={"port": 0})
OTHER = ExportOptions(prometheus={"port": 0, "linger": 0})
WEB_UI_ALONE = ExportOptions(prometheus={})


@pytest.fixture
def exporting(monkeypatch):
    """Return those of an environment without runs."""
    monkeypatch.setattr(sys, "argv", ["locust"])
    environment = Environment()
    mentioned = []
    controller = SimpleNamespace(run=None, result=None, outcomes=(), mention=mentioned.append)
    one = Exporting(environment, controller)
    one.mentioned, one.handlers = mentioned, environment.events.quitting._handlers
    yield one
    one.let_go()


def urls(exporting):
    return [one.url for one in exporting._exporters]


def test_a_port_stays_open_from_run_to_run(exporting):
    exporting.prepare(PORT)
    (url,) = urls(exporting)
    exporting.begins(PORT, "one")
    exporting.leave()
    exporting.begins(PORT, "two")
    assert urls(exporting) == [url]
    assert len(exporting.handlers) == 1
    exporting.prepare(OTHER)
    assert urls(exporting) not in ([url], [])
    assert len(exporting.handlers) == 1
    exporting.let_go()
    assert (urls(exporting), exporting.handlers) == ([], [])


@pytest.mark.parametrize("options", [ExportOptions(), WEB_UI_ALONE], ids=["nothing", "no port"])
def test_without_a_port_nothing_is_opened(exporting, options):
    exporting.prepare(options)
    exporting.begins(options, "one")
    exporting.finish()
    assert (urls(exporting), exporting.handlers) == ([], [])


def test_what_fails_is_said_and_no_more(exporting, caplog):
    def raises():
        raise RuntimeError("boom")

    done = []
    for first in ("begins", "leave", "finish", "let_go"):
        one, other = (SimpleNamespace(begins=int, leave=int, finish=int, let_go=int) for _ in range(2))
        setattr(one, first, raises)
        setattr(other, first, lambda first=first: done.append(first))
        exporting.prepare(ExportOptions())
        exporting._exporters = (one, other)
        with caplog.at_level(logging.WARNING):
            getattr(exporting, first)(*((ExportOptions(), "run") if first == "begins" else ()))
    assert done == ["begins", "leave", "finish", "let_go"]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 4
    assert all(one.startswith("live figures: RuntimeError: boom") for one in said)


def test_the_token_of_a_scrape_is_secret():
    config = Config(export={"prometheus": {"token_env": "SCRAPE_TOKEN"}})
    assert "SCRAPE_TOKEN" in Plan("feed", config=config).secret_variables


WITHOUT = ("run.exporting", "run.scraped_text", "run.preflight", "exports.scrape_access", "exports.buckets", "parts")


@pytest.mark.parametrize("name", WITHOUT)
def test_a_run_without_a_port_loads_nothing_for_it(name):
    """Nor does one that has it, before somebody asks for figures."""
    heavy = {"locust_ext.run.scraping", "locust_ext.exports.prometheus_text", "locust_ext.run.lingering"}
    assert not imported(f"locust_ext.{name}") & heavy


def test_a_variable_alone_has_figures_pushed_and_judgements_are_passed_on(exporting, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    exporting.prepare(ExportOptions())
    (pushing,) = exporting._exporters
    heard = []
    monkeypatch.setattr(pushing, "judged", lambda: heard.append("judged"))
    exporting._controller.on_judged(None, None)
    assert heard == ["judged"]


def test_what_cannot_be_made_keeps_nothing_else_from_being_made(exporting, monkeypatch, caplog):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr("locust_ext.run.collectors.pushing_to", lambda *_: 1 / 0)
    exporting.prepare(PORT)
    assert len(urls(exporting)) == 1
    assert "live figures: ZeroDivisionError" in caplog.text

"""The charts that take more to make: one family in an answer, made once for all who ask, and not sent twice."""

import json

import pytest

from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.reports.watched import Watched
from locust_ext.run.context import RunContext
from locust_ext.web import watched_figures as module
from locust_ext.web.watched_figures import WatchedFigures
from tests.unit.web.watched import watching


@pytest.fixture
def controller(monkeypatch):
    """Return what judges the runs of an environment."""
    with watching(monkeypatch) as found:
        yield found


def ask(figures, **asked):
    """Return what a page is told."""
    told = figures.piece(asked)
    return json.loads(told) if isinstance(told, str) else told


def measured(run, count=200, name="/hot"):
    """Have a run measure requests."""
    store = Store()
    tags = tags_of({"name": name, "method": "GET"})
    store.leaf("http_req_duration", tags, Kind.TREND).record_all(range(1, count + 1))
    run.take(store.take(), run.began + 1.0, 1.0)


def test_a_distribution(controller):
    """Of all, or of one endpoint; the mark tells whether it is new."""
    run = controller.begin()
    measured(run)
    measured(run, 100, name="/cold")
    figures = WatchedFigures(lambda: run)
    told = ask(figures, figure="spectrum")
    (chart,) = told["charts"]
    assert (chart["id"], chart["says"]) == ("spectrum", ["p99 is 197.1 ms. It was not compared."])
    assert ask(figures, figure="spectrum", of="/cold")["charts"][0]["says"] == ["p99 is 99.0 ms. It was not compared."]
    assert ask(figures, figure="spectrum", of="/none")["charts"] == []
    assert "charts" not in ask(figures, figure="spectrum", mark=told["mark"])


def test_beside_the_earlier_runs(controller, monkeypatch):
    """Those that were made in the same way; what they measured is merged once."""
    controller.begin(name="before")
    measured(controller.run, 1_000)
    controller.stop()
    run = controller.begin()
    earlier = controller.saved[-1].snapshot
    run.context = RunContext(fingerprint=earlier.fingerprint, before=(earlier,))
    measured(run)
    figures = WatchedFigures(lambda: run)
    (chart,) = ask(figures, figure="spectrum")["charts"]
    assert chart["says"] == ["p99 is 198.0 ms. In the earlier runs it was 990.2 ms."]
    assert [line["name"] for line in chart["data"]] == ["earlier runs", "this run"]
    monkeypatch.setattr(module, "select", None)
    monkeypatch.setattr(module, "LASTS", -1)
    assert ask(figures, figure="spectrum")["charts"]
    run.context = RunContext(fingerprint={"shape": "another"}, before=(earlier,))
    again = WatchedFigures(lambda: run)
    assert "not compared" in ask(again, figure="spectrum")["charts"][0]["says"][0]


def test_the_herd(controller):
    """Its attempts by 100 ms; none where nobody was dropped."""
    run = controller.begin()
    figures = WatchedFigures(lambda: run)
    assert ask(figures, figure="herd")["charts"] == []
    herd = run.judge.store.leaf("reconnect_herd", tags_of({"storm": "1"}), Kind.TIMELINE)
    herd.slots.update({0: 5, 3: 7})
    figures = WatchedFigures(lambda: run)
    assert "12 attempts, at most 7 in 100 ms" in ask(figures, figure="herd")["charts"][0]["says"][0]


def test_what_the_probes_see(controller, monkeypatch):
    """A chart a series."""
    run = controller.begin()
    monkeypatch.setattr(run, "at", lambda _: 100.0)
    seen = tuple(Watched(f"series_{n}", "api", ((1.0, 1.0), (50.0, 2.0))) for n in range(3))
    monkeypatch.setattr(run.drifting, "watched", lambda: seen)
    told = ask(WatchedFigures(lambda: run), figure="probes")
    assert [chart["id"] for chart in told["charts"]] == ["probe-0", "probe-1", "probe-2"]


@pytest.mark.parametrize("asked", [{}, {"figure": "none"}, {"figure": "../../etc"}, {"figure": ""}], ids=str)
def test_what_is_not_a_figure(controller, asked):
    """Is none; and without a run there is none."""
    run = controller.begin()
    assert ask(WatchedFigures(lambda: run), **asked) == {"figure": ""}
    assert ask(WatchedFigures(lambda: None), figure="herd") == {"figure": ""}


def test_it_is_made_once_for_all_who_ask(controller, monkeypatch):
    """And what is kept is bounded, however many names are asked for."""
    run, made = controller.begin(), []
    monkeypatch.setattr(module, "spectrum_chart", lambda curves: made.append(curves) or _chart())
    measured(run)
    figures = WatchedFigures(lambda: run)
    for _ in range(20):
        ask(figures, figure="spectrum")
    assert len(made) == 1
    for number in range(3 * module.MOST_KEPT):
        ask(figures, figure="spectrum", of=f"/{number}" * 1_000)
    assert len(figures._made) <= module.MOST_KEPT
    assert len(figures._before) <= module.MOST_KEPT


def _chart():
    from locust_ext.reports.figure import Chart, layout_of

    return Chart("spectrum", "", ("",), (), layout_of("ms"))

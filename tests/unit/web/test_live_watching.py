"""What the live page says of a run: how it stands, what is planned, how the generator and the locks are doing."""

import os
import time
from collections import UserDict
from types import SimpleNamespace

import pytest

from locust_ext.config.schema import Config
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.safety.checklist import Check, Found
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.strict_json import strict_json
from locust_ext.web.watching import MOST_ROWS, Watching
from tests.unit.web.watched import watching

LIMITS = {
    "http_req_duration": ["p(95)<400", "p(95)<30"],
    "http_req_duration{name:/hot}": [{"threshold": "p(99)<50", "abort_on_fail": True}],
    "http_req_failed": ["rate<0.5"],
}
SECRET = "canary-77aa88bb"


@pytest.fixture
def controller(monkeypatch):
    """Return what judges the runs of an environment."""
    with watching(monkeypatch, LIMITS) as found:
        yield found


@pytest.fixture
def pieces(controller):
    """Return the pieces of its page; ``checks`` is the checklist, ``switch`` the kill switch."""
    safety = SimpleNamespace(switch=SimpleNamespace(pulled=""), killed="")
    preparation = SimpleNamespace(checks=[])
    found = Watching(controller._environment, controller, safety, preparation).pieces
    return SimpleNamespace(
        told=lambda name: found[name]({}), checks=preparation.checks, switch=safety.switch, names=tuple(found)
    )


class Looked(UserDict):
    """An environment that notes each look at it."""

    def __init__(self, looks):
        super().__init__(os.environ)
        self._looks = looks

    def keys(self):
        """Note it."""
        self._looks.append(1)
        return super().keys()


def measured(run, *durations, name="/hot"):
    """Have a run measure requests that took so long, a second after its beginning."""
    store = Store()
    tags = tags_of({"name": name, "method": "GET"})
    store.leaf("http_req_duration", tags, Kind.TREND).record_all(durations)
    store.leaf("http_reqs", tags, Kind.COUNTER).add(len(durations))
    run.take(store.take(), run.began + 1.0, 1.0)


def judged(controller):
    """Look at the thresholds, as is done each second."""
    controller.outcomes = controller.run.outcomes(controller.run.began + 1.0)


def test_before_a_run(pieces):
    """It waits for one, and says what it can of the process."""
    assert pieces.told("glance")["state"] == "waiting"
    assert pieces.told("frame") == {"run": ""}
    health = pieces.told("health")
    assert (health["run"], health["workers"], health["killed"]) == ("", [], "")
    assert health["descriptors"][0] > 0


def test_failed_thresholds_come_first(controller, pieces):
    """With the value beside what it must be."""
    measured(controller.begin(), *range(20, 140))
    judged(controller)
    glance = pieces.told("glance")
    assert [one["status"] for one in glance["outcomes"]] == ["failed", "failed", "inconclusive", "passed"]
    assert glance["outcomes"][0] == {
        "status": "failed", "of": "http_req_duration", "rule": "p(95) < 30 ms", "value": "133.1 ms", "samples": 120,
        "reason": "", "aborts": False, "window": "",
    }  # fmt: skip
    assert glance["outcomes"][1]["aborts"]
    assert glance["counts"] == {"passed": 1, "failed": 2, "inconclusive": 1}
    assert (glance["state"], glance["verdict"], glance["name"]) == ("running", None, "feed")


def test_the_states_of_a_run(controller, pieces):
    """Running, ending, ended with its verdict; and the next one begins clean."""
    run = controller.begin()
    assert pieces.told("glance")["state"] == "running"
    run.ended = time.monotonic()
    assert pieces.told("glance")["state"] == "ending"
    controller.conclude()
    glance = pieces.told("glance")
    assert (glance["state"], glance["verdict"]["word"], glance["verdict"]["code"]) == ("ended", "inconclusive", 111)
    controller.begin()
    assert (pieces.told("glance")["state"], pieces.told("glance")["verdict"]) == ("running", None)


def test_thresholds_are_lines(controller, pieces):
    """Those on durations, the failed ones first; one on an endpoint names it, as text for Plotly."""
    run = controller.begin()
    run.enter_phase("<surge>", run.began)
    measured(run, *range(20, 140))
    judged(controller)
    frame = pieces.told("frame")
    assert [(one["text"], one["bound"], one["percent"], one["failed"]) for one in frame["limits"]] == [
        ("p(95) &lt; 30 ms", 30, 95, True),
        ("p(99) &lt; 50 ms /hot", 50, 99, True),
        ("p(95) &lt; 400 ms", 400, 95, False),
    ]
    assert frame["limits"][1]["name"] == "/hot"
    assert frame["annotations"][0]["text"] == "&lt;surge&gt;"
    assert frame["seconds"] == 60
    assert frame["xaxis"]["range"] == [0, 60_000]


def test_requests_that_are_open(controller, pieces):
    """By endpoint, with the age of the oldest; what is lost is not open."""
    run = controller.begin()
    ages = [[["http_req_duration", [["method", "GET"], ["name", "/slow"]], [30_000, 10_000, 20_000, 0, 0, [5_000, 1]]]]]
    store = Store()
    trend = store.leaf("http_req_duration", tags_of({"name": "/slow", "method": "GET"}), Kind.TREND)
    trend.record_all([1500.0, 20.0])
    assert ages
    run.take(
        [["", [], "open", [["http_req_duration", [["method", "GET"], ["name", "/slow"]], trend.to_row()]]]],
        run.began + 1,
        1,
    )
    health = pieces.told("health")
    assert (health["open"], health["oldest"], health["open_rows"]) == (2, "1.5 s", [["GET /slow", 2, "1.5 s"]])


class Node(SimpleNamespace):
    """A worker as Locust keeps it."""


def test_workers(controller, pieces):
    """Those that are missing first; of many the first."""
    nodes = {
        f"w{n:03}": Node(id=f"w{n:03}", state="running", user_count=n, cpu_usage=9, heartbeat=3) for n in range(99)
    }
    nodes["w050"].state, nodes["w050"].heartbeat = "missing", -2
    controller._environment.runner.clients = nodes
    health = pieces.told("health")
    assert health["workers"][0] == {"id": "w050", "state": "missing", "users": 50, "cpu": 9, "heard": 5}
    assert (len(health["workers"]), health["worker_count"], health["workers"][1]["heard"]) == (MOST_ROWS, 99, 0)
    del controller._environment.runner.clients


def test_texts_of_an_answer(controller, pieces, monkeypatch):
    """However many there are, the environment is looked at once for all of them: each look costs as much as a piece."""
    controller.begin()
    pieces.checks.extend(Check(Found.WRONG, f"check {number}") for number in range(MOST_ROWS))
    looks = []
    monkeypatch.setattr(OUTLET, "_environment", Looked(looks))
    assert len(pieces.told("health")["checks"]) == MOST_ROWS
    assert len(looks) == 1


def test_safety(controller, pieces):
    """The cap, the checklist and why a run was stopped."""
    controller.begin(config=Config.model_validate({"safety": {"rate_cap": "50/s"}}))
    pieces.checks.append(Check(Found.WRONG, "the clocks differ"))
    pieces.switch.pulled = "the flag says no"
    health = pieces.told("health")
    assert (health["cap"], health["cap_said"], health["switch"]) == (50, "50/s", False)
    assert health["checks"] == [{"found": "NO", "what": "the clocks differ"}]
    assert health["killed"] == "the flag says no"


def test_no_piece_shows_a_secret(controller, pieces, monkeypatch):
    """Nor control characters, nor more than a page can show."""
    monkeypatch.setenv("SHOP_API_KEY", SECRET)
    run = controller.begin(name=f"feed {SECRET}\x1b[31m")
    run.troubles = {str(n): f"{SECRET} " + "x" * 5_000 for n in range(30)}
    run.halted = f"the guard: {SECRET}"
    run.enter_phase(SECRET, run.began)
    controller.result = SimpleNamespace(warnings=(SECRET,), verdict=Verdict("aborted", 108, f"{SECRET} " + "y" * 9_000))
    pieces.checks.append(Check(Found.FINE, f"dashboard {SECRET}"))
    pieces.switch.pulled = f"the kill switch: {SECRET}"
    text = "".join(strict_json(pieces.told(name)) for name in pieces.names)
    assert SECRET not in text
    assert "\\u001b" not in text
    assert "***" in text
    assert len(text) < 20_000

"""What Locust's own page shows of us: the tab of thresholds, the button, the link to the report, and Stop."""

import json
import re
import sys
from types import SimpleNamespace

import pytest
from flask import request
from locust import User
from locust.env import Environment

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.beside_others import FILES, TABS
from locust_ext.web.buttons import Buttons
from locust_ext.web.form import watch_users
from locust_ext.web.gates import KEY, show_gates
from locust_ext.web.report import LINK, show_report
from locust_ext.web.safety import show_safety
from locust_ext.web.stop import REASON, watch_stop
from locust_ext.web.storm import CAUSES, show_storm


class Loaded(User):
    """A user who does nothing."""


@pytest.fixture
def ui(monkeypatch):
    """Return Locust's web UI, without a socket."""
    monkeypatch.setattr(sys, "argv", ["locust"])  # Locust reads it for its page
    environment = Environment(user_classes=[Loaded])
    environment.create_local_runner()
    environment.parsed_options = SimpleNamespace(num_users=1, spawn_rate=1, stats_history_enabled=False, run_time=None)
    yield environment.create_web_ui(delayed_start=True)
    environment.runner.quit()


def judged(text, status, value, count, reason=""):
    """Return how a threshold on the duration of requests stands."""
    threshold = Threshold(parse_selector("http_req_duration"), parse_assertion(text), Kind.TREND)
    return Outcome(threshold, Status(status), value, count, reason)


OUTCOMES = [judged("p(95)<400", "passed", 48.21, 3000), judged("p(99)<60", "inconclusive", None, 0, "no samples")]


def test_the_thresholds_have_a_tab(ui):
    """With a table of five columns, beside the tabs of others."""
    ui.template_args["extended_tabs"], ui.template_args["extended_tables"] = [{"key": "theirs"}], [{"key": "theirs"}]
    show_gates(ui, lambda: OUTCOMES)
    assert ui.template_args["extended_tabs"] == [{"key": "theirs"}, {"title": "Thresholds", "key": KEY}]
    theirs, ours = ui.template_args["extended_tables"]
    assert (theirs, ours["key"]) == ({"key": "theirs"}, KEY)
    assert [column["title"] for column in ours["structure"]] == ["Threshold", "Value", "Limit", "Samples", "Outcome"]
    assert [column["key"] for column in ours["structure"]] == ["threshold", "value", "limit", "samples", "outcome"]


def test_the_first_tab(ui):
    """Nobody else has to have one."""
    ui.template_args.pop("extended_tabs", None)
    ui.template_args.pop("extended_tables", None)
    show_gates(ui, lambda: OUTCOMES)
    assert [len(ui.template_args[name]) for name in ("extended_tabs", "extended_tables")] == [1, 1]


LATER = [
    pytest.param(lambda ui: ui.template_args.update({TABS: [{"key": "theirs"}]}), ["theirs", KEY], id="its own list"),
    pytest.param(lambda ui: ui.template_args[TABS].append({"key": "theirs"}), [KEY, "theirs"], id="added to ours"),
    pytest.param(lambda ui: ui.template_args.update({TABS: ({"key": "theirs"},)}), ["theirs", KEY], id="a tuple"),
    pytest.param(lambda ui: ui.template_args.update({TABS: None}), [KEY], id="none"),
    pytest.param(lambda ui: setattr(ui, "template_args", {}), [KEY], id="all arguments replaced"),
]


@pytest.mark.parametrize("later, keys", LATER)
def test_a_plugin_that_comes_after_us(ui, later, keys):
    """Whatever it does to the list of tabs, theirs and ours stand on Locust's page, each once."""
    show_gates(ui, lambda: OUTCOMES)
    show_report(ui, lambda: None)
    later(ui)
    for _ in range(2):
        text = ui.app.test_client().get("/").get_data(as_text=True)
        assert [tab["key"] for tab in ui.template_args[TABS]] == keys
        assert ui.template_args[FILES] == [LINK]
        assert all(f'"key": "{key}"' in text for key in keys)


def test_what_is_no_list_is_left_alone(ui):
    """Locust's page shows what a plugin has made of it, as it would without us."""
    show_gates(ui, lambda: OUTCOMES)
    ui.template_args[TABS] = "theirs"
    assert ui.app.test_client().get("/").status_code == 200
    assert ui.template_args[TABS] == "theirs"


def test_statistics_that_are_asked_for_twice_in_a_second(ui):
    """Locust hands out the same answer again: our rows stand in it once, and as they stand now."""
    outcomes = list(OUTCOMES)
    show_gates(ui, lambda: outcomes)
    client = ui.app.test_client()
    client.get("/stats/requests")
    outcomes.pop()
    tables = client.get("/stats/requests").get_json()["extended_stats"]
    assert [(table["key"], len(table["data"])) for table in tables] == [(KEY, 1)]


def test_a_plugin_that_answers_with_its_own_rows(ui):
    """As in Locust's examples, it writes the list as if it were alone: it was there first, so Flask calls it later."""

    def alone(response):
        if request.path == "/stats/requests":
            response.set_data(json.dumps({**response.json, "extended_stats": [{"key": "theirs", "data": []}]}))
        return response

    ui.app.after_request(alone)
    show_gates(ui, lambda: OUTCOMES)
    tables = ui.app.test_client().get("/stats/requests").get_json()["extended_stats"]
    assert [table["key"] for table in tables] == ["theirs", KEY]


def test_how_the_thresholds_stand(ui):
    """Each look at Locust's statistics says it, as plain text."""
    show_gates(ui, lambda: OUTCOMES)
    answer = ui.app.test_client().get("/stats/requests").get_json()
    (ours,) = [each for each in answer["extended_stats"] if each["key"] == KEY]
    assert [list(row) for row in ours["data"]] == [["threshold", "value", "limit", "samples", "outcome"]] * 2
    assert [row["samples"] for row in ours["data"]] == ["3,000", "0"]
    assert [row["outcome"] for row in ours["data"]] == ["passed", "inconclusive: no samples"]
    assert "p(95)<400" in ours["data"][0]["threshold"]
    assert "48" in ours["data"][0]["value"]
    assert "total_rps" in answer


def test_what_others_add_to_the_statistics_stays(ui):
    """Their rows stand before ours."""
    show_gates(ui, lambda: OUTCOMES)

    def add(response):
        answer = response.get_json()
        response.set_data(ui.app.json.dumps({**answer, "extended_stats": [{"key": "theirs", "data": []}]}))
        return response

    ui.app.after_request(add)  # Flask calls the last one first
    answer = ui.app.test_client().get("/stats/requests").get_json()
    assert [each["key"] for each in answer["extended_stats"]] == ["theirs", KEY]


@pytest.mark.parametrize("path", ["/tasks", "/exceptions", "/stats/requests/csv"])
def test_other_answers_are_locust_s(ui, path):
    """Nothing is added where nobody looks for it."""
    show_gates(ui, lambda: OUTCOMES)
    assert b"extended_stats" not in ui.app.test_client().get(path).data


def test_those_who_may_not_see_statistics_get_none(ui):
    """What Locust refuses is refused whole."""
    show_gates(ui, lambda: OUTCOMES)
    ui.app.before_request(lambda: ({"error": "log in"}, 403))
    assert ui.app.test_client().get("/stats/requests").get_json() == {"error": "log in"}


def test_the_button_stands_once_on_locust_s_page(ui):
    """At its end, with a token of its own; the page is kept nowhere."""
    show_safety(ui, Buttons(ui, lambda: ""), str, list, str, str)
    answer = ui.app.test_client().get("/")
    text = answer.get_data(as_text=True)
    assert text.count("Stop now</button></form></body>") == text.count("</body>") == 1
    assert 'action="./locust-ext/safety"' in text
    assert re.search(r'name="token" value="\w{64}"', text)
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_the_end_of_the_page_is_the_button_s_place(ui):
    """What else the page says of one is text of theirs."""
    ui.app.view_functions["locust.index"] = lambda: "<html><body>a</body><!-- </body> --></html>"
    show_safety(ui, Buttons(ui, lambda: ""), str, list, str, str)
    assert ui.app.test_client().get("/").get_data(as_text=True).count("Stop now") == 1


@pytest.mark.parametrize(
    "answer, headers",
    [
        pytest.param(("<body></body>", 500), {}, id="a page that failed"),
        pytest.param(("<body></body>", 200, {"Content-Type": "text/plain"}), {}, id="no page"),
        pytest.param(((part for part in ("<body>", "</body>")), 200), {}, id="one that is streamed"),
        pytest.param("<body></body>", {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}, id="in a frame"),
    ],
)
def test_a_page_without_the_button(ui, answer, headers):
    """It stays as it is."""
    ui.app.view_functions["locust.index"] = lambda: answer
    show_safety(ui, Buttons(ui, lambda: ""), str, list, str, str)
    assert ui.app.test_client().get("/", headers=headers).get_data(as_text=True) == "<body></body>"


def pressed(ui, path, **form):
    """Press the button of a page; return what it answers, and what the page says then."""
    client = ui.app.test_client()
    token = re.search(r'name="token" value="(\w+)"', client.get(path).get_data(as_text=True))[1]
    answer = client.post(path, data={**form, "token": token})
    return answer, client.get(path).get_data(as_text=True)


def test_stop_now(ui):
    """The reason says who stopped it, and the page what came of it."""
    reasons = []
    show_safety(ui, Buttons(ui, lambda: ""), lambda reason: reasons.append(reason) or "Stopped all.", list, str, str)
    answer, text = pressed(ui, "/locust-ext/safety")
    assert reasons == ["somebody pressed Stop now in the web UI"]
    assert (answer.status_code, answer.headers["Location"]) == (303, "safety")
    assert "Stopped all." in text
    assert "The last test was stopped" not in text
    assert "There was nothing to check" in text


STORMS = [
    pytest.param({"drop": "30%", "cause": "close"}, [(0.3, "close")], "a storm of 0.3", id="a storm"),
    pytest.param({"drop": "200%", "cause": "close"}, [], "200%", id="more than all"),
    pytest.param(
        {"drop": "30%", "cause": "fire"}, [], "is not a cause; there are reset, close, half_open", id="no cause"
    ),
    pytest.param({}, [], "", id="nothing"),
]


@pytest.mark.parametrize("form, struck, said", STORMS)
def test_storm_now(ui, form, struck, said):
    """What was entered is a share and a cause, or nothing happens and the page says why."""
    found = []
    show_storm(Buttons(ui, lambda: ""), str, lambda *storm: found.append(storm) or f"a storm of {storm[0]}")
    before = ui.app.test_client().get("/locust-ext/storm").get_data(as_text=True)
    assert re.findall(r"<option>(\w+)</option>", before) == list(CAUSES)
    assert 'value="30%"' in before
    answer, text = pressed(ui, "/locust-ext/storm", **form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "storm")
    assert found == struck
    assert said in text
    assert "come back by their policy" not in text


def test_the_report_is_linked(ui):
    """Beside the downloads of others, and waits for the end of a test."""
    ui.template_args["extended_csv_files"] = [{"href": "./theirs"}]
    show_report(ui, lambda: None)
    assert ui.template_args["extended_csv_files"] == [{"href": "./theirs"}, LINK]
    answer = ui.app.test_client().get("/locust-ext/report")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "No report yet" in answer.get_data(as_text=True)


@pytest.mark.parametrize("wrong, status, answer", [("", 200, "set"), ("not there", 400, "not there")])
def test_a_user_class_is_set(ui, wrong, status, answer):
    """What it is set to is looked at before; a mistake is told without secrets, and nothing is set."""
    asked = []

    def prepare(settings):
        asked.append(settings)
        if wrong:
            raise ConfigurationError([Problem("host", wrong)])

    ui.app.view_functions["locust.update_user"] = lambda: "set"
    ui.app.add_url_rule("/set", "locust.update_user", methods=["POST"])
    watch_users(ui, prepare, str.upper)
    told = ui.app.test_client().post("/set", json={"host": "x"})
    assert (told.status_code, asked) == (status, [{"host": "x"}])
    assert (answer.upper() if wrong else answer) in told.get_data(as_text=True)
    ui.app.test_client().post("/set", data="nonsense")
    ui.app.test_client().post("/set", json=[1])
    assert asked[1:] == [{}, {}]


def test_stop_is_noted(ui):
    """Before Locust stops what is under way, and it answers as ever."""
    done = []
    ui.app.view_functions["locust.stop"] = lambda: done.append("Locust stops") or "stopped"
    watch_stop(ui, done.append, lambda: done.append("noted"))
    assert ui.app.test_client().post("/stop").get_data(as_text=True) == "stopped"
    assert done == [REASON, "noted", "Locust stops"]

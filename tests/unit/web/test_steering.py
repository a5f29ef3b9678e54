"""A test that is started from the live page: Flask's own client and a real environment, in which nobody sends anything."""

from __future__ import annotations

import re
import sys

import pytest
from locust import HttpUser, LoadTestShape
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.shapes import SmokeShape
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam
from locust_ext.run import preparation as module
from locust_ext.run.preparation import Preparation
from locust_ext.web import steering as steering_module
from locust_ext.web.actions import TOKEN
from locust_ext.web.buttons import Buttons
from locust_ext.web.form import watch_form
from locust_ext.web.live import show_live
from locust_ext.web.steering import Steering

LOCAL, OTHER = "http://127.0.0.1:8000", "http://10.0.0.9:8000"
CONFIG = """
shape: market-open
shapes: {market-open: {open_users: 200, pre_open_users: 20, plateau_users: 120}, calm: {kind: smoke, users: 3}}
thresholds:
  http_req_duration: ["p(95)<400", {threshold: "p(99)<900", abort_on_fail: true, delay_abort: 30s}]
  http_req_failed: ["rate<0.01"]
"""
CONFIGURED = [
    {"select": "http_req_duration", "must": "p(95)<400", "options": {}},
    {"select": "http_req_duration", "must": "p(99)<900", "options": {"abort_on_fail": True, "delay_abort": "30s"}},
    {"select": "http_req_failed", "must": "rate<0.01", "options": {}},
]


class Plain(HttpUser):
    """Has no host."""

    abstract = True


class Own(LoadTestShape):
    """A shape of the locustfile's own."""

    def tick(self):
        """Is never asked."""


class Mine(SmokeShape):
    """One of ours in the locustfile."""

    abstract = True
    users = 7
    duration = 40


class Page:
    """The live page of a process whose runner only says what it was asked for."""

    def __init__(self, file, monkeypatch, host=LOCAL, own=None, picker=False, **choices):
        monkeypatch.setattr(sys, "argv", ["locust"])
        monkeypatch.setattr(steering_module, "BEGINS", 0.0)
        monkeypatch.setattr(steering_module, "FRESH", 0.0)
        monkeypatch.setattr(module, "take", lambda _: None)
        monkeypatch.setattr(module, "mark", lambda _: None)
        self.file, self.started, self.done = file, [], []
        command_line = CommandLine(file=str(file), **choices)
        environment = self.environment = Environment(
            user_classes=[Plain], events=Events(), host=host, shape_class=own, available_user_classes={"Plain": Plain}
        )
        environment.parsed_options = get_parser().parse_args([])
        for name, value in {"headless": False, "autostart": False, "host": host, "run_time": None}.items():
            setattr(environment.parsed_options, name, value)
        runner = environment.create_local_runner()
        web_ui = environment.create_web_ui(delayed_start=True, userclass_picker_is_active=picker)
        arrivals = ArrivalsOnDemand(environment, Recorder(), TaskSeam())
        self.preparation = Preparation(environment, make_plan(command_line), command_line, arrivals)
        self.preparation.prepare()
        runner.start_shape = lambda: self.started.append("shape")
        runner.start = lambda users, rate: self.started.append((users, rate))
        buttons = Buttons(web_ui, lambda: "")
        watch_form(web_ui, self.preparation.prepare_form, str)
        steering = Steering(web_ui, self.preparation, self._strike, lambda why: self.done.append(why) or "Stopped.")
        steering.add(buttons)
        show_live(web_ui, buttons, {"steering": steering.piece})
        self.client = web_ui.app.test_client()
        self.token = re.search(r'data-token="(\w+)"', self.client.get("/locust-ext/").text)[1]

    def _strike(self, share, cause):
        self.done.append((share, cause))
        return "A storm."

    def ask(self, name, sent, **how):
        """Return the status and what was answered."""
        answer = self.client.post(f"/locust-ext/do/{name}", json=sent, headers={TOKEN: self.token}, **how)
        return answer.status_code, answer.get_json()

    def start(self, **sent):
        """Start; what was started, if anything, is in ``started``."""
        status, answer = self.ask("start", sent)
        swarming = self.environment.web_ui._swarm_greenlet
        if swarming is not None:
            swarming.join()
        return status, answer

    def state(self, version=""):
        """Return what the page is told."""
        return self.client.get("/locust-ext/state", query_string={"steering": version}).get_json()["steering"]

    @property
    def plan(self):
        """That of the next run."""
        return self.preparation.plan

    def close(self):
        """Leave nothing behind."""
        self.preparation.end()
        self.environment.runner.quit()


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Return what makes a page for a configuration."""
    monkeypatch.setattr("locust_ext.web.answers.FRESH", -1.0)  # each answer is made for the one who asks
    monkeypatch.delenv("BASE_URL", raising=False)
    made = []

    def begin(text=CONFIG, **more):
        file = tmp_path / "feed.yml"
        file.write_text(text, "utf-8")
        made.append(Page(file, monkeypatch, **more))
        return made[-1]

    yield begin
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """Return a page on which nothing is ever started."""
    file = tmp_path_factory.mktemp("still") / "feed.yml"
    file.write_text(CONFIG, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BASE_URL", raising=False)
        one = Page(file, patch)
        yield one
        one.close()


def at(answer):
    """Return what is said at each field."""
    found = {}
    for problem in answer["problems"]:
        found[problem["field"]] = f"{found.get(problem['field'], '')}{problem['said']}\n"
    return found


STARTS = [
    pytest.param({}, "market-open", 725, [], id="as configured"),
    pytest.param({"params": {"surge": "20s"}}, "market-open", 685, ["surge 20s instead of 1m"], id="a parameter"),
    pytest.param({"params": {"surge": " "}, "host": " "}, "market-open", 725, [], id="blanks are nothing"),
    pytest.param({"time_scale": "0.1"}, "market-open", 72.5, ["time scale 0.1 instead of 1"], id="a rehearsal"),
    pytest.param({"shape": "calm"}, "calm", 60, ["calm instead of market-open"], id="another shape"),
    pytest.param(
        {"shape": "spike", "params": {"factor": "3", "hold": "5s"}},
        "spike",
        135,
        ["spike instead of market-open", "factor 3 instead of 10", "hold 5s instead of 1m"],
        id="another shape with parameters",
    ),
    pytest.param({"host": f"{OTHER}/"}, "market-open", 725, ["another host than the configured one"], id="a host"),
    pytest.param({"thresholds": CONFIGURED}, "market-open", 725, [], id="the thresholds as they are"),
    pytest.param(
        {"thresholds": [{"select": " http_req_duration ", "must": "p(95) < 400"}, *CONFIGURED[1:]]},
        "market-open",
        725,
        [],
        id="spelled in another way",
    ),
]


@pytest.mark.parametrize("sent, shape, seconds, changes", STARTS)
def test_a_start(page, sent, shape, seconds, changes):
    """The run follows what was entered, and knows what of it is not the configuration's."""
    one = page()
    status, answer = one.start(**sent)
    assert (status, one.started) == (200, ["shape"]), answer
    assert (one.plan.shape, one.plan.schedule.duration) == (shape, pytest.approx(seconds))
    assert list(one.preparation.changes.said) == changes
    assert not one.preparation.changes.looser
    assert answer["said"].startswith("The test begins. ")


def test_the_host_of_a_start(page):
    """One that is entered is this run's alone: an empty field is the usual one again."""
    one = page()
    one.start(host=OTHER)
    assert one.environment.host == OTHER
    one.start()
    assert one.environment.host == LOCAL


def test_a_host_that_a_listener_gives(page):
    """Some give it when the process has begun: an empty field is that, too."""
    one = page(host=None)
    one.environment.host = OTHER
    assert one.state()["form"]["usual"]["host"] == OTHER
    one.start()
    assert one.environment.host == OTHER
    one.start(host=LOCAL)
    assert (one.environment.host, one.state()["form"]["usual"]["host"]) == (LOCAL, OTHER)


def test_the_run_time_of_an_earlier_test(page):
    """It is none of the next one, whose shape has a length of its own."""
    one = page()
    one.start(shape="none", run_time="90s")
    one.environment.web_ui._cancel_run_time_timer()
    assert one.start()[0] == 200
    assert one.environment.parsed_options.run_time is None


def test_without_a_worker(page):
    """Locust would say that it has started, and nobody would send anything."""
    one = page()
    one.environment.runner.worker_count = 0
    assert at(one.start()[1]) == {"": f"{steering_module.NOBODY}\n"}
    assert one.started == []


def test_what_the_command_line_chose(page):
    """It is what an empty field means."""
    one = page(shape="spike", shape_params="hold=5s", time_scale="0.5")
    one.start()
    assert (one.plan.shape, one.plan.profile.hold, one.plan.time_scale) == ("spike", 5, 0.5)
    one.start(params={"hold": "7s"}, time_scale="1")
    assert (one.plan.profile.hold, one.plan.time_scale) == (7, 1)
    assert one.preparation.changes.said == ("hold 7s instead of 5s", "time scale 1 instead of 0.5")
    one.start(shape="market-open")
    assert one.plan.profile.surge == 60, "parameters are those of their shape"


EDITED = [
    pytest.param([], ["taken away"] * 3, 3, id="none is left"),
    pytest.param(CONFIGURED[:2], ["http_req_failed: rate<0.01 taken away"], 1, id="one less"),
    pytest.param(
        [{**CONFIGURED[0], "must": "p(95)<500"}, *CONFIGURED[1:]],
        ["http_req_duration: p(95)<500 instead of p(95)<400: looser"],
        1,
        id="looser",
    ),
    pytest.param(
        [{**CONFIGURED[0], "must": "p(95)<300"}, *CONFIGURED[1:]],
        ["http_req_duration: p(95)<300 instead of p(95)<400: stricter"],
        0,
        id="stricter",
    ),
    pytest.param(
        [*CONFIGURED, {"select": "http_reqs", "must": "count>10"}], ["http_reqs: count>10 added"], 0, id="one more"
    ),
    pytest.param(
        [{**CONFIGURED[0], "options": {"window": "10s"}}, *CONFIGURED[1:]],
        ["p(95)<400 (window: 10.0) instead of p(95)<400: of another kind"],
        1,
        id="judged in another way",
    ),
]


@pytest.mark.parametrize("rows, said, looser", EDITED)
def test_edited_thresholds(page, rows, said, looser):
    """They judge the run, and what became of the configured ones is said."""
    one = page()
    status, answer = one.start(thresholds=rows)
    assert status == 200, answer
    assert sorted(str(t.assertion) for t in one.plan.thresholds) == sorted(row["must"].replace(" ", "") for row in rows)
    changes = one.preparation.changes
    assert len(changes.said) == len(said)
    assert all(expected in found for expected, found in zip(said, changes.said, strict=True)), changes.said
    assert len(changes.looser) == looser
    assert bool(changes.reservation) is bool(looser)
    one.start()
    assert len(one.plan.thresholds) == 3, "the configuration stays as it is"


def test_the_options_of_a_threshold_stay(page):
    """The page hands them back as it was told them."""
    one = page()
    told = one.state()["form"]["thresholds"]
    assert [{key: row[key] for key in ("select", "must", "options")} for row in told] == CONFIGURED
    one.start(thresholds=told)
    assert [(t.abort_on_fail, t.delay_abort) for t in one.plan.thresholds] == [(False, 0), (True, 30), (False, 0)]


MB = "x" * 1_000_000
ROW = {"select": "http_req_duration", "must": "p(95)<400"}
WRONG = [
    ("a shape that is not there", {"shape": "spkie"}, {"shape": "did you mean 'spike'?"}),
    ("a parameter that is not there", {"params": {"surg": "5s"}}, {"params.surg": "did you mean 'surge'?"}),
    ("no duration", {"params": {"surge": "10x"}}, {"params.surge": "'10x' is not a duration"}),
    ("a duration without a unit", {"params": {"surge": "10"}}, {"params.surge": "write it as 90s"}),
    ("less than nothing", {"params": {"surge": "-5s"}}, {"params.surge": "'-5s' is not a duration"}),
    ("nothing at all", {"params": {"surge": "0s"}}, {"params.surge": "must be more than 0"}),
    ("no whole number", {"params": {"open_users": "2.5"}}, {"params.open_users": "must be a whole number, not '2.5'"}),
    ("other digits", {"params": {"open_users": "٣٤"}}, {"params.open_users": "must be a whole number"}),
    ("too many", {"params": {"open_users": "9999999"}}, {"params.open_users": "must be at most 1,000,000"}),
    ("NaN", {"shape": "spike", "params": {"factor": "NaN"}}, {"params.factor": "must be"}),
    ("infinity", {"shape": "spike", "params": {"factor": "1e999"}}, {"params.factor": "must be at most 1,000"}),
    ("no choice", {"shape": "stress", "params": {"climb": "jump"}}, {"params.climb": "must be 'steps' or 'ramp'"}),
    ("two that do not fit", {"shape": "calm", "params": {"ramp": "2m"}}, {"shape": "ramp must be shorter"}),
    ("a file", {"params": {"file": "/etc/passwd"}}, {"params.file": "not in the form"}),
    ("parameters of no shape", {"shape": "none", "params": {"hold": "5s"}}, {"shape": "there is no shape to give"}),
    ("a scale of words", {"time_scale": "fast"}, {"time_scale": "must be a number above 0"}),
    ("a scale of NaN", {"time_scale": "nan"}, {"time_scale": "must be a number above 0"}),
    ("a scale below nothing", {"time_scale": "-1"}, {"time_scale": "must be a number above 0"}),
    ("a scale without an end", {"time_scale": "1e999"}, {"time_scale": "must be a number above 0"}),
    ("a scale in other digits", {"time_scale": "\u0660.\u0665"}, {"time_scale": "must be a number above 0"}),
    ("no host", {"host": "nowhere at all"}, {"host": "'nowhere at all' is not a host"}),
    ("the demo", {"host": "demo"}, {"host": "write an address"}),
    ("production", {"host": "https://shop.example.com"}, {"host": "a go-ahead is given in the configuration, never on a page"}),
    ("what production asks for", {"host": "https://shop.example.com"}, {"host": "add go_ahead_for: [shop.example.com]"}),
    ("users of words", {"shape": "none", "users": "many"}, {"users": "must be a whole number from 1"}),
    ("no users", {"shape": "none", "users": "0"}, {"users": "must be a whole number from 1"}),
    ("users in other digits", {"shape": "none", "users": "٣"}, {"users": "must be a whole number from 1"}),
    ("a rate of nothing", {"shape": "none", "spawn_rate": "0"}, {"spawn_rate": "must be a number of users a second"}),
    ("a rate of NaN", {"shape": "none", "spawn_rate": "nan"}, {"spawn_rate": "must be a number of users a second"}),
    ("no run time", {"shape": "none", "run_time": "soon"}, {"run_time": "'soon' is not a duration"}),
    ("a short run time", {"shape": "none", "run_time": "500ms"}, {"run_time": "must be whole seconds"}),
    ("an unknown metric", {"thresholds": [{**ROW, "select": "http_req_duratoin"}]}, {"thresholds.0.select": "'http_req_duration'"}),
    ("an unknown phase", {"thresholds": [{**ROW, "select": "http_req_duration{phase:surg}"}]}, {"thresholds.0.select": "did you mean 'surge'?"}),
    ("no threshold", {"thresholds": [CONFIGURED[0], {**ROW, "must": "p95<4"}]}, {"thresholds.1.must": "is not a threshold"}),
    ("percent", {"thresholds": [{"select": "http_req_failed", "must": "rate<1%"}]}, {"thresholds.0.must": "write 1% as 0.01"}),
    ("another kind", {"thresholds": [{**ROW, "must": "rate<1"}]}, {"thresholds.0.must": "which has avg"}),
    ("no window", {"thresholds": [{**ROW, "options": {"window": "x"}}]}, {"thresholds.0.must": "'x' is not a duration"}),
    ("an unknown option", {"thresholds": [{**ROW, "options": {"optinal": True}}]}, {"thresholds.0.must": "did you mean 'optional'?"}),
    ("half a row", {"thresholds": [{"select": "http_reqs"}]}, {"thresholds.0.must": "or remove the row"}),
    ("an empty row", {"thresholds": [{}]}, {"thresholds.0.select": "or remove the row", "thresholds.0.must": "or remove"}),
    ("rows that are none", {"thresholds": ["x"]}, {"thresholds.0.select": "it must be an object"}),
    ("thresholds that are none", {"thresholds": 5}, {"thresholds": "it must be a list, not 5"}),
    ("too many rows", {"thresholds": [ROW] * 1000}, {"thresholds": "there are 1,000 of them"}),
    ("a number for a text", {"time_scale": 0.5}, {"time_scale": "it must be text, not 0.5"}),
    ("a number for a parameter", {"params": {"surge": 5}}, {"params.surge": "it must be text, not 5"}),
    ("NaN for a parameter", {"params": {"surge": float("nan")}}, {"params.surge": "it must be text, not nan"}),
    ("a list for parameters", {"params": ["surge"]}, {"params": "it must be an object"}),
    ("a nest", {"host": [[[[{}]]]]}, {"host": "it must be text"}),
    ("a field that is not there", {"hots": LOCAL}, {"": "did you mean 'host'?"}),
    ("a megabyte of shape", {"shape": MB}, {"shape": "is too long"}),
    ("a megabyte of host", {"host": MB}, {"host": "is too long"}),
    ("a megabyte of a parameter", {"params": {"surge": MB}}, {"params.surge": "is too long"}),
    ("a megabyte of a name", {"params": {MB: "1"}}, {"params": "a name may have 200 characters"}),
    ("a name of two words", {"params": {"a b": "1"}}, {"params": "'a b' is not a name"}),
    ("a megabyte of a field", {MB: "1"}, {"": "there is no field 'xxx"}),
    ("a megabyte of a threshold", {"thresholds": [{**ROW, "must": MB}]}, {"thresholds.0.must": "is too long"}),
    ("half a character", {"host": "http://\ud800"}, {"host": "half of a character"}),
    ("a class that is not there", {"classes": ["Plian"]}, {"classes": "there is no user class 'Plian'"}),
    ("several at once", {"time_scale": "x", "params": {"surge": "y"}, "host": "z"}, {"time_scale": "", "params.surge": "", "host": ""}),
]  # fmt: skip


@pytest.mark.parametrize("sent, fields", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_mistake_stands_at_its_field(still, sent, fields):
    """Each of them with a sentence; nothing is started, and the plan stays what it was."""
    one, before = still, still.plan
    status, answer = one.ask("start", sent)
    assert (status, answer["said"], one.started) == (400, "Nothing was done.", [])
    assert one.plan is before
    found = at(answer)
    assert set(found) == set(fields), found
    assert all(part in found[field] for field, part in fields.items()), found
    assert all(len(problem["said"]) < 1200 and problem["said"].isprintable() for problem in answer["problems"])


BODIES = [
    ("nothing", b""),
    ("no JSON", b"{"),
    ("a list", b"[]"),
    ("null", b"null"),
    ("a deep nest", b"[" * 100_000),
    ("too much", b'{"host": "' + b"x" * (4 << 20) + b'"}'),
    ("no text", b"\xff\xfe"),
]


@pytest.mark.parametrize("body", [row[1] for row in BODIES], ids=[row[0] for row in BODIES])
def test_what_is_no_form(still, body):
    """Starts nothing, not even what is configured."""
    one = still
    answer = one.client.post("/locust-ext/do/start", data=body, headers={TOKEN: one.token})
    assert (answer.status_code, one.started) == (400, [])
    assert "not an object of JSON" in at(answer.get_json())[""]


PLAIN = [
    pytest.param({"users": "5", "spawn_rate": "2.5", "run_time": "90s"}, (5, 2.5), 90, id="all said"),
    pytest.param({}, (1, 1.0), None, id="nothing said"),
]


@pytest.mark.parametrize("sent, started, run_time", PLAIN)
def test_plain_users(page, sent, started, run_time):
    """As Locust's own form starts them, with its run time."""
    one = page()
    status, answer = one.start(shape="none", **sent)
    assert (status, one.started) == (200, [started]), answer
    assert one.plan.schedule is None
    assert one.environment.parsed_options.run_time == run_time
    assert "plain users instead of market-open" in one.preparation.changes.said
    one.environment.web_ui._cancel_run_time_timer()


def test_a_test_that_is_under_way_stays_what_it_is(page):
    """Nothing is started or edited; the curve of the next one can be looked at."""
    one = page()
    one.environment.runner.state = "running"
    status, answer = one.ask("start", {"time_scale": "0.5"})
    assert (status, one.started) == (400, [])
    assert "a test is under way" in at(answer)[""]
    assert one.ask("preview", {"time_scale": "0.5"})[0] == 200
    assert one.state()["busy"] is True
    one.environment.runner.state = "ready"


def test_two_that_press_at_the_same_time(page):
    """One starts, the other is told so."""
    one = page()
    second = []

    def starting():
        second.append(one.ask("start", {"shape": "calm"}))
        one.started.append("shape")

    one.environment.runner.start_shape = starting
    status, _ = one.start()
    assert (status, one.started, one.plan.shape) == (200, ["shape"], "market-open")
    ((refused, answer),) = second
    assert (refused, at(answer)) == (400, {"": f"{steering_module.STARTING}\n"})


def test_somebody_uses_locusts_form_at_the_same_time(page):
    """The guard of one start holds for both."""
    one = page()
    with one.preparation._one_start.preparing():
        _, answer = one.start()
        assert (one.started, "a test is" in at(answer)[""]) == ([], True)
        form = {"user_count": "1", "spawn_rate": "1", "shape": "calm"}
        assert one.client.post("/swarm", data=form).get_json()["success"] is False


def test_what_locust_refuses(page):
    """It is told as Locust says it."""
    one = page()
    one.environment.web_ui.app.view_functions["locust.swarm"] = lambda: (
        {"success": False, "message": "not today"},
        200,
    )
    assert at(one.start()[1]) == {"": "not today\n"}
    one.environment.web_ui.app.view_functions["locust.swarm"] = lambda: ("gone", 302)
    assert "Locust answered 302" in at(one.start()[1])[""]


def test_a_guard_of_the_locustfile_holds(page):
    """What stands before Locust's form stands before ours: it is the same request."""
    one = page()
    seen = []

    def looks():
        from flask import request

        seen.append((request.path, request.headers.get("X-Sso")))

    one.environment.web_ui.app.before_request_funcs.setdefault(None, []).append(looks)
    headers = {TOKEN: one.token, "X-Sso": "ada", "X-Locust-Ext-Edits": "forged"}
    one.client.post("/locust-ext/do/start", json={}, headers=headers)
    assert seen == [("/locust-ext/do/start", "ada"), ("/swarm", "ada")]
    assert one.started == ["shape"]


def test_classes_of_the_picker(page):
    """They are those of the run; the shape of the page is kept."""
    one = page(picker=True)
    assert one.state()["form"]["classes"] == ["Plain"]
    assert one.start(classes=["Plain"])[0] == 200
    assert one.started == ["shape"]
    assert one.environment.parsed_options.user_classes == ["Plain"]


SHAPES = [
    pytest.param({}, ["As configured: market-open", "Plain users", "smoke", "spike"], id="one is configured"),
    pytest.param({"text": "version: 1"}, ["As configured: plain users", "Plain users", "smoke"], id="none is"),
    pytest.param({"text": "version: 1", "shape": "spike"}, ["As configured: spike"], id="on the command line"),
    pytest.param({"text": "arrivals: {rate: 5/s}"}, ["As configured: arrivals", "Plain users"], id="arrivals"),
]


@pytest.mark.parametrize("how, labels", SHAPES)
def test_the_shapes_that_are_offered(page, how, labels):
    """As configured first; each with the parameters that can be changed, their defaults and what they mean."""
    form = page(**how).state()["form"]
    assert [one["label"] for one in form["shapes"]][: len(labels)] == labels
    assert all(param["about"] and param["label"] for one in form["shapes"] for param in one["params"])
    assert "replay" not in [one["name"] for one in form["shapes"]], "it needs a file"


def test_the_fields_of_a_shape(page):
    """The configured values are the defaults."""
    first = page().state()["form"]["shapes"][0]
    fields = {one["key"]: (one["kind"], one["default"]) for one in first["params"]}
    assert fields["open_users"] == ("whole number", "200")
    assert fields["surge"] == ("duration", "1m")
    assert first["plain"] is False


def test_a_shape_of_the_locustfile(page):
    """It cannot be changed here, and no plain users are offered, since it would be followed all the same."""
    own = page("version: 1", own=Own())
    shapes = own.state()["form"]["shapes"]
    assert (shapes[0]["label"], shapes[0]["params"]) == ("As configured: Own of the locustfile", [])
    assert "cannot be changed" in shapes[0]["about"]
    assert "none" not in [one["name"] for one in shapes]
    assert own.ask("preview", {})[1]["said"] == "Nobody but the code of the locustfile knows its curve."


def test_a_shape_of_ours_in_the_locustfile(page):
    """It is drawn, and rehearsed at the time scale that was entered; another one may be chosen above it."""
    one = page("version: 1", own=Mine())
    assert one.state()["form"]["shapes"][0]["label"] == "As configured: Mine of the locustfile"
    assert one.ask("preview", {"time_scale": "0.5"})[1]["said"].startswith("20s, at most 7 users, rehearsed at 0.5")
    one.environment.parsed_options.time_scale = "1.0"
    assert one.start(time_scale="0.5")[0] == 200
    assert (one.environment.shape_class.schedule.duration, one.plan.shape) == (20, "Mine")
    assert one.preparation.changes.said == ("time scale 0.5 instead of 1",)
    assert "there is no shape to give" in at(one.start(params={"users": "5"})[1])["shape"]
    one.start(shape="spike")
    assert (one.plan.shape, one.preparation.changes.said) == ("spike", ("spike instead of Mine",))


def test_an_option_of_the_locustfiles_own(page):
    """Where it has one of our names, ours has another one; its own is left alone."""
    one = page()
    options = one.environment.parsed_options
    options.shape, options.locust_ext_shape = "square", ""
    assert one.start(shape="calm")[0] == 200
    assert (one.plan.shape, options.shape, options.locust_ext_shape) == ("calm", "square", "calm")


def test_scenarios(page):
    """Their loads stand in the configuration; their thresholds are rows with their name."""
    text = """
        scenarios:
          one: {shape: smoke, users: [Plain], thresholds: {http_req_duration: ["p(95)<400"]}}
          two: {arrivals: {rate: 5/s, users: 5, duration: 60s}, users: [Plain]}
    """
    one = page(text)
    form = one.state()["form"]
    assert [shape["label"] for shape in form["shapes"]] == ["As configured: scenarios"]
    assert [row["select"] for row in form["thresholds"]] == ["http_req_duration{scenario:one}"]
    before = one.plan.thresholds
    one.start(thresholds=form["thresholds"])
    assert (one.plan.thresholds, one.preparation.changes.said) == (before, ())
    assert "leave" in at(one.start(shape="smoke")[1])["shape"]


PREVIEWS = [
    pytest.param({}, "12m5s, at most 200 users.", id="as configured"),
    pytest.param({"time_scale": "0.1"}, "1m12s, at most 200 users, rehearsed at 0.1: 12m5s in full.", id="a rehearsal"),
    pytest.param({"shape": "none", "users": "30", "spawn_rate": "10"}, "Without an end, at most 30 users.", id="plain"),
    pytest.param({"shape": "none", "users": "30", "run_time": "10s"}, "10s, at most 10 users.", id="a short ramp"),
    pytest.param({"shape": "none", "users": "3", "run_time": "1m"}, "1m, at most 3 users.", id="plain with an end"),
    pytest.param({"params": {"plateau": "1000000000h"}}, "1000000000h7m5s, at most 200 users.", id="beyond all dates"),
]


@pytest.mark.parametrize("sent, said", PREVIEWS)
def test_a_preview(still, sent, said):
    """The curve in words and as Plotly draws it; nothing is asked or begun."""
    one = still
    status, answer = one.ask("preview", sent)
    assert (status, answer["said"]) == (200, said)
    (line,) = answer["chart"]["data"]
    assert len(line["x"]) == len(line["y"]) > 200
    assert (one.started, one.preparation.changes.said) == ([], ())


@pytest.mark.parametrize(
    "text, said",
    [
        ("arrivals: {rate: 5/s}", "Without an end, at most 5 arrivals/s."),
        ("arrivals: {rate: 5/s, duration: 60s}", "1m, at most 5 arrivals/s."),
    ],
)
def test_a_preview_of_arrivals(page, text, said):
    """They are a second, and not users."""
    status, answer = page(text).ask("preview", {})
    assert (status, answer["said"]) == (200, said)


STORMS_AHEAD = [
    pytest.param("{at: 10s}", {}, " 1 storm, at 10s.", id="one"),
    pytest.param("{at: 10s}", {"time_scale": "0.5"}, " 1 storm, at 5s.", id="of a rehearsal"),
    pytest.param("{at: 10s, every: 60s, times: 3}", {}, " 3 storms, the first at 10s.", id="several"),
    pytest.param("{phase: surge, at: 5s}", {}, " 1 storm, at 1m10s.", id="of a phase"),
]


@pytest.mark.parametrize("storm, sent, said", STORMS_AHEAD)
def test_a_preview_of_storms(page, storm, sent, said):
    """They are shaded over the curve, and said."""
    one = page(CONFIG + f"storm: {storm}\n")
    answer = one.ask("preview", sent)[1]
    assert answer["said"].endswith(said), answer["said"]
    phases = len(page().ask("preview", sent)[1]["chart"]["layout"]["shapes"])
    assert len(answer["chart"]["layout"]["shapes"]) == phases + int(said.split()[0])


def test_the_form_is_told_once(page):
    """And again when the configuration is another one; one that is wrong is said, and the form stays."""
    one = page()
    first = one.state()
    assert "form" not in one.state(first["version"])
    assert one.state("older")["version"] == first["version"]
    one.file.write_text(CONFIG.replace("400", "500"), "utf-8")
    assert "form" not in one.state(first["version"]), "whoever has it is not told of each look"
    second = one.state()
    assert second["version"] != first["version"]
    assert second["form"]["thresholds"][0]["must"] == "p(95)<500"
    one.file.write_text("shape: spkie", "utf-8")
    third = one.state()
    assert "did you mean 'spike'?" in third["form"]["wrong"]
    assert third["form"]["thresholds"] == second["form"]["thresholds"]


def test_a_secret_in_a_threshold(page, monkeypatch):
    """It is not shown, cannot be edited, and judges as configured."""
    monkeypatch.setenv("FEED_TOKEN", "hunter2-canary")
    one = page(CONFIG + "  'http_req_duration{name:/hunter2-canary}': ['p(95)<1']\n")
    state = one.state()
    assert "hunter2" not in str(state)
    assert (len(state["form"]["thresholds"]), state["form"]["locked"]) == (3, 1)
    assert one.start(thresholds=state["form"]["thresholds"][:1])[0] == 200
    assert [str(t.selector) for t in one.plan.thresholds][-1] == "http_req_duration{name:/hunter2-canary}"
    assert len(one.preparation.changes.looser) == 2


STORMS = [
    ({"drop": "30%", "cause": "reset"}, [(0.3, "reset")], {}),
    ({"drop": " 5% ", "cause": "half_open"}, [(0.05, "half_open")], {}),
    ({"drop": "130%", "cause": "reset"}, [], {"drop": "it must lie between 0% and 100%"}),
    ({"drop": "many", "cause": "flood"}, [], {"drop": "write it as 30%", "cause": "'flood' is not a cause"}),
    ({"drop": 0.3, "cause": ["reset"]}, [], {"drop": "it must be text", "cause": "is not a cause"}),
    ({"drop": MB, "cause": MB}, [], {"drop": "is not a share", "cause": "is not a cause"}),
    ({}, [], {"drop": "it must be text", "cause": "is not a cause"}),
]


@pytest.mark.parametrize("sent, done, wrong", STORMS)
def test_a_storm(still, sent, done, wrong):
    """A share and a cause, or a sentence at each field."""
    one = still
    one.done.clear()
    status, answer = one.ask("storm", sent)
    assert (status, one.done) == (400 if wrong else 200, done)
    assert set(at(answer)) == set(wrong)
    assert all(part in at(answer)[field] for field, part in wrong.items())


def test_a_stop(page):
    """By the kill switch, with a reason that says who."""
    one = page()
    assert one.ask("stop", {}) == (200, {"said": "Stopped.", "problems": []})
    assert one.done == [steering_module.PRESSED]

"""``locust-ext check``: it refuses what a run would refuse, shows what a run will do, and says what passes with time."""

from __future__ import annotations

import itertools
import json

import pytest
from click.testing import CliRunner

from locust_ext.cli import main
from locust_ext.commands import forecast

NUMBERS = itertools.count()
USERS = """
from locust import FastHttpUser, constant, task

class Reader(FastHttpUser):
    host = {host!r}
    wait_time = constant(1)

    @task
    def read(self):
        self.client.get("/")
"""
SHAPE = {"shape": "smoke", "shapes": {"smoke": {"users": 5, "duration": "60s"}}}
SHOP = "https://shop.example.com"
WHOLE = {
    **SHAPE,
    "tenant": {},
    "safety": {
        "rate_cap": "20/s",
        "kill_switch": {"file": "nowhere/allowed", "env": "TEST_CHECK_MAY", "url": "https://flags.example.com/x"},
        "production": {
            "window": "2026-11-24 02:00/03:00 Europe/Berlin",
            "on_call": "Ada",
            "dashboard": "https://grafana.example.com",
            "announcement": "https://chat.example.com",
            "go_ahead_for": ["shop.example.com"],
        },
    },
}


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Return what the command says of a configuration and a locustfile with that host: exit code and text."""
    for variable in ("BASE_URL", "LOCUST_HOST", "LOCUST_EXT_SHAPE", "LOCUST_EXT_TIME_SCALE", "LOCUST_RESET_STATS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)

    def look(values, *arguments, host=None, code=USERS, env=()):
        stem = f"check_{next(NUMBERS)}"  # Locust imports each under its stem
        file = tmp_path / f"{stem}.yml"
        file.write_text(json.dumps({"version": 1, **values}))
        if code:
            file.with_suffix(".py").write_text(code.replace("{host!r}", repr(host)))
        for name, value in dict(env).items():
            monkeypatch.setenv(name, value)
        told = CliRunner().invoke(main, ["check", str(file), *arguments])
        return told.exit_code, told.stdout, told.stderr

    return look


REFUSED = [  # (what, configuration, arguments, what else, what is said)
    (
        "a host that counts as production",
        {**SHAPE, "host": SHOP},
        (),
        {},
        "safety.production.go_ahead_for: it is missing",
    ),
    (
        "a probe of production that is not declared",
        {**SHAPE, "probes": {"api": {"url": SHOP + "/metrics"}}},
        (),
        {},
        "probes.api.url: if https://shop.example.com is not production, add it to safety.production.staging",
    ),
    ("that of a user class", SHAPE, (), {"host": SHOP}, "shop.example.com counts as production"),
    ("that of the command line", SHAPE, ("-H", SHOP), {}, "shop.example.com counts as production"),
    ("that of a variable", SHAPE, (), {"env": {"LOCUST_HOST": SHOP}}, "shop.example.com counts as production"),
    ("that of another variable", SHAPE, (), {"env": {"BASE_URL": SHOP}}, "shop.example.com counts as production"),
    ("a declared origin", {**SHAPE, "safety": {"origins": [SHOP]}}, (), {}, "shop.example.com counts as production"),
    ("without a locustfile, too", {**SHAPE, "host": SHOP}, (), {"code": ""}, "shop.example.com counts as production"),
    ("a host that is none", SHAPE, ("-H", "shop"), {}, "--host: 'shop'"),
    ("an unknown class of a storm", {**SHAPE, "storm": {"users": ["Raeder"]}}, (), {}, "did you mean 'Reader'?"),
    (
        "an unknown class of retries",
        {**SHAPE, "retry": {"users": ["Raeder"]}},
        (),
        {},
        "retry.users: there is no user class",
    ),
    (
        "an unknown class of a scenario",
        {"scenarios": {"a": {"users": "Raeder", "arrivals": {"rate": "5/s", "duration": "1m", "users": 5}}}},
        (),
        {},
        "scenarios.a.users: there is no user class 'Raeder'",
    ),
    ("nobody who could drop", {**SHAPE, "storm": {"at": "5s"}}, (), {}, "no user class is a ReconnectStormUser"),
    ("nobody who waits for a key", {**SHAPE, "stampede": {}}, (), {}, "no user class is a CacheStampedeUser"),
    ("a storm after the run time", {"storm": {"users": ["Reader"], "at": "1m"}}, ("-t", "30s"), {}, "ends after 30s"),
    (
        "after one of a variable",
        {"storm": {"users": ["Reader"], "at": "1m"}},
        (),
        {"env": {"LOCUST_RUN_TIME": "30s"}},
        "ends after 30s",
    ),
    ("a shape of a variable", SHAPE, (), {"env": {"LOCUST_EXT_SHAPE": "spkie"}}, "did you mean 'spike'?"),
    (
        "statistics that start again",
        {**SHAPE, "thresholds": {"http_req_failed": "rate<0.1"}},
        (),
        {"env": {"LOCUST_RESET_STATS": "true"}},
        "--reset-stats: thresholds judge the whole run",
    ),
    (
        "a run that is longer than its window",
        {**WHOLE, "host": SHOP, "shapes": {"smoke": {"users": 5, "duration": "2h"}}},
        (),
        {},
        "the run takes 2h, and the window is 1h long",
    ),
]


@pytest.mark.parametrize("values, words, other, said", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_a_run_would_refuse(check, values, words, other, said):
    """The exit code of the run, and the sentence."""
    code, out, err = check(values, *words, **other)
    assert (code, out) == (104, "")
    assert said in err


def test_all_at_once(check):
    """Mistakes of all kinds are told together."""
    code, _, err = check({**SHAPE, "host": SHOP, "storm": {"users": ["Raeder"], "at": "2m"}})
    assert code == 104
    for said in ("there is no user class 'Raeder'", "it never happens", "counts as production"):
        assert said in err


FINE = [  # (what, configuration, what else, what is said on standard output)
    ("no host yet", SHAPE, {}, ["open         --host: Reader has no host"]),
    (
        "classes that nobody knows yet",
        {**SHAPE, "storm": {"users": ["Raeder"], "at": "5s"}},
        {"code": ""},
        ["of Raeder drop"],
    ),
    (
        "a storm",
        {
            **SHAPE,
            "storm": {"users": "Reader", "at": "10s", "every": "15s", "times": 2, "lasts": "5s", "recovery": "5s"},
        },
        {"host": "http://127.0.0.1:9"},
        ["storm        at 10s, 25s: 30% of Reader drop (reset), back as socket.io"],
    ),
    (
        "by hand",
        {**SHAPE, "storm": {"users": "Reader", "outage": "2s", "backoff": {"client": "socket.io", "version": "4"}}},
        {},
        ["storm        when somebody starts one in the web UI: ", ", an outage of 2s, back as socket.io 4"],
    ),
    (
        "a stampede",
        {**SHAPE, "stampede": {}},
        {"code": ""},
        ["stampede     at 5s, 10s, 15s: a key of /hot/{key} goes cold"],
    ),
    (
        "retries",
        {**SHAPE, "retry": {"users": "Reader", "attempts": 3}},
        {},
        ["retry        Reader, as aws-standard, at most 3 attempts"],
    ),
    (
        "probes, scaled with the shape, by the names of their variables",
        {
            **SHAPE,
            "probes": {
                "api": {"url": "http://bob:canary-271828@a.test/metrics", "headers_env": "TEST_CHECK_TOKEN"},
                "db": {"process": {"name": "postgres"}, "series": ["process_open_fds"], "every": "20s"},
                "one": {"process": {"pid": 4711}},
                "key": {"url": "{host}/m", "headers_env": {"X-Key": "TEST_CHECK_KEY"}},
            },
        },
        {"env": {"TEST_CHECK_TOKEN": "X-Key: canary-31415926", "LOCUST_EXT_TIME_SCALE": "0.5"}},
        [
            "probe        api: http://***@a.test/metrics every 2.5s, for at most 2s, what the process says of itself, head",
            "probe        db: processes named postgres every 10s, for at most 2s, 1 series",
            "probe        one: process 4711 every 2.5s",
            "what the process says of itself, X-Key by TEST_CHECK_KEY (not set)",
        ],
    ),
    (
        "where it can be scraped",
        {**SHAPE, "export": {"prometheus": {"port": 9646, "token_env": "TEST_CHECK_TOKEN", "linger": "35s"}}},
        {"env": {"TEST_CHECK_TOKEN": "canary-31415926"}},
        [
            "prometheus   http://127.0.0.1:9646/metrics, token by TEST_CHECK_TOKEN, up to 35s after the verdict",
        ],
    ),
    (
        "where by its own choice",
        {**SHAPE, "export": {"prometheus": {"port": 0, "address": "::1", "token_env": "TEST_CHECK_KEY", "linger": 0}}},
        {},
        ["prometheus   a free port of [::1], no token (TEST_CHECK_KEY is not set)"],
    ),
    (
        "where in the web UI",
        {**SHAPE, "export": {"prometheus": {}}},
        {},
        ["prometheus   /metrics of Locust's web UI"],
    ),
    (
        "a baseline",
        {**SHAPE, "baseline": {"dir": "old"}},
        {},
        ["baseline     old: 0 runs, needs 3; p95, p99 may be 30% worse"],
    ),
    (
        "a tenant",
        {**SHAPE, "tenant": {"token_env": "TEST_CHECK_TOKEN"}},
        {"env": {"TEST_CHECK_TOKEN": "canary-31415926"}},
        ["tenant       x-synthetic-tenant: true, token by TEST_CHECK_TOKEN, no signature (LOAD_TEST_KEY is not set)"],
    ),
    (
        "traces",
        {**SHAPE, "trace": {"share": "10%"}},
        {},
        ["trace        10% of requests carry a traceparent, which asks the target to record them"],
    ),
    ("no traces", {**SHAPE, "trace": {"share": 0}}, {}, ["trace        no request carries one"]),
    (
        "rules",
        {**SHAPE, "safety": {"abort": {}, "rate_cap": "5/s"}},
        {},
        ["abort        when 5 % of at least 50", "cap          at most 5/s"],
    ),
    (
        "production with a whole go-ahead, whatever the time, the flags and the host say",
        WHOLE,
        {"host": SHOP},
        [
            "go-ahead     2026-11-24 02:00/03:00 Europe/Berlin; on call: Ada; for shop.example.com",
            f"host         {SHOP}: production",
            "cap          at most 20/s, 1,200 requests in all",
            "open         safety.production.window: now is outside of",
            "open         file nowhere/allowed is missing",
            "open         env TEST_CHECK_MAY is not set",
            f"at start     it asks the flag of url, {SHOP}",
        ],
    ),
    (
        "an end that nobody knows",
        {"storm": {"users": "Reader", "at": "10s"}},
        {},
        ["warning: ", "nothing says how long the run is"],
    ),
]


@pytest.mark.parametrize("values, other, said", [row[1:] for row in FINE], ids=[row[0] for row in FINE])
def test_what_it_shows(check, values, other, said):
    """Exit code 0; each line once, and no secret."""
    code, out, err = check(values, **other)
    assert (code, err) == (0, "")
    for line in said:
        assert out.count(line) == 1, out
    assert "canary" not in out


def test_a_shape_of_a_variable_is_shown(check):
    """What the environment chooses is what a run would do; the command line is above it."""
    env = {"LOCUST_EXT_SHAPE": "spike", "LOCUST_EXT_TIME_SCALE": "0.1"}
    assert "shape        spike, 19s" in check(SHAPE, env=env)[1]
    assert "shape        smoke, 1m" in check(SHAPE, "--shape", "smoke", "--time-scale", "1", env=env)[1]


OWN_SHAPE = (
    USERS
    + """

from locust import LoadTestShape


class Theirs(LoadTestShape):
    def tick(self):
        return None
"""
)


def test_a_shape_of_the_locustfile_s_own(check):
    """It is named, and cannot be scaled: nothing would be faster."""
    code, said, _ = check({"host": "http://127.0.0.1:1"}, code=OWN_SHAPE)
    assert (code, "Theirs, of the locustfile: it says itself how many users there are" in said) == (0, True)
    code, _, wrong = check({"host": "http://127.0.0.1:1"}, "--time-scale", "2", code=OWN_SHAPE)
    assert code == 104
    assert "--time-scale: Theirs of the locustfile keeps its own time, so nothing would be faster" in wrong


def test_a_locustfile_that_cannot_be_imported(check):
    """Is a sentence with 104, and one that is not there at all is told where users are counted."""
    code, _, wrong = check(SHAPE, code="raise ValueError('broken')")
    assert code == 104
    assert "it cannot be imported: ValueError: broken" in wrong
    assert "stands beside it: nobody knows how long users wait" in "".join(check(SHAPE, code="")[1:])


@pytest.mark.parametrize("there, told", [(2, "2 runs, needs 3"), (3, "3 runs;")])
def test_the_runs_to_compare_with(check, tmp_path, monkeypatch, there, told):
    """How many are there, and how many it needs where that is more."""
    shelved = type("Shelved", (), {"runs": [None] * there, "unreadable": []})()
    monkeypatch.setattr(forecast, "read_baselines", lambda place: shelved)
    said = check({**SHAPE, "host": "http://127.0.0.1:1", "baseline": {"dir": str(tmp_path / "shelf")}})[1]
    assert f"{tmp_path / 'shelf'}: {told}" in said

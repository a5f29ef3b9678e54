"""Recordings of browsers and proxies, one file a situation, and what comes of each."""

import ast
import base64
import re
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
import yaml
from recorded import NAMES, content, notes, refused, requests, sent, shown, steps, translated, written

from locust_ext.config.schema import read_config, thresholds_of
from locust_ext.drafts.configuration import render
from locust_ext.drafts.journey import AtOnce, Env, FormBody, JsonBody, Pause, TextBody
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.text.document import parse
from locust_ext.text.problems import ConfigurationError

READ = [name for name in NAMES if name != "hosts-unclear" and not refused(name)]

SENT = {
    "chrome-page": ["GET /", "GET /cart"],
    "chrome-caches": ["GET /api/a", "GET /api/e"],
    "chrome-preflight": ["POST /orders"],
    "chrome-sockets": ["GET /feed"],
    "chrome-failures": ["GET /feed"],
    "redirects": ["GET /old", "POST /login", "GET /sso", "GET /home"],
    "redirect-to-https": ["GET /"],
    "firefox-times": ["GET /feed", "GET /cart", "GET /orders", "GET /nowhere", "GET /zoneless"],
    "safari-caches": ["GET /feed"],
    "mitmproxy": ["GET /feed", "POST /events", "POST /ping"],
    "charles": ["POST /wx", "GET /feed", "GET /orders/<id>"],
    "insomnia": ["PATCH /users/42", "DELETE /users/42"],
    "playwright-minimal": ["GET /feed", "POST /feed"],
    "hosts-clear": ["GET /", "GET /a", "GET /b"],
    "duplicates": ["GET /feed", "GET /feed"],
    "unordered": ["GET /a", "GET /b", "GET /c"],
    "wrong-types": ["GET /ok", "GET /negative"],
    "bom": ["GET /feed"],
    "utf-16": ["GET /feed"],
    "login": [
        "POST /login",
        "GET /users/<user_id>/orders?status=pending",
        "GET /orders/<orders_id>",
        "POST /orders/<orders_id>/pay",
    ],
    "ambiguous": [
        "GET /me",
        "GET /users/u-48151623",
        "POST /notes",
        "GET /notes?title=note-2026-a",
        "GET /slow",
        "GET /items/late-123456",
    ],
    "secret-keys": ["GET /sessions", "GET /devices/device-48151", "GET /devices/<last_id>"],
    "hostile": [
        "GET /a\"b'c/{{7*7}}/<script>alert(1)</script>",
        "POST /x",
        "POST /%C3%BC%20x/y",
        "GET /%2e%2e/%00/?q=%22%0a<x>&{y}=1",
    ],
}
"""By recording: what is sent, with gaps in angle brackets."""


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent(name):
    """Files, caches, preflights, sockets, failures and other hosts are left out; redirects are followed once."""
    assert sent(name) == SENT[name]


SAID = [
    ("chrome-page", "left out: static files (6); requests that do not go over HTTP"),
    ("chrome-caches", "answers out of a cache (3)"),
    ("chrome-preflight", "preflights, which browsers send by themselves (2)"),
    ("chrome-sockets", "WebSockets (1); streams of events (1)"),
    ("chrome-failures", "requests without an answer (2); reports that browsers send by themselves (1)"),
    ("redirects", "requests that follow a redirect, as the client does by itself (3)"),
    ("redirects", "a redirect leads to https://login.example.net, and the client follows it"),
    ("hosts-clear", "other hosts: https://track.example.net (1 request); --host names those to keep"),
    ("duplicates", "1 of the entries, which the file holds more than once"),
    ("wrong-types", "7 of the entries, unreadable, first: entry 1: it has no request"),
    ("think-times", "1 pause of more than 30 s: cut to that"),
    ("mitmproxy", "POST /events (request 3) is sent without its body, which the recording does not hold"),
    ("binary", "POST /grpc (request 1) is sent without its body, which is not text"),
    ("binary", "POST /big (request 2) is sent without its body of 30,009 characters"),
    ("multipart", "POST /upload (request 2) is sent without its body, in which files are sent"),
    ("ambiguous", "stands in several answers and is not taken from one: id of the answer to request 1, team.owner of"),
    ("csrf", "TEST_CSRF_SECRET is the field csrf, in request 2; it was in the answer to request 1"),
    ("changing-headers", "headers that hold another long random value each time were left out: x-nonce-id"),
    (
        "changing-headers",
        "TEST_SIGNATURE_SECRET is the header X-Signature, in requests 1, 2, 3, 4, 5 and more; it was an",
    ),
    ("statuses", "1 answer with 404 in the recording; it is expected in a run, too"),
    ("statuses", "1 answer with 500 in the recording; it fails a run"),
]


@pytest.mark.parametrize("name, sentence", SAID)
def test_what_is_said(name, sentence):
    """Nothing is left out in silence."""
    assert sentence in notes(name)


REFUSED = {
    "torn": (60, "it ends before it is whole; export it again"),
    "not-json": (1, "not valid JSON"),
    "not-a-har": (None, "it has no log"),
    "no-list": (None, "its log has no list of entries"),
    "no-entries": (None, "there is no request in it"),
    "empty": (None, "the file is empty"),
    "zipped": (None, "the file is a ZIP archive: unpack it"),
    "latin-1": (2, "it is not UTF-8 text"),
    "only-static": (None, "nothing is left of the recording to send, without static files (2)"),
    "hosts-unclear": (None, "https://api.example.com (3 requests), https://www.example.com (1 request)"),
    "all-unreadable": (None, "entry 1: it has no request"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    """A sentence with the line, where there is one."""
    with pytest.raises(ConfigurationError) as caught:
        translated(name)
    line, sentence = REFUSED[name]
    assert caught.value.problems[0].line == line
    assert sentence in str(caught.value)


def test_all_unreadable_entries_are_told():
    """Every one of them, and not the first alone."""
    with pytest.raises(ConfigurationError) as caught:
        translated("all-unreadable")
    assert len(caught.value.problems) == 3


def test_each_recording_has_an_expectation():
    """A file that no row names proves nothing."""
    source = {name for name, *_ in SAID} | set(SENT) | set(REFUSED)
    text = Path(__file__).read_text("utf-8")
    assert [name for name in NAMES if name not in source and f'"{name}"' not in text] == []
    assert set(NAMES) == set(READ) | set(REFUSED)


# Secrets


def spellings(word):
    raw = word.encode()
    return {word, quote(word), *(base64.b64encode(bytes(shift) + raw)[4:-4].decode() for shift in range(3))}


@pytest.mark.parametrize("name", READ)
def test_no_planted_secret_is_written(name):
    """Whatever begins with planted- is one; it is nowhere, in no spelling."""
    text = written(name)
    assert "planted" not in unquote(text)
    assert not any(spelling in text for spelling in spellings("planted-"))
    assert not translated(name).known.leaks(text)


def test_planted_secrets_are_there():
    """The test above could fail: they stand in the recordings, and in many places."""
    planted = [word for name in READ for word in re.findall(rb"planted[\w-]*", content(name))]
    assert len(set(planted)) > 40


def test_where_secrets_come_from():
    """Each from its variable, named after what it is; a value that stands twice has one."""
    order, echo, form, reset, plain, text = requests("secrets")
    assert shown(order.target) == "/orders?access_token=<ACCESS_TOKEN>&sig=<TEST_SIG_SECRET>&page=2"
    headers = {name: shown(value) for name, value in order.headers}
    assert headers == {
        "Authorization": "Bearer <API_TOKEN>",
        "X-Api-Key": "<API_KEY>",
        "X-CSRF-Token": "<CSRF_TOKEN>",
        "X-Device": "<TEST_DEVICE_SECRET>",
        "X-Plain": "blue",
        "X-Jwt": "<TEST_JWT_SECRET>",
    }
    assert isinstance(order.body, JsonBody)
    assert order.body.value["pin"] == Env("TEST_PIN_SECRET")
    assert order.body.value["jwt"] == Env("TEST_JWT_SECRET")
    assert order.body.value["store"] == Env("TEST_STORE_SECRET")
    assert (order.body.value["max_tokens"], order.body.value["token_type"]) == (100, "bearer")
    assert shown(order.body.value["note"]) == "see https://x.example/?token=<TEST_NOTE_SECRET> now"
    assert isinstance(echo.body, TextBody), "a key is a secret, so the whole is one"
    assert isinstance(form.body, FormBody)
    assert dict(form.body.fields)["data"].pieces == (Env("TEST_DATA_SECRET"),)
    assert reset.name == "/reset-password/:id/:id"
    assert [shown(value) for name, value in plain.headers] == ["Basic <API_BASIC_CREDENTIALS>"]
    assert shown(text.body.text) == "password=<TEST_BODY_SECRET_2> rest"
    assert set(translated("secrets").variables) >= {"API_TOKEN", "API_KEY", "ACCESS_TOKEN", "CLIENT_SECRET"}


def test_who_logs_in_goes_with_the_password():
    """An account is a person's; beside a password it is read from the environment, too."""
    login, *_ = requests("login")
    assert login.body == JsonBody({"email": Env("TEST_EMAIL_SECRET"), "password": Env("TEST_PASSWORD")})


# Wiring


def test_what_an_answer_gave_is_taken_from_it():
    """In a path, a header, a body, as a number and within a text; a token that an answer gave needs no variable."""
    login, orders, order, pay = requests("login")
    assert [(each.name, each.path) for each in login.captures] == [
        ("user_id", ("user", "id")),
        ("access_token", ("access_token",)),
    ]
    assert [(each.name, each.path) for each in orders.captures] == [
        ("orders_id", ("orders", 1, "id")),
        ("next", ("next",)),
    ]
    assert shown(dict(order.headers)["Authorization"]) == "Bearer <access_token>"
    assert isinstance(pay.body, JsonBody)
    assert pay.body.value["order"].name == "orders_id"
    assert shown(pay.body.value["order_text"]) == "<orders_id>"
    assert pay.body.value["again"]["page"].name == "next"
    assert "TEST_TOKEN" not in translated("login").variables


def test_what_is_not_wired():
    """What stands twice, what was sent before it was answered, and what came after it was used."""
    assert not any(request.captures for request in requests("ambiguous"))


# Pacing


def test_think_times():
    """Gaps become pauses around them; short ones are a page's work, long ones are cut."""
    kinds = [type(step).__name__ for step in steps("think-times")]
    assert kinds == ["Request", "Request", "Pause", "Request", "Pause", "Request"]
    pauses = [step for step in steps("think-times") if isinstance(step, Pause)]
    assert [(each.seconds, each.most) for each in pauses] == [(2.0, 6.0), (15.0, 45.0)]


def test_at_once():
    """Those that overlapped each other; d had ended when e began, and so e waits for all three."""
    shape = [
        [request.name for request in step.requests] if isinstance(step, AtOnce) else step.name
        for step in steps("at-once")
        if not isinstance(step, Pause)
    ]
    assert shape == ["/a", ["/b", "/c", "/d"], "/e", "/f"]


# Names, statuses, bodies, headers


def test_names():
    """Numbers, UUIDs, ULIDs, hexadecimals, dates, random ones and addresses are ids; words and versions stay."""
    assert [request.name for request in requests("ids")] == [
        "/orders/:id",
        "/orders/:id",
        "/users/:id/orders/:id",
        "/t/:id",
        "/c/:id",
        "/days/:id",
        "/f/:id",
        "/v1/oauth2/utf8",
        "/orders/:id.json",
        "/u/:id",
        "/o/:id",
        "/app/x",
        "/",
    ]
    assert sent("ids")[-2] == "GET /app/x", "a session in the path is a cookie"
    assert [request.name for request in requests("graphql")] == [
        "/graphql:GetOrder",
        "/graphql:AddItem",
        "/graphql:First",
        "/graphql:Feed",
        "/graphql",
    ]


def test_statuses():
    """A refusal is expected, a failure is not, and each is checked for what was recorded."""
    found = {
        request.name: (request.expected, [check.condition for check in request.checks])
        for request in requests("statuses")
    }
    assert found == {
        "/me": ((401,), ["r.status_code == 401"]),
        "/nothing": ((404,), ["r.status_code == 404"]),
        "/broken": ((), []),
        "/made": ((), ["r.status_code == 201"]),
    }
    assert [check.condition for check in requests("chrome-caches")[1].checks] == ["r.status_code in (200, 304)"]


def test_bodies():
    """A form stays one, whoever wrote it down; Charles's JSON is JSON; parts have a boundary of ours."""
    first, second = requests("firefox-form")
    assert [(name, shown(value)) for name, value in first.body.fields] == [("q", "green tea & honey"), ("page", "2")]
    assert [(name, shown(value)) for name, value in second.body.fields] == [("q", "only params")]
    assert requests("charles")[0].body == JsonBody({"className": "ReqWeal", "password": Env("TEST_PASSWORD")})
    parts, upload = requests("multipart")
    assert 'name="city"\r\n\r\nBern\r\n--locust-ext-part' in shown(parts.body.text)
    assert upload.body is None
    (soap,) = requests("fiddler")
    assert "<Password><TEST_BODY_SECRET></Password>" in shown(soap.body.text)


def test_headers():
    """Of the browser, the connection and the jar none; those that all have stand once."""
    (journey,) = translated("insomnia").draft.journeys
    assert [(name, shown(value)) for name, value in journey.headers] == [("X-Api-Key", "<API_KEY>")]
    (journey,) = translated("chrome-page").draft.journeys
    assert [name for name, _ in journey.headers] == ["accept-language", "x-requested-with"]
    assert [(name, shown(value)) for name, value in requests("chrome-page")[1].headers] == [
        ("accept", "application/json")
    ]


def test_several_hosts():
    """The first is the users' own, others stand as whole URLs."""
    found = sent("hosts-unclear", "https://www.example.com", "https://API.example.com/")
    assert found[:2] == ["GET /", "GET https://api.example.com/feed?page=0"]
    assert translated("hosts-unclear", "https://www.example.com").host == "https://www.example.com"
    with pytest.raises(ConfigurationError, match=r"did you mean 'https://www\.example\.com'"):
        translated("hosts-unclear", "https://ww.example.com")


# What is written


@pytest.mark.parametrize("name", READ)
def test_everything_that_is_written_reads_back(name):
    """The locustfile compiles, and the thresholds are what the configuration takes."""
    found = translated(name)
    ast.parse(written(name).partition("\nthresholds:")[0])
    document = parse(render([found.thresholds]), "x.yml")
    config, problems = read_config(document)
    _, wrong = thresholds_of(config, document, {key: each.kind for key, each in BUILT_IN.items()})
    assert [*problems, *wrong] == []
    assert yaml.safe_load(render([found.thresholds]))["thresholds"]["checks"] == ["rate>0.99"]


def test_thresholds():
    """Many requests: twice their p95. Few: three times the slowest. Never below 200 ms."""
    assert 'http_req_duration{name:/items/:id}: ["p(95)<200"]' in render([translated("many-times").thresholds])
    assert "from 40 recorded requests: twice their p95, 47 ms" in render([translated("many-times").thresholds])
    assert 'http_req_duration{name:/old}: ["p(95)<210"]' in render([translated("redirects").thresholds])


def test_hostile_texts_are_data():
    """Quotes, braces, lines and marks of a recording are texts of the locustfile and nothing else."""
    first, second, *_ = requests("hostile")
    assert dict(first.headers).keys() == {"X-Odd", "X-Half"}, "no client can send the others"
    body = next(
        node
        for node in ast.walk(ast.parse(written("hostile").partition("\nthresholds:")[0]))
        if isinstance(node, ast.keyword) and node.arg == "json"
    )
    halves = {key: value.replace("\ud800", "\ufffd") for key, value in second.body.value.items()}
    assert ast.literal_eval(body.value) == halves, "no file can hold half a character"

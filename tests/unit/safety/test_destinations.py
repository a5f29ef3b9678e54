"""Where the token and the key may go, and what somebody may enter for a host in the web UI."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from locust import HttpUser
from werkzeug.datastructures import MultiDict

from locust_ext.clients.synthetic_tenant import SyntheticTenant
from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.safety.destinations import named_in_code, refusal, refuse_strangers, secrets_in_use, strangers
from locust_ext.safety.entered import hosts_entered, moved, problems_entered
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.tenant import tenants_of

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
FEED = "https://feed.staging.example.com"


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch):
    for name in ("LOAD_TEST_TOKEN", "LOAD_TEST_KEY", "MY_TOKEN"):
        monkeypatch.delenv(name, raising=False)


IN_USE = [
    ("nobody marks anything", [], {"LOAD_TEST_TOKEN": "a"}, []),
    ("there is none", [{}], {}, []),
    ("it is empty", [{}], {"LOAD_TEST_TOKEN": " \n", "LOAD_TEST_KEY": ""}, []),
    ("a token", [{}], {"LOAD_TEST_TOKEN": "a"}, ["LOAD_TEST_TOKEN"]),
    ("a key", [{}], {"LOAD_TEST_KEY": "broken"}, ["LOAD_TEST_KEY"]),
    (
        "both, of two classes",
        [{}, {}],
        {"LOAD_TEST_TOKEN": "a", "LOAD_TEST_KEY": "b"},
        ["LOAD_TEST_TOKEN", "LOAD_TEST_KEY"],
    ),
    ("another variable", [{"token_env": "MINE", "key_env": ""}], {"LOAD_TEST_TOKEN": "a", "MINE": "b"}, ["MINE"]),
]


@pytest.mark.parametrize("tenants, variables, names", [row[1:] for row in IN_USE], ids=[row[0] for row in IN_USE])
def test_secrets_in_use(tenants, variables, names):
    """Those that the environment holds, by the names of their variables."""
    assert secrets_in_use(map(TenantOptions.model_validate, tenants), variables) == names


STRANGERS = [
    ("the same", FEED, False),
    ("with a path, in capitals, with its port", "HTTPS://Feed.Staging.example.com:443/base", False),
    ("another scheme", "http://feed.staging.example.com", True),
    ("another port", f"{FEED}:8443", True),
    ("another name", "https://staging.example.com", True),
    ("a name that begins alike", f"{FEED}.evil.com", True),
    ("a name in the place of a user", f"{FEED}@evil.com", True),
    ("nothing that leads anywhere", "feed", True),
]


@pytest.mark.parametrize("host, strange", [row[1:] for row in STRANGERS], ids=[row[0] for row in STRANGERS])
def test_strangers(host, strange, monkeypatch):
    """An origin is a scheme, a name and a port; with a token in use any other is refused."""
    named = [FEED, "http://other:1"]
    assert strangers([host], named) == [host] * strange
    tenants = [TenantOptions()]
    refuse_strangers(tenants, [host], named)
    monkeypatch.setenv("LOAD_TEST_KEY", "some key")
    refuse_strangers([], [host], named)
    if strange:
        with pytest.raises(ValueError, match=r"LOAD_TEST_KEY|not clear"):
            refuse_strangers(tenants, [host], named)
    else:
        refuse_strangers(tenants, [host], named)


def test_the_sentence_has_the_line_to_add():
    """Neither a user of the address nor what the variable holds stands in it."""
    told = refusal("https://me:s3cret@eu.example.com:444/a?token=s3cret", ["LOAD_TEST_TOKEN"], [FEED])
    assert "s3cret" not in told
    assert told.startswith("https://eu.example.com:444 is not among the hosts that")
    assert "what $LOAD_TEST_TOKEN holds goes to no other" in told
    assert told.endswith(f'add to safety: origins: ["{FEED}", "https://eu.example.com:444"]')
    assert "what $A and $B hold goes to no other" in refusal("http://a", ["A", "B"], [])
    assert "not clear" in refusal("a.example.com", ["A"], [])


class Reader(HttpUser):
    host = "http://reader"


class Writer(SyntheticTenant, HttpUser):
    abstract = False
    host = "http://writer"
    token_env = "MY_TOKEN"


class Lost(HttpUser):
    @property
    def host(self):
        raise AssertionError("no code of the locustfile runs")


def environment(host=None, users=(Reader, Lost), picker=False):
    available = {user.__name__: user for user in (Reader, Writer, Lost)}
    web_ui = SimpleNamespace(userclass_picker_is_active=picker)
    return SimpleNamespace(host=host, user_classes=users, available_user_classes=available, web_ui=web_ui)


def test_what_the_locustfile_names():
    """The hosts of its classes; none where one stands above them, since Locust sets the classes to that."""
    assert set(named_in_code(environment())) == {"http://reader", "http://writer"}
    assert named_in_code(environment("http://entered")) == ()
    assert named_in_code(SimpleNamespace(host="", user_classes=[Reader], available_user_classes=None)) == (Reader.host,)


ENTERED = [
    ("what was entered", {"host": FEED}, {}, [FEED]),
    ("as Locust reads it", {"host": "http://<a>b/"}, {}, ["http://ab/"]),
    ("a space stays", {"host": f" {FEED}"}, {}, [f" {FEED}"]),
    ("the first of two", MultiDict([("host", "http://a"), ("host", "http://b")]), {}, ["http://a"]),
    ("no field", {}, {"host": FEED}, [FEED]),
    ("no field, and no host", {}, {}, ["http://reader"]),
    ("an empty field is that of the classes", {"host": ""}, {"host": FEED}, ["http://reader"]),
    (
        "the class that was picked",
        MultiDict([("host", ""), ("user_classes", "Writer")]),
        {"picker": True},
        ["http://writer"],
    ),
    ("all where none was picked", MultiDict([("host", "")]), {"picker": True}, ["http://reader", "http://writer"]),
    ("nobody can pick", MultiDict([("host", ""), ("user_classes", "Writer")]), {}, ["http://reader"]),
]


@pytest.mark.parametrize("form, there, hosts", [row[1:] for row in ENTERED], ids=[row[0] for row in ENTERED])
def test_the_hosts_of_a_form(form, there, hosts):
    """They are those that Locust would take."""
    assert hosts_entered(form, environment(**there)) == hosts


PRODUCTION = {"go_ahead_for": ["shop.example.com"], "staging": ["*.staging.example.com"]}
REFUSED = [
    ("one that is named", FEED, {}, True, []),
    ("a private one without a token", "http://10.0.0.1:80", {}, False, []),
    ("staging without a token", "https://eu.staging.example.com", {}, False, []),
    ("a private one with a token", "http://10.0.0.1", {}, True, ['origins: ["http://10.0.0.1"]']),
    ("another port with a token", f"{FEED}:81", {}, True, [f'origins: ["{FEED}:81"]']),
    ("beside other origins", "http://a", {"safety": {"origins": ["http://b"]}}, True, ['["http://b", "http://a"]']),
    ("a space", f"{FEED} ", {}, False, ["there is a space"]),
    (
        "production that no go-ahead is for",
        "https://eu.example.com",
        {"safety": {"production": PRODUCTION}},
        False,
        ["write go_ahead_for: [shop.example.com, eu.example.com]"],
    ),
    (
        "and with a token",
        "https://eu.example.com",
        {"safety": {"production": PRODUCTION}},
        True,
        ['origins: ["https://eu.example.com"]', "write go_ahead_for: [shop.example.com, eu.example.com]"],
    ),
    ("nothing clear", "http://evil.com\\@localhost", {}, False, ["no go-ahead can be"]),
]


@pytest.mark.parametrize("host, config, token, told", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_may_be_entered(monkeypatch, host, config, token, told):
    """Another host is refused at its field with the line to add."""
    if token:
        monkeypatch.setenv("LOAD_TEST_TOKEN", "s3cret")
    plan = Plan("feed", Config.model_validate({"tenant": {}, **config}), source="feed.yml")
    found = [
        problem for problem in problems_entered(plan.safety, [host], [FEED], [Reader], NOW) if "host" in problem.path
    ]
    assert len(found) == len(told), found
    for problem, words in zip(found, told, strict=True):
        assert str(problem).startswith("form: host: ")
        assert words in problem.message


def test_a_class_that_marks_itself_has_a_token_too(monkeypatch):
    """The mixin's own variable counts where no tenant is configured."""
    assert [options.token_env for options in tenants_of([Reader, Writer], TenantOptions())] == [
        "LOAD_TEST_TOKEN",
        "MY_TOKEN",
    ]
    plan = Plan("feed")
    monkeypatch.setenv("LOAD_TEST_TOKEN", "nobody sends it")
    assert problems_entered(plan.safety, ["http://a"], [FEED], [Writer], NOW) == []
    monkeypatch.setenv("MY_TOKEN", "s3cret")
    assert "$MY_TOKEN" in problems_entered(plan.safety, ["http://a"], [FEED], [Writer], NOW)[0].message


def test_a_test_under_way_stays_where_it_is():
    """Its users would go elsewhere without a mark."""
    assert moved(f"{FEED}/base", [FEED]) == []
    assert "goes to http://a; stop it" in moved(FEED, ["http://a"])[0].message

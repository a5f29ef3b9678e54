"""The checklist as a whole: which requests it makes, which flags it reads, and in which order it tells what it found."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate
from io import BytesIO
from types import SimpleNamespace

import gevent
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.safety import checklist
from locust_ext.safety.checklist import Check, Found, take_stock

NOW = 1_795_000_000.0
MOMENT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
SHOP, FEED = "https://shop.example.com", "https://feed.example.com/v1/"
PRODUCTION = {
    "window": "2026-11-24 02:00/03:00 UTC",
    "on_call": "Ada",
    "dashboard": "https://d.example.com",
    "announcement": "https://chat.example.com/a",
}


class Hosts(HTTPAdapter):
    """The hosts: what they are asked, and what they answer."""

    def __init__(self):
        super().__init__()
        self.asked, self.how, self.says = [], [], {}

    def send(self, request, **how):
        """Answer."""
        self.asked.append(request)
        self.how.append(how)
        says = self.says.get(request.url, 200)
        if isinstance(says, BaseException):
            raise says
        if says is None:
            gevent.event.Event().wait()
        headers = {"Date": formatdate(NOW, usegmt=True), "x-synthetic-tenant-ack": "true"}
        return self.build_response(request, HTTPResponse(BytesIO(), headers, says, preload_content=False))


@pytest.fixture(autouse=True)
def hosts(monkeypatch):
    """Return the hosts; this machine's clock stands still, and there is neither a key nor a token."""
    one = Hosts()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: one)
    monkeypatch.setattr(checklist, "SteadyClock", lambda: SimpleNamespace(now=lambda: NOW))
    for name in ("LOAD_TEST_KEY", "LOAD_TEST_TOKEN", "LOCUST_EXT_TEST_FLAG"):
        monkeypatch.delenv(name, raising=False)
    return one


def intent(**config):
    """Return the safety rules of a configuration."""
    return Plan(name="feed", config=Config.model_validate(config), source="feed.yml").safety


def host_checks(**config):
    """Return what is found of one production host, without what only has to be read."""
    safety = {"production": PRODUCTION, **config.pop("safety", {})}
    return take_stock(intent(safety=safety, **config), [SHOP], MOMENT)[5:]


def test_production_as_a_whole(hosts, tmp_path):
    """What was found in writing, the flags, and each host once, with the mark."""
    flag = tmp_path / "allowed"
    safety = {"production": PRODUCTION, "rate_cap": "20/s", "kill_switch": {"file": str(flag)}, "check_path": "/health"}
    checks = take_stock(intent(safety=safety, tenant={}), [SHOP, FEED], MOMENT)
    assert [(check.found, check.what, check.path) for check in checks] == [
        (Found.FINE, "https://feed.example.com/v1/, https://shop.example.com: production, with a go-ahead", ""),
        (Found.FINE, "the window 2026-11-24 02:00/03:00 UTC is open, for another 30m", ""),
        (Found.FINE, "on call: Ada; dashboard: https://d.example.com", ""),
        (Found.FINE, "announced: https://chat.example.com/a", ""),
        (Found.FINE, "cap: 20/s over all workers", ""),
        (Found.WRONG, f"file {flag} is missing", "safety.kill_switch"),
        *(
            row
            for url in ("https://feed.example.com/v1/health", "https://shop.example.com/health")
            for row in (
                (Found.FINE, f"{url} answers: 200", "host"),
                (Found.FINE, f"{url} acknowledges the synthetic tenant (not signed)", "tenant"),
                (Found.FINE, "the clocks agree: 0 s apart", ""),
            )
        ),
    ]
    assert [request.headers["x-synthetic-tenant"] for request in hosts.asked] == ["true", "true"]
    assert {(how["timeout"], how["stream"]) for how in hosts.how} == {(5.0, True)}


def test_without_a_mark_and_a_cap(hosts):
    """Nothing is stamped and nobody has to acknowledge anything."""
    checks = take_stock(intent(safety={"production": PRODUCTION}), [SHOP], MOMENT)
    assert [check.what for check in checks[4:]] == [
        "no cap",
        f"{SHOP}/ answers: 200",
        "the clocks agree: 0 s apart",
    ]
    assert "x-synthetic-tenant" not in hosts.asked[0].headers


FLAGS = [
    pytest.param({}, [], id="nothing"),
    pytest.param(
        {"kill_switch": {"env": "LOCUST_EXT_TEST_FLAG"}},
        [(Found.WRONG, "safety.kill_switch")],
        id="a flag that does not allow",
    ),
    pytest.param(
        {"kill_switch": {"file": __file__, "env": "PATH"}}, [(Found.WRONG, "safety.kill_switch")] * 2, id="two"
    ),
    pytest.param({"abort": {"error_rate": 0.5}}, [], id="rules without an alarm"),
    pytest.param(
        {"abort": {"alarm": {"url": "http://127.0.0.1/alarm"}}}, [(Found.FINE, "safety.abort.alarm")], id="an alarm"
    ),
    pytest.param(
        {"abort": {"alarm": {"url": "http://127.0.0.1/a", "headers_env": {"X-Key": "LOCUST_EXT_TEST_FLAG"}}}},
        [(Found.WRONG, "safety.abort.alarm")],
        id="an alarm that cannot be asked",
    ),
]


@pytest.mark.parametrize("safety, found", FLAGS)
def test_elsewhere_only_flags_and_alarms(hosts, safety, found):
    """A host that is no production is not asked; each flag and alarm is, at its place in the configuration."""
    checks = take_stock(intent(safety=safety), ["http://127.0.0.1:1"], MOMENT)
    assert [(check.found, check.path) for check in checks] == found
    assert [request.url for request in hosts.asked] == ["http://127.0.0.1/alarm"] * (Found.FINE in dict(found))


ANSWERS = [
    pytest.param(200, Found.FINE, "answers: 200", id="OK"),
    pytest.param(302, Found.FINE, "answers: 302", id="a redirect is not followed"),
    pytest.param(404, Found.FINE, "answers: 404", id="a missing page"),
    pytest.param(499, Found.FINE, "answers: 499", id="not yet the server's fault"),
    pytest.param(500, Found.WRONG, "answers: 500", id="the server's fault"),
    pytest.param(requests.ConnectionError("s3cr3t"), Found.WRONG, "does not answer: ConnectionError", id="down"),
    pytest.param(requests.ReadTimeout("s3cr3t"), Found.WRONG, "did not answer within 5 s", id="too late"),
]


@pytest.mark.parametrize("says, found, what", ANSWERS)
def test_what_a_host_says(hosts, says, found, what):
    """Any answer below 500 is one."""
    hosts.says[f"{SHOP}/"] = says
    first, *rest = host_checks()
    assert first == Check(found, f"{SHOP}/ {what}", "host")
    assert bool(rest) is isinstance(says, int)
    assert len(hosts.asked) == 1


def test_a_host_that_drips_has_an_end_too(hosts, monkeypatch):
    """The time counts for the whole, and not for each wait."""
    monkeypatch.setattr(checklist, "HOST_TIMEOUT", 0.02)
    hosts.says[f"{SHOP}/"] = None
    assert host_checks() == [Check(Found.WRONG, f"{SHOP}/ did not answer within 0.02 s", "host")]

"""The checklist before the first user: what it found in an answer, and how it says so."""

from __future__ import annotations

import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.safety import checklist
from locust_ext.safety.checklist import (
    PREFLIGHT,
    Check,
    Found,
    _acknowledged,
    _clocks,
    in_lines,
    problems_of,
)
from locust_ext.safety.origin import Origins
from locust_ext.safety.redaction import Redaction
from locust_ext.safety.tenant import TenantHeaders
from locust_ext.text.problems import Problem

NOW = 1_795_000_000.0
URL = "https://shop.example.com/"

CHECKS = [
    Check(Found.FINE, "the clocks agree: 0 s apart"),
    Check(Found.WRONG, "https://u:p@shop.example.com/?token=abcdefgh does not answer: ConnectionError", "host"),
    Check(Found.UNKNOWN, "it is not known", "tenant"),
    Check(Found.WRONG, "file run/allowed is missing", "safety.kill_switch"),
]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Let this machine's clock stand still."""
    monkeypatch.setattr(checklist, "SteadyClock", lambda: SimpleNamespace(now=lambda: NOW))


def plan(**config):
    return Plan(name="feed", config=Config.model_validate(config), source="feed.yml")


def test_in_lines():
    """One line a check, with what was found; secrets are hidden."""
    assert in_lines(CHECKS, Redaction(("missing-secret",))) == (
        "  [ok] the clocks agree: 0 s apart\n"
        "  [NO] https://***@shop.example.com/?token=*** does not answer: ConnectionError\n"
        "  [??] it is not known\n"
        "  [NO] file run/allowed is missing"
    )
    assert in_lines([], Redaction()) == ""
    assert in_lines([Check(Found.FINE, "it said hunter22")], Redaction(("hunter22",))) == "  [ok] it said ***"


def test_problems_of():
    """Only what is wrong is a problem, at its place in the configuration; what is not known fails nothing."""
    assert problems_of(CHECKS, plan().source) == [
        Problem("host", CHECKS[1].what, source="feed.yml"),
        Problem("safety.kill_switch", CHECKS[3].what, source="feed.yml"),
    ]
    assert problems_of([check for check in CHECKS if check.found is not Found.WRONG], plan().source) == []


def at(seconds):
    """Return the Date of a host whose clock differs by so many seconds from ours."""
    return formatdate(NOW + seconds, usegmt=True)


def answer(status=200, **headers):
    return SimpleNamespace(status_code=status, headers=CaseInsensitiveDict(headers))


TOLD = f"{URL} does not tell the time"
DATES = [
    ("they agree", at(0), Found.FINE, "the clocks agree: 0 s apart"),
    ("a little ahead", at(-30.0), Found.FINE, "the clocks agree: 30 s apart"),
    ("a little behind", at(30.0), Found.FINE, "the clocks agree: 30 s apart"),
    ("ahead", at(-31), Found.WRONG, f"this clock is 31s ahead of that of {URL}"),
    ("behind", at(3600), Found.WRONG, f"this clock is 1h behind that of {URL}"),
    ("years apart", "Sun, 06 Nov 1994 08:49:37 GMT", Found.WRONG, f"ahead of that of {URL}"),
    ("in another zone", formatdate(NOW, localtime=False).replace("-0000", "+0000"), Found.FINE, "0 s apart"),
    ("no date", None, Found.UNKNOWN, TOLD),
    ("nothing", "", Found.UNKNOWN, TOLD),
    ("garbage", "yesterday", Found.UNKNOWN, TOLD),
    ("a number", "1795000000", Found.UNKNOWN, TOLD),
    ("a day that there is not", "Sun, 99 Nov 2026 08:49:37 GMT", Found.UNKNOWN, TOLD),
    ("an hour that there is not", "Sun, 06 Nov 2026 99:49:37 GMT", Found.UNKNOWN, TOLD),
    ("a zone that there is not", "Sun, 06 Nov 2026 08:49:37 +9999", Found.UNKNOWN, TOLD),
]


@pytest.mark.parametrize("date, found, what", [row[1:] for row in DATES], ids=[row[0] for row in DATES])
def test_clocks(date, found, what):
    """A host's clock agrees, or is ahead or behind by more than a request takes; not to know it fails nothing."""
    check = _clocks(URL, answer() if date is None else answer(Date=date))
    assert check.found is found
    assert what in check.what
    assert check.path == ("host" if found is Found.WRONG else "")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("form", ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"], ids=["rfc850", "asctime"])
def test_older_forms_of_a_date(monkeypatch, zone, form):
    """RFC 9110 knows three forms of a Date, and all of them are in UTC, wherever this machine is."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        check = _clocks(URL, answer(Date=time.strftime(form, time.gmtime(NOW))))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert check.found is Found.FINE


@given(
    st.text(max_size=40)
    | st.builds(
        "{}, {:02} {} {} {:02}:{:02}:{:02} {}".format,
        st.sampled_from(["Sun", "Xxx"]),
        st.integers(0, 40),
        st.sampled_from(["Nov", "Jan", "Xxx"]),
        st.integers(0, 99_999),
        st.integers(0, 70),
        st.integers(0, 70),
        st.integers(0, 70),
        st.sampled_from(["GMT", "-0000", "+0000", "+2359", "-9999", "", "EST"]),
    )
)
def test_any_date(date):
    """Whatever a host says of the time, it is a check and no traceback."""
    assert _clocks(URL, answer(Date=date)).what


def mark(signed):
    origins = Origins.of([URL])
    signatures = dict.fromkeys(origins.origins, "v1;...") if signed else {}
    return TenantHeaders("x-synthetic-tenant", "true", origins, signed=signatures)


ACK = "x-synthetic-tenant-ack"
BARE = f"{URL} does not acknowledge the synthetic tenant by {ACK}"
KEYS = f"{BARE} and refuses it: does it have the same key?"
NOT_WANTED = f"{URL} does not acknowledge the synthetic tenant; abort.ack is false"
ACKNOWLEDGED = [
    (
        "plain, and it says so",
        False,
        {},
        200,
        "true",
        Found.FINE,
        f"{URL} acknowledges the synthetic tenant (not signed)",
    ),
    (
        "plain, with an empty word",
        False,
        {},
        200,
        "",
        Found.FINE,
        f"{URL} acknowledges the synthetic tenant (not signed)",
    ),
    (
        "signed, and it names the run",
        True,
        {},
        200,
        PREFLIGHT,
        Found.FINE,
        f"{URL} acknowledges the synthetic tenant (signed)",
    ),
    (
        "signed, on a missing page",
        True,
        {},
        404,
        PREFLIGHT,
        Found.FINE,
        f"{URL} acknowledges the synthetic tenant (signed)",
    ),
    ("signed, and it names no run", True, {}, 200, "true", Found.WRONG, BARE),
    ("signed, and it names another run", True, {}, 200, "nightly-7", Found.WRONG, BARE),
    ("plain, and it does not", False, {}, 200, None, Found.WRONG, BARE),
    ("signed, and it does not", True, {}, 200, None, Found.WRONG, BARE),
    ("it refuses the signature", True, {}, 403, None, Found.WRONG, KEYS),
    ("it refuses", False, {}, 403, None, Found.WRONG, KEYS),
    ("other rules change nothing", False, {"abort": {"error_rate": 0.5}}, 200, None, Found.WRONG, BARE),
    ("nobody wants it", False, {"abort": {"ack": False}}, 200, None, Found.UNKNOWN, NOT_WANTED),
    ("nobody wants it, and it refuses", True, {"abort": {"ack": False}}, 403, None, Found.UNKNOWN, NOT_WANTED),
    ("nobody wants it, and it is there", False, {"abort": {"ack": False}}, 200, "1", Found.FINE, "(not signed)"),
]


@pytest.mark.parametrize(
    "signed, safety, status, said, found, what", [r[1:] for r in ACKNOWLEDGED], ids=[r[0] for r in ACKNOWLEDGED]
)
def test_acknowledged(signed, safety, status, said, found, what):
    """A host must say that it takes what it got for synthetic, and what is signed by the run's own name."""
    response = answer(status) if said is None else answer(status, **{ACK: said})
    (check,) = _acknowledged(plan(tenant={}, safety=safety).safety, URL, mark(signed), response)
    assert check.found is found
    assert what in check.what
    assert check.path == "tenant"


def test_another_header_acknowledges():
    """It is the one that the configuration names, in any capitals."""
    config = {"tenant": {"ack_header": "X-Test-Seen"}}
    (check,) = _acknowledged(plan(**config).safety, URL, mark(False), answer(**{"x-test-seen": "1"}))
    assert check.found is Found.FINE
    (check,) = _acknowledged(plan(**config).safety, URL, mark(False), answer(**{ACK: "1"}))
    assert "by X-Test-Seen" in check.what


def test_nobody_acknowledges_what_is_not_marked():
    """Without a mark there is nothing to acknowledge."""
    assert list(_acknowledged(plan().safety, URL, None, answer())) == []
    assert list(_acknowledged(plan(tenant={}).safety, URL, None, answer())) == []

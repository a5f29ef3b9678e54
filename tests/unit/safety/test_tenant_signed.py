"""The signed mark, from the key in the environment to the header that goes out, and whether it is acknowledged."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind
from locust_ext.process import clock as steady
from locust_ext.safety import acknowledgement, tenant
from locust_ext.safety.acknowledgement import Acknowledgements
from locust_ext.safety.middleware import Forged, Synthetic, read_keys, verify
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.origin import Origins
from locust_ext.safety.tenant import (
    BAGGAGE,
    RotatingHeaders,
    TenantHeaders,
    bearer_of,
    key_of,
    mark_for,
)

NOW = 1_900_000_000.0
SECRET = "a secret of sixteen"
KEYS = f"2026-01:{SECRET}"
FEED, SHOP = "https://feed.example.com", "http://shop.example.com:8443"
HEADER = "x-synthetic-tenant"
MEMBER = "synthetic-tenant=true"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """There is a key, and no token."""
    monkeypatch.setenv("LOAD_TEST_KEY", KEYS)
    monkeypatch.delenv("LOAD_TEST_TOKEN", raising=False)


def signed(hosts=(FEED,), run="nightly-7", now=NOW, **options):
    return mark_for(TenantOptions(**options), list(hosts), run, now)


def stamped(mark, url, headers=None):
    """Return the headers of a request to ``url``."""
    found = CaseInsensitiveDict(headers or {})
    mark.stamp(url, found)
    return dict(found)


HOSTS = [
    ("one host", [FEED], f"{FEED}/a", "feed.example.com"),
    ("a port of its own", [SHOP], f"{SHOP}/a", "shop.example.com:8443"),
    ("the first of two", [FEED, SHOP], f"{FEED}/a", "feed.example.com"),
    ("the second of two", [FEED, SHOP], f"{SHOP}/a", "shop.example.com:8443"),
    ("two ports of one host", ["http://a.test:1", "http://a.test:2"], "http://a.test:2/", "a.test:2"),
    ("the port that needs no name", ["https://a.test:443"], "https://a.test/", "a.test"),
    ("its websocket", [FEED, SHOP], "wss://feed.example.com/ws", "feed.example.com"),
    ("in capitals", [FEED, SHOP], "HTTPS://FEED.EXAMPLE.com/a", "feed.example.com"),
    ("a host with a path", [f"{FEED}/v1"], f"{FEED}/v1/a", "feed.example.com"),
    ("an address of IPv6", ["http://[::1]:8080"], "http://[::1]:8080/", "[::1]:8080"),
    ("hosts that are none", [FEED, None, "", FEED], f"{FEED}/a", "feed.example.com"),
]


@pytest.mark.parametrize("hosts, url, authority", [row[1:] for row in HOSTS], ids=[row[0] for row in HOSTS])
def test_each_host_gets_its_own_signature(hosts, url, authority):
    """What a request carries verifies at the host that it goes to, as a team verifies it, and at no other."""
    value = stamped(signed(hosts), url)[HEADER]
    assert verify(value, authority, read_keys(KEYS), NOW) == Synthetic("nightly-7", "true")
    with pytest.raises(Forged, match="signature does not match"):
        verify(value, "other.example.com", read_keys(KEYS), NOW)


@pytest.mark.parametrize("lifetime, seconds", [("15m", 900), ("1s", 1), ("1h", 3600)])
def test_it_expires(lifetime, seconds):
    """It is good for its lifetime from the moment at which it was signed, and not a second longer."""
    value = signed(lifetime=lifetime).value
    assert f";exp={int(NOW) + seconds};" in value
    assert verify(value, "feed.example.com", read_keys(KEYS), NOW + seconds - 1)
    with pytest.raises(Forged, match="expired"):
        verify(value, "feed.example.com", read_keys(KEYS), NOW + seconds)


def test_without_a_moment_it_is_signed_from_now_on(monkeypatch):
    """The clock of the machine is asked."""
    monkeypatch.setattr(steady, "time", SimpleNamespace(time=lambda: NOW, monotonic=lambda: 5.0))
    assert f";exp={int(NOW) + 900};" in mark_for(TenantOptions(), [FEED]).value


def test_without_a_run():
    """A signature says that there is no run."""
    assert ";run=none;" in signed(run="").value


def test_the_first_key_signs(monkeypatch):
    """During a rotation the others only verify."""
    monkeypatch.setenv("LOAD_TEST_KEY", f" new:{SECRET}!, {KEYS} \n")
    assert ";kid=new;" in signed().value


def test_another_variable(monkeypatch):
    """The key is where the options say, and nowhere else."""
    monkeypatch.setenv("FEED_KEY", f"feed:{SECRET}")
    assert ";kid=feed;" in signed(key_env="FEED_KEY").value
    assert signed(key_env="").value == "true"
    assert signed(key_env="NOT_SET_ANYWHERE").signed == {}


@pytest.mark.parametrize("text", ["", "  ", "\n"], ids=repr)
def test_no_key(monkeypatch, text):
    """Without one the header is the plain value, and says nothing in W3C Baggage."""
    monkeypatch.setenv("LOAD_TEST_KEY", text)
    mark = signed()
    assert (mark.value, mark.signed, mark.baggage) == ("true", {}, "")
    assert stamped(mark, f"{FEED}/a") == {HEADER: "true"}
    assert key_of(TenantOptions()) is None


WRONG = [
    ("without its id", "s3cr3t-and-long-enough", "is not written as KID:SECRET"),
    ("too short", "kid:s3cr3t", "at least 16 characters"),
    ("an id that is none", "s3 cr3t:s3cr3t-and-long-enough", "the id of a key"),
    ("without an id", ":s3cr3t-and-long-enough", "the id of a key"),
    ("two of one id", "kid:s3cr3t-and-long-enough,kid:s3cr3t-and-even-longer", "two keys have the same id"),
    ("nothing after a comma", "kid:s3cr3t-and-long-enough,", "key 2 is not written as"),
]


@pytest.mark.parametrize("text, why", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_keys_that_cannot_be(monkeypatch, text, why):
    """Each is refused in a sentence that names the variable, and shows nothing of what it holds."""
    monkeypatch.setenv("LOAD_TEST_KEY", text)
    for make in (signed, lambda: key_of(TenantOptions())):
        with pytest.raises(ValueError, match="LOAD_TEST_KEY") as caught:
            make()
        assert why in str(caught.value)
        assert "cr3t" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("value", ["load test", "a;b", "x" * 65, "a,b"])
def test_a_tenant_that_cannot_be_signed(monkeypatch, value):
    """What would do for a plain header cannot always be signed, which is said before anything is sent."""
    with pytest.raises(ValueError, match=r"LOAD_TEST_KEY.* is not a tenant") as caught:
        key_of(TenantOptions(value=value))
    assert SECRET not in str(caught.value)
    monkeypatch.delenv("LOAD_TEST_KEY")
    assert signed(value=value).value == value


def test_no_text_shows_a_key_or_a_signature():
    """Neither the secret nor what it has signed stands in the text of a mark."""
    mark = signed([FEED, SHOP])
    assert SECRET not in repr(mark)
    assert SECRET.encode() not in repr(key_of(TenantOptions())).encode()
    assert "Bearer" not in repr(mark)


BAGGAGES = [
    ("nothing of its own", {}, MEMBER),
    ("one of its own", {"baggage": "user=7"}, f"user=7,{MEMBER}"),
    ("in capitals", {"Baggage": "user=7"}, f"user=7,{MEMBER}"),
    ("several, with blanks", {"baggage": " a=1 ,b=2;p=x,, "}, f"a=1,b=2;p=x,{MEMBER}"),
    ("a list", {"baggage": ["a=1", "b=2"]}, f"a=1,b=2,{MEMBER}"),
    ("ours already", {"baggage": MEMBER}, MEMBER),
    ("ours in front", {"baggage": f"{MEMBER},a=1"}, f"a=1,{MEMBER}"),
    ("nothing in it", {"baggage": ""}, MEMBER),
    ("none", {"baggage": None}, MEMBER),
]


@pytest.mark.parametrize("headers, baggage", [row[1:] for row in BAGGAGES], ids=[row[0] for row in BAGGAGES])
def test_baggage(headers, baggage):
    """The member is there once, behind what the locustfile has set itself; elsewhere only that is left."""
    mark = signed()
    found = CaseInsensitiveDict(headers)
    for _ in range(2):
        mark.stamp(f"{FEED}/a", found)
        assert found[BAGGAGE] == baggage
    mark.stamp("https://evil.com/a", found)
    own = ",".join(member for member in baggage.split(",") if member != MEMBER)
    assert found.get(BAGGAGE) == (own or None)


ELSEWHERE = [
    "https://evil.com/",
    "https://feed.example.com.evil.com/",
    "https://feed.example.com@evil.com/",
    "https://feed.example.com:8443/",
    "http://feed.example.com/",
    "ws://feed.example.com/",
    "https://a.feed.example.com/",
    "https://example.com/feed.example.com",
    "https://feed.example.com\\@evil.com/",
    "https://evil.com\\@feed.example.com/",
    "/a",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE, ids=lambda url: url or "nothing")
def test_to_another_origin_nothing_of_it_ever_goes(monkeypatch, url):
    """Neither what was set now nor what a redirect has carried along; the locustfile's own headers stay."""
    monkeypatch.setenv("LOAD_TEST_TOKEN", "t0ken")
    mark = signed([FEED, "https://other.example.com"])
    assert mark.authorization == "Bearer t0ken" == bearer_of(TenantOptions())
    assert stamped(mark, url) == {}
    carried = stamped(mark, f"{FEED}/a", {"Accept": "*/*", BAGGAGE: "user=7"})
    assert set(carried) == {"Accept", HEADER, BAGGAGE, "Authorization"}
    assert stamped(mark, url, carried) == {"Accept": "*/*", BAGGAGE: "user=7"}


@given(st.text() | st.builds("https://{}{}{}".format, st.text(max_size=9), st.just("feed.example.com"), st.text()))
def test_whatever_the_address(url):
    """Any text as an address is marked exactly if it is of the origin of the host."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAD_TEST_KEY", KEYS)
        mark = signed()
    headers = stamped(mark, url)
    assert bool(headers) == (HEADER in headers) == Origins.of([FEED]).covers(url)


class Clock:
    """A clock that the test moves."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(tenant, "monotonic", lambda: self.now)
        monkeypatch.setattr(acknowledgement, "monotonic", lambda: self.now)
        monkeypatch.setattr(
            steady, "time", SimpleNamespace(time=lambda: NOW + self.now - 100.0, monotonic=lambda: self.now)
        )


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that only the test moves."""
    return Clock(monkeypatch)


def test_it_is_signed_again_in_time(clock):
    """A mark is the same until a third of its lifetime has passed, and at no moment one that is about to expire."""
    marks = RotatingHeaders(TenantOptions(lifetime="15m"), [FEED], "nightly-7")
    seen = []
    for _ in range(2000):
        mark = marks.mark
        assert mark is marks.mark
        verify(mark.value, "feed.example.com", read_keys(KEYS), NOW + clock.now - 100.0 + 599)
        if mark not in seen:
            seen.append(mark)
        clock.now += 1.0
    assert len(seen) == pytest.approx(2000 / 300, abs=0.5)


def test_a_key_that_is_taken_away(clock, monkeypatch):
    """A key of the environment that cannot be used any more is an error, never a plain mark that looks signed."""
    marks = RotatingHeaders(TenantOptions(), [FEED])
    assert marks.mark.signed
    monkeypatch.setenv("LOAD_TEST_KEY", "broken")
    clock.now += 900
    with pytest.raises(ValueError, match="LOAD_TEST_KEY"):
        _ = marks.mark
    with pytest.raises(ValueError, match="LOAD_TEST_KEY"):
        _ = marks.mark


def answer(status=200, url=f"{FEED}/a", headers=None):
    return SimpleNamespace(status_code=status, url=url, headers=headers)


ACK = CaseInsensitiveDict({"X-Synthetic-Tenant-Ack": "nightly-7"})


@pytest.fixture
def acks(clock):
    """Return what looks at answers, with ``seen()``: how many acknowledged, of how many that were looked at."""
    recorder = Recorder()
    mark = TenantHeaders(HEADER, "true", Origins.of([FEED, SHOP]))
    looker = Acknowledgements("x-synthetic-tenant-ack", SimpleNamespace(mark=mark), recorder, [SHOP])

    def seen():
        store = Store()
        store.merge(recorder.take())
        sink = store.select(Selector("tenant_acks"), Kind.RATE)
        return sink.hits, sink.total

    looker.seen = seen
    return looker


LOOKED = [
    ("it acknowledges", answer(headers=ACK), (1, 1)),
    ("it does not", answer(headers=CaseInsensitiveDict()), (0, 1)),
    ("an answer without any headers", answer(), (0, 1)),
    ("a refusal is an answer", answer(403, headers={}), (0, 1)),
    ("a redirect is an answer", answer(302, headers=ACK), (1, 1)),
    ("the last status that is looked at", answer(499, headers={}), (0, 1)),
    ("somebody else in its place", answer(500, headers={}), (0, 0)),
    ("a gateway", answer(502, headers={}), (0, 0)),
    ("no answer", answer(0, url=None), (0, 0)),
    ("no status", answer(None, headers={}), (0, 0)),
    ("another origin", answer(url="https://evil.com/a", headers={}), (0, 0)),
    ("a marked origin that is not under test", answer(url=f"{SHOP}/a", headers={}), (0, 0)),
    ("another origin that acknowledges", answer(url="https://evil.com/a", headers=ACK), (0, 0)),
    ("no address", answer(url=None, headers={}), (0, 0)),
    ("no response at all", SimpleNamespace(url=None), (0, 0)),
]


@pytest.mark.parametrize("response, seen", [row[1:] for row in LOOKED], ids=[row[0] for row in LOOKED])
def test_which_answers_count(acks, response, seen):
    """Answers of the application itself do; those of others and of nobody say nothing."""
    acks.look(response)
    assert acks.seen() == seen


def test_it_looks_ten_times_a_second(acks, clock):
    """Of many answers one in a tenth of a second is looked at."""
    for _ in range(1000):
        acks.look(answer(headers=ACK))
        clock.now += 0.001
    hits, total = acks.seen()
    assert hits == total
    assert total == pytest.approx(10, abs=1)


def test_what_says_nothing_takes_no_turn(acks, clock):
    """The next answer is looked at in the place of one that did not count."""
    acks.look(answer(503))
    acks.look(answer(url="https://evil.com/"))
    acks.look(answer(headers=ACK))
    acks.look(answer(headers={}))
    assert acks.seen() == (1, 1)
    clock.now += 0.1
    acks.look(answer(headers={}))
    assert acks.seen() == (0, 1)


def test_without_a_mark_nothing_is_expected(acks):
    """Who sends no mark waits for no acknowledgement."""
    acks._marks.mark = None
    acks.look(answer(headers={}))
    assert acks.seen() == (0, 0)

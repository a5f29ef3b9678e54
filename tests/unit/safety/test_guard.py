"""Where a run may go: what production asks for in writing, and which requests do not leave."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.load.profiles import Smoke, Soak
from locust_ext.load.stress import Stress
from locust_ext.safety.guard import GO_AHEAD, Blocked, Guard, Targets, go_ahead_problems
from locust_ext.safety.hosts import HostKind
from locust_ext.safety.options import AbortOptions, SafetyOptions

SHOP = "https://shop.example.com"
OPENS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""When the window below opens: Berlin is an hour ahead in winter."""

PRODUCTION = {
    "window": "2026-11-24 02:00/03:00 Europe/Berlin",
    "on_call": "Ada, +49 30 1234",
    "dashboard": "https://grafana.example.com/d/shop",
    "announcement": "https://chat.example.com/p/42",
    "go_ahead_for": ["shop.example.com"],
}
WHOLE = {"production": PRODUCTION, "rate_cap": "50/s", "kill_switch": {"file": "run/allowed"}}


def safety(**options):
    return SafetyOptions.model_validate(options)


TERRITORIES = [
    ("nothing at all", [], {}, HostKind.PRIVATE),
    ("no host", [None, ""], {}, HostKind.PRIVATE),
    ("this machine", ["http://localhost:8089"], {}, HostKind.PRIVATE),
    ("a private address", ["http://10.1.2.3"], {}, HostKind.PRIVATE),
    ("staging by its name", ["https://staging.example.com"], {}, HostKind.STAGING),
    ("anything else", [SHOP], {}, HostKind.PRODUCTION),
    ("private and staging", ["http://localhost", "https://staging.example.com"], {}, HostKind.STAGING),
    ("one of three", ["http://localhost", "https://staging.example.com", SHOP], {}, HostKind.PRODUCTION),
    ("another origin", ["http://localhost"], {"origins": "https://login.example.com"}, HostKind.PRODUCTION),
    ("another origin of staging", ["http://localhost"], {"origins": ["https://staging.a.org"]}, HostKind.STAGING),
    ("an own pattern of staging", [SHOP], {"production": {"staging": "shop.*"}}, HostKind.STAGING),
    (
        "an own pattern takes the place of those that are known",
        ["https://staging.example.com"],
        {"production": {"staging": "shop.*"}},
        HostKind.PRODUCTION,
    ),
    (
        "a pattern of production wins over staging",
        ["https://staging.example.com"],
        {"production": {"hosts": "*.example.com"}},
        HostKind.PRODUCTION,
    ),
    (
        "and over a private address",
        ["http://10.1.2.3:8080"],
        {"production": {"hosts": ["10.1.2.3"]}},
        HostKind.PRODUCTION,
    ),
    (
        "a pattern of production for another origin",
        ["http://localhost"],
        {"origins": "http://db.internal", "production": {"hosts": "db.internal"}},
        HostKind.PRODUCTION,
    ),
    ("a host that two clients read as two", ["http://evil.com\\@localhost/"], {}, HostKind.PRODUCTION),
]


@pytest.mark.parametrize("hosts, options, kind", [row[1:] for row in TERRITORIES], ids=[row[0] for row in TERRITORIES])
def test_the_kind_of_a_territory(hosts, options, kind):
    """Of all hosts and origins, the kind that asks for most counts."""
    targets = Targets.of(hosts, safety(**options))
    assert targets.kind is kind
    assert targets.is_production == (kind is HostKind.PRODUCTION) == bool(targets.production)


def test_what_of_a_territory_is_production():
    """Only that is named, hosts before origins, each once."""
    targets = Targets.of(
        [SHOP, "http://localhost", SHOP, None], safety(origins=["http://localhost:1", "https://login.example.com"])
    )
    assert targets.production == [SHOP, "https://login.example.com"]


ABORTS = [
    ("production always has some", [SHOP], {}, AbortOptions()),
    ("others have none", ["http://localhost"], {}, None),
    ("unless they are configured", ["http://localhost"], {"abort": None}, AbortOptions()),
    ("what is configured wins", [SHOP], {"abort": {"min_requests": 7}}, AbortOptions(min_requests=7)),
]


@pytest.mark.parametrize("hosts, options, rules", [row[1:] for row in ABORTS], ids=[row[0] for row in ABORTS])
def test_the_rules_that_end_a_run(hosts, options, rules):
    """They are those of the configuration; in production there always are some."""
    assert rules == Targets.of(hosts, safety(**options)).abort


def plan(profile=None, tenant=True, **options):
    """Return a plan under these rules, marked unless it should not be."""
    config = Config.model_validate({"safety": options, **({"tenant": {}} if tenant else {})})
    return Plan(name="feed", config=config, profile=profile, source="feed.yml")


def objections(the_plan, hosts=(SHOP,), now=OPENS):
    """Return what is missing, as path and sentence."""
    problems = go_ahead_problems(the_plan.safety, list(hosts), now)
    assert all(problem.source == "feed.yml" for problem in problems)
    return [(problem.path, problem.message) for problem in problems]


def without(key):
    """Return the whole go-ahead without one of its keys."""
    if key in PRODUCTION:
        return {**WHOLE, "production": {name: value for name, value in PRODUCTION.items() if name != key}}
    return {name: value for name, value in WHOLE.items() if name != key}


MISSING = [
    *((f"safety.production.{key}", f"it is missing: {what}", key) for key, what in GO_AHEAD),
    (
        "safety.production.go_ahead_for",
        "it is missing: the hosts that the go-ahead is for; add go_ahead_for: [shop.example.com]",
        "go_ahead_for",
    ),
    ("safety.rate_cap", "it is missing: how many requests a second there may be at most, such as 50/s", "rate_cap"),
    (
        "safety.kill_switch",
        "it is missing: the flag that stops the run, such as {file: run/allowed}",
        "kill_switch",
    ),
    ("tenant", "it is missing: the header that marks synthetic traffic, such as {}", "tenant"),
]


@pytest.mark.parametrize("path, what, key", MISSING, ids=[row[2] for row in MISSING])
def test_each_key_that_is_missing(path, what, key):
    """What is missing alone is one problem at its place, which says what for and names the host."""
    found = objections(plan(Smoke(), tenant=key != "tenant", **without(key)))
    assert found == [(path, f"{what}; {SHOP} counts as production")]


def test_the_whole_go_ahead():
    """With everything there, inside of the window, nothing is missing; also without a shape, and on another port."""
    assert objections(plan(Smoke(), **WHOLE), hosts=["http://Shop.Example.com.:8080/base"]) == []
    assert objections(plan(Smoke(), **WHOLE)) == []
    assert objections(plan(None, **WHOLE)) == []


def test_everything_at_once():
    """First how to say that the hosts are not production, for most likely they are not; then all that is missing."""
    found = objections(plan(Stress(), tenant=False), hosts=(SHOP, "https://eu.example.com:8443", "http://localhost"))
    assert [path for path, _ in found] == [
        "safety.production.staging",
        *(path for path, _, _ in MISSING),
        "shape",
    ]
    assert all("https://eu.example.com:8443, https://shop.example.com counts" in what for _, what in found[1:])
    assert "add go_ahead_for: [eu.example.com, shop.example.com]; " in dict(found)["safety.production.go_ahead_for"]
    assert (
        found[0][1]
        == "if these hosts are not production, add them to safety.production.staging: [eu.example.com, shop.example.com]"
    )


@pytest.mark.parametrize("key", [key for key, _ in GO_AHEAD])
def test_no_hint_where_somebody_has_begun_a_go_ahead(key):
    """Anyone who has written any of it knows that it is production."""
    paths = [path for path, _ in objections(plan(Smoke(), production={key: PRODUCTION[key]}))]
    assert "safety.production.staging" not in paths
    assert len(paths) == len(GO_AHEAD) - 1 + 3


BOUND = [
    ("by its name", ["shop.example.com"], [SHOP], None),
    ("in other capitals, with a dot at its end", ["SHOP.Example.com."], [SHOP], None),
    ("by a pattern", ["*.example.com"], [SHOP, "https://eu.example.com"], None),
    ("the address in another spelling", ["[2606:2800::1]"], ["http://[2606:2800:0:0::1]:81"], None),
    ("private and staging need none", ["a.org"], ["http://localhost", "https://staging.a.org"], None),
    ("another host", ["shop.example.com"], ["https://eu.example.com"], "[shop.example.com, eu.example.com]"),
    ("one of two", ["shop.example.com"], [SHOP, "https://eu.example.com"], "[shop.example.com, eu.example.com]"),
    ("a name that ends alike", ["shop.example.com"], ["https://my-shop.example.com"], "my-shop.example.com]"),
    ("a host below it", ["example.com"], [SHOP], "[example.com, shop.example.com]"),
    ("what is above a pattern", ["*.example.com"], ["https://example.com"], '["*.example.com", example.com]'),
    ("its address", ["shop.example.com"], ["http://93.184.215.14"], "[shop.example.com, 93.184.215.14]"),
    ("an address of IPv6", [], ["http://[2606:2800::1]/"], 'add go_ahead_for: ["[2606:2800::1]"]'),
    ("a number, which YAML would not take for text", [], ["http://12345"], 'add go_ahead_for: ["12345"]'),
    ("a user who looks like it", ["shop.example.com"], ["https://shop.example.com@eu.org"], "eu.org]"),
    ("an address that two clients read as two", ["*"], ["http://evil.com\\@shop.example.com"], "nobody knows where"),
]


@pytest.mark.parametrize("patterns, hosts, line", [row[1:] for row in BOUND], ids=[row[0] for row in BOUND])
def test_a_go_ahead_is_for_its_hosts(patterns, hosts, line):
    """For any other host it is missing, with the whole line to write, and none of it may be asked for anything."""
    rules = {**WHOLE, "production": {**PRODUCTION, "go_ahead_for": patterns}}
    found = objections(plan(Smoke(), **rules), hosts=hosts)
    told = [what for path, what in found if path == "safety.production.go_ahead_for"]
    if line is None:
        assert found == []
    else:
        assert line in told[0]
        assert f"; {', '.join(Targets.of(hosts, safety(**rules)).production)} counts as production" in told[0]
    guard = Guard(Targets.of(hosts, safety(**rules)), lambda _: None)
    refused = [host for host in hosts if guard.blocks(f"{host}/")]
    assert refused == Targets.of(hosts, safety(**rules)).without_go_ahead


def test_a_declared_origin_needs_the_go_ahead_too():
    """A login of production is production, and gets no request without its name in the go-ahead."""
    login = "https://login.example.com"
    found = dict(objections(plan(Smoke(), **WHOLE, origins=[login])))
    assert "for https://login.example.com too, write go_ahead_for: [shop.example.com, login.example.com]" in found.pop(
        "safety.production.go_ahead_for"
    )
    assert list(found) == ["safety.production.staging"], "it may be none"
    guard = Guard(Targets.of([SHOP], safety(**WHOLE, origins=[login])), lambda _: None)
    with pytest.raises(Blocked, match="the go-ahead is not for it"):
        guard.check(f"{login}/token")
    both = {**WHOLE, "production": {**PRODUCTION, "go_ahead_for": ["shop.*", "login.*"]}}
    assert objections(plan(Smoke(), **both, origins=[login])) == []
    Guard(Targets.of([SHOP], safety(**both, origins=[login])), lambda _: None).check(f"{login}/token")


def test_no_hint_where_the_configuration_says_that_it_is_production():
    """A pattern of staging would change nothing there."""
    assert "safety.production.staging" not in dict(
        objections(plan(Smoke(), production={"hosts": ["10.0.0.1"]}), hosts=["http://10.0.0.1"])
    )


@pytest.mark.parametrize("options", [{"rate_cap": 5}, {"kill_switch": {"env": "GO"}}, {"abort": None}], ids=str)
def test_a_hint_where_only_other_rules_are_there(options):
    """A cap and a switch are of use everywhere: they say nothing of production."""
    assert objections(plan(Smoke(), **options))[0][0] == "safety.production.staging"


OUTSIDE = [
    ("a second before it", -1, "now is outside of {window}: it opens at 2026-11-24 02:00 CET"),
    ("weeks before it", -30 * 86_400, "now is outside of {window}: it opens at 2026-11-24 02:00 CET"),
    ("when it closes", 3600, "now is outside of {window}: it is over"),
    ("a year later", 365 * 86_400, "now is outside of {window}: it is over"),
]


@pytest.mark.parametrize("seconds, what", [row[1:] for row in OUTSIDE], ids=[row[0] for row in OUTSIDE])
def test_outside_of_the_window(seconds, what):
    """Outside of its window a run does not begin, and is told when it may."""
    found = objections(plan(Smoke(), **WHOLE), now=OPENS + timedelta(seconds=seconds))
    what = what.format(window=PRODUCTION["window"])
    assert found == [("safety.production.window", f"{what}; {SHOP} counts as production")]


def test_a_weekly_window_opens_again():
    """Outside of a weekly window the next opening is told."""
    weekly = {**WHOLE, "production": {**PRODUCTION, "window": "mon-fri 02:00/03:00 Europe/Berlin"}}
    ((_, what),) = objections(plan(Smoke(), **weekly), now=datetime(2026, 11, 27, 12, 0, tzinfo=UTC))  # a Friday
    assert "it opens at 2026-11-30 02:00 CET" in what


LENGTHS = [
    ("as long as the window", 3600, 0, None),
    ("a second longer than it", 3601, 0, "the run takes 1h1s, and the window closes in 1h"),
    ("what is left is enough", 600, 3000, None),
    ("what is left is too short", 600, 3001, "the run takes 10m, and the window closes in 9m59s"),
]


@pytest.mark.parametrize("length, late, what", [row[1:] for row in LENGTHS], ids=[row[0] for row in LENGTHS])
def test_a_window_that_is_too_short(length, late, what):
    """A run has to end before its window does."""
    found = objections(plan(Smoke(duration=length), **WHOLE), now=OPENS + timedelta(seconds=late))
    wanted = f"{what}; {SHOP} counts as production"
    assert found == ([("safety.production.window", wanted)] if what else [])


def test_a_longer_run_at_a_shorter_scale():
    """What counts is how long it really takes."""
    soak = Plan(name="a", config=plan(**WHOLE).config, profile=Soak(), source="feed.yml", time_scale=0.1)
    assert objections(soak) == []


def test_a_stress_shape_never_runs_there():
    """Not even with everything else in order."""
    what = "a stress shape looks for the point at which its target breaks; it never runs there"
    found = dict(objections(plan(Stress(), **WHOLE)))
    assert found["shape"] == f"{what}; {SHOP} counts as production"


@pytest.mark.parametrize(
    "hosts",
    [[], [None], ["http://localhost:8089"], ["http://10.0.0.1"], ["https://staging.example.com", "http://a.test"]],
    ids=str,
)
def test_nothing_is_asked_for_elsewhere(hosts):
    """Private and staging hosts need no go-ahead, whatever the shape and the hour."""
    assert objections(plan(Stress(), tenant=False), hosts=hosts, now=OPENS + timedelta(days=999)) == []


HOST, LOGIN = "https://shop.example.com:8443", "https://login.example.com"
CHECKS = [
    ("the host under test", f"{HOST}/a?b=c", None),
    ("in capitals", "HTTPS://SHOP.example.com:8443/a", None),
    ("without a path", HOST, None),
    ("its websocket", "wss://shop.example.com:8443/feed", None),
    ("a declared origin", f"{LOGIN}/token", None),
    ("a declared origin with its port", "https://login.example.com:443/token", None),
    ("this machine", "http://localhost:9999/", None),
    ("a private address", "http://192.168.1.1/", None),
    ("a private address of IPv6", "http://[::1]:80/", None),
    ("staging", "https://staging.example.com/", None),
    ("another host", "https://evil.com/a", "https://evil.com"),
    ("another port", "https://shop.example.com/a", "https://shop.example.com"),
    ("another scheme", "http://shop.example.com:8443/a", "http://shop.example.com:8443"),
    ("a name that only begins alike", "https://shop.example.com:8443.evil.com/", "unclear"),
    ("a name that begins alike", "https://login.example.com.evil.com/", "https://login.example.com.evil.com"),
    ("a host in the place of a user", "https://login.example.com@evil.com/", "https://evil.com"),
    ("another websocket", "wss://evil.com/feed", "https://evil.com"),
    ("an address of the internet", "http://[2606:4700::1111]:8080/", "http://[2606:4700::1111]:8080"),
    ("a host that clients read as two", "http://evil.com\\@localhost/", "unclear"),
    ("in capitals, too", "HTTP://evil.com\\@localhost/", "unclear"),
    ("a websocket to two hosts", "ws://evil.com\\@localhost/", "unclear"),
    ("signs that are written as numbers", "https://%65vil.com/", "unclear"),
    ("a broken address", "http://[::1", "unclear"),
    ("a port that there is not", "http://localhost:99999/", "unclear"),
    ("no host", "http:///a", "unclear"),
    ("a file", "file:///etc/hosts", None),
    ("data", "data:text/plain,a", None),
    ("another protocol", "ftp://evil.com/", None),
    ("a path alone", "/a", None),
    ("nothing", "", None),
]


@pytest.mark.parametrize("url, counted", [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS])
def test_where_a_request_may_go(url, counted):
    """What is production and was not declared is blocked and counted, each time; what is unclear, too."""
    counts = Counter()
    rules = safety(origins=LOGIN, production={"go_ahead_for": ["shop.example.com", "login.example.com"]})
    guard = Guard(Targets.of([HOST], rules), lambda origin: counts.update([origin]))
    for _ in range(2):
        if counted is None:
            guard.check(url)
        else:
            with pytest.raises(Blocked) as caught:
                guard.check(url)
            assert ("name it in safety.origins" in str(caught.value)) == (counted != "unclear")
    assert counts == ({counted: 2} if counted else {})


def test_the_sentence_of_a_block():
    """It names the origin, and not the path, which may hold a secret."""
    guard = Guard(Targets.of([], SafetyOptions()), lambda _: None)
    with pytest.raises(Blocked) as caught:
        guard.check("https://user:s3cr3t@evil.com/s3cr3t?token=s3cr3t")
    assert str(caught.value) == (
        "if https://evil.com is not production, add it to safety.production.staging, else name it in safety.origins:"
        " it counts as production and was not declared"
    )
    with pytest.raises(Blocked) as caught:
        guard.check("https://user:s3cr3t@evil.com\\@localhost/s3cr3t")
    assert str(caught.value) == "it is not clear where this address leads, so that nothing was sent"


def test_patterns_hold_for_requests():
    """What the configuration calls staging passes; what it calls production is blocked, be it private."""
    rules = safety(production={"staging": "*.pre.org", "hosts": ["db.internal"]})
    guard = Guard(Targets.of(["http://localhost"], rules), lambda _: None)
    guard.check("https://a.pre.org/")
    for url in ("https://staging.example.com/", "http://db.internal:5432/"):
        with pytest.raises(Blocked):
            guard.check(url)


def test_what_is_remembered_is_bounded():
    """Of thousands of origins only so many are remembered, and the others are judged all the same."""
    counts = Counter()
    rules = safety(production={"go_ahead_for": "shop.*"})
    guard = Guard(Targets.of([HOST], rules), lambda origin: counts.update([origin]))
    for n in range(1500):
        guard.check(f"http://localhost:{10_000 + n}/")
    assert len(guard._allowed) == 1000
    for n in range(1500):
        for _ in range(2):
            with pytest.raises(Blocked):
                guard.check(f"https://host-{n}.example.com/")
    assert len(guard._allowed) <= 1000
    assert counts == {f"https://host-{n}.example.com": 2 for n in range(1500)}
    guard.check(f"{HOST}/a")


@given(
    st.text() | st.tuples(st.sampled_from(["http://", "https://", "ws://", "wss:", "HTTP:"]), st.text()).map("".join)
)
def test_any_address_passes_or_is_blocked(url):
    """No text does anything but pass or be blocked and counted, the second time as the first."""
    counts = []
    guard = Guard(Targets.of([HOST], SafetyOptions()), counts.append)

    def blocks():
        try:
            guard.check(url)
        except Blocked:
            return True
        return False

    first = blocks()
    assert first == blocks()
    assert len(counts) == 2 * first

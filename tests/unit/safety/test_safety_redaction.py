"""What must not be seen: users of URLs, values of queries, values of variables that are called secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.safety.redaction import HIDDEN, Redaction

KNOWN = Redaction(("s3cr3t-token",))

ROWS = [
    ("a plain name", "/communities/:id/posts", "/communities/:id/posts"),
    ("a token in a query", "/feed?token=abc123xyz", "/feed?token=***"),
    ("a word in a query may be one", "/feed?q=CANARY", "/feed?q=***"),
    ("short numbers stay", "/feed?limit=20&page=2", "/feed?limit=20&page=2"),
    ("what stands for a value stays", "/feed?user=:id&x={y}&z=true", "/feed?user=:id&x={y}&z=true"),
    ("several values", "/a?limit=20&key=abcdef&sig=1a2b", "/a?limit=20&key=***&sig=***"),
    ("a long number", "/a?pin=123456789", "/a?pin=***"),
    ("a user and a password", "https://bob:hunter2@example.com/x", "https://***@example.com/x"),
    ("a password with an @ in it", "https://bob:hunt@er2@example.com/x", "https://***@example.com/x"),
    ("a token as user", "https://abc@example.com", "https://***@example.com"),
    ("a known secret anywhere", "Bearer s3cr3t-token!", "Bearer ***!"),
    (
        "within a selector",
        "http_req_duration{name:/a?token=abcdefg}: p(95)<400",
        "http_req_duration{name:/a?token=***}: p(95)<400",
    ),
    ("an address is not a user", "mail bob@example.com", "mail bob@example.com"),
    ("a fragment", "/cb#access_token=abcdefgh&state=xyz", "/cb#access_token=***&state=***"),
    ("a place on a page", "/docs#section-2", "/docs#section-2"),
    ("an encoded URL", "to https%3A%2F%2Fbob%3Ahunter2%40example.com", "to https%3A%2F%2F***%40example.com"),
    ("an encoded query", "/to/a%3Fsig%3Dabcdefg", "/to/a%3Fsig%3D***"),
    ("a URL in JSON", r"https:\/\/bob:hunter2@example.com\/x", r"https:\/\/***@example.com\/x"),
    ("the first of a form", "client_secret=abcdefg&grant=x", "client_secret=***&grant=***"),
    ("a header", "Authorization: Bearer abc.DEF-1234", "Authorization: Bearer ***"),
    ("a header in basic form", "it sent Basic Ym9iOmh1bnRlcjI=", "it sent Basic ***"),
    ("a host without a scheme", "'bob:hunter2@example.com' is wrong", "'***@example.com' is wrong"),
    ("a selection is none", "m{user:bob@example.com}", "m{user:bob@example.com}"),
    ("a version is none", "GET:feed@v2", "GET:feed@v2"),
    ("a value with commas", "/a?sig=abc,def,ghi", "/a?sig=***"),
    ("a list of numbers", "/a?ids=1,2,3", "/a?ids=1,2,3"),
    ("a value in a selection", "m{name:/a?x=abc,def,method:GET}: p(95)<4", "m{name:/a?x=***,method:GET}: p(95)<4"),
    ("a value of JSON", '/a?f={"key":"abc"}&x=1', "/a?f=***&x=1"),
    ("a value in quotes", "'/a?x=abc': it failed", "'/a?x=***': it failed"),
    ("a value before a comma", "GET /a?x=abc, then", "GET /a?x=***, then"),
    ("names of endpoints", "Basic CheckoutFlow, Bearer TokenRefresh", "Basic CheckoutFlow, Bearer TokenRefresh"),
    ("a sentence about one", "Basic authentication failed", "Basic authentication failed"),
]


@pytest.mark.parametrize("text, expected", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_text(text, expected):
    """Hidden where it may be a secret, kept where it cannot."""
    assert KNOWN.text(text) == expected


@given(st.text(st.sampled_from("ab1?&=;:/@ *.,{}#%+\\\\26"), max_size=40))
def test_text_is_idempotent(text):
    """What has been redacted stays as it is."""
    once = KNOWN.text(text)
    assert KNOWN.text(once) == once


ENVIRONMENT = {
    "LOAD_TEST_TOKEN": "token-0123456789",
    "MY_API_KEY": "key-0123456789",
    "SLACK_LOAD_WEBHOOK": "https://hooks.example.com/services/T0/B0/xyz",
    "DB_PASSWORD": "short",
    "PATH": "/usr/local/bin",
    "MINE": "named-0123456789",
}


def test_of_an_environment():
    """Variables that say so, and those that are named; not short values, not the others."""
    found = set(Redaction.of(ENVIRONMENT, ["MINE", "ABSENT"]).secrets)
    assert found == {ENVIRONMENT[name] for name in ("LOAD_TEST_TOKEN", "MY_API_KEY", "SLACK_LOAD_WEBHOOK", "MINE")}


NAMES = [
    *("MY_TOKEN", "my_secret", "DB_PASSWORD", "DB_PASSWD", "MY_PASS", "MY_PWD", "DBPASS", "SSHPASS", "GPG_PASSPHRASE"),
    *("SLACK_WEBHOOK_URL", "API_KEY", "APIKEY", "AWS_SECRET_ACCESS_KEY", "SIGNING_KEY", "SESSION_COOKIE"),
]
OTHERS = ["PATH", "OLDPWD", "COMPASS_HOME", "BYPASS_CACHE", "PASSENGER_ROOT", "AWS_ACCESS_KEY_ID", "CACHE_KEY", "HOST"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets(name):
    """What a variable is called says that it is one."""
    assert Redaction.of({name: "value-0123456789"}).secrets == ("value-0123456789",)


@pytest.mark.parametrize("name", OTHERS)
def test_other_names(name):
    """And that it is none: paths and the like would be hidden everywhere."""
    assert Redaction.of({name: "/home/value"}).secrets == ()


def test_a_directory_is_no_password():
    """The shell's own variable, and others that are called like it."""
    assert Redaction.of({"PWD": "/home/bob/feed", "HOST_PWD": "/home/bob/feed"}).secrets == ()


PARTS = [
    ("the password of a URL", "BASE_URL", "https://bob:hunter22@example.com", {"hunter22"}),
    ("a token as the user of a URL", "PROXY", "http://tok3n-abcd@example.com", {"tok3n-abcd"}),
    ("a user without a password is none", "REPO", "ssh://developer@example.com", set()),
    ("a password that is the user's name hides nothing", "DB", "postgres://postgres:postgres@db/x", set()),
    ("a key without its id", "MY_SECRET", "2026-01:0123456789abcdef", {"2026-01:0123456789abcdef", "0123456789abcdef"}),
    ("each of several", "API_TOKENS", "aaaaaaaa1,bbbbbbbb2", {"aaaaaaaa1,bbbbbbbb2", "aaaaaaaa1", "bbbbbbbb2"}),
    ("a line of a key", "MY_PRIVATE_KEY", "-----BEGIN-----\nMIIEabcdefgh\n-----END-----", {"MIIEabcdefgh"}),
    ("space around it is not a part", "MY_TOKEN", " value-0123456789\n", {"value-0123456789"}),
    ("six of letters and digits", "MY_PASS", "abc123", {"abc123"}),
    ("a short word stands anywhere", "MY_PASS", "feed", set()),
    ("a short number too", "MY_PASS", "123456", set()),
]


@pytest.mark.parametrize("name, value, secrets", [row[1:] for row in PARTS], ids=[row[0] for row in PARTS])
def test_parts_of_values(name, value, secrets):
    """What is used alone is a secret, too."""
    found = set(Redaction.of({name: value}).secrets)
    assert found >= secrets
    assert found - secrets <= {value.strip()} if secrets else found == set()


def test_the_password_of_a_host():
    """Wherever it stands, not only in the URL."""
    assert Redaction.of({}, urls=["https://bob:hunter22@example.com"]).text("hunter22!") == "***!"


def test_keys_of_tags():
    """A key comes from outside, as a value does."""
    assert KNOWN.tags({"s3cr3t-token": "a", "k": "/?x=abcdefg"}) == {HIDDEN: "a", "k": "/?x=***"}
    assert str(KNOWN.selector(Selector("m", (("s3cr3t-token", "a"),)))) == "m{***:a}"


def test_labels_tell_queries_apart():
    """Before a threshold has judged them only what is known is hidden; and the user of a URL that will be cut."""
    url = "https://bob:hunter2@example.com/a?x=abcdefg&y=s3cr3t-token"
    assert KNOWN.label(url) == "https://bob:hunter2@example.com/a?x=abcdefg&y=***"
    assert KNOWN.label(url + "x" * 200).startswith("https://***@example.com/a?x=abcdefg&y=***xxx")
    assert str(KNOWN.judged(Selector("m", (("name", "/a?x=abcdefg&y=s3cr3t-token"),)))) == "m{name:/a?x=abcdefg&y=***}"


def test_values():
    """Figures of findings keep their form."""
    figures = {"n": 1, "at": [1.5, "s3cr3t-token"], "by": {"s3cr3t-token": None}}
    assert KNOWN.value(figures) == {"n": 1, "at": [1.5, HIDDEN], "by": {HIDDEN: None}}


def test_a_secret_that_holds_another_is_hidden_whole():
    """The longest goes first, so that no rest of it is left."""
    assert Redaction.of({"A_TOKEN": "abcdefgh", "B_TOKEN": "abcdefgh-ijkl"}).text("abcdefgh-ijkl") == HIDDEN


def test_store():
    """Series that become alike are merged, and nothing is lost."""
    store = Store(common={"url": "https://bob:hunter2@example.com"})
    for token in ("abcdefg", "hijklmn"):
        store.leaf("http_reqs", tags_of({"name": f"/a?token={token}"}), Kind.COUNTER).add(2)
    clean = KNOWN.store(store)
    assert [(tags, sink.value) for _, tags, sink in clean] == [((("name", "/a?token=***"),), 4)]
    assert clean.common == {"url": "https://***@example.com"}


def test_selector():
    """A selection of redacted series."""
    assert str(KNOWN.selector(Selector("m", (("name", "/a?token=abcdefg"),)))) == "m{name:/a?token=***}"


def test_the_end_of_a_long_text_is_hidden_whole_where_a_secret_may_begin_before_it():
    """A secret that is longer than what is read may begin with the first character."""
    text = "x" * (65_537)
    assert Redaction(("s" * 65_536,)).known(text) == "***"


ENDS = [
    pytest.param(65_536, 65_536, id="as long as is read"),
    pytest.param(65_537, 61_440, id="longer, by a user that may end within it"),
    pytest.param(200_000, 61_440, id="however long"),
]


@pytest.mark.parametrize("length, shown", ENDS)
def test_how_much_of_a_long_text_is_shown(length, shown):
    """What was looked at, less what may be the beginning of a user with its password."""
    for redact in (Redaction().label, Redaction().text):
        assert redact("." * length) == "." * shown + "***" * (shown < length)

"""One secret in every spelling: hidden in all of them, and the text around it stays."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.needles import Needles
from locust_ext.safety.redaction import Redaction
from locust_ext.safety.spellings import canonical, in_base64, is_user_in_base64, readings

SECRET = 'p ss+w/rd?Ü=&"x%41\\n1'
PLAIN = "canary-11aa22bb"
KNOWN = Redaction((SECRET, PLAIN))


def lower(text):
    """The text with its percent-encoding in lower case."""
    return quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f").replace("%C3", "%c3")


SPELLINGS = [
    ("as it is", lambda text: text),
    ("percent-encoded", quote),
    ("percent-encoded, the slash too", lambda text: quote(text, safe="")),
    ("percent-encoded in lower case", lower),
    ("percent-encoded in part", lambda text: text.replace("%", "%25").replace("s", "%73").replace("a", "%61")),
    ("percent-encoded to the last character", lambda text: "".join(f"%{byte:02x}" for byte in text.encode())),
    ("percent-encoded twice", lambda text: quote(quote(text))),
    ("as in a form", quote_plus),
    ("as in JSON", lambda text: json.dumps(text)[1:-1]),
    ("as in JSON with other letters", lambda text: json.dumps(text, ensure_ascii=False)[1:-1]),
    ("as in JSON, the slash escaped", lambda text: json.dumps(text)[1:-1].replace("/", "\\/")),
    ("JSON within JSON", lambda text: json.dumps(json.dumps(text))[3:-3]),
    ("JSON within a query", lambda text: quote(json.dumps(text)[1:-1])),
    ("as Python shows it", lambda text: ascii(text)[1:-1]),
    ("as Python shows its bytes", lambda text: str(text.encode())[2:-1]),
    ("as in a page", html.escape),
]


@pytest.mark.parametrize("secret", [SECRET, PLAIN], ids=["with odd characters", "plain"])
@pytest.mark.parametrize("spell", [row[1] for row in SPELLINGS], ids=[row[0] for row in SPELLINGS])
def test_a_secret_is_hidden_however_it_is_spelled(spell, secret):
    """Whole, and nothing beside it."""
    assert KNOWN.text(f"see {spell(secret)}, then") == "see ***, then"
    assert KNOWN.label(f"/a/{spell(secret)}/b") == "/a/***/b"


@pytest.mark.parametrize("before", ["", "b", "bo", "bob"])
@pytest.mark.parametrize("after", ["", ":", "::"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_within_base64(before, after, encode):
    """As in ``Authorization: Basic``, wherever it begins."""
    for secret in (SECRET, PLAIN):
        text = encode(f"{before}{secret}{after}".encode()).decode()
        assert text not in KNOWN.text(f"it sent {text}")
        assert KNOWN.text(text).replace("***", "") != text
        assert len(KNOWN.text(text).replace("***", "")) <= 10


@given(st.text(min_size=8, max_size=30), st.data())
def test_any_secret_any_mixture(secret, data):
    """Each character encoded or not, as it comes."""
    if not secret.strip() or "\ud800" <= max(secret) <= "\udfff":
        return
    chosen = data.draw(st.lists(st.booleans(), min_size=len(secret), max_size=len(secret)))
    mixed = "".join(
        "".join(f"%{byte:02X}" for byte in character.encode()) if encoded or character == "%" else character
        for character, encoded in zip(secret, chosen, strict=True)
    )
    assert Redaction((secret,)).known(f"<{mixed}>") == "<***>"


ODD = st.text(st.sampled_from("ab1/?&=;:@ .,{}#%+\\\\ux26\udc80\ud83d\ude00ü…\n\0"), max_size=60)


@given(ODD, ODD)
def test_no_text_is_too_odd(secret, text):
    """Whatever an environment and a client hold, nothing is raised: it would be raised in a listener of ours."""
    known = Redaction.of({"MY_TOKEN": secret, "OTHER": text}, urls=[text, f"http://{secret}@{text}"])
    assert known.text(known.label(text)) is not None
    assert known.text(text + secret + text) is not None


def test_a_short_secret_stands_alone():
    """Six characters of letters and digits: a word of its own is hidden, a part of another one is not."""
    known = Redaction(("abc123",))
    assert known.text("abc123 of abc1234 /abc123/x") == "*** of abc1234 /***/x"


def test_the_beginning_of_a_secret_at_a_cut():
    """A process that does not hold it has cut the name; six characters are enough to know it by."""
    assert KNOWN.text("/a/canary-11…") == "/a/***…"
    assert KNOWN.text("/a/canary%2D1…") == "/a/***…"
    assert KNOWN.text("first: GET /a/canary-11…, then") == "first: GET /a/***…, then"
    assert KNOWN.text("/a/canary-12…") == "/a/canary-12…"
    assert KNOWN.text("/a/canary-11") == "/a/canary-11"


def test_readings_remember_their_places():
    """What is found in a reading is hidden where it stands in the text."""
    for reading in readings("a%20b\\u00fcc&amp;d+e%C3%BC"):
        assert len(reading.text) == len(reading.starts) == len(reading.ends)
    assert reading.text == "a büc&d eü"
    assert reading.place(1, 2) == (1, 4)


def test_what_is_decoded_again_and_again_has_an_end():
    """A text that was encoded ten times is read three times."""
    text = "%41"
    for _ in range(10):
        text = quote(text)
    assert canonical(text) != "A"
    assert len(list(readings(text))) == 4


def test_what_is_too_long_is_hidden_unseen():
    """Nothing of what was not looked at is shown, and no half of a secret before it."""
    text = "x" * 65_530 + PLAIN + "y" * 100
    assert "canary" not in KNOWN.text(text)
    assert KNOWN.text(text).endswith("***")


NEEDLES = [
    pytest.param("%61%62%63%64%65%66%67", {"abcdefg"}, set(), id="a long one: no spelling of seven"),
    pytest.param("%61%62%63%64%65%66%67%68", set(), {"abcdefgh"}, id="a long one: a spelling of eight"),
    pytest.param("a%62c1x", {"abc1x"}, {"a%62c1x"}, id="one of seven: a spelling of five"),
    pytest.param("abc123", {"YWJjMTIz"}, {"abc123"}, id="one of six: never in base64"),
    pytest.param("abcd1234", set(), {"abcd1234", "YWJjZDEyM"}, id="one of eight: in base64"),
]


@pytest.mark.parametrize("secret, absent, present", NEEDLES)
def test_how_short_a_spelling_may_be(secret, absent, present):
    """As short as the secret itself, or eight; what is shorter is a part of too many words."""
    texts = Needles.of([secret]).texts
    assert not texts & absent
    assert all(any(text.startswith(one) for text in texts) for one in present)


def test_where_secrets_stand():
    """All of them, also where one is within another, or begins in it; nothing where nothing is looked for."""
    assert list(Needles.of([]).find("canary")) == []
    assert Needles.of([]).longest == 0
    needles = Needles(frozenset({"abcdefgh", "abcdefghij", "fghijklm"}))
    assert list(needles.find("-abcdefghij-abcdefghx-abcdefghijklm")) == [(1, 11), (12, 20), (22, 32), (27, 35)]
    assert needles.longest == 10 * 6**3


ALONE = [
    pytest.param("abc123", [(0, 6)], id="the whole"),
    pytest.param("/abc123/", [(1, 7)], id="between signs"),
    pytest.param("xabc123", [], id="a letter before it"),
    pytest.param("abc123x", [], id="a letter behind it"),
    pytest.param("1abc123", [], id="a digit before it"),
    pytest.param("abc1234", [], id="a digit behind it"),
    pytest.param("xabc123 abc123", [(8, 14)], id="a part, and then alone"),
]


@pytest.mark.parametrize("text, places", ALONE)
def test_where_a_short_one_stands(text, places):
    """Only where it is a word of its own."""
    assert list(Needles(frozenset({"abc123"})).find(text)) == places


BASE64 = [
    pytest.param("abcd1234", {"YWJjZDEyMz", "FiY2QxMjM0", "hYmNkMTIzN"}, id="letters and digits"),
    pytest.param(
        "\xbf\xbf\xbf\xbf",
        {"wr/Cv8K/wr", "wr_Cv8K_wr", "K/wr/Cv8K/", "K_wr_Cv8K_", "Cv8K/wr/Cv", "Cv8K_wr_Cv"},
        id="both alphabets",
    ),
]


@pytest.mark.parametrize("secret, spelled", BASE64)
def test_which_letters_of_base64_are_a_secrets_own(secret, spelled):
    """Those that do not depend on what stands before it and behind it."""
    assert in_base64(secret) == spelled


USERS = [
    pytest.param("Ym9iOmh1bnRlcjI=", True, id="whole"),
    pytest.param("Ym9iOmh1bnRlcj", True, id="cut"),
    pytest.param("Ym9i", False, id="no colon"),
    pytest.param("YTpi/w", True, id="cut before what is no text"),
    pytest.param("OgA6", False, id="what cannot be shown"),
    pytest.param("//86", False, id="what is no text"),
    pytest.param("A", False, id="too short"),
]


@pytest.mark.parametrize("text, is_user", USERS)
def test_what_is_a_user_in_base64(text, is_user):
    """A name, a colon and a password, all of which can be printed."""
    assert is_user_in_base64(text) is is_user


PLACES = [
    pytest.param("%41%42", [(0, 3), (3, 6)], id="percent"),
    pytest.param("\\x41\\x42", [(0, 4), (4, 8)], id="bytes"),
    pytest.param("\\u0041\\u0042", [(0, 6), (6, 12)], id="units"),
    pytest.param("\\n\\t", [(0, 2), (2, 4)], id="escapes"),
    pytest.param("&lt;&gt;", [(0, 4), (4, 8)], id="entities"),
    pytest.param("%C3%BC", [(0, 6)], id="two bytes of one character"),
    pytest.param("%41%C3%BC", [(0, 9), (0, 9)], id="which cannot be told apart"),
    pytest.param("\\ud83d\\ude00", [(0, 12)], id="two units of one character"),
    pytest.param("a+%41", [(0, 1), (1, 2), (2, 5)], id="beside others"),
]


@pytest.mark.parametrize("text, places", PLACES)
def test_where_each_character_stood(text, places):
    """As narrow as is known."""
    reading = list(readings(text))[1]
    assert [reading.place(at, at + 1) for at in range(len(reading.text))] == places

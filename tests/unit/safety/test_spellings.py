"""One secret in every spelling: hidden in all of them, and the text around it stays."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.redaction import Redaction
from locust_ext.safety.spellings import canonical, readings

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

"""A secret, wherever it stands in a recording and however it is spelled, is nowhere in what is written."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.drafts.configuration import render
from locust_ext.drafts.locustfile import render_locustfile
from locust_ext.har.document import read
from locust_ext.har.secret_signs import is_drawn, is_secret, is_wholly_secret, marks
from locust_ext.har.translation import translate
from locust_ext.har.vault import Known, variable_name
from locust_ext.safety.known_secrets import says_secret
from locust_ext.text.problems import ConfigurationError

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"

SECRET = [
    ("accessToken", "abc"),
    ("access_token", "abc"),
    ("X-Api-Key", "abc"),
    ("password", "hunter2"),
    ("passwordConfirmation", "hunter2"),
    ("sig", "0"),
    ("sessionId", "12345"),
    ("JSESSIONID", "x"),
    ("pin", "1234"),
    ("SAMLResponse", "x"),
    ("anything", JWT),
    ("anything", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    ("anything", "4242 4242 4242 4242"),
    ("anything", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW"),
    ("code", "aB3dE5fG7hI9jK1lM3"),
    ("state", "0f3a9c7e-5b1d-2846-af90-c3e7d5b18264"),
    ("note", "go to https://ann:pw@example.com/"),
    ("code", "4/0AbUR2VM-VHq8xiM0"),
    ("user_code", "WDJB-MJHT"),
    ("Ocp-Apim-Subscription-Key", "abc"),
    ("invite", "76dFKHc0hXZAKS61"),
    ("note", "my card is 4242424242424242, ok"),
    ("number", "3782 822463 10005"),
    ("anything", "hf_B1KZ6u0z2JduHj9R7wp3BQ1"),
]
PLAIN = [
    ("token_type", "bearer"),
    ("csrf_name", "_csrf"),
    ("code", "EUR"),
    ("state", "pending"),
    ("key", "name"),
    ("password", ""),
    ("hasPassword", "true"),
    ("id", "0f3a9c7e-5b1d-2846-af90-c3e7d5b18264"),
    ("sha", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("text", "the quick brown fox jumps over the lazy dog and on"),
    ("compass", "north"),
    ("number", "4242424242424241"),
    ("at", "1700000000003"),
    ("query", "mutation Login($password: String!) { login(password: $password) { token: accessToken } }"),
    ("query", "query($token: String = null, $pin: Int!) { a }"),
    ("key", "key-features-of-our-product"),
    ("invite", "friends"),
    ("html", "<input type='password' name='password'><label>Password</label>"),
]


@pytest.mark.parametrize("name, value", SECRET)
def test_secrets(name, value):
    """By the name, or by the looks."""
    assert is_secret(name, value)


@pytest.mark.parametrize("name, value", PLAIN)
def test_what_is_not_secret(name, value):
    """A run without these would not be the one that was recorded."""
    assert not is_secret(name, value)
    assert not is_wholly_secret(name, value)


@pytest.mark.parametrize(
    "text, secret",
    [
        (f"x {JWT} y", JWT),
        ("a=1&token=abcd&b=2", "abcd"),
        ("it is Bearer abcdefgh1", "abcdefgh1"),
        ("https://ann:pw@example.com/", "ann:pw"),
        ("<s:Password type='x'>hunter2</s:Password>", "hunter2"),
        ('{"userToken" : "abc", broken', "abc"),
        ("Basic " + base64.b64encode(b"ann:hunter2").decode(), base64.b64encode(b"ann:hunter2").decode()),
        ('<login user="ann" password="hunter2"/>', "hunter2"),
        ("<login user='ann' sessionId='hunter2'/>", "hunter2"),
        ("<pin><![CDATA[hunter2]]></pin>", "hunter2"),
        ("<member><name>password</name><value><string>hunter2</string></value></member>", "hunter2"),
        ("<key>apiKey</key>\n<string>hunter2</string>", "hunter2"),
        ('mutation { login(email: "ann", password: "hunter2") { id } }', "hunter2"),
        ("{'otp': 'hunter2'}", "hunter2"),
        ("user: ann\npassword: hunter2\n", "hunter2"),
        ("user=ann&otp=hunter2", "hunter2"),
        ('<meta name="csrf-token" content="hunter2">', "hunter2"),
        ("<input type=hidden value=hunter2 name=_token>", "hunter2"),
        ("bot123456:AAZPjN0MEQ7wjJJibaZUPgHV7iB3m", "123456:AAZPjN0MEQ7wjJJibaZUPgHV7iB3m"),
        ("pay with 4242 4242 4242 4242 now", "4242 4242 4242 4242"),
    ],
    ids=[
        *("JWT", "pair", "bearer", "user", "element", "member", "basic", "attribute", "single quotes", "CDATA"),
        *("XML-RPC", "property list", "GraphQL", "script", "YAML", "form", "head", "hidden field", "bot", "card"),
    ],
)
def test_marks(text, secret):
    """What shows itself within a text."""
    assert [text[start:end] for start, end in marks(text)] == [secret]


@pytest.mark.parametrize(
    "value", ["0f3a9c7e5b1d2846af90c3e7d5b18264", "0f3a9c7e-5b1d-2846-af90-c3e7d5b18264", "aB3dE5+G7hI9jK1lM3/nO5="]
)
def test_long_random_headers(value):
    """Of headers more is a secret than of bodies: there ids do not stand."""
    assert is_drawn(value)


VARIABLES = {
    "X-Api-Key": "API_KEY",
    "access_token": "ACCESS_TOKEN",
    "password": "TEST_PASSWORD",
    "pwd": "TEST_PWD",
    "sig": "TEST_SIG_SECRET",
    "": "TEST_VALUE_SECRET",
    "größe": "GR_E_SECRET",
    "LOCUST_HOST": "TEST_LOCUST_HOST_SECRET",
    "7": "TEST_7_SECRET",
}


@pytest.mark.parametrize("name", VARIABLES)
def test_names_of_variables(name):
    """They mean nothing to the machine, and a report hides their values."""
    assert variable_name(name) == VARIABLES[name]
    assert says_secret(variable_name(name))


def recording(*entries):
    return json.dumps({"log": {"entries": list(entries)}}).encode()


def entry(
    number, url="https://api.example.com/a", method="POST", headers=(), body=None, mime="application/json", answer=""
):
    """An entry of a recording."""
    sent = {} if body is None else {"postData": {"mimeType": mime, "text": body}}
    named = [{"name": name, "value": value} for name, value in headers]
    return {
        "startedDateTime": f"2026-03-02T09:00:0{number}Z",
        "time": 20,
        "request": {"method": method, "url": url, "headers": named, **sent},
        "response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": answer}},
    }


def written(content, *hosts):
    found = translate(read(content, "x.har"), hosts, "x.har", "locust-ext init")
    return "\n".join([render_locustfile(found.draft), render([found.thresholds]), *found.notes])


def told(number, secret):
    """By where it stands beside a request: an entry of which nothing of that is copied."""
    address = "https://api.example.com/a"
    basic = base64.b64encode(f"ann:{secret}".encode()).decode()
    onward = {"status": 302, "headers": [{"name": "Location", "value": f"https://id.example.org/#/?sid={secret}"}]}
    cookies = [{"name": "Set-Cookie", "value": f"a=b\nsession={secret}; Path=/"}]
    changes = {
        "fragment": {"url": f"{address}#access_token={secret}"},
        "socket": {"url": f"wss://api.example.com/ws?token={secret}"},
        "protocol": {"headers": [{"name": "Sec-WebSocket-Protocol", "value": f"bearer, {secret}"}]},
        "cookies": {"cookies": [{"name": "session", "value": secret}]},
        "parameters": {"queryString": [{"name": "token", "value": secret}]},
        "referer": {"headers": [{"name": "Referer", "value": f"{address}?otp={secret}"}]},
        "basic": {"headers": [{"name": "Authorization", "value": f"Basic {basic}"}]},
        "digest": {"headers": [{"name": "AUTHORIZATION", "value": f'Digest username="a", response="{secret}"'}]},
        "code": {"url": f"{address}?code={secret}&state=abc"},
        "location": {},
        "set-cookie": {},
        "messages": {},
    }
    found = {name: entry(number) for name in changes}
    for name, change in changes.items():
        found[name]["request"].update(change)
    found["location"]["response"].update(onward)
    found["set-cookie"]["response"]["headers"] = cookies
    found["messages"]["_webSocketMessages"] = [{"type": "send", "data": json.dumps({"token": secret})}]
    return found


@pytest.mark.parametrize("place", sorted(told(1, "x")))
def test_what_is_not_copied_tells_of_secrets(place):
    """A value that is a secret there is one in the path, the query and the body of another request."""
    secret = "hunter-4711"
    later = entry(2, url=f"https://api.example.com/p/{secret}?note={secret}", body=json.dumps({"note": secret}))
    text = written(recording(told(1, secret)[place], later))
    assert secret not in text
    assert "_SECRET is " in text


@pytest.mark.parametrize(
    "address", [f"https://exa$mple.com/{'hunter-4711'}?a=1", "https://ann:hunter-4711@exa$mple.com/x"]
)
def test_refusals_hold_no_secret(address):
    """Of an address that cannot be read the host is said, of a method that is not one only letters."""
    with pytest.raises(ConfigurationError) as refusal:
        read(recording(entry(1, url=address), entry(2, method="hunter-4711")), "x.har")
    assert "hunter-4711" not in str(refusal.value)
    assert "exa$mple.com" in str(refusal.value)


def test_names_of_variables_hold_no_secret():
    """What stands before a segment of a path can be a secret itself."""
    url = "https://api.example.com/token;jsessionid=planted-session-1/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW"
    assert "PLANTED" not in written(recording(entry(1, url=url))).upper().replace("-", "_")


@pytest.mark.parametrize(
    "body",
    [
        {"fields": [{"name": "password", "value": "abc"}]},
        [["password", "abc"]],
        {"key": "otp", "val": "abc"},
        {"pin": 7.5},
    ],
    ids=["name and value", "two texts", "key and val", "fraction"],
)
def test_values_whose_names_stand_beside_them(body):
    """However short they are."""
    text = written(recording(entry(1, body=json.dumps(body))))
    assert '"abc"' not in text
    assert "7.5" not in text
    assert "_SECRET" in text or "TEST_PASSWORD" in text


LOGIN = "mutation In($e: String!, $p: String!, $n: Int) { login(email: $e, password: $p, first: $n) { id } }"


@pytest.mark.parametrize("batch", [False, True], ids=["one", "several"])
def test_variables_of_graphql_are_what_they_are_handed_on_as(batch):
    """Their own names may say nothing; what stands beside a password and is not who logs in stays."""
    asked = {"query": LOGIN, "variables": {"e": "ann@example.com", "p": "abc", "n": 20}}
    text = written(recording(entry(1, body=json.dumps([asked] if batch else asked))))
    assert "ann@example.com" not in text
    assert '"abc"' not in text
    assert '"p": TEST_PASSWORD' in text
    assert '"n": 20' in text


def test_that_bodies_were_typed_is_said():
    """No rule knows names of people."""
    assert "the body of request 1 may hold what a person typed" in written(recording(entry(1, body='{"name": "Ann"}')))
    assert "typed" not in written(recording(entry(1)))


def places(secret):
    """Where a secret can stand, so that it is known to be one."""
    return {
        "bearer": {"headers": [("Authorization", f"Bearer {secret}")]},
        "cookie": {"headers": [("Cookie", f"a=b; session={secret}")]},
        "header": {"headers": [("X-Auth-Token", secret)]},
        "query": {"url": f"https://api.example.com/a?x=1&token={quote(secret, safe='')}"},
        "json": {"body": json.dumps({"deep": [{"password": secret}]})},
        "form": {"body": f"password={quote(secret, safe='')}", "mime": "application/x-www-form-urlencoded"},
        "nested": {"body": json.dumps({"storage": json.dumps({"auth": {"token": secret}})})},
        "answer": {"answer": json.dumps({"session": {"token": secret}})},
        "path": {"url": f"https://api.example.com/token/{quote(secret, safe='')}"},
    }


def echoes(secret):
    """Where it can stand again, under a name that says nothing."""
    return {
        "text": {"body": json.dumps({"note": f"it is {secret}!"})},
        "escaped": {"body": json.dumps({"note": quote(secret, safe="")})},
        "base64": {"body": json.dumps({"note": base64.b64encode(f"u:{secret}".encode()).decode()})},
        "key": {"body": json.dumps({f"by {secret}": 1})},
        "segment": {"url": f"https://api.example.com/plain/{quote(secret, safe='')}"},
        "parameter": {"url": f"https://api.example.com/a?{quote(secret, safe='')}=1"},
        "header": {"headers": [("X-Plain", secret)]},
        "form": {"body": f"note={quote(secret)}", "mime": "application/x-www-form-urlencoded"},
        "raw": {"body": f"it is {secret}", "mime": "text/plain"},
        "graphql": {"body": json.dumps({"operationName": "A", "query": f'query {{ a(b: "{secret}") }}'})},
        "name": {"headers": [(secret, "x")]},
    }


LETTERS = "abcdefghkmnpqrstuvwxyz"
SECRETS = st.builds(
    lambda words, number, sign: f"{words}{sign}{number}",
    st.text(LETTERS, min_size=6, max_size=20),
    st.integers(100, 99_999),
    st.sampled_from(["", "-", "_", ".", "+", "/"]),
)


@given(SECRETS, st.sampled_from(sorted(places("x"))), st.sampled_from(sorted(echoes("x"))))
def test_a_secret_is_nowhere(secret, place, echo):
    """It stands in one place that says so and in another that does not."""
    text = written(recording(entry(1, **places(secret)[place]), entry(2, **echoes(secret)[echo])))
    for spelling in {secret, quote(secret, safe=""), base64.b64encode(f"u:{secret}".encode()).decode()}:
        assert spelling not in text, (place, echo)


def test_what_is_written_is_looked_through():
    """The last net: a text that holds a secret is recognised, in any spelling; a host is not a secret."""
    known = Known.of(read(recording(entry(1, headers=[("Authorization", "Bearer hunter-4711")])), "x.har").exchanges)
    assert known.leaks("a = 'hunter-4711'")
    assert known.leaks("hunter%2D4711")
    assert not known.leaks("hunter")
    cookie = entry(1, headers=[("Cookie", "token=api.example.com")])
    assert not Known.of(read(recording(cookie), "x.har").exchanges, ("https://api.example.com",)).values

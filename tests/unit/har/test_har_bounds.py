"""However large or odd a recording is: a sentence, or a file, and soon."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.drafts.locustfile import render_locustfile
from locust_ext.har import document
from locust_ext.har.beginnings import LONGEST, MOST_USERS, USERS, WANTED, load_for, thresholds
from locust_ext.har.document import read
from locust_ext.har.naming import name_of
from locust_ext.har.selection import MOST_REQUESTS
from locust_ext.har.translation import translate
from locust_ext.text.problems import MOST_TOLD, ConfigurationError

URL = "https://api.example.com/items"


def entry(number, url=URL, **more):
    """An entry at a second of a day."""
    clock = f"{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"
    answer = {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": "{}"}}
    request = {"method": "GET", "url": url, "headers": [], **more.pop("request", {})}
    return {"startedDateTime": f"2026-03-02T{clock}Z", "time": 20, "request": request, "response": answer, **more}


def recording(*entries):
    return json.dumps({"log": {"entries": list(entries)}}).encode()


def translated(content):
    return translate(read(content, "x.har"), (), "x.har", "locust-ext init")


@pytest.mark.parametrize(
    "limit, content, sentence",
    [
        ("MOST_BYTES", b" " * 2000, "the file is larger than"),
        ("MOST_BRACKETS", b'{"log": {"entries": [' + b"[]," * 2000 + b"[]]}}", "it holds more than 1,000 objects"),
        ("MOST_ENTRIES", b'{"log": {"entries": [' + b"1," * 1200 + b"1]}}", "it has 1,201 entries; 1,000 are read"),
    ],
)
def test_limits(monkeypatch, limit, content, sentence):
    """What is beyond them is refused before it is read."""
    monkeypatch.setattr(document, limit, 1000)
    with pytest.raises(ConfigurationError, match=sentence):
        read(content, "x.har")


def test_many_requests():
    """The first ones are kept, and that there are more is said."""
    found = translated(recording(*(entry(number) for number in range(MOST_REQUESTS + 7))))
    assert f"requests after the first {MOST_REQUESTS} (7)" in found.notes[-1]


def test_many_unreadable_entries():
    """They are counted, not listed without an end."""
    with pytest.raises(ConfigurationError) as caught:
        read(recording(*range(5000)), "x.har")
    assert "and 4,900 more" in str(caught.value)
    assert str(caught.value).count("\n") == MOST_TOLD + 1


def test_a_deep_file():
    """No traceback, however deep it is."""
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        read(b'{"log": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "x.har")


@pytest.mark.parametrize("levels", [50, 900, 20_000])
def test_a_deep_body(levels):
    """It is one text where it cannot be written with gaps, and what is written compiles."""
    posted = {"mimeType": "application/json", "text": '{"a":' * levels + "1" + "}" * levels}
    found = translated(recording(entry(1, request={"method": "POST", "postData": posted})))
    compile(render_locustfile(found.draft), "x.py", "exec")


EVIL = [
    "a",
    "eyJ",
    '"token":',
    "<password ",
    "token=",
    "://",
    "Bearer ",
    "Basic a",
    "%41",
    "%",
    "1",
    "1234-",
    "aB3",
    "\\u0041",
    "&",
    ";a=b",
    "[",
    "{",
]


@pytest.mark.parametrize("sign", EVIL)
def test_evil_texts_take_no_time(sign):
    """The work grows with the text: the same sign thousands of times in URL, header and body."""
    text = sign * (18_000 // len(sign))
    more = {"headers": [{"name": "X-A", "value": text}], "postData": {"mimeType": "text/plain", "text": text}}
    content = recording(entry(1, f"{URL}?q={text[:7000]}", request=more))
    began = time.process_time()
    translated(content)
    assert time.process_time() - began < 2


def test_a_name_is_short():
    """Whatever a path is: no blanks, braces, commas or quotes, so that a threshold can name it."""
    found = read(recording(entry(1, URL + "/{a},b:c'*\"" + "x" * 3000)), "x.har")
    assert name_of(found.exchanges[0]) == ("/items/_a__b:c___" + "x" * 3000)[:120]


JSON = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        1e308,
        10**400,
        "",
        "x",
        "�",
        "\x00",
        "9999-99-99",
        [],
        [None],
        [[]],
        {},
        {"name": 7},
        {"url": {}},
        {"headers": [{"name": "a", "value": None}]},
        {"content": {"text": "{", "encoding": "base64"}},
        {"text": "{}", "mimeType": 7},
        {"params": [{"name": "a", "fileName": 7}]},
        {"status": "x"},
        {"wait": "1"},
    ]
)
FIELDS = ["startedDateTime", "time", "request", "response", "timings", "_resourceType", "_fromCache", "pageref"]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4) | JSON, max_size=2), st.data())
def test_any_json_is_read_or_refused(entries, data):
    """Entries of any types, one with a field of a wrong type among them: a draft that compiles, or sentences."""
    good = entry(1)
    good[data.draw(st.sampled_from(FIELDS))] = data.draw(JSON)
    request = entry(2)
    request["request"][data.draw(st.sampled_from(["method", "url", "headers", "postData", "bodySize"]))] = data.draw(
        JSON
    )
    try:
        found = translated(recording(*entries, good, request))
    except ConfigurationError:
        return
    compile(render_locustfile(found.draft), "x.py", "exec")


@given(st.floats(0.01, 20_000))
def test_the_load_gives_enough_samples(seconds):
    """A journey is made often enough for a p95, as long as the users allow; who is too slow for CI is told."""
    load = load_for(seconds)
    made = load.users * max(1, int((load.duration - load.ramp) / seconds) - 1)
    assert USERS <= load.users <= MOST_USERS
    assert made >= min(WANTED, load.users)
    assert load.duration - load.ramp >= seconds
    assert ("CHANGE" in load.about) == (load.duration > LONGEST)


@pytest.mark.parametrize(
    "count, seconds, bound",
    [(1, 1.0, 3000), (19, 1.0, 3000), (20, 1.0, 2000), (20, 0.001, 200), (3, 0.0837, 260), (1, 1e9, 11_000_000)],
)
def test_bounds_of_thresholds(count, seconds, bound):
    """Three times the slowest of few, twice the p95 of many, at least 200 ms, and of two digits."""
    entry = thresholds({("/a", "GET"): [seconds] * count}, {("/a", "GET"): count})
    assert entry.value[0].value == [f"p(95)<{bound}"]


def test_a_method_is_named_where_a_name_has_two():
    """Else both would be one figure; what has no times has no threshold of its own, and that is said."""
    counts = {("/a", "GET"): 2, ("/a", "POST"): 1, ("/b", "GET"): 1}
    entries = thresholds({("/a", "GET"): [1.0], ("/a", "POST"): [2.0]}, counts).value
    keys = [entry.key for entry in entries]
    assert keys[:2] == ["http_req_duration{name:/a,method:GET}", "http_req_duration{name:/a,method:POST}"]
    assert entries[2].notes == ("1 name without one: too many names, or no times in the recording",)


def test_what_comes_from_elsewhere_is_an_id():
    """A word that an answer gave is one, too."""
    (exchange,) = read(recording(entry(1, "https://api.example.com/products/tea/new")), "x.har").exchanges
    assert name_of(exchange) == "/products/tea/new"
    assert name_of(exchange, {2}) == "/products/:id/new"


def test_many_long_bodies():
    """A locustfile is not a file of data: what is too much together is left out and said."""
    posted = {"mimeType": "application/json", "text": json.dumps(["x" * 19_000])}
    found = translated(
        recording(*(entry(number, request={"method": "POST", "postData": posted}) for number in range(30)))
    )
    assert len(render_locustfile(found.draft)) < 600_000
    assert sum("sent without its body: those before it" in note for note in found.notes) == 9

"""The sources of the kill switch: what a word, a file, a variable and a JSON document allow, and what cannot be."""

import sys
import time

import gevent
import pytest
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.flags import FileSource, Reading, alarm_of, read_all, sources_of
from locust_ext.safety.options import AlarmOptions, KillSwitchOptions
from locust_ext.safety.reading import WORDS, SourceLine, StopError, check_word
from locust_ext.safety.remote import alarm_at, flag_at, headers_of, value_at

SECONDS = 5.0


def objection(question, *arguments):
    """What ``question`` says against allowing; None when it allows."""
    try:
        question(*arguments)
    except StopError as stop:
        return str(stop)
    return None


NONE_OF = "holds none of the words allowed, true, yes, on, 1"

TEXTS = [
    *((f"the word {word}", word, None) for word in WORDS),
    ("capitals", "Allowed", None),
    ("all capitals", "TRUE", None),
    ("blanks and a line end", " yes\r\n", None),
    ("false", "false", "says false"),
    ("NO", "NO", "says no"),
    ("off", " off ", "says off"),
    ("zero", "0", "says 0"),
    ("stop", "stop", "says stop"),
    ("nothing", "", "is empty"),
    ("a word and more", "true, but", NONE_OF),
    ("a secret is not repeated", "s3cr3t-token", NONE_OF),
    ("one as a fraction", "1.0", NONE_OF),
    ("a word of letters that look alike", "оn", NONE_OF),  # noqa: RUF001 that is the point
]


@pytest.mark.parametrize("text, said", [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_words(text, said):
    """Only the words that allow do; what else stands there is repeated only if it is a known denial."""
    assert said == objection(check_word, text)


@given(st.text())
def test_any_text_that_is_no_word_is_a_stop(text):
    """Nothing else allows, whatever it is."""
    assert (text.strip().lower() in WORDS) == (objection(check_word, text) is None)


FILES = [
    ("nothing in it", b"", True, "allows it"),
    ("a line end", b"\n", True, "allows it"),
    ("a word", b"Allowed\n", True, "allows it"),
    ("a mark of the byte order", b"\xef\xbb\xbftrue", True, "allows it"),
    ("false", b"false\n", False, "says false"),
    ("anything", b"# see the wiki\n", False, NONE_OF),
    ("bytes", b"\xff\xfe\x00", False, "holds no text"),
    ("a zero byte", b"true\x00", False, NONE_OF),
    ("as many blanks as may be", b" " * 1024, True, "allows it"),
    ("more than that", b" " * 1025, False, "holds more than 1024 bytes"),
    ("a word and a lot", b"true" + b"\n" * 5000, False, "holds more than 1024 bytes"),
]


@pytest.mark.parametrize("content, allowed, said", [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_files(content, allowed, said, tmp_path):
    """A file allows by being there, empty or with a word."""
    path = tmp_path / "allowed"
    path.write_bytes(content)
    assert Reading(allowed, f"file {path} {said}") == FileSource(str(path)).read(SECONDS)


def test_a_file_that_goes_and_comes(tmp_path):
    """Each reading is of that moment."""
    path = tmp_path / "allowed"
    source = FileSource(str(path))
    assert Reading(allowed=False, why=f"file {path} is missing") == source.read(SECONDS)
    path.touch()
    assert source.read(SECONDS).allowed
    path.unlink()
    assert Reading(allowed=False, why=f"file {path} is missing") == source.read(SECONDS)


PLACES = [
    ("a directory", lambda path: path.mkdir(), "is a directory"),
    ("a link to nothing", lambda path: path.symlink_to("nowhere"), "is missing"),
    ("a link to a link", lambda path: path.symlink_to(path.name), "cannot be read: Too many levels of symbolic links"),
]


@pytest.mark.parametrize("make, said", [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_what_is_no_file(make, said, tmp_path):
    """It is a stop."""
    path = tmp_path / "allowed"
    make(path)
    assert Reading(allowed=False, why=f"file {path} {said}") == FileSource(str(path)).read(SECONDS)


def test_a_device_is_no_file():
    """Neither does one that never ends allow, nor one that is empty."""
    for path in ("/dev/zero", "/dev/null"):
        assert Reading(allowed=False, why=f"file {path} is not a regular file") == FileSource(path).read(SECONDS)


def test_beneath_a_file_is_nothing(tmp_path):
    """A path through a file leads nowhere, and one that no file can have is a stop too."""
    (tmp_path / "a").touch()
    assert FileSource(str(tmp_path / "a" / "b")).read(SECONDS).why.endswith("is missing")
    assert FileSource("a\0b").read(SECONDS).why.endswith("failed: ValueError")


VARIABLES = [
    ("not set", None, False, "is not set"),
    ("empty", "", False, "is empty"),
    ("a word", "On", True, "allows it"),
    ("no", "no", False, "says no"),
    ("something", "maybe", False, NONE_OF),
]


@pytest.mark.parametrize("value, allowed, said", [row[1:] for row in VARIABLES], ids=[row[0] for row in VARIABLES])
def test_variables(value, allowed, said, monkeypatch):
    """A variable must hold a word."""
    monkeypatch.delenv("FLAG", raising=False)
    if value is not None:
        monkeypatch.setenv("FLAG", value)
    (source,) = sources_of(KillSwitchOptions(env="FLAG"))
    assert Reading(allowed, f"env FLAG {said}") == source.read(SECONDS)


DOCUMENT = {
    "a/b": 1,
    "m~n": 2,
    "": 3,
    "~1": 4,
    "0": "zero",
    "list": [10, [20, {"x": 30}]],
    "null": None,
    "text": "true",
}

POINTERS = [
    ("none is the whole", None, DOCUMENT),
    ("empty is the whole", "", DOCUMENT),
    ("the empty key", "/", 3),
    ("a slash", "/a~1b", 1),
    ("a tilde", "/m~0n", 2),
    ("a tilde before a one", "/~01", 4),
    ("a number in an object", "/0", "zero"),
    ("in a list", "/list/0", 10),
    ("deep", "/list/1/1/x", 30),
    ("null is something", "/null", None),
]

NOWHERE = [
    ("no such key", "/none"),
    ("beyond a list", "/list/2"),
    ("after the end of a list", "/list/-"),
    ("a negative index", "/list/-1"),
    ("a leading zero", "/list/00"),
    ("digits of another script", "/list/\u0660"),
    ("an index too long to be one", f"/list/{'9' * 5000}"),
    ("a name in a list", "/list/x"),
    ("into a text", "/text/0"),
    ("into null", "/null/x"),
    ("into a number", "/a~1b/x"),
]


@pytest.mark.parametrize("pointer, value", [row[1:] for row in POINTERS], ids=[row[0] for row in POINTERS])
def test_pointers(pointer, value):
    """They lead to what RFC 6901 says."""
    assert value == value_at(DOCUMENT, pointer)


@pytest.mark.parametrize("pointer", [row[1] for row in NOWHERE], ids=[row[0] for row in NOWHERE])
def test_pointers_to_nothing(pointer):
    """They are a stop that names the pointer."""
    assert f"holds nothing at {pointer}" == objection(value_at, DOCUMENT, pointer)


@given(st.dictionaries(st.text(), st.integers(), min_size=1))
def test_every_key_can_be_pointed_to(document):
    """Escaped as RFC 6901 says, any key is found."""
    for key, value in document.items():
        assert value == value_at([document], "/0/" + key.replace("~", "~0").replace("/", "~1"))


class Answer:
    """As much of an answer as a judge looks at."""

    def __init__(self, body, status=200):
        self.body, self.status_code = body.encode(), status

    def iter_content(self, size):
        for start in range(0, len(self.body), size):
            yield self.body[start : start + size]


ANSWERS = [
    ("true", None, Answer("true"), None),
    ("true at a place", "/go", Answer('{"go": true}'), None),
    ("a word", "/go", Answer('{"go": "Allowed"}'), None),
    ("false", "/go", Answer('{"go": false}'), "says false at /go"),
    ("false as text", "/go", Answer('{"go": "false"}'), "says false at /go"),
    ("the number one", None, Answer("1"), "holds a number, not true"),
    ("a fraction", "/go", Answer('{"go": 1.0}'), "holds a number, not true at /go"),
    ("null", "/go", Answer('{"go": null}'), "says null at /go"),
    ("a list", None, Answer("[true]"), "holds a list"),
    ("an object", None, Answer('{"go": true}'), "holds an object"),
    ("a text", "/go", Answer('{"go": "s3cr3t"}'), f"{NONE_OF} at /go"),
    ("missing", "/go", Answer('{"goes": true}'), "holds nothing at /go"),
    ("said twice", "/go", Answer('{"go": false, "go": true}'), "says something twice in one object"),
    ("no JSON", None, Answer("<html>true</html>"), "did not answer in JSON"),
    ("a bare word is not JSON", None, Answer("allowed"), "did not answer in JSON"),
    ("cut off", "/go", Answer('{"go": true'), "did not answer in JSON"),
    ("nothing", None, Answer(""), "did not answer in JSON"),
    ("deeper than Python goes", None, Answer("[" * 60000), "did not answer in JSON"),
    ("a number longer than Python reads", None, Answer("9" * 6000), "did not answer in JSON"),
    ("as large as may be", None, Answer("true" + " " * (65536 - 4)), None),
    ("larger", None, Answer("true" + " " * (65537 - 4)), "sent more than 64 kB"),
    ("created", None, Answer("true", 201), "answered 201"),
    ("no content", None, Answer("", 204), "answered 204"),
    ("a redirect", None, Answer("true", 302), "redirects elsewhere (302)"),
    ("not found", None, Answer("true", 404), "answered 404"),
    ("an error", None, Answer("true", 500), "answered 500"),
]


@pytest.mark.parametrize("pointer, answer, said", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_flags_of_urls(pointer, answer, said):
    """Only 200 and true, or a word, allows."""
    assert said == objection(flag_at(pointer), answer)


ALARMS = [
    ("any success", None, Answer("ALARM!"), None),
    ("no content", None, Answer("", 204), None),
    ("an error", None, Answer("", 503), "answered 503"),
    ("a redirect", None, Answer("", 301), "redirects elsewhere (301)"),
    *(
        (f"nothing: {text}", "/on", Answer(f'{{"on": {text}}}', 201), None)
        for text in ("false", "null", '""', "[]", "{}")
    ),
    *((f"nothing: {text}", "", Answer(text), None) for text in ("0", "0.0", "-0", "false")),
    *(
        (f"something: {text}", "/on", Answer(f'{{"on": {text}}}'), "is on")
        for text in ("true", "1", "-1", "NaN", '"firing"', '"false"', '"ok"', "[0]", '{"a": 0}')
    ),
    ("missing", "/on", Answer("{}"), "holds nothing at /on"),
    ("no JSON", "/on", Answer("fine"), "did not answer in JSON"),
    ("no content where a value is wanted", "/on", Answer("", 204), "did not answer in JSON"),
    ("an error where a value is wanted", "/on", Answer('{"on": false}', 500), "answered 500"),
]


@pytest.mark.parametrize("pointer, answer, said", [row[1:] for row in ALARMS], ids=[row[0] for row in ALARMS])
def test_alarms(pointer, answer, said):
    """A success is fine; where a value is pointed to, only nothing, false or empty is."""
    assert said == objection(alarm_at(pointer), answer)


def test_headers_come_from_the_environment():
    """Their names are those of the options, their values those of the variables."""
    environment = {"A": "Bearer s3cr3t\n", "B": "x"}
    assert headers_of({"Authorization": "A", "X": "B"}, environment) == {"Authorization": "Bearer s3cr3t", "X": "x"}


def test_headers_that_cannot_be(monkeypatch):
    """Each is said in a sentence that names its variable, and holds nothing of it."""
    monkeypatch.setenv("TWO_LINES", "s3cr3t\nX-Evil: 1")
    monkeypatch.delenv("NOT_SET", raising=False)
    options = {"url": "https://flags.internal", "headers_env": {"Authorization": "NOT_SET", "X-Key": "TWO_LINES"}}
    sentence = (
        "headers_env: $NOT_SET for the header Authorization is not set; "
        "headers_env: $TWO_LINES holds characters that cannot stand in the header X-Key"
    )
    for make, kind in ((sources_of, KillSwitchOptions), (alarm_of, AlarmOptions)):
        with pytest.raises(ValueError, match="NOT_SET") as caught:
            make(kind(**options))
        assert sentence == str(caught.value)


def test_names_hold_no_secret(monkeypatch):
    """Neither the user of a URL, nor its query, nor what its headers hold stands in what is said."""
    monkeypatch.setenv("KEY", "s3cr3t-token")
    url = "https://bob:hunter2@flags.internal/s3cr3t-token?key=abcdef&page=2"
    (source,) = sources_of(KillSwitchOptions(url=url, headers_env={"X-Key": "KEY"}))
    assert source.name == "url https://***@flags.internal/***?key=***&page=2"
    assert alarm_of(AlarmOptions(url=url)).name == "alarm https://***@flags.internal/s3cr3t-token?key=***&page=2"


def test_all_sources_that_are_named(monkeypatch):
    """There is one for each, in the order of the options."""
    options = KillSwitchOptions(file="run/allowed", url="https://flags.internal", env="FLAG", openfeature="load-test")
    names = ["file run/allowed", "url https://flags.internal", "env FLAG", "openfeature flag load-test"]
    assert names == [source.name for source in sources_of(options)]


NO_PROVIDERS = [
    ("no such module", "nowhere_at_all:provider", "gives no provider: ModuleNotFoundError"),
    ("no such name", "json:provider", "gives no provider: AttributeError"),
    ("a module that cannot be imported", "broken_provider:provider", "gives no provider: SyntaxError"),
    ("one that wants arguments", "openfeature.contrib.provider.ofrep:OFREPProvider", "gives no provider: TypeError"),
    ("a class of something else", "decimal:Decimal", "is not a provider of OpenFeature, nor does it return one"),
    ("a constant", "math:pi", "gives no provider: TypeError"),
    (
        "a secret in the mistake",
        "secretive_provider:provider",
        "gives no provider: OSError: https://***@flags/?key=***",
    ),
]


@pytest.mark.parametrize("provider, said", [row[1:] for row in NO_PROVIDERS], ids=[row[0] for row in NO_PROVIDERS])
def test_what_is_no_provider(provider, said, tmp_path, monkeypatch):
    """It is refused before anything is sent, in a sentence that names it."""
    (tmp_path / "broken_provider.py").write_text("def")
    (tmp_path / "secretive_provider.py").write_text(
        "def provider():\n    raise OSError('https://bob:hunter2@flags/?key=abcdef')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="provider: ") as caught:
        sources_of(KillSwitchOptions(openfeature="load-test", provider=provider))
    assert str(caught.value).startswith(f"provider: {provider} {said}")


def test_without_the_extra(monkeypatch):
    """A flag of OpenFeature is refused with the way to install it, and nothing else needs it."""
    monkeypatch.setitem(sys.modules, "openfeature.api", None)
    with pytest.raises(ValueError, match=r"pip install 'locust-ext-pack\[openfeature\]'"):
        sources_of(KillSwitchOptions(openfeature="load-test"))
    assert sources_of(KillSwitchOptions(env="FLAG"))


class Says:
    """A source that says what it is told, after a while."""

    def __init__(self, name, answer=True, seconds=0.0):
        self.name, self.answer, self.seconds = name, answer, seconds

    def read(self, timeout):
        gevent.sleep(self.seconds)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return Reading(self.answer, f"{self.name} says {self.answer}") if isinstance(self.answer, bool) else self.answer


READ_ALL = [
    ("all allow", [Says("a"), Says("b")], True, "a says True; b says True", 0.0),
    ("one does not", [Says("a"), Says("b", answer=False)], False, "b says False", 0.0),
    ("the first that does not", [Says("a", False, 0.2), Says("b", False)], False, "b says False", 0.0),
    ("one hangs", [Says("a"), Says("b", seconds=60)], False, "b did not answer within 0.3 s", 0.5),
    ("two hang", [Says("a", True, 60), Says("b", True, 60)], False, "a and b did not answer within 0.3 s", 0.5),
    ("a stop does not wait for what hangs", [Says("a", True, 60), Says("b", False)], False, "b says False", 0.0),
    ("side by side", [Says("a", True, 0.2), Says("b", True, 0.2)], True, "a says True; b says True", 0.2),
    ("one raises", [Says("a", OSError("s3cr3t")), Says("b")], False, "a failed: OSError", 0.0),
    ("one lets a timeout slip", [Says("a", gevent.Timeout(9)), Says("b")], False, "a failed: Timeout", 0.0),
    ("one is killed", [Says("a", gevent.GreenletExit()), Says("b")], False, "a was cut short", 0.0),
    ("one says nonsense", [Says("a", "yes"), Says("b")], False, "a was cut short", 0.0),
    ("there is none", [], False, "there is no flag to read", 0.0),
]


@pytest.mark.parametrize(
    "sources, allowed, why, seconds", [row[1:] for row in READ_ALL], ids=[row[0] for row in READ_ALL]
)
@pytest.mark.usefixtures("virtual")
def test_read_all(sources, allowed, why, seconds):
    """All must allow; the first that does not decides; and nobody waits longer than the time and a moment."""
    before = time.monotonic()
    assert Reading(allowed, why) == read_all(tuple(sources), 0.3)
    assert time.monotonic() - before == pytest.approx(seconds, abs=0.001)


@pytest.mark.usefixtures("virtual")
def test_a_reading_can_be_killed():
    """Who reads can be killed meanwhile, and what was asked ends with it."""
    line, ended = SourceLine(), []

    def question():
        try:
            gevent.sleep(60)
        finally:
            ended.append(True)

    reader = gevent.spawn(line.ask, "a", question, 60)
    gevent.sleep(0.05)
    reader.kill(timeout=1)
    gevent.sleep(0.05)
    assert isinstance(reader.value, gevent.GreenletExit)
    assert ended


@pytest.mark.usefixtures("virtual")
def test_what_cannot_be_given_up_is_asked_once():
    """A question that hangs whatever one does is not put again; as soon as it ends, the next is."""
    asked, release = [], Event()

    def stubborn():
        asked.append(True)
        while not release.is_set():
            try:
                release.wait()
            except gevent.GreenletExit:
                continue

    line = SourceLine()
    for _ in range(3):
        assert Reading(allowed=False, why="a did not answer within 0.1 s") == line.ask("a", stubborn, 0.1)
    assert len(asked) == 1
    release.set()
    assert line.ask("a", stubborn, 1).allowed
    assert len(asked) == 2


def test_a_busy_process_does_not_shorten_the_wait():
    """What the process computed before counts for nothing: the time runs from the question on."""
    before = time.monotonic()
    while time.monotonic() < before + 0.5:
        pass
    assert SourceLine().ask("a", lambda: gevent.sleep(0.01), 0.45).allowed

"""The words that start the demo target, and what it is then told: as a module, and as a command of ours."""

import http.client
import os
import resource
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from gevent.monkey import get_original

from locust_ext.cli import main as locust_ext
from locust_ext.demo import command, process
from locust_ext.demo.__main__ import main


@pytest.fixture
def served(monkeypatch):
    """Keep what is to be served, and serve nothing."""
    calls = []
    monkeypatch.setattr(command, "serve", lambda *given, **named: calls.append((*given, *named.values())) or 7)
    return calls


WORDS = [
    pytest.param([], (9100, "127.0.0.1", [], 1, False), id="none"),
    pytest.param(["--port", "0", "--host", "::1", "--seed", "5"], (0, "::1", [], 5, False), id="where and which dice"),
    pytest.param(
        ["--fault", "slow, ,pool", "--fault", " reconnect "],
        (9100, "127.0.0.1", ["slow", "pool", "reconnect"], 1, False),
        id="faults",
    ),
]


@pytest.mark.parametrize("words, told", WORDS)
def test_the_words_of_both_commands(served, words, told):
    """They are the same, and so is what comes of them; what the target ends with, the command ends with."""
    assert main(words) == 7
    assert CliRunner().invoke(locust_ext, ["demo", *words]).exit_code == 7
    assert served == [told, told]


def test_a_target_that_ends_with_its_parent(served):
    """Only the module's command has a word for that."""
    assert main(["--until-stdin-closes"]) == 7
    assert served[0][-1] is True


def test_the_faults_are_listed(served, capsys):
    """And nothing is served."""
    assert main(["--list-faults"]) == 0
    assert capsys.readouterr().out == command.list_faults() + "\n"
    done = CliRunner().invoke(locust_ext, ["demo", "--list-faults"])
    assert (done.exit_code, done.output) == (0, command.list_faults() + "\n")
    assert served == []


def test_a_word_that_nobody_knows(served, capsys):
    """Is said in a line, with 104."""
    with pytest.raises(SystemExit) as caught:
        main(["--port", "many"])
    assert caught.value.code == 104
    assert capsys.readouterr().err == (
        "python -m locust_ext.demo: argument --port: invalid int value: 'many' (see --help)\n"
    )
    assert served == []


def test_the_help_names_every_word(capsys):
    """With what it is for, and what holds without it."""
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("usage: python -m locust_ext.demo")
    for sentence in (
        "A small back end with a dial for every fault.", "port to listen on; 0 picks a free one (9100)",
        "address to listen on (127.0.0.1)", "--fault NAME[,NAME] what goes wrong", "say which faults there are, and end",
        "the same seed draws the same times (1)", "end with the parent process; ignore Ctrl-C",
    ):  # fmt: skip
        assert sentence in said


def test_ctrl_c_ends_quietly(monkeypatch):
    """As soon as it is pressed."""

    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "serve", pressed)
    assert main([]) == 0


class Connection:
    """Stands in for a connection to a target, and keeps what it was used for."""

    made = []

    def __init__(self, *given, **named):
        self.used = [(*given, *named.values())]
        self.made.append(self)

    def request(self, *given):
        """Ask, and perhaps find nobody."""
        self.used.append(given)
        if self.status is None:
            raise ConnectionRefusedError

    def getresponse(self):
        """Answer."""
        return SimpleNamespace(status=self.status)

    def close(self):
        """End."""
        self.used.append("closed")


@pytest.mark.parametrize("status, answers", [(200, True), (503, False), (None, False)])
def test_whether_a_target_answers(monkeypatch, status, answers):
    """It does where its sign of life is fine; the connection is closed in any case."""
    monkeypatch.setattr(http.client, "HTTPConnection", Connection)
    monkeypatch.setattr(Connection, "made", [])
    monkeypatch.setattr(Connection, "status", status, raising=False)
    assert process._answers(4711) is answers
    (connection,) = Connection.made
    assert connection.used == [("127.0.0.1", 4711, 1.0), ("GET", "/health"), "closed"]


@pytest.fixture
def pipe(monkeypatch):
    """Be the standard input of a target, whose process gevent has not patched."""
    assert command._STDIN == 0
    reading, writing = os.pipe()
    monkeypatch.setattr(command, "_STDIN", reading)
    monkeypatch.setattr(command, "select", SimpleNamespace(select=get_original("select", "select")))
    ends, close = {"reading": reading, "writing": writing}, get_original("os", "close")
    yield SimpleNamespace(write=lambda data: os.write(writing, data), close=lambda name: close(ends.pop(name)))
    for end in ends.values():
        close(end)


def test_standard_input_that_closes(pipe):
    """It is open while nothing comes, and while something comes, which is read away; then it is closed."""
    assert command._stdin_closed() is False
    pipe.write(b"a word")
    assert command._stdin_closed() is False
    pipe.close("writing")
    assert command._stdin_closed() is True
    pipe.close("reading")
    assert command._stdin_closed() is True


@pytest.mark.parametrize("error", [None, OSError, ValueError])
def test_as_many_connections_as_there_may_be(monkeypatch, error):
    """The limit of open files goes up to what is granted; where that cannot be, it stays."""
    asked = []

    def limit(what, limits):
        asked.append((what, limits))
        if error:
            raise error

    monkeypatch.setattr(command.resource, "getrlimit", lambda what: (256, 4096))
    monkeypatch.setattr(command.resource, "setrlimit", limit)
    command._allow_many_connections()
    assert asked == [(resource.RLIMIT_NOFILE, (4096, 4096))]

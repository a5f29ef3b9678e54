"""What a process does first and last: Locust's patches and what was there before them, its options, its streams."""

import gc
import io
import os
import sys
from importlib import _bootstrap
from types import SimpleNamespace

import gevent.ssl
import pytest
from locust.argument_parser import get_parser

import locust_ext
from locust_ext.config.plan import Plan
from locust_ext.process import collector, patched
from locust_ext.process.forgiving import Forgiving
from locust_ext.run import planning as module
from locust_ext.run.planning import Planning


class Old:
    """The TLS context of before."""


def test_what_was_there_before_the_patches(monkeypatch):
    """Gets what gevent has, and whoever holds the lock of a module is called as it is called now."""
    done, numbers = [], iter([1, 2, 2, 2, 2])
    mine, theirs = SimpleNamespace(owner=1), SimpleNamespace(owner=9)
    monkeypatch.setattr(patched.monkey, "patch_all", lambda: done.append(True))
    monkeypatch.setattr(patched, "_thread", SimpleNamespace(get_ident=lambda: next(numbers)))
    monkeypatch.setattr(gevent.ssl, "orig_SSLContext", Old)
    monkeypatch.setitem(vars(_bootstrap), "_module_locks", {"a": lambda: mine, "b": lambda: theirs, "c": lambda: None})
    patched.patch()
    assert done == [True]
    ours = vars(gevent.ssl.SSLContext)
    assert {name: vars(Old)[name] for name in patched.MENDED} == {name: ours[name] for name in patched.MENDED}
    assert (mine.owner, theirs.owner) == (2, 9)


def test_what_is_there_is_set_aside(monkeypatch):
    """For good: a collection does not look at it again."""
    done = []
    monkeypatch.setattr(collector, "gc", SimpleNamespace(freeze=lambda: done.append(True)))
    collector.set_aside()
    assert done == [True]
    assert gc.isenabled()


def test_what_the_package_has():
    """All its public names, and its version."""
    assert dir(locust_ext) == sorted([*locust_ext.__all__, "__version__"])


def test_the_options_of_a_process(monkeypatch):
    """Offer the shapes of the plan that is known by then; what is taken is remembered."""
    added = []
    monkeypatch.setattr(module, "add_options", lambda *given: added.append(given) or ["shape"])
    one, parser = Planning(), get_parser()
    one.plan = Plan("x", shape="spike")
    one._add_options(parser)
    assert added == [(parser, one.plan.shape_names, "spike")]
    assert one.taken == ["shape"]


class Full(io.StringIO):
    """A stream that cannot be written any more."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def flush(self):
        """Fail as the system does."""
        raise OSError("no space")

    def fileno(self):
        """Return its number, or have none."""
        if self.number is None:
            raise OSError("none")
        return self.number


def test_a_stream_at_the_end_of_its_process(monkeypatch):
    """Is flushed; what cannot be written then goes nowhere, so that nobody stumbles over it."""
    replaced = []
    monkeypatch.setattr(os, "dup2", lambda *given: replaced.append(given))
    flushed = io.StringIO()
    flushed.flush = lambda: replaced.append("flushed")
    Forgiving(flushed).let_go()
    assert replaced == ["flushed"]
    Forgiving(Full(7)).let_go()
    ((nowhere, number),) = replaced[1:]
    assert number == 7
    assert os.fstat(nowhere).st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116 as the other one
    os.close(nowhere)
    Forgiving(Full(None)).let_go()
    assert len(replaced) == 2


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_stream_that_was_closed_when_it_is_asked(name):
    """Is no terminal, and says nothing of it."""
    stream = io.StringIO()
    stream.close()
    assert Forgiving(stream).isatty() is False
    assert getattr(sys, name) is not None

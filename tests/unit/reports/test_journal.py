"""Files that are written while a run lasts: whole lines, or an error and nothing of them."""

import errno
import os

import pytest

from locust_ext.archive import journal as module
from locust_ext.archive.journal import Journal


@pytest.fixture
def journal(tmp_path):
    """A journal with one file of one line."""
    found = Journal(tmp_path)
    found.write("log", "one\n")
    return found


def text(journal):
    """Return what is in its file."""
    return (journal.directory / "log").read_text("utf-8")


def test_lines_are_added(journal):
    """After those that are there, and the size is known."""
    journal.add("log", "two\nü\n")
    assert (text(journal), journal.size("log"), journal.read("log")) == ("one\ntwo\nü\n", 11, "one\ntwo\nü\n")


def test_nothing_is_known_of_a_file_of_somebody_else(tmp_path):
    """It is to be written whole before anything is added."""
    (tmp_path / "log").write_text("theirs\n")
    assert Journal(tmp_path).size("log") is None


def test_a_file_that_was_cut_or_removed_is_to_be_written_whole(journal):
    """Nothing is added to what is not ours any more."""
    (journal.directory / "log").write_text("o")
    assert journal.size("log") is None
    (journal.directory / "log").unlink()
    assert journal.size("log") is None
    with pytest.raises(FileNotFoundError):
        journal.add("log", "two\n")
    journal.write("log", "whole\n")
    assert (text(journal), journal.size("log")) == ("whole\n", 6)


@pytest.mark.parametrize("fits", [0, 1, 3])
def test_a_full_disk_leaves_whole_lines(journal, monkeypatch, fits):
    """What would not fit as a whole is taken away again, and the next lines stand where they belong."""
    write = os.write

    def full(file, content):
        write(file, content[:fits])
        if not fits:
            raise OSError(errno.ENOSPC, "no space left")
        return fits

    monkeypatch.setattr(module.os, "write", full)
    with pytest.raises(OSError, match=r"[Nn]o space left"):
        journal.add("log", "two\n")
    assert text(journal) == "one\n"
    monkeypatch.setattr(module.os, "write", write)
    journal.add("log", "three\n")
    assert text(journal) == "one\nthree\n"


def test_half_a_line_that_could_not_be_taken_away_is_taken_away_later(journal):
    """Lines never stand behind half of another."""
    with (journal.directory / "log").open("a") as file:
        file.write("tw")
    journal.add("log", "three\n")
    assert text(journal) == "one\nthree\n"


def test_a_directory_that_has_gone_is_not_made_again(journal):
    """Somebody took it away; what is written there would be nobody's."""
    (journal.directory / "log").unlink()
    journal.directory.rmdir()
    with pytest.raises(OSError, match="not there any more"):
        journal.write("log", "one\n")
    assert not journal.directory.exists()
    assert journal.size("log") is None


def test_what_is_not_a_file_is_not_added_to(journal):
    """A pipe that somebody put there holds up nobody."""
    (journal.directory / "log").unlink()
    os.mkfifo(journal.directory / "log")
    with pytest.raises(OSError, match=r"not a file of a disc|No such device"):
        journal.add("log", "two\n")

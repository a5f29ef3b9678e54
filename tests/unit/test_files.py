"""Files that are whole or not there."""

import os
import stat
from pathlib import Path

import pytest

from locust_ext.process.files import write_atomically


def test_writes_and_makes_directories(tmp_path):
    """The text arrives as UTF-8, directories above it are made, and nothing else is left."""
    target = tmp_path / "a" / "b" / "summary.json"
    write_atomically(target, "grün\n")
    assert target.read_bytes() == "grün\n".encode()
    assert [target] == list(target.parent.iterdir())


def test_replaces(tmp_path):
    """A second text takes the place of the first."""
    target = tmp_path / "file"
    write_atomically(target, "one and more")
    write_atomically(target, "two")
    assert target.read_text() == "two"


def test_failure_leaves_what_was_there(tmp_path):
    """A text that cannot be encoded raises, keeps the old file and leaves no temporary one."""
    target = tmp_path / "file"
    write_atomically(target, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(target, "half a pair: \ud800")
    assert target.read_text() == "old"
    assert [target] == list(tmp_path.iterdir())


def test_failure_to_replace_leaves_nothing(tmp_path):
    """Where the target is a directory, an OSError is raised and no temporary file stays."""
    target = tmp_path / "file"
    target.mkdir()
    with pytest.raises(OSError, match="file"):
        write_atomically(target, "text")
    assert [target] == list(tmp_path.iterdir())


@pytest.mark.parametrize("mask, mode", [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)], ids=oct)
def test_as_readable_as_any(tmp_path, mask, mode):
    """The file's mode is what the user's mask asks for, and the mask stays as it was."""
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "file", "text")
        assert mask == os.umask(mask)
    finally:
        os.umask(before)
    assert mode == stat.S_IMODE((tmp_path / "file").stat().st_mode)


def test_a_device_stays_a_device(tmp_path):
    """What is not a file of a disc is written to, also through a link: as root, replacing would take it from everybody."""
    ours, theirs = os.openpty()
    try:
        device = tmp_path / "device"
        device.symlink_to(os.ttyname(theirs))
        write_atomically(device, "one")
        assert os.read(ours, 10) == b"one"
        assert device.is_symlink()
        assert stat.S_ISCHR(device.stat().st_mode)
        assert [device] == list(tmp_path.iterdir())
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_pipe_that_nobody_reads_is_refused(tmp_path):
    """At once, and not when somebody comes: that may be never."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="No such device"):
        write_atomically(pipe, "one")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, "one")
        assert os.read(reader, 10) == b"one"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reader)


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_a_descriptor_is_written_to(tmp_path, name):
    """Also where it leads to a file of a disc: what else goes there, before and after, stays."""
    file = tmp_path / "output"
    with file.open("wb") as output:
        os.write(output.fileno(), b"before ")
        write_atomically(Path(name.format(output.fileno())), "summary ")
        os.write(output.fileno(), b"after")
    assert file.read_bytes() == b"before summary after"
    assert [file] == list(tmp_path.iterdir())

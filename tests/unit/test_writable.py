"""Where reports cannot be written, as far as a look tells: said before the run."""

import os

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.process.writable import no_directory, no_file
from locust_ext.text.problems import ConfigurationError


@pytest.fixture
def place(tmp_path):
    """A directory with one of everything that may stand in the way."""
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "to-directory").symlink_to("directory")
    (tmp_path / "to-file").symlink_to("file")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle").symlink_to("circle")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


DIRECTORIES = [
    ("what is not there is made", "new", ""),
    ("with all above it", "new/newer/newest", ""),
    ("a directory", "directory", ""),
    ("in a directory", "directory/new", ""),
    ("a link to one", "to-directory", ""),
    ("through a link to one", "to-directory/new", ""),
    ("a directory that is named with dots", "directory/../directory/new", ""),
    ("a file", "file", "is a file; name a directory"),
    ("below a file", "file/new", "cannot be made: '{}/file' is a file; name a directory"),
    ("a link to a file", "to-file", "is a file; name a directory"),
    ("a pipe", "pipe", "is a file; name a directory"),
    ("a dangling link", "dangling", "is a link to '{}/nowhere', which is not there; name a directory"),
    (
        "below a dangling link",
        "dangling/new",
        "cannot be made: '{}/dangling' is a link to '{}/nowhere', which is not there",
    ),
    ("a link to itself", "circle", "is a link to 'circle', which is not there; name a directory"),
    ("below a link to itself", "circle/new", "cannot be "),
    ("too long a name", "x" * 300, "cannot be a directory: File name too long"),
    ("a null character", "a\0b", "holds a null character, which no path can"),
]


@pytest.mark.parametrize("name, why", [row[1:] for row in DIRECTORIES], ids=[row[0] for row in DIRECTORIES])
def test_directories(place, name, why):
    """A sentence says what stands there, and nothing is made by looking."""
    before = sorted(place.rglob("*"))
    found = no_directory(f"{place}/{name}")
    assert why.replace("{}", str(place)) in found
    assert bool(found) == bool(why)
    assert before == sorted(place.rglob("*"))


FILES = [
    ("a new one", "new.json", ""),
    ("one in a new directory", "new/new.json", ""),
    ("one that is there", "file", ""),
    ("a dangling link, which is replaced", "dangling", ""),
    ("a directory", "directory", "is a directory; name a file in it"),
    ("below a file", "file/new.json", "is a file; name a directory"),
    ("below a dangling link", "dangling/new.json", "which is not there; name a directory"),
    ("too long a name", "x" * 300, "cannot be a file: File name too long"),
    ("a null character", "a\0b", "holds a null character, which no path can"),
]


@pytest.mark.parametrize("name, why", [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_files(place, name, why):
    """A file needs a directory, and must not be one."""
    found = no_file(f"{place}/{name}")
    assert why in found
    assert bool(found) == bool(why)


@pytest.mark.parametrize("option", ["report_dir", "baseline"])
def test_a_dangling_link_is_refused_before_the_run(place, option):
    """As a file is; where it is the configuration's, too."""
    with pytest.raises(ConfigurationError, match=r"is a link to .* which is not there"):
        make_plan(CommandLine(**{option: str(place / "dangling")}))
    with pytest.raises(ConfigurationError, match=r"is a link to .* which is not there"):
        make_plan(CommandLine(own={"reports": {"dir": str(place / "dangling")}}))

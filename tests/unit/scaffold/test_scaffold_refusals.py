"""What ``locust-ext init`` refuses, and that it writes all or nothing."""

import os
from pathlib import Path

import pytest
from written import EVERY, GITLAB, write

from locust_ext.scaffold import placing
from locust_ext.text.problems import EXIT_CODE, ConfigurationError


def files(directory):
    return {str(path.relative_to(directory)) for path in Path(directory).rglob("*") if not path.is_dir()}


def refusal(directory, **options):
    with pytest.raises(ConfigurationError) as caught:
        write(directory, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("my-feed", "did you mean 'my_feed'?"),
        ("Feed Load", "did you mean 'feed_load'?"),
        ("feed.py", "did you mean 'feed_py'?"),
        ("../feed", "did you mean 'feed'?"),
        ("", "is not the name of a Python module; write it as"),
        ("2fast", "is not the name of a Python module; write it as"),
        ("__init__", "did you mean 'init'?"),
        ("feed\n", "did you mean 'feed'?"),
        ("größe", "is not the name of a Python module"),
        ("class", "is not the name of a Python module"),
        ("x" * 65, "has 65 letters; it may have 64"),
        ("json", "would hide Python's own module of that name; take another, such as json_load"),
        ("sys", "would hide Python's own module"),
        ("locust", "would hide the installed package of that name"),
        ("gevent", "would hide the installed package of that name"),
        ("locust_ext", "would hide the installed package of that name"),
        ("yaml", "would hide the installed package of that name"),
    ],
)
def test_name_is_refused(tmp_path, name, sentence):
    """A name that cannot be imported, or that would hide a module, with a better one."""
    assert sentence in refusal(tmp_path, name=name)
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    "host, sentence",
    [
        ("staging.example.com", "write it as https://staging.example.com"),
        ("ftp://x", "is not a host"),
        ("https://a\nname: b", "is not a host"),
        ("https://a b", "holds blanks"),
        ("https://a\tb", "holds blanks or control characters"),
        ("https://me:secret@x", "have no place in a file; set BASE_URL instead"),
        ("http://[::1", "--host"),
    ],
)
@pytest.mark.slow
def test_host_is_refused(tmp_path, host, sentence):
    """What is not a URL, what is not one line, and what is secret."""
    said = refusal(tmp_path, host=host)
    assert sentence in said
    assert "secret" not in said
    assert files(tmp_path) == set()


def test_all_mistakes_at_once(tmp_path):
    """Name, host and CI are wrong: three sentences; and the exit code is that of a wrong configuration."""
    said = refusal(tmp_path, name="my-feed", host="x", ci="gitlob")
    assert "3 mistakes" in said
    assert "there is no 'gitlob'; did you mean 'gitlab'?" in said
    assert EXIT_CODE == 104


def test_never_overwrites(tmp_path):
    """One file that is there stops all; every one in the way is named, and so is --force."""
    write(tmp_path, ci="github")
    mine = tmp_path / "loadtests/feed.py"
    mine.write_text("mine")
    said = refusal(tmp_path)
    assert "--force" in said
    assert all(str(tmp_path / target) in said for target in EVERY - {GITLAB, ".gitignore"})
    assert str(tmp_path / GITLAB) not in said
    assert mine.read_text() == "mine"
    assert GITLAB not in files(tmp_path)


def test_force_replaces_and_leaves_the_rest(tmp_path):
    """With --force the files are replaced, and others stay."""
    (tmp_path / "loadtests").mkdir()
    (tmp_path / "loadtests/feed.py").write_text("mine")
    (tmp_path / "loadtests/other.py").write_text("other")
    write(tmp_path, force=True)
    assert "locust_ext.install()" in (tmp_path / "loadtests/feed.py").read_text()
    assert (tmp_path / "loadtests/other.py").read_text() == "other"
    assert files(tmp_path) == EVERY | {"loadtests/other.py"}


@pytest.mark.parametrize("force", [False, True], ids=["", "force"])
@pytest.mark.parametrize(
    "prepare, sentence",
    [
        (lambda base: (base / "loadtests/feed.py").mkdir(parents=True), "feed.py: here stands a directory, and a file"),
        (lambda base: (base / "loadtests").write_text(""), "loadtests: here stands a file, and a directory"),
        (lambda base: (base / "loadtests").symlink_to(base / "elsewhere"), "loadtests: here stands a symbolic link"),
        (lambda base: (base / ".github").symlink_to("/"), ".github: here stands a symbolic link"),
        (
            lambda base: [(base / "loadtests").mkdir(), (base / "loadtests/feed.yml").symlink_to("../outside.yml")],
            "feed.yml: here stands a symbolic link, and a file",
        ),
        (
            lambda base: [(base / "loadtests").mkdir(), os.mkfifo(base / "loadtests/feed.yml")],
            "feed.yml: here stands a device",
        ),
    ],
    ids=["directory", "file above", "link above", "link to the root", "dangling link", "pipe"],
)
@pytest.mark.slow
def test_obstacles(tmp_path, prepare, sentence, force):
    """A directory, a link or a device in the way is never replaced, nor written through."""
    base = tmp_path / "repository"
    base.mkdir()
    prepare(base)
    before = sorted(tmp_path.rglob("*"))
    assert sentence in refusal(base, force=force)
    assert before == sorted(tmp_path.rglob("*"))


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_directory_is_none(tmp_path, kind):
    """What was named is not a directory."""
    place = tmp_path / "place"
    place.write_text("") if kind == "file" else place.symlink_to("nowhere")
    assert "this is not a directory" in refusal(place)


def test_directory_may_be_new_or_a_link(tmp_path):
    """One that is not there is made; one that is linked to is the user's choice."""
    write(tmp_path / "new" / "one")
    assert files(tmp_path / "new" / "one") == EVERY
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link")
    assert files(tmp_path / "real") == EVERY


def test_a_place_where_nothing_can_be_written():
    """A sentence, for root too."""
    assert "cannot be written" in refusal(Path("/proc/nowhere"))


@pytest.mark.parametrize("fails_at", range(1, len(EVERY) + 1))
@pytest.mark.slow
def test_all_or_nothing(tmp_path, monkeypatch, fails_at):
    """Whichever file fails, new files and directories go again, and replaced ones come back."""
    base = tmp_path / "new" / "repository"
    (tmp_path / "old/loadtests").mkdir(parents=True)
    (tmp_path / "old/loadtests/feed.yml").write_bytes(b"mine: \xff\n")
    before = sorted(tmp_path.rglob("*"))
    written = []

    def failing(path, text):
        written.append(path)
        if len(written) == fails_at:
            raise OSError(28, "No space left on device")
        return original(path, text)

    original = placing.write_atomically
    monkeypatch.setattr(placing, "write_atomically", failing)
    said = refusal(base)
    assert f"{written[-1]}: cannot be written: No space left on device; nothing was left behind" in said
    written.clear()
    refusal(tmp_path / "old", force=True)
    assert before == sorted(tmp_path.rglob("*"))
    assert (tmp_path / "old/loadtests/feed.yml").read_bytes() == b"mine: \xff\n"


def test_interruption_leaves_nothing(tmp_path, monkeypatch):
    """Ctrl-C between two files is no different."""

    def interrupted(path, text):
        if path.suffix == ".txt":
            raise KeyboardInterrupt
        return original(path, text)

    original = placing.write_atomically
    monkeypatch.setattr(placing, "write_atomically", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []

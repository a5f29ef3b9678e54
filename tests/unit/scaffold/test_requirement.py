"""What ``locust-ext init`` has CI install: what this installation came from, and no secret."""

import json
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import pytest
from written import write

import locust_ext
from locust_ext.scaffold import command, requirement
from locust_ext.scaffold.requirement import Origin, line_for, origin_of, without_secrets
from locust_ext.scaffold.wheel import Wheel
from locust_ext.text.problems import ConfigurationError

GIT = {"vcs": "git", "commit_id": "c0ffee"}
AT = "locust-ext-pack @ "


@pytest.mark.parametrize(
    "told, origin",
    [
        ("", Origin("locust-ext-pack==1.2.3")),
        ("{}", Origin("locust-ext-pack==1.2.3")),
        ("[]", Origin("locust-ext-pack==1.2.3")),
        ("no json", Origin("locust-ext-pack==1.2.3")),
        (
            {"url": "https://git.example.com/pack", "vcs_info": GIT},
            Origin(f"{AT}git+https://git.example.com/pack@c0ffee"),
        ),
        (
            {"url": "https://git.example.com/all", "vcs_info": GIT, "subdirectory": "pack"},
            Origin(f"{AT}git+https://git.example.com/all@c0ffee#subdirectory=pack"),
        ),
        (
            {"url": "https://ada:s3cret@git.example.com/pack", "vcs_info": GIT},
            Origin(f"{AT}git+https://git.example.com/pack@c0ffee"),
        ),
        (
            {"url": "ssh://git@git.example.com/pack", "vcs_info": GIT},
            Origin(f"{AT}git+ssh://git@git.example.com/pack@c0ffee"),
        ),
        (
            {"url": "https://files.example.com/p-1.whl?sig=s3cret", "archive_info": {}},
            Origin(f"{AT}https://files.example.com/p-1.whl"),
        ),
        ({"url": "file:///home/me/pack", "dir_info": {"editable": True}}, Origin(source="file:///home/me/pack")),
        ({"url": "file:///home/me/pack", "dir_info": {}}, Origin(source="file:///home/me/pack")),
        ({"url": "file:///tmp/p-1.whl", "archive_info": {}}, Origin(source="file:///tmp/p-1.whl")),
        ({"url": "file:///srv/pack", "vcs_info": GIT}, Origin(source="git+file:///srv/pack@c0ffee")),
    ],
)
def test_origin(told, origin):
    """An index: the version; a commit: that commit; what only this machine has: what to build a wheel of."""
    text = told if isinstance(told, str) else json.dumps(told)
    assert origin_of("1.2.3", text) == origin
    assert "s3cret" not in line_for("1.2.3", text)


@pytest.mark.parametrize(
    "url, clean",
    [
        ("https://token@example.com/x", "https://example.com/x"),
        ("https://${USER}:${TOKEN}@example.com/x", "https://${USER}:${TOKEN}@example.com/x"),
        ("https://${TOKEN}:s3cret@example.com/x", "https://example.com/x"),
        ("ssh://git:s3cret@example.com:22/x", "ssh://git@example.com:22/x"),
        ("https://a@b:s3cret@example.com/x", "https://example.com/x"),
        ("https://example.com/x?access_token=s3cret#s3cret", "https://example.com/x"),
    ],
)
def test_no_secret_is_in_a_url(url, clean):
    """What pip does not leave out itself; variables in the place of a secret are none."""
    assert without_secrets(url) == clean


def test_a_checkout_says_that_it_is_one(monkeypatch):
    """Installed or not, with whatever else under our name: what runs is what CI gets."""

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(requirement, "distribution", missing)
    (checkout,) = {path.parent for path in (requirement.Path(locust_ext.__file__).parent,)}
    assert requirement.origin() == Origin(source=str(checkout))


@pytest.mark.parametrize("found", ["setup.cfg", "pyproject.toml", None])
def test_an_installation_says_what_it_came_from(tmp_path, monkeypatch, found):
    """As it was told when it was installed; where nothing is known of it, by its version."""
    if found:
        (tmp_path / found).touch()  # one of the two does not make a checkout
    monkeypatch.setattr(requirement, "__file__", str(tmp_path / "locust_ext" / "scaffold" / "requirement.py"))
    told = {"url": "https://git.example.com/pack", "vcs_info": GIT}
    asked = []

    def distribution(name):
        asked.append(name)
        texts = {"direct_url.json": json.dumps(told) if found else None}
        return SimpleNamespace(version="1.2.3", read_text=texts.__getitem__)

    monkeypatch.setattr(requirement, "distribution", distribution)
    line = f"{AT}git+https://git.example.com/pack@c0ffee" if found else "locust-ext-pack==1.2.3"
    assert requirement.origin() == Origin(line)
    assert asked == ["locust-ext-pack"]

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(requirement, "distribution", missing)
    assert requirement.origin() == Origin(f"locust-ext-pack=={requirement.VERSION}")


def files(place):
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("line", ["locust-ext-pack==1.2.3", f"{AT}git+https://git.example.com/pack@c0ffee"])
def test_requirements_file(tmp_path, monkeypatch, line):
    """One requirement, and comments that say where it comes from."""
    monkeypatch.setattr(command, "origin", lambda: Origin(line))
    write(tmp_path)
    lines = (tmp_path / "loadtests/requirements.txt").read_text("utf-8").splitlines()
    assert [each for each in lines if not each.startswith("#")] == [line]
    assert "index" in "".join(lines)
    assert not (tmp_path / "loadtests/vendor").exists()


def built(source):
    return Wheel("locust_ext_pack-1.2.3-py3-none-any.whl", b"a wheel of " + source.encode())


def not_built(source):
    raise ConfigurationError([command.Problem("loadtests/vendor", "it could not be built")])


@pytest.mark.slow
def test_a_wheel_is_put_beside(tmp_path, monkeypatch):
    """The file, its line, and what is printed; a second time it is in the way as all the others."""
    monkeypatch.setattr(command, "origin", lambda: Origin(source="/home/me/pack"))
    monkeypatch.setattr(command, "build", built)
    told = write(tmp_path)
    wheel = "loadtests/vendor/locust_ext_pack-1.2.3-py3-none-any.whl"
    assert (tmp_path / wheel).read_bytes() == b"a wheel of /home/me/pack"
    assert (tmp_path / "loadtests/requirements.txt").read_text("utf-8").splitlines()[-1] == f"./{wheel}"
    assert f"{tmp_path / wheel}  what CI installs; commit it too" in told
    assert not any("/home/me" in (tmp_path / file).read_text("utf-8") for file in files(tmp_path) - {wheel})
    with pytest.raises(ConfigurationError, match="already there"):
        write(tmp_path)
    write(tmp_path, force=True)


@pytest.mark.slow
def test_a_wheel_that_cannot_be_built(tmp_path, monkeypatch):
    """Nothing is written; where a wheel of ours lies there already, that is taken."""
    monkeypatch.setattr(command, "origin", lambda: Origin(source="/home/me/pack"))
    monkeypatch.setattr(command, "build", not_built)
    with pytest.raises(ConfigurationError, match="could not be built"):
        write(tmp_path)
    assert files(tmp_path) == set()
    wheel = tmp_path / "loadtests/vendor/locust_ext_pack-9-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.write_bytes(b"mine")
    write(tmp_path)
    assert (tmp_path / "loadtests/requirements.txt").read_text("utf-8").endswith(f"\n./loadtests/vendor/{wheel.name}\n")
    assert wheel.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "there, said", [("*.pyc\n", True), ("/reports/\n", False), ("reports\n*.pyc", False), ("# reports\n", True)]
)
@pytest.mark.slow
def test_a_gitignore_that_is_there_stays(tmp_path, there, said):
    """With --force too; it is said where it would let the reports in."""
    file = tmp_path / ".gitignore"
    file.write_text(there, "utf-8")
    told = write(tmp_path, force=True)
    assert file.read_text("utf-8") == there
    assert ("add /reports/ to it" in told) == said

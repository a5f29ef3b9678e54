"""The command ``locust-ext import-k6``: a k6 script as a configuration of ours, with what differs beside it.

Law: the script is read and never run; nothing is replaced unless that was asked for; what is written passes
``locust-ext check``.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from locust_ext.commands.refusal import fail
from locust_ext.commands.script_files import ScriptFiles
from locust_ext.config.loads import scenarios_of
from locust_ext.config.schema import profile_for, read_config, thresholds_of
from locust_ext.drafts.configuration import ConfigEntry, notes_of, render
from locust_ext.k6.script import read_text
from locust_ext.k6.syntax import NOTHING_IMPORTED
from locust_ext.k6.translation import thresholds_told, translate
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.process.files import write_atomically
from locust_ext.reports.console import plain
from locust_ext.scaffold.placing import obstacles
from locust_ext.text.document import MOST_BYTES, parse
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError, Problem

HEADING = "What {name} says to k6, by locust-ext import-k6. Comments say what differs."


def import_k6(file: Path, users: Sequence[str] = ()) -> tuple[str, list[str]]:
    """Return the YAML of a script or of options in JSON, and the notes on it; raises ConfigurationError."""
    names = _user_classes(users)
    try:
        script = read_text(_content(file), str(file), ScriptFiles())
        entries, told = translate(script, names), thresholds_told(script)
    except RecursionError:
        raise _refusal("", "it is nested too deeply to be read", file) from None
    text = render(entries, [HEADING.format(name=file.name)])
    problems = _unfit(text)
    if problems:
        found = [Problem(each.path, each.message, source=str(file)) for each in problems]
        raise ConfigurationError(found, f"{NOTHING_IMPORTED}: k6 allows what cannot run here")
    return text, [*_told(entries), *([told] if told else [])]


def _unfit(text: str) -> list[Problem]:
    """Return what keeps a configuration from being run: k6 has other limits than we have."""
    document = parse(text, "")
    config, problems = read_config(document)
    _, wrong_loads = scenarios_of(config, None, document, lambda name: profile_for(name, config, document))
    _, wrong_thresholds = thresholds_of(config, document, {name: each.kind for name, each in BUILT_IN.items()})
    return [*problems, *wrong_loads, *wrong_thresholds]


def _content(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise _refusal("", f"the file is larger than {MOST_BYTES >> 20} MiB", file)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise _refusal("", "there is no such file", file) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = Problem("", "the file cannot be read: it is not UTF-8 text", line, str(file))
        raise ConfigurationError([wrong], NOTHING_IMPORTED) from None
    except OSError as error:
        raise _refusal("", f"the file cannot be read: {error.strerror or error}", file) from None


def _user_classes(names: Sequence[str]) -> list[str]:
    """Return the names of user classes; raises ConfigurationError."""
    found = [name.strip() for word in names for name in word.split(",") if name.strip()]
    wrong = [name for name in found if not name.isidentifier()]
    if wrong:
        message = f"{quoted(wrong[0])} is not the name of a user class; write it as FeedUser"
        raise ConfigurationError([Problem("--users", message)], NOTHING_IMPORTED)
    return found


def _told(entries: Sequence[ConfigEntry]) -> list[str]:
    """Return the notes with their places, those about the whole without one."""
    return [note if path == "version" else f"{path}: {note}" for path, note in notes_of(entries)]


def _place(text: str, output: Path, *, force: bool) -> None:
    try:
        problems = obstacles(output.parent, [output.name], force=force)
        if problems:
            raise ConfigurationError(problems, NOTHING_IMPORTED)
        write_atomically(output, text)
    except OSError as error:
        raise _refusal(str(output), f"cannot be written: {error.strerror or error}") from None


def _refusal(path: str, message: str, file: Path | None = None) -> ConfigurationError:
    return ConfigurationError([Problem(path, message, source=str(file or ""))], NOTHING_IMPORTED)


@click.command("import-k6")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: print it.")
@click.option("--users", multiple=True, metavar="NAME[,NAME]", help="User classes of all scenarios; default: all.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(file: Path, output: Path | None, users: tuple[str, ...], *, force: bool) -> None:
    """Write a configuration from a k6 script, or from its options in JSON.

    The script is read, and not run. Where that is not enough, FILE is what `k6 inspect script.js` prints.
    """
    try:
        text, notes = import_k6(file, users)
        if output is not None:
            _place(text, output, force=force)
    except ConfigurationError as error:
        fail(error)
    for note in notes:
        click.echo(plain(f"note: {note}"), err=True)
    if output is None:
        click.echo(text, nl=False)
    else:
        click.echo(plain(f"{output}: written; locust-ext check {shlex.quote(str(output))} says what it will do"))

"""The command ``locust-ext import-k6``: a k6 script as a configuration of ours, with what differs beside it.

Law: the script is read and never run; nothing is replaced unless that was asked for; what is written passes
``locust-ext check``.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from locust_ext.commands.refusal import fail
from locust_ext.commands.script_files import ScriptFiles
from locust_ext.config.loads import scenarios_of
from locust_ext.config.schema import profile_for, read_config, thresholds_of
from locust_ext.drafts.configuration import ConfigEntry, notes_of, render
from locust_ext.drafts.locustfile import render_locustfile, what_to_finish
from locust_ext.k6.data_feeders import ONCE, DataFeeder
from locust_ext.k6.journeys import lines_file, translate_functions
from locust_ext.k6.script import read_text
from locust_ext.k6.syntax import NOTHING_IMPORTED
from locust_ext.k6.translation import OwnLocustfile, functions_of, judged_metrics, thresholds_told, translate
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.sinks import Kind
from locust_ext.reports.console import plain
from locust_ext.scaffold.placing import obstacles, place
from locust_ext.text.document import MOST_BYTES, parse
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError, Problem

TOO_DEEP = "it is nested too deeply to be read"

SHARED = "k6 lets users share rows; here each row goes to one user at a time, so there must be as many rows as users"

HEADING = "What {name} says to k6, by locust-ext import-k6. Comments say what differs."


def import_k6(file: Path, users: Sequence[str] = ()) -> tuple[str, list[str]]:
    """Return the YAML of a script or of options in JSON, and the notes on it; raises ConfigurationError."""
    names = _user_classes(users)
    try:
        script = read_text(_content(file), str(file), ScriptFiles())
        entries, told = translate(script, names), thresholds_told(script)
    except RecursionError:
        raise _refusal("", TOO_DEEP, file) from None
    return _written(file, entries), [*_told(entries), *([told] if told else [])]


@dataclass(frozen=True)
class Imported:
    """A configuration and its locustfile, the notes on them, and what a person must finish."""

    configuration: str
    locustfile: str
    notes: list[str]
    finish: list[str]


def import_with_locustfile(file: Path, output: Path, locustfile: Path) -> Imported:
    """Return the YAML of a script with a locustfile that does what its functions do; raises ConfigurationError.

    ``output`` and ``locustfile`` are where they will stand.
    """
    if file.suffix.lower() == ".json":
        raise _refusal("--locustfile", "options in JSON say nothing of requests; import the script itself", file)
    text = _content(file)
    words = ("locust-ext", "import-k6", str(file), "-o", str(output), "--locustfile", str(locustfile))
    try:
        files = ScriptFiles()
        script = read_text(text, str(file), files)
        functions, judged = functions_of(script), judged_metrics(script)
        found = translate_functions(text, str(file), functions, shlex.join(words), judged, files)
        feeders = tuple(_feeder(each, file, output) for each in found.feeders)
        entries = translate(script, (), OwnLocustfile(found.classes, feeders, found.host, found.code))
        code = render_locustfile(found.draft)
    except RecursionError:
        raise _refusal("", TOO_DEEP, file) from None
    return Imported(_written(file, entries, found.code.whole), code, _told(entries), what_to_finish(found.draft))


def _feeder(feeder: DataFeeder, file: Path, output: Path) -> ConfigEntry:
    """Return the entry of a feeder; its file is found from where the configuration stands."""
    data = Path(feeder.beside or file).parent / (lines_file(feeder.file) if feeder.is_json else feeder.file)
    options = {"file": Path(os.path.relpath(data, output.parent)).as_posix(), "order": feeder.order, "use": feeder.use}
    return ConfigEntry(feeder.name, {**options, "on_empty": "stop"} if feeder.use == ONCE else options, (SHARED,))


def _written(file: Path, entries: Sequence[ConfigEntry], own: Mapping[str, str] | None = None) -> str:
    """Return the YAML of ``entries``; raises ConfigurationError if it could not be run.

    ``own`` are the metrics that its locustfile declares, with their kinds.
    """
    text = render(entries, [HEADING.format(name=file.name)])
    problems = _unfit(text, own or {})
    if problems:
        found = [Problem(each.path, each.message, source=str(file)) for each in problems]
        raise ConfigurationError(found, f"{NOTHING_IMPORTED}: k6 allows what cannot run here")
    return text


def _unfit(text: str, own: Mapping[str, str]) -> list[Problem]:
    """Return what keeps a configuration from being run: k6 has other limits than we have."""
    document = parse(text, "")
    config, problems = read_config(document)
    _, wrong_loads = scenarios_of(config, None, document, lambda name: profile_for(name, config, document))
    kinds = {name: each.kind for name, each in BUILT_IN.items()} | {name: Kind(own[name].lower()) for name in own}
    _, wrong_thresholds = thresholds_of(config, document, kinds)
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


def _place(texts: Mapping[Path, str], *, force: bool) -> None:
    """Write all files, or none of them."""
    try:
        problems = [problem for path in texts for problem in obstacles(path.parent, [path.name], force=force)]
        if problems:
            raise ConfigurationError(problems, NOTHING_IMPORTED)
    except OSError as error:
        raise _refusal(str(next(iter(texts))), f"cannot be written: {error.strerror or error}") from None
    place(Path(), {str(path): text for path, text in texts.items()})


def _refusal(path: str, message: str, file: Path | None = None) -> ConfigurationError:
    return ConfigurationError([Problem(path, message, source=str(file or ""))], NOTHING_IMPORTED)


@click.command("import-k6")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: print it.")
@click.option("--users", multiple=True, metavar="NAME[,NAME]", help="User classes of all scenarios; default: all.")
@click.option(
    "--locustfile", type=click.Path(path_type=Path), metavar="FILE", help="Write what the script's users do there too."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(file: Path, output: Path | None, users: tuple[str, ...], locustfile: Path | None, *, force: bool) -> None:
    """Write a configuration from a k6 script, or from its options in JSON.

    The script is read, and not run. Where that is not enough, FILE is what `k6 inspect script.js` prints.
    With --locustfile, what its functions do becomes Python, and -o is by default the YAML beside that.
    """
    try:
        if locustfile is not None:
            _import_both(file, output or locustfile.with_suffix(".yml"), locustfile, users, force=force)
            return
        text, notes = import_k6(file, users)
        if output is not None:
            _place({output: text}, force=force)
    except ConfigurationError as error:
        fail(error)
    _say(notes)
    if output is None:
        click.echo(text, nl=False)
    else:
        click.echo(plain(f"{output}: written; locust-ext check {shlex.quote(str(output))} says what it will do"))


def _import_both(file: Path, output: Path, locustfile: Path, users: tuple[str, ...], *, force: bool) -> None:
    if users:
        raise _refusal("--users", "the classes are those of --locustfile, one for each function; leave this out")
    if locustfile.suffix != ".py":
        raise _refusal(
            "--locustfile", f"{quoted(str(locustfile))} is not the name of a locustfile; write it as feed.py"
        )
    if output.absolute() == locustfile.absolute():
        raise _refusal("--locustfile", "it is the file of -o too; name another one")
    found = import_with_locustfile(file, output, locustfile)
    _place({output: found.configuration, locustfile: found.locustfile}, force=force)
    _say(found.notes)
    for each in found.finish:
        click.echo(plain(f"to finish: {each}"), err=True)
    is_beside = output.with_suffix("") == locustfile.with_suffix("") and output.suffix in {".yml", ".yaml"}
    named = shlex.quote(str(locustfile if is_beside else output))
    also = "" if is_beside else f"; run it with -f {shlex.quote(str(locustfile))} --loadtest {named}"
    click.echo(plain(f"{output} and {locustfile}: written; locust-ext check {named} says what they will do{also}"))


def _say(notes: Sequence[str]) -> None:
    for note in notes:
        click.echo(plain(f"note: {note}"), err=True)

"""What somebody asks for beside the configuration: on the command line, or in the form of the web UI.

Law: empty means as configured; a choice is above the file, and is blamed by its own name.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from locust_ext.config.beside import is_ours
from locust_ext.config.edits import Edits
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_NAME, LONGEST_TEXT, excess, quoted
from locust_ext.text.problems import ConfigurationError, Problem

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CommandLine:
    """What the command line or the web UI's form said; empty means: as configured."""

    file: str = ""
    locustfiles: tuple[str, ...] = ()
    shape: str = ""
    shape_params: str = ""
    time_scale: str | float = 1.0
    report_dir: str = ""
    baseline: str = ""
    confirm: bool = False
    summary_export: str = ""
    client: str = ""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the configuration that a script says itself, above those of its file; its thresholds are added."""
    edits: Edits = field(default_factory=Edits)
    """What the fields of the live page say, above all else."""
    named: Mapping[str, str] = field(default_factory=dict)
    """The configurations that locustfiles name themselves, by the whole path of the locustfile."""

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the shape by name; raises ConfigurationError for a text that cannot be read."""
        return {**parse_params(self.shape_params), **self.edits.params}

    @property
    def has_params(self) -> bool:
        """Whether there are parameters of a shape."""
        return bool(self.shape_params.strip() or self.edits.params)

    def with_named(self, named: Mapping[str, str]) -> CommandLine:
        """Return the choices with the configurations that files name in their ``install()``.

        One that is named elsewhere than in a locustfile is that of the whole run, below ``--loadtest``.
        """
        own = {str(Path(locustfile).absolute()) for locustfile in self.locustfiles}
        elsewhere = next((name for file, name in named.items() if file not in own), "")
        return replace(self, file=self.file or elsewhere, named=named)


_BOUNDS: Mapping[str, int] = {
    "file": LONGEST_TEXT,
    "client": LONGEST_NAME,
    "shape": LONGEST_NAME,
    "shape_params": LONGEST_TEXT,
    "time_scale": LONGEST_NAME,
    "report_dir": LONGEST_TEXT,
    "baseline": LONGEST_TEXT,
    "summary_export": LONGEST_TEXT,
}
"""How long the text of each choice may be."""

_OPTIONS = {"file": "--loadtest"}


def within_bounds(command_line: CommandLine) -> tuple[CommandLine, list[Problem]]:
    """Return the choices without texts that are too long for any that are meant, and what is wrong with those."""
    found: dict[str, Problem] = {}
    for name, most in _BOUNDS.items():
        if sentence := excess(str(getattr(command_line, name)), most):
            option = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
            found[name] = Problem(option, sentence)
    rest: dict[str, Any] = {name: 1.0 if name == "time_scale" else "" for name in found}
    return replace(command_line, **rest), list(found.values())


def find_files(command_line: CommandLine) -> list[Path]:
    """Return the configuration: the file that was named, else those of the locustfiles, each once."""
    if command_line.file:
        return [Path(command_line.file)]
    found = [file for locustfile in command_line.locustfiles if (file := find_file(locustfile, command_line.named))]
    return list({file.absolute(): file for file in found}.values())


def find_file(locustfile: str, named: Mapping[str, str] | None = None) -> Path | None:
    """Return the file that a locustfile names in its ``install()``, else the YAML beside it with its stem."""
    if name := (named or {}).get(str(Path(locustfile).absolute())):
        return Path(name)
    beside = (Path(locustfile).with_suffix(suffix) for suffix in (".yml", ".yaml"))
    return next((file for file in beside if file.is_file() and _is_ours(file)), None)


def _is_ours(file: Path) -> bool:
    if is_ours(file):
        return True
    logger.info("%s has no version: and no key of locust_ext, so it is left alone", file)
    return False


def parse_params(text: str) -> dict[str, Any]:
    """Return the parameters in ``"factor=5,hold=30s"`` (commas or spaces); raises ConfigurationError."""
    params: dict[str, Any] = {}
    if sentence := excess(text):
        raise ConfigurationError([Problem("--shape-params", sentence)])
    try:
        words = shlex.split(text.replace(",", " "))
    except ValueError as error:
        raise ConfigurationError([Problem("--shape-params", f"{quoted(text)} cannot be read: {error}")]) from None
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise ConfigurationError(
                [Problem("--shape-params", f"{quoted(word)} is not a parameter; write it as hold=30s")]
            )
        key = key.replace("-", "_")
        if params.get(key, value) != value:
            raise ConfigurationError(
                [Problem(f"--shape-params {key}", f"{quoted(params[key])} and {quoted(value)} are both given")]
            )
        params[key] = value
    return params


def positive(value: str | float, path: str, problems: list[Problem]) -> float:
    """Return the number that is meant, and note it where it is not one above 0."""
    try:
        number = float(value) if "_" not in str(value) else 0.0
    except ValueError:
        number = 0.0
    if not 0 < number <= 1000:  # noqa: PLR2004 far beyond any rehearsal
        problems.append(Problem(path, f"{quoted(value)} must be a number above 0, such as 0.05"))
        return 1.0
    return number

"""What a script, or a file of options in JSON, says of a load test.

Law: a file is read and never run; what it does not say in plain values is named, with its line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field

from locust_ext.k6.constants import Constant, unfold
from locust_ext.k6.expressions import Expressions
from locust_ext.k6.holders import doubts
from locust_ext.k6.keys import with_k6s_keys
from locust_ext.k6.metric_sources import OwnMetric, own_metrics
from locust_ext.k6.modules import Files, Modules, TooManyError
from locust_ext.k6.scopes import Scopes
from locust_ext.k6.syntax import NOTHING_IMPORTED, instead, line_of, meaningful, parse_script
from locust_ext.text.document import Document, Path, dotted
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import ConfigurationError, Problem

HOOKS = ("setup", "teardown", "handleSummary")
"""The functions that k6 calls by their names, beside those that the scenarios name."""


@dataclass(frozen=True)
class ScriptOptions:
    """The options as plain values; by path what only a run could tell, and the variables that others ask for.

    ``metrics`` are those of the script's own, ``hooks`` the functions that it exports, by line.
    """

    options: Document
    unknown: Mapping[Path, str] = field(default_factory=dict)
    asks: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    metrics: Mapping[str, OwnMetric] = field(default_factory=dict)
    hooks: Mapping[str, int] = field(default_factory=dict)

    def unknown_in(self, path: Path) -> dict[Path, str]:
        """Return what only a run could tell, at ``path``, below it, or above it."""
        return {
            each: why for each, why in self.unknown.items() if each[: len(path)] == path or path[: len(each)] == each
        }

    def problem_of(self, path: Path, why: str) -> Problem:
        """Return that only a run could tell what stands at ``path``."""
        way = instead(self.options.source)
        return self.options.problem(path, f"only a run of the script could tell: {why}; write a constant, or {way}")


def read_text(text: str, source: str, files: Files | None = None) -> ScriptOptions:
    """Return what a script says, or options in JSON; raises ConfigurationError if it exports no options.

    What the script imports is read from ``files``.
    """
    is_json = source.lower().endswith(".json") or text.lstrip()[:1] == "{"
    return _read_json(text, source) if is_json else _read_script(text, source, files)


def _read_json(text: str, source: str) -> ScriptOptions:
    """Return options as ``k6 inspect`` writes them, bare or under the key ``options``."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise _refusal(Problem("", f"this is not valid JSON: {error.msg}", error.lineno, source)) from None
    except (ValueError, RecursionError):
        raise _refusal(Problem("", "this is not valid JSON: it holds too much", source=source)) from None
    # JSON is a part of JavaScript, and our reader of that knows the lines.
    root = parse_script(f"({text})", source)
    found = Expressions(Scopes(root)).evaluate(meaningful(meaningful(root)[0])[0])
    inner = found.value.get("options") if isinstance(found.value, dict) else None
    return _said(inner if inner is not None and isinstance(inner.value, dict) else found, source)


def _read_script(text: str, source: str, files: Files | None) -> ScriptOptions:
    modules = Modules(text, source, files)
    expressions = Expressions(modules.main.scopes, modules)
    options = _exported_options(modules, expressions)
    try:
        doubt = next(doubts(modules, expressions), None)
    except TooManyError as error:
        raise _refusal(
            Problem("", f"the script is not read: {error}; {instead(source)}", modules.main.first_import, source)
        ) from None
    if doubt is not None:
        why = f"only a run of the script could tell them: {doubt.why} in this line, and may change; {instead(source)}"
        raise _refusal(Problem("options", why, doubt.line or None, doubt.file))
    scopes = modules.main.scopes
    metrics = own_metrics(scopes, modules.main.imports, expressions)
    found = {name: scopes.exported(name) for name in HOOKS}
    hooks = {name: line_of(each.declared) for name, each in found.items() if each is not None}
    return _said(options, source, metrics, hooks)


def _exported_options(modules: Modules, expressions: Expressions) -> Constant:
    """Return the options that a script exports, itself or out of another file; raises ConfigurationError."""
    source = modules.main.file
    try:
        found = modules.exported(modules.main, "options")
    except ValueError as error:
        why = f"only a run of the script could tell them: {error}; {instead(source)}"
        raise _refusal(Problem("options", why, modules.main.line_of_export("options"), source)) from None
    if found is None:
        message = (
            f"the script exports no options: write 'export const options = {{...}}'; if they come from elsewhere, "
            f"{instead(source)}"
        )
        raise _refusal(Problem("options", message, source=source))
    held = expressions.inside(*found)
    return held if found[0] is modules.main else held.placed(found[0].file)


def _said(
    constant: Constant,
    source: str,
    metrics: Mapping[str, OwnMetric] | None = None,
    hooks: Mapping[str, int] | None = None,
) -> ScriptOptions:
    if constant.is_unknown:
        why = f"only a run of the script could tell them: {constant.value.why}; {instead(source)}"
        raise _refusal(Problem("options", why, constant.line, constant.source or source))
    if not isinstance(constant.value, dict):
        message = "the options must be an object, such as { vus: 10, duration: '30s' }"
        raise _refusal(Problem("options", message, constant.line or None, constant.source or source))
    folded, doubled = with_k6s_keys(constant)
    if doubled:
        raise ConfigurationError(
            [Problem(dotted(path), why, line, file or source) for path, why, line, file in doubled], NOTHING_IMPORTED
        )
    found = unfold(folded)
    document = Document(source, found.values, found.lines, found.sources)
    return ScriptOptions(document, found.unknown, found.asks, metrics or {}, hooks or {})


def _refusal(problem: Problem) -> ConfigurationError:
    return ConfigurationError([problem], NOTHING_IMPORTED)

"""The names of k6's options, which k6 reads in any case of their letters: ``VUS`` is ``vus``.

Law: pure; names that a script chooses, of scenarios, thresholds, tags and variables, stay as they are. Two spellings of
one name are a mistake, since k6 takes one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from locust_ext.k6.constants import Constant
from locust_ext.k6.options import EXECUTORS, RampStage, Shortcuts, Threshold
from locust_ext.k6.unsupported import OPTIONS
from locust_ext.text.document import Path
from locust_ext.text.lengths import quoted

Doubled = tuple[Path, str, int, str]
"""A path, what is wrong there, its line and its file."""


def _folded(name: str) -> str:
    """Return a name as Go's JSON compares it: letter by letter."""
    return "".join(each if len(each) == 1 else sign for sign in name for each in [sign.casefold()])


def _by_fold(*names: str) -> Mapping[str, str]:
    return {_folded(name): name for name in names}


_TOP = _by_fold(*OPTIONS, *Shortcuts.model_fields, "scenarios", "tags", "thresholds")
_SCENARIO = _by_fold(*(name for model in EXECUTORS.values() for name in model.model_fields))
_STAGE = _by_fold(*RampStage.model_fields)
_THRESHOLD = _by_fold(*Threshold.model_fields)


def with_k6s_keys(options: Constant) -> tuple[Constant, list[Doubled]]:
    """Return options with k6's own spelling of their names, and where one stands twice."""
    doubled: list[Doubled] = []
    found = _respelled(options, _TOP, (), doubled)
    for key, inner in found.value.items():
        if key == "stages":
            found.value[key] = _each(inner, _STAGE, (key,), doubled)
        elif key == "scenarios" and isinstance(inner.value, dict):
            scenarios = {name: _scenario(each, (key, name), doubled) for name, each in inner.value.items()}
            found.value[key] = replace(inner, value=scenarios)
        elif key == "thresholds" and isinstance(inner.value, dict):
            thresholds = {name: _threshold(each, (key, name), doubled) for name, each in inner.value.items()}
            found.value[key] = replace(inner, value=thresholds)
    return found, doubled


def _scenario(scenario: Constant, path: Path, doubled: list[Doubled]) -> Constant:
    found = _respelled(scenario, _SCENARIO, path, doubled)
    if isinstance(found.value, dict) and "stages" in found.value:
        found.value["stages"] = _each(found.value["stages"], _STAGE, (*path, "stages"), doubled)
    return found


def _threshold(threshold: Constant, path: Path, doubled: list[Doubled]) -> Constant:
    one = _respelled(threshold, _THRESHOLD, path, doubled)
    return _each(one, _THRESHOLD, path, doubled)


def _each(items: Constant, names: Mapping[str, str], path: Path, doubled: list[Doubled]) -> Constant:
    if not isinstance(items.value, tuple):
        return items
    value = tuple(_respelled(each, names, (*path, index), doubled) for index, each in enumerate(items.value))
    return replace(items, value=value)


def _respelled(record: Constant, names: Mapping[str, str], path: Path, doubled: list[Doubled]) -> Constant:
    if not isinstance(record.value, dict):
        return record
    found: dict[str, Constant] = {}
    for key, each in record.value.items():
        known = names.get(_folded(key), key)
        if known in found:
            why = f"{quoted(key)} is {quoted(known)} to k6, and stands twice; take one out"
            doubled.append(((*path, known), why, each.line, each.source))
        found[known] = each
    return replace(record, value=found)

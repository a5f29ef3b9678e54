"""The steps of a journey as the statements of a function: requests, pauses, groups, and what is left to do.

Law: pure; every step leaves a line, in its place. A value that an answer does not have ends the iteration with a failed
request, never with a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locust_ext.drafts.journey import (
    AtOnce,
    Captured,
    Check,
    Column,
    Drawing,
    Env,
    Group,
    Pause,
    Request,
    Step,
    Template,
    Unfinished,
    walk,
)
from locust_ext.drafts.module_scope import Headers, ModuleScope, references_in, references_in_steps
from locust_ext.drafts.python_names import Names
from locust_ext.drafts.python_text import (
    INDENT,
    Bracket,
    Item,
    Lambda,
    Node,
    Text,
    call,
    comment,
    dictionary,
    lay,
    source_lines,
    string,
)
from locust_ext.drafts.python_values import Values
from locust_ext.drafts.request_call import request_call

MARK = "TODO"
"""How a comment begins that a person must go through."""

JSON_VALUE, AT_ONCE = "json_value", "at_once"
"""Functions at the top of the file."""


class StepsWriter:
    """Writes the statements of one function.

    ``rows`` say by feeder where the row is that the user holds; ``attributes`` where values are kept that outlive the
    function; ``common`` are headers that each request must be given.
    """

    def __init__(
        self,
        module: ModuleScope,
        names: Names,
        rows: Mapping[str, str],
        attributes: Mapping[str, str],
        common: Headers = (),
        *,
        ends: bool = True,
    ) -> None:
        self._module, self._names, self._rows, self._common, self._ends = module, names, rows, common, ends
        self._attributes = attributes
        self._locals: dict[str, str] = {}
        self._values = Values(self._named, names.variable, module.modules, module.members)
        self._wanted: set[str] = set()
        self._always = [each for _, text in common for each in text.references]
        """What each request refers to."""

    def lines(self, steps: Sequence[Step], indent: str) -> list[str]:
        """Return the statements of ``steps``."""
        used = [*references_in_steps(steps), *self._always]
        self._wanted = {each.name for each in used if isinstance(each, Captured)}
        for name in self._early(steps):
            self._locals[name] = self._names.variable(name)
            self._module.members.add(("typing", "Any"))
        found = [f"{indent}{name}: Any = None" for name in self._locals.values()]
        written = self._steps(steps, indent)
        return [*found, *([""] if found and _stands_apart(written) else []), *written]

    def _early(self, steps: Sequence[Step]) -> list[str]:
        """Return values that are used before they are captured, or captured beside others: they need a beginning."""
        captured: set[str] = set()
        found: list[str] = []
        for step in walk(steps):
            if isinstance(step, AtOnce):
                found += [each.name for one in step.requests for each in one.captures if each.name in self._wanted]
            elif isinstance(step, Drawing):
                captured.add(step.name)
            elif isinstance(step, Request):
                used = [*references_in(step), *self._always]
                found += [each.name for each in used if isinstance(each, Captured) and each.name not in captured]
                captured |= {each.name for each in step.captures}
        return [name for name in dict.fromkeys(found) if name not in self._attributes]

    def _steps(self, steps: Sequence[Step], indent: str) -> list[str]:
        lines: list[str] = []
        for at, step in enumerate(steps):
            written = self._step(step, indent)
            if (
                lines
                and lines[-1]
                and (isinstance(steps[at - 1], Group) or _stands_apart(written) or lines[-1].lstrip().startswith("#"))
            ):
                lines.append("")
            lines += written
        return lines

    def _step(self, step: Step, indent: str) -> list[str]:
        match step:
            case Request():
                return [*self._notes(step, indent), *self._request(step, indent)]
            case AtOnce():
                return self._at_once(step, indent)
            case Pause():
                return [indent + self._pause(step)]
            case Drawing():
                return self._drawing(step, indent)
            case Group():
                return [*comment(f"Group: {step.name}", indent), *self._steps(step.steps, indent)]
            case Unfinished():
                place = f"{step.file}: " if step.file else ""
                return [*comment(f"{MARK}: {place}{step.why}", indent), *source_lines(step.source, step.line, indent)]

    def _notes(self, request: Request, indent: str) -> list[str]:
        return [line for note in request.notes for line in comment(note, indent)]

    def _drawing(self, step: Drawing, indent: str) -> list[str]:
        """Return the line that draws a value, if somebody wants it."""
        if step.name not in self._wanted:
            return []
        value = self._values.value(step.value)
        return [
            *(indent + line for line in self._values.above()),
            *lay(value, indent, f"{self._named(Captured(step.name))} = "),
        ]

    def _pause(self, pause: Pause) -> str:
        self._module.modules.add("time")
        if pause.most is None:
            return f"time.sleep({number(pause.seconds)})"
        self._module.modules.add("random")
        return f"time.sleep(random.uniform({number(pause.seconds)}, {number(pause.most)}))"

    def _request(self, request: Request, indent: str, *, ends: bool = True) -> list[str]:
        is_judged = bool(request.checks or request.captures or request.expected or request.samples)
        node = request_call(request, self._values, self._common, caught=is_judged)
        block = self._judgement(request, indent + INDENT) if is_judged else []
        above = [indent + line for line in self._values.above()]
        if not is_judged:
            return [*above, *lay(node, indent)]
        if not any("response" in line for line in block):  # what is added to a metric is the same for all
            plain = request_call(request, self._values, self._common, caught=False)
            self._values.above()
            return [*above, *lay(plain, indent), *self._judgement(request, indent)]
        lines = [*above, *lay(node, indent, "with ", " as response:"), *block]
        kept = [self._named(Captured(each.name)) for each in request.captures if each.name in self._wanted]
        if kept and ends and self._ends:
            several = Bracket("(", tuple(Item("", Text(name)) for name in kept), ")")
            missing = lay(several, indent, "if None in ", ":")
            lines += [f"{indent}if {kept[0]} is None:"] if len(kept) == 1 else missing
            lines.append(f"{indent}{INDENT}return")
        return lines

    def _judgement(self, request: Request, indent: str) -> list[str]:
        """Return what is done with an answer."""
        lines: list[str] = []
        if request.expected:
            is_fine = f"== {request.expected[0]}"
            if len(request.expected) > 1:
                is_fine = f"in {{{', '.join(map(str, request.expected))}}}"
            lines += [f"{indent}if response.status_code {is_fine}:", f"{indent}{INDENT}response.success()"]
        for checks in _together(request.checks):
            conditions = dictionary((each.name, Lambda(each.condition)) for each in checks)
            lines += lay(call("locust_ext.check", Text("response"), conditions, *self._tags(checks[0].tags)), indent)
        for sample in request.samples:
            metric = self._module.metrics[sample.kind, sample.metric]
            lines += lay(call(f"{metric}.add", Text(sample.value), *self._tags(sample.tags)), indent)
        for capture in request.captures:
            self._module.helpers.add(JSON_VALUE)
            path = [string(key) if isinstance(key, str) else Text(str(key)) for key in capture.path]
            taken = call(JSON_VALUE, Text("response"), *path)
            is_wanted = capture.name in self._wanted or capture.name in self._attributes
            lines += lay(taken, indent, f"{self._named(Captured(capture.name))} = " if is_wanted else "")
        return lines

    def _tags(self, tags: Mapping[str, Template]) -> list[Node]:
        return [dictionary((name, self._values.text(value)) for name, value in tags.items())] if tags else []

    def _at_once(self, step: AtOnce, indent: str) -> list[str]:
        if len(step.requests) == 1:
            return self._step(step.requests[0], indent)
        lines, functions = list[str](), list[str]()
        for number_, request in enumerate(step.requests, 1):
            functions.append(self._names.variable(f"request {number_}", "request"))
            lines += ["", *self._notes(request, indent), f"{indent}def {functions[-1]}() -> None:"]
            names = [self._locals[each.name] for each in request.captures if each.name in self._locals]
            lines += [f"{indent}{INDENT}nonlocal {', '.join(names)}"] if names else []
            lines += self._request(request, indent + INDENT, ends=False)
        self._module.helpers.add(AT_ONCE)
        return [*lines[1:], "", *lay(call(AT_ONCE, *map(Text, functions)), indent)] if functions else []

    def _named(self, reference: Env | Column | Captured) -> str:
        if isinstance(reference, Env):
            return self._module.variables[reference]
        if isinstance(reference, Column):
            return self._rows[reference.feeder]
        if reference.name in self._attributes:
            return self._attributes[reference.name]
        if reference.name not in self._locals:
            self._locals[reference.name] = self._names.variable(reference.name)
        return self._locals[reference.name]


def _stands_apart(lines: Sequence[str]) -> bool:
    """Tell whether a blank line stands before these."""
    return bool(lines) and lines[0].lstrip().startswith(("#", "def "))


def _together(checks: Sequence[Check]) -> list[list[Check]]:
    """Return checks in groups that can be made by one call: with the same tags, and no name twice."""
    groups: list[list[Check]] = []
    for check in checks:
        group = groups[-1] if groups else []
        if not group or group[0].tags != check.tags or check.name in {each.name for each in group}:
            groups.append([])
        groups[-1].append(check)
    return groups


def number(value: float) -> str:
    """Return a number as it is written by hand: 1 for 1.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))

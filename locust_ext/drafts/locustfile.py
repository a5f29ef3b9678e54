"""A locustfile out of journeys: what the users of each class do, as Python that a team goes on with.

Law: pure; what is written compiles, and holds every text of the draft as it was given. What could not be translated
stands where it belongs as a comment, and what a person must do stands at the top.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from locust_ext.drafts.journey import Journey, LocustfileDraft, Unfinished, walk
from locust_ext.drafts.journey_class import ClassWriter
from locust_ext.drafts.journey_steps import AT_ONCE, JSON_VALUE, MARK
from locust_ext.drafts.module_scope import ModuleScope
from locust_ext.drafts.python_names import Names
from locust_ext.drafts.python_text import Bracket, Item, call, dictionary, docstring, lay, string
from locust_ext.drafts.python_values import Values
from locust_ext.text.problems import EXIT_CODE

NEED_VARIABLES, NEEDED = "need_variables", "NEEDED_VARIABLES"

_TAKEN = frozenset(
    {
        *("json", "math", "os", "random", "sys", "time", "gevent", "locust_ext"),
        *("Any", "Callable", "FastHttpUser", "Pool", "between", "constant", "events", "task", "urlencode"),
        *(AT_ONCE, JSON_VALUE, NEED_VARIABLES, NEEDED, "r", "response", "self"),
    }
)
"""Names that mean something wherever they are used in the file."""

_UNTYPED = frozenset({"gevent.pool"})
"""Modules of which type checkers know nothing."""


def render_locustfile(draft: LocustfileDraft) -> str:
    """Return the text of the locustfile."""
    names = Names(_TAKEN)
    classes = _classes(draft.journeys, names)
    module = ModuleScope(names)
    for journey, _ in classes:
        module.read(journey)
        module.members |= {("locust", "FastHttpUser"), ("locust", "task")}
    written = [["", "", *ClassWriter(journey, name, module).lines()] for journey, name in classes]
    constants, helpers = list(_constants(module)), list(_helpers(module))
    lines = [
        *_about(draft, module),
        "",
        *_imports(module),
        "",
        "locust_ext.install()",
        *([""] if constants else []),
        *constants,
        *helpers,
        *(line for one in written for line in one),
    ]
    return "\n".join(lines) + "\n"


def class_names(journeys: Sequence[Journey]) -> list[str]:
    """Return how the user class of each journey is called in what is written."""
    return [name for _, name in _classes(journeys, Names(_TAKEN))]


def _classes(journeys: Sequence[Journey], names: Names) -> list[tuple[Journey, str]]:
    return [(journey, names.class_(journey.name)) for journey in journeys]


def what_to_finish(draft: LocustfileDraft) -> list[str]:
    """Return what a person must do before the locustfile does all that its source did."""
    module = ModuleScope(Names(_TAKEN))
    for journey in draft.journeys:
        module.read(journey)
    return _finish(draft, module)


def _finish(draft: LocustfileDraft, module: ModuleScope) -> list[str]:
    steps = [step for journey in draft.journeys for step in walk((*journey.on_start, *journey.steps))]
    unfinished = sum(isinstance(step, Unfinished) for step in steps)
    finish = list(draft.finish)
    if unfinished:
        what = "one comment that begins" if unfinished == 1 else f"{unfinished} comments that begin"
        finish.insert(0, f"go through the {what} with {MARK}: there stands what was not translated")
    if needed := _needed(module):
        finish.append(f"set {', '.join(needed)} in the environment; a run without ends before its first request")
    return finish


def _about(draft: LocustfileDraft, module: ModuleScope) -> Iterator[str]:
    """Yield the docstring of the file; what a person must do comes first."""
    finish = _finish(draft, module)
    yield from docstring(
        [
            f"What the users of {draft.source} do.",
            *(["To finish:", *(f"- {each}" for each in finish)] if finish else []),
            *(["To know:", *(f"- {each}" for each in draft.notes)] if draft.notes else []),
            f"Written by `{draft.command}`. The file is yours: change what you like.",
        ],
        "",
    )


def _needed(module: ModuleScope) -> list[str]:
    """Return the variables without which a run cannot begin."""
    return list(dict.fromkeys(env.name for env in module.variables if env.default is None))


def _imports(module: ModuleScope) -> Iterator[str]:
    """Yield the imports, in the order in which formatters put them."""
    members = module.members
    modules = {name: sorted((each for at, each in members if at == name), key=_order) for name, _ in members}
    standard = [name for name in modules if name not in {"locust", *_UNTYPED}]
    first = [f"import {name}" for name in sorted(module.modules)]
    first += [f"from {name} import {', '.join(modules[name])}" for name in sorted(standard)]
    yield from first
    yield from [""] if first else []
    yield "import locust_ext"
    for name in sorted(_UNTYPED & modules.keys()):
        yield f"from {name} import {', '.join(modules[name])}  # type: ignore[import-untyped, unused-ignore]"
    if "locust" in modules:
        yield f"from locust import {', '.join(modules['locust'])}"


def _order(name: str) -> tuple[bool, str]:
    return name[0].islower(), name


def _constants(module: ModuleScope) -> Iterator[str]:
    """Yield what stands at the top: feeders, variables of the environment, metrics, headers."""
    for feeder, name in module.feeders.items():
        yield from lay(call("locust_ext.Feeder", string(feeder)), "", f"{name} = ")
    for env, name in module.variables.items():
        yield from lay(call("os.environ.get", string(env.name), string(env.default or "")), "", f"{name} = ")
    for (kind, metric), name in module.metrics.items():
        yield from lay(call(f"locust_ext.{kind}", string(metric)), "", f"{name} = ")
    values = Values(module.variable, str, module.modules, module.members)
    for headers, name in module.headers.items():
        yield from lay(dictionary((key, values.text(value)) for key, value in headers), "", f"{name} = ")
    if needed := _needed(module):
        module.modules |= {"os", "sys"}
        module.members.add(("locust", "events"))
        listed = tuple(Item("", string(name)) for name in needed)
        yield from lay(Bracket("[", listed, "]"), "", f"{NEEDED} = ")


def _helpers(module: ModuleScope) -> Iterator[str]:
    """Yield the functions that the classes need."""
    if _needed(module):
        yield from ["", "", *_NEED_VARIABLES]
    if JSON_VALUE in module.helpers:
        module.members.add(("typing", "Any"))
        yield from ["", "", *_JSON_VALUE]
    if AT_ONCE in module.helpers:
        module.members |= {("collections.abc", "Callable"), ("gevent.pool", "Pool")}
        yield from ["", "", *_AT_ONCE]


_NEED_VARIABLES = f'''
def {NEED_VARIABLES}(**_: object) -> None:
    """End before a run begins where a variable of the environment is missing."""
    missing = [name for name in {NEEDED} if not os.environ.get(name)]
    if missing and not {{"-l", "--list", "--show-task-ratio", "--show-task-ratio-json"}}.intersection(sys.argv):
        sys.stderr.write(f"{{__file__}}: set {{', '.join(missing)}} in the environment, and run it again\\n")
        sys.exit({EXIT_CODE})


events.init_command_line_parser.add_listener({NEED_VARIABLES})  # type: ignore[no-untyped-call, unused-ignore]
'''.strip().split("\n")

_JSON_VALUE = f'''
def {JSON_VALUE}(response: Any, *path: str | int) -> Any:
    """Return what stands at ``path`` in an answer's JSON; where nothing does, its request counts as failed."""
    try:
        value = response.json()
        for key in path:
            value = value[key]
    except (LookupError, TypeError, ValueError):
        value = None
    if value is None and response.status_code:
        response.failure(f"status {{response.status_code}}: its JSON has nothing at {{list(path)}}")
    return value
'''.strip().split("\n")

_AT_ONCE = f'''
def {AT_ONCE}(*requests: Callable[[], None]) -> None:
    """Send requests at the same time, and wait for all of them."""
    pool = Pool(len(requests))
    try:
        for request in requests:
            pool.spawn(request)
        pool.join(raise_error=True)
    finally:
        pool.kill()
'''.strip().split("\n")

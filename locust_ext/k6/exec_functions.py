"""The functions that scenarios run, as steps: requests, checks, pauses and groups, in their order.

Law: a statement is translated whole, or it is an Unfinished step with its lines; nothing is lost in silence, and what
only some iterations do is never done by all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from tree_sitter import Node

from locust_ext.drafts.journey import Captured, Check, Code, Drawing, Template, Unfinished
from locust_ext.k6.answers import (
    Answer,
    Answers,
    HeldRow,
    Known,
    Lost,
    Meaning,
    Named,
    Raw,
    Sending,
    Together,
    UntranslatableError,
)
from locust_ext.k6.calls import called_function
from locust_ext.k6.chance import decided, draws
from locust_ext.k6.check_conditions import Conditions
from locust_ext.k6.literals import is_truthy
from locust_ext.k6.metric_sources import OwnMetric
from locust_ext.k6.own_functions import OwnFunctions, is_left_alone, lines_of, may_leave, why_not
from locust_ext.k6.pauses import pause_of
from locust_ext.k6.request_calls import RequestCalls
from locust_ext.k6.samples import Samples
from locust_ext.k6.syntax import FUNCTIONS, line_of, meaningful, part, text_of, unwrapped
from locust_ext.k6.texts import Texts

MOST_CALLS = 8
"""Functions of the script's own that may call each other."""

MOST_STEPS = 2000
"""Steps of one function, with those of the functions that it calls."""

_UNFOLLOWED = "it sends requests, or does something else, in a way that is not followed here"
_ENDING = "; it may end here, and what follows stands as if it did not"

_QUIET = frozenset({"import_statement", "empty_statement", "comment", "function_declaration", "class_declaration"})


class ExecFunctions:
    """Translates functions of one script; ``metrics`` are its own, by name, and of ``needed`` all samples are kept."""

    def __init__(self, texts: Texts, metrics: Mapping[str, OwnMetric], needed: Collection[str] = ()) -> None:
        self._texts, self._calls = texts, RequestCalls(texts)
        self.samples = Samples(texts, {name: metric for name, metric in metrics.items() if name not in needed})
        self._conditions = Conditions(texts)
        self._under_way: list[Node] = []
        self._steps: list[Raw] = []
        self._count = 0
        self._leaving = ""
        """The type of the statement by which the function, or the iteration, was left."""
        self._value: Node | None = None
        """What the function that was read last returns."""
        self._own = OwnFunctions(texts, self._calls)

    def steps(self, function: Node) -> list[Raw]:
        """Return what a function does."""
        self._count, self._leaving = 0, ""
        self._texts.meanings.clear()  # each function has users of its own
        return self._inside(function)

    def _inside(self, function: Node) -> list[Raw]:
        outer, self._steps, self._value = self._steps, [], None
        self._under_way.append(function)
        try:
            body = part(function, "body")
            if body is not None and body.type == "statement_block":
                self._statements(meaningful(body))
            elif body is not None:
                self._statement(body)
            return self._steps
        finally:
            self._steps = outer
            self._under_way.pop()
            if self._leaving == "return_statement":
                self._leaving = ""

    def _statements(self, statements: list[Node]) -> None:
        for statement in statements:
            self._statement(statement)
            if self._leaving:
                return

    def _statement(self, node: Node) -> None:
        if node.type in _QUIET:
            return
        self._count += 1
        if self._count > MOST_STEPS:
            if self._count == MOST_STEPS + 1:
                self._leave(node, f"there are more than {MOST_STEPS:,} statements; here stands the first of the rest")
            return
        before, undone, known = len(self._steps), len(self._texts.undo), dict(self._texts.meanings)
        try:
            reader = self._STATEMENTS.get(node.type)
            if reader is not None:
                reader(self, node)
            else:
                self._expression(node)
        except UntranslatableError as error:
            del self._steps[before:]
            while len(self._texts.undo) > undone:
                self._texts.undo.pop()()
            for binding, meaning in self._texts.meanings.items():
                if known.get(binding) is not meaning:
                    self._texts.meanings[binding] = Lost(f"{binding.name:.60} is of a line that is not translated")
            self._leave(node, f"{error}{_ENDING if node.type != 'throw_statement' and may_leave(node) else ''}")
        if node.type in {"return_statement", "throw_statement"}:
            self._leaving = node.type

    @property
    def _last(self) -> Sending | None:
        return next((each for each in reversed(self._steps) if isinstance(each, Sending)), None)

    def _leave(self, node: Node, why: str) -> None:
        """Leave a statement to a person; what it changes is not known from here on."""
        for each in self._own.reached(node):
            self.samples.lose(each)
        self._forget(node)
        self._steps.append(Unfinished(lines_of(node), line_of(node), why, self._texts.names.file_of(node)))

    def _forget(self, node: Node) -> None:
        """Take what a statement, and the functions that it calls, may change for unknown."""
        for binding, line in self._own.changed_within(node):
            self._texts.meanings[binding] = Lost(f"{binding.name:.60} is changed in line {line}")

    def _block(self, node: Node) -> None:
        self._statements(meaningful(node))

    def _if(self, node: Node) -> None:
        condition = self._texts.expressions.worth(part(node, "condition"))
        if condition.is_unknown or condition.asks:
            raise UntranslatableError("only some iterations do this: it depends on a condition")
        chosen = part(node, "consequence" if is_truthy(condition.value) else "alternative")
        if chosen is not None and chosen.type == "else_clause":
            chosen = next(iter(meaningful(chosen)), None)
        if chosen is not None:
            self._statement(chosen)

    def _loop(self, _: Node) -> None:
        raise UntranslatableError("it is a loop")

    def _return(self, node: Node) -> None:
        value = self._value = unwrapped(next(iter(meaningful(node)), None))
        if value is None or self._sent_within(value) is not None:
            return
        if value.type == "call_expression" and self._texts.meaning(value) is None:
            self._expression(value)
        elif self._own.is_lost(value):
            raise UntranslatableError(_UNFOLLOWED)

    def _declaration(self, node: Node) -> None:
        for declarator in (each for each in meaningful(node) if each.type == "variable_declarator"):
            self._declared(part(declarator, "name"), part(declarator, "value"))

    def _declared(self, name: Node | None, value: Node | None) -> None:
        inner = unwrapped(value)
        if name is None or inner is None:
            return
        meaning = self._sent(inner) or self._sent_within(inner)
        if meaning is not None:
            self._mean(name, meaning)
        elif name.type == "array_pattern" and inner.type == "call_expression":
            raise UntranslatableError("several values of a call are taken")
        elif inner.type not in FUNCTIONS:
            self._worked_out(name, inner)

    def _worked_out(self, name: Node, value: Node) -> None:
        """Read what a variable is worth that is not an answer; what is done on the way is done."""
        binding = self._texts.names.meant(name) if name.type == "identifier" else None
        if value.type == "call_expression" and self._own.k6(part(value, "function")) in self._KNOWN:
            self._expression(value)
            if binding is not None:
                self._texts.meanings[binding] = Lost(
                    f"{binding.name:.60} is what {text_of(part(value, 'function'))} returns"
                )
        elif self._own.is_lost(value):
            is_foreign = value.type == "call_expression" and self._own.reaches_out(value)
            raise UntranslatableError(why_not(text_of(part(value, "function"))) if is_foreign else _UNFOLLOWED)
        else:
            self._forget(value)
            is_again = binding in self._texts.meanings  # it is declared twice, or its function is called again
            if binding is not None and (is_again or draws(value, self._texts.names)):
                self._texts.meanings[binding] = self._drawn(value, binding.name)

    def _drawn(self, value: Node, name: str) -> Meaning:
        """Return a value that is drawn here, once."""
        try:
            return Known(decided(self._texts.value(value), name, self._draw))
        except UntranslatableError as error:
            return Lost(str(error))

    def _draw(self, name: str, value: Code | Template) -> Captured:
        made = self._texts.fresh(name)
        self._steps.append(Drawing(made, value))
        return Captured(made)

    def _mean(self, name: Node, meaning: Answer | Answers) -> None:
        if name.type == "array_pattern" and isinstance(meaning, Answers):
            for at, each in enumerate(meaningful(name)):
                binding = self._texts.names.meant(each) if each.type == "identifier" else None
                if binding is not None and at in meaning.by_key:
                    self._texts.meanings[binding] = Answer(meaning.by_key[at])
            return
        binding = self._texts.names.meant(name) if name.type == "identifier" else None
        if binding is None:
            raise UntranslatableError("an answer is taken apart")
        self._texts.meanings[binding] = meaning

    def _sent(self, node: Node) -> Answer | Answers | None:
        """Return the answer of a call that sends requests, which are steps then; None if it is none."""
        if self._calls.is_request(node):
            sending = Sending(self._calls.request(node))
            self._steps.append(sending)
            return Answer(sending)
        if self._calls.function(node) == "batch":
            return self._batch(node)
        if node.type == "call_expression" and text_of(part(node, "function")) == "Promise.all":
            return self._promises(node)
        return self._own_function(node)

    def _batch(self, node: Node) -> Answers:
        given = unwrapped(next(iter(meaningful(part(node, "arguments") or node)), None))
        meant = self._texts.meaning(given) if given is not None and given.type == "identifier" else None
        given = unwrapped(meant) if isinstance(meant, Node) else given
        if given is not None and given.type == "array":
            items: Mapping[str | int, Node] = dict(enumerate(meaningful(given)))
        else:
            items = {key: each for key, each in self._texts.fields(given).items()}  # noqa: C416 a dict of other keys
        sendings = {key: Sending(self._calls.of_batch(each)) for key, each in items.items()}
        self._steps.append(Together(list(sendings.values())))
        return Answers(sendings)

    def _promises(self, node: Node) -> Answers:
        given = unwrapped(next(iter(meaningful(part(node, "arguments") or node)), None))
        items = meaningful(given) if given is not None and given.type == "array" else []
        if not items or not all(self._calls.is_request(each) for each in items):
            raise UntranslatableError("it waits for what is not followed here")
        sendings = {at: Sending(self._calls.request(each)) for at, each in enumerate(items)}
        self._steps.append(Together(list(sendings.values())))
        return Answers({at: each for at, each in sendings.items()})  # noqa: C416 as above

    def _own_function(self, node: Node) -> Answer | Answers | None:
        """Return what a function of the script's own returns, whose steps stand here then."""
        function = self._own.called_by(node)
        if function is None or not self._own.may_do(function):
            return None
        if is_left_alone(node, function):
            raise UntranslatableError("nobody waits for it")
        if function in self._under_way or len(self._under_way) >= MOST_CALLS:
            raise UntranslatableError("functions that call each other are not followed so deep")
        self._hand_over(function, meaningful(part(node, "arguments") or node))
        found = self._inside(function)
        self._steps += found
        return self._result(function)

    def _hand_over(self, function: Node, given: list[Node]) -> None:
        parameters = part(function, "parameters")
        names = meaningful(parameters) if parameters is not None else [part(function, "parameter")]
        for at, name in enumerate(names):
            plain = part(name, "pattern") if name is not None and name.type.endswith("_parameter") else name
            binding = self._texts.names.meant(plain) if plain is not None and plain.type == "identifier" else None
            if binding is None:
                if plain is not None:
                    raise UntranslatableError("its parameters are not plain names")
                continue
            if at >= len(given):
                raise UntranslatableError(f"{binding.name} is not given")
            self._texts.meanings[binding] = self._argument(given[at], binding.name)
        if any(self._own.may_do(each) for each in given[len(names) :]):
            raise UntranslatableError(_UNFOLLOWED)

    def _argument(self, node: Node, name: str) -> Meaning | Node:
        """Return what is given to a function, as it is when it is called."""
        inner = unwrapped(node) or node
        self._texts.secrets.note(inner, name)
        sent = self._sent(inner) or self._sent_within(inner)
        if sent is not None:
            return sent
        if inner.type not in FUNCTIONS and not self._own.is_named(inner) and self._own.is_lost(inner):
            raise UntranslatableError(_UNFOLLOWED)
        meaning = self._texts.meaning(inner)
        if isinstance(meaning, (Answer, Answers, HeldRow, Known)):
            return meaning
        return self._drawn(inner, name) if draws(inner, self._texts.names) else inner

    def _result(self, function: Node) -> Answer | Answers | None:
        body = part(function, "body")
        value = self._value if body is not None and body.type == "statement_block" else None
        if value is None:
            return None
        if self._calls.is_request(value):
            return Answer(self._last) if self._last is not None else None
        meaning = self._texts.meaning(value)
        return meaning if isinstance(meaning, (Answer, Answers)) else None

    def _expression(self, node: Node) -> None:
        node = unwrapped(next(iter(meaningful(node)), None) if node.type == "expression_statement" else node) or node
        if node.type == "assignment_expression":
            self._assigned(node)
            return
        if node.type != "call_expression":
            if node.type in {"string", "identifier", "number"}:
                return
            raise UntranslatableError("it is not followed here")
        called, given = part(node, "function"), meaningful(part(node, "arguments") or node)
        function = self._KNOWN.get(self._own.k6(called))
        if function is not None:
            function(self, given)
        elif not self.samples.take(node, given, self._last):
            known = len(self._steps)
            if self._sent(node) is None and len(self._steps) == known and not self._own.is_done(node):
                raise UntranslatableError(self._texts.names.why_missing(called) or why_not(text_of(called)))

    def _assigned(self, node: Node) -> None:
        """Give a variable another value from here on."""
        name, value = part(node, "left"), unwrapped(part(node, "right"))
        binding = self._texts.names.meant(name) if name is not None and name.type == "identifier" else None
        if binding is None or value is None or name is None:
            raise UntranslatableError("it changes a part of something")
        sent = self._sent(value) or self._sent_within(value)
        if sent is None and self._own.is_lost(value):
            raise UntranslatableError(_UNFOLLOWED)
        meaning = sent or self._texts.meaning(value)
        if not isinstance(meaning, (Answer, Answers, HeldRow)):
            meaning = Known(decided(self._texts.value(value), text_of(name), self._draw))
        self._texts.meanings[binding] = meaning

    def _sent_within(self, node: Node) -> Answer | Answers | None:
        """Return the answer of a request at which a chain such as ``http.get(url).json("id")`` begins, and its part."""
        inner: Node | None = node
        while inner is not None and not self._calls.is_request(inner):
            field = {"call_expression": "function", "member_expression": "object", "subscript_expression": "object"}
            inner = unwrapped(part(inner, field[inner.type])) if inner.type in field else None
        if inner is None or inner == node:
            return None
        sending = Sending(self._calls.request(inner))
        self._steps.append(sending)
        self._texts.sent[inner.id] = Answer(sending)
        meaning = self._texts.meaning(node)
        if not isinstance(meaning, (Answer, Answers)):
            raise UntranslatableError("what is taken from the answer is not a value of its JSON")
        return meaning

    def _sleep(self, given: list[Node]) -> None:
        self._steps.append(pause_of(given[0] if given else None, self._texts))

    def _group(self, given: list[Node]) -> None:
        function = unwrapped(given[1]) if len(given) > 1 else None
        if function is not None and function.type == "identifier":
            binding = self._texts.names.meant(function)
            function = called_function(binding) if binding is not None else None
        if function is None or function.type not in FUNCTIONS or function in self._under_way:
            raise UntranslatableError("what the group does is not a function that can be read here")
        self._steps.append(Named(self._texts.text(given[0]), self._inside(function)))

    def _check(self, given: list[Node]) -> None:
        """Note the conditions of ``check(res, {...}, tags)`` with the request whose answer they are about."""
        if not given:
            raise UntranslatableError("it checks nothing")
        meaning = self._texts.meaning(given[0]) or self._sent(unwrapped(given[0]) or given[0])
        if not isinstance(meaning, Answer):
            raise UntranslatableError("what is checked is not an answer")
        tags = self._texts.templates(next(iter(given[2:]), None))
        for key, value in self._texts.fields(given[1] if len(given) > 1 else None).items():
            try:
                meaning.sending.checks.append(Check(key, self._condition(value, meaning), tags))
                self._texts.undo.append(meaning.sending.checks.pop)
            except UntranslatableError as error:
                self._leave(value.parent or value, f"a check: {error}")

    def _condition(self, value: Node, answer: Answer) -> str:
        inner = unwrapped(value)
        if inner is not None and (inner.type in FUNCTIONS or self._own.is_named(inner)):
            return self._conditions.of_function(inner, answer.keys)
        return self._conditions.condition(inner, self._texts.is_answer_of(answer.sending))

    _KNOWN: Mapping[str, Callable[[ExecFunctions, list[Node]], None]] = {
        "check": _check,
        "group": _group,
        "sleep": _sleep,
    }

    _STATEMENTS: Mapping[str, Callable[[ExecFunctions, Node], None]] = {
        **dict.fromkeys(("lexical_declaration", "variable_declaration"), _declaration),
        **dict.fromkeys(("for_statement", "for_in_statement", "while_statement", "do_statement"), _loop),
        "if_statement": _if,
        "return_statement": _return,
        "statement_block": _block,
    }

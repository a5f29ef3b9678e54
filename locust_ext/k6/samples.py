"""Samples of a script's own metrics: which are measured here anyway, and which the locustfile takes itself.

Law: a sample belongs to one answer, or is the same each time; a metric of which one sample is not translated is
incomplete, and no threshold may judge it.
"""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from locust_ext.drafts.journey import Sample
from locust_ext.k6.answers import Answer, Sending, UntranslatableError
from locust_ext.k6.check_conditions import Conditions
from locust_ext.k6.imports import METRICS
from locust_ext.k6.metric_sources import OwnMetric
from locust_ext.k6.syntax import meaningful, part, text_of, walk
from locust_ext.k6.texts import Texts


class Samples:
    """Translates ``metric.add(value, tags)``; of ``metrics`` it is known what feeds them."""

    def __init__(self, texts: Texts, metrics: Mapping[str, OwnMetric]) -> None:
        self._texts, self._metrics = texts, metrics
        self._conditions = Conditions(texts, "response")
        self.moved: dict[str, str] = {}
        """Metrics whose samples are left out, since one of the built-in ones is the same; by name, which."""
        self._taken: dict[str, str] = {}
        self._incomplete: set[str] = set()

    @property
    def whole(self) -> dict[str, str]:
        """The metrics of which all samples were translated, with their kinds, such as Trend."""
        return {name: kind for name, kind in self._taken.items() if name not in self._incomplete}

    @property
    def partly(self) -> frozenset[str]:
        """The metrics of which only some were."""
        return frozenset(self._taken.keys() & self._incomplete)

    def take(self, node: Node, given: list[Node], last: Sending | None) -> bool:
        """Add a sample to the request that it is taken from, or else to the ``last`` one; False: it is none."""
        kind, name = self._metric(node)
        if not kind:
            return False
        own = self._metrics.get(name)
        if own is not None and own.kind == "Trend" and own.durations:
            self.moved[name] = "http_req_duration"
        elif own is not None and own.kind == "Rate" and own.failures and own.whole:
            self.moved[name] = "http_req_failed"
        else:
            self._sample(kind, name, given, last)
            self._taken[name] = kind
        return True

    def lose(self, node: Node) -> None:
        """Note that a sample is left to a person, if ``node`` is one."""
        kind, name = self._metric(node)
        if kind:
            self._incomplete.add(name)

    def _metric(self, node: Node) -> tuple[str, str]:
        """Return kind and name of the metric that a call adds to; empty if it is none."""
        called = part(node, "function") if node.type == "call_expression" else None
        if called is None or called.type != "member_expression" or text_of(part(called, "property")) != "add":
            return "", ""
        binding = self._texts.names.meant(part(called, "object"))
        made = binding.value if binding is not None else None
        if made is None or made.type != "new_expression":
            return "", ""
        kind = self._texts.names.function(part(made, "constructor"), METRICS)
        named = self._texts.expressions.worth(next(iter(meaningful(part(made, "arguments") or made)), None))
        return (kind, named.value) if isinstance(named.value, str) else ("", "")

    def _sample(self, kind: str, name: str, given: list[Node], last: Sending | None) -> None:
        if not given:
            raise UntranslatableError("it adds nothing")
        tags = self._texts.templates(next(iter(given[1:]), None))
        roots = [self._texts.meaning(each) for each in walk(given[0]) if each.type == "identifier"]
        answers = [each.sending for each in roots if isinstance(each, Answer)]
        sending = answers[0] if answers else last
        if sending is None or len(set(answers)) > 1:
            raise UntranslatableError("the value is not of one answer")
        if not answers:
            value = repr(self._texts.constant(given[0]))
        elif kind == "Rate":
            value = self._conditions.condition(given[0], self._texts.is_answer_of(sending))
        else:
            value = self._conditions.number(given[0], self._texts.is_answer_of(sending))
        if "json()" in value:
            raise UntranslatableError("its value is taken from JSON, which may lack it")
        sending.samples.append(Sample(kind, name, value, tags))
        self._texts.undo.append(sending.samples.pop)

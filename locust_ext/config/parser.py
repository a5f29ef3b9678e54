"""Our options at Locust's parser, where they are guests.

Law: what a locustfile does with the parser it does as without us: its options come first and keep their names, ours
are matched whole, and a listener that parses in the middle finds ours there and nothing checked.
"""

from __future__ import annotations

import functools
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from locust import events

from locust_ext.config.options import OURS
from locust_ext.process.seam import Seam

Add = Callable[[Any], None]
"""Adds our options to a parser."""


def parser_seam(add: Add, checked: Callable[[Namespace], None]) -> Seam:
    """Return the seam at which ``add`` gives each parser our options, after those of all listeners.

    ``checked`` is called with what Locust's own main has parsed, and may end the process.
    """

    def wrap(fire: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(fire)
        def fired(*, parser: Any, **rest: Any) -> None:
            _abbreviate_none(parser)
            _lend(parser, add)
            fire(parser=parser, **rest)
            del parser.parse_known_args
            add(parser)
            _check_after(parser, checked)

        return fired

    return Seam(events.init_command_line_parser, "fire", wrap)


def _abbreviate_none(parser: Any) -> None:
    """Let no beginning of an option of ours stand for it: it may be another's whole."""
    matches = parser._get_option_tuples  # noqa: SLF001 the place where argparse decides it

    def without_ours(text: str) -> list[Any]:
        return [match for match in matches(text) if not getattr(match[0], OURS, False)]

    parser._get_option_tuples = without_ours  # noqa: SLF001


def _lend(parser: Any, add: Add) -> None:
    """Let a listener that parses before all options are there find ours, for as long as that takes."""
    parse = parser.parse_known_args

    @functools.wraps(parse)
    def parsed(*arguments: Any, **named: Any) -> Any:
        with _as_it_was(parser):
            add(parser)
            return parse(*arguments, **named)

    parser.parse_known_args = parsed


@contextmanager
def _as_it_was(parser: Any) -> Iterator[None]:
    """Take out of the parser whatever is put in meanwhile; its groups share its lists, so that these stay the same."""
    lists = [parser._actions, parser._action_groups]  # noqa: SLF001 argparse only ever adds
    before, strings = [list(one) for one in lists], dict(parser._option_string_actions)  # noqa: SLF001
    try:
        yield
    finally:
        for one, held in zip(lists, before, strict=True):
            one[:] = held
        parser._option_string_actions.clear()  # noqa: SLF001
        parser._option_string_actions.update(strings)  # noqa: SLF001


def _check_after(parser: Any, checked: Callable[[Namespace], None]) -> None:
    parse = parser.parse_args

    @functools.wraps(parse)
    def parsed(*arguments: Any, **named: Any) -> Any:
        options = parse(*arguments, **named)
        caller = sys._getframe(1)  # noqa: SLF001 a script, a locustfile or a page of the web UI may ask for a parser too
        if (caller.f_globals.get("__name__"), caller.f_code.co_name) == ("locust.main", "main"):
            checked(options)
        return options

    parser.parse_args = parsed

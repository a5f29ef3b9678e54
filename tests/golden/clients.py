"""What each preset of a client is without a configuration, as one text; ``python -m tests.golden.clients`` renews it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from locust_ext.storms.backoff import Backoff
from locust_ext.storms.client import Client, Option
from locust_ext.storms.clients import CLIENTS

GOLDEN = Path(__file__).with_suffix(".txt")


def _option(option: Option) -> str:
    """Return the default of an option, and what else it may be."""
    plain = Option(option.default)
    limits = [f"{name} {getattr(option, name)!r}" for name in ("low", "high", "choices", "optional")]
    known = [f"{name} {getattr(plain, name)!r}" for name in ("low", "high", "choices", "optional")]
    return "; ".join([repr(option.default), *(one for one in limits if one not in known)])


def _causes(policy: Backoff) -> Iterator[str]:
    """Yield the causes of each reaction, neighbours as one range."""
    groups: dict[tuple[str, str], list[int]] = {}
    for cause, reaction in policy.causes.items():
        kind, _, number = cause.rpartition(":") if ":" in cause else (cause, "", "")
        numbers = groups.setdefault((reaction.name.lower(), kind), [])
        numbers += [int(number)] if number else []
    for (reaction, kind), numbers in sorted(groups.items()):
        firsts = [number for number in sorted(numbers) if number - 1 not in numbers]
        lasts = [number for number in sorted(numbers) if number + 1 not in numbers]
        ranges = [
            f"{first}" if first == last else f"{first} to {last}" for first, last in zip(firsts, lasts, strict=True)
        ]
        yield " ".join([reaction, kind, ", ".join(ranges)]).rstrip()


def _policy(policy: Backoff) -> Iterator[str]:
    """Yield what a policy says that the plain one does not."""
    plain = Backoff(policy.curve)
    for field in fields(policy):
        value = getattr(policy, field.name)
        if field.name == "causes":
            yield from (f"    causes: {one}" for one in _causes(policy))
        elif field.name == "curve" or value != getattr(plain, field.name):
            yield f"    {field.name}: {value!r}"


def _client(client: Client) -> Iterator[str]:
    """Yield the lines of a client."""
    yield f"{client.name} {client.version}, as {client.package}, in units of {client.unit!r} s"
    yield from (f"  {name} = {_option(option)}" for name, option in client.options.items())
    yield from ["  so that", *_policy(client.policy())]


def clients() -> str:
    """Return all of them, in their order."""
    return "".join(f"{line}\n" for client in CLIENTS for line in [*_client(client), ""])


if __name__ == "__main__":
    GOLDEN.write_text(clients(), "utf-8")

"""Where the token and the key may go: to what the configuration, the command line and the locustfile name.

Law: a host that somebody enters in the web UI gets neither, unless one of those names it too. Two hosts are the same
only when scheme, name and port are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locust_ext.safety.guard import host_of
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.origin import Origins, authority_of, origin_of

UNCLEAR = "it is not clear where this leads; write it as https://staging.example.com"


def secrets_in_use(tenants: Iterable[TenantOptions], variables: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of the variables that hold a token or a key of these tenants."""
    names = (name for tenant in tenants for name in (tenant.token_env, tenant.key_env))
    return [name for name in dict.fromkeys(names) if name and variables.get(name, "").strip()]


def strangers(hosts: Iterable[str], named: Iterable[str]) -> list[str]:
    """Return those of ``hosts`` whose origin is none of the ``named`` ones."""
    known = Origins.of(named)
    return [host for host in hosts if not known.covers(host)]


def refusal(host: str, secrets: Sequence[str], origins: Sequence[str]) -> str:
    """Return why ``host`` may not be tested while ``secrets`` are in use, and the line that lets it.

    ``origins`` are those that ``safety.origins`` names already.
    """
    origin = origin_of(host)
    if origin is None:
        return UNCLEAR
    where = f"{origin[0]}://{authority_of(origin)}"
    what = " and ".join(f"${name}" for name in secrets)
    line = f"origins: {json.dumps([*origins, where], ensure_ascii=False)}"
    return (
        f"{where} is not among the hosts that the configuration or the command line names, and what {what} "
        f"hold{'s' if len(secrets) == 1 else ''} goes to no other; to test it, add to safety: {line}"
    )


def refuse_strangers(tenants: Sequence[TenantOptions], hosts: Iterable[str], named: Iterable[str]) -> None:
    """Raise ValueError where one of ``hosts`` was not named and a token or a key would go there."""
    secrets = secrets_in_use(tenants)
    for host in strangers(hosts, named) if secrets else ():
        raise ValueError(refusal(host, secrets, ()))


def named_in_code(environment: Any) -> tuple[str, ...]:
    """Return the hosts of the user classes as the locustfile has them; call it before Locust sets them for a run."""
    if environment.host:
        return ()  # it stands above theirs, and they may have been set to it
    classes = [*environment.user_classes, *(environment.available_user_classes or {}).values()]
    return tuple({host for user in classes if (host := host_of(user))})

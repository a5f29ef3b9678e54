"""Locust, imported so that it does not matter what was imported before it.

Locust has gevent patch the process, and then makes a TLS context. Where urllib3 (or requests, or anything else that
keeps ``ssl.SSLContext``) was imported first, it still makes the class of before: setting an option of it calls itself
until Python gives up, and its sockets would stop all users while one waits. So that class gets what gevent's has. And
where a thread runs already, as in pytest with some plugins, gevent leaves alone who holds the locks of the modules that
are being imported, though from then on this thread has another number: those wait for themselves.

Law: whatever of ours imports a library that keeps ``ssl``'s classes imports this first.
"""

from __future__ import annotations

import _thread
import os
import sys
import warnings
from importlib import _bootstrap

from gevent import monkey

MENDED = (
    *("options", "verify_flags", "verify_mode", "minimum_version", "maximum_version"),
    *("wrap_socket", "sslsocket_class"),
)
"""What gevent's ``SSLContext`` does in its own way."""


def patch() -> None:
    """Do what Locust does first, and mend what was there before."""
    number = _thread.get_ident()
    with warnings.catch_warnings():  # it is what we mend below; and to some, warnings are errors
        warnings.filterwarnings("ignore", "Monkey-patching ssl after ssl", monkey.MonkeyPatchWarning)
        monkey.patch_all()
    from gevent import ssl  # noqa: PLC0415 it is there now, and not where it was not needed

    for name in MENDED:
        setattr(ssl.orig_SSLContext, name, vars(ssl.SSLContext)[name])
    for reference in tuple(vars(_bootstrap)["_module_locks"].values()):  # where gevent looks too
        if (lock := reference()) is not None and lock.owner == number:
            lock.owner = _thread.get_ident()


if "locust" not in sys.modules and not os.getenv("LOCUST_SKIP_MONKEY_PATCH"):
    patch()

import locust  # noqa: E402, F401

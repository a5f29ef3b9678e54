"""JavaScript wrappers of calls, and all the JavaScript presets together.

Law: data only, in each client's own option names and units; the waits are recorded from its code in ``tests/vectors``.
"""

from __future__ import annotations

import math

from locust_ext.storms.backoff import MILLISECONDS, Backoff, Quantise, Reset
from locust_ext.storms.client import Client, Option
from locust_ext.storms.curves import Exponential
from locust_ext.storms.jitter import Equal, Full, Jitter, NoJitter
from locust_ext.storms.presets.javascript_messaging import MESSAGING
from locust_ext.storms.presets.javascript_sockets import SOCKETS
from locust_ext.storms.presets.milliseconds import Options, ms
from locust_ext.storms.walks import PollyV2


def _cockatiel(options: Options) -> Backoff:
    first, generator = options["initialDelay"], options["generator"]
    decorrelated = generator == "decorrelatedJitterGenerator"
    jitters: dict[str, Jitter] = {"fullJitterGenerator": Full(), "halfJitterGenerator": Equal()}
    return Backoff(
        PollyV2(first, options["exponent"]) if decorrelated else Exponential(first),
        jitters.get(generator, NoJitter()),
        cap=options["maxDelay"],
        quantise=Quantise.FLOOR if generator in jitters else Quantise.NONE,
        unit=MILLISECONDS,
        reset=Reset.PER_INCIDENT,
        attempts=options["maxAttempts"],
    )


def _exponential_backoff(options: Options) -> Backoff:
    is_full = options["jitter"] == "full"
    return Backoff(
        Exponential(options["startingDelay"], options["timeMultiple"]),
        Full() if is_full else NoJitter(),
        cap=options["maxDelay"],
        quantise=Quantise.ROUND if is_full else Quantise.NONE,
        unit=MILLISECONDS,
        reset=Reset.PER_INCIDENT,
        attempts=max(1.0, options["numOfAttempts"]) - (0 if options["delayFirstAttempt"] else 1),
    )


_WRAPPERS: tuple[Client, ...] = (
    Client(
        "cockatiel",
        "3",
        "cockatiel 3.2.1",
        MILLISECONDS,
        {
            "initialDelay": ms(128.0),
            "maxDelay": ms(30_000.0),
            "exponent": Option(2.0, "by which the wait grows, in the default generator alone"),
            "generator": Option(
                "decorrelatedJitterGenerator",
                "what spreads the wait",
                choices=(
                    "decorrelatedJitterGenerator",
                    "noJitterGenerator",
                    "fullJitterGenerator",
                    "halfJitterGenerator",
                ),
            ),
            "maxAttempts": Option(math.inf, "attempts before it gives up"),
        },
        _cockatiel,
        "Polly's second version of decorrelated jitter",
    ),
    Client(
        "exponential-backoff",
        "3",
        "exponential-backoff 3.1.3",
        MILLISECONDS,
        {
            "startingDelay": ms(100.0),
            "timeMultiple": Option(2.0, "by which the wait grows"),
            "maxDelay": ms(math.inf),
            "numOfAttempts": Option(10.0, "calls, the first one included"),
            "jitter": Option("none", "full: 0 up to the wait, to the nearest millisecond", choices=("none", "full")),
            "delayFirstAttempt": Option(default=False, about="whether the very first call waits too"),
        },
        _exponential_backoff,
        "doubling waits without jitter",
    ),
)

JAVASCRIPT: tuple[Client, ...] = (*SOCKETS, *MESSAGING, *_WRAPPERS)
"""Of one name the newest version stands first."""

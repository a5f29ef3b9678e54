"""One client's back-off in words, with a small picture for the terminal, and one sentence of judgement.

Law: pure; it says what a study has seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from locust_ext.storms.backoff import Backoff, Clock, HintRule, Reaction, Reset, Timeout
from locust_ext.storms.herd import SLOT, curve
from locust_ext.storms.study import HERD, SHOWN, SPAN, Study, spell

_ROWS = 4
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def describe(found: Study) -> str:
    """Return the text for the terminal."""
    policy = found.policy
    lines = [f"{found.name} {found.version}" + (f", as read in {found.package}" if found.package != "-" else ""), ""]
    lines += [f"  {nth(n):>4} wait   {wait}" for n, wait in enumerate(found.waits[:SHOWN], 1)]
    lines += [
        "",
        f"  ends        {found.end}",
        f"  connecting  {_timeout(policy.timeout)}",
        f"  reset       the count starts again {_reset(policy)}",
    ]
    if policy.clock is Clock.ATTEMPT_START:
        lines.append(f"  counted     {policy.clock.value}")
    if policy.hint.rule is not HintRule.IGNORE:
        lines.append(f"  server      asked for a wait, it {policy.hint.rule.value}")
    lines += [f"  {'on ' + cause:<11} {reaction.value}" for cause, reaction in _folded(policy.causes)]
    heading = f"  attempts per 100 ms after {HERD:,} connections dropped at once, first {SPAN:g} s, refused at once"
    return "\n".join([*lines, "", heading, *picture(curve(found.slots, SPAN)), "", judgement(found)])


def _folded(causes: Mapping[str, Reaction]) -> list[tuple[str, Reaction]]:
    """Return the causes in order, codes that follow one another with the same reaction as one: ``close:4400-4499``."""
    found: list[tuple[str, int, int, Reaction]] = []
    plain = []
    for cause, reaction in sorted(causes.items(), key=lambda item: (len(item[0]), item[0])):
        kind, _, code = cause.rpartition(":")
        if not code.isdecimal():
            plain.append((cause, reaction))
        elif found and found[-1][0] == kind and found[-1][2] == int(code) - 1 and found[-1][3] is reaction:
            found[-1] = (kind, found[-1][1], int(code), reaction)
        else:
            found.append((kind, int(code), int(code), reaction))
    folded = [(f"{kind}:{low}" + (f"-{high}" if high > low else ""), reaction) for kind, low, high, reaction in found]
    return [*plain, *folded]


def picture(counts: Sequence[int]) -> list[str]:
    """Return the lines of a bar chart, a column for each count; whatever is not zero can be seen."""
    top, eighths = max(counts, default=0), _ROWS * 8
    heights = [max(1, round(count / top * eighths)) if count else 0 for count in counts]
    rows = []
    for row in reversed(range(_ROWS)):
        bars = "".join(_EIGHTHS[min(8, max(0, height - row * 8))] for height in heights)
        rows.append(f"{top if row == _ROWS - 1 else '':>8} |{bars}".rstrip())
    seconds = "".join(f"{f'{second} s':<10}" for second in range(math.ceil(len(counts) * SLOT)))
    return [*rows, f"{0:>8} +{'-' * len(counts)}", f"{'':>10}{seconds}".rstrip()]


def judgement(found: Study) -> str:
    """Return one sentence: how high the herd rises, and whether chance keeps its members apart."""
    if not found.waits:
        return "Nobody comes back: the client does not reconnect."
    rises = f"At the worst {found.peak:,} attempts of {HERD:,} clients arrive within the same 100 ms"
    first, same = found.waits[0], found.same_from
    if all(wait.is_fixed for wait in found.waits):
        return f"{rises}: all of them wait the same each time, so nothing ever spreads them."
    if first.is_fixed:
        rises += f": all first attempts come at one instant, after {spell(first.low)}"
    if same is not None:
        last = found.waits[-1]
        how_long = f"exactly {spell(last.low)}" if len(set(found.waits[same - 1 :])) == 1 else "the same"
        again = f"from the {nth(same)} on each wait is {how_long} for everyone"
        return f"{rises}, and {again}: those who fail together stay together."
    if first.is_fixed:
        return f"{rises}, and only later waits are spread."
    if first.high - first.low <= SLOT:
        return f"{rises}: chance spreads the first attempts over {spell(first.high - first.low)} only."
    return f"{rises}, and chance spreads every wait."


def nth(n: int) -> str:
    """Return ``1st``, ``2nd``, ``3rd``, ``4th``, ..."""
    return f"{n}{'th' if n % 100 in {11, 12, 13} else _ENDINGS.get(n % 10, 'th')}"


def _timeout(timeout: Timeout) -> str:
    if not math.isfinite(timeout.first):
        return "no limit of its own for one attempt"
    text = f"{spell(timeout.first)} for one attempt"
    if timeout.factor != 1:
        text += f", times {timeout.factor:g} with each" + (
            f" up to {spell(timeout.cap)}" if math.isfinite(timeout.cap) else ""
        )
    return text + (", or as long as the wait before it" if timeout.at_least_the_wait else "")


def _reset(policy: Backoff) -> str:
    if policy.reset is Reset.ON_UPTIME:
        return f"when the connection has lasted for {spell(policy.uptime)}"
    return str(policy.reset.value)

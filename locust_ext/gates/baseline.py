"""This run against the runs before it: what follows from all the figures that are compared.

Law: pure. Runs that were made in another way prove nothing, and figures without enough samples are not judged: too
little of either makes the comparison inconclusive, never a pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from locust_ext.gates.extremes import extremes
from locust_ext.gates.figures import Snapshot, figure_of, methods_of, rules_for, spectra_of
from locust_ext.gates.outcomes import Status
from locust_ext.gates.policy import CHANGED, CLIENT, WARM_UP, Policy
from locust_ext.gates.regression import CONFIDENCE_ERROR, Compared, Noise, judge_figure
from locust_ext.gates.rules import Figure, Rule
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.measure.spectrum import Spectrum
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

_NEWER = "LeanHttpUser"

TOO_FEW = "too few earlier runs to judge it"


@dataclass(frozen=True)
class Comparison:
    """This run against the runs before it."""

    runs: tuple[str, ...] = ()
    """The runs that it was compared with, oldest first: when they began."""
    rows: tuple[Compared, ...] = ()
    repeats: int = 1
    """Runs behind the figures of this one: three when a suspicion was looked into."""
    spectra: Mapping[Selector, Spectrum] = field(default_factory=dict)
    """How durations were distributed before, by endpoint and for all of them."""
    excluded: tuple[str, ...] = WARM_UP
    """The phases that were left out, here and there."""
    gaps: tuple[str, ...] = ()
    """Why it proves nothing, one sentence each."""
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Failed when one figure is; a pass only where what must be judged was."""
        if any(row.status is Status.FAILED for row in self.rows):
            return Status.FAILED
        return Status.INCONCLUSIVE if self.gaps else Status.PASSED

    @property
    def regressions(self) -> tuple[Compared, ...]:
        """The figures that got worse, the worst first."""
        failed = [row for row in self.rows if row.status is Status.FAILED]
        return tuple(sorted(failed, key=lambda row: -abs(math.log(row.ratio or 1e-9))))

    @property
    def suspect(self) -> bool:
        """Whether two more runs are worth their time."""
        return any(row.suspect for row in self.rows)

    def doubted(self, gap: str, reason: str = "") -> Comparison:
        """Return the same figures without a verdict on any, and why; ``reason`` is what a row says, by default that."""
        rows = tuple(
            row
            if row.status is Status.INCONCLUSIVE
            else replace(row, status=Status.INCONCLUSIVE, suspect=False, reason=reason or gap)
            for row in self.rows
        )
        return replace(self, rows=rows, gaps=(gap, *self.gaps))


def compare(
    repeats: Sequence[Snapshot], before: Iterable[Snapshot], policy: Policy, unreadable: Iterable[str] = ()
) -> Comparison:
    """Return how this run (or its three repeats) compares with the runs ``before``.

    ``unreadable`` are sentences about runs that could not be read: they are passed on.
    """
    this = repeats[0]
    alike, notes = [], [*unreadable]
    for run in sorted(before, key=lambda run: run.started_at):
        differences = mismatches(this.fingerprint, run.fingerprint)
        if run.id in {one.id for one in repeats}:
            notes.append(f"the run of {run.started_at} is this run itself, and was left out")
        elif run.open_requests:
            notes.append(f"the run of {run.started_at} was left out: {_never_back(run.open_requests)}")
        elif differences:
            notes.append(f"the run of {run.started_at} was made in another way: {'; '.join(differences)}")
        else:
            alike.append(run)
    alike = alike[-policy.most_runs :]
    missing = ""
    if len(alike) < policy.min_runs:
        missing = f"{plural(len(alike), 'run')} to compare with; needs {policy.min_runs}"
    if not alike:
        return _short(Comparison(notes=tuple(notes)), missing, policy)
    enough = replace(policy, min_runs=min(policy.min_runs, len(alike)))
    young, endless = ([pair[which] for pair in map(extremes, repeats)] for which in (0, 1))
    rules = rules_for([*young, *alike], policy)
    rows = _judge(rules, young, alike, enough)
    rows, open_gaps = _whatever_comes(rows, _judge(rules, endless, alike, enough), repeats)
    comparison = Comparison(
        tuple(run.started_at for run in alike),
        rows,
        len(repeats),
        spectra_of(rules, alike, policy),
        policy.excluded,
        (*open_gaps, *_gaps(rows, policy)),
        tuple(notes),
    )
    return _short(comparison, missing, policy) if missing else comparison


def _never_back(count: int) -> str:
    return f"{count:,} of its requests never came back"


def _whatever_comes(
    young: Sequence[Compared], endless: Sequence[Compared], repeats: Sequence[Snapshot]
) -> tuple[tuple[Compared, ...], tuple[str, ...]]:
    """Return the rows that stand whatever became of the open requests, and why others prove nothing."""
    rows, gaps = [], []
    for row, other in zip(young, endless, strict=True):
        found = [run.censored.select(row.rule.selector) for run in repeats]
        hidden = any(one.possible.count or one.blind for one in found)  # what may belong to it is in neither
        if row.status is other.status and not (hidden and row.status is Status.PASSED):
            rows.append(row)
            continue
        lost = sum(one.count for one in found)
        reason = f"{_never_back(lost)}, and it depends on them"
        rows.append(replace(row, status=Status.INCONCLUSIVE, suspect=False, reason=reason))
        gaps.append(f"{row.rule}: {reason}")
    unknown = sum(run.open_requests for run in repeats if not run.censored.leaves)
    if unknown:
        gaps.append(f"{_never_back(unknown)}, and how long they had been open was not kept")
    return tuple(rows), tuple(gaps)


def _short(comparison: Comparison, missing: str, policy: Policy) -> Comparison:
    """Return what too few earlier runs show: figures, but no verdict on them."""
    sentence = f"{missing} ({comparison.notes[0]})" if comparison.notes else missing
    doubted = comparison.doubted(sentence, TOO_FEW)
    return replace(doubted, gaps=(), notes=(sentence, *comparison.notes)) if policy.optional else doubted


def mismatches(this: Mapping[str, str], that: Mapping[str, str]) -> list[str]:
    """Return in what two fingerprints differ, one phrase each."""
    return [
        f"{key} {that.get(key) or _absent(key)}, here {this.get(key) or _absent(key)}"
        for key in sorted({*this, *that})
        if not _alike(key, this.get(key, ""), that.get(key, ""))
    ]


def _absent(key: str) -> str:
    return "nothing" if key == CHANGED else "unknown"


def _alike(key: str, this: str, that: str) -> bool:
    return this == that or (key == CLIENT and "" in (this, that) and _NEWER not in this + that)


def _judge(
    rules: Sequence[Rule], repeats: Sequence[Snapshot], before: Sequence[Snapshot], policy: Policy
) -> tuple[Compared, ...]:
    """Return all rules judged; the error is shared among those for which there are figures."""
    error = CONFIDENCE_ERROR / max(1, len(rules))
    now = {rule: [figure_of(rule, run, policy, error) for run in repeats] for rule in rules}
    then = {rule: [figure_of(rule, run, policy, error) for run in before] for rule in rules}
    good = {rule: [f for f in figures if f is not None and f.count >= rule.needed] for rule, figures in then.items()}
    ready: dict[Rule, list[Figure]] = {}
    for rule in rules:
        figures = [f for f in now[rule] if f is not None and f.count >= rule.needed]
        if len(figures) == len(repeats) and len(good[rule]) >= max(1, policy.min_runs):
            ready[rule] = figures
    noise = Noise.of([(rule, good[rule]) for rule in ready])
    return tuple(
        judge_figure(rule, ready[rule], good[rule], noise, len(ready))
        if rule in ready
        else _unjudged(rule, now[rule], then[rule])
        for rule in rules
    )


def _unjudged(rule: Rule, now: Sequence[Figure | None], then: Sequence[Figure | None]) -> Compared:
    """Return the row of a figure that cannot be judged, and why."""
    here, there = [f for f in now if f], [f for f in then if f]
    fewest = min((f.count for f in here), default=0)
    if not here:
        reason = "not measured in this run"
    elif not there:
        reason = "new: not measured in the earlier runs"
    elif fewest < rule.needed:
        reason = f"only {plural(fewest, 'sample')}; needs {rule.needed:,}"
    else:
        enough = sum(f.count >= rule.needed for f in there)
        reason = f"only {plural(enough, 'earlier run')} had the {rule.needed:,} samples that are needed"
    value = here[0].value if here else None
    return Compared(
        rule, Status.INCONCLUSIVE, value, fewest, before=tuple(figure.value for figure in there), reason=reason
    )


def _gaps(rows: Sequence[Compared], policy: Policy) -> list[str]:
    """Return why the comparison proves nothing: what must be judged and was not."""
    gaps = [f"{row.rule}: {row.reason}" for row in rows if row.rule.required and row.status is Status.INCONCLUSIVE]
    for method in methods_of(Kind.TREND, policy):
        every = [row for row in rows if row.rule.method == method and not row.rule.required]
        if every and all(row.status is Status.INCONCLUSIVE for row in every):
            gaps.append(f"{every[0].rule}: {every[0].reason}")
    if not rows:
        gaps.append("there is nothing to compare: no requests were measured")
    return gaps

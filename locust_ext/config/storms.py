"""What a configuration says of storms, retries and stampedes, checked against the run that is planned.

Law: whatever passes here can strike; a policy that stands in another file is read in before it is checked.
"""

from __future__ import annotations

from pathlib import Path

from locust_ext.config.schema import Config
from locust_ext.load.profile import Profile
from locust_ext.load.stress import Stress
from locust_ext.storms.options import FROM
from locust_ext.text.document import Document
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import Problem
from locust_ext.text.spelling import nearest

STORM_PHASES = {"storm", "recovery"}
"""The phases that a storm brings along."""


def wrong_policies(config: Config, document: Document) -> list[Problem]:
    """Return what is wrong with the policies by which clients come back and retry."""
    found = []
    for path, given in (
        (("storm", "backoff"), config.storm.backoff if config.storm else None),
        (("retry", "policy"), config.retry.policy if config.retry else None),
    ):
        if given is not None:
            from locust_ext.storms.policy import read_policy  # noqa: PLC0415 what a run does not need is not loaded for it

            found += [
                document.problem((*path, problem.path) if problem.path else path, problem.message)
                for problem in read_policy(given, "")[1]
            ]
    return found


def misplaced_storms(config: Config, profile: Profile | None, document: Document) -> list[Problem]:
    """Return what is wrong with the place of storms and stampedes in the shape of this run."""
    problems = []
    if isinstance(profile, Stress):
        what = "a stress run is judged level by level, and this would cover a level; take another shape"
        problems += [document.problem((name,), what) for name in ("storm", "stampede") if getattr(config, name)]
    elif profile and config.storm and config.storm.phase:
        phase, known = config.storm.phase, {phase.name for phase in profile.schedule().phases}
        if phase not in known:
            what = f"the shape of this run has no phase {quoted(phase)}{nearest(phase, known)}"
            problems.append(document.problem(("storm", "phase"), what))
    return problems


def with_policies_read_in(config: Config, document: Document) -> tuple[Config, list[Problem]]:
    """Return the configuration with the policies read in that stand elsewhere, and what is wrong with those."""
    problems = []
    for section, key in (("storm", "backoff"), ("retry", "policy")):
        options = getattr(config, section)
        policy = getattr(options, key, {})
        if FROM not in policy:
            continue
        from locust_ext.storms.sources import with_shipped  # noqa: PLC0415

        try:
            source = document.source_of((section, key))
            read_in = with_shipped(policy, Path(source).parent if source else Path())
        except ValueError as error:
            problems.append(document.problem((section, key, FROM), str(error)))
            read_in = {"client": "none"}
        config = config.model_copy(update={section: options.model_copy(update={key: read_in})})
    return config, problems

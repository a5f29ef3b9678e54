"""The project's checks: ``nox`` runs those that a pull request must pass."""

import nox

nox.options.sessions = ["lint", "typing", "tests", "integration", "docs"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and the laws of the house: who may import whom."""
    session.install("-e", ".[lint]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def typing(session: nox.Session) -> None:
    """Types, strictly."""
    session.install("-e", ".[typing]")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Tables, properties and documents: no sockets, no processes."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/unit", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """Real locust processes against real servers, and a real browser: mostly waiting, so four at once."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/integration", "tests/browser", "-n", "4", "--dist", "worksteal", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documents, warnings as errors."""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-W", "-n", "-b", "html", "docs", "docs/_build/html")


@nox.session
def bench(session: nox.Session) -> None:
    """What the design promises, side by side with bare Locust in the same run."""
    session.install("-e", ".[test]")
    session.run("python", "benchmarks/run.py", *session.posargs)

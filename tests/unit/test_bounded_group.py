"""Arguments of commands that are too long are a sentence, and no traceback."""

import pytest
from click.testing import CliRunner

from locust_ext.cli import main

LONG = [
    ("a file", ["check", "1" * 100_000]),
    ("the name of a file", ["check", "x" * 300 + ".yml"]),
    ("a run", ["compare", "x" * 300, "y"]),
    ("a fault", ["demo", "--fault", "1" * 100_000]),
    ("a runbook", ["runbook", "x" * 400]),
]


@pytest.mark.parametrize("arguments", [row[1] for row in LONG], ids=[row[0] for row in LONG])
def test_long_arguments(arguments):
    """104, and one short sentence."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 104
    assert "too long" in result.output
    assert len(result.output) < 600

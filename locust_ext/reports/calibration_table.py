"""What a gate can see, as a table on a console.

Law: pure; names come from outside and are printed as text.
"""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from locust_ext.gates.calibration import Calibration, Sensitivity, describe
from locust_ext.measure.sinks import Kind
from locust_ext.reports.console import plain

HEADINGS = ("figure", "median", "noise", "limit", "one run sees", "--confirm sees", "samples")


def _change(sensitivity: Sensitivity, ratio: float) -> str:
    """Return the change that is noticed; of a share, which may be 0, the share from which on it is."""
    row = sensitivity.row
    if row.rule.kind is not Kind.RATE or row.median is None:
        return f"{ratio - 1:+.0%}"
    return f"over {row.spell(max(row.median * (1 + row.rule.limit), row.median + row.rule.floor))}"


def calibration_table(calibration: Calibration, width: int = 160) -> str:
    """Return the table: of each figure its noise, the limit, and the smallest change that is noticed 19 times of 20."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, no_color=True, highlight=False)
    table = Table(title=Text(f"What the gate sees, from {calibration.runs} runs"), title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "figure" else "right", overflow="fold")
    for sensitivity in calibration.sensitivities:
        row = sensitivity.row
        table.add_row(
            Text(plain(str(row.rule))),
            row.spell(row.median),
            f"{sensitivity.deviation:.1%}",
            f"{(row.limit or 1) - 1:+.0%}",
            _change(sensitivity, sensitivity.single),
            _change(sensitivity, sensitivity.confirmed),
            f"{row.count:,}",
        )
    console.print(table)
    for sentence in describe(calibration):
        console.print(Text(plain(sentence)))
    for unjudged in calibration.unjudged:
        console.print(Text(plain(f"not judged: {unjudged.rule}: {unjudged.reason}")))
    for note in calibration.notes:
        console.print(Text(plain(f"baseline: {note}")))
    return stream.getvalue()

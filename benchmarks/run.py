"""Every benchmark, one table: ``nox -s bench``. Exits 1 when a goal is missed."""

from __future__ import annotations

import sys

import arrivals
import baseline_power
import clients
import days
import drift
import error_cost
import event_cost
import exports
import feeders
import first_request
import live_page
import memory
import merging
import percentiles
import permit_cost
import safety_cost
import spawn_stall
import throughput
import trace_cost

BENCHMARKS = (
    percentiles,
    event_cost,
    error_cost,
    permit_cost,
    feeders,
    memory,
    days,
    merging,
    throughput,
    clients,
    safety_cost,
    trace_cost,
    first_request,
    arrivals,
    spawn_stall,
    baseline_power,
    drift,
    live_page,
    exports,
)


def main() -> int:
    """Run all and print them as they come."""
    print(f"{'what':<75} {'goal':>18} {'ours':>14} {'stock':>14}")
    rows = []
    for benchmark in BENCHMARKS:
        row = benchmark.measure()
        rows.append(row)
        print(
            f"{row.what:<75} {row.goal:>18} {row.ours:>14} {row.stock:>14}  {'held' if row.held else 'MISSED'}",
            flush=True,
        )
    return int(not all(row.held for row in rows))


if __name__ == "__main__":
    sys.exit(main())

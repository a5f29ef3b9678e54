"""Retry budgets: placeholder until written."""

from __future__ import annotations

from locust_ext.storms.options import BudgetOptions


class Budget:
    """No budget."""


def budget_for(options: BudgetOptions) -> Budget:
    """Return the budget."""
    return Budget()

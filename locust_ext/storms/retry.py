"""Retry: placeholder until written."""


class RetryStormUser:
    """Placeholder."""

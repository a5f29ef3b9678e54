"""Replicas: what was written, and when readers see it."""

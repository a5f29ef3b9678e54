"""Probes of the target: what its processes say of themselves while a run lasts, read rarely and cheaply."""
